// conv2d: y[n,k,i,j] = b[k] + sum_c,a,b X[n, c, i*stride + a - top, j*stride + b - left] w[k,c,a,b]
#include "ops/conv_op.h"
#include "ops/strips.h"

#ifndef OP_DOUBLE

static limn_status check_weights(limn_node *node, const limn_conv *conv) {
    const limn_shape *w = &node->input[1]->shape;
    if (w->rank != 4) return limn_node_fail(node, "weights are [out, in, rows, columns]");
    if (conv->c != w->dim[1] * conv->groups || conv->k % conv->groups)
        return limn_node_fail(node,
                              "the weights are for %lld input channels in %d groups, x has %d",
                              (long long)w->dim[1] * conv->groups, conv->groups, conv->c);
    return LIMN_OK;
}

static limn_status check_bias(limn_node *node, const conv_attr *attr) {
    if (!attr->bias) return LIMN_OK;
    const limn_shape *bias = &node->input[2]->shape;
    if (bias->rank != 1 || bias->dim[0] != attr->conv.k)
        return limn_node_fail(node, "the bias must hold a value for each of %d channels",
                              attr->conv.k);
    return LIMN_OK;
}

static limn_status shape(limn_node *node) {
    const conv_attr *attr = node->attr;
    const limn_conv *conv = &attr->conv;
    if (node->input[0]->shape.rank != 4)
        return limn_node_fail(node, "x must be [pictures, channels, rows, columns]");
    LIMN_TRY(check_weights(node, conv));
    LIMN_TRY(check_bias(node, attr));
    if (conv->oh < 1 || conv->ow < 1)
        return limn_node_fail(node, "the kernel is larger than the padded picture");
    node->shape = LIMN_SHAPE(conv->n, conv->k, conv->oh, conv->ow);
    if (attr->add && !limn_shape_equal(&node->shape, &node->input[node->inputs - 1]->shape))
        return limn_node_fail(node, "what is added must have the result's shape");
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    const conv_attr *attr = node->attr;
    if (wanted[0]) dx[0] = limn_conv2d_data(dy, node->input[1], NULL, &attr->conv);
    if (wanted[1]) dx[1] = limn_conv2d_weight(node->input[0], dy, &attr->conv);
    if (attr->bias && wanted[2]) dx[2] = limn_sum(dy, LIMN_AXIS(0) | LIMN_SPATIAL, LIMN_DROP);
}

static limn_node *rewrite(limn_node *node, const int *uses) {
    (void)uses;
    conv_attr attr = *(const conv_attr *)node->attr;
    limn_node *x = limn_conv_absorb(node->input[0], &attr.conv, LIMN_PASS_FORWARD);
    if (x == node->input[0]) return node;
    limn_node *const *last = &node->input[node->inputs - 1];
    return limn_conv2d_node(x, node->input[1], attr.bias ? node->input[2] : NULL,
                            attr.add ? *last : NULL, &attr);
}

limn_node *limn_conv2d_node(limn_node *x, limn_node *w, limn_node *bias, limn_node *add,
                            const conv_attr *attr) {
    conv_attr full = *attr;
    full.bias = bias != NULL;
    full.add = add != NULL;
    limn_node *input[4] = {x, w};
    int inputs = 2;
    if (bias) input[inputs++] = bias;
    if (add) input[inputs++] = add;
    return limn_node_new(x->graph, &limn_op_conv2d, &full, inputs, input);
}

limn_node *limn_conv_fold_act(limn_node *node, const int *uses, float slope) {
    limn_node *before = node->input[0];
    if (before->op != &limn_op_conv2d || uses[before->id] != 1) return node;
    conv_attr attr = *(const conv_attr *)before->attr;
    if (attr.act || attr.add) return node;
    attr.act = true;
    attr.slope = slope;
    return limn_conv2d_node(before->input[0], before->input[1], attr.bias ? before->input[2] : NULL,
                            NULL, &attr);
}

