// SSIM (Wang, Bovik, Sheikh, Simoncelli, 2004): luminance, contrast and structure in 11x11 Gaussian
// windows of sigma 1.5, population variances, valid positions only, the mean over all windows; of
// colours, the mean of the channels. L = 255, K1 = 0.01, K2 = 0.03.
#include "metrics/planes.h"

#include <math.h>
#include <stdlib.h>

enum { TAPS = 11 };

static void window(double taps[TAPS]) {
    double sum = 0;
    for (int i = 0; i < TAPS; i++) sum += taps[i] = exp(-(i - 5) * (i - 5) / (2 * 1.5 * 1.5));
    for (int i = 0; i < TAPS; i++) taps[i] /= sum;
}

// One channel: the five windowed means of a, b, a^2, b^2, ab, rows first, then columns.
static void row_means(const limn_planes_pair *planes, size_t plane, int row, const double *taps,
                      double *means) {
    int width = planes->width - TAPS + 1;
    const double *a = planes->a + plane + (size_t)row * (size_t)planes->width;
    const double *b = planes->b + plane + (size_t)row * (size_t)planes->width;
    for (int j = 0; j < width; j++) {
        double sum[5] = {0};
        for (int t = 0; t < TAPS; t++) {
            double x = a[j + t], y = b[j + t], w = taps[t];
            sum[0] += w * x, sum[1] += w * y;
            sum[2] += w * x * x, sum[3] += w * y * y, sum[4] += w * x * y;
        }
        for (int k = 0; k < 5; k++) means[(size_t)k * (size_t)width + (size_t)j] = sum[k];
    }
}

static double similarity(const double m[5]) {
    const double c1 = 6.5025, c2 = 58.5225;
    double va = m[2] - m[0] * m[0], vb = m[3] - m[1] * m[1], cov = m[4] - m[0] * m[1];
    return (2 * m[0] * m[1] + c1) * (2 * cov + c2) /
           ((m[0] * m[0] + m[1] * m[1] + c1) * (va + vb + c2));
}

static double channel_score(const limn_planes_pair *planes, size_t plane, const double *taps,
                            double *rows) {
    size_t width = (size_t)(planes->width - TAPS + 1), height = (size_t)(planes->height - TAPS + 1);
    for (int i = 0; i < planes->height; i++)
        row_means(planes, plane, i, taps, rows + (size_t)i * 5 * width);
    double sum = 0;
    for (size_t i = 0; i < height; i++)
        for (size_t j = 0; j < width; j++) {
            double m[5] = {0};
            for (size_t t = 0; t < TAPS; t++)
                for (size_t k = 0; k < 5; k++)
                    m[k] += taps[t] * rows[((i + t) * 5 + k) * width + j];
            sum += similarity(m);
        }
    return sum / (double)(width * height);
}

static limn_status compare(const limn_planes_pair *planes, double *value) {
    double taps[TAPS];
    size_t width = (size_t)(planes->width - TAPS + 1);
    double *rows = malloc(5 * width * (size_t)planes->height * sizeof *rows);
    if (!rows) return limn_fail(LIMN_MEMORY, "there is no memory for SSIM");
    window(taps);
    *value = 0;
    for (int c = 0; c < planes->channels; c++)
        *value += channel_score(planes, (size_t)c * (size_t)planes->height * (size_t)planes->width,
                                taps, rows) /
                  planes->channels;
    free(rows);
    return LIMN_OK;
}

static limn_status pair(limn_measuring *it, limn_picture *a, limn_picture *b, double *value) {
    return limn_planes_compare(it, a, b, TAPS, compare, value);
}

const limn_metric limn_metric_ssim = {
    .name = "ssim",
    .title = "SSIM",
    .summary = "measure how alike the structure of pictures is",
    .description =
        "Structural similarity (Wang and others, 2004) in 11x11 Gaussian windows, 1 for equal "
        "pictures, of two pictures of one size, or the mean over the pictures of two folders that "
        "have the same names. More is better. Transparent pictures are laid on black and on white, "
        "and the lower value counts.\n",
    .examples = "limn measure ssim result.png truth.png\n"
                "limn measure ssim results/ truths/ --channels y --shave 4\n",
    .compares = LIMN_PAIRS,
    .alike = 1,
    .groups = {{"Measuring", limn_planes_table, 0}},
    .options_size = sizeof(limn_planes_options),
    .open = limn_planes_open,
    .pair = pair,
};
