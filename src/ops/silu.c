// silu: y = x sigmoid(x) = x / (1 + exp(-x)).
#include "ops/exponential.h"
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME silu
#define OP_VALUE(x) ((x) / (1 + exp(-(x))))
#define OP_ZERO_STAYS true
#define OP_HALF true
#define OP_FAST(x) ((x) / (1 + fast_exp(-(x))))
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_silu;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_silu_gradient(node->input[0], dy);
}

limn_node *limn_silu(limn_node *x) {
    return LIMN_NODE(&limn_op_silu, NULL, x);
}

static limn_node *build(limn_node *const *in) {
    return limn_silu(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels",
     .build = build,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .low = -5,
     .high = 5},
    {.what = "full channels",
     .build = build,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}},
     .low = -5,
     .high = 5},
    {0},
};

const limn_op limn_op_silu = {
    .name = "silu",
    .formula = "y = x / (1 + exp(-x))",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(silu),
    .cases = cases,
};

#endif
