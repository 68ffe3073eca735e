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

// Of all pictures below a folder. LIMN_INPUT when there are fewer than two.
limn_status limn_features_read(limn_measuring *it, limn_inception *network,
                               limn_feature_resize resize, const char *folder, limn_features *out);
void limn_features_free(limn_features *features);

limn_status limn_feature_network(const limn_measuring *it, const limn_feature_options *options,
                                 limn_inception *network);
// Say network and resize; and how many pictures set 0 or 1 has, of what sizes.
void limn_feature_facts(limn_measuring *it, const limn_feature_options *options);
void limn_feature_set_facts(limn_measuring *it, int set, const limn_features *features);

#endif