limn_node *limn_conv_fold_add(limn_node *node, const int *uses) {
    if (node->input[0] == node->input[1]) return node;
    for (int i = 0; i < 2; i++) {
        limn_node *conv = node->input[i], *other = node->input[1 - i];
        if (conv->op != &limn_op_conv2d || uses[conv->id] != 1) continue;
        const conv_attr *attr = conv->attr;
        if (attr->add || !limn_shape_equal(&conv->shape, &other->shape)) continue;
        return limn_conv2d_node(conv->input[0], conv->input[1], attr->bias ? conv->input[2] : NULL,
                                other, attr);
    }
    return node;
}

// TensorFlow's SAME: the output is ceil(n / stride), the padding is what that needs, the odd
// row or column behind.
static int same_padding(int size, int kernel, int stride, int *out) {
    *out = (size + stride - 1) / stride;
    int need = (*out - 1) * stride + kernel - size;
    return need > 0 ? need / 2 : 0;
}

static conv_attr describe(const limn_node *x, const limn_node *w,
                          const limn_conv2d_options *options, bool pads_outside) {
    const int64_t *d = x->shape.dim, *f = w->shape.dim;
    conv_attr attr = {.conv = {.n = (int)d[0], .c = (int)d[1], .h = (int)d[2], .w = (int)d[3]}};
    limn_conv *conv = &attr.conv;
    conv->k = (int)f[0], conv->kh = (int)f[2], conv->kw = (int)f[3];
    conv->stride_y = conv->stride_x = options->stride ? options->stride : 1;
    conv->groups = options->groups ? options->groups : 1;
    if (options->same) {
        conv->top = same_padding(conv->h, conv->kh, conv->stride_y, &conv->oh);
        conv->left = same_padding(conv->w, conv->kw, conv->stride_x, &conv->ow);
        return attr;
    }
    limn_conv2d_options pads = pads_outside ? (limn_conv2d_options){0} : *options;
    conv->top = pads.pad + pads.top, conv->left = pads.pad + pads.left;
    int rows = conv->h + conv->top + pads.pad + pads.bottom - conv->kh;
    int columns = conv->w + conv->left + pads.pad + pads.right - conv->kw;
    conv->oh = rows < 0 ? 0 : rows / conv->stride_y + 1;
    conv->ow = columns < 0 ? 0 : columns / conv->stride_x + 1;
    return attr;
}

limn_node *limn_conv2d(limn_node *x, limn_node *w, limn_node *b, limn_conv2d_options options) {
    bool mirrored = options.border != LIMN_BORDER_ZERO;
    int pad = options.pad;
    if (mirrored && (pad || options.top || options.left || options.bottom || options.right))
        x = limn_pad(x, (limn_pad_options){pad, options.top, options.left, options.bottom,
                                           options.right, options.border});
    conv_attr attr = describe(x, w, &options, mirrored);
    return limn_conv2d_node(x, w, b, NULL, &attr);
}

