// What the pooling operators share: windows of rows and columns.
#ifndef LIMN_OPS_POOL_H
#define LIMN_OPS_POOL_H

#include "ops/op.h"

typedef struct pool_attr {
    limn_pool_options window; // stride set
    int64_t h, w;             // of x: what the gradients go back to
} pool_attr;

// The elements first..last-1 of n that window i covers; `covered` counts padding too.
typedef struct pool_window {
    size_t first, last, covered;
} pool_window;

static inline pool_window pool_at(const limn_pool_options *o, size_t i, size_t n) {
    int64_t first = (int64_t)i * o->stride - o->pad, last = first + o->kernel;
    int64_t padded = (int64_t)n + o->pad;
    pool_window at = {.covered = (size_t)((last < padded ? last : padded) - first)};
    at.first = first < 0 ? 0 : (size_t)first;
    at.last = last > (int64_t)n ? n : (size_t)last;
    return at;
}

// The number of windows along n; with `ceil` the last one may reach past the padding, but starts
// before its end.
static inline int64_t pool_count(const limn_pool_options *o, int64_t n) {
    int64_t rest = n + 2 * (int64_t)o->pad - o->kernel;
    if (rest < 0) return 0;
    int64_t count = (rest + (o->ceil ? o->stride - 1 : 0)) / o->stride + 1;
    if (o->ceil && (count - 1) * o->stride >= n + o->pad) count--;
    return count;
}

static inline limn_status pool_shape(limn_node *node) {
    const limn_pool_options *o = &((const pool_attr *)node->attr)->window;
    node->shape = node->input[0]->shape;
    if (node->shape.rank != 4)
        return limn_node_fail(node, "it must have four axes: pictures, channels, rows, columns");
    if (o->kernel < 1 || o->stride < 1 || o->pad < 0 || o->pad >= o->kernel)
        return limn_node_fail(node,
                              "windows of %d with stride %d and padding %d: the first two "
                              "must be at least 1, padding below the window",
                              o->kernel, o->stride, o->pad);
    for (int i = 2; i < 4; i++) node->shape.dim[i] = pool_count(o, node->shape.dim[i]);
    if (node->shape.dim[2] < 1 || node->shape.dim[3] < 1)
        return limn_node_fail(node, "windows of %d do not fit into the picture", o->kernel);
    return LIMN_OK;
}

static inline pool_attr pool_attr_of(const limn_node *x, limn_pool_options options) {
    if (!options.stride) options.stride = options.kernel;
    return (pool_attr){options, x->shape.dim[2], x->shape.dim[3]};
}

#endif
