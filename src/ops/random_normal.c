// random_normal: y = mean + deviation times normal noise, other numbers in every step and node.
#define OP_NAME random_normal
#define OP_SELF limn_op_random_normal
#define OP_FILL limn_random_normal_part
#include "ops/noise.h"

#ifndef OP_DOUBLE

limn_node *limn_noise_normal(limn_graph *graph, limn_shape shape, double mean, double deviation) {
    return noise(graph, shape, mean, deviation);
}

const limn_op limn_op_random_normal = {
    .name = "random_normal",
    .formula = "y = mean + deviation times normal noise",
    .attr_size = sizeof(noise_attr),
    .shape = shape,
    .flat = true,
    .kernels = kernels,
    .plain = OP_PLAINS(random_normal),
    .cases = cases,
};

#endif
