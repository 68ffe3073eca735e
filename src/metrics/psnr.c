// PSNR = 10 log10(255^2 / MSE), one mean over all pixels and channels; infinite for equal pictures.
#include "metrics/planes.h"

#include <math.h>
#include <stddef.h>

static limn_status compare(const limn_planes_pair *planes, double *value) {
    size_t count = (size_t)planes->channels * (size_t)planes->height * (size_t)planes->width;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = planes->a[i] - planes->b[i];
        sum += difference * difference;
    }
    *value = sum > 0 ? 10 * log10(255.0 * 255.0 * (double)count / sum) : INFINITY;
    return LIMN_OK;
}

static limn_status pair(limn_measuring *it, limn_picture *a, limn_picture *b, double *value) {
    return limn_planes_compare(it, a, b, 1, compare, value);
}

const limn_metric limn_metric_psnr = {
    .name = "psnr",
    .title = "PSNR",
    .unit = "dB",
    .summary = "measure how near pictures are to true ones, in decibels",
    .description =
        "Peak signal to noise ratio, 10 log10(255^2 / mean squared difference), of two pictures of "
        "one size, or the mean over the pictures of two folders that have the same names. More is "
        "better; pairs without any difference have no number and are not in the mean. Transparent "
        "pictures are laid on black and on white, and the lower value counts.\n"
        "Super-resolution is measured on luma with a border of the scale left out: --channels y "
        "--shave 4.\n",
    .examples = "limn measure psnr result.png truth.png\n"
                "limn measure psnr results/ truths/ --channels y --shave 4\n",
    .compares = LIMN_PAIRS,
    .more_is_alike = true,
    .groups = {{"Measuring", limn_planes_table, 0}},
    .options_size = sizeof(limn_planes_options),
    .open = limn_planes_open,
    .pair = pair,
};
