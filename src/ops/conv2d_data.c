// conv2d_data: the adjoint of conv2d in x, which is also the transposed convolution:
// dx[n, c, i*stride + a - top, j*stride + b - left] += dy[n,k,i,j] w[k,c,a,b], then a bias.
// Border and enlargement as in conv2d: several rows then stand for one of dx.
#include "ops/conv_op.h"

#ifndef OP_DOUBLE

static limn_status shape(limn_node *node) {
    const conv_attr *attr = node->attr;
    const limn_conv *conv = &attr->conv;
    const limn_shape *dy = &node->input[0]->shape, *w = &node->input[1]->shape;
    if (dy->rank != 4) return limn_node_fail(node, "x must be [pictures, channels, rows, columns]");
    if (w->rank != 4) return limn_node_fail(node, "weights are [in, out, rows, columns]");
    if (dy->dim[1] != w->dim[0])
        return limn_node_fail(node, "the weights are for %lld input channels, x has %lld",
                              (long long)w->dim[0], (long long)dy->dim[1]);
    if (conv->h < 1 || conv->w < 1) return limn_node_fail(node, "nothing is left after cropping");
    if (attr->bias) {
        const limn_shape *bias = &node->input[2]->shape;
        if (bias->rank != 1 || bias->dim[0] != conv->c)
            return limn_node_fail(node, "the bias must hold a value for each of %d channels",
                                  conv->c);
    }
    node->shape = LIMN_SHAPE(conv->n, conv->c, conv->h, conv->w);
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    const conv_attr *attr = node->attr;
    conv_attr forward = {.conv = attr->conv};
    if (wanted[0]) dx[0] = limn_conv2d_node(dy, node->input[1], NULL, NULL, &forward);
    if (wanted[1]) dx[1] = limn_conv2d_weight(dy, node->input[0], &attr->conv);
    if (attr->bias && wanted[2]) dx[2] = limn_sum(dy, LIMN_AXIS(0) | LIMN_SPATIAL, LIMN_DROP);
}

limn_node *limn_conv2d_data(limn_node *dy, limn_node *w, limn_node *bias, const limn_conv *conv) {
    conv_attr attr = {.conv = *conv, .bias = bias != NULL};
    return limn_node_new(dy->graph, &limn_op_conv2d_data, &attr, bias ? 3 : 2,
                         (limn_node *const[]){dy, w, bias});
}

limn_node *limn_conv2d_transpose(limn_node *x, limn_node *w, limn_node *b,
                                 limn_conv2d_transpose_options options) {
    const int64_t *d = x->shape.dim, *f = w->shape.dim;
    int stride = options.stride ? options.stride : 1, groups = options.groups ? options.groups : 1;
    limn_conv conv = {.n = (int)d[0], .k = (int)d[1], .oh = (int)d[2], .ow = (int)d[3]};
    conv.c = (int)f[1] * groups, conv.kh = (int)f[2], conv.kw = (int)f[3];
    conv.stride_y = conv.stride_x = stride;
    conv.groups = groups;
    if (options.same) { // the adjoint of the SAME convolution from n * stride to n
        int rows = conv.kh > stride ? conv.kh - stride : 0;
        int columns = conv.kw > stride ? conv.kw - stride : 0;
        conv.h = conv.oh * stride, conv.w = conv.ow * stride;
        conv.top = rows / 2, conv.left = columns / 2;
    } else {
        conv.h = (conv.oh - 1) * stride + conv.kh - 2 * options.crop + options.adjust;
        conv.w = (conv.ow - 1) * stride + conv.kw - 2 * options.crop + options.adjust;
        conv.top = conv.left = options.crop;
    }
    return limn_conv2d_data(x, w, b, &conv);
}

static limn_node *case_k3s2(limn_node *const *in) {
    return limn_conv2d_transpose(
        in[0], in[1], in[2], (limn_conv2d_transpose_options){.stride = 2, .crop = 1, .adjust = 1});
}
static limn_node *case_same(limn_node *const *in) {
    return limn_conv2d_transpose(in[0], in[1], in[2],
                                 (limn_conv2d_transpose_options){.stride = 2, .same = true});
}
static limn_node *case_s1(limn_node *const *in) {
    return limn_conv2d_transpose(in[0], in[1], NULL, (limn_conv2d_transpose_options){.crop = 1});
}
static limn_node *case_groups(limn_node *const *in) {
    return limn_conv2d_transpose(in[0], in[1], NULL,
                                 (limn_conv2d_transpose_options){.stride = 2, .groups = 2});
}

