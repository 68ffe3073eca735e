// Runners as a program that uses the library meets them (limn/model.h): options, progress, limits,
// models from bytes and by name, many sizes and threads.
#include "runner_samples.h"

#include "base/file.h"
#include "model/parts.h"

#include <pthread.h>

// ---- options ----

static void options_without_size(void **state) {
    (void)state;
    static const char words[] = "given without its size. Set its first member";
    limn_model_options loading = {.network = "sr"};
    limn_run_options running = {.threads = 1};
    limn_bench_result timed = {.median_ms = 7};
    limn_model *model = (limn_model *)&loading;
    limn_runner *runner = (limn_runner *)&loading;
    refused(limn_model_load(KEPT("sr4"), &loading, &model), LIMN_USAGE, words);
    assert_null(model);
    model = (limn_model *)&loading;
    refused(limn_model_load_bytes("", 0, "nothing", &loading, &model), LIMN_USAGE, words);
    assert_null(model);
    model = load(KEPT("sr4"));
    refused(limn_runner_open(model, &running, &runner), LIMN_USAGE, words);
    assert_null(runner);
    running.size = sizeof running.size - 1;
    refused(limn_runner_open(model, &running, &runner), LIMN_USAGE, words);
    runner = open_plain(model);
    refused(limn_runner_bench(runner, 16, 16, 1, NULL, NULL, &timed), LIMN_USAGE, words);
    assert_true(timed.median_ms == 7);
    limn_runner_free(runner);
    limn_model_free(model);
}

// A program that was built when there were fewer options: what lies behind them is not read, and
// behind the results not written.
static void options_of_an_older_program(void **state) {
    (void)state;
    limn_model *model = load(KEPT("torch-examples"));
    limn_picture *picture = noise(40, 30, LIMN_RGB);
    limn_runner *usual = open_with(model, (limn_run_options){.threads = 1});
    limn_picture *wanted = translated(usual, picture, NULL);
    const size_t sizes[] = {sizeof(size_t), offsetof(limn_run_options, threads),
                            offsetof(limn_run_options, max_memory),
                            offsetof(limn_run_options, progress)};
    for (size_t i = 0; i < ARRAY(sizes); i++) {
        limn_run_options options = {.size = sizes[i], .threads = 1};
        limn_runner *runner;
        memset((char *)&options + sizes[i], 0xA5, sizeof options - sizes[i]);
        good(limn_runner_open(model, &options, &runner));
        limn_picture *found = translated(runner, picture, NULL);
        check_same(found, wanted, 1e-3); // by more threads, perhaps
        limn_picture_free(found);
        limn_runner_free(runner);
    }
    limn_bench_result timed = {.size = offsetof(limn_bench_result, peak_bytes), .gflops = -1};
    good(limn_runner_bench(usual, 16, 16, 1, NULL, NULL, &timed));
    assert_true(timed.median_ms > 0 && timed.peak_bytes == 0 && timed.gflops == -1);
    assert_int_equal(timed.size, offsetof(limn_bench_result, peak_bytes));
    limn_picture_free(wanted);
    limn_picture_free(picture);
    limn_runner_free(usual);
    limn_model_free(model);
}

// What options point to is the caller's again once the runner is open.
static void options_that_go_away(void **state) {
    (void)state;
    limn_model *model = load(KEPT("torch-examples"));
    limn_picture *picture = noise(40, 30, LIMN_RGB);
    limn_runner *lasting = open_plain(model);
    limn_picture *wanted = translated(lasting, picture, NULL);
    limn_run_options *options = calloc(1, sizeof *options);
    char *isa = strdup("baseline");
    limn_runner *runner;
    *options = (limn_run_options){.size = sizeof *options, .threads = 1, .isa = isa};
    good(limn_runner_open(model, options, &runner));
    limn_picture *first = translated(runner, picture, NULL);
    memset(isa, 'x', strlen(isa));
    free(isa);
    memset(options, 0xA5, sizeof *options);
    free(options);
    limn_picture *larger = noise(52, 30, LIMN_RGB); // a plan that is not made yet
    limn_picture *second = translated(runner, larger, NULL),
                 *same = translated(lasting, larger, NULL);
    limn_picture *third = translated(runner, picture, NULL);
    check_same(first, wanted, 0);
    check_same(second, same, 0);
    check_same(third, wanted, 0);
    limn_picture *all[] = {wanted, first, second, third, same, larger, picture};
    for (size_t i = 0; i < ARRAY(all); i++) limn_picture_free(all[i]);
    limn_runner_free(runner);
    limn_runner_free(lasting);
    limn_model_free(model);
}

