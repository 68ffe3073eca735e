// prelu: y = x > 0 ? x : slope x, with a slope a channel or one for all.
#include "ops/op.h"

#include <math.h>

#define OP_NAME prelu
#define OP_VALUE(a, b) ((a) * ((a) > 0 ? (real)1 : (b)))
#define OP_ZERO 2
#define OP_HALF true
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_prelu;

extern const limn_op limn_op_prelu_slope;

static limn_status shape(limn_node *node) {
    const limn_shape *x = &node->input[0]->shape;
    int64_t slopes = limn_shape_count(&node->input[1]->shape);
    int64_t channels = x->rank > 1 ? x->dim[1] : 1;
    if (slopes != 1 && slopes != channels)
        return limn_node_fail(node,
                              "%lld slopes do not fit %lld channels: give one for each, or one",
                              (long long)slopes, (long long)channels);
    return limn_unary_shape(node);
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    limn_node *x = node->input[0], *slope = node->input[1];
    if (wanted[0]) dx[0] = limn_mul(dy, LIMN_NODE(&limn_op_prelu_slope, NULL, x, slope));
    if (wanted[1]) dx[1] = limn_unbroadcast(limn_mul(dy, limn_clamp(x, -INFINITY, 0)), slope);
}

limn_node *limn_prelu(limn_node *x, limn_node *slopes) {
    limn_shape shape = {.rank = x->shape.rank > 1 ? x->shape.rank : 1};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = 1;
    shape.dim[shape.rank > 1] = limn_shape_count(&slopes->shape);
    return LIMN_NODE(&limn_op_prelu, NULL, x, limn_reshape(slopes, shape));
}

static limn_node *build(limn_node *const *in) {
    return limn_prelu(in[0], in[1]);
}

static const limn_case cases[] = {
    {.what = "a slope a channel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {1, {5}}}},
    {.what = "one slope", .build = build, .inputs = 2, .input = {{4, {1, 32, 40, 30}}, {1, {1}}}},
    {.what = "full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {1, {32}}}},
    {.what = "of rank 2", .build = build, .inputs = 2, .input = {{2, {3, 4}}, {1, {4}}}},
    {.what = "wrong number",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {1, {4}}},
     .mistake = "4 slopes do not fit 5 channels"},
    {0},
};

const limn_op limn_op_prelu = {
    .name = "prelu",
    .formula = "y = x > 0 ? x : slope x",
    .shape = shape,
    .grad = grad,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(prelu),
    .cases = cases,
};

#endif
