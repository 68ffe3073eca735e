// What can be had on MNIST-Single without learning anything, on real digits, against the table of
// the specification (T12): SSIM to the truth and to the exemplar, colour and shape of seven answers
// that anyone could give, so that nobody takes their figures for those of a method.
#include "makers/maker.h"
#include "metric_samples.h"
#include "metrics/colour.h"
#include "metrics/planes.h"

enum { SIDE = LIMN_DIGIT_SIDE, PIXELS = LIMN_DIGIT_PIXELS, PAIRS = 1000 };

// ---- answers ----

// What an answer may look at: pixels [28][28][3].
typedef struct question {
    const unsigned char *input, *exemplar, *truth, *digit;
    int direction; // 0: A to B, 1: B to A
} question;

typedef void answer(const question *about, unsigned char *out);

static void copy(const unsigned char *from, unsigned char *out) {
    memcpy(out, from, (size_t)PIXELS * 3);
}

static void perfect(const question *about, unsigned char *out) {
    copy(about->truth, out);
}

static void copy_of_exemplar(const question *about, unsigned char *out) {
    copy(about->exemplar, out);
}

static void copy_of_input(const question *about, unsigned char *out) {
    copy(about->input, out);
}

// The first pixel is one of the ground in every digit of MNIST.
static void flat(const question *about, unsigned char *out) {
    limn_rgb8 ground;
    memcpy(ground.of, about->exemplar, 3);
    limn_fill_colour(out, SIDE, ground);
}

static void moments(const unsigned char *pixels, int channel, double *mean, double *deviation) {
    double sum = 0, squares = 0;
    for (int i = 0; i < PIXELS; i++) {
        double value = pixels[3 * i + channel];
        sum += value / PIXELS;
        squares += value * value / PIXELS;
    }
    *mean = sum;
    *deviation = sqrt(fmax(squares - sum * sum, 0));
}

// The input with the exemplar's mean and deviation in each channel.
static void statistics(const question *about, unsigned char *out) {
    for (int c = 0; c < 3; c++) {
        double from[2], to[2];
        moments(about->input, c, &from[0], &from[1]);
        moments(about->exemplar, c, &to[0], &to[1]);
        double scale = from[1] > 0 ? to[1] / from[1] : 0;
        for (int i = 0; i < PIXELS; i++) {
            double value = to[0] + (about->input[3 * i + c] - from[0]) * scale;
            out[3 * i + c] = (unsigned char)lround(fmin(fmax(value, 0), 255));
        }
    }
}

// The digit in red on green, or in black on white, whatever the exemplar.
static void one_pair(const question *about, unsigned char *out) {
    static const limn_rgb8 looks[2][2] = {{{{255, 0, 0}}, {{0, 255, 0}}},
                                          {{{0, 0, 0}}, {{255, 255, 255}}}};
    limn_fill_colour(out, SIDE, looks[about->direction][1]);
    limn_digit_paint(about->digit, looks[about->direction][0], out, SIDE);
}

// ---- scores ----

typedef struct scores {
    double truth, exemplar, colour, shape;
} scores;

static const struct {
    const char *name;
    answer *given;
    scores wanted[2];   // A to B, B to A
    double ssim, share; // how far SSIM, and colour and shape, may be off
} answers[] = {
    {"perfect", perfect, {{1, 0.483, 1, 1}, {1, 0.224, 1, 1}}, 0.02, 0.05},
    {"flat", flat, {{0.516, 0.516, 0, 0}, {0.275, 0.275, 0, 0}}, 0.02, 0.05},
    {"statistics", statistics, {{0.583, 0.415, 0, 0}, {0.300, 0.132, 0, 0}}, 0.02, 0.05},
    {"copy of the exemplar",
     copy_of_exemplar,
     {{0.483, 1, 0.192, 0.216}, {0.224, 1, 0.167, 0.216}},
     0.02,
     0.05},
    {"copy of the input",
     copy_of_input,
     {{0.236, 0.104, 0, 0}, {0.236, 0.104, 0, 0.070}},
     0.02,
     0.05},
    {"one pair of colours",
     one_pair,
     {{0.330, 0.218, 0.191, 0.370}, {0.319, 0.094, 0.521, 0.521}},
     0.08,
     0.08},
};
enum { ANSWERS = sizeof answers / sizeof *answers };

static limn_picture *picture_of(const unsigned char *pixels) {
    limn_picture *picture;
    assert_int_equal(
        limn_picture_from_pixels(pixels, SIDE, SIDE, 3 * (size_t)SIDE, LIMN_PIXELS_RGB8, &picture),
        LIMN_OK);
    return picture;
}

