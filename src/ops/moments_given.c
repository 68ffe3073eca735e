// moments_given: moments from a mean and a variance by channel. m[0,c,0] = mean[c], m[0,c,1] =
// var[c]
#include "ops/norm_op.h"

#ifndef OP_DOUBLE

static limn_status shape(limn_node *node) {
    const limn_shape *mean = &node->input[0]->shape;
    if (mean->rank != 1 || !limn_shape_equal(mean, &node->input[1]->shape))
        return limn_node_fail(node, "mean and variance must be [channels]");
    node->shape = LIMN_SHAPE(1, mean->dim[0], 2);
    return LIMN_OK;
}

static limn_node *case_given(limn_node *const *in) {
    return LIMN_NODE(&limn_op_moments_given, NULL, in[0], in[1]);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"five channels", case_given, 2, {S(5), S(5)}, .rough = true},
    {"unequal", case_given, 2, {S(5), S(4)}, .mistake = "mean and variance must be [channels]"},
    {0},
};
#undef S
#endif

OP_PLAIN(moments_given) {
    const real *mean = step->in[0].data, *var = step->in[1].data;
    real *m = step->out.data;
    for (int64_t c = 0; c < step->out.shape.dim[1]; c++) {
        m[2 * c] = mean[c];
        m[2 * c + 1] = var[c];
    }
}

#ifndef OP_DOUBLE
const limn_op limn_op_moments_given = {
    .name = "moments_given",
    .formula = "m[0,c,0] = mean[c], m[0,c,1] = var[c]",
    .shape = shape,
    .flat = true,
    .plain = OP_PLAINS(moments_given),
    .cases = cases,
};
#endif
