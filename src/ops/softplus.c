// softplus: y = log(1 + exp(x)). Written so that no exponential overflows.
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME softplus
#define OP_VALUE(x) (((x) > 0 ? (x) : 0) + log1p(exp(-fabs(x))))
#define OP_ZERO_STAYS false
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_softplus;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_mul(dy, limn_sigmoid(node->input[0]));
}

limn_node *limn_softplus(limn_node *x) {
    return LIMN_NODE(&limn_op_softplus, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_softplus(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_softplus(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels",
     .build = case_0,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .low = -8,
     .high = 8},
    {.what = "full channels",
     .build = case_1,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}},
     .low = -8,
     .high = 8},
    {0},
};

const limn_op limn_op_softplus = {
    .name = "softplus",
    .formula = "y = log(1 + exp(x))",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(softplus),
    .cases = cases,
};

#endif
