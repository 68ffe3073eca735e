// Measures of how alike two pictures are. Each is one file that ends in a const struct.
#ifndef LIMN_METRICS_METRIC_H
#define LIMN_METRICS_METRIC_H

#include "base/status.h"
#include "limn/picture.h"

// What of the colours is compared.
typedef enum limn_channels {
    LIMN_CHANNELS_RGB,     // all three
    LIMN_CHANNELS_Y,       // luma, 16 + (65.481 R + 128.553 G + 24.966 B) / 255, not rounded
    LIMN_CHANNELS_Y_ROUND, // the same rounded to whole numbers (MATLAB's rgb2ycbcr on 8 bits)
} limn_channels;

// Planes [channels][height][width] of values 0..255.
typedef struct limn_planes_pair {
    int channels, height, width;
    const double *a, *b;
} limn_planes_pair;

typedef struct limn_metric {
    const char *name; // "psnr"
    const char *unit; // "dB", ""
    const char *help;
    int smallest; // rows and columns at least
    limn_status (*measure)(const limn_planes_pair *pair, double *value);
} limn_metric;

extern const limn_metric limn_metric_psnr, limn_metric_ssim;

// By name; NULL when there is none. By position; NULL at the end.
const limn_metric *limn_metric_find(const char *name);
const limn_metric *limn_metric_at(int index);

// Two pictures by one metric: `shave` pixels are left out on all sides, then colours are converted.
// `rgb` planes are [3][height][width] floats 0..255; they are held to that range and, with
// `eight_bit`, rounded to whole numbers first.
typedef struct limn_measure_options {
    limn_channels channels;
    int shave;
    enum { LIMN_AS_EIGHT_BITS, LIMN_AS_IS } values;
} limn_measure_options;

limn_status limn_measure(const limn_metric *metric, const float *a, const float *b, int width,
                         int height, limn_measure_options options, double *value);

// Two pictures of one size as they look: where one of them has alpha, on black and on white, and
// the lower value counts.
limn_status limn_measure_pictures(const limn_metric *metric, const limn_picture *a,
                                  const limn_picture *b, limn_measure_options options,
                                  double *value);

#endif
