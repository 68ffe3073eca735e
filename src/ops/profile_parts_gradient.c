// profile_parts_gradient: of -S by the sums of a profile, c = xy / (|x| |y|):
//   d(xy) = 1 / (|x| |y|),  d(xx) = -c / (2 xx),  d(yy) = -c / (2 yy),
// times the share that the profile has and what its part's gradient is. A length at the floor does
// not change, and a profile that does not count gives nothing.
#include "ops/profile_op.h"

INLINE void slopes(limn_profile_form form, const real *sums, real *d, size_t line, size_t begin,
                   size_t end, real factor) {
    real floor = (real)profile_floor(form);
    const real *xy = sums, *xx = sums + line, *yy = xx + line;
#pragma omp simd
    for (size_t p = begin; p < end; p++) {
        real of_x = profile_scale(xx[p], floor), of_y = profile_scale(yy[p], floor);
        real by_xy = factor * profile_counts(form, floor, xx[p], yy[p]) * of_x * of_y;
        real half = (real)-0.5 * by_xy * xy[p];
        d[p] = by_xy;
        d[line + p] = xx[p] < floor ? 0 : half * of_x * of_x;
        d[2 * line + p] = yy[p] < floor ? 0 : half * of_y * of_y;
    }
}

INLINE void planes_body(const limn_step *step, size_t begin, size_t end) {
    const profile_parts_attr *o = step->node->attr;
    const int64_t *dim = step->out.shape.dim;
    size_t line = (size_t)dim[3], h = (size_t)o->rows;
    const real *dparts = step->in[0].data;
    for (size_t u = begin; u < end; u++) {
        const real *sums = (const real *)step->in[1].data + u * PROFILE_SUMS * line;
        real *d = (real *)step->out.data + u * PROFILE_SUMS * line;
        int map = (int)(u % PROFILE_PLANES) / 3;
        profile_shares share = profile_share(o->form, map, dim[0], o->rows, dim[3] - o->rows);
        real factor = -dparts[profile_maps[map].part];
        slopes(o->form, sums, d, line, 0, h, factor * (real)share.row);
        slopes(o->form, sums, d, line, h, line, factor * (real)share.column);
    }
}

OP_PLAIN(profile_parts_gradient) {
    planes_body(step, 0, (size_t)step->out.shape.dim[0] * PROFILE_PLANES);
}

#ifndef OP_DOUBLE

VERSIONS(planes)

static limn_status shape(limn_node *node) {
    node->shape = node->input[1]->shape;
    return LIMN_OK;
}

static void run(const limn_step *step) {
    size_t count = (size_t)step->out.shape.dim[0] * PROFILE_PLANES;
    limn_do_parts(step, planes, count, 8 * count * (size_t)step->out.shape.dim[3]);
}

static const char *accept(limn_step *step) {
    for (int i = 0; i < 2; i++) {
        step->in[i].layout = LIMN_PLAIN;
        step->in[i].type = LIMN_FLOAT;
    }
    return NULL;
}

static const limn_kernel kernel = {.name = "planes", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

static limn_node *build(limn_node *const *in, limn_profile_form form) {
    limn_node *d, *sums = limn_profile_sums(in[1], in[2], LIMN_PROFILE_ALL);
    limn_node *parts = limn_profile_parts(sums, in[1]->shape.dim[2], form);
    bool good = limn_gradients_from(parts, in[0], &sums, 1, &d) == LIMN_OK;
    return good ? d : limn_graph_broken(in[0]->graph);
}
static limn_node *formula(limn_node *const *in) {
    return build(in, LIMN_PROFILE_FORMULA);
}
static limn_node *pytorch(limn_node *const *in) {
    return build(in, LIMN_PROFILE_PYTORCH);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"formula", formula, 3, {S(2, 4), S(2, 3, 5, 7), S(2, 3, 5, 7)}, .rough = true},
    {"formula, many", formula, 3, {S(2, 4), S(1, 3, 40, 35), S(1, 3, 40, 35)}, .rough = true},
    {"pytorch", pytorch, 3, {S(2, 4), S(2, 3, 5, 7), S(2, 3, 5, 7)}, .rough = true},
    {0},
};
#undef S

const limn_op limn_op_profile_parts_gradient = {
    .name = "profile_parts_gradient",
    .formula = "d(xy) = 1 / (|x| |y|), d(xx) = -c / (2 xx), d(yy) = -c / (2 yy)",
    .attr_size = sizeof(profile_parts_attr),
    .shape = shape,
    .no_grad = true,
    .kernels = kernels,
    .plain = OP_PLAINS(profile_parts_gradient),
    .cases = cases,
};

#endif
