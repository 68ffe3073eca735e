// leaky_relu: y = x > 0 ? x : slope x. Its gradient is made of the output.
#include "ops/conv_op.h"

typedef struct leaky_relu_attr {
    float slope; // not double: to convert it in a branch would keep the loop from becoming vectors
} leaky_relu_attr;

#define OP_NAME leaky_relu
#define OP_VALUE(x) ((x) * ((x) > 0 ? (real)1 : o.slope))
#define OP_ZERO_STAYS true
#define OP_HALF true
#define OP_ATTR leaky_relu_attr
#include "ops/unary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_leaky_relu;

// The gradient reads the sign of x off y: a negative slope would lose it.
static limn_status shape(limn_node *node) {
    const leaky_relu_attr *o = node->attr;
    if (!(o->slope >= 0 && o->slope <= 1))
        return limn_node_fail(node, "the slope %g must be from 0 to 1", (double)o->slope);
    return limn_unary_shape(node);
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const leaky_relu_attr *o = node->attr;
    dx[0] = limn_relu_gradient(node, dy, (double)o->slope);
}

limn_node *limn_leaky_relu(limn_node *x, double slope) {
    return LIMN_NODE(&limn_op_leaky_relu, &(leaky_relu_attr){(float)slope}, x);
}

// Behind a convolution or a norm that nothing else reads it is part of that.
static limn_node *rewrite(limn_node *node, const int *uses) {
    double slope = ((const leaky_relu_attr *)node->attr)->slope;
    limn_node *folded = limn_conv_fold_act(node, uses, (float)slope);
    return folded == node ? limn_normalise_fold_act(node, uses, slope) : folded;
}

static limn_node *case_0(limn_node *const *in) {
    return limn_leaky_relu(in[0], 0.2);
}
static limn_node *case_1(limn_node *const *in) {
    return limn_leaky_relu(in[0], 0.01);
}
static limn_node *case_2(limn_node *const *in) {
    return limn_leaky_relu(in[0], -1);
}

static const limn_case cases[] = {
    {.what = "slope 0.2", .build = case_0, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "slope 0.01, full channels",
     .build = case_1,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}}},
    {.what = "negative slope",
     .build = case_2,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .mistake = "slope -1 must be"},
    {0},
};

const limn_op limn_op_leaky_relu = {
    .name = "leaky_relu",
    .formula = "y = x > 0 ? x : slope x",
    .attr_size = sizeof(leaky_relu_attr),
    .shape = shape,
    .grad = grad,
    .rewrite = rewrite,
    .kernels = unary_kernels,
    .plain = OP_PLAINS(leaky_relu),
    .cases = cases,
};

#endif
