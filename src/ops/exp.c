// exp: y = exp(x).
#include "ops/exponential.h"
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME exp
#define OP_VALUE(x) exp(x)
#define OP_ZERO_STAYS false
#define OP_FAST(x) fast_exp(x)
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_exp;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_mul(dy, node);
}

limn_node *limn_exp(limn_node *x) {
    return LIMN_NODE(&limn_op_exp, NULL, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_exp(in[0]);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_exp(in[0]);
}

static const limn_case cases[] = {
    {.what = "odd channels", .build = case_0, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "full channels", .build = case_1, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {0},
};

const limn_op limn_op_exp = {
    .name = "exp",
    .formula = "y = exp(x)",
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(exp),
    .cases = cases,
};

#endif
