// Two-step models in use: by a runner of many pictures at a time, within a limit of memory, and
// through files.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "methods/two_step.h"
#include "model/parts.h"

#define ARRAY(x) (sizeof(x) / sizeof *(x))

static void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static void near(const char *what, double found, double wanted, double tolerance) {
    if (!(fabs(found - wanted) <= tolerance)) fail_msg("%s: %.9g, not %.9g", what, found, wanted);
}

static void fill(float *to, size_t count, int number, double base, double amplitude) {
    for (size_t i = 0; i < count; i++)
        to[i] = (float)(base + amplitude * sin(12.9898 * (double)(i + 1) + 78.233 * number));
}

static const limn_two_step_shape small_shape = {
    .size = 16, .width = 8, .latent = 6, .embedding = 5, .domains = 3};
static const limn_two_step_shape toy = {
    .size = 8, .width = 16, .latent = 8, .embedding = 5, .domains = 2};

static limn_model *model_named(const limn_two_step_shape *shape, const char *const *names) {
    limn_model *model;
    good(limn_model_new(&limn_kind_two_step, shape, names, shape->domains, &model));
    good(limn_store_ready(&model->store, 5, false));
    return model;
}

static limn_model *model_of(const limn_two_step_shape *shape) {
    static const char *const names[] = {"dogs", "cats", "third"};
    return model_named(shape, names);
}

static limn_runner *runner_of(const limn_two_step_shape *shape, limn_store *store, int count,
                              limn_plan_options how, limn_change change) {
    limn_runner *runner;
    good(limn_runner_new(&limn_kind_two_step, shape, store, count, change, how, &runner));
    return runner;
}

// What both parts make of a picture of `toy`, [2][3][8][8].
typedef struct outcome {
    limn_status status;
    size_t bytes; // of the plans that were kept
    float rgb[2 * 3 * 8 * 8];
} outcome;

static outcome both_parts(limn_runner *runner) {
    outcome it = {.status = LIMN_OK};
    float x[2 * 3 * 8 * 8], codes[2 * 5];
    const float *rgb;
    limn_content_values z = {0};
    limn_shape shape;
    fill(x, ARRAY(x), 5, 127, 127);
    fill(codes, ARRAY(codes), 6, 0, 1);
    it.status = limn_runner_encode(runner, 0, x, 8, 8, &z);
    if (it.status == LIMN_OK) it.status = limn_runner_decode(runner, 1, &z, codes, &rgb, &shape);
    if (it.status == LIMN_OK) memcpy(it.rgb, rgb, sizeof it.rgb);
    it.bytes = limn_runner_bytes(runner);
    limn_content_free(&z);
    return it;
}

// A limit holds for all plans together: where both do not fit the one used longest ago goes, and
// only a plan that does not fit alone is refused.
static void memory_limit(void **state) {
    (void)state;
    limn_model *model = model_of(&toy);
    limn_plan_options how = {.threads = 1};
    limn_runner *runner = runner_of(&toy, &model->store, 2, how, LIMN_CONSTANT);
    outcome free_of_limits = both_parts(runner);
    size_t encoder = limn_plan_bytes(runner->ready[0].plan);
    size_t generator = limn_plan_bytes(runner->ready[1].plan), both = encoder + generator;
    assert_int_equal(runner->ready[0].part, LIMN_READ);
    assert_int_equal(free_of_limits.bytes, both);
    limn_runner_free(runner);
    assert_true(generator > encoder);
    const struct {
        size_t limit, kept;
        const char *words;
    } table[] = {
        {both, both, NULL},
        {both - 1, generator, NULL},
        {generator, generator, NULL},
        {generator - 1, 0, "network two-step: this needs"},
        {encoder, 0, "network two-step: this needs"},
        {encoder - 1, 0, "a picture of 8x8 with network two-step: this needs"},
    };
    for (size_t i = 0; i < ARRAY(table); i++) {
        how.memory_limit = table[i].limit;
        runner = runner_of(&toy, &model->store, 2, how, LIMN_CONSTANT);
        for (int k = 0; k < 2; k++) {
            outcome found = both_parts(runner);
            assert_int_equal(found.status, table[i].words ? LIMN_MEMORY : LIMN_OK);
            assert_int_equal(found.bytes, table[i].kept);
            assert_memory_equal(found.rgb, table[i].words ? (float[384]){0} : free_of_limits.rgb,
                                sizeof found.rgb);
            if (table[i].words)
                assert_ptr_equal(strstr(limn_message(), table[i].words), limn_message());
        }
        limn_runner_free(runner);
    }
    limn_model_free(model);
}

