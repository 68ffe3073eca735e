// profile_parts: -S of each part and its reach, from the sums of profiles: cosines, weighted.
#include "ops/profile_op.h"

// Sums over the rows and over the columns of a plane: of cosines, and of what they would be were x
// like y.
typedef struct cosines {
    double rows, columns, row_reach, column_reach;
} cosines;

// Of the profiles begin .. end - 1 of a plane, whose sums lie `line` apart.
INLINE void add_cosines(limn_profile_form form, const real *sums, size_t line, size_t begin,
                        size_t end, double *cosine, double *reach) {
    real floor = (real)profile_floor(form), cosine_sum = 0, reach_sum = 0;
    const real *xy = sums, *xx = sums + line, *yy = xx + line;
#pragma omp simd reduction(+ : cosine_sum, reach_sum)
    for (size_t p = begin; p < end; p++) {
        real of_x = profile_scale(xx[p], floor), of_y = profile_scale(yy[p], floor);
        cosine_sum += profile_counts(form, floor, xx[p], yy[p]) * xy[p] * of_x * of_y;
        reach_sum += profile_counts(form, floor, yy[p], yy[p]) * yy[p] * of_y * of_y;
    }
    *cosine = (double)cosine_sum;
    *reach = (double)reach_sum;
}

// Of plane `u`, the planes of all pictures counted through.
INLINE cosines cosines_of(const limn_step *step, limn_profile_form form, size_t u) {
    const profile_parts_attr *o = step->node->attr;
    size_t line = (size_t)step->in[0].shape.dim[3], h = (size_t)o->rows;
    const real *sums = (const real *)step->in[0].data + u * PROFILE_SUMS * line;
    cosines it;
    add_cosines(form, sums, line, 0, h, &it.rows, &it.row_reach);
    add_cosines(form, sums, line, h, line, &it.columns, &it.column_reach);
    return it;
}

static void add_plane(const limn_step *step, size_t u, cosines of,
                      double parts[2][LIMN_PROFILE_PARTS]) {
    const profile_parts_attr *o = step->node->attr;
    const int64_t *d = step->in[0].shape.dim;
    int map = (int)(u % PROFILE_PLANES) / 3;
    profile_shares share = profile_share(o->form, map, d[0], o->rows, d[3] - o->rows);
    limn_profile_part part = profile_maps[map].part;
    parts[0][part] -= share.row * of.rows + share.column * of.columns;
    parts[1][part] += share.row * of.row_reach + share.column * of.column_reach;
}

static size_t planes_of(const limn_step *step) {
    return (size_t)step->in[0].shape.dim[0] * PROFILE_PLANES;
}

static void put_out(const limn_step *step, double parts[2][LIMN_PROFILE_PARTS]) {
    real *out = step->out.data;
    for (int i = 0; i < 2 * LIMN_PROFILE_PARTS; i++)
        out[i] = (real)parts[i / LIMN_PROFILE_PARTS][i % LIMN_PROFILE_PARTS];
}

