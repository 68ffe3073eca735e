// The metrics against the vectors of independent implementations, on pictures made by formula.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "metrics/metric.h"

enum { H = 32, W = 48 };

static float clamp(int value) {
    return (float)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static int hash_at(int y, int x, int c) {
    return (37 * y + 59 * x + 101 * c + 7 * x * y) % 256;
}

static int smooth_at(int y, int x, int c) {
    int t = (3 * x + 5 * y + 40 * c) % 510;
    return t < 510 - t ? t : 510 - t;
}

static void make(int smooth, float *a, float *b) {
    for (int c = 0, at = 0; c < 3; c++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++, at++) {
                int s = smooth_at(y, x, c), h = hash_at(y, x, c);
                a[at] = clamp(smooth ? s : h);
                b[at] = clamp(smooth ? s + (11 * x + 17 * y + 5 * c) % 31 - 15
                                     : h + (13 * y + 29 * x + 17 * c) % 41 - 20);
            }
}

static void expect(const char *name, int smooth, limn_channels channels, int shave, double wanted) {
    static float a[3 * H * W], b[3 * H * W];
    double value;
    make(smooth, a, b);
    limn_measure_options options = {.channels = channels, .shave = shave};
    assert_int_equal(limn_measure(limn_metric_find(name), a, b, W, H, options, &value), LIMN_OK);
    if (fabs(value - wanted) > 1e-9) fail_msg("%s: %.12f, not %.12f", name, value, wanted);
}

static void psnr_vectors(void **state) {
    (void)state;
    expect("psnr", 0, LIMN_CHANNELS_RGB, 0, 26.876308653);
    expect("psnr", 0, LIMN_CHANNELS_RGB, 4, 26.883825888);
    expect("psnr", 0, LIMN_CHANNELS_Y, 0, 34.439302623);
    expect("psnr", 0, LIMN_CHANNELS_Y, 4, 34.465233755);
    expect("psnr", 0, LIMN_CHANNELS_Y_ROUND, 4, 34.408013984);
    expect("psnr", 0, LIMN_CHANNELS_RGB, 10, 26.909652964);
    expect("psnr", 1, LIMN_CHANNELS_RGB, 0, 29.230896751);
    expect("psnr", 1, LIMN_CHANNELS_Y, 4, 33.432732532);
}

static void ssim_vectors(void **state) {
    (void)state;
    expect("ssim", 0, LIMN_CHANNELS_RGB, 0, 0.987501628);
    expect("ssim", 0, LIMN_CHANNELS_Y, 0, 0.988047883);
    expect("ssim", 0, LIMN_CHANNELS_Y, 4, 0.988202966);
    expect("ssim", 0, LIMN_CHANNELS_Y_ROUND, 4, 0.988083220);
    expect("ssim", 1, LIMN_CHANNELS_RGB, 0, 0.721539609);
    expect("ssim", 1, LIMN_CHANNELS_Y, 4, 0.839763882);
}

static void same_and_too_small(void **state) {
    (void)state;
    static float a[3 * H * W], b[3 * H * W];
    double value;
    make(0, a, b);
    limn_measure_options all = {0}, shaved = {.shave = 11};
    assert_int_equal(limn_measure(&limn_metric_psnr, a, a, W, H, all, &value), LIMN_OK);
    assert_true(isinf(value));
    assert_int_equal(limn_measure(&limn_metric_ssim, a, a, W, H, all, &value), LIMN_OK);
    assert_true(value == 1);
    assert_int_equal(limn_measure(&limn_metric_ssim, a, b, W, H, shaved, &value), LIMN_INPUT);
    assert_string_equal(limn_message(),
                        "ssim of 48x32 pixels without their border: at least 33x33 are needed");
    shaved.shave = 20;
    assert_int_equal(limn_measure(&limn_metric_psnr, a, b, W, H, shaved, &value), LIMN_INPUT);
    assert_string_equal(limn_message(),
                        "psnr of 48x32 pixels without their border: at least 41x41 are needed");
    assert_null(limn_metric_find("lpips"));
}

// As they look: hidden colours do not count, and what is clear differs from what is solid, even
// where it lies on a ground of its own colour.
static void alpha_counts(void **state) {
    (void)state;
    enum { SIDE = 16, PLANE = SIDE * SIDE };
    static const float whites[] = {255, 0, 130};
    for (int k = 0; k < 3; k++) {
        limn_picture *solid, *clear, *other;
        double value;
        assert_int_equal(limn_picture_new(SIDE, SIDE, LIMN_RGB, &solid), LIMN_OK);
        assert_int_equal(limn_picture_new(SIDE, SIDE, LIMN_RGB_ALPHA, &clear), LIMN_OK);
        assert_int_equal(limn_picture_new(SIDE, SIDE, LIMN_RGB_ALPHA, &other), LIMN_OK);
        for (int i = 0; i < 3 * PLANE; i++) {
            solid->rgb[i] = clear->rgb[i] = whites[k];
            other->rgb[i] = 77;
        }
        for (int i = 0; i < PLANE; i++) clear->alpha[i] = other->alpha[i] = 0;
        const limn_measure_options how = {.shave = 0};
        assert_int_equal(limn_measure_pictures(&limn_metric_psnr, solid, clear, how, &value), 0);
        assert_true(value < 10);
        assert_int_equal(limn_measure_pictures(&limn_metric_psnr, other, clear, how, &value), 0);
        assert_true(isinf(value));
        assert_int_equal(limn_measure_pictures(&limn_metric_psnr, solid, solid, how, &value), 0);
        assert_true(isinf(value));
        assert_int_equal(limn_measure_pictures(&limn_metric_ssim, clear, solid, how, &value), 0);
        assert_true(value < 0.1);
        limn_picture_free(solid);
        limn_picture_free(clear);
        limn_picture_free(other);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psnr_vectors),
        cmocka_unit_test(ssim_vectors),
        cmocka_unit_test(same_and_too_small),
        cmocka_unit_test(alpha_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
