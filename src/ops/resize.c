// resize: another number of rows and columns, by nearest neighbour or bilinear.
#include "ops/resize.h"

#include <string.h>

#define OP_NAME resize
#include "ops/maps.h"

INLINE void twice(real *y, const real *x, size_t w, size_t lanes) {
#define TWICE(j, l) y[2 * (j)*lanes + (l)] = y[(2 * (j) + 1) * lanes + (l)] = x[(j)*lanes + (l)];
    MAPS_ROW(w, lanes, TWICE)
}

// `factor` copies of each of w pixels.
INLINE void repeat_row(real *y, const real *x, size_t w, size_t factor, size_t lanes) {
    for (size_t j = 0; j < w; j++)
        for (size_t f = 0; f < factor; f++)
            for (size_t l = 0; l < lanes; l++) y[(j * factor + f) * lanes + l] = x[j * lanes + l];
}

INLINE void nearest_row(real *y, const real *x, maps m, size_t lanes) {
    if (m.ow == 2 * m.w)
        twice(y, x, m.w, lanes);
    else if (m.ow % m.w == 0)
        repeat_row(y, x, m.w, m.ow / m.w, lanes);
    else
        for (size_t j = 0; j < m.ow; j++)
            for (size_t l = 0; l < lanes; l++) y[j * lanes + l] = x[j * m.w / m.ow * lanes + l];
}

INLINE void bilinear_row(real *y, const real *upper, const real *lower, real t,
                         const resize_tap *tap, size_t count, size_t lanes) {
    for (size_t j = 0; j < count; j++) {
        real s = (real)tap[j].t;
        const real *p = upper + tap[j].a * lanes, *q = upper + tap[j].b * lanes;
        const real *u = lower + tap[j].a * lanes, *v = lower + tap[j].b * lanes;
#pragma omp simd
        for (size_t l = 0; l < lanes; l++) {
            real above = p[l] + s * (q[l] - p[l]), below = u[l] + s * (v[l] - u[l]);
            y[j * lanes + l] = above + t * (below - above);
        }
    }
}

// All rows of some columns, whose places are found once.
INLINE void bilinear(real *y, const real *x, maps m, limn_resize_mode mode, size_t lanes) {
    enum { STRIP = 128 };
    resize_tap tap[STRIP];
    size_t row = m.w * lanes;
    for (size_t first = 0; first < m.ow; first += STRIP) {
        size_t count = m.ow - first < STRIP ? m.ow - first : STRIP;
        for (size_t j = 0; j < count; j++) tap[j] = resize_from(first + j, m.w, m.ow, mode);
        for (size_t i = 0; i < m.oh; i++) {
            resize_tap at = resize_from(i, m.h, m.oh, mode);
            bilinear_row(y + (i * m.ow + first) * lanes, x + at.a * row, x + at.b * row, (real)at.t,
                         tap, count, lanes);
        }
    }
}

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    limn_resize_mode mode = ((const resize_attr *)step->node->attr)->mode;
    const real *x = (const real *)step->in[0].data + index * m.h * m.w * lanes;
    real *y = (real *)step->out.data + index * m.oh * m.ow * lanes;
    if (mode != LIMN_NEAREST) {
        bilinear(y, x, m, mode, lanes);
        return;
    }
    size_t row = m.w * lanes, last = m.h;
    for (size_t i = 0; i < m.oh; i++, y += m.ow * lanes) {
        resize_tap at = resize_from(i, m.h, m.oh, mode);
        if (at.a == last)
            memcpy(y, y - m.ow * lanes, m.ow * lanes * sizeof *y);
        else
            nearest_row(y, x + at.a * row, m, lanes);
        last = at.a;
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_resize, limn_op_resize_gradient;

static limn_status shape(limn_node *node) {
    const resize_attr *o = node->attr;
    LIMN_TRY(maps_check(node));
    if (o->h < 1 || o->w < 1)
        return limn_node_fail(node, "it cannot have %lld rows and %lld columns", (long long)o->h,
                              (long long)o->w);
    node->shape.dim[2] = o->h;
    node->shape.dim[3] = o->w;
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const int64_t *dim = node->input[0]->shape.dim;
    resize_attr back = {dim[2], dim[3], ((const resize_attr *)node->attr)->mode};
    dx[0] = LIMN_NODE(&limn_op_resize_gradient, &back, dy);
}

limn_node *limn_resize(limn_node *x, int height, int width, limn_resize_mode mode) {
    return LIMN_NODE(&limn_op_resize, (&(resize_attr){height, width, mode}), x);
}

limn_node *limn_upsample_nearest(limn_node *x, int factor) {
    int64_t h = x->shape.rank == 4 ? x->shape.dim[2] : 1;
    int64_t w = x->shape.rank == 4 ? x->shape.dim[3] : 1;
    return LIMN_NODE(&limn_op_resize, (&(resize_attr){h * factor, w * factor, LIMN_NEAREST}), x);
}

static limn_node *enlarged(limn_node *const *in) {
    return limn_upsample_nearest(in[0], 2);
}
static limn_node *thrice(limn_node *const *in) {
    return limn_upsample_nearest(in[0], 3);
}
static limn_node *nearest(limn_node *const *in) {
    return limn_resize(in[0], 11, 5, LIMN_NEAREST);
}
static limn_node *half_pixel(limn_node *const *in) {
    return limn_resize(in[0], 15, 4, LIMN_BILINEAR_HALF_PIXEL);
}
static limn_node *corners(limn_node *const *in) {
    return limn_resize(in[0], 13, 14, LIMN_BILINEAR_ALIGN_CORNERS);
}
static limn_node *nothing(limn_node *const *in) {
    return limn_resize(in[0], 0, 14, LIMN_NEAREST);
}

#define SMALL                                                                                      \
    {                                                                                              \
        {                                                                                          \
            4, {                                                                                   \
                2, 5, 6, 7                                                                         \
            }                                                                                      \
        }                                                                                          \
    }
#define LARGE                                                                                      \
    {                                                                                              \
        {                                                                                          \
            4, {                                                                                   \
                1, 32, 40, 30                                                                      \
            }                                                                                      \
        }                                                                                          \
    }
static const limn_case cases[] = {
    {.what = "nearest x2", .build = enlarged, .inputs = 1, .input = SMALL},
    {.what = "nearest x2, full channels", .build = enlarged, .inputs = 1, .input = LARGE},
    {.what = "nearest x3", .build = thrice, .inputs = 1, .input = SMALL},
    {.what = "nearest to any size", .build = nearest, .inputs = 1, .input = SMALL},
    {.what = "bilinear, half pixel", .build = half_pixel, .inputs = 1, .input = SMALL},
    {.what = "bilinear, corners aligned", .build = corners, .inputs = 1, .input = SMALL},
    {.what = "bilinear, full channels", .build = corners, .inputs = 1, .input = LARGE},
    {.what = "bilinear of one pixel", .build = corners, .inputs = 1, .input = {{4, {1, 2, 1, 1}}}},
    {.what = "to nothing",
     .build = nothing,
     .inputs = 1,
     .input = SMALL,
     .mistake = "cannot have 0 rows and 14 columns"},
    {.what = "of rank 3",
     .build = enlarged,
     .inputs = 1,
     .input = {{3, {5, 6, 7}}},
     .mistake = "must have four axes"},
    {0},
};

const limn_op limn_op_resize = {
    .name = "resize",
    .formula = "y[n,c,i,j] = x at (i h / oh, j w / ow), nearest or bilinear",
    .attr_size = sizeof(resize_attr),
    .shape = shape,
    .grad = grad,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(resize),
    .cases = cases,
};

#endif
