// What a model of EGSC-IT or UNIT makes of pictures, and the styles that it keeps: the acceptance
// figures of their specification (../shared/spec/exemplar-guided.md, T10, T15 and T17).
#include "egsc_models.h"
#include "model/runner.h"
#include "own_folder.h"
#include "sketch_samples.h"
#include "train/run_folder.h"

// ---- T10, T15: what a model makes ----

static limn_model *random_model(limn_egsc_shape shape) {
    limn_model *model = model_of(shape);
    good(limn_store_ready(&model->store, 1, false));
    parameters_by_formula(&model->store, "", 0);
    return model;
}

static limn_picture *noise_picture(int width, int height, int number) {
    limn_picture *picture;
    good(limn_picture_new(width, height, LIMN_RGB, &picture));
    by_formula(picture->rgb, 3 * (size_t)width * (size_t)height, number, 127.5, 127.5);
    return picture;
}

static limn_picture *translated(limn_model *model, const limn_picture *picture, int exemplar,
                                limn_result_size size) {
    limn_runner *runner;
    limn_style *style;
    limn_picture *made, *of = noise_picture(33, 20, exemplar);
    limn_run_options how = {.size = sizeof how, .threads = 1, .result = size};
    good(limn_runner_open(model, &how, &runner));
    good(limn_style_read(runner, of, "B", &style));
    good(limn_translate(runner, picture, "A", style, &made));
    limn_picture_free(of);
    limn_style_free(style);
    limn_runner_free(runner);
    return made;
}

static bool alike(const limn_picture *a, const limn_picture *b) {
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    return equal(a->rgb, b->rgb, 3 * (size_t)a->width * (size_t)a->height);
}

static void exemplars(void **state) {
    (void)state;
    static const struct {
        bool mask, adain, by_exemplar;
    } cases[] = {
        {true, true, true}, {false, true, true}, {true, false, false}, {false, false, false}};
    limn_picture *picture = noise_picture(28, 24, 1);
    for (size_t i = 0; i < ARRAY(cases); i++) {
        limn_egsc_shape shape = usual;
        shape.mask = cases[i].mask;
        shape.adain = cases[i].adain ? LIMN_ADAIN_STANDARD : LIMN_ADAIN_NONE;
        limn_model *model = random_model(shape);
        limn_picture *one = translated(model, picture, 2, LIMN_SIZE_NATIVE),
                     *other = translated(model, picture, 3, LIMN_SIZE_NATIVE),
                     *again = translated(model, picture, 2, LIMN_SIZE_NATIVE);
        assert_true(alike(one, again));
        assert_int_equal(alike(one, other), !cases[i].by_exemplar);
        limn_picture_free(one);
        limn_picture_free(other);
        limn_picture_free(again);
        limn_model_free(model);
    }
    limn_picture_free(picture);
}

static void change(limn_model *model, const char *prefix) {
    limn_store *store = &model->store;
    for (int i = 0; i < store->size; i++)
        for (size_t k = 0; k < store->parameters[i].count; k++)
            if (!strncmp(store->parameters[i].name, prefix, strlen(prefix)))
                store->values[store->parameters[i].offset + k] += 0.3F;
}

// The mask is of the picture's domain, the style of the other one.
static void guides(void **state) {
    (void)state;
    limn_picture *picture = noise_picture(28, 24, 1);
    for (int masked = 0; masked < 2; masked++) {
        limn_egsc_shape shape = usual;
        shape.mask = masked;
        limn_model *model = random_model(shape);
        limn_picture *first = translated(model, picture, 2, LIMN_SIZE_NATIVE);
        change(model, "F.a.");
        limn_picture *second = translated(model, picture, 2, LIMN_SIZE_NATIVE);
        change(model, "F.b.");
        limn_picture *third = translated(model, picture, 2, LIMN_SIZE_NATIVE);
        assert_int_equal(alike(first, second), !masked);
        assert_false(alike(second, third));
        limn_picture_free(first);
        limn_picture_free(second);
        limn_picture_free(third);
        limn_model_free(model);
    }
    limn_picture_free(picture);
}

static void any_size(void **state) {
    (void)state;
    static const struct {
        limn_result_size size;
        int width, height;
    } cases[] = {{LIMN_SIZE_NATIVE, 50, 25}, {LIMN_SIZE_KEEP, 50, 25}, {LIMN_SIZE_MODEL, 40, 20}};
    limn_model *model = random_model(usual);
    limn_picture *picture = noise_picture(50, 25, 1);
    for (size_t i = 0; i < ARRAY(cases); i++) {
        limn_picture *made = translated(model, picture, 2, cases[i].size);
        assert_int_equal(made->width, cases[i].width);
        assert_int_equal(made->height, cases[i].height);
        limn_picture_free(made);
    }
    limn_picture_free(picture);
    limn_model_free(model);
}

static limn_picture *drawn(limn_runner *runner, const limn_picture *picture,
                           const limn_style *style) {
    limn_picture *made;
    good(limn_translate(runner, picture, "A", style, &made));
    return made;
}

