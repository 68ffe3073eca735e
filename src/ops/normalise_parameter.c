// normalise_parameter: the gradient of beta (which = 0) or gamma (1) from normalise_sums.
//
// [c]: dp[c] = sum over n of s[n,c,which]; [n, c]: dp[n,c] = s[n,c,which]
#include "ops/norm_op.h"

#ifndef OP_DOUBLE

static limn_status shape(limn_node *node) {
    const limn_shape *s = &node->input[0]->shape;
    const norm_parameter *attr = node->attr;
    if (s->rank != 3 || s->dim[2] != 2)
        return limn_node_fail(node, "sums are [pictures, channels, 2]");
    node->shape = attr->by_picture ? LIMN_SHAPE(s->dim[0], s->dim[1]) : LIMN_SHAPE(s->dim[1]);
    return LIMN_OK;
}

static limn_node *case_channel(limn_node *const *in) {
    return LIMN_NODE(&limn_op_normalise_parameter, (&(norm_parameter){1, false}), in[0]);
}
static limn_node *case_picture(limn_node *const *in) {
    return LIMN_NODE(&limn_op_normalise_parameter, (&(norm_parameter){0, true}), in[0]);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"scale by channel", case_channel, 1, {S(3, 5, 2)}, .rough = true},
    {"shift by picture", case_picture, 1, {S(3, 5, 2)}, .rough = true},
    {"no sums", case_picture, 1, {S(3, 5, 3)}, .mistake = "sums are [pictures, channels, 2]"},
    {0},
};
#undef S
#endif

OP_PLAIN(normalise_parameter) {
    const norm_parameter *attr = step->node->attr;
    const real *s = step->in[0].data;
    real *dp = step->out.data;
    size_t n = (size_t)step->in[0].shape.dim[0], c = (size_t)step->in[0].shape.dim[1];
    size_t rows = attr->by_picture ? n : 1;
    for (size_t i = 0; i < rows * c; i++) {
        double sum = 0;
        for (size_t j = i; j < n * c; j += rows * c) sum += s[2 * j + (size_t)attr->which];
        dp[i] = (real)sum;
    }
}

#ifndef OP_DOUBLE
const limn_op limn_op_normalise_parameter = {
    .name = "normalise_parameter",
    .formula = "dp[c] = sum over n of s[n,c,which]",
    .attr_size = sizeof(norm_parameter),
    .shape = shape,
    .no_grad = true,
    .plain = OP_PLAINS(normalise_parameter),
    .cases = cases,
};
#endif
