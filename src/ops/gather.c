// gather: y[i..., d...] = table[index[i...], d...]: an embedding.
#include "ops/op.h"

#include <string.h>

// A wrong number is held to the table: kernels never read outside.
static size_t row_of(real index, size_t rows) {
    if (!(index > 0)) return 0;
    return index >= (real)rows ? rows - 1 : (size_t)index;
}

OP_PLAIN(gather) {
    const real *table = step->in[0].data, *index = step->in[1].data;
    real *y = step->out.data;
    size_t rows = (size_t)step->in[0].shape.dim[0];
    size_t width = (size_t)limn_shape_count(&step->in[0].shape) / rows;
    size_t count = (size_t)limn_shape_count(&step->in[1].shape);
    for (size_t i = 0; i < count; i++)
        memcpy(y + i * width, table + row_of(index[i], rows) * width, width * sizeof *y);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_gather;

static limn_status shape(limn_node *node) {
    const limn_shape *table = &node->input[0]->shape, *index = &node->input[1]->shape;
    if (table->rank < 1 || index->rank + table->rank - 1 > LIMN_MAX_RANK)
        return limn_node_fail(node, "a table needs at least one axis, and the result at most %d",
                              LIMN_MAX_RANK);
    node->shape = *index;
    for (int i = 1; i < table->rank; i++) node->shape.dim[node->shape.rank++] = table->dim[i];
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    if (!wanted[0]) return;
    limn_node *table = node->input[0];
    dx[0] = limn_scatter_add(node->input[1], dy, table->shape.dim[0]);
    dx[0] = limn_reshape(dx[0], table->shape);
}

limn_node *limn_gather(limn_node *table, limn_node *index) {
    return LIMN_NODE(&limn_op_gather, NULL, table, index);
}

static limn_node *build(limn_node *const *in) {
    return limn_gather(in[0], in[1]);
}
// The gradient by the table, with whole numbers as its values.
static limn_node *back(limn_node *const *in) {
    limn_node *y = limn_gather(in[0], in[1]), *gradient = NULL;
    limn_gradients_from(y, limn_square(y), in, 1, &gradient);
    return gradient;
}

#define WHOLE .low = 0, .high = 3, .whole = true
static const limn_case cases[] = {
    {.what = "rows", .build = build, .inputs = 2, .input = {{2, {4, 7}}, {1, {9}}}, WHOLE},
    {.what = "maps", .build = build, .inputs = 2, .input = {{4, {4, 2, 3, 3}}, {2, {3, 1}}}, WHOLE},
    {.what = "numbers", .build = build, .inputs = 2, .input = {{1, {4}}, {4, {1, 2, 3, 4}}}, WHOLE},
    {.what = "gradient", .build = back, .inputs = 2, .input = {{2, {4, 7}}, {1, {9}}}, WHOLE},
    {.what = "too many axes",
     .build = build,
     .inputs = 2,
     .input = {{4, {4, 2, 3, 3}}, {4, {3, 1, 1, 1}}},
     .mistake = "the result at most 6"},
    {0},
};

const limn_op limn_op_gather = {
    .name = "gather",
    .formula = "y[i,d] = table[index[i],d]",
    .shape = shape,
    .grad = grad,
    .plain = OP_PLAINS(gather),
    .cases = cases,
};

#endif
