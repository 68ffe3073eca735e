// square: y = x^2.
#include "ops/op.h"

#define OP_NAME square
#define OP_VALUE(x) ((x) * (x))
#define OP_ZERO_STAYS true
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_square;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_mul(limn_scale(dy, 2), node->input[0]);
}

limn_node *limn_square(limn_node *x) {
    return LIMN_NODE(&limn_op_square, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_square(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_square(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels", .build = case_0, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "full channels", .build = case_1, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {0},
};

const limn_op limn_op_square = {
    .name = "square",
    .formula = "y = x^2",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(square),
    .cases = cases,
};

#endif
