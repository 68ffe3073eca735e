// The kernel distance of two sets of features.
#ifndef LIMN_METRICS_KID_H
#define LIMN_METRICS_KID_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct limn_kid_sets {
    int count[2], size;     // rows of each set, features of a row
    const float *values[2]; // [count][size]
} limn_kid_sets;

typedef struct limn_kid_options {
    int subset_size, subsets; // the first at most as large as the smaller set, 2 at least
    uint64_t seed;
    int threads;
    size_t memory_limit; // bytes; 0: none
} limn_kid_options;

// The mean over subsets, and its standard deviation (divisor: their number).
limn_status limn_kid(const limn_kid_sets *sets, limn_kid_options how, double *mean,
                     double *deviation);

#endif
