// pow: y = x^p.
#include "ops/op.h"

#include <tgmath.h>

typedef struct pow_attr {
    double p;
} pow_attr;

#define OP_NAME pow
#define OP_VALUE(x) pow((x), (real)o.p)
#define OP_ZERO_STAYS o.p > 0
#define OP_ATTR pow_attr
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_pow;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const pow_attr *o = node->attr;
    dx[0] = limn_mul(dy, limn_scale(limn_pow(node->input[0], o->p - 1), o->p));
}

limn_node *limn_pow(limn_node *x, double p) {
    return LIMN_NODE(&limn_op_pow, &(pow_attr){p}, x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_pow(in[0], 0.25);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_pow(in[0], 3);
}
static limn_node *case_2(limn_node *const *in) {
    return limn_pow(in[0], -2);
}

static const limn_case cases[] = {
    {.what = "root",
     .build = case_0,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .low = 0.2,
     .high = 3},
    {.what = "cube", .build = case_1, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "inverse square",
     .build = case_2,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}},
     .low = 0.5,
     .high = 3},
    {0},
};

const limn_op limn_op_pow = {
    .name = "pow",
    .formula = "y = x^p",
    .attr_size = sizeof(pow_attr),
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(pow),
    .cases = cases,
};

#endif
