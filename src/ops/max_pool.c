// max_pool: y = the largest element of each window; padding never wins.
#include "ops/pool.h"

#define OP_NAME max_pool
#include "ops/maps.h"

#define LARGER(a, b) ((a) > (b) ? (a) : (b))

// Windows of 2x2 side by side: what VGG has.
INLINE void row_of_twos(real *y, const real *x, size_t row, size_t ow, size_t lanes) {
#define LARGEST(j, l)                                                                              \
    const real *p = x + 2 * (j)*lanes + (l), *q = p + row;                                         \
    real upper = LARGER(p[0], p[lanes]), lower = LARGER(q[0], q[lanes]);                           \
    y[(j)*lanes + (l)] = LARGER(upper, lower);
    MAPS_ROW(ow, lanes, LARGEST)
}

INLINE void row_of_windows(real *y, const real *x, pool_window rows, maps m,
                           const limn_pool_options *o, size_t lanes) {
    for (size_t j = 0; j < m.ow; j++) {
        pool_window columns = pool_at(o, j, m.w);
        real *to = y + j * lanes;
        const real *first = x + (rows.first * m.w + columns.first) * lanes;
        for (size_t l = 0; l < lanes; l++) to[l] = first[l];
        for (size_t r = rows.first; r < rows.last; r++)
            for (size_t c = columns.first; c < columns.last; c++) {
#pragma omp simd
                for (size_t l = 0; l < lanes; l++)
                    to[l] = LARGER(to[l], x[(r * m.w + c) * lanes + l]);
            }
    }
}

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    const limn_pool_options *o = &((const pool_attr *)step->node->attr)->window;
    const real *x = (const real *)step->in[0].data + index * m.h * m.w * lanes;
    real *y = (real *)step->out.data + index * m.oh * m.ow * lanes;
    bool twos = o->kernel == 2 && o->stride == 2 && !o->pad && !o->ceil;
    for (size_t i = 0; i < m.oh; i++, y += m.ow * lanes) {
        if (twos)
            row_of_twos(y, x + 2 * i * m.w * lanes, m.w * lanes, m.ow, lanes);
        else
            row_of_windows(y, x, pool_at(o, i, m.h), m, o, lanes);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_max_pool, limn_op_max_pool_gradient;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = LIMN_NODE(&limn_op_max_pool_gradient, node->attr, node->input[0], node, dy);
}

limn_node *limn_max_pool(limn_node *x, limn_pool_options options) {
    pool_attr attr = pool_attr_of(x, options);
    return LIMN_NODE(&limn_op_max_pool, &attr, x);
}

static limn_node *twos(limn_node *const *in) {
    return limn_max_pool(in[0], (limn_pool_options){.kernel = 2});
}
static limn_node *overlapping(limn_node *const *in) {
    return limn_max_pool(in[0], (limn_pool_options){.kernel = 3, .stride = 2, .pad = 1});
}
static limn_node *ceiling(limn_node *const *in) {
    return limn_max_pool(in[0], (limn_pool_options){.kernel = 3, .stride = 2, .ceil = true});
}
static limn_node *too_much(limn_node *const *in) {
    return limn_max_pool(in[0], (limn_pool_options){.kernel = 2, .pad = 2});
}

static const limn_case cases[] = {
    {.what = "2x2", .build = twos, .inputs = 1, .input = {{4, {2, 5, 7, 8}}}},
    {.what = "2x2, full channels", .build = twos, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {.what = "3x3, stride 2, padding",
     .build = overlapping,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 8}}}},
    {.what = "3x3, stride 2, ceil", .build = ceiling, .inputs = 1, .input = {{4, {2, 5, 8, 6}}}},
    {.what = "too much padding",
     .build = too_much,
     .inputs = 1,
     .input = {{4, {1, 1, 8, 8}}},
     .mistake = "windows of 2 with stride 2 and padding 2"},
    {.what = "too small",
     .build = ceiling,
     .inputs = 1,
     .input = {{4, {1, 1, 8, 2}}},
     .mistake = "windows of 3 do not fit into the picture"},
    {0},
};

const limn_op limn_op_max_pool = {
    .name = "max_pool",
    .formula = "y[n,c,i,j] = max over a,b of x[n, c, i s + a - pad, j s + b - pad]",
    .attr_size = sizeof(pool_attr),
    .shape = pool_shape,
    .grad = grad,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(max_pool),
    .cases = cases,
};

#endif