static void between(void **state) {
    (void)state;
    limn_model *model = random_model(usual);
    limn_runner *runner;
    limn_picture *picture = noise_picture(20, 20, 1), *made[5];
    limn_style *ends[2], *mixed[3];
    good(limn_runner_open(model, NULL, &runner));
    for (int i = 0; i < 2; i++) {
        limn_picture *of = noise_picture(20, 20, 2 + i);
        good(limn_style_read(runner, of, "B", &ends[i]));
        made[i] = drawn(runner, picture, ends[i]);
        limn_picture_free(of);
    }
    for (int i = 0; i < 3; i++) {
        good(limn_style_mix(ends[0], ends[1], 0.5 * i, &mixed[i]));
        made[2 + i] = drawn(runner, picture, mixed[i]);
        limn_style_free(mixed[i]);
    }
    assert_true(alike(made[2], made[0]) && alike(made[4], made[1]));
    assert_false(alike(made[3], made[0]) || alike(made[3], made[1]));
    for (int i = 0; i < 5; i++) limn_picture_free(made[i]);
    for (int i = 0; i < 2; i++) limn_style_free(ends[i]);
    limn_picture_free(picture);
    limn_runner_free(runner);
    limn_model_free(model);
}

// ---- T17: styles that are kept ----

enum { KEPT = 7 };

static void draw_folders(void) {
    char path[64];
    good(system("mkdir -p set/trainA set/trainB") ? LIMN_IO : LIMN_OK);
    for (int i = 0; i < 2 * (KEPT + 1); i++) {
        snprintf(path, sizeof path, "set/train%c/%d.png", 'A' + i % 2, i / 2);
        limn_picture *picture = noise_picture(24, 20, 10 + i);
        good(limn_picture_write(picture, path, NULL));
        limn_picture_free(picture);
    }
}

static void train_little(const char *adain) {
    const limn_setting settings[] = {{"data", "set"}, {"output", "run"},    {"image-size", "20"},
                                     {"width", "2"},  {"batch-size", "1"},  {"stage1-steps", "2"},
                                     {"steps", "1"},  {"perceptual", "no"}, {"ema", "0"},
                                     {"lr", "1e-3"},  {"threads", "1"},     {"adain", adain},
                                     {NULL, NULL}};
    draw_folders();
    good(limn_train("egsc-it", settings, NULL));
}

// Which of the pictures of a domain has this style; -1: none.
static int picture_of(limn_runner *runner, int domain, const float *style) {
    int found = -1;
    int64_t numbers = limn_runner_style_count(runner);
    float *own = training_floats((size_t)numbers);
    for (int i = 0; i <= KEPT; i++) {
        char path[64];
        limn_picture *picture;
        snprintf(path, sizeof path, "set/train%c/%d.png", 'A' + domain, i);
        good(limn_picture_read(path, NULL, &picture));
        good(limn_runner_style(runner, domain, picture, LIMN_SIZE_MODEL, own));
        limn_picture_free(picture);
        double far = 0;
        for (int64_t k = 0; k < numbers; k++)
            far = fmax(far, fabs((double)(own[k] - style[k])) / fmax(1, fabs((double)own[k])));
        if (far < 1e-5) found = i;
    }
    free(own);
    return found;
}

// Of the run's state, in which they are not rounded to 16 bits.
static void kept_styles(void **state) {
    (void)state;
    limn_model *model;
    limn_runner *runner;
    train_little("standard");
    good(limn_model_load("run", NULL, &model));
    const limn_egsc_shape *shape = model->shape;
    good(limn_checkpoint_values("run", &model->store));
    good(limn_runner_open(model, NULL, &runner));
    size_t numbers = (size_t)limn_runner_style_count(runner);
    float *style = training_floats(numbers), *again = training_floats(numbers),
          *mean = training_floats(numbers), *sum = training_floats(numbers);
    for (int d = 0; d < 2; d++) {
        int count = (int)shape->styles[d];
        bool taken[KEPT + 1] = {false};
        assert_in_range(count, 4, KEPT + 1); // all, but for what is held out
        memset(sum, 0, numbers * sizeof *sum);
        for (int k = 0; k < count; k++) {
            limn_kind_egsc_it.chance(shape, &model->store, d, 3, k, style);
            limn_kind_egsc_it.chance(shape, &model->store, d, 3, k, again);
            assert_true(equal(style, again, numbers));
            int of = picture_of(runner, d, style);
            assert_in_range(of, 0, KEPT);
            assert_false(taken[of]);
            taken[of] = true;
            for (size_t i = 0; i < numbers; i++) sum[i] += style[i] / (float)count;
        }
        limn_kind_egsc_it.average(shape, &model->store, d, mean);
        same("the average", mean, sum, numbers, 1e-4);
    }
    free(style);
    free(again);
    free(mean);
    free(sum);
    limn_runner_free(runner);
    limn_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exemplars), cmocka_unit_test(guides), cmocka_unit_test(any_size),
        cmocka_unit_test(between),   IN_FOLDER(kept_styles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
