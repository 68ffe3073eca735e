// What pad and its adjoint share.
#ifndef LIMN_OPS_PAD_H
#define LIMN_OPS_PAD_H

#include "ops/op.h"

typedef struct pad_attr {
    int top, left, bottom, right;
    limn_border border;
} pad_attr;

// The row (or column) of n that position `at` of the padded map shows, -1: none.
static inline int64_t pad_source(int64_t at, int64_t n, limn_border border) {
    if (at >= 0 && at < n) return at;
    if (border == LIMN_BORDER_ZERO) return -1;
    if (border == LIMN_BORDER_REPLICATE) return at < 0 ? 0 : n - 1;
    return at < 0 ? -at : 2 * (n - 1) - at;
}

#endif
