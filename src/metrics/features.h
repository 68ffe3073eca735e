// Features of sets of pictures, by the network of FID: what KID and FID have in common.
#ifndef LIMN_METRICS_FEATURES_H
#define LIMN_METRICS_FEATURES_H

#include "metrics/inception.h"
#include "metrics/metric.h"

typedef struct limn_feature_options {
    const char *network;
    int features; // position in "most|64|192|768|2048"
    int resize;   // limn_feature_resize
} limn_feature_options;

extern const limn_option limn_feature_table[];

// How a picture becomes one of 299x299 with values of -1 to 1.
typedef enum limn_feature_resize {
    LIMN_RESIZE_PYTORCH_FID, // bilinear, pixel centres at halves, not widened; 2 x - 1 of 0..1
    LIMN_RESIZE_TENSORFLOW,  // bilinear, first pixel on first; (x - 128) / 128 of 0..255
    LIMN_RESIZE_CLEAN,       // Pillow's bicubic, widened where it shrinks; the same range
} limn_feature_resize;

// A solid picture at [3][size][size], 0..255; size at most 299.
limn_status limn_feature_resized(const limn_picture *picture, limn_feature_resize resize, int size,
                                 float *out);
// Takes what is clear in the picture for white. out [3][299][299].
limn_status limn_feature_prepare(limn_picture *picture, limn_feature_resize resize, float *out);

typedef struct limn_features {
    int count, size;
    float *values; // [count][size]
    limn_sizes_seen sizes;
} limn_features;

// Of all pictures below folder A or B (set 0 or 1) of a measurement, whose count and sizes are
// said. LIMN_INPUT when there are fewer than two.
limn_status limn_features_read(limn_measuring *it, limn_inception *network,
                               const limn_feature_options *options, int set, limn_features *out);
// Those that a file has, which are named.
limn_status limn_features_take(limn_measuring *it, const limn_tensors *file, int set,
                               limn_features *out);
// An array "features" of doubles, in an .npz file.
limn_status limn_features_write(const limn_features *features, const char *path, bool replace);
void limn_features_free(limn_features *features);

// What stands in the place of folder A or B: a file, in a sentence that it could not be read a file
// "of statistics".
limn_status limn_feature_file(const limn_measuring *it, int set, const char *of,
                              limn_tensors *file);
// Whether so many numbers a picture are what the network gives, where there is one.
limn_status limn_feature_size(const limn_measuring *it, const limn_inception *network, int set,
                              const char *of, int size);

// Measures with the network, which is open and said, and how pictures are resized, where A or B is
// a folder of pictures.
typedef limn_status limn_measure_features(limn_measuring *it, limn_inception *network);
limn_status limn_with_features(limn_measuring *it, const limn_feature_options *options,
                               limn_measure_features *measure);

#endif
