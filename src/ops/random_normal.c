// random_normal: y = mean + deviation times normal noise, other numbers in every step and node.
#include "ops/op.h"

#include <string.h>

typedef struct random_normal_attr {
    limn_shape shape;
    double mean, deviation;
    int number; // of the node in the graph as it was said: plans number theirs anew
} random_normal_attr;

OP_PLAIN(random_normal) {
    const random_normal_attr *o = step->node->attr;
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    char *y = step->out.data;
    limn_random stream = step->random;
    stream.sample = (uint32_t)o->number;
    limn_random_normal(&stream, (float)o->mean, (float)o->deviation, step->out.data, count);
    // Doubles are the same numbers: spread out from the last on, in the same memory.
    for (size_t i = count; sizeof(real) > sizeof(float) && i-- > 0;) {
        float value;
        memcpy(&value, y + i * sizeof value, sizeof value);
        real wide = (real)value;
        memcpy(y + i * sizeof wide, &wide, sizeof wide);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_random_normal;

static limn_status shape(limn_node *node) {
    node->shape = ((const random_normal_attr *)node->attr)->shape;
    return LIMN_OK;
}

limn_node *limn_noise_normal(limn_graph *graph, limn_shape shape, double mean, double deviation) {
    random_normal_attr attr = {shape, mean, deviation, limn_graph_size(graph)};
    return limn_node_new(graph, &limn_op_random_normal, &attr, 0, NULL);
}

static limn_node *build(limn_node *const *in) {
    return limn_mul(in[0], limn_noise_normal(in[0]->graph, LIMN_SHAPE(2, 5, 6, 7), 0.5, 2));
}

static const limn_case cases[] = {
    {.what = "times a map", .build = build, .inputs = 1, .input = {{4, {2, 5, 6, 7}}}},
    {0},
};

const limn_op limn_op_random_normal = {
    .name = "random_normal",
    .formula = "y = mean + deviation times normal noise",
    .attr_size = sizeof(random_normal_attr),
    .shape = shape,
    .flat = true,
    .plain = OP_PLAINS(random_normal),
    .cases = cases,
};

#endif