static limn_node *case_3x3(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], in[2], (limn_conv2d_options){.pad = 1});
}
static limn_node *case_reflect(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], in[2],
                       (limn_conv2d_options){.pad = 1, .border = LIMN_BORDER_REFLECT});
}
static limn_node *case_reflect4(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], in[2],
                       (limn_conv2d_options){.pad = 4, .border = LIMN_BORDER_REFLECT});
}
static limn_node *case_stride2(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], in[2],
                       (limn_conv2d_options){.pad = 1, .stride = 2, .border = LIMN_BORDER_REFLECT});
}
static limn_node *case_replicate(limn_node *const *in) {
    return limn_conv2d(
        in[0], in[1], NULL,
        (limn_conv2d_options){.top = 1, .right = 1, .border = LIMN_BORDER_REPLICATE});
}
static limn_node *case_same2(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], in[2], (limn_conv2d_options){.same = true, .stride = 2});
}
static limn_node *case_groups(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], in[2], (limn_conv2d_options){.pad = 1, .groups = 2});
}
static limn_node *case_depthwise(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], NULL, (limn_conv2d_options){.pad = 1, .groups = 6});
}
static limn_node *case_depthwise_wide(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], in[2], (limn_conv2d_options){.pad = 3, .groups = 18});
}
static limn_node *case_depthwise_same2(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], in[2],
                       (limn_conv2d_options){.same = true, .stride = 2, .groups = 35});
}
static limn_node *case_depthwise_relu(limn_node *const *in) {
    return limn_leaky_relu(
        limn_conv2d(in[0], in[1], in[2], (limn_conv2d_options){.stride = 2, .groups = 17}), 0.1);
}
static limn_node *case_upsampled(limn_node *const *in) {
    return limn_conv2d(limn_upsample_nearest(in[0], 2), in[1], in[2],
                       (limn_conv2d_options){.pad = 1, .border = LIMN_BORDER_REFLECT});
}
static limn_node *case_upsampled5(limn_node *const *in) {
    return limn_conv2d(limn_upsample_nearest(in[0], 2), in[1], in[2],
                       (limn_conv2d_options){.pad = 2, .border = LIMN_BORDER_REFLECT});
}
static limn_node *case_relu(limn_node *const *in) {
    return limn_leaky_relu(case_3x3(in), 0.2);
}
static limn_node *case_added(limn_node *const *in) {
    return limn_add(in[3], case_3x3(in));
}
static limn_node *case_relu_added(limn_node *const *in) {
    return limn_add(case_relu(in), in[3]);
}
static limn_node *case_none(limn_node *const *in) {
    return limn_conv2d(in[0], in[1], NULL, (limn_conv2d_options){0});
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"3x3", case_3x3, 3, {S(2, 5, 7, 6), S(4, 5, 3, 3), S(4)}},
    {"3x3, many channels", case_3x3, 3, {S(1, 20, 13, 9), S(35, 20, 3, 3), S(35)}},
    {"3x3, one pixel", case_3x3, 3, {S(1, 3, 1, 1), S(2, 3, 3, 3), S(2)}},
    {"3x3, reflect", case_reflect, 3, {S(1, 17, 8, 11), S(18, 17, 3, 3), S(18)}},
    {"9x9, reflect, few in", case_reflect4, 3, {S(1, 3, 12, 9), S(9, 3, 9, 9), S(9)}},
    {"9x9, reflect, few out", case_reflect4, 3, {S(1, 9, 11, 10), S(3, 9, 9, 9), S(3)}},
    {"3x3, stride 2, reflect", case_stride2, 3, {S(2, 9, 9, 8), S(10, 9, 3, 3), S(10)}},
    {"4x4, stride 2, reflect", case_stride2, 3, {S(1, 3, 10, 8), S(5, 3, 4, 4), S(5)}},
    {"2x2, replicate at two sides", case_replicate, 2, {S(1, 4, 5, 6), S(3, 4, 2, 2)}},
    {"5x5, SAME, stride 2", case_same2, 3, {S(1, 3, 8, 6), S(4, 3, 5, 5), S(4)}},
    {"3x3, SAME, stride 2, odd", case_same2, 3, {S(1, 3, 7, 8), S(4, 3, 3, 3), S(4)}},
    {"two groups", case_groups, 3, {S(1, 6, 5, 5), S(4, 3, 3, 3), S(4)}},
    {"depthwise", case_depthwise, 2, {S(1, 6, 5, 4), S(6, 1, 3, 3)}},
    {"depthwise, SAME, stride 2", case_depthwise_same2, 3, {S(2, 35, 8, 9), S(35, 1, 3, 3), S(35)}},
    {"depthwise, leaky relu", case_depthwise_relu, 3, {S(1, 17, 4, 4), S(17, 1, 3, 3), S(17)}},
    {"depthwise, wide filter", case_depthwise_wide, 3, {S(1, 18, 2, 3), S(18, 1, 5, 4), S(18)}},
    {"enlarged, reflect", case_upsampled, 3, {S(1, 9, 6, 7), S(8, 9, 3, 3), S(8)}},
    {"enlarged, 5x5, reflect", case_upsampled5, 3, {S(2, 9, 6, 7), S(8, 9, 5, 5), S(8)}},
    {"leaky relu behind", case_relu, 3, {S(1, 5, 6, 6), S(7, 5, 3, 3), S(7)}},
    {"a map added", case_added, 4, {S(2, 5, 9, 7), S(18, 5, 3, 3), S(18), S(2, 18, 9, 7)}},
    {"a map added to few channels",
     case_added,
     4,
     {S(1, 33, 6, 6), S(3, 33, 3, 3), S(3), S(1, 3, 6, 6)}},
    {"a map added to another shape",
     case_added,
     4,
     {S(1, 5, 6, 6), S(7, 5, 3, 3), S(7), S(7, 1, 1)}},
    {"leaky relu and a map",
     case_relu_added,
     4,
     {S(1, 5, 6, 6), S(7, 5, 3, 3), S(7), S(1, 7, 6, 6)}},
    {"1x1", case_none, 2, {S(2, 18, 5, 4), S(19, 18, 1, 1)}},
    {"wrong channels",
     case_none,
     2,
     {S(1, 3, 8, 8), S(4, 5, 3, 3)},
     .mistake = "the weights are for 5 input channels in 1 groups, x has 3"},
    {"too small",
     case_none,
     2,
     {S(1, 3, 2, 8), S(4, 3, 3, 3)},
     .mistake = "the kernel is larger than the padded picture"},
    {"wrong bias",
     case_3x3,
     3,
     {S(1, 3, 8, 8), S(4, 3, 3, 3), S(3)},
     .mistake = "the bias must hold a value for each of 4 channels"},
    {0},
};
#undef S
#endif

