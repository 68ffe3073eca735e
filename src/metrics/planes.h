// Metrics on pixels: the part of two pictures and what of their colours is compared.
#ifndef LIMN_METRICS_PLANES_H
#define LIMN_METRICS_PLANES_H

#include "metrics/metric.h"

typedef enum limn_channels {
    LIMN_CHANNELS_RGB,     // all three
    LIMN_CHANNELS_Y,       // luma, 16 + (65.481 R + 128.553 G + 24.966 B) / 255, not rounded
    LIMN_CHANNELS_Y_ROUND, // the same rounded to whole numbers (MATLAB's rgb2ycbcr on 8 bits)
} limn_channels;

typedef struct limn_planes_options {
    int channels;  // limn_channels
    int64_t shave; // pixels left out on all sides, before colours are converted
    bool as_is;    // values are not rounded to 8 bits
} limn_planes_options;

extern const limn_option limn_planes_table[];

// Planes [channels][height][width] of values 0..255.
typedef struct limn_planes_pair {
    int channels, height, width;
    const double *a, *b;
} limn_planes_pair;

typedef limn_status limn_planes_measure(const limn_planes_pair *planes, double *value);

// Of a metric whose options are limn_planes_options: says them, and gives planes of at least
// `smallest` rows and columns to `measure`.
limn_status limn_planes_open(limn_measuring *it);
limn_status limn_planes_compare(const limn_measuring *it, const limn_picture *a,
                                const limn_picture *b, int smallest, limn_planes_measure *measure,
                                double *value);

#endif
