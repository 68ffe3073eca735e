// prelu_slope: y = x > 0 ? 1 : slope, broadcast: what the gradient of prelu is made of.
#include "ops/op.h"

#define OP_NAME prelu_slope
#define OP_VALUE(a, b) ((a) > 0 ? (real)1 : (b))
#define OP_ZERO 1
#define OP_HALF true
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_prelu_slope;

static limn_node *build(limn_node *const *in) {
    return LIMN_NODE(&limn_op_prelu_slope, NULL, in[0], in[1]);
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
    {0},
};

const limn_op limn_op_prelu_slope = {
    .name = "prelu_slope",
    .formula = "y = x > 0 ? 1 : slope",
    .shape = limn_binary_shape,
    .rewrite = limn_binary_rewrite,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(prelu_slope),
    .cases = cases,
};

#endif
