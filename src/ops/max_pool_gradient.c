// max_pool_gradient: the gradient of each window goes to its largest element, the first of equal
// ones. From x, the output y of max_pool, and dy.
#include "ops/pool.h"

#include <string.h>

#define OP_NAME max_pool_gradient
#include "ops/maps.h"

// m is of x and of the result, which have one size; the windows are those of y.
INLINE void window(real *dx, const real *x, const real *y, const real *dy, pool_window rows,
                   pool_window columns, size_t width, size_t lanes) {
    real left[16]; // dy, until it is given away
    for (size_t l = 0; l < lanes; l++) left[l] = dy[l];
    for (size_t r = rows.first; r < rows.last; r++)
        for (size_t c = columns.first; c < columns.last; c++) {
            size_t at = (r * width + c) * lanes;
#pragma omp simd
            for (size_t l = 0; l < lanes; l++) {
                bool here = x[at + l] == y[l];
                dx[at + l] += here ? left[l] : 0;
                left[l] = here ? 0 : left[l];
            }
        }
}

// Windows of 2x2 side by side: every element is written once.
INLINE void row_of_twos(real *dx, const real *x, const real *y, const real *dy, size_t row,
                        size_t ow, size_t lanes) {
#define GIVE(j, l)                                                                                 \
    size_t at = 2 * (j)*lanes + (l), to = (j)*lanes + (l);                                         \
    real left = dy[to], largest = y[to];                                                           \
    real a = x[at], b = x[at + lanes], c = x[at + row];                                            \
    dx[at] = a == largest ? left : 0;                                                              \
    left = a == largest ? 0 : left;                                                                \
    dx[at + lanes] = b == largest ? left : 0;                                                      \
    left = b == largest ? 0 : left;                                                                \
    dx[at + row] = c == largest ? left : 0;                                                        \
    dx[at + row + lanes] = c == largest ? 0 : left;
    MAPS_ROW(ow, lanes, GIVE)
}

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    const limn_pool_options *o = &((const pool_attr *)step->node->attr)->window;
    size_t oh = (size_t)step->in[1].shape.dim[2], ow = (size_t)step->in[1].shape.dim[3];
    size_t size = m.h * m.w * lanes, row = m.w * lanes;
    const real *x = (const real *)step->in[0].data + index * size;
    const real *y = (const real *)step->in[1].data + index * oh * ow * lanes;
    const real *dy = (const real *)step->in[2].data + index * oh * ow * lanes;
    real *dx = (real *)step->out.data + index * size;
    bool twos = o->kernel == 2 && o->stride == 2 && !o->pad && !o->ceil;
    if (!twos || m.h % 2 || m.w % 2) memset(dx, 0, size * sizeof *dx);
    for (size_t i = 0; i < oh; i++, y += ow * lanes, dy += ow * lanes) {
        if (twos) {
            row_of_twos(dx + 2 * i * row, x + 2 * i * row, y, dy, row, ow, lanes);
            continue;
        }
        for (size_t j = 0; j < ow; j++)
            window(dx, x, y + j * lanes, dy + j * lanes, pool_at(o, i, m.h), pool_at(o, j, m.w),
                   m.w, lanes);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_max_pool_gradient;

static limn_status shape(limn_node *node) {
    return maps_check(node);
}

static limn_node *build(limn_node *const *in) {
    limn_pool_options window = {.kernel = 2};
    pool_attr attr = pool_attr_of(in[0], window);
    return LIMN_NODE(&limn_op_max_pool_gradient, &attr, in[0], limn_max_pool(in[0], window), in[1]);
}

static const limn_case cases[] = {
    {.what = "2x2",
     .build = build,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 8}}, {4, {2, 5, 3, 4}}},
     .rough = true},
    {.what = "2x2, full channels",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 32, 40, 30}}, {4, {1, 32, 20, 15}}},
     .rough = true},
    {.what = "equal elements",
     .build = build,
     .inputs = 2,
     .input = {{4, {1, 3, 8, 8}}, {4, {1, 3, 4, 4}}},
     .low = 1,
     .high = 3,
     .whole = true},
    {0},
};

const limn_op limn_op_max_pool_gradient = {
    .name = "max_pool_gradient",
    .formula = "dx = dy at the first largest element of each window",
    .attr_size = sizeof(pool_attr),
    .shape = shape,
    .no_grad = true,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(max_pool_gradient),
    .cases = cases,
};

#endif
