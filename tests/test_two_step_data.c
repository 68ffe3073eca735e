// What training varies in the pictures of two-step translation, measured on ramps (specification
// 4.2), and what its inpainting leaves alone.
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
#include "model/runner.h"
#include "ramps.h"

// The source is larger, as what is turned takes the nearest pixel.
enum { SIZE = 64, SOURCE = 256, SAMPLES = 300 };
static const double MIDDLE = SOURCE / 2.0 + 0.5, SHRUNK = 69.0 / SOURCE;

static void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static limn_two_step_shape shape_of(int size) {
    return (limn_two_step_shape){
        .size = size, .width = 2, .latent = 4, .encoder_steps = 1, .domains = 2};
}

static void sample(const limn_two_step_sampling *how, const limn_picture *picture, int number,
                   float *out) {
    limn_random stream = {
        .seed = 5, .purpose = limn_purpose("test"), .sample = 0, .step = (uint64_t)number};
    good(limn_two_step_sample(how, &picture, &stream, out));
}

// value = at + down * row + across * column, by least squares over the middle of a map.
typedef struct slope {
    double at, down, across;
} slope;

static slope fit(const float *map) {
    enum { BEGIN = 16, END = 48 };
    double centre = (BEGIN + END - 1) / 2.0, square = 0;
    slope s = {0};
    for (int i = BEGIN; i < END; i++)
        for (int j = BEGIN; j < END; j++) {
            double value = (double)map[i * SIZE + j];
            s.at += value;
            s.down += value * (i - centre);
            s.across += value * (j - centre);
            square += (i - centre) * (i - centre);
        }
    s.down /= square;
    s.across /= square;
    s.at = s.at / ((END - BEGIN) * (END - BEGIN)) - centre * (s.down + s.across);
    return s;
}

// What was done to the ramps.
typedef struct varied {
    double zoom_x, zoom_y, angle, angle_y; // degrees
    bool mirrored;
    double left, top; // of the cut
} varied;

static varied measure(const float *out) {
    slope x = fit(out), y = fit(out + SIZE * SIZE);
    varied v = {.mirrored = x.across < 0};
    // Where what stays in its place when turned and zoomed has come to, in the sample.
    double a = MIDDLE - x.at, b = MIDDLE - y.at, all = x.across * y.down - x.down * y.across;
    double column = (a * y.down - x.down * b) / all, row = (x.across * b - a * y.across) / all;
    double fixed = v.mirrored ? SOURCE - 1 - MIDDLE : MIDDLE;
    v.left = (fixed + 0.5) * SHRUNK - 0.5 - column;
    v.top = (MIDDLE + 0.5) * SHRUNK - 0.5 - row;
    if (v.mirrored) x.across = -x.across, y.across = -y.across;
    v.zoom_x = hypot(x.down, x.across) * SHRUNK;
    v.zoom_y = hypot(y.down, y.across) * SHRUNK;
    v.angle = atan2(x.down, x.across) * 180 / 3.14159265358979323846;
    v.angle_y = atan2(-y.across, y.down) * 180 / 3.14159265358979323846;
    return v;
}

typedef struct range {
    double low, high;
} range;

static void widen(range *r, double value) {
    r->low = fmin(r->low, value);
    r->high = fmax(r->high, value);
}

static void within(const char *what, range r, double low, double high, double slack) {
    if (r.low < low - 0.01 * fabs(high) || r.low > low + slack || r.high > high * 1.01 ||
        r.high < high - slack)
        fail_msg("%s: %g to %g, not %g to %g", what, r.low, r.high, low, high);
}

