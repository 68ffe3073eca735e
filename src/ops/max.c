// max: y = the largest of x over a run of neighbouring axes, which stay with size 1.
#include "ops/op.h"

#define OP_NAME max
#define OP_SELF limn_op_max
#define BETTER(a, b) ((a) > (b) ? (a) : (b))
#include "ops/extreme.h"

#ifndef OP_DOUBLE

limn_node *limn_max(limn_node *x, unsigned axes, limn_axes keep) {
    return limn_reduce(&limn_op_max, x, axes, keep);
}

const limn_op limn_op_max = {
    .name = "max",
    .formula = "y = largest of x over axes",
    .attr_size = sizeof(reduce_attr),
    .shape = limn_reduce_shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(max),
    .cases = cases,
};

#endif
