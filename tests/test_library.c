// The library as another program meets it: its version, structs of other versions, arguments that
// cannot be, and training by the names of options.
#define _GNU_SOURCE
#include "limn/limn.h"
#include "own_folder.h"
#include "runner_samples.h"
#include "train/request.h"

#include <sched.h>
#include <sys/stat.h>

static void version(void **state) {
    (void)state;
    int major, minor, patch;
    assert_int_equal(sscanf(limn_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_int_equal(LIMN_VERSION_NUMBER, 10000 * major + 100 * minor + patch);
}

// ---- structs of other versions ----

// Where the last members lay when `abi` (src/meson.build) was last raised. What comes later lies
// behind them; where one of these has moved, programs that are there do something else.
static void members_stay_where_they_are(void **state) {
    (void)state;
    if (sizeof(void *) != 8) skip();
    assert_int_equal(offsetof(limn_model_options, network), 8);
    assert_int_equal(offsetof(limn_run_options, context), 48);
    assert_int_equal(offsetof(limn_bench_result, gflops), 40);
    assert_int_equal(offsetof(limn_picture, metadata), 32);
    assert_int_equal(offsetof(limn_read_options, max_memory), 24);
    assert_int_equal(offsetof(limn_picture_header, other_colours), 32);
    assert_int_equal(offsetof(limn_write_options, existing), 20);
    assert_int_equal(offsetof(limn_sheet_options, background), 16);
    assert_int_equal(offsetof(limn_train_options, context), 32);
    assert_int_equal(sizeof(limn_setting), 16);
}

// What a program has that was built with a later header.
typedef struct later {
    limn_run_options known;
    double part;
    const char *name;
} later;

static void options_of_a_newer_program(void **state) {
    (void)state;
    limn_model *model = load(KEPT("sr4"));
    limn_runner *runner;
    later options = {.known = {.size = sizeof options, .threads = 1}};
    good(limn_runner_open(model, &options.known, &runner));
    limn_runner_free(runner);
    options.name = "x";
    refused(limn_runner_open(model, &options.known, &runner), LIMN_USAGE, "Use a newer library");
    options.known.size = sizeof options.known + sizeof options.part;
    good(limn_runner_open(model, &options.known, &runner)); // the name is no part of it
    struct {
        limn_bench_result known;
        double more;
    } result = {.known = {.size = sizeof result}, .more = 7};
    good(limn_runner_bench(runner, 16, 16, 1, NULL, NULL, &result.known));
    assert_true(result.known.gflops > 0 && result.more == 0);
    assert_int_equal(result.known.size, sizeof result);
    limn_runner_free(runner);
    limn_model_free(model);
}

static void sizes_that_nobody_set(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, sizeof(size_t) - 1, 4097, SIZE_MAX};
    for (size_t i = 0; i < ARRAY(sizes); i++) {
        limn_model *model;
        limn_model_options options = {.size = sizes[i]};
        limn_train_options training = {.size = sizes[i]};
        static const char words[] = "without its size. Set its first member";
        refused(limn_model_load(KEPT("sr4"), &options, &model), LIMN_USAGE, words);
        refused(limn_train("style", NULL, &training), LIMN_USAGE, words);
    }
}

// ---- arguments that cannot be ----

#define NEEDS(call) refused(call, LIMN_USAGE, "was given NULL where it needs something")

static void nothing_where_something_is_needed(void **state) {
    (void)state;
    limn_model *model = (limn_model *)&state;
    limn_runner *runner = NULL;
    limn_style *style = (limn_style *)&state;
    limn_picture *picture = (limn_picture *)&state;
    NEEDS(limn_model_load(NULL, NULL, &model));
    assert_null(model);
    NEEDS(limn_model_load(KEPT("sr4"), NULL, NULL));
    NEEDS(limn_model_load_bytes(NULL, 3, "bytes", NULL, &model));
    NEEDS(limn_model_load_bytes("abc", 3, NULL, NULL, &model));
    NEEDS(limn_model_save(NULL, "a.safetensors", LIMN_FLOATS, LIMN_KEEP_EXISTING));
    NEEDS(limn_runner_open(NULL, NULL, &runner));
    NEEDS(limn_style_read(NULL, picture, NULL, &style));
    assert_null(style);
    NEEDS(limn_style_domain(NULL, NULL, &style));
    NEEDS(limn_style_random(NULL, NULL, 0, 0, &style));
    NEEDS(limn_style_average(NULL, NULL, &style));
    NEEDS(limn_style_mix(NULL, NULL, 0.5, &style));
    NEEDS(limn_translate(NULL, picture, NULL, NULL, &picture));
    assert_null(picture);
    NEEDS(limn_runner_bench(NULL, 16, 16, 1, NULL, NULL, NULL));
    model = load(KEPT("sr4"));
    NEEDS(limn_runner_open(model, NULL, NULL));
    NEEDS(limn_model_save(model, NULL, LIMN_FLOATS, LIMN_KEEP_EXISTING));
    limn_model_free(model);
    limn_model_free(NULL);
    limn_runner_free(NULL);
    limn_style_free(NULL);
    limn_picture_free(NULL);
}

static void no_pictures(void **state) {
    (void)state;
    limn_picture *picture = noise(8, 8, LIMN_RGB), *other = picture;
    limn_picture_header header = {.size = sizeof header, .width = 7};
    unsigned char pixels[4 * 64];
    void *bytes = pixels;
    size_t size = 7;
    NEEDS(limn_picture_new(8, 8, LIMN_RGB, NULL));
    NEEDS(limn_picture_read(NULL, NULL, &other));
    assert_null(other);
    NEEDS(limn_picture_read(PHOTO, NULL, NULL));
    NEEDS(limn_picture_read_bytes(NULL, 3, "bytes", NULL, &other));
    NEEDS(limn_picture_read_bytes("abc", 3, NULL, NULL, &other));
    NEEDS(limn_picture_read_header(NULL, NULL, &header));
    NEEDS(limn_picture_read_header(PHOTO, NULL, NULL));
    NEEDS(limn_picture_read_header_bytes(NULL, 3, "bytes", NULL, &header));
    NEEDS(limn_picture_write(NULL, "a.png", NULL));
    NEEDS(limn_picture_write(picture, NULL, NULL));
    NEEDS(limn_picture_write_bytes(picture, NULL, &bytes, &size));
    assert_null(bytes);
    NEEDS(limn_picture_check_write(NULL, NULL));
    NEEDS(limn_picture_from_pixels(NULL, 8, 8, 32, LIMN_PIXELS_RGBA8, &other));
    NEEDS(limn_picture_to_pixels(NULL, pixels, 32, LIMN_PIXELS_RGBA8));
    NEEDS(limn_picture_to_pixels(picture, NULL, 32, LIMN_PIXELS_RGBA8));
    NEEDS(limn_picture_copy(NULL, &other));
    NEEDS(limn_picture_crop(NULL, 0, 0, 1, 1, &other));
    NEEDS(limn_picture_resize(NULL, 1, 1, LIMN_BICUBIC, &other));
    NEEDS(limn_picture_fit(NULL, 1));
    NEEDS(limn_picture_blend(picture, NULL, 1));
    NEEDS(limn_picture_preserve_colour(NULL, picture));
    NEEDS(limn_picture_sheet(NULL, 1, NULL, &other));
    limn_picture_free(picture);
}

static void strange_pictures(void **state) {
    (void)state;
    limn_picture *picture = noise(8, 8, LIMN_RGB), *other;
    const limn_picture *const cells[] = {picture};
    unsigned char pixels[4 * 64];
    void *bytes;
    size_t size;
#define REFUSED(words, call) refused(call, LIMN_USAGE, words)
    REFUSED("limn_planes", limn_picture_new(8, 8, (limn_planes)2, &other));
    REFUSED("limn_filter", limn_picture_resize(picture, 9, 9, (limn_filter)3, &other));
    REFUSED("limn_pixels", limn_picture_to_pixels(picture, pixels, 32, (limn_pixels)4));
    static const double strengths[] = {-0.01, 7, NAN, INFINITY};
    for (size_t i = 0; i < ARRAY(strengths); i++)
        REFUSED("outside 0 to 1", limn_picture_blend(picture, picture, strengths[i]));
#define READ(...) limn_picture_read(PHOTO, LIMN_WITH(limn_read_options, __VA_ARGS__), &other)
    REFUSED("a limit of -1 pixels", READ(.max_pixels = -1));
    REFUSED("and -7 scans cannot be", READ(.max_scans = -7));
#define WRITE(...) limn_picture_write(picture, "a.png", LIMN_WITH(limn_write_options, __VA_ARGS__))
    REFUSED("limn_format", WRITE(.format = (limn_format)99));
    REFUSED("limn_existing", WRITE(.existing = (limn_existing)2));
    REFUSED("a depth of -8 bits", WRITE(.depth = -8));
    REFUSED("a quality of -1", WRITE(.quality = -1));
    REFUSED("without a format: set that",
            limn_picture_write_bytes(picture, LIMN_WITH(limn_write_options, .quality = 50), &bytes,
                                     &size));
    assert_true(!bytes && size == 0);
#define SHEET(...) limn_picture_sheet(cells, 1, LIMN_WITH(limn_sheet_options, __VA_ARGS__), &other)
    REFUSED("A background of", SHEET(.background = {0, NAN, 0}));
    REFUSED("A background of 256", SHEET(.background = {256, 0, 0}));
    REFUSED("gaps of -1", SHEET(.gap = -1));
    assert_string_equal(limn_format_name((limn_format)-1), "none");
    assert_string_equal(limn_format_name((limn_format)99), "none");
    static const limn_write_options unsized = {.quality = 50};
    REFUSED("without its size", limn_picture_write(picture, "a.png", &unsized));
    limn_picture_header header = {.width = 7};
    REFUSED("without its size", limn_picture_read_header(PHOTO, NULL, &header));
    assert_int_equal(header.width, 7);
    header.size = offsetof(limn_picture_header, depth); // an older program's
    header.depth = 7;
    good(limn_picture_read_header(PHOTO, NULL, &header));
    assert_true(header.width == 451 && header.height == 300 && header.depth == 7);
    limn_picture_free(picture);
}

static void numbers_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        limn_run_options options;
        const char *words;
    } table[] = {
        {{.threads = -3}, "-3 threads cannot be: 1 to 1024 can"},
        {{.threads = 1025}, "1025 threads cannot be"},
        {{.precision = (limn_speed)2}, "2 is no value of limn_speed"},
        {{.precision = (limn_speed)-1}, "is no value of limn_speed"},
        {{.result = (limn_result_size)9}, "9 is no value of limn_result_size"},
        {{.max_memory = 999999}, "A limit of 999999 bytes of memory is too low"},
        {{.isa = ""}, "There is no instruction set named : known are auto, baseline, "},
    };
    limn_model *model = load(KEPT("emoji"));
    limn_runner *runner;
    for (size_t i = 0; i < ARRAY(table); i++) {
        limn_run_options options = table[i].options;
        options.size = sizeof options;
        runner = (limn_runner *)&state;
        refused(limn_runner_open(model, &options, &runner), LIMN_USAGE, table[i].words);
        assert_null(runner);
    }
    refused(limn_model_save(model, "a.safetensors", (limn_numbers)2, LIMN_KEEP_EXISTING),
            LIMN_USAGE, "2 is no value of limn_numbers");
    refused(limn_model_save(model, "a.safetensors", LIMN_FLOATS, (limn_existing)2), LIMN_USAGE,
            "2 is no value of limn_existing");
    runner = open_plain(model);
    limn_style *a = domain_of(runner, "google"), *b = domain_of(runner, "openmoji"), *mixed;
    static const double parts[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < ARRAY(parts); i++) {
        mixed = a;
        refused(limn_style_mix(a, b, parts[i], &mixed), LIMN_USAGE, "cannot be mixed by");
        assert_null(mixed);
    }
    refused(limn_style_random(runner, "google", 1, -1, &mixed), LIMN_USAGE, "they count from 0 on");
    refused(limn_runner_bench(runner, 16, 16, 0, NULL, NULL,
                              &(limn_bench_result){.size = sizeof(limn_bench_result)}),
            LIMN_USAGE, "1 run");
    limn_style_free(a);
    limn_style_free(b);
    limn_runner_free(runner);
    limn_model_free(model);
}