OP_PLAIN(profile_parts) {
    limn_profile_form form = ((const profile_parts_attr *)step->node->attr)->form;
    double parts[2][LIMN_PROFILE_PARTS] = {{0}};
    for (size_t u = 0; u < planes_of(step); u++)
        add_plane(step, u, cosines_of(step, form, u), parts);
    put_out(step, parts);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_profile_parts, limn_op_profile_parts_gradient;

static limn_status shape(limn_node *node) {
    const limn_shape *sums = &node->input[0]->shape;
    int64_t rows = ((const profile_parts_attr *)node->attr)->rows;
    if (sums->rank != 4 || sums->dim[1] != PROFILE_PLANES || sums->dim[2] != PROFILE_SUMS ||
        rows < 1 || rows >= sums->dim[3])
        return limn_node_fail(node,
                              "the sums of profiles must be [pictures, %d, %d, rows + "
                              "columns], not %s with %lld rows",
                              PROFILE_PLANES, PROFILE_SUMS, limn_shape_text(sums), (long long)rows);
    node->shape = LIMN_SHAPE(2, LIMN_PROFILE_PARTS);
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dparts, const bool *wanted, limn_node **dx) {
    if (wanted[0])
        dx[0] = LIMN_NODE(&limn_op_profile_parts_gradient, node->attr, dparts, node->input[0]);
}

INLINE void planes_body(const limn_step *step, size_t begin, size_t end) {
    limn_profile_form form = ((const profile_parts_attr *)step->node->attr)->form;
    cosines *of = step->scratch;
    for (size_t u = begin; u < end; u++)
        of[u] = form == LIMN_PROFILE_FORMULA ? cosines_of(step, LIMN_PROFILE_FORMULA, u)
                                             : cosines_of(step, form, u);
}
VERSIONS(planes)

static void run(const limn_step *step) {
    double parts[2][LIMN_PROFILE_PARTS] = {{0}};
    size_t count = planes_of(step);
    limn_do_parts(step, planes, count, 8 * count * (size_t)step->in[0].shape.dim[3]);
    const cosines *of = step->scratch;
    for (size_t u = 0; u < count; u++) add_plane(step, u, of[u], parts);
    put_out(step, parts);
}

static const char *accept(limn_step *step) {
    step->in[0].layout = LIMN_PLAIN;
    step->in[0].type = LIMN_FLOAT;
    step->scratch_bytes = planes_of(step) * sizeof(cosines);
    return NULL;
}

static const limn_kernel kernel = {.name = "planes", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_profile_parts(limn_node *sums, int64_t rows, limn_profile_form form) {
    return LIMN_NODE(&limn_op_profile_parts, (&(profile_parts_attr){rows, form}), sums);
}

limn_node *limn_profile(limn_node *x, limn_node *y, limn_profile_options options) {
    limn_node *sums = limn_profile_sums(x, y, options.parts);
    return limn_profile_parts(sums, x->shape.rank == 4 ? x->shape.dim[2] : 0, options.form);
}

static limn_node *of_pictures(limn_node *const *in, limn_profile_form form) {
    return limn_profile(in[0], in[1], (limn_profile_options){LIMN_PROFILE_ALL, form});
}
static limn_node *formula(limn_node *const *in) {
    return of_pictures(in, LIMN_PROFILE_FORMULA);
}
static limn_node *pytorch(limn_node *const *in) {
    return of_pictures(in, LIMN_PROFILE_PYTORCH);
}
static limn_node *tensorflow(limn_node *const *in) {
    return of_pictures(in, LIMN_PROFILE_TENSORFLOW);
}
static limn_node *without_pictures(limn_node *const *in) {
    return limn_profile_parts(in[0], 4, LIMN_PROFILE_FORMULA);
}

#define S LIMN_SHAPE
// The cosine of profiles of one pixel is a sign: rough.
static const limn_case cases[] = {
    {"formula", formula, 2, {S(2, 3, 5, 7), S(2, 3, 5, 7)}},
    {"pytorch", pytorch, 2, {S(2, 3, 5, 7), S(2, 3, 5, 7)}},
    {"tensorflow", tensorflow, 2, {S(2, 3, 5, 7), S(2, 3, 5, 7)}},
    {"formula, few pixels", formula, 2, {S(1, 3, 3, 2), S(1, 3, 3, 2)}},
    {"formula, tiles and bands", formula, 2, {S(1, 3, 70, 45), S(1, 3, 70, 45)}},
    {"formula, one row", formula, 2, {S(1, 3, 1, 9), S(1, 3, 1, 9)}, .rough = true},
    {"formula, one column", formula, 2, {S(1, 3, 9, 1), S(1, 3, 9, 1)}, .rough = true},
    {"no sums",
     without_pictures,
     1,
     {S(1, 18, 3, 4)},
     .mistake = "the sums of profiles must be [pictures, 18, 3, rows + columns], not [1, 18, 3, 4] "
                "with 4 rows"},
    {0},
};
#undef S

const limn_op limn_op_profile_parts = {
    .name = "profile_parts",
    .formula = "-S = -sum over planes of the mean cosine of rows and that of columns",
    .attr_size = sizeof(profile_parts_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(profile_parts),
    .cases = cases,
};

#endif
