// What strangers' files mean to the metrics: names, shapes and numbers, checked. Nothing is
// computed.
#ifndef LIMN_METRICS_FILES_H
#define LIMN_METRICS_FILES_H

#include "formats/tensors.h"

// ---- the network of FID and KID ----

typedef enum limn_inception_names {
    LIMN_INCEPTION_TORCH,      // "Mixed_5b.branch1x1.conv.weight", batch norms beside it
    LIMN_INCEPTION_TENSORFLOW, // "mixed_conv.weight" and .bias, batch norms multiplied in
} limn_inception_names;

// Which names a file has, and up to how many features it goes. LIMN_MODEL and a sentence when it
// is another network, torchvision's own Inception among them.
limn_status limn_inception_recognise(const limn_tensors *set, limn_inception_names *names,
                                     int *most);

// ---- features of a set ----

// Rows of an array "features" [pictures, features]: at least two. LIMN_INPUT and a sentence when it
// is not there, has another shape, or holds NaN or infinity.
limn_status limn_features_from(const limn_tensors *set, int *count, int *size,
                               float **values); // malloc'd

// ---- statistics of FID ----

// The mean [size] and covariance [size,size], divisor N - 1, of the features of a set.
typedef struct limn_statistics {
    int size;
    double *mean, *covariance; // both malloc'd
} limn_statistics;

// Zeros. LIMN_MEMORY.
limn_status limn_statistics_new(int size, limn_statistics *it);
void limn_statistics_free(limn_statistics *it);
// From the arrays mu and sigma of an .npz file. LIMN_INPUT and a sentence when they are not there,
// do not fit each other, hold NaN or infinity, or sigma is no covariance.
limn_status limn_statistics_from(const limn_tensors *set, limn_statistics *it);

// ---- weights of LPIPS ----

enum { LIMN_LPIPS_TAPS = 7 };

// One weight for each channel of each tap: lin0.model.1.weight [1,c,1,1], ...
typedef struct limn_lpips_weights {
    int taps;
    int channels[LIMN_LPIPS_TAPS];
    float *weight[LIMN_LPIPS_TAPS]; // in one block
} limn_lpips_weights;

limn_status limn_lpips_weights_from(const limn_tensors *set, limn_lpips_weights *it);
void limn_lpips_weights_free(limn_lpips_weights *it);

#endif