static void sizes_of_no_picture(void **state) {
    (void)state;
    static const char *const paths[] = {KEPT("emoji"), KEPT("sr4"), KEPT("torch-examples")};
    for (size_t i = 0; i < ARRAY(paths); i++) {
        limn_model *model = load(paths[i]);
        assert_true(limn_model_macs(model, 64, 64) > 0 || limn_model_side(model));
        assert_true(limn_model_macs(model, 0, 64) == 0);
        assert_true(limn_model_macs(model, 64, -5) == 0);
        assert_true(limn_model_macs(model, INT32_MAX, INT32_MAX) >= 0);
        assert_null(limn_model_domain(model, -1));
        assert_null(limn_model_domain(model, 1000));
        assert_null(limn_model_metadata(model, -1, NULL));
        assert_null(limn_model_metadata(model, 100000, NULL));
        limn_model_free(model);
    }
}

// ---- training ----

static void methods(void **state) {
    (void)state;
    int count = 0;
    while (limn_method_name(count)) assert_non_null(limn_method_find(limn_method_name(count++)));
    assert_true(count > 0);
    assert_null(limn_method_name(-1));
    assert_null(limn_method_name(count + 1));
    refused(limn_train("stlye", NULL, NULL), LIMN_USAGE,
            "stlye: there is no such method of training. Did you mean style?");
    refused(limn_train("a", NULL, NULL), LIMN_USAGE, "There are ");
    refused(limn_train(NULL, NULL, NULL), LIMN_USAGE, "What to train is missing: a method (");
    refused(limn_train("style", NULL, NULL), LIMN_USAGE, "-o FOLDER is needed");
    refused(limn_train(NULL, (limn_setting[]){{"resume", "/nowhere"}, {0}}, NULL), LIMN_USAGE,
            "/nowhere: there is no such folder");
}

