// log_softmax: y = x - log sum exp(x) along an axis.
#define OP_NAME log_softmax
#define OP_SELF limn_op_log_softmax
#define OP_VALUE(x, sum) ((x)-log(sum))
#include "ops/softmax.h"

#ifndef OP_DOUBLE

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    int axis = *(const int *)node->attr;
    // dy - exp(y) sum dy
    dx[0] = limn_sub(dy, limn_mul(limn_exp(node), limn_sum(dy, LIMN_AXIS(axis), LIMN_KEEP)));
}

limn_node *limn_log_softmax(limn_node *x, int axis) {
    return along(x, axis);
}

const limn_op limn_op_log_softmax = {
    .name = "log_softmax",
    .formula = "y = x - log sum exp(x) along an axis",
    .attr_size = sizeof(int),
    .shape = shape,
    .grad = grad,
    .plain = OP_PLAINS(log_softmax),
    .cases = cases,
};

#endif