static void unknown_isa(void **state) {
    (void)state;
    limn_model *model = load(KEPT("sr4"));
    limn_run_options options = {.size = sizeof options, .isa = "mmx"};
    limn_runner *runner;
    refused(limn_runner_open(model, &options, &runner), LIMN_USAGE,
            "There is no instruction set named mmx: known are auto, baseline, avx2, avx512, "
            "avx512-bf16, avx512-fp16, amx.");
    assert_null(runner);
    limn_model_free(model);
}

// ---- progress ----

typedef struct watch {
    int calls, stop_at; // 0: never
    double last;
} watch;

static int watched(void *context, double done) {
    watch *it = context;
    assert_true(done >= it->last && done <= 1);
    assert_true(it->calls > 0 || done == 0);
    it->last = done;
    return ++it->calls == it->stop_at;
}

// How often progress is told of. Each of the calls can be where it ends.
static int check_progress(const char *path, size_t max_memory) {
    limn_model *model = load(path);
    limn_picture *picture = noise(200, 120, LIMN_RGB), *result;
    watch it = {.last = 0};
    limn_runner *runner = open_with(
        model, (limn_run_options){.max_memory = max_memory, .progress = watched, .context = &it});
    limn_style *style = some_style(model, runner);
    assert_int_equal(it.calls, 0);
    limn_picture *wanted = translated(runner, picture, style);
    int calls = it.calls;
    assert_true(calls >= 3 && it.last == 1);
    for (int i = 1; i <= calls; i++) {
        it = (watch){.stop_at = i};
        result = picture;
        refused(limn_translate(runner, picture, NULL, style, &result), LIMN_STOPPED, "stopped");
        assert_null(result);
        assert_int_equal(it.calls, i);
    }
    it = (watch){.last = 0};
    result = translated(runner, picture, style); // nothing is left of having been stopped
    check_same(result, wanted, 0);
    limn_picture_free(result);
    limn_picture_free(wanted);
    limn_picture_free(picture);
    limn_style_free(style);
    limn_runner_free(runner);
    limn_model_free(model);
    return calls;
}

static void progress(void **state) {
    (void)state;
    int whole = check_progress(KEPT("sr4"), 0);
    int tiles = check_progress(KEPT("sr4"), 24000000);
    assert_true(tiles >= whole + 3);
    check_progress(KEPT("torch-examples"), 0);
    check_progress(KEPT("emoji"), 0);
}

// ---- memory ----

// A plan that was made under a larger limit is not run under a smaller one: tiles, or a refusal.
static void smaller_limit(void **state) {
    (void)state;
    limn_model *model = load(KEPT("sr4"));
    limn_picture *picture = noise(240, 200, LIMN_RGB);
    limn_runner *runner = open_with(model, (limn_run_options){.max_memory = (size_t)1 << 30});
    limn_picture *whole = translated(runner, picture, NULL);
    size_t plan = limn_runner_bytes(runner),
           pictures = (size_t)(picture->width * picture->height * 12 * 17);
    runner->max_memory = pictures + plan / 2;
    limn_picture *tiled = translated(runner, picture, NULL);
    assert_true(limn_runner_bytes(runner) <= plan / 2);
    check_same(tiled, whole, 0.05);
    runner->max_memory = pictures + plan;
    limn_picture *again = translated(runner, picture, NULL);
    check_same(again, whole, 0);
    limn_picture *all[] = {whole, tiled, again};
    for (size_t i = 0; i < ARRAY(all); i++) limn_picture_free(all[i]);
    limn_runner_free(runner);
    limn_model_free(model);
    model = load(KEPT("torch-examples")); // sees all of a picture: there are no tiles
    runner = open_with(model, (limn_run_options){.max_memory = (size_t)1 << 30});
    limn_picture *result = translated(runner, picture, NULL);
    limn_picture_free(result);
    runner->max_memory = limn_runner_bytes(runner);
    result = picture;
    refused(limn_translate(runner, picture, NULL, NULL, &result), LIMN_MEMORY,
            "a picture of 240x200 with network torch-examples: this needs ");
    assert_null(result);
    limn_picture_free(picture);
    limn_runner_free(runner);
    limn_model_free(model);
}

// ---- models ----