// The sum for one output pixel.
static real pixel(const limn_step *step, int n, int k, int i, int j) {
    const limn_conv *conv = &((const conv_attr *)step->node->attr)->conv;
    const real *x = step->in[0].data, *w = step->in[1].data;
    int group = conv->c / conv->groups, first = k / (conv->k / conv->groups) * group;
    int rows = conv->h << conv->upsample, columns = conv->w << conv->upsample;
    real sum = 0;
    for (int c = 0; c < group; c++)
        for (int a = 0; a < conv->kh; a++)
            for (int b = 0; b < conv->kw; b++) {
                int y0 = limn_border_index(conv->border, i * conv->stride_y + a - conv->top, rows);
                int x0 =
                    limn_border_index(conv->border, j * conv->stride_x + b - conv->left, columns);
                if (y0 < 0 || x0 < 0) continue;
                size_t plane = (size_t)n * (size_t)conv->c + (size_t)(first + c);
                size_t row = plane * (size_t)conv->h + (size_t)(y0 >> conv->upsample);
                size_t tap =
                    (((size_t)k * (size_t)group + (size_t)c) * (size_t)conv->kh + (size_t)a) *
                        (size_t)conv->kw +
                    (size_t)b;
                sum += x[row * (size_t)conv->w + (size_t)(x0 >> conv->upsample)] * w[tap];
            }
    return sum;
}

OP_PLAIN(conv2d) {
    const conv_attr *attr = step->node->attr;
    const limn_conv *conv = &attr->conv;
    const real *bias = attr->bias ? step->in[2].data : NULL;
    const real *add = attr->add ? step->in[step->node->inputs - 1].data : NULL;
    real *y = step->out.data;
    size_t at = 0;
    for (int n = 0; n < conv->n; n++)
        for (int k = 0; k < conv->k; k++)
            for (int i = 0; i < conv->oh; i++)
                for (int j = 0; j < conv->ow; j++, at++) {
                    real sum = pixel(step, n, k, i, j) + (bias ? bias[k] : 0);
                    if (attr->act && sum < 0) sum *= (real)attr->slope;
                    y[at] = sum + (add ? add[at] : 0);
                }
}

#ifndef OP_DOUBLE
static const limn_kernel *const kernels[] = {&limn_kernel_conv_forward, NULL};

const limn_op limn_op_conv2d = {
    .name = "conv2d",
    .formula = "y[n,k,i,j] = b[k] + sum_c,a,b x[n, c, i*stride + a - top, j*stride + b - left] "
               "w[k,c,a,b]",
    .attr_size = sizeof(conv_attr),
    .shape = shape,
    .grad = grad,
    .flops = limn_conv_flops,
    .rewrite = rewrite,
    .strips = limn_conv_strips,
    .kernels = kernels,
    .plain = OP_PLAINS(conv2d),
    .cases = cases,
};
#endif
