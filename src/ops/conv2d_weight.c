// conv2d_weight: the adjoint of conv2d in w:
// dw[k,c,a,b] = sum_n,i,j X[n, c, i*stride + a - top, j*stride + b - left] dy[n,k,i,j]
#include "ops/conv_op.h"

#ifndef OP_DOUBLE

static limn_status shape(limn_node *node) {
    const limn_conv *conv = &((const conv_attr *)node->attr)->conv;
    node->shape = LIMN_SHAPE(conv->k, conv->c / conv->groups, conv->kh, conv->kw);
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    conv_attr attr = *(const conv_attr *)node->attr;
    if (wanted[0]) dx[0] = limn_conv2d_data(node->input[1], dy, NULL, &attr.conv);
    if (wanted[1]) dx[1] = limn_conv2d_node(node->input[0], dy, NULL, NULL, &attr);
}

static limn_node *rewrite(limn_node *node, const int *uses) {
    (void)uses;
    limn_conv conv = ((const conv_attr *)node->attr)->conv;
    limn_node *x = limn_conv_absorb(node->input[0], &conv, LIMN_PASS_WEIGHT);
    return x == node->input[0] ? node : limn_conv2d_weight(x, node->input[1], &conv);
}

limn_node *limn_conv2d_weight(limn_node *x, limn_node *dy, const limn_conv *conv) {
    conv_attr attr = {.conv = *conv};
    return LIMN_NODE(&limn_op_conv2d_weight, &attr, x, dy);
}

static limn_node *case_3x3(limn_node *const *in) {
    const int64_t *x = in[0]->shape.dim, *dy = in[1]->shape.dim;
    limn_conv conv = {.n = (int)x[0],
                      .c = (int)x[1],
                      .h = (int)x[2],
                      .w = (int)x[3],
                      .k = (int)dy[1],
                      .oh = (int)dy[2],
                      .ow = (int)dy[3],
                      .kh = 3,
                      .kw = 3,
                      .stride_y = 1,
                      .stride_x = 1,
                      .groups = 1,
                      .top = 1,
                      .left = 1};
    return limn_conv2d_weight(in[0], in[1], &conv);
}

static const limn_case cases[] = {
    {"3x3", case_3x3, 2, {LIMN_SHAPE(2, 5, 6, 7), LIMN_SHAPE(2, 9, 6, 7)}},
    {0},
};
#endif

static real tap_sum(const limn_step *step, int k, int c, int a, int b) {
    const limn_conv *conv = &((const conv_attr *)step->node->attr)->conv;
    const real *x = step->in[0].data, *dy = step->in[1].data;
    int channel = k / (conv->k / conv->groups) * (conv->c / conv->groups) + c;
    int rows = conv->h << conv->upsample, columns = conv->w << conv->upsample;
    real sum = 0;
    for (int n = 0; n < conv->n; n++)
        for (int i = 0; i < conv->oh; i++)
            for (int j = 0; j < conv->ow; j++) {
                int y0 = limn_border_index(conv->border, i * conv->stride_y + a - conv->top, rows);
                int x0 =
                    limn_border_index(conv->border, j * conv->stride_x + b - conv->left, columns);
                if (y0 < 0 || x0 < 0) continue;
                size_t row = ((size_t)n * (size_t)conv->c + (size_t)channel) * (size_t)conv->h +
                             (size_t)(y0 >> conv->upsample);
                size_t out =
                    (((size_t)n * (size_t)conv->k + (size_t)k) * (size_t)conv->oh + (size_t)i) *
                        (size_t)conv->ow +
                    (size_t)j;
                sum += x[row * (size_t)conv->w + (size_t)(x0 >> conv->upsample)] * dy[out];
            }
    return sum;
}

OP_PLAIN(conv2d_weight) {
    const limn_conv *conv = &((const conv_attr *)step->node->attr)->conv;
    real *dw = step->out.data;
    size_t at = 0;
    for (int k = 0; k < conv->k; k++)
        for (int c = 0; c < conv->c / conv->groups; c++)
            for (int a = 0; a < conv->kh; a++)
                for (int b = 0; b < conv->kw; b++) dw[at++] = tap_sum(step, k, c, a, b);
}

#ifndef OP_DOUBLE
static const limn_kernel *const kernels[] = {&limn_kernel_conv_weight, NULL};

const limn_op limn_op_conv2d_weight = {
    .name = "conv2d_weight",
    .formula = "dw[k,c,a,b] = sum_n,i,j x[n, c, i*stride + a - top, j*stride + b - left] "
               "dy[n,k,i,j]",
    .attr_size = sizeof(conv_attr),
    .shape = shape,
    .grad = grad,
    .flops = limn_conv_flops,
    .rewrite = rewrite,
    .kernels = kernels,
    .plain = OP_PLAINS(conv2d_weight),
    .cases = cases,
};
#endif
