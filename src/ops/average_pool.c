// average_pool: y = the mean of each window, over its elements or over its elements and padding.
#include "ops/pool.h"

#define OP_NAME average_pool
#include "ops/maps.h"

// Windows of 2x2 side by side.
INLINE void row_of_twos(real *y, const real *x, size_t row, size_t ow, size_t lanes) {
#define MEAN(j, l)                                                                                 \
    const real *p = x + 2 * (j)*lanes + (l), *q = p + row;                                         \
    y[(j)*lanes + (l)] = (real)0.25 * ((p[0] + p[lanes]) + (q[0] + q[lanes]));
    MAPS_ROW(ow, lanes, MEAN)
}

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    const limn_pool_options *o = &((const pool_attr *)step->node->attr)->window;
    const real *x = (const real *)step->in[0].data + index * m.h * m.w * lanes;
    real *y = (real *)step->out.data + index * m.oh * m.ow * lanes;
    bool twos = o->kernel == 2 && o->stride == 2 && !o->pad && !o->ceil;
    for (size_t i = 0; i < m.oh && twos; i++)
        row_of_twos(y + i * m.ow * lanes, x + 2 * i * m.w * lanes, m.w * lanes, m.ow, lanes);
    for (size_t i = 0; i < m.oh && !twos; i++) {
        pool_window rows = pool_at(o, i, m.h);
        for (size_t j = 0; j < m.ow; j++, y += lanes) {
            pool_window columns = pool_at(o, j, m.w);
            size_t count = o->count_padding
                               ? rows.covered * columns.covered
                               : (rows.last - rows.first) * (columns.last - columns.first);
            for (size_t l = 0; l < lanes; l++) y[l] = 0;
            for (size_t r = rows.first; r < rows.last; r++)
                for (size_t c = columns.first; c < columns.last; c++)
                    for (size_t l = 0; l < lanes; l++) y[l] += x[(r * m.w + c) * lanes + l];
            for (size_t l = 0; l < lanes; l++) y[l] *= 1 / (real)count;
        }
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_average_pool, limn_op_average_pool_gradient;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = LIMN_NODE(&limn_op_average_pool_gradient, node->attr, dy);
}

limn_node *limn_average_pool(limn_node *x, limn_pool_options options) {
    pool_attr attr = pool_attr_of(x, options);
    return LIMN_NODE(&limn_op_average_pool, &attr, x);
}

static limn_node *twos(limn_node *const *in) {
    return limn_average_pool(in[0], (limn_pool_options){.kernel = 2});
}
static limn_node *elements_only(limn_node *const *in) {
    return limn_average_pool(in[0], (limn_pool_options){.kernel = 3, .stride = 2, .pad = 1});
}
static limn_node *with_padding(limn_node *const *in) {
    return limn_average_pool(
        in[0], (limn_pool_options){.kernel = 3, .stride = 2, .pad = 1, .count_padding = true});
}
static limn_node *ceiling(limn_node *const *in) {
    return limn_average_pool(
        in[0], (limn_pool_options){
                   .kernel = 3, .stride = 2, .pad = 1, .ceil = true, .count_padding = true});
}

static const limn_case cases[] = {
    {.what = "2x2", .build = twos, .inputs = 1, .input = {{4, {2, 5, 7, 8}}}},
    {.what = "2x2, full channels", .build = twos, .inputs = 1, .input = {{4, {1, 32, 40, 30}}}},
    {.what = "padding not counted",
     .build = elements_only,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 8}}}},
    {.what = "padding counted", .build = with_padding, .inputs = 1, .input = {{4, {2, 5, 7, 8}}}},
    {.what = "ceil", .build = ceiling, .inputs = 1, .input = {{4, {2, 5, 8, 6}}}},
    {.what = "of rank 2",
     .build = twos,
     .inputs = 1,
     .input = {{2, {8, 8}}},
     .mistake = "must have four axes"},
    {0},
};

const limn_op limn_op_average_pool = {
    .name = "average_pool",
    .formula = "y[n,c,i,j] = mean over a,b of x[n, c, i s + a - pad, j s + b - pad]",
    .attr_size = sizeof(pool_attr),
    .shape = pool_shape,
    .grad = grad,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(average_pool),
    .cases = cases,
};

#endif
