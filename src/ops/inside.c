// inside: y = 1 where low < x < high, else 0: what the gradient of clamp is made of.
#include "ops/op.h"

typedef struct inside_attr {
    double low, high;
} inside_attr;

#define OP_NAME inside
#define OP_VALUE(x) (real)((x) > (real)o.low && (x) < (real)o.high)
#define OP_ZERO_STAYS !(o.low < 0 && o.high > 0)
#define OP_HALF true
#define OP_ATTR inside_attr
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_inside;

limn_node *limn_inside(limn_node *x, double low, double high) {
    return LIMN_NODE(&limn_op_inside, (&(inside_attr){low, high}), x);
}

static limn_node *case_0(limn_node *const *in) {
    return limn_inside(in[0], -0.5, 0.5);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_inside(in[0], 0.1, 0.5);
}

static const limn_case cases[] = {
    {.what = "around zero",
     .build = case_0,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .rough = true},
    {.what = "above zero",
     .build = case_1,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .rough = true},
    {0},
};

const limn_op limn_op_inside = {
    .name = "inside",
    .formula = "y = low < x < high ? 1 : 0",
    .attr_size = sizeof(inside_attr),
    .shape = limn_unary_shape,
    .flat = true,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(inside),
    .cases = cases,
};

#endif
