// unit_planes: y = x / max(|x|, floor), |x| the length of a plane: of all pixels of a channel.
#include "ops/unit_planes.h"

#define OP_NAME unit_planes
#include "ops/maps.h"

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes) {
    const unit_planes_attr *o = step->node->attr;
    size_t size = m.h * m.w * lanes;
    const real *x = (const real *)step->in[0].data + index * size;
    real *y = (real *)step->out.data + index * size, squares[16], scale[16];
    plane_product(x, x, m.h, m.w, lanes, squares);
    for (size_t l = 0; l < lanes; l++)
        scale[l] = (real)(1 / sqrt(fmax((double)squares[l], o->floor * o->floor)));
    for (size_t j = 0; j < m.h * m.w; j++) {
#pragma omp simd
        for (size_t l = 0; l < lanes; l++) y[j * lanes + l] = x[j * lanes + l] * scale[l];
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_unit_planes, limn_op_unit_planes_gradient;

static limn_status shape(limn_node *node) {
    return maps_check(node);
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    if (wanted[0]) dx[0] = LIMN_NODE(&limn_op_unit_planes_gradient, node->attr, dy, node->input[0]);
}

limn_node *limn_unit_planes(limn_node *x, double floor) {
    return LIMN_NODE(&limn_op_unit_planes, &(unit_planes_attr){floor}, x);
}

static limn_node *build(limn_node *const *in) {
    return limn_unit_planes(in[0], 1e-4);
}
static limn_node *under_floor(limn_node *const *in) {
    return limn_unit_planes(in[0], 100);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"few channels", build, 1, {S(2, 5, 3, 4)}},
    {"full blocks", build, 1, {S(1, 32, 9, 7)}},
    {"many pixels", build, 1, {S(2, 19, 61, 53)}, .rough = true},
    {"one pixel", build, 1, {S(3, 21, 1, 1)}, .rough = true},
    {"under the floor", under_floor, 1, {S(2, 5, 3, 4)}},
    {"no map", build, 1, {S(2, 5)}, .mistake = "it must have four axes"},
    {0},
};
#undef S

const limn_op limn_op_unit_planes = {
    .name = "unit_planes",
    .formula = "y[n,c,p] = x[n,c,p] / max(|x[n,c]|, floor)",
    .attr_size = sizeof(unit_planes_attr),
    .shape = shape,
    .grad = grad,
    .kernels = maps_kernels,
    .plain = OP_PLAINS(unit_planes),
    .cases = cases,
};

#endif