// Where a plan of the whole does not fit, its largest maps are made in strips: the same picture.
static void strips_where_memory_is_short(void **state) {
    (void)state;
    limn_model *model = load(KEPT("torch-examples"));
    limn_picture *picture = noise(1200, 1500, LIMN_RGB);
    limn_runner *runner = open_with(model, (limn_run_options){.max_memory = (size_t)1 << 30});
    limn_picture *whole = translated(runner, picture, NULL);
    size_t plan = limn_runner_bytes(runner), pictures = (size_t)1200 * 1500 * 24;
    runner->max_memory = pictures + plan * 3 / 4;
    limn_picture *strips = translated(runner, picture, NULL);
    assert_true(limn_runner_bytes(runner) <= plan * 3 / 4);
    check_same(strips, whole, 0.05);
    limn_picture_free(strips);
    limn_picture_free(whole);
    limn_picture_free(picture);
    limn_runner_free(runner);
    limn_model_free(model);
}

static void check_models(const limn_model *a, const limn_model *b) {
    const char *keys[2], *values[2];
    assert_string_equal(limn_model_network(a), limn_model_network(b));
    assert_string_equal(limn_model_method(a), limn_model_method(b));
    assert_string_equal(limn_model_verb(a), limn_model_verb(b));
    assert_int_equal(limn_model_parameters(a), limn_model_parameters(b));
    assert_int_equal(limn_model_scale(a), limn_model_scale(b));
    assert_int_equal(limn_model_side(a), limn_model_side(b));
    assert_int_equal(limn_model_styles(a), limn_model_styles(b));
    for (int i = 0; i <= a->domain_count; i++) {
        const char *one = limn_model_domain(a, i), *other = limn_model_domain(b, i);
        assert_int_equal(!one, !other);
        if (one) assert_string_equal(one, other);
    }
    int count = 0;
    while ((keys[0] = limn_model_metadata(a, count, &values[0]))) {
        keys[1] = limn_model_metadata(b, count++, &values[1]);
        assert_string_equal(keys[0], keys[1]);
        assert_string_equal(values[0], values[1]);
    }
    assert_null(limn_model_metadata(b, count, &values[1]));
    assert_int_equal(a->store.count, b->store.count);
    assert_memory_equal(a->store.values, b->store.values, a->store.count * sizeof(float));
}

// The bytes are read during the call and not kept.
static limn_model *from_bytes(const char *path) {
    limn_file file;
    limn_model *model;
    good(limn_file_open(path, (size_t)1 << 30, LIMN_MODEL, &file));
    char *copy = malloc(file.size);
    assert_non_null(copy);
    memcpy(copy, file.bytes, file.size);
    good(limn_model_load_bytes(copy, file.size, "bytes", NULL, &model));
    memset(copy, 0xA5, file.size);
    free(copy);
    limn_file_close(&file);
    return model;
}

static void bytes(void **state) {
    (void)state;
    static const char *const paths[] = {KEPT("emoji"),      KEPT("hole"), KEPT("onehot"),
                                        KEPT("johnson-bn"), KEPT("sr8"),  KEPT("torch-examples")};
    for (size_t i = 0; i < ARRAY(paths); i++) {
        limn_model *one = load(paths[i]), *other = from_bytes(paths[i]);
        check_models(one, other);
        limn_model_free(one);
        limn_model_free(other);
    }
    limn_model *model;
    refused(limn_model_load_bytes("Hello, world.", 13, "greeting", NULL, &model), LIMN_MODEL,
            "greeting: ");
    assert_null(model);
    refused(limn_model_load_bytes("", 0, "nothing", NULL, &model), LIMN_MODEL,
            "nothing: the file is empty");
}

static void names(void **state) {
    (void)state;
    assert_int_equal(setenv("LIMN_MODELS", "models", 1), 0);
    limn_model *one = load("wave"), *other = load("models/wave.safetensors");
    check_models(one, other);
    limn_model_free(one);
    limn_model_free(other);
    limn_model *model;
    refused(limn_model_load("waev", NULL, &model), LIMN_MODEL,
            "waev: there is no such file and no model of that name");
    assert_null(model);
    one = load("tests/kept/old-style"); // the folder of a run
    other = load("tests/kept/old-style/model.safetensors");
    check_models(one, other);
    limn_model_free(one);
    limn_model_free(other);
    assert_int_equal(unsetenv("LIMN_MODELS"), 0);
}

// ---- pictures ----

