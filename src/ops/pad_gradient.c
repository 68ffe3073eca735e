// pad_gradient: the adjoint of pad: every pixel of the padded map adds to the pixel it shows.
#include "ops/pad.h"

#include <string.h>

#define OP_NAME pad_gradient
#include "ops/maps.h"

// Adds the middle of a padded row to the row that it shows.
INLINE void add_middle(real *x, const real *y, size_t w, const pad_attr *o, size_t lanes) {
    const real *middle = y + (size_t)o->left * lanes;
#pragma omp simd
    for (size_t e = 0; e < w * lanes; e++) x[e] += middle[e];
}

// Adds the ends of a padded row to the row that it shows.
INLINE void add_ends(real *x, const real *y, size_t w, size_t ow, const pad_attr *o, size_t lanes) {
    for (size_t j = 0; j < ow; j++) {
        if (j == (size_t)o->left) j += w;
        if (j == ow) break;
        int64_t to = pad_source((int64_t)j - o->left, (int64_t)w, o->border);
        if (to < 0) continue;
        for (size_t l = 0; l < lanes; l++) x[(size_t)to * lanes + l] += y[j * lanes + l];
    }
}

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    const pad_attr *o = step->node->attr;
    const real *y = (const real *)step->in[0].data + index * m.h * m.w * lanes;
    size_t row = m.ow * lanes;
    real *x = (real *)step->out.data + index * m.oh * row;
    for (size_t i = 0; i < m.oh; i++) {
        const real *from = y + (i + (size_t)o->top) * m.w * lanes;
        memcpy(x + i * row, from + (size_t)o->left * lanes, row * sizeof *x);
        add_ends(x + i * row, from, m.ow, m.w, o, lanes);
    }
    for (size_t i = 0; i < m.h; i++) {
        if (i == (size_t)o->top) i += m.oh;
        if (i == m.h) break;
        int64_t to = pad_source((int64_t)i - o->top, (int64_t)m.oh, o->border);
        if (to < 0) continue;
        add_middle(x + (size_t)to * row, y + i * m.w * lanes, m.ow, o, lanes);
        add_ends(x + (size_t)to * row, y + i * m.w * lanes, m.ow, m.w, o, lanes);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_pad_gradient;

static limn_status shape(limn_node *node) {
    const pad_attr *o = node->attr;
    LIMN_TRY(maps_check(node));
    node->shape.dim[2] -= o->top + o->bottom;
    node->shape.dim[3] -= o->left + o->right;
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const pad_attr *o = node->attr;
    dx[0] = limn_pad(dy, (limn_pad_options){.top = o->top,
                                            .left = o->left,
                                            .bottom = o->bottom,
                                            .right = o->right,
                                            .border = o->border});
}

static limn_node *reflect(limn_node *const *in) {
    return LIMN_NODE(&limn_op_pad_gradient, (&(pad_attr){2, 3, 1, 0, LIMN_BORDER_REFLECT}), in[0]);
}
static limn_node *replicate(limn_node *const *in) {
    return LIMN_NODE(&limn_op_pad_gradient, (&(pad_attr){2, 3, 1, 0, LIMN_BORDER_REPLICATE}),
                     in[0]);
}
static const limn_case cases[] = {
    {.what = "reflect", .build = reflect, .inputs = 1, .input = {{4, {2, 5, 9, 8}}}},
    {.what = "replicate", .build = replicate, .inputs = 1, .input = {{4, {2, 5, 9, 8}}}},
    {.what = "full channels", .build = reflect, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {0},
};

const limn_op limn_op_pad_gradient = {
    .name = "pad_gradient",
    .formula = "dx[n,c,s(i),s(j)] = sum of dy[n,c,i,j] that show the same pixel",
    .attr_size = sizeof(pad_attr),
    .shape = shape,
    .grad = grad,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(pad_gradient),
    .cases = cases,
};

#endif
