// moments_joined: the moments of a map from those of its parts.
//
//   mean = sum share_i mean_i      var = sum share_i (var_i + (mean_i - mean)^2)
//
// over parts that hold so large a share of each group's elements.
#include "ops/norm_op.h"
#include "ops/strips.h"

typedef struct joined_attr {
    double share[LIMN_MAX_INPUTS]; // their sum is 1
} joined_attr;

OP_PLAIN(moments_joined) {
    const joined_attr *o = step->node->attr;
    real *m = step->out.data;
    double level = sizeof(real) == sizeof(float) ? LIMN_NORM_LEVEL : LIMN_NORM_LEVEL_DOUBLE;
    int64_t groups = limn_shape_count(&step->out.shape) / 2;
    for (int64_t g = 0; g < groups; g++, m += 2) {
        double mean = 0, var = 0;
        for (int i = 0; i < step->node->inputs; i++)
            mean += o->share[i] * (double)((const real *)step->in[i].data)[2 * g];
        for (int i = 0; i < step->node->inputs; i++) {
            const real *part = (const real *)step->in[i].data + 2 * g;
            double off = (double)part[0] - mean;
            var += o->share[i] * ((double)part[1] + off * off);
        }
        m[0] = (real)mean;
        m[1] = (real)limn_norm_rounded(mean, var, level);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_moments_joined;

static limn_status shape(limn_node *node) {
    node->shape = node->input[0]->shape;
    if (node->shape.rank != 3 || node->shape.dim[2] != 2)
        return limn_node_fail(node, "moments are [pictures, channels, 2]");
    for (int i = 1; i < node->inputs; i++)
        if (!limn_shape_equal(&node->shape, &node->input[i]->shape))
            return limn_node_fail(node, "moments of the same map have the same shape");
    return LIMN_OK;
}

limn_node *limn_moments_joined(limn_node *const *part, const double *elements, int count) {
    joined_attr attr = {{0}};
    double all = 0;
    for (int i = 0; i < count; i++) all += elements[i];
    for (int i = 0; i < count; i++) attr.share[i] = elements[i] / all;
    return limn_node_new(part[0]->graph, &limn_op_moments_joined, &attr, count, part);
}

static limn_node *two(limn_node *const *in) {
    return limn_moments_joined(in, (double[]){3, 5}, 2);
}
static limn_node *eight(limn_node *const *in) {
    limn_node *all[LIMN_MAX_INPUTS];
    double elements[LIMN_MAX_INPUTS];
    for (int i = 0; i < LIMN_MAX_INPUTS; i++) all[i] = in[i % 2], elements[i] = i + 1;
    return limn_moments_joined(all, elements, LIMN_MAX_INPUTS);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"two parts", two, 2, {S(2, 5, 2), S(2, 5, 2)}, .low = 0.5, .high = 2, .rough = true},
    {"eight parts", eight, 2, {S(1, 3, 2), S(1, 3, 2)}, .low = 0.5, .high = 2, .rough = true},
    {"of other maps",
     two,
     2,
     {S(1, 3, 2), S(1, 4, 2)},
     .mistake = "moments of the same map have the same shape"},
    {"no moments", two, 2, {S(3, 2), S(3, 2)}, .mistake = "moments are [pictures, channels, 2]"},
    {0},
};
#undef S

const limn_op limn_op_moments_joined = {
    .name = "moments_joined",
    .formula = "m[g,0] = sum_i share_i m_i[g,0], m[g,1] = sum_i share_i (m_i[g,1] + (m_i[g,0] - "
               "m[g,0])^2)",
    .attr_size = sizeof(joined_attr),
    .shape = shape,
    .no_grad = true,
    .plain = OP_PLAINS(moments_joined),
    .cases = cases,
};

#endif