// A picture of one pixel is one of that colour everywhere.
static void one_pixel(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int side, of; // what comes out; a plain picture that must look like it
    } table[] = {
        {KEPT("torch-examples"), 1, 5},
        {KEPT("johnson-in"), 1, 41},
        {KEPT("johnson-bn"), 1, 41},
        {KEPT("sr4"), 4, 1},
        {KEPT("sr8"), 8, 1},
        {KEPT("emoji"), 16, 9},
    };
    for (size_t i = 0; i < ARRAY(table); i++) {
        limn_model *model = load(table[i].path);
        limn_runner *runner = open_plain(model);
        limn_style *style = some_style(model, runner);
        limn_picture *one = plain(1, 1), *many = plain(table[i].of, table[i].of), *corner;
        limn_picture *found = translated(runner, one, style),
                     *large = translated(runner, many, style);
        assert_int_equal(found->width, table[i].side);
        assert_int_equal(found->height, table[i].side);
        good(limn_picture_crop(large, 0, 0, table[i].side, table[i].side, &corner));
        check_same(found, corner, 1e-3);
        limn_picture *all[] = {one, many, corner, found, large};
        for (size_t k = 0; k < ARRAY(all); k++) limn_picture_free(all[k]);
        limn_style_free(style);
        limn_runner_free(runner);
        limn_model_free(model);
    }
}

// Past the network, enlarged as the picture is; where the networks see all at once there is none.
static void alpha(void **state) {
    (void)state;
    static const char *const paths[] = {KEPT("torch-examples"), KEPT("sr4"), KEPT("emoji")};
    limn_picture *clear = noise(24, 20, LIMN_RGB_ALPHA), *solid = noise(24, 20, LIMN_RGB);
    for (int i = 0; i < 20; i++) clear->alpha[24 * i] = 0.02F; // enough for a colour to count
    for (size_t i = 0; i < ARRAY(paths); i++) {
        limn_model *model = load(paths[i]);
        limn_runner *runner = open_plain(model);
        limn_style *style = some_style(model, runner);
        limn_picture *found = translated(runner, clear, style), *wanted;
        if (style) {
            assert_null(found->alpha);
        } else {
            good(limn_picture_resize(clear, found->width, found->height, LIMN_BICUBIC, &wanted));
            assert_non_null(found->alpha);
            assert_memory_equal(found->alpha, wanted->alpha,
                                (size_t)(found->width * found->height) * sizeof(float));
            limn_picture_free(wanted);
            wanted = translated(runner, solid, style); // the network is shown all colours
            assert_null(wanted->alpha);
            check_same(found, wanted, 0);
            limn_picture_free(wanted);
        }
        limn_picture_free(found);
        limn_style_free(style);
        limn_runner_free(runner);
        limn_model_free(model);
    }
    limn_picture_free(clear);
    limn_picture_free(solid);
}

// Two discs that look the same: what is hidden around them changes nothing that can be seen, at the
// size of the picture, at another, and in tiles.
static limn_picture *disc(float hidden) {
    enum { SIDE = 96 };
    static const float colour[] = {30, 160, 40};
    limn_picture *picture;
    good(limn_picture_new(SIDE, SIDE, LIMN_RGB_ALPHA, &picture));
    for (int i = 0; i < SIDE * SIDE; i++) {
        bool inside = hypot(i % SIDE - 48, i / SIDE - 48) < 31; // NOLINT(bugprone-integer-division)
        picture->alpha[i] = inside;
        for (int c = 0; c < 3; c++) picture->rgb[c * SIDE * SIDE + i] = inside ? colour[c] : hidden;
    }
    return picture;
}

static void check_alike(limn_runner *runner, const limn_picture *a, const limn_picture *b) {
    limn_picture *one = translated(runner, a, NULL), *other = translated(runner, b, NULL);
    int seen = 0, plane = one->width * one->height;
    assert_int_equal(one->width, other->width);
    for (int i = 0; i < plane; i++)
        for (int c = 0; c < 3 && one->alpha[i] > 0; c++, seen++)
            if (one->rgb[c * plane + i] != other->rgb[c * plane + i])
                fail_msg("%g and %g at %d", (double)one->rgb[c * plane + i],
                         (double)other->rgb[c * plane + i], i);
    assert_true(seen > plane / 2);
    limn_picture_free(one);
    limn_picture_free(other);
}

static void hidden_colours(void **state) {
    (void)state;
    static const char *const paths[] = {KEPT("torch-examples"), KEPT("johnson-in"), KEPT("sr4")};
    const float hidden[] = {0, 255, NAN};
    for (size_t i = 0; i < ARRAY(paths); i++) {
        limn_model *model = load(paths[i]);
        limn_runner *runner = open_plain(model);
        limn_picture *black = disc(0);
        for (size_t k = 0; k < ARRAY(hidden); k++) {
            limn_picture *other = disc(hidden[k]);
            check_alike(runner, black, other);
            limn_picture_free(other);
        }
        limn_picture_free(black);
        limn_runner_free(runner);
        limn_model_free(model);
    }
}

