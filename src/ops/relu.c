// relu: y = max(x, 0). Its gradient is made of the output, so that a convolution may
// take the relu into itself.
#include "ops/conv_op.h"

#define OP_NAME relu
#define OP_VALUE(x) ((x) > 0 ? (x) : 0)
#define OP_ZERO_STAYS true
#define OP_HALF true
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_relu;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_relu_gradient(node, dy, 0);
}

limn_node *limn_relu(limn_node *x) {
    return LIMN_NODE(&limn_op_relu, NULL, x);
}

// Behind a convolution or a norm that nothing else reads it is part of that.
static limn_node *rewrite(limn_node *node, const int *uses) {
    limn_node *folded = limn_conv_fold_act(node, uses, 0);
    return folded == node ? limn_normalise_fold_act(node, uses, 0) : folded;
}

static limn_node *case_0(limn_node *const *in) {
    return limn_relu(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_relu(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels", .build = case_0, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "full channels", .build = case_1, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {0},
};

const limn_op limn_op_relu = {
    .name = "relu",
    .formula = "y = max(x, 0)",
    .shape = limn_unary_shape,
    .grad = grad,
    .rewrite = rewrite,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(relu),
    .cases = cases,
};

#endif
