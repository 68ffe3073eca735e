// min: y = the smallest of x over a run of neighbouring axes, which stay with size 1.
#include "ops/op.h"

#define OP_NAME min
#define OP_SELF limn_op_min
#define BETTER(a, b) ((a) < (b) ? (a) : (b))
#include "ops/extreme.h"

#ifndef OP_DOUBLE

limn_node *limn_min(limn_node *x, unsigned axes, limn_axes keep) {
    return limn_reduce(&limn_op_min, x, axes, keep);
}

const limn_op limn_op_min = {
    .name = "min",
    .formula = "y = smallest of x over axes",
    .attr_size = sizeof(reduce_attr),
    .shape = limn_reduce_shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(min),
    .cases = cases,
};

#endif
