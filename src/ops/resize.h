// What resize and its adjoint share: where a row (or column) of the result comes from.
#ifndef LIMN_OPS_RESIZE_H
#define LIMN_OPS_RESIZE_H

#include "ops/op.h"

typedef struct resize_attr {
    int64_t h, w; // of the result
    limn_resize_mode mode;
} resize_attr;

// y[i] = (1 - t) x[a] + t x[b]
typedef struct resize_tap {
    size_t a, b;
    double t;
} resize_tap;

static inline resize_tap resize_from(size_t i, size_t in, size_t out, limn_resize_mode mode) {
    if (mode == LIMN_NEAREST) return (resize_tap){i * in / out, i * in / out, 0};
    double at = mode == LIMN_BILINEAR_HALF_PIXEL
                    ? ((double)i + 0.5) * (double)in / (double)out - 0.5
                : out > 1 ? (double)i * (double)(in - 1) / (double)(out - 1)
                          : 0;
    if (at < 0) at = 0;
    size_t a = (size_t)at;
    if (a > in - 1) a = in - 1;
    return (resize_tap){a, a + 1 < in ? a + 1 : a, at - (double)a};
}

#endif
