// Training on pairs (../shared/spec/spatial-profile.md, section 9): what comes of the folders, the
// rate, ten iterations beside PyTorch (tests/reference/paired_step.py), what is refused. What
// learns is in test_paired_learning.
//
//    S14  one coin a pair, directions, layouts     one_coin, directions, layouts
//    S15  the rate of the published training       published_rate
#include "paired_samples.h"
#include "reference/paired_step_expected.h"

#include "train/stages.h"

// ---- pictures ----

// The square of a batch: side 0 is what is given.
static const float *side_of(const float *batch, int size, int sample, int side) {
    return batch + (size_t)(2 * sample + side) * 3 * (size_t)size * (size_t)size;
}

// Red falls from left to right in A, and rises in B.
static bool is_mirrored(const float *square, int size, bool rises) {
    return (square[0] < square[size - 1]) != rises;
}

static void draw_ramp(limn_picture *picture, int number, int side) {
    size_t pixels = (size_t)picture->width * (size_t)picture->height;
    for (int y = 0; y < picture->height; y++)
        for (int x = 0; x < picture->width; x++) {
            float *at = picture->rgb + (size_t)y * (size_t)picture->width + (size_t)x;
            at[0] = (float)(side ? 8 * x : 255 - 8 * x);
            at[pixels] = (float)(20 * number);
            at[2 * pixels] = (float)(side ? 10 : 200);
        }
}

static const float *next_batch(training *it) {
    const float *batch;
    it->trainer.taken = 0;
    it->trainer.lengths[0] = 1000;
    good(limn_trainer_batch(&it->trainer, &batch));
    it->trainer.step++;
    return batch;
}

static void one_coin(void **state) {
    (void)state;
    enum { SIZE = 24 };
    write_pairs("data", 5, 32, 24, draw_ramp);
    int mirrored = 0;
    training it;
    OPEN(&it, 4, "--data", "data", "--image-size", "24", "--width", "2");
    for (int b = 0; b < 25; b++) {
        const float *batch = next_batch(&it);
        for (int i = 0; i < 4; i++) {
            const float *a = side_of(batch, SIZE, i, 0), *truth = side_of(batch, SIZE, i, 1);
            assert_int_equal(is_mirrored(a, SIZE, false), is_mirrored(truth, SIZE, true));
            mirrored += is_mirrored(a, SIZE, false);
            // One place as well: the two ramps are each other's negatives.
            for (int k = 0; k < SIZE; k++) expect_near((double)(a[k] + truth[k]), 255, 1e-3);
            assert_true(a[SIZE * SIZE] == truth[SIZE * SIZE]); // green: one pair
        }
    }
    assert_in_range(mirrored, 30, 70);
    close_training(&it);
    OPEN(&it, 4, "--data", "data", "--image-size", "24", "--width", "2", "--no-flip");
    for (int b = 0; b < 5; b++)
        assert_false(is_mirrored(side_of(next_batch(&it), SIZE, b % 4, 0), SIZE, false));
    close_training(&it);
}

static void directions(void **state) {
    (void)state;
    write_pairs("data", 5, 32, 24, draw_ramp);
    training forth, back;
    OPEN(&forth, 4, "--data", "data", "--image-size", "24", "--width", "2");
    OPEN(&back, 4, "--data", "data", "--image-size", "24", "--width", "2", "--direction", "BtoA");
    const float *a = next_batch(&forth), *b = next_batch(&back);
    size_t side = 3 * 24 * 24;
    for (size_t i = 0; i < 4; i++)
        for (size_t s = 0; s < 2; s++)
            assert_memory_equal(a + (2 * i + s) * side, b + (2 * i + 1 - s) * side,
                                side * sizeof(float));
    close_training(&forth);
    close_training(&back);
}

static void layouts(void **state) {
    (void)state;
    write_pairs("data", 5, 32, 24, draw_ramp);
    write_joined("joined", 5, 32, 24, draw_ramp);
    training apart, joined;
    OPEN(&apart, 4, "--data", "data", "--image-size", "16", "--width", "2", "--load-size", "20");
    OPEN(&joined, 4, "--data", "joined", "--image-size", "16", "--width", "2", "--load-size", "20",
         "--layout", "joined");
    for (int b = 0; b < 4; b++) {
        const float *of_apart = next_batch(&apart), *of_joined = next_batch(&joined);
        assert_memory_equal(of_apart, of_joined, 4 * 6 * 16 * 16 * sizeof(float));
    }
    close_training(&apart);
    close_training(&joined);
}