// Every refusal of an option is that of the program's command line.
static void refusals(void **state) {
    (void)state;
    static const struct {
        limn_setting setting;
        const char *word;
    } table[] = {
        {{"stesp", "3"}, "--stesp=3"},
        {{"nonsense", "3"}, "--nonsense=3"},
        {{"steps=3", "4"}, NULL},
        {{"--steps", "4"}, NULL},
        {{"", "4"}, NULL},
        {{"steps", "many"}, "--steps=many"},
        {{"steps", "0"}, "--steps=0"},
        {{"batch_size", "5000"}, "--batch_size=5000"},
        {{"clip", "nan"}, "--clip=nan"},
        {{"preset", "goood"}, "--preset=goood"},
        {{"data", ""}, "--data="},
        {{"strict", "perhaps"}, NULL},
        {{"steps", NULL}, NULL},
    };
    limn_option_group groups[LIMN_TRAINING_GROUPS];
    limn_training values;
    limn_parsed parsed;
    limn_training_groups(limn_method_find("upscale"), 0, groups);
    for (size_t i = 0; i < ARRAY(table); i++) {
        refused(limn_train("upscale", (limn_setting[]){table[i].setting, {0}}, NULL), LIMN_USAGE,
                "");
        char found[256], *word = (char *)(uintptr_t)table[i].word;
        snprintf(found, sizeof found, "%s", limn_message());
        if (!word) continue;
        assert_int_equal(limn_options_parse(groups, 1, &word, &values, &parsed), LIMN_USAGE);
        assert_string_equal(found, limn_message());
        limn_parsed_free(&parsed);
    }
}

