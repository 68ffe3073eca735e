// random_uniform: y uniform in [low, high), other numbers in every step and node.
#define OP_NAME random_uniform
#define OP_SELF limn_op_random_uniform
#define OP_FILL limn_random_uniform_part
#include "ops/noise.h"

#ifndef OP_DOUBLE

static void parts(const limn_step *step, size_t begin, size_t end) {
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    fill(step, begin * PART, end * PART < count ? end * PART : count);
}

limn_node *limn_noise_uniform(limn_graph *graph, limn_shape shape, double low, double high) {
    return noise(graph, shape, low, high);
}

const limn_op limn_op_random_uniform = {
    .name = "random_uniform",
    .formula = "y uniform in [low, high)",
    .attr_size = sizeof(noise_attr),
    .shape = shape,
    .flat = true,
    .kernels = kernels,
    .plain = OP_PLAINS(random_uniform),
    .cases = cases,
};

#endif