static double ssim(const unsigned char *a, const unsigned char *b) {
    const struct {
        limn_planes_options planes;
        int window;
    } uniform = {.window = 1};
    limn_measuring it = {.metric = find("ssim"), .options = &uniform};
    limn_picture *pictures[2] = {picture_of(a), picture_of(b)};
    double value;
    assert_int_equal(it.metric->pair(&it, pictures[0], pictures[1], &value), LIMN_OK);
    for (int i = 0; i < 2; i++) limn_picture_free(pictures[i]);
    return value;
}

static question ask(const limn_making *making, const limn_made_pair *pair, int number,
                    int direction) {
    const limn_digits *of = &making->files.digits[LIMN_SPLIT_TEST];
    int digit = making->order[LIMN_SPLIT_TEST][direction][number];
    return (question){.input = pair->pixels[LIMN_MADE_A + direction],
                      .exemplar = pair->pixels[LIMN_MADE_B - direction],
                      .truth = pair->pixels[LIMN_MADE_A2B + direction],
                      .digit = of->images + (size_t)digit * LIMN_DIGIT_PIXELS,
                      .direction = direction};
}

// One answer to all questions of a direction.
typedef struct sheet {
    scores sums;
    limn_colour_sums colours;
} sheet;

static void add_answer(const question *about, answer *given, const limn_palette *palette,
                       sheet *to) {
    unsigned char out[PIXELS * 3];
    double shape;
    given(about, out);
    limn_picture *result = picture_of(out), *truth = picture_of(about->truth);
    assert_int_equal(limn_colour_add(palette, result, truth, &to->colours, &shape), LIMN_OK);
    to->sums.truth += ssim(out, about->truth) / PAIRS;
    to->sums.exemplar += ssim(out, about->exemplar) / PAIRS;
    limn_picture_free(result);
    limn_picture_free(truth);
}

static limn_palette palette_of(const limn_making *making, limn_made_pair *pair, int direction) {
    limn_palette palette = {0};
    for (int i = 0; i < PAIRS; i++) {
        limn_regions regions;
        limn_make_pair(making, LIMN_SPLIT_TEST, i, pair);
        limn_picture *truth = picture_of(ask(making, pair, i, direction).truth);
        assert_int_equal(limn_regions_of(truth, &regions, NULL), LIMN_OK);
        limn_palette_add(&palette, &regions);
        limn_picture_free(truth);
    }
    return palette;
}

static void compare(int direction, int number, const sheet *got) {
    const scores *wanted = &answers[number].wanted[direction];
    double colour = (double)got->colours.right / PAIRS, shape = got->colours.shape / PAIRS;
    print_message("%s, %s: SSIM %.3f to the truth, %.3f to the exemplar, colour %.3f, shape %.3f\n",
                  direction ? "B to A" : "A to B", answers[number].name, got->sums.truth,
                  got->sums.exemplar, colour, shape);
    expect_near(got->sums.truth, wanted->truth, answers[number].ssim);
    expect_near(got->sums.exemplar, wanted->exemplar, answers[number].ssim);
    expect_near(colour, wanted->colour, answers[number].share);
    expect_near(shape, wanted->shape, answers[number].share);
}

static void without_learning(void **state) {
    (void)state;
    limn_making making;
    limn_made_pair pair;
    const char *shared = getenv("LIMN_SHARED");
    char folder[4096];
    limn_making_request request = {.digits = folder, .maker = limn_makers[0]};
    assert_string_equal(request.maker->name, "mnist-single");
    snprintf(folder, sizeof folder, "%s/data/mnist_10k", shared ? shared : "../shared");
    if (!limn_folder_exists(folder)) {
        print_message("skipped: %s is not there (set LIMN_SHARED)\n", folder);
        skip();
    }
    assert_int_equal(limn_making_open(&request, &making), LIMN_OK);
    assert_int_equal(making.count[LIMN_SPLIT_TEST], PAIRS);
    assert_int_equal(limn_made_pair_new(making.maker, &pair), LIMN_OK);
    for (int direction = 0; direction < 2; direction++) {
        sheet got[ANSWERS] = {{{0}, {0}}};
        limn_palette palette = palette_of(&making, &pair, direction);
        for (int i = 0; i < PAIRS; i++) {
            limn_make_pair(&making, LIMN_SPLIT_TEST, i, &pair);
            question about = ask(&making, &pair, i, direction);
            for (int k = 0; k < ANSWERS; k++)
                add_answer(&about, answers[k].given, &palette, &got[k]);
        }
        for (int k = 0; k < ANSWERS; k++) compare(direction, k, &got[k]);
    }
    limn_made_pair_free(&pair);
    limn_making_close(&making);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_learning)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
