// sqrt: y = sqrt(x).
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME sqrt
#define OP_VALUE(x) sqrt(x)
#define OP_ZERO_STAYS true
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_sqrt;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_div(limn_scale(dy, 0.5), node);
}

limn_node *limn_sqrt(limn_node *x) {
    return LIMN_NODE(&limn_op_sqrt, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_sqrt(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_sqrt(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels",
     .build = case_0,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .low = 0.2,
     .high = 3},
    {.what = "full channels",
     .build = case_1,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}},
     .low = 0.2,
     .high = 3},
    {0},
};

const limn_op limn_op_sqrt = {
    .name = "sqrt",
    .formula = "y = sqrt(x)",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(sqrt),
    .cases = cases,
};

#endif