// A network that has outgrown its numbers paints nothing, rather than something black.
static void not_a_number(void **state) {
    (void)state;
    static const char *const paths[] = {KEPT("torch-examples"), KEPT("sr4"), KEPT("emoji")};
    static const float spoilt[] = {NAN, 1e30F};
    for (size_t i = 0; i < 2 * ARRAY(paths); i++) {
        limn_model *model = load(paths[i / 2]);
        for (size_t k = 0; k < model->store.count; k++) model->store.values[k] = spoilt[i % 2];
        limn_runner *runner = open_plain(model);
        limn_picture *picture = noise(24, 20, LIMN_RGB), *result = picture;
        limn_style *style = some_style(model, runner);
        refused(limn_translate(runner, picture, NULL, style, &result), LIMN_MODEL,
                "is not a number");
        assert_null(result);
        limn_picture_free(picture);
        limn_style_free(style);
        limn_runner_free(runner);
        limn_model_free(model);
    }
}

// ---- many sizes, many threads ----

// More sizes than a runner keeps plans for, again and again, in an order in which some are kept and
// some are not.
static void many_sizes(void **state) {
    (void)state;
    enum { SIZES = LIMN_READY_KEPT + 3, TURNS = 3 * SIZES };
    limn_model *model = load(KEPT("torch-examples"));
    limn_runner *runner = open_plain(model);
    for (int i = 0; i < TURNS; i++) {
        int before = i % 3 == 2 ? 2 : 0, size = 20 + 4 * (i - before) % SIZES;
        limn_picture *picture = noise(size, 44 - size / 2, LIMN_RGB);
        limn_runner *fresh = open_plain(model);
        limn_picture *found = translated(runner, picture, NULL),
                     *wanted = translated(fresh, picture, NULL);
        check_same(found, wanted, 0);
        limn_picture_free(found);
        limn_picture_free(wanted);
        limn_picture_free(picture);
        limn_runner_free(fresh);
    }
    int kept = 0;
    for (int i = 0; i < LIMN_READY_KEPT; i++) kept += runner->ready[i].plan != NULL;
    assert_int_equal(kept, LIMN_READY_KEPT);
    limn_runner_free(runner);
    limn_model_free(model);
}

typedef struct worker {
    const limn_model *model;
    const limn_picture *wanted;
    bool right;
} worker;

static void *work(void *context) {
    worker *it = context;
    limn_run_options options = {.size = sizeof options, .threads = 1, .isa = "baseline"};
    it->right = true;
    for (int i = 0; i < 5 && it->right; i++) {
        limn_runner *runner = NULL;
        limn_style *style = NULL;
        limn_picture *picture = NULL, *result = NULL;
        it->right = !limn_picture_read(PHOTO, NULL, &picture) &&
                    !limn_runner_open(it->model, &options, &runner) &&
                    !limn_style_domain(runner, "google", &style) &&
                    !limn_translate(runner, picture, NULL, style, &result) &&
                    !memcmp(result->rgb, it->wanted->rgb, 3 * 16 * 16 * sizeof(float));
        limn_picture_free(result);
        limn_picture_free(picture);
        limn_style_free(style);
        limn_runner_free(runner);
    }
    return NULL;
}

// A model for all of them, a runner for each.
static void many_threads(void **state) {
    (void)state;
    enum { THREADS = 4 };
    limn_model *model = load(KEPT("emoji"));
    limn_runner *runner = open_plain(model);
    limn_style *style = domain_of(runner, "google");
    limn_picture *photo = read_photo(), *wanted = translated(runner, photo, style);
    worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.model = model, .wanted = wanted};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(workers[i].right);
    }
    limn_picture_free(photo);
    limn_picture_free(wanted);
    limn_style_free(style);
    limn_runner_free(runner);
    limn_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_without_size),
        cmocka_unit_test(options_of_an_older_program),
        cmocka_unit_test(options_that_go_away),
        cmocka_unit_test(unknown_isa),
        cmocka_unit_test(progress),
        cmocka_unit_test(smaller_limit),
        cmocka_unit_test(strips_where_memory_is_short),
        cmocka_unit_test(bytes),
        cmocka_unit_test(names),
        cmocka_unit_test(one_pixel),
        cmocka_unit_test(alpha),
        cmocka_unit_test(hidden_colours),
        cmocka_unit_test(not_a_number),
        cmocka_unit_test(many_sizes),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