typedef struct heard {
    int lines, steps;
    double done;
    int ask_at, ask; // the step after which something is wanted, and what
} heard;

static void on_say(void *context, const char *line) {
    heard *it = context;
    assert_true(*line && !strchr(line, '\n'));
    it->lines++;
}

static void on_progress(void *context, const char *line, double done, double seconds_left) {
    heard *it = context;
    assert_true(*line && done >= it->done && done <= 1 && seconds_left >= 0);
    it->done = done;
}

static int on_asked(void *context) {
    heard *it = context;
    return ++it->steps == it->ask_at ? it->ask : LIMN_GO_ON;
}

static limn_status train(const char *method, const limn_setting *settings, heard *it) {
    limn_train_options options = {.size = sizeof options,
                                  .say = on_say,
                                  .progress = on_progress,
                                  .asked = on_asked,
                                  .context = it};
    return limn_train(method, settings, &options);
}

static limn_status begin(const char *output, heard *it) {
    const limn_setting small[] = {{"output", output},
                                  {"data", "photos"},
                                  {"init", "none"},
                                  {"crop-size", "16"},
                                  {"width", "2"},
                                  {"steps", "4"},
                                  {"threads", "1"},
                                  {"save-every", "1000"},
                                  {"blur", "no"},
                                  {"batch_size", "1"},
                                  {0}};
    return train("upscale", small, it);
}

