// relu_gradient: dx = y > 0 ? dy : slope dy, where y is the output of relu (slope 0)
// or leaky relu. dy is the first input, since its memory is free afterwards.
#include "ops/op.h"

typedef struct relu_gradient_attr {
    float slope; // not double: to convert it in a branch would keep the loop from becoming vectors
} relu_gradient_attr;

#define OP_NAME relu_gradient
#define OP_VALUE(a, b) ((a) * ((b) > 0 ? (real)1 : o.slope))
#define OP_ZERO 1
#define OP_HALF true
#define OP_ATTR relu_gradient_attr
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_relu_gradient;

limn_node *limn_relu_gradient(limn_node *y, limn_node *dy, double slope) {
    return LIMN_NODE(&limn_op_relu_gradient, &(relu_gradient_attr){(float)slope}, dy, y);
}

// By dy; by y, of which only the sign is read, it is zero.
static void grad(limn_node *node, limn_node *g, const bool *wanted, limn_node **dx) {
    const relu_gradient_attr *o = node->attr;
    if (wanted[0]) dx[0] = limn_relu_gradient(node->input[1], g, (double)o->slope);
}

static limn_node *build(limn_node *const *in) {
    return limn_relu_gradient(in[0], in[1], 0.2);
}
static limn_node *of_itself(limn_node *const *in) {
    return limn_relu_gradient(in[0], in[0], 0.2);
}

static const limn_case cases[] = {
    {.what = "same shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 9}}},
     .rough = true},
    {.what = "full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {4, {1, 32, 40, 30}}},
     .rough = true},
    {.what = "dy is y", .build = of_itself, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "two shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 8}}},
     .mistake = "[2, 5, 7, 8]"},
    {0},
};

const limn_op limn_op_relu_gradient = {
    .name = "relu_gradient",
    .formula = "dx = y > 0 ? dy : slope dy",
    .attr_size = sizeof(relu_gradient_attr),
    .shape = limn_binary_shape,
    .grad = grad,
    .rewrite = limn_binary_rewrite,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(relu_gradient),
    .cases = cases,
};

#endif
