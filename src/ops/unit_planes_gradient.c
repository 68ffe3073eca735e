// unit_planes_gradient: dx = (dy - x <x, dy> / |x|^2) / |x|, and dy / floor where |x| is below it;
// <,> and |x| over the pixels of a channel.
#include "ops/unit_planes.h"

#define OP_NAME unit_planes_gradient
#include "ops/maps.h"

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    const unit_planes_attr *o = step->node->attr;
    size_t size = m.h * m.w * lanes;
    const real *dy = (const real *)step->in[0].data + index * size;
    const real *x = (const real *)step->in[1].data + index * size;
    real *dx = (real *)step->out.data + index * size, squares[16], product[16], a[16], b[16];
    plane_product(x, x, m.h, m.w, lanes, squares);
    plane_product(x, dy, m.h, m.w, lanes, product);
    for (size_t l = 0; l < lanes; l++) {
        double own = (double)squares[l], least = o->floor * o->floor;
        a[l] = (real)(1 / sqrt(fmax(own, least)));
        b[l] = own > least ? (real)((double)a[l] * (double)product[l] / own) : 0;
    }
    for (size_t j = 0; j < m.h * m.w; j++) {
#pragma omp simd
        for (size_t l = 0; l < lanes; l++) {
            size_t at = j * lanes + l;
            dx[at] = dy[at] * a[l] - x[at] * b[l];
        }
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_unit_planes_gradient;

static limn_status shape(limn_node *node) {
    return maps_check(node);
}

static limn_node *build(limn_node *const *in) {
    return LIMN_NODE(&limn_op_unit_planes_gradient, &(unit_planes_attr){1e-4}, in[0], in[1]);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"few channels", build, 2, {S(2, 5, 3, 4), S(2, 5, 3, 4)}, .rough = true},
    {"full blocks", build, 2, {S(1, 32, 40, 30), S(1, 32, 40, 30)}, .rough = true},
    {0},
};
#undef S

const limn_op limn_op_unit_planes_gradient = {
    .name = "unit_planes_gradient",
    .formula = "dx = (dy - x <x, dy> / |x|^2) / |x|",
    .attr_size = sizeof(unit_planes_attr),
    .shape = shape,
    .no_grad = true,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(unit_planes_gradient),
    .cases = cases,
};

#endif
