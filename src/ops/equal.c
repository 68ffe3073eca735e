// equal: y = a == b ? 1 : 0, broadcast: what the gradient of max is made of.
#include "ops/op.h"

#define OP_NAME equal
#define OP_VALUE(a, b) (real)((a) == (b))
#define OP_ZERO 0
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_equal;

limn_node *limn_equal(limn_node *a, limn_node *b) {
    return LIMN_NODE(&limn_op_equal, NULL, a, b);
}

static limn_node *build(limn_node *const *in) {
    return limn_equal(in[0], in[1]);
}

static const limn_case cases[] = {
    {.what = "same shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 9}}},
     .rough = true,
     .low = 0,
     .high = 3,
     .whole = true},
    {.what = "a value a channel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {1, 5, 1, 1}}},
     .rough = true,
     .low = 0,
     .high = 2,
     .whole = true},
    {0},
};

const limn_op limn_op_equal = {
    .name = "equal",
    .formula = "y = a == b ? 1 : 0",
    .shape = limn_binary_shape,
    .flat = true,
    .rewrite = limn_binary_rewrite,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(equal),
    .cases = cases,
};

#endif
