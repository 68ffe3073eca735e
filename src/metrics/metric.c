// The metrics there are, and what comes before each: shave, colour.
#include "metrics/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const limn_metric *const metrics[] = {&limn_metric_psnr, &limn_metric_ssim, NULL};

const limn_metric *limn_metric_at(int index) {
    return metrics[index];
}

const limn_metric *limn_metric_find(const char *name) {
    for (int i = 0; metrics[i]; i++)
        if (!strcmp(metrics[i]->name, name)) return metrics[i];
    return NULL;
}

typedef struct source {
    const float *rgb;
    int width, height;
    limn_measure_options options;
} source;

static double value_at(const source *from, int channel, int row, int column) {
    size_t plane = (size_t)from->width * (size_t)from->height;
    size_t at = (size_t)(row + from->options.shave) * (size_t)from->width +
                (size_t)(column + from->options.shave);
    double value = (double)from->rgb[(size_t)channel * plane + at];
    value = value < 0 ? 0 : value > 255 ? 255 : value;
    return from->options.values == LIMN_AS_EIGHT_BITS ? floor(value + 0.5) : value;
}

static double luma_at(const source *from, int row, int column) {
    double r = value_at(from, 0, row, column), g = value_at(from, 1, row, column);
    double y = 16 + (65.481 * r + 128.553 * g + 24.966 * value_at(from, 2, row, column)) / 255;
    return from->options.channels == LIMN_CHANNELS_Y_ROUND ? floor(y + 0.5) : y;
}

static void convert(const source *from, const limn_planes_pair *pair, double *to) {
    for (int c = 0; c < pair->channels; c++)
        for (int i = 0; i < pair->height; i++)
            for (int j = 0; j < pair->width; j++)
                *to++ = pair->channels == 1 ? luma_at(from, i, j) : value_at(from, c, i, j);
}

limn_status limn_measure(const limn_metric *metric, const float *a, const float *b, int width,
                         int height, limn_measure_options options, double *value) {
    limn_planes_pair pair = {.channels = options.channels == LIMN_CHANNELS_RGB ? 3 : 1,
                             .height = height - 2 * options.shave,
                             .width = width - 2 * options.shave};
    if (pair.height < metric->smallest || pair.width < metric->smallest)
        return limn_fail(LIMN_INPUT, "%s of %dx%d pixels%s: at least %dx%d are needed",
                         metric->name, width, height, options.shave ? " without their border" : "",
                         metric->smallest + 2 * options.shave,
                         metric->smallest + 2 * options.shave);
    size_t count = (size_t)pair.channels * (size_t)pair.height * (size_t)pair.width;
    double *planes = malloc(2 * count * sizeof *planes);
    if (!planes) return limn_fail(LIMN_MEMORY, "there is no memory to measure pictures");
    convert(&(source){a, width, height, options}, &pair, planes);
    convert(&(source){b, width, height, options}, &pair, planes + count);
    pair.a = planes;
    pair.b = planes + count;
    limn_status status = metric->measure(&pair, value);
    free(planes);
    return status;
}

static limn_status measure_on(const limn_metric *metric, const limn_picture *const pictures[2],
                              float grey, limn_measure_options options, double *value) {
    limn_picture *laid[2] = {NULL, NULL};
    limn_sheet_options sheet = {.size = sizeof sheet, .background = {grey, grey, grey}};
    limn_status status = LIMN_OK;
    for (int i = 0; i < 2 && status == LIMN_OK; i++)
        status = limn_picture_sheet(&pictures[i], 1, &sheet, &laid[i]);
    if (status == LIMN_OK)
        status = limn_measure(metric, laid[0]->rgb, laid[1]->rgb, laid[0]->width, laid[0]->height,
                              options, value);
    for (int i = 0; i < 2; i++) limn_picture_free(laid[i]);
    return status;
}

limn_status limn_measure_pictures(const limn_metric *metric, const limn_picture *a,
                                  const limn_picture *b, limn_measure_options options,
                                  double *value) {
    const limn_picture *const both[2] = {a, b};
    double on_white;
    if (!a->alpha && !b->alpha)
        return limn_measure(metric, a->rgb, b->rgb, a->width, a->height, options, value);
    LIMN_TRY(measure_on(metric, both, 0, options, value));
    LIMN_TRY(measure_on(metric, both, 255, options, &on_white));
    *value = fmin(*value, on_white);
    return LIMN_OK;
}
