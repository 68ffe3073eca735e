// add: y = a + b, broadcast.
#include "ops/conv_op.h"

#define OP_NAME add
#define OP_VALUE(a, b) ((a) + (b))
#define OP_ZERO 1
#define OP_HALF true
#include "ops/binary.h"

#ifndef OP_DOUBLE

extern const limn_op limn_op_add;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    if (wanted[0]) dx[0] = limn_unbroadcast(dy, node->input[0]);
    if (wanted[1]) dx[1] = limn_unbroadcast(dy, node->input[1]);
}

limn_node *limn_add(limn_node *a, limn_node *b) {
    return LIMN_NODE(&limn_op_add, NULL, a, b);
}

static limn_node *rewrite(limn_node *node, const int *uses) {
    limn_node *(*const folds[])(limn_node *, const int *) = {
        limn_normalise_fold_add, limn_conv_fold_add, limn_binary_rewrite};
    limn_node *folded = node;
    for (size_t i = 0; i < sizeof folds / sizeof *folds && folded == node; i++)
        folded = folds[i](node, uses);
    return folded;
}

static limn_node *build(limn_node *const *in) {
    return limn_add(in[0], in[1]);
}

static const limn_case cases[] = {
    {.what = "same shapes",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 9}}}},
    {.what = "full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {4, {1, 32, 40, 30}}}},
    {.what = "a value a channel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {1, 5, 1, 1}}}},
    {.what = "a value a channel, first",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 1, 1}}, {4, {2, 32, 5, 6}}}},
    {.what = "a value a picture and channel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 16, 6, 7}}, {4, {2, 16, 1, 1}}}},
    {.what = "a value a pixel",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 6, 7}}, {4, {2, 1, 6, 7}}}},
    {.what = "a value a pixel, full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 16, 6, 7}}, {4, {2, 1, 6, 7}}}},
    {.what = "a number", .build = build, .inputs = 2, .input = {{4, {2, 5, 7, 9}}, {0, {0}}}},
    {.what = "a number, full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {1, {1}}}},
    {.what = "lower rank",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {3, {5, 1, 1}}}},
    {.what = "both repeated",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 1, 6, 1}}, {4, {1, 3, 1, 7}}}},
    {.what = "a row", .build = build, .inputs = 2, .input = {{4, {2, 5, 7, 9}}, {1, {9}}}},
    {.what = "vectors", .build = build, .inputs = 2, .input = {{1, {1000}}, {1, {1000}}}},
    {.what = "sizes that do not fit",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 4, 7, 9}}},
     .mistake = "sizes 5 and 4 do not fit"},
    {0},
};

const limn_op limn_op_add = {
    .name = "add",
    .formula = "y = a + b",
    .shape = limn_binary_shape,
    .grad = grad,
    .rewrite = rewrite,
    .kernels = binary_kernels,
    .plain = OP_PLAINS(add),
    .cases = cases,
};

#endif
