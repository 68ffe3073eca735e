// div: y = a / b, broadcast.
#include "ops/op.h"

#include <math.h>

#define OP_NAME div
#define OP_VALUE(a, b) ((a) / (b))
#define OP_ZERO 0
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_div;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    limn_node *a = node->input[0], *b = node->input[1], *da = limn_div(dy, b);
    if (wanted[0]) dx[0] = limn_unbroadcast(da, a);
    if (wanted[1]) dx[1] = limn_scale(limn_unbroadcast(limn_mul(da, node), b), -1); // -dy y / b
}

limn_node *limn_div(limn_node *a, limn_node *b) {
    return LIMN_NODE(&limn_op_div, NULL, a, b);
}

// x / sqrt(max(|x|^2, floor^2)): the floor comes before the root, whose slope at 0 has no end.
limn_node *limn_l2_normalise(limn_node *x, int axis, double floor) {
    unsigned axes = axis >= 0 && axis < x->shape.rank ? LIMN_AXIS(axis) : 1u << 31;
    limn_node *squares = limn_sum(limn_square(x), axes, LIMN_KEEP);
    return limn_div(x, limn_sqrt(limn_clamp(squares, floor * floor, INFINITY)));
}

static limn_node *unit_length(limn_node *const *in) {
    return limn_l2_normalise(in[0], 1, 1e-4);
}
static limn_node *under_floor(limn_node *const *in) {
    return limn_l2_normalise(in[0], 1, 100);
}

static limn_node *build(limn_node *const *in) {
    return limn_div(in[0], in[1]);
}

static const limn_case cases[] = {
    {.what = "same shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 9}}},
     .low = 0.5,
     .high = 2},
    {.what = "full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {4, {1, 32, 40, 30}}},
     .low = 0.5,
     .high = 2},
    {.what = "a value a channel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {1, 5, 1, 1}}},
     .low = 0.5,
     .high = 2},
    {.what = "a value a channel, first",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 1, 1}}, {4, {2, 32, 5, 6}}},
     .low = 0.5,
     .high = 2},
    {.what = "a value a picture and channel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 16, 6, 7}}, {4, {2, 16, 1, 1}}},
     .low = 0.5,
     .high = 2},
    {.what = "a value a pixel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 6, 7}}, {4, {2, 1, 6, 7}}},
     .low = 0.5,
     .high = 2},
    {.what = "a value a pixel, full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 16, 6, 7}}, {4, {2, 1, 6, 7}}},
     .low = 0.5,
     .high = 2},
    {.what = "a number",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {0, {0}}},
     .low = 0.5,
     .high = 2},
    {.what = "a number, full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {1, {1}}},
     .low = 0.5,
     .high = 2},
    {.what = "lower rank",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {3, {5, 1, 1}}},
     .low = 0.5,
     .high = 2},
    {.what = "both repeated",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 1, 6, 1}}, {4, {1, 3, 1, 7}}},
     .low = 0.5,
     .high = 2},
    {.what = "a row",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {1, {9}}},
     .low = 0.5,
     .high = 2},
    {.what = "vectors",
     .build = build,
     .inputs = 2,
     .input = {{1, {1000}}, {1, {1000}}},
     .low = 0.5,
     .high = 2},
    {.what = "sizes that do not fit",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 4, 7, 9}}},
     .mistake = "sizes 5 and 4 do not fit"},
    {.what = "unit length", .build = unit_length, .inputs = 1, .input = {{4, {2, 5, 3, 4}}}},
    {.what = "under the floor", .build = under_floor, .inputs = 1, .input = {{2, {3, 8}}}},
    {.what = "length along no axis",
     .build = unit_length,
     .inputs = 1,
     .input = {{1, {8}}},
     .mistake = "axes 31 to 31 are to go, and it has 1"},
    {0},
};

const limn_op limn_op_div = {
    .name = "div",
    .formula = "y = a / b",
    .shape = limn_binary_shape,
    .grad = grad,
    .rewrite = limn_binary_rewrite,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(div),
    .cases = cases,
};

#endif
