// pad: y[n,c,i,j] = x[n, c, i - top, j - left], continued past the edges by zeros, by reflection
// (the edge itself not repeated) or by repeating the edge.
#include "ops/pad.h"

#include <string.h>

#define OP_NAME pad
#include "ops/maps.h"

INLINE void pad_row(real *y, const real *x, size_t w, size_t ow, const pad_attr *o, size_t lanes) {
    for (size_t j = 0; j < ow; j++) {
        if (j == (size_t)o->left) { // the middle at once
            memcpy(y + j * lanes, x, w * lanes * sizeof *y);
            j += w - 1;
            continue;
        }
        int64_t from = pad_source((int64_t)j - o->left, (int64_t)w, o->border);
        for (size_t l = 0; l < lanes; l++)
            y[j * lanes + l] = from < 0 ? 0 : x[(size_t)from * lanes + l];
    }
}

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    const pad_attr *o = step->node->attr;
    const real *x = (const real *)step->in[0].data + index * m.h * m.w * lanes;
    real *y = (real *)step->out.data + index * m.oh * m.ow * lanes;
    for (size_t i = 0; i < m.oh; i++, y += m.ow * lanes) {
        int64_t from = pad_source((int64_t)i - o->top, (int64_t)m.h, o->border);
        if (from < 0)
            memset(y, 0, m.ow * lanes * sizeof *y);
        else
            pad_row(y, x + (size_t)from * m.w * lanes, m.w, m.ow, o, lanes);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_pad, limn_op_pad_gradient;

static limn_status shape(limn_node *node) {
    const pad_attr *o = node->attr;
    LIMN_TRY(maps_check(node));
    int64_t *dim = node->shape.dim;
    int most = o->top > o->bottom ? o->top : o->bottom;
    int wide = o->left > o->right ? o->left : o->right;
    if (o->top < 0 || o->bottom < 0 || o->left < 0 || o->right < 0)
        return limn_node_fail(node, "padding of %d, %d, %d, %d cannot be negative: crop instead",
                              o->top, o->left, o->bottom, o->right);
    if (o->border == LIMN_BORDER_REFLECT && (most >= dim[2] || wide >= dim[3]))
        return limn_node_fail(node, "reflection by %d rows and %d columns needs a larger picture",
                              most, wide);
    dim[2] += (int64_t)o->top + o->bottom;
    dim[3] += (int64_t)o->left + o->right;
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const pad_attr *o = node->attr;
    const int64_t *dim = node->input[0]->shape.dim;
    dx[0] = o->border == LIMN_BORDER_ZERO ? limn_crop(dy, o->top, o->left, (int)dim[2], (int)dim[3])
                                          : LIMN_NODE(&limn_op_pad_gradient, o, dy);
}

limn_node *limn_pad(limn_node *x, limn_pad_options options) {
    pad_attr attr = {options.top, options.left, options.bottom, options.right, options.border};
    if (!attr.top && !attr.left && !attr.bottom && !attr.right)
        attr.top = attr.left = attr.bottom = attr.right = options.pad;
    return LIMN_NODE(&limn_op_pad, &attr, x);
}

static limn_node *zero(limn_node *const *in) {
    return limn_pad(in[0], (limn_pad_options){.pad = 2});
}
static limn_node *reflect(limn_node *const *in) {
    return limn_pad(in[0], (limn_pad_options){.pad = 3, .border = LIMN_BORDER_REFLECT});
}
static limn_node *replicate(limn_node *const *in) {
    return limn_pad(in[0], (limn_pad_options){.pad = 2, .border = LIMN_BORDER_REPLICATE});
}
static limn_node *uneven(limn_node *const *in) {
    return limn_pad(in[0], (limn_pad_options){.top = 1, .right = 3, .border = LIMN_BORDER_REFLECT});
}
static limn_node *negative(limn_node *const *in) {
    return limn_pad(in[0], (limn_pad_options){.pad = -1});
}

#define SMALL                                                                                      \
    {                                                                                              \
        {                                                                                          \
            4, {                                                                                   \
                2, 5, 6, 7                                                                         \
            }                                                                                      \
        }                                                                                          \
    }
static const limn_case cases[] = {
    {.what = "zero", .build = zero, .inputs = 1, .input = SMALL},
    {.what = "reflect", .build = reflect, .inputs = 1, .input = SMALL},
    {.what = "replicate", .build = replicate, .inputs = 1, .input = SMALL},
    {.what = "uneven reflect", .build = uneven, .inputs = 1, .input = SMALL},
    {.what = "reflect, full channels",
     .build = reflect,
     .inputs = 1,
     .input = {{4, {1, 32, 40, 30}}}},
    {.what = "reflect of a small picture",
     .build = reflect,
     .inputs = 1,
     .input = {{4, {1, 1, 3, 9}}},
     .mistake = "reflection by 3 rows and 3 columns needs a larger picture"},
    {.what = "negative",
     .build = negative,
     .inputs = 1,
     .input = SMALL,
     .mistake = "cannot be negative: crop instead"},
    {.what = "of rank 3",
     .build = zero,
     .inputs = 1,
     .input = {{3, {5, 6, 7}}},
     .mistake = "must have four axes"},
    {0},
};

const limn_op limn_op_pad = {
    .name = "pad",
    .formula = "y[n,c,i,j] = x[n, c, i - top, j - left], continued by the border rule",
    .attr_size = sizeof(pad_attr),
    .shape = shape,
    .grad = grad,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(pad),
    .cases = cases,
};

#endif
