// sigmoid: y = 1 / (1 + exp(-x)).
#include "ops/exponential.h"
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME sigmoid
#define OP_VALUE(x) ((real)1 / (1 + exp(-(x))))
#define OP_ZERO_STAYS false
#define OP_FAST(x) (1 / (1 + fast_exp(-(x))))
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_sigmoid;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_mul(dy, limn_sub(node, limn_square(node))); // dy (y - y^2)
}

limn_node *limn_sigmoid(limn_node *x) {
    return LIMN_NODE(&limn_op_sigmoid, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_sigmoid(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_sigmoid(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels",
     .build = case_0,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .low = -5,
     .high = 5},
    {.what = "full channels",
     .build = case_1,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}},
     .low = -5,
     .high = 5},
    {0},
};

const limn_op limn_op_sigmoid = {
    .name = "sigmoid",
    .formula = "y = 1 / (1 + exp(-x))",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(sigmoid),
    .cases = cases,
};

#endif
