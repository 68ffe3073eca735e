// log: y = log(x).
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME log
#define OP_VALUE(x) log(x)
#define OP_ZERO_STAYS false
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_log;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_div(dy, node->input[0]);
}

limn_node *limn_log(limn_node *x) {
    return LIMN_NODE(&limn_op_log, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_log(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_log(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels",
     .build = case_0,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .low = 0.2,
     .high = 3},
    {.what = "full channels",
     .build = case_1,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}},
     .low = 0.2,
     .high = 3},
    {0},
};

const limn_op limn_op_log = {
    .name = "log",
    .formula = "y = log(x)",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(log),
    .cases = cases,
};

#endif
