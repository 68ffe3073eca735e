// sign: y = -1, 0, 1 where x is below, at, above zero.
#include "ops/op.h"

#define OP_NAME sign
#define OP_VALUE(x) (real)(((x) > 0) - ((x) < 0))
#define OP_ZERO_STAYS true
#define OP_HALF true
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_sign;

limn_node *limn_sign(limn_node *x) {
    return LIMN_NODE(&limn_op_sign, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_sign(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_sign(in[0]);
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

const limn_op limn_op_sign = {
    .name = "sign",
    .formula = "y = -1, 0, 1 where x is below, at, above zero",
    .shape = limn_unary_shape,
    .flat = true,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(sign),
    .cases = cases,
};

#endif
