// softmax: y = exp(x) / sum exp(x) along an axis.
#define OP_NAME softmax
#define OP_SELF limn_op_softmax
#define OP_VALUE(x, sum) (exp(x) / (sum))
#include "ops/softmax.h"

#ifndef OP_DOUBLE

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    int axis = *(const int *)node->attr;
    // y (dy - sum y dy)
    dx[0] = limn_mul(node, limn_sub(dy, limn_sum(limn_mul(dy, node), LIMN_AXIS(axis), LIMN_KEEP)));
}

limn_node *limn_softmax(limn_node *x, int axis) {
    return along(x, axis);
}

const limn_op limn_op_softmax = {
    .name = "softmax",
    .formula = "y = exp(x) / sum exp(x) along an axis",
    .attr_size = sizeof(int),
    .shape = shape,
    .grad = grad,
    .plain = OP_PLAINS(softmax),
    .cases = cases,
};

#endif
