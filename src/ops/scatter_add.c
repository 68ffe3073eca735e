// scatter_add: y[r, d...] = the sum of dy[i..., d...] over all i whose index is r, in order of i:
// the adjoint of gather.
#include "ops/op.h"

#include <string.h>

OP_PLAIN(scatter_add) {
    const real *index = step->in[0].data, *dy = step->in[1].data;
    real *y = step->out.data;
    size_t rows = (size_t)step->out.shape.dim[0];
    size_t room = (size_t)limn_shape_count(&step->out.shape), width = room / rows;
    size_t count = (size_t)limn_shape_count(&step->in[0].shape);
    memset(y, 0, room * sizeof *y);
    for (size_t i = 0; i < count; i++) {
        size_t row = index[i] > 0 ? (size_t)index[i] : 0;
        if (row >= rows) row = rows - 1;
        for (size_t d = 0; d < width; d++) y[row * width + d] += dy[i * width + d];
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_scatter_add;

static limn_status shape(limn_node *node) {
    const limn_shape *index = &node->input[0]->shape, *dy = &node->input[1]->shape;
    bool fits = index->rank <= dy->rank && dy->rank - index->rank < LIMN_MAX_RANK;
    for (int i = 0; fits && i < index->rank; i++) fits = index->dim[i] == dy->dim[i];
    if (!fits) return limn_node_fail(node, "there must be one number for each row to add");
    node->shape = (limn_shape){1, {*(const int64_t *)node->attr}};
    for (int i = index->rank; i < dy->rank; i++) node->shape.dim[node->shape.rank++] = dy->dim[i];
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    if (wanted[1]) dx[1] = limn_reshape(limn_gather(dy, node->input[0]), node->input[1]->shape);
}

limn_node *limn_scatter_add(limn_node *index, limn_node *dy, int64_t rows) {
    return LIMN_NODE(&limn_op_scatter_add, &rows, index, dy);
}

static limn_node *build(limn_node *const *in) {
    return limn_scatter_add(in[0], in[1], 4);
}

static const limn_case cases[] = {
    {.what = "rows",
     .build = build,
     .inputs = 2,
     .input = {{1, {9}}, {2, {9, 5}}},
     .low = 0,
     .high = 3,
     .whole = true},
    {.what = "other count",
     .build = build,
     .inputs = 2,
     .input = {{1, {9}}, {2, {8, 5}}},
     .mistake = "one number for each row"},
    {0},
};

const limn_op limn_op_scatter_add = {
    .name = "scatter_add",
    .formula = "y[r,d] = sum of dy[i,d] where index[i] = r",
    .attr_size = sizeof(int64_t),
    .shape = shape,
    .grad = grad,
    .plain = OP_PLAINS(scatter_add),
    .cases = cases,
};

#endif
