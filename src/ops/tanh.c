// tanh: y = tanh(x).
#include "ops/exponential.h"
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME tanh
#define OP_VALUE(x) tanh(x)
#define OP_ZERO_STAYS true
#define OP_FAST(x) fast_tanh(x)
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_tanh;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_mul(dy, limn_affine(limn_square(node), -1, 1)); // dy (1 - y^2)
}

limn_node *limn_tanh(limn_node *x) {
    return LIMN_NODE(&limn_op_tanh, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_tanh(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_tanh(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels",
     .build = case_0,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .low = -3,
     .high = 3},
    {.what = "full channels",
     .build = case_1,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}},
     .low = -3,
     .high = 3},
    {0},
};

const limn_op limn_op_tanh = {
    .name = "tanh",
    .formula = "y = tanh(x)",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(tanh),
    .cases = cases,
};

#endif
