// one_hot: y[i..., k] = index[i...] == k ? 1 : 0.
#include "ops/op.h"

OP_PLAIN(one_hot) {
    const real *index = step->in[0].data;
    real *y = step->out.data;
    size_t classes = (size_t) * (const int64_t *)step->node->attr;
    size_t count = (size_t)limn_shape_count(&step->in[0].shape);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < classes; k++) y[i * classes + k] = index[i] == (real)k;
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_one_hot;

static limn_status shape(limn_node *node) {
    node->shape = node->input[0]->shape;
    if (node->shape.rank == LIMN_MAX_RANK)
        return limn_node_fail(node, "there is no room for one more axis than %d", LIMN_MAX_RANK);
    node->shape.dim[node->shape.rank++] = *(const int64_t *)node->attr;
    return LIMN_OK;
}

limn_node *limn_one_hot(limn_node *index, int64_t classes) {
    return LIMN_NODE(&limn_op_one_hot, &classes, index);
}

static limn_node *build(limn_node *const *in) {
    return limn_one_hot(in[0], 5);
}

static const limn_case cases[] = {
    {.what = "labels",
     .build = build,
     .inputs = 1,
     .input = {{1, {9}}},
     .low = 0,
     .high = 4,
     .whole = true},
    {.what = "too many axes",
     .build = build,
     .inputs = 1,
     .input = {{6, {1, 1, 1, 1, 1, 1}}},
     .mistake = "no room for one more axis than 6"},
    {0},
};

const limn_op limn_op_one_hot = {
    .name = "one_hot",
    .formula = "y[i,k] = index[i] == k ? 1 : 0",
    .attr_size = sizeof(int64_t),
    .shape = shape,
    .flat = true,
    .plain = OP_PLAINS(one_hot),
    .cases = cases,
};

#endif
