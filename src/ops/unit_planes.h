// What unit_planes and its gradient share.
#ifndef LIMN_OPS_UNIT_PLANES_H
#define LIMN_OPS_UNIT_PLANES_H

#include "ops/op.h"

#include <math.h>

typedef struct unit_planes_attr {
    double floor; // the least length that counts
} unit_planes_attr;

// The sum of x y over the pixels of a plane, for each lane; rows are summed apart, so that floats
// do not lose digits in large planes.
static inline __attribute__((always_inline)) void
plane_product(const real *x, const real *y, size_t h, size_t w, size_t lanes, real *sum) {
    for (size_t l = 0; l < lanes; l++) sum[l] = 0;
    for (size_t i = 0; i < h; i++, x += w * lanes, y += w * lanes) {
        real row[16] = {0};
        for (size_t j = 0; j < w; j++) {
#pragma omp simd
            for (size_t l = 0; l < lanes; l++) row[l] += x[j * lanes + l] * y[j * lanes + l];
        }
        for (size_t l = 0; l < lanes; l++) sum[l] += row[l];
    }
}

#endif
