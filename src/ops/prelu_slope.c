// prelu_slope: y = x > 0 ? 1 : slope, broadcast: what the gradient of prelu is made of.
#include "ops/op.h"

#define OP_NAME prelu_slope
#define OP_VALUE(a, b) ((a) > 0 ? (real)1 : (b))
#define OP_ZERO 1
#define OP_HALF true
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_prelu_slope;

// By the slope; by a, of which only the sign is read, it is zero.
static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    limn_node *a = node->input[0], *slope = node->input[1];
    limn_node *above = limn_greater(a, limn_fill(a->graph, LIMN_SHAPE(1), 0));
    if (wanted[1]) dx[1] = limn_unbroadcast(limn_mul(dy, limn_affine(above, -1, 1)), slope);
}

static limn_node *build(limn_node *const *in) {
    return LIMN_NODE(&limn_op_prelu_slope, NULL, in[0], in[1]);
}
static limn_node *of_itself(limn_node *const *in) {
    limn_node *slope = limn_sum(in[0], LIMN_SPATIAL, LIMN_KEEP);
    return LIMN_NODE(&limn_op_prelu_slope, NULL, in[0], slope);
}

static const limn_case cases[] = {
    {.what = "same shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 9}}},
     .rough = true},
    {.what = "a value a channel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {1, 5, 1, 1}}},
     .rough = true},
    {.what = "slopes of a", .build = of_itself, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {0},
};

const limn_op limn_op_prelu_slope = {
    .name = "prelu_slope",
    .formula = "y = x > 0 ? 1 : slope",
    .shape = limn_binary_shape,
    .grad = grad,
    .rewrite = limn_binary_rewrite,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(prelu_slope),
    .cases = cases,
};

#endif