// A plan that is there is held to the limit as one that is yet to be made.
static void smaller_limit(void **state) {
    (void)state;
    limn_model *model = model_of(&toy);
    limn_runner *runner =
        runner_of(&toy, &model->store, 2, (limn_plan_options){.threads = 1}, LIMN_CONSTANT);
    limn_ready *ready;
    good(limn_ready_find(runner, LIMN_READ, 0, 8, 8, NULL, 0, &ready));
    size_t needed = limn_plan_bytes(ready->plan);
    limn_ready *again;
    for (int pictures = 0; pictures <= 100; pictures += 100) {
        runner->max_memory = needed + (size_t)pictures;
        good(limn_ready_find(runner, LIMN_READ, 0, 8, 8, NULL, (size_t)pictures, &again));
        assert_ptr_equal(again, ready);
        runner->max_memory--;
        assert_int_equal(
            limn_ready_find(runner, LIMN_READ, 0, 8, 8, NULL, (size_t)pictures, &again),
            LIMN_MEMORY);
        assert_ptr_equal(strstr(limn_message(), "a picture of 8x8 with network two-step: this "
                                                "needs"),
                         limn_message());
    }
    limn_content_values z = {.count = 1, .shape = {LIMN_SHAPE(2, toy.latent)}};
    runner->max_memory = 0;
    good(limn_ready_find(runner, LIMN_DRAW, 0, 0, 0, &z, 0, &ready));
    runner->max_memory = limn_plan_bytes(ready->plan) - 1;
    assert_int_equal(limn_ready_find(runner, LIMN_DRAW, 0, 0, 0, &z, 0, &again), LIMN_MEMORY);
    assert_ptr_equal(strstr(limn_message(), "network two-step: this needs"), limn_message());
    limn_runner_free(runner);
    limn_model_free(model);
}

// ---- files ----

static limn_picture *noise_picture(int width, int height) {
    limn_picture *picture;
    good(limn_picture_new(width, height, LIMN_RGB, &picture));
    fill(picture->rgb, 3 * (size_t)width * (size_t)height, 7, 127, 120);
    return picture;
}

// What is trained: the discriminator as well, larger weights, and running statistics that are not
// those of the beginning.
static void train(limn_store *store, const limn_two_step_shape *shape) {
    limn_net net = {.graph = limn_graph_new(), .store = store};
    limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(1, 3, shape->size, shape->size));
    limn_two_step_discriminator(&net, shape, x);
    good(limn_graph_check(net.graph));
    limn_graph_free(net.graph);
    limn_net_free(&net);
    good(limn_store_ready(store, 7, false));
    for (int p = 0; p < store->size; p++) {
        const limn_parameter *it = &store->parameters[p];
        bool mean = strstr(it->name, "running_mean") != NULL;
        float *values = store->values + it->offset;
        if (it->buffer) fill(values, it->count, p, mean ? 0 : 1, 0.5);
        for (size_t i = 0; i < it->count && it->shape.rank > 1; i++) values[i] *= 8;
    }
}

// A picture in a domain by a runner without a model, as in training.
static limn_picture *shown(limn_runner *runner, const limn_picture *picture, int domain) {
    float code[LIMN_MOST_DOMAINS];
    limn_sight sight;
    limn_picture *result;
    limn_two_step_domain(runner->shape, runner->store, domain, code);
    good(limn_runner_look(runner, 0, picture, LIMN_SIZE_USUAL, &sight));
    good(limn_runner_show(runner, domain, &sight, code, LIMN_SIZE_USUAL, &result));
    limn_sight_free(&sight);
    return result;
}

