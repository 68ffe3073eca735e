// clamp: y = min(max(x, low), high).
#include "ops/op.h"

#include <tgmath.h>

typedef struct clamp_attr {
    double low, high;
} clamp_attr;

#define OP_NAME clamp
#define OP_VALUE(x) ((x) < (real)o.low ? (real)o.low : (x) > (real)o.high ? (real)o.high : (x))
#define OP_ZERO_STAYS o.low <= 0 && o.high >= 0
#define OP_HALF true
#define OP_ATTR clamp_attr
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_clamp;

static limn_status shape(limn_node *node) {
    const clamp_attr *o = node->attr;
    if (!(o->low <= o->high))
        return limn_node_fail(node, "low %g is above high %g", o->low, o->high);
    return limn_unary_shape(node);
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const clamp_attr *o = node->attr;
    dx[0] = limn_mul(dy, limn_inside(node->input[0], o->low, o->high));
}

limn_node *limn_clamp(limn_node *x, double low, double high) {
    return LIMN_NODE(&limn_op_clamp, (&(clamp_attr){low, high}), x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_clamp(in[0], -0.4, 0.6);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_clamp(in[0], 0.2, 0.6);
}
static limn_node *case_2(limn_node *const *in) {
    return limn_clamp(in[0], 0.1234, INFINITY);
}
static limn_node *case_3(limn_node *const *in) {
    return limn_clamp(in[0], 1, -1);
}

static const limn_case cases[] = {
    {.what = "both ends", .build = case_0, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "away from zero", .build = case_1, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {.what = "one end", .build = case_2, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "ends swapped",
     .build = case_3,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .mistake = "low 1 is above high -1"},
    {0},
};

const limn_op limn_op_clamp = {
    .name = "clamp",
    .formula = "y = min(max(x, low), high)",
    .attr_size = sizeof(clamp_attr),
    .shape = shape,
    .grad = grad,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(clamp),
    .cases = cases,
};

#endif
