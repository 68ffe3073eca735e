// fill: one value everywhere.
#include "ops/op.h"

typedef struct fill_attr {
    limn_shape shape;
    double value;
} fill_attr;

OP_PLAIN(fill) {
    real *y = step->out.data, value = (real)((const fill_attr *)step->node->attr)->value;
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    for (size_t i = 0; i < count; i++) y[i] = value;
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_fill;

static limn_status shape(limn_node *node) {
    node->shape = ((const fill_attr *)node->attr)->shape;
    return LIMN_OK;
}

limn_node *limn_fill(limn_graph *graph, limn_shape shape, double value) {
    return limn_node_new(graph, &limn_op_fill, &(fill_attr){shape, value}, 0, NULL);
}

static limn_node *build(limn_node *const *in) {
    return limn_add(in[0], limn_fill(in[0]->graph, LIMN_SHAPE(3, 4), 1.5));
}

static const limn_case cases[] = {
    {.what = "added", .build = build, .inputs = 1, .input = {{2, {3, 4}}}},
    {0},
};

const limn_op limn_op_fill = {
    .name = "fill",
    .formula = "y = value",
    .attr_size = sizeof(fill_attr),
    .shape = shape,
    .flat = true,
    .plain = OP_PLAINS(fill),
    .cases = cases,
};

#endif