static limn_picture *translated(const limn_model *model, const limn_picture *picture, int domain,
                                limn_result_size size) {
    limn_run_options options = {.size = sizeof options, .threads = 1, .result = size};
    limn_runner *runner;
    limn_style *style;
    limn_picture *result;
    good(limn_runner_open(model, &options, &runner));
    good(limn_style_domain(runner, limn_model_domain(model, domain), &style));
    good(limn_translate(runner, picture, NULL, style, &result));
    limn_style_free(style);
    limn_runner_free(runner);
    return result;
}

// What the model in a file makes of a picture is what the trained parameters make, up to
// `tolerance`.
static void check_file(const char *path, limn_runner *trained, double tolerance) {
    const limn_two_step_shape *shape = trained->shape;
    limn_picture *picture = noise_picture(31, 17);
    limn_model *model;
    good(limn_model_open(path, NULL, LIMN_WITH_PARAMETERS, &model));
    remove(path);
    assert_string_equal(limn_model_domain(model, 1), "\"dogs\"");
    assert_int_equal(model->domain_count, shape->domains);
    assert_int_equal(((limn_two_step_shape *)model->shape)->domains, shape->domains);
    assert_true(limn_kind_alike(&limn_kind_two_step, model->shape, shape));
    for (int domain = 0; domain < shape->domains; domain++) {
        limn_picture *first = shown(trained, picture, domain);
        limn_picture *second = translated(model, picture, domain, LIMN_SIZE_USUAL);
        assert_int_equal(first->width, shape->size);
        assert_int_equal(second->width, shape->size);
        double spread = 0;
        for (int64_t i = 0; i < 3 * shape->size * shape->size; i++) {
            near("a pixel", (double)second->rgb[i], (double)first->rgb[i], tolerance);
            spread = fmax(spread, fabs((double)first->rgb[i] - 127.5));
        }
        assert_true(spread > 10); // or grey would be compared with grey
        limn_picture_free(first);
        limn_picture_free(second);
    }
    limn_picture *large = translated(model, picture, 0, LIMN_SIZE_KEEP);
    assert_int_equal(large->width, 31);
    assert_int_equal(large->height, 17);
    limn_picture_free(large);
    limn_picture_free(picture);
    limn_model_free(model);
}

// In whole floats bit for bit. What training writes are halves, where they hold the numbers.
static void round_trip(limn_two_step_shape shape) {
    const char *path = "two-step-test.safetensors";
    const char *const called[] = {"cats", "\"dogs\"", "third"};
    limn_model *model = model_named(&shape, called), *other = model_named(&shape, called);
    limn_store *store = &other->store;
    train(store, &shape);
    limn_store_copy(&model->store, store);
    limn_runner *trained =
        runner_of(&shape, store, 1, (limn_plan_options){.threads = 1}, LIMN_TRAINED);
    good(limn_model_save(model, path, LIMN_FLOATS, LIMN_KEEP_EXISTING));
    check_file(path, trained, 0);
    good(limn_model_save_trained(model, store, "a test", 12, path));
    check_file(path, trained, 2);
    store->values[store->parameters[limn_store_find(store, "G.dense.weight")].offset] = 70000;
    good(limn_model_save_trained(model, store, "a test", 12, path));
    check_file(path, trained, 0);
    limn_runner_free(trained);
    limn_model_free(model);
    limn_model_free(other);
}

static void files(void **state) {
    (void)state;
    round_trip((limn_two_step_shape){.size = 16,
                                     .width = 8,
                                     .latent = 6,
                                     .embedding = 5,
                                     .encoder_steps = 40,
                                     .stretch = true,
                                     .domains = 3});
    round_trip((limn_two_step_shape){
        .size = 32, .width = 4, .latent = 9, .encoder_steps = 1, .uniform = true, .domains = 2});
    limn_model *model = model_of(&toy);
    int domain;
    assert_int_equal(limn_model_find_domain(model, "cats", &domain), LIMN_OK);
    assert_int_equal(domain, 1);
    assert_int_equal(limn_model_find_domain(model, "ctas", &domain), LIMN_USAGE);
    assert_string_equal(limn_message(), "ctas: the model has no such domain. Did you mean cats? It "
                                        "has dogs, cats.");
    assert_int_equal(limn_model_find_domain(model, NULL, &domain), LIMN_USAGE);
    assert_string_equal(limn_message(), "A domain must be named. The model has dogs, cats.");
    limn_model_free(model);
}