// What is given is the luma of the picture, in all three channels.
static void grey_input(void **state) {
    (void)state;
    write_pairs("data", 5, 32, 24, draw_ramp);
    training it;
    OPEN(&it, 2, "--data", "data/B", "--image-size", "24", "--width", "2", "--input", "grey");
    const float *batch = next_batch(&it);
    const float *grey = side_of(batch, 24, 0, 0), *truth = side_of(batch, 24, 0, 1);
    for (int i = 0; i < 24 * 24; i++) {
        double luma = 0.299 * (double)truth[i] + 0.587 * (double)truth[576 + i] +
                      0.114 * (double)truth[1152 + i];
        for (int c = 0; c < 3; c++) expect_near((double)grey[576 * c + i], luma, 1e-3);
    }
    close_training(&it);
}

// ---- the rate ----

static void published_rate(void **state) {
    (void)state;
    write_pairs("data", 10, 16, 16, draw_ramp);
    training it;
    OPEN(&it, 4, "--data", "data", "--image-size", "16", "--width", "2");
    int64_t epoch = limn_set_epoch(&it.trainer.set, 4);
    assert_int_equal(epoch, 2); // 10 pairs: the last two are left out
    const limn_common published = {.schedule = 4, .decay = 0.96};
    assert_non_null(strstr(LIMN_SCHEDULES, "exponential"));
    for (int e = 0; e <= 50; e++)
        for (int64_t s = 0; s < epoch; s++)
            expect_near(2e-4 * limn_schedule(&published, e * epoch + s, 1000, epoch),
                        2e-4 * pow(0.96, e), 1e-15);
    expect_near(2e-4 * limn_schedule(&published, 50 * epoch, 1000, epoch), 2.598e-5, 1e-8);
    close_training(&it);
}

// ---- beside PyTorch ----

// Pictures by formula: of pair p, the smooth one is given, the hash is the truth.
static void draw_formula(limn_picture *picture, int number, int side) {
    float *to = picture->rgb;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < picture->height; y++)
            for (int x = 0; x < picture->width; x++) *to++ = value_at(!side, number, y, x, c);
}

static bool is_learnt(const char *name) {
    return limn_text_ends(name, ".weight") || limn_text_ends(name, ".bias");
}

static void set_parameters(limn_store *store) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        if (!is_learnt(it->name)) continue;
        double amplitude = sqrt(6 * (double)it->shape.dim[0] / (double)it->count), base = 0;
        int number = 0;
        for (int k = 0; k < store->size; k++)
            number += is_learnt(store->parameters[k].name) &&
                      strcmp(store->parameters[k].name, it->name) < 0;
        if (limn_text_ends(it->name, ".bias"))
            amplitude = 0.1;
        else if (it->shape.rank == 1)
            base = 1, amplitude = 0.3;
        for (size_t k = 0; k < it->count; k++) {
            double u = 43758.5453 * sin(12.9898 * (double)(k + 1) + 78.233 * number);
            store->values[it->offset + k] = (float)(base + amplitude * (2 * (u - floor(u)) - 1));
        }
    }
}

static double term_of(const limn_update *update, const char *name) {
    for (int i = 0; i < update->term_count; i++)
        if (!strcmp(update->terms[i].name, name)) return update->terms[i].value;
    fail_msg("there is no term %s", name);
    return 0;
}

typedef struct twin {
    const char *loss, *l1_weight;
    const double *wanted[2]; // with instance norms, with batch norms
    int terms;
} twin;

