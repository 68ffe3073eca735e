// average_pool_gradient: every element of a window gets an equal share of the window's gradient.
#include "ops/pool.h"

#include <string.h>

#define OP_NAME average_pool_gradient
#include "ops/maps.h"

// "In" is dy; the result has the size of x.
INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    const limn_pool_options *o = &((const pool_attr *)step->node->attr)->window;
    const real *dy = (const real *)step->in[0].data + index * m.h * m.w * lanes;
    real *dx = (real *)step->out.data + index * m.oh * m.ow * lanes;
    memset(dx, 0, m.oh * m.ow * lanes * sizeof *dx);
    for (size_t i = 0; i < m.h; i++) {
        pool_window rows = pool_at(o, i, m.oh);
        for (size_t j = 0; j < m.w; j++, dy += lanes) {
            pool_window columns = pool_at(o, j, m.ow);
            size_t count = o->count_padding
                               ? rows.covered * columns.covered
                               : (rows.last - rows.first) * (columns.last - columns.first);
            real share = 1 / (real)count;
            for (size_t r = rows.first; r < rows.last; r++)
                for (size_t c = columns.first; c < columns.last; c++)
                    for (size_t l = 0; l < lanes; l++)
                        dx[(r * m.ow + c) * lanes + l] += share * dy[l];
        }
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_average_pool_gradient;

static limn_status shape(limn_node *node) {
    const pool_attr *o = node->attr;
    LIMN_TRY(maps_check(node));
    node->shape.dim[2] = o->h;
    node->shape.dim[3] = o->w;
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_average_pool(dy, ((const pool_attr *)node->attr)->window);
}

static limn_node *build(limn_node *const *in) {
    pool_attr attr = {{.kernel = 3, .stride = 2, .pad = 1}, 7, 8};
    return LIMN_NODE(&limn_op_average_pool_gradient, &attr, in[0]);
}

static const limn_case cases[] = {
    {.what = "3x3, stride 2", .build = build, .inputs = 1, .input = {{4, {2, 5, 4, 4}}}},
    {.what = "full channels", .build = build, .inputs = 1, .input = {{4, {2, 32, 4, 4}}}},
    {0},
};

const limn_op limn_op_average_pool_gradient = {
    .name = "average_pool_gradient",
    .formula = "dx = sum over windows of dy / count",
    .attr_size = sizeof(pool_attr),
    .shape = shape,
    .grad = grad,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(average_pool_gradient),
    .cases = cases,
};

#endif
