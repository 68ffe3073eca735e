// greater: y = a > b ? 1 : 0, broadcast.
#include "ops/op.h"

#define OP_NAME greater
#define OP_VALUE(a, b) (real)((a) > (b))
#define OP_ZERO 1
#define OP_HALF true
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_greater;

limn_node *limn_greater(limn_node *a, limn_node *b) {
    return LIMN_NODE(&limn_op_greater, NULL, a, b);
}

static limn_node *build(limn_node *const *in) {
    return limn_greater(in[0], in[1]);
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

const limn_op limn_op_greater = {
    .name = "greater",
    .formula = "y = a > b ? 1 : 0",
    .shape = limn_binary_shape,
    .flat = true,
    .rewrite = limn_binary_rewrite,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(greater),
    .cases = cases,
};

#endif
