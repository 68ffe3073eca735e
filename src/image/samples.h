// What the numbers of a TIFF file are: which of its channels are colours, and what floats stand
// for.
#ifndef LIMN_IMAGE_SAMPLES_H
#define LIMN_IMAGE_SAMPLES_H

#include "base/status.h"
#include "image/tiff.h"
#include "image/vips.h"

// Takes the channels that are neither colours nor alpha away from an image, such as saved
// selections; *left: how many. Fails with LIMN_MEMORY.
limn_status limn_samples_choose(const limn_tiff *tiff, uint64_t directory, VipsImage **image,
                                int *left);

// Whether its values are floats that no colour space gives a range.
bool limn_samples_float(const limn_tiff *tiff, uint64_t directory, const VipsImage *image);

// The range of the finite values so far. Starts as {0}.
typedef struct limn_value_range {
    float low, high, alpha; // of the colours; the highest of alpha
} limn_value_range;
void limn_range_add(limn_value_range *range, const float *row, int channels, int count);

// Whether a range is one that limn knows: 0 to 1 is linear light, and what is a little brighter; 0
// to 255 and 0 to 65535 are as in files of 8 and 16 bits.
bool limn_range_known(const limn_value_range *range);

// A row as 16 bits, sRGB.
void limn_samples_code(const limn_value_range *range, const float *row, int channels, int count,
                       unsigned short *to);

#endif
