// resize_gradient: the adjoint of resize: every pixel of the result gives its gradient back to the
// pixels it was made of, by their weights.
#include "ops/conv_op.h"
#include "ops/resize.h"

#include <string.h>

#define OP_NAME resize_gradient
#include "ops/maps.h"

// Here "in" (m.h, m.w) is dy, as large as resize made it; the result is as large as its x was.
INLINE void nearest_row(real *x, const real *y, maps m, size_t lanes) {
    if (m.w == 2 * m.ow) {
#define ADD_TWO(j, l) x[(j)*lanes + (l)] += y[2 * (j)*lanes + (l)] + y[(2 * (j) + 1) * lanes + (l)];
        MAPS_ROW(m.ow, lanes, ADD_TWO)
        return;
    }
    for (size_t j = 0; j < m.w; j++)
        for (size_t l = 0; l < lanes; l++) x[j * m.ow / m.w * lanes + l] += y[j * lanes + l];
}

INLINE void bilinear_row(real *upper, real *lower, const real *y, real t, const resize_tap *tap,
                         size_t count, size_t lanes) {
    for (size_t j = 0; j < count; j++) {
        resize_tap at = tap[j];
        real s = (real)at.t;
        for (size_t l = 0; l < lanes; l++) {
            real dy = y[j * lanes + l];
            upper[at.a * lanes + l] += (1 - t) * (1 - s) * dy;
            upper[at.b * lanes + l] += (1 - t) * s * dy;
            lower[at.a * lanes + l] += t * (1 - s) * dy;
            lower[at.b * lanes + l] += t * s * dy;
        }
    }
}

// All rows of some columns, whose places are found once.
INLINE void bilinear(real *x, const real *y, maps m, limn_resize_mode mode, size_t lanes) {
    enum { STRIP = 128 };
    resize_tap tap[STRIP];
    size_t row = m.ow * lanes;
    for (size_t first = 0; first < m.w; first += STRIP) {
        size_t count = m.w - first < STRIP ? m.w - first : STRIP;
        for (size_t j = 0; j < count; j++) tap[j] = resize_from(first + j, m.ow, m.w, mode);
        for (size_t i = 0; i < m.h; i++) {
            resize_tap at = resize_from(i, m.oh, m.h, mode);
            bilinear_row(x + at.a * row, x + at.b * row, y + (i * m.w + first) * lanes, (real)at.t,
                         tap, count, lanes);
        }
    }
}

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    limn_resize_mode mode = ((const resize_attr *)step->node->attr)->mode;
    const real *y = (const real *)step->in[0].data + index * m.h * m.w * lanes;
    real *x = (real *)step->out.data + index * m.oh * m.ow * lanes;
    size_t row = m.ow * lanes;
    memset(x, 0, m.oh * row * sizeof *x);
    if (mode != LIMN_NEAREST) {
        bilinear(x, y, m, mode, lanes);
        return;
    }
    for (size_t i = 0; i < m.h; i++, y += m.w * lanes)
        nearest_row(x + i * m.oh / m.h * row, y, m, lanes);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_resize_gradient;

static limn_status shape(limn_node *node) {
    const resize_attr *o = node->attr;
    LIMN_TRY(maps_check(node));
    node->shape.dim[2] = o->h;
    node->shape.dim[3] = o->w;
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const int64_t *dim = node->input[0]->shape.dim;
    dx[0] = limn_resize(dy, (int)dim[2], (int)dim[3], ((const resize_attr *)node->attr)->mode);
}

static limn_node *twice(limn_node *const *in) {
    return LIMN_NODE(&limn_op_resize_gradient, (&(resize_attr){6, 7, LIMN_NEAREST}), in[0]);
}
static limn_node *half_pixel(limn_node *const *in) {
    return LIMN_NODE(&limn_op_resize_gradient, (&(resize_attr){5, 9, LIMN_BILINEAR_HALF_PIXEL}),
                     in[0]);
}

static const limn_case cases[] = {
    {.what = "nearest x2", .build = twice, .inputs = 1, .input = {{4, {2, 5, 12, 14}}}},
    {.what = "nearest x2, full channels",
     .build = twice,
     .inputs = 1,
     .input = {{4, {2, 32, 12, 14}}}},
    {.what = "nearest of any size", .build = twice, .inputs = 1, .input = {{4, {2, 5, 8, 5}}}},
    {.what = "bilinear", .build = half_pixel, .inputs = 1, .input = {{4, {2, 5, 8, 5}}}},
    {0},
};

const limn_op limn_op_resize_gradient = {
    .name = "resize_gradient",
    .formula = "dx = sum of dy by the weights of resize",
    .attr_size = sizeof(resize_attr),
    .shape = shape,
    .grad = grad,
    .rewrite = limn_conv_absorb_gradient,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(resize_gradient),
    .cases = cases,
};

#endif
