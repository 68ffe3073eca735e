// silu_gradient: dx = dy s (1 + x (1 - s)), s = sigmoid(x). dy is the first input, since its memory
// is free afterwards.
#include "ops/exponential.h"
#include "ops/op.h"

#include <tgmath.h>

#define OP_NAME silu_gradient
#define SLOPE(dy, x, s) ((dy) * (s) * (1 + (x) * (1 - (s))))
#define OP_VALUE(dy, x) SLOPE(dy, x, 1 / (1 + exp(-(x))))
#define OP_FAST(dy, x) SLOPE(dy, x, 1 / (1 + fast_exp(-(x))))
#define OP_ZERO 1
#define OP_HALF true
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_silu_gradient;

limn_node *limn_silu_gradient(limn_node *x, limn_node *dy) {
    return LIMN_NODE(&limn_op_silu_gradient, NULL, dy, x);
}

// By dy it is itself; by x: dy s (1 - s) (2 + x (1 - 2 s)).
static void grad(limn_node *node, limn_node *g, const bool *wanted, limn_node **dx) {
    limn_node *dy = node->input[0], *x = node->input[1];
    if (wanted[0]) dx[0] = limn_silu_gradient(x, g);
    if (!wanted[1]) return;
    limn_node *s = limn_sigmoid(x);
    limn_node *bend = limn_affine(limn_mul(x, limn_affine(s, -2, 1)), 1, 2);
    dx[1] = limn_mul(limn_mul(limn_mul(g, dy), limn_sub(s, limn_square(s))), bend);
}

static limn_node *build(limn_node *const *in) {
    return limn_silu_gradient(in[0], in[1]);
}

static const limn_case cases[] = {
    {.what = "same shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 9}}},
     .low = -3,
     .high = 3},
    {.what = "full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {4, {1, 32, 40, 30}}},
     .low = -3,
     .high = 3},
    {.what = "two shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 8}}},
     .mistake = "sizes 8 and 9 do not fit"},
    {0},
};

const limn_op limn_op_silu_gradient = {
    .name = "silu_gradient",
    .formula = "dx = dy s (1 + x (1 - s)), s = sigmoid(x)",
    .shape = limn_binary_shape,
    .grad = grad,
    .rewrite = limn_binary_rewrite,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(silu_gradient),
    .cases = cases,
};

#endif
