// stop_gradient: y = x. A plan reads x in its place.
#include "ops/op.h"

#define OP_NAME stop_gradient
#define OP_VALUE(x) (x)
#define OP_ZERO_STAYS true
#define OP_HALF true
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_stop_gradient;

static limn_node *rewrite(limn_node *node, const int *uses) {
    (void)uses;
    return node->input[0];
}

limn_node *limn_stop_gradient(limn_node *x) {
    return LIMN_NODE(&limn_op_stop_gradient, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_stop_gradient(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_stop_gradient(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels",
     .build = case_0,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .rough = true},
    {.what = "full channels",
     .build = case_1,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}},
     .rough = true},
    {0},
};

const limn_op limn_op_stop_gradient = {
    .name = "stop_gradient",
    .formula = "y = x",
    .shape = limn_unary_shape,
    .flat = true,
    .rewrite = rewrite,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(stop_gradient),
    .cases = cases,
};

#endif
