// PSNR = 10 log10(255^2 / MSE), one mean over all pixels and channels; infinite for equal pictures.
#include "metrics/metric.h"

#include <math.h>
#include <stddef.h>

static limn_status measure(const limn_planes_pair *pair, double *value) {
    size_t count = (size_t)pair->channels * (size_t)pair->height * (size_t)pair->width;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = pair->a[i] - pair->b[i];
        sum += difference * difference;
    }
    *value = sum > 0 ? 10 * log10(255.0 * 255.0 * (double)count / sum) : INFINITY;
    return LIMN_OK;
}

const limn_metric limn_metric_psnr = {
    .name = "psnr",
    .unit = "dB",
    .help = "peak signal to noise ratio: 10 log10(255^2 / mean squared difference)",
    .smallest = 1,
    .measure = measure,
};