// Exact: each term within 1e-3. Fast: those of all iterations together within 2 %.
static void follow(training *it, const double *wanted, int terms) {
    static const char *const names[] = {"gp", "cp-rgb", "cp-yuv", "cp-grad", "l1"};
    int iterations = it->trainer.plan.plain ? 2 : EXPECTED_ITERATIONS;
    double found[5] = {0}, sum[5] = {0};
    good(limn_stage_begin(&it->trainer, 0));
    set_parameters(&it->trainer.store);
    for (int i = 0; i < iterations; i++) {
        it->trainer.taken = 0;
        good(it->trainer.method->stages[0].step(&it->trainer));
        it->trainer.step++;
        for (int t = 0; t < terms; t++) {
            double value = term_of(it->trainer.updates[0], names[terms == 1 ? 4 : t]);
            double expected = wanted[i * terms + t];
            found[t] += value, sum[t] += expected;
            if (it->trainer.plan.precision == LIMN_EXACT)
                expect_near(value, expected, 1e-3 * expected);
        }
    }
    for (int t = 0; t < terms; t++) expect_near(found[t], sum[t], 0.02 * sum[t]);
}

static void twins(void **state) {
    (void)state;
    static const twin all[] = {
        {"l1", "0", {*expected_l1_instance, *expected_l1_batch}, 1},
        {"profile", "0", {*expected_profile_instance, *expected_profile_batch}, 5},
        {"profile", "10", {*expected_profile_l1_instance, *expected_profile_l1_batch}, 5}};
    static const limn_plan_options ways[] = {
        {.plain = true, .threads = 1}, {.threads = 1}, {.precision = LIMN_FAST, .threads = 1}};
    write_pairs("data", 2, 32, 32, draw_formula);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int batch = 0; batch < 2; batch++)
            for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
                training it;
                char rate[32];
                snprintf(rate, sizeof rate, "%.17g", expected_rate);
                OPEN(&it, 2, "--data", "data", "--image-size", "32", "--width", "4", "--no-flip",
                     "--loss", all[i].loss, "--l1-weight", all[i].l1_weight, "--norm",
                     batch ? "batch" : "instance", "--lr", rate);
                it.trainer.plan = ways[way];
                it.trainer.lengths[0] = 1000;
                follow(&it, all[i].wanted[batch], all[i].terms);
                close_training(&it);
            }
}

// ---- what is refused ----

static void refusals(void **state) {
    (void)state;
    write_pairs("data", 3, 32, 24, draw_ramp);
    write_joined("odd", 3, 32, 24, draw_ramp);
    training it;
#define REFUSED(status, words, ...)                                                                \
    do {                                                                                           \
        assert_int_equal(BEGIN(&it, 2, "--width", "2", __VA_ARGS__), status);                      \
        expect_words(words);                                                                       \
        close_training(&it);                                                                       \
    } while (0)
#define DATA "--data", "data"
    REFUSED(LIMN_USAGE, "--image-size 30: --network resnet needs a multiple of 4", DATA,
            "--image-size", "30");
    REFUSED(LIMN_USAGE, "--image-size 128: --network unet-256 needs a multiple of 256", DATA,
            "--image-size", "128", "--network", "unet-256");
    REFUSED(LIMN_USAGE, "--image-size 64: --network unet-128 needs a multiple of 128", DATA,
            "--image-size", "64", "--network", "unet-128");
    REFUSED(LIMN_USAGE, "nothing would be learnt", DATA, "--image-size", "16", "--gp-weight", "0",
            "--cp-weight", "0");
    REFUSED(LIMN_USAGE, "--cp-parts \"\": one or more of rgb, yuv and gradient", DATA,
            "--image-size", "16", "--cp-parts", "");
    REFUSED(LIMN_USAGE, "--cp-parts \"rgb,luma\"", DATA, "--image-size", "16", "--cp-parts",
            "rgb,luma");
    REFUSED(LIMN_USAGE, "--load-size 16 is below --image-size 24", DATA, "--image-size", "24",
            "--load-size", "16");
    REFUSED(LIMN_INPUT, "nor in A, B. Put them there", "--data", "data/B", "--image-size", "16");
    REFUSED(LIMN_INPUT, "odd: --layout pairs: there are no pictures in A, B", "--data", "odd",
            "--image-size", "16", "--layout", "pairs");
    REFUSED(LIMN_USAGE, "--data FOLDER is needed: pairs of pictures", "--image-size", "16");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(one_coin),   IN_FOLDER(directions),     IN_FOLDER(layouts),
        IN_FOLDER(grey_input), IN_FOLDER(published_rate), IN_FOLDER(twins),
        IN_FOLDER(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