static limn_node *case_enlarged(limn_node *const *in) {
    const int64_t *dy = in[0]->shape.dim, *w = in[1]->shape.dim;
    limn_conv conv = {.n = (int)dy[0],
                      .c = (int)w[1],
                      .h = (int)dy[2] / 2,
                      .w = (int)dy[3] / 2,
                      .k = (int)dy[1],
                      .oh = (int)dy[2],
                      .ow = (int)dy[3],
                      .kh = (int)w[2],
                      .kw = (int)w[3],
                      .stride_y = 1,
                      .stride_x = 1,
                      .groups = 1,
                      .top = (int)w[2] / 2,
                      .left = (int)w[3] / 2,
                      .border = LIMN_BORDER_REFLECT,
                      .upsample = true};
    return limn_conv2d_data(in[0], in[1], in[2], &conv);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"k3 s2, crop 1, adjust 1", case_k3s2, 3, {S(2, 9, 5, 6), S(9, 10, 3, 3), S(10)}},
    {"k3 s2, SAME", case_same, 3, {S(1, 4, 4, 5), S(4, 3, 3, 3), S(3)}},
    {"k5 s2, SAME", case_same, 3, {S(2, 5, 4, 3), S(5, 17, 5, 5), S(17)}},
    {"k5 s2, SAME, few out", case_same, 3, {S(1, 20, 5, 4), S(20, 3, 5, 5), S(3)}},
    {"k3 s1", case_s1, 2, {S(1, 17, 8, 7), S(17, 18, 3, 3)}},
    {"two groups", case_groups, 2, {S(1, 4, 4, 4), S(4, 3, 3, 3)}},
    {"3x3 of an enlarged map", case_enlarged, 3, {S(1, 7, 10, 8), S(7, 9, 3, 3), S(9)}},
    {"5x5 of an enlarged map", case_enlarged, 3, {S(1, 7, 10, 14), S(7, 9, 5, 5), S(9)}},
    {"wrong channels",
     case_s1,
     2,
     {S(1, 4, 4, 4), S(5, 3, 3, 3)},
     .mistake = "the weights are for 5 input channels, x has 4"},
    {0},
};
#undef S
#endif

// Adds dy of one output pixel to all that it was made of.
static void spread(const limn_conv *conv, real *dx, const real *w, real dy, int n, int k, int i,
                   int j) {
    int group = conv->c / conv->groups, first = k / (conv->k / conv->groups) * group;
    int rows = conv->h << conv->upsample, columns = conv->w << conv->upsample;
    size_t w_at = (size_t)(k * group) * (size_t)(conv->kh * conv->kw);
    for (int c = 0; c < group; c++)
        for (int a = 0; a < conv->kh; a++)
            for (int b = 0; b < conv->kw; b++, w_at++) {
                int y = limn_border_index(conv->border, i * conv->stride_y + a - conv->top, rows);
                int x =
                    limn_border_index(conv->border, j * conv->stride_x + b - conv->left, columns);
                if (y < 0 || x < 0) continue;
                size_t plane = (size_t)n * (size_t)conv->c + (size_t)(first + c);
                size_t row = plane * (size_t)conv->h + (size_t)(y >> conv->upsample);
                dx[row * (size_t)conv->w + (size_t)(x >> conv->upsample)] += dy * w[w_at];
            }
}

OP_PLAIN(conv2d_data) {
    const conv_attr *attr = step->node->attr;
    const limn_conv *conv = &attr->conv;
    const real *dy = step->in[0].data, *w = step->in[1].data;
    const real *bias = attr->bias ? step->in[2].data : NULL;
    real *dx = step->out.data;
    size_t plane = (size_t)conv->h * (size_t)conv->w, at = 0;
    for (size_t i = 0; i < (size_t)conv->n * (size_t)conv->c * plane; i++)
        dx[i] = bias ? bias[i / plane % (size_t)conv->c] : 0;
    for (int n = 0; n < conv->n; n++)
        for (int k = 0; k < conv->k; k++)
            for (int i = 0; i < conv->oh; i++)
                for (int j = 0; j < conv->ow; j++, at++) spread(conv, dx, w, dy[at], n, k, i, j);
}

#ifndef OP_DOUBLE
static const limn_kernel *const kernels[] = {&limn_kernel_conv_data, NULL};

const limn_op limn_op_conv2d_data = {
    .name = "conv2d_data",
    .formula = "y[n, c, i*stride + a - top, j*stride + b - left] += x[n,k,i,j] w[k,c,a,b]",
    .attr_size = sizeof(conv_attr),
    .shape = shape,
    .grad = grad,
    .flops = limn_conv_flops,
    .kernels = kernels,
    .plain = OP_PLAINS(conv2d_data),
    .cases = cases,
};
#endif
