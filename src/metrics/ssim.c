// SSIM (Wang, Bovik, Sheikh, Simoncelli, 2004): luminance, contrast and structure in windows, valid
// positions only, the mean over all windows; of colours, the mean of the channels. L = 255, K1 =
// 0.01, K2 = 0.03. Windows are 11x11 Gaussian ones of sigma 1.5 with population variances, as
// published, or 7x7 uniform ones with sample variances, as scikit-image has them where nothing is
// asked for.
#include "metrics/planes.h"

#include <math.h>
#include <stdlib.h>

typedef struct options {
    limn_planes_options planes; // first, as limn_planes_compare takes them
    int window;                 // position in WINDOWS
} options;

#define WINDOWS "gaussian|uniform"
static const limn_option table[] = {
    {.name = "window",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(options, window),
     .fallback = "gaussian",
     .choices = WINDOWS,
     .help =
         "what is looked at at once: 11x11 Gaussian windows, as Wang and others have it, or 7x7 "
         "uniform ones with sample variances, the defaults of scikit-image"},
    {0}};

// ---- windows ----

enum { MOST_TAPS = 11 };

typedef struct window {
    int taps;
    double weight[MOST_TAPS];
    double sample; // what variances are multiplied by
} window;

static window gaussian(void) {
    window it = {.taps = 11, .sample = 1};
    double sum = 0;
    for (int i = 0; i < it.taps; i++)
        sum += it.weight[i] = exp(-(i - 5) * (i - 5) / (2 * 1.5 * 1.5));
    for (int i = 0; i < it.taps; i++) it.weight[i] /= sum;
    return it;
}

static window uniform(void) {
    window it = {.taps = 7, .sample = 49 / 48.0};
    for (int i = 0; i < it.taps; i++) it.weight[i] = 1 / 7.0;
    return it;
}

// ---- a channel ----

// The five windowed means of a, b, a^2, b^2, ab, rows first, then columns.
static void row_means(const limn_planes_pair *planes, size_t plane, int row, const window *in,
                      double *means) {
    int width = planes->width - in->taps + 1;
    const double *a = planes->a + plane + (size_t)row * (size_t)planes->width;
    const double *b = planes->b + plane + (size_t)row * (size_t)planes->width;
    for (int j = 0; j < width; j++) {
        double sum[5] = {0};
        for (int t = 0; t < in->taps; t++) {
            double x = a[j + t], y = b[j + t], w = in->weight[t];
            sum[0] += w * x, sum[1] += w * y;
            sum[2] += w * x * x, sum[3] += w * y * y, sum[4] += w * x * y;
        }
        for (int k = 0; k < 5; k++) means[(size_t)k * (size_t)width + (size_t)j] = sum[k];
    }
}

static double similarity(const double m[5], double sample) {
    const double c1 = 6.5025, c2 = 58.5225;
    double va = sample * (m[2] - m[0] * m[0]), vb = sample * (m[3] - m[1] * m[1]);
    double cov = sample * (m[4] - m[0] * m[1]);
    return (2 * m[0] * m[1] + c1) * (2 * cov + c2) /
           ((m[0] * m[0] + m[1] * m[1] + c1) * (va + vb + c2));
}

static double channel_score(const limn_planes_pair *planes, size_t plane, const window *in,
                            double *rows) {
    size_t taps = (size_t)in->taps;
    size_t width = (size_t)planes->width - taps + 1, height = (size_t)planes->height - taps + 1;
    for (int i = 0; i < planes->height; i++)
        row_means(planes, plane, i, in, rows + (size_t)i * 5 * width);
    double sum = 0;
    for (size_t i = 0; i < height; i++)
        for (size_t j = 0; j < width; j++) {
            double m[5] = {0};
            for (size_t t = 0; t < taps; t++)
                for (size_t k = 0; k < 5; k++)
                    m[k] += in->weight[t] * rows[((i + t) * 5 + k) * width + j];
            sum += similarity(m, in->sample);
        }
    return sum / (double)(width * height);
}

// ---- a pair ----

static limn_status compare_in(const limn_planes_pair *planes, window in, double *value) {
    size_t width = (size_t)(planes->width - in.taps + 1);
    double *rows = malloc(5 * width * (size_t)planes->height * sizeof *rows);
    if (!rows) return limn_fail(LIMN_MEMORY, "there is no memory for SSIM");
    *value = 0;
    for (int c = 0; c < planes->channels; c++)
        *value += channel_score(planes, (size_t)c * (size_t)planes->height * (size_t)planes->width,
                                &in, rows) /
                  planes->channels;
    free(rows);
    return LIMN_OK;
}

static limn_status compare_gaussian(const limn_planes_pair *planes, double *value) {
    return compare_in(planes, gaussian(), value);
}

static limn_status compare_uniform(const limn_planes_pair *planes, double *value) {
    return compare_in(planes, uniform(), value);
}

// In the order of WINDOWS.
static const struct {
    const char *words;
    int taps;
    limn_planes_measure *compare;
} windows[] = {{"gaussian 11x11", 11, compare_gaussian}, {"uniform 7x7", 7, compare_uniform}};

static limn_status open(limn_measuring *it) {
    const options *given = it->options;
    limn_fact_text(it, "window", "%s", windows[given->window].words);
    return limn_planes_open(it);
}

static limn_status pair(limn_measuring *it, limn_picture *a, limn_picture *b, double *value) {
    const options *given = it->options;
    return limn_planes_compare(it, a, b, windows[given->window].taps,
                               windows[given->window].compare, value);
}

const limn_metric limn_metric_ssim = {
    .name = "ssim",
    .title = "SSIM",
    .summary = "measure how alike the structure of pictures is",
    .description =
        "Structural similarity (Wang and others, 2004), 1 for equal pictures, of two pictures of "
        "one size, or the mean over the pictures of two folders that "
        "have the same names. More is better. Transparent pictures are laid on black and on white, "
        "and the lower value counts.\n",
    .examples = "limn measure ssim result.png truth.png\n"
                "limn measure ssim results/ truths/ --channels y --shave 4\n",
    .compares = LIMN_PAIRS,
    .more_is_alike = true,
    .groups = {{"Measuring", table, 0}, {"Pixels", limn_planes_table, 0}},
    .options_size = sizeof(options),
    .open = open,
    .pair = pair,
};
