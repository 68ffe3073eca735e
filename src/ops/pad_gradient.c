// pad_gradient: the adjoint of pad: every pixel of the padded map adds to the pixel it shows, and
// to that of a map that is added.
#include "ops/pad.h"

#include <string.h>

#define OP_NAME pad_gradient
#include "ops/maps.h"

// Adds the middle of a padded row to a row, or puts their sum into x.
INLINE void add_middle(real *x, const real *to, const real *y, size_t w, const pad_attr *o,
                       size_t lanes) {
    const real *middle = y + (size_t)o->left * lanes;
#pragma omp simd
    for (size_t e = 0; e < w * lanes; e++) x[e] = to[e] + middle[e];
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
    size_t row = m.ow * lanes, at = index * m.oh * row;
    real *x = (real *)step->out.data + at;
    const real *also = step->node->inputs > 1 ? (const real *)step->in[1].data + at : NULL;
    for (size_t i = 0; i < m.oh; i++) {
        const real *from = y + (i + (size_t)o->top) * m.w * lanes;
        if (also)
            add_middle(x + i * row, also + i * row, from, m.ow, o, lanes);
        else
            memcpy(x + i * row, from + (size_t)o->left * lanes, row * sizeof *x);
        add_ends(x + i * row, from, m.ow, m.w, o, lanes);
    }
    for (size_t i = 0; i < m.h; i++) {
        if (i == (size_t)o->top) i += m.oh;
        if (i == m.h) break;
        int64_t to = pad_source((int64_t)i - o->top, (int64_t)m.oh, o->border);
        if (to < 0) continue;
        real *line = x + (size_t)to * row;
        add_middle(line, line, y + i * m.w * lanes, m.ow, o, lanes);
        add_ends(line, y + i * m.w * lanes, m.ow, m.w, o, lanes);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_pad_gradient;

static limn_status shape(limn_node *node) {
    const pad_attr *o = node->attr;
    LIMN_TRY(maps_check(node));
    node->shape.dim[2] -= o->top + o->bottom;
    node->shape.dim[3] -= o->left + o->right;
    if (node->inputs < 2 || limn_shape_equal(&node->shape, &node->input[1]->shape)) return LIMN_OK;
    return limn_node_fail(node, "what is added must have the result's shape");
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    const pad_attr *o = node->attr;
    if (node->inputs > 1 && wanted[1]) dx[1] = dy;
    if (!wanted[0]) return;
    dx[0] = limn_pad(dy, (limn_pad_options){.top = o->top,
                                            .left = o->left,
                                            .bottom = o->bottom,
                                            .right = o->right,
                                            .border = o->border});
}

limn_node *limn_pad_gradient_fold_add(limn_node *node, const int *uses) {
    if (node->input[0] == node->input[1]) return node;
    for (int i = 0; i < 2; i++) {
        limn_node *pad = node->input[i], *other = node->input[1 - i];
        if (pad->op != &limn_op_pad_gradient || pad->inputs > 1 || uses[pad->id] != 1) continue;
        if (!limn_shape_equal(&pad->shape, &other->shape)) continue;
        return LIMN_NODE(&limn_op_pad_gradient, pad->attr, pad->input[0], other);
    }
    return node;
}

static limn_node *reflect(limn_node *const *in) {
    return LIMN_NODE(&limn_op_pad_gradient, (&(pad_attr){2, 3, 1, 0, LIMN_BORDER_REFLECT}), in[0]);
}
static limn_node *replicate(limn_node *const *in) {
    return LIMN_NODE(&limn_op_pad_gradient, (&(pad_attr){2, 3, 1, 0, LIMN_BORDER_REPLICATE}),
                     in[0]);
}
static limn_node *added(limn_node *const *in) {
    return limn_add(in[1], reflect(in));
}

static const limn_case cases[] = {
    {.what = "reflect", .build = reflect, .inputs = 1, .input = {{4, {2, 5, 9, 8}}}},
    {.what = "replicate", .build = replicate, .inputs = 1, .input = {{4, {2, 5, 9, 8}}}},
    {.what = "a map added",
     .build = added,
     .inputs = 2,
     .input = {{4, {2, 5, 9, 8}}, {4, {2, 5, 6, 5}}}},
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
