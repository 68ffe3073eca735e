// abs: y = |x|.
#include "ops/op.h"

#define OP_NAME abs
#define OP_VALUE(x) ((x) < 0 ? -(x) : (x))
#define OP_ZERO_STAYS true
#define OP_HALF true
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_abs;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_mul(dy, limn_sign(node->input[0]));
}

limn_node *limn_abs(limn_node *x) {
    return LIMN_NODE(&limn_op_abs, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_abs(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_abs(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels", .build = case_0, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "full channels", .build = case_1, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {0},
};

const limn_op limn_op_abs = {
    .name = "abs",
    .formula = "y = |x|",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(abs),
    .cases = cases,
};

#endif
