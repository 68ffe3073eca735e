// gate: y = (x + f) (sigmoid(x) - 1/2), the parameter-free attention of SPAN (C. Wan, H. Yu and
// others, CVPR Workshops 2024), in one pass over memory.
#include "ops/exponential.h"
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME gate
#define OP_VALUE(x, f) (((x) + (f)) * (1 / (1 + exp(-(x))) - (real)0.5))
#define OP_FAST(x, f) (((x) + (f)) * (1 / (1 + fast_exp(-(x))) - 0.5f))
#define OP_ZERO 1
#define OP_HALF true
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_gate;

static limn_status shape(limn_node *node) {
    if (!limn_shape_equal(&node->input[0]->shape, &node->input[1]->shape))
        return limn_node_fail(node, "both must have one shape");
    return limn_binary_shape(node);
}

// With s = sigmoid(x): by f dy (s - 1/2), by x the same and dy (x + f) (s - s^2).
static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    limn_node *x = node->input[0], *f = node->input[1], *s = limn_sigmoid(x);
    limn_node *open = limn_mul(dy, limn_affine(s, 1, -0.5));
    if (wanted[1]) dx[1] = open;
    if (!wanted[0]) return;
    limn_node *bend = limn_mul(limn_mul(dy, limn_add(x, f)), limn_sub(s, limn_square(s)));
    dx[0] = limn_add(open, bend);
}

limn_node *limn_gate(limn_node *x, limn_node *f) {
    return LIMN_NODE(&limn_op_gate, NULL, x, f);
}

static limn_node *build(limn_node *const *in) {
    return limn_gate(in[0], in[1]);
}

static const limn_case cases[] = {
    {.what = "odd channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 9}}},
     .low = -5,
     .high = 5},
    {.what = "full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {4, {1, 32, 40, 30}}},
     .low = -5,
     .high = 5},
    {.what = "two shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 1}}},
     .mistake = "both must have one shape"},
    {0},
};

const limn_op limn_op_gate = {
    .name = "gate",
    .formula = "y = (x + f) (1 / (1 + exp(-x)) - 1/2)",
    .shape = shape,
    .grad = grad,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(gate),
    .cases = cases,
};

#endif