static void trains(void **state) {
    (void)state;
    limn_picture *photo = noise(40, 32, LIMN_RGB), *larger;
    assert_int_equal(mkdir("photos", 0777), 0);
    good(limn_picture_write(photo, "photos/noise.png", NULL));
    cpu_set_t before, after;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    heard it = {.lines = 0};
    good(begin("whole", &it));
    assert_true(it.lines > 0 && it.steps == 4 && it.done == 1);
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after)); // the thread is its program's

    it = (heard){.ask_at = 1, .ask = LIMN_SAVE};
    good(begin("saved", &it));
    assert_int_equal(access("saved/checkpoints/step-000000001.safetensors", F_OK), 0);
    it = (heard){.ask_at = 2, .ask = LIMN_STOP};
    refused(begin("cut", &it), LIMN_STOPPED, "stopped at step 2 of 4, all is saved");
    it = (heard){.lines = 0};
    good(train(NULL, (limn_setting[]){{"resume", "cut"}, {0}}, &it));
    assert_int_equal(it.steps, 2);
    limn_model *model = load("whole"), *other = load("cut");
    assert_memory_equal(model->store.values, other->store.values,
                        model->store.count * sizeof(float));
    limn_runner *runner = open_plain(model);
    good(limn_translate(runner, photo, NULL, NULL, &larger));
    assert_int_equal(larger->width, 160);

    refused(begin("whole", &it), LIMN_USAGE, "whole");
    refused(limn_train("style", (limn_setting[]){{"resume", "cut"}, {0}}, NULL), LIMN_USAGE,
            "the run was made by `limn train upscale`");
    limn_picture_free(larger);
    limn_picture_free(photo);
    limn_runner_free(runner);
    limn_model_free(model);
    limn_model_free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version),
        cmocka_unit_test(members_stay_where_they_are),
        cmocka_unit_test(options_of_a_newer_program),
        cmocka_unit_test(sizes_that_nobody_set),
        cmocka_unit_test(nothing_where_something_is_needed),
        cmocka_unit_test(no_pictures),
        cmocka_unit_test(strange_pictures),
        cmocka_unit_test(numbers_that_cannot_be),
        cmocka_unit_test(sizes_of_no_picture),
        cmocka_unit_test(methods),
        cmocka_unit_test(refusals),
        IN_FOLDER(trains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