// A stranger's file may name its domains as it likes.
static void names_of_domains(void **state) {
    (void)state;
    const char *path = "two-step-names.safetensors";
    char longest[257];
    memset(longest, 'a', 256);
    longest[256] = 0;
    const struct {
        const char *name, *words;
    } table[] = {
        {"cats", "names a domain cats: two domains cannot have one name"},
        {"all", "the name is taken: it stands for every domain"},
        {"", "the name is to serve for a folder"},
        {"..", "the name is to serve for a folder"},
        {"a/b", "the name is to serve for a folder"},
        {"a\\b", "the name is to serve for a folder"},
        {"a\nb", "names a domain a?b: the name has a control character"},
        {"\033[2J", "control character"},
        {"\302\233", "control character"},
        {longest, "longer than 255 bytes"},
        {longest + 1, NULL},
        {"\303\244\302\240 z", NULL},
    };
    for (size_t i = 0; i < ARRAY(table); i++) {
        const char *const called[] = {"dogs", "cats", table[i].name};
        limn_model *model = model_named(&small_shape, called);
        good(limn_model_save(model, path, LIMN_FLOATS, LIMN_REPLACE_EXISTING));
        limn_model_free(model);
        limn_status status = limn_model_open(path, NULL, LIMN_WITH_PARAMETERS, &model);
        assert_int_equal(status, table[i].words ? LIMN_MODEL : LIMN_OK);
        if (table[i].words && !strstr(limn_message(), table[i].words))
            fail_msg("%s", limn_message());
        if (!table[i].words) assert_string_equal(limn_model_domain(model, 2), table[i].name);
        limn_model_free(model);
    }
    remove(path);
}

// A picture alone becomes what it becomes among others: nothing is taken from the batch.
static void alone_and_among_others(void **state) {
    (void)state;
    enum { MANY = 64, FLOATS = 3 * 16 * 16 };
    limn_model *model = model_of(&small_shape);
    limn_store *store = &model->store;
    limn_plan_options how = {.threads = 1};
    limn_runner *one = runner_of(&small_shape, store, 1, how, LIMN_CONSTANT);
    limn_runner *many = runner_of(&small_shape, store, MANY, how, LIMN_CONSTANT);
    float *x = malloc(MANY * FLOATS * sizeof *x), codes[MANY * 5];
    const float *y, *single;
    limn_content_values z, alone;
    limn_shape shape;
    assert_non_null(x);
    fill(x, MANY * FLOATS, 4, 127, 127);
    for (int i = 0; i < MANY; i++) limn_two_step_domain(&small_shape, store, i % 3, codes + 5 * i);
    good(limn_runner_encode(many, 0, x, 16, 16, &z));
    good(limn_runner_decode(many, 0, &z, codes, &y, &shape));
    assert_true(limn_shape_equal(&shape, &LIMN_SHAPE(MANY, 3, 16, 16)));
    for (int i = 0; i < MANY; i += 21) {
        good(limn_runner_encode(one, 0, x + i * FLOATS, 16, 16, &alone));
        for (int k = 0; k < 6; k++)
            near("z", (double)alone.data[0][k], (double)z.data[0][6 * i + k], 1e-6);
        memcpy(alone.data[0], z.data[0] + 6 * i, 6 * sizeof(float));
        good(limn_runner_decode(one, 0, &alone, codes + 5 * i, &single, &shape));
        for (int k = 0; k < FLOATS; k++)
            near("a pixel", (double)single[k], (double)y[i * FLOATS + k], 1e-3);
        limn_content_free(&alone);
    }
    free(x);
    limn_content_free(&z);
    limn_runner_free(one);
    limn_runner_free(many);
    limn_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_limit),           cmocka_unit_test(smaller_limit),
        cmocka_unit_test(alone_and_among_others), cmocka_unit_test(files),
        cmocka_unit_test(names_of_domains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
