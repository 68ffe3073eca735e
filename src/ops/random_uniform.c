// random_uniform: y uniform in [low, high), other numbers in every step and node.
#include "ops/op.h"

#include <string.h>

typedef struct random_uniform_attr {
    limn_shape shape;
    double low, high;
    int number; // of the node in the graph as it was said: plans number theirs anew
} random_uniform_attr;

OP_PLAIN(random_uniform) {
    const random_uniform_attr *o = step->node->attr;
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    char *y = step->out.data;
    limn_random stream = step->random;
    stream.sample = (uint32_t)o->number;
    limn_random_uniform(&stream, (float)o->low, (float)o->high, step->out.data, count);
    // Doubles are the same numbers: spread out from the last on, in the same memory.
    for (size_t i = count; sizeof(real) > sizeof(float) && i-- > 0;) {
        float value;
        memcpy(&value, y + i * sizeof value, sizeof value);
        real wide = (real)value;
        memcpy(y + i * sizeof wide, &wide, sizeof wide);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_random_uniform;

static limn_status shape(limn_node *node) {
    node->shape = ((const random_uniform_attr *)node->attr)->shape;
    return LIMN_OK;
}

limn_node *limn_noise_uniform(limn_graph *graph, limn_shape shape, double low, double high) {
    random_uniform_attr attr = {shape, low, high, limn_graph_size(graph)};
    return limn_node_new(graph, &limn_op_random_uniform, &attr, 0, NULL);
}

static limn_node *build(limn_node *const *in) {
    return limn_mul(in[0], limn_noise_uniform(in[0]->graph, LIMN_SHAPE(2, 5, 6, 7), 0.5, 2));
}

static const limn_case cases[] = {
    {.what = "times a map", .build = build, .inputs = 1, .input = {{4, {2, 5, 6, 7}}}},
    {0},
};

const limn_op limn_op_random_uniform = {
    .name = "random_uniform",
    .formula = "y uniform in [low, high)",
    .attr_size = sizeof(random_uniform_attr),
    .shape = shape,
    .flat = true,
    .plain = OP_PLAINS(random_uniform),
    .cases = cases,
};

#endif
