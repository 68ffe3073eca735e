// Training on pairs (../shared/spec/spatial-profile.md, section 9): what comes of the folders, the
// rate, what is refused. Beside PyTorch: test_paired_step. What learns is in test_paired_learning.
//
//    S14  one coin a pair, directions, layouts     one_coin, directions, layouts
//    S15  the rate of the published training       published_rate
#include "paired_samples.h"

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
    REFUSED(LIMN_USAGE, "--image-size 30: a multiple of 4 is needed", DATA, "--image-size", "30");
    REFUSED(LIMN_USAGE, "--image-size 128: a multiple of 256 is needed", DATA, "--image-size",
            "128", "--network", "unet-256");
    REFUSED(LIMN_USAGE, "--image-size 64: a multiple of 128 is needed", DATA, "--image-size", "64",
            "--network", "unet-128");
    REFUSED(LIMN_USAGE, "nothing would be learnt", DATA, "--image-size", "16", "--gp-weight", "0",
            "--cp-weight", "0");
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
        IN_FOLDER(grey_input), IN_FOLDER(published_rate), IN_FOLDER(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
