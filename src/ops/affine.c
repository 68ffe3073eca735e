// affine: y = a x + b.
#include "ops/op.h"

typedef struct affine_attr {
    double a, b;
} affine_attr;

#define OP_NAME affine
#define OP_VALUE(x) ((real)o.a * (x) + (real)o.b)
#define OP_ZERO_STAYS o.b == 0
#define OP_HALF true
#define OP_ATTR affine_attr
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_affine;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const affine_attr *o = node->attr;
    dx[0] = limn_scale(dy, o->a);
}

limn_node *limn_affine(limn_node *x, double a, double b) {
    return LIMN_NODE(&limn_op_affine, (&(affine_attr){a, b}), x);
}

limn_node *limn_scale(limn_node *x, double a) {
    return limn_affine(x, a, 0);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_scale(in[0], -2.5);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_scale(in[0], 3);
}
static limn_node *case_2(limn_node *const *in) {
    return limn_affine(in[0], 127.5, 127.5);
}
static limn_node *case_3(limn_node *const *in) {
    return limn_affine(in[0], 2, -1);
}

static const limn_case cases[] = {
    {.what = "scale", .build = case_0, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "scale, full channels", .build = case_1, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {.what = "with shift", .build = case_2, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "with shift, full channels",
     .build = case_3,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}}},
    {0},
};

const limn_op limn_op_affine = {
    .name = "affine",
    .formula = "y = a x + b",
    .attr_size = sizeof(affine_attr),
    .shape = limn_unary_shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(affine),
    .cases = cases,
};

#endif