static void variations(void **state) {
    (void)state;
    limn_two_step_shape shape = shape_of(SIZE);
    limn_two_step_sampling how = {.shape = &shape, .flip = true};
    limn_picture *picture = ramps(SOURCE, SOURCE);
    static float out[3 * SIZE * SIZE];
    range zoom_x = {9, -9}, zoom_y = zoom_x, angle = {99, -99};
    int mirrored = 0, lefts[6] = {0}, tops[6] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        sample(&how, picture, i, out);
        varied v = measure(out);
        widen(&zoom_x, v.zoom_x);
        widen(&zoom_y, v.zoom_y);
        widen(&angle, v.angle);
        assert_true(fabs(v.angle - v.angle_y) < 0.6);
        mirrored += v.mirrored;
        int left = (int)lround(v.left), top = (int)lround(v.top);
        if (fabs(v.left - left) > 0.4 || left < 0 || left > 5 || fabs(v.top - top) > 0.4 ||
            top < 0 || top > 5)
            fail_msg("sample %d is cut at %g, %g", i, v.left, v.top);
        lefts[left]++;
        tops[top]++;
    }
    within("zoom of columns", zoom_x, 0.95, 1, 0.005);
    within("zoom of rows", zoom_y, 0.95, 1, 0.005);
    within("turn", angle, -10, 10, 1);
    assert_in_range(mirrored, SAMPLES * 4 / 10, SAMPLES * 6 / 10);
    for (int i = 0; i < 6; i++) { // a sixth each
        assert_in_range(lefts[i], SAMPLES / 12, SAMPLES / 3);
        assert_in_range(tops[i], SAMPLES / 12, SAMPLES / 3);
    }
    how.flip = false;
    for (int i = 0; i < 20; i++) {
        sample(&how, picture, i, out);
        assert_false(measure(out).mirrored);
    }
    limn_picture_free(picture);
}

// The first samples of a batch have a hole of 20 x 20 in the middle, the others none.
static void holes(void **state) {
    (void)state;
    limn_two_step_shape shape = shape_of(SIZE);
    limn_two_step_sampling how = {.shape = &shape, .holes = 2};
    limn_picture *picture = ramps(SIZE, SIZE);
    static float out[3 * SIZE * SIZE];
    for (uint32_t number = 0; number < 3; number++) {
        limn_random stream = {.seed = 5, .purpose = limn_purpose("test"), .sample = number};
        const limn_picture *side = picture;
        good(limn_two_step_sample(&how, &side, &stream, out));
        for (int i = 0; i < SIZE; i++)
            for (int j = 0; j < SIZE; j++) {
                bool hole = number < 2 && i >= 22 && i < 42 && j >= 22 && j < 42;
                assert_true((out[2 * SIZE * SIZE + i * SIZE + j] == 0) == hole);
            }
    }
    limn_picture_free(picture);
}

static void stretching(void **state) {
    (void)state;
    limn_two_step_shape shape = shape_of(SIZE);
    limn_picture *picture = ramps(SIZE, SIZE), *square;
    for (int stretch = 0; stretch < 2; stretch++) {
        shape.stretch = stretch;
        good(limn_two_step_prepare(&shape, picture, &square));
        assert_int_equal(square->width, SIZE);
        assert_int_equal(square->height, SIZE);
        const float *out = square->rgb;
        range all = {999, -999};
        for (size_t i = 0; i < 3 * SIZE * SIZE; i++) widen(&all, (double)out[i]);
        assert_true(all.low == 0);
        assert_true(all.high == (stretch ? 255 : 100));
        assert_true(out[1] == (stretch ? 3 : 1)); // 2.55, rounded as 8 bits are
        limn_picture_free(square);
    }
    limn_picture_free(picture);
}

// Of a picture that keeps its size all but the middle stays, bit for bit.
static void inpainting(void **state) {
    (void)state;
    static const char *const names[] = {"hole", "whole"};
    limn_two_step_shape shape = shape_of(16);
    limn_run_options options = {.size = sizeof options, .threads = 1, .result = LIMN_SIZE_KEEP};
    limn_model *model;
    limn_runner *runner;
    limn_style *style;
    shape.inpaint = true;
    good(limn_model_new(&limn_kind_two_step, &shape, names, 2, &model));
    good(limn_store_ready(&model->store, 1, false));
    good(limn_runner_open(model, &options, &runner));
    good(limn_style_domain(runner, "whole", &style));
    limn_picture *picture = ramps(96, 48), *result;
    good(limn_translate(runner, picture, NULL, style, &result));
    assert_int_equal(result->width, 96);
    assert_int_equal(result->height, 48);
    int changed = 0;
    for (int i = 0; i < 48; i++)
        for (int j = 0; j < 96; j++) {
            bool differs = result->rgb[2 * 48 * 96 + i * 96 + j] != 100;
            // The hole is 5 of 16 rows and columns.
            bool hole = i >= 16 && i < 31 && j >= 33 && j < 63;
            if (differs && !hole) fail_msg("row %d, column %d has changed", i, j);
            changed += differs;
        }
    assert_true(changed > 15 * 30 / 2);
    limn_picture_free(picture);
    limn_picture_free(result);
    limn_style_free(style);
    limn_runner_free(runner);
    limn_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variations),
        cmocka_unit_test(holes),
        cmocka_unit_test(stretching),
        cmocka_unit_test(inpainting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
