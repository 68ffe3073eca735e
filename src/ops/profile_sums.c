// profile_sums: sums of products of each row and column of two pictures, of their YUV versions and
// of the differences of neighbours.
#include "ops/profile_op.h"

// Element i, j of a plane of picture x [3][h][w]; differences reach to the next.
static real plane_at(const real *x, size_t plane, size_t h, size_t w, size_t i, size_t j) {
    const struct profile_map *map = &profile_maps[plane / 3];
    size_t to = (i + (size_t)map->below) * w + j + (size_t)map->right, at = i * w + j;
    real rgb[3];
    for (size_t c = 0; c < 3; c++) {
        rgb[c] = x[c * h * w + at];
        if (map->right || map->below) rgb[c] -= x[c * h * w + to];
    }
    size_t c = plane % 3;
    return plane / 3 < PROFILE_YUV ? rgb[c] : profile_yuv(rgb[0], rgb[1], rgb[2], (int)c);
}

// Sums of products of plane `plane`, from x and y [3][h][w] into [3][h + w].
static void sum_plane(const real *x, const real *y, size_t plane, size_t h, size_t w, real *sums) {
    const struct profile_map *map = &profile_maps[plane / 3];
    size_t rows = h - (size_t)map->below, columns = w - (size_t)map->right, room = h + w;
    for (size_t side = 0; side < 2; side++)
        for (size_t p = 0; p < (side ? columns : rows); p++) {
            double sum[PROFILE_SUMS] = {0};
            for (size_t q = 0; q < (side ? rows : columns); q++) {
                size_t i = side ? q : p, j = side ? p : q;
                double a = (double)plane_at(x, plane, h, w, i, j);
                double b = (double)plane_at(y, plane, h, w, i, j);
                sum[PROFILE_XY] += a * b;
                sum[PROFILE_XX] += a * a;
                sum[PROFILE_YY] += b * b;
            }
            for (size_t s = 0; s < PROFILE_SUMS; s++)
                sums[s * room + (side ? h : 0) + p] = (real)sum[s];
        }
}

OP_PLAIN(profile_sums) {
    unsigned parts = ((const profile_sums_attr *)step->node->attr)->parts;
    const int64_t *d = step->in[0].shape.dim;
    size_t n = (size_t)d[0], h = (size_t)d[2], w = (size_t)d[3], room = PROFILE_SUMS * (h + w);
    const real *x = step->in[0].data, *y = step->in[1].data;
    real *sums = step->out.data;
    for (size_t i = 0; i < n * PROFILE_PLANES * room; i++) sums[i] = 0;
    for (size_t picture = 0; picture < n; picture++)
        for (size_t plane = 0; plane < PROFILE_PLANES; plane++, sums += room)
            if (profile_wanted(parts, (int)plane / 3))
                sum_plane(x + picture * 3 * h * w, y + picture * 3 * h * w, plane, h, w, sums);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_profile_sums, limn_op_profile_sums_gradient;

static limn_status shape(limn_node *node) {
    const limn_shape *x = &node->input[0]->shape, *y = &node->input[1]->shape;
    if (x->rank != 4 || x->dim[1] != 3)
        return limn_node_fail(node, "x must be [pictures, 3, rows, columns], not %s",
                              limn_shape_text(x));
    if (!limn_shape_equal(x, y))
        return limn_node_fail(node, "both pictures must have one shape, not %s and %s",
                              limn_shape_text(x), limn_shape_text(y));
    node->shape = LIMN_SHAPE(x->dim[0], PROFILE_PLANES, PROFILE_SUMS, x->dim[2] + x->dim[3]);
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dsums, const bool *wanted, limn_node **dx) {
    profile_sums_attr by = *(const profile_sums_attr *)node->attr;
    for (int i = 0; i < 2; i++) {
        by.by_y = i == 1;
        if (wanted[i])
            dx[i] = LIMN_NODE(&limn_op_profile_sums_gradient, &by, dsums, node->input[i],
                              node->input[1 - i]);
    }
}

static limn_profile_bands bands_of(const limn_step *step) {
    const int64_t *d = step->in[0].shape.dim;
    return limn_profile_bands_of((size_t)d[2], (size_t)d[3]);
}

static size_t pictures_of(const limn_step *step) {
    return (size_t)step->in[0].shape.dim[0];
}

// Bands of pictures: rows whole, columns as far as the band goes, into scratch.
static void bands(const limn_step *step, size_t begin, size_t end) {
    limn_profile_bands cut = bands_of(step);
    size_t pixels = 3 * cut.h * cut.w, room = PROFILE_PLANES * PROFILE_SUMS * (cut.h + cut.w);
    for (size_t u = begin; u < end; u++) {
        size_t picture = u / cut.count, top = u % cut.count * LIMN_PROFILE_BAND;
        limn_profile_run run = {.x = (const float *)step->in[0].data + picture * pixels,
                                .y = (const float *)step->in[1].data + picture * pixels,
                                .bands = cut,
                                .top = top,
                                .rows = (float *)step->out.data + picture * room,
                                .columns = (float *)step->scratch + u * cut.columns};
        for (int map = 0; map < PROFILE_MAPS; map++)
            run.wanted[map] =
                profile_wanted(((const profile_sums_attr *)step->node->attr)->parts, map);
        limn_profile_for(step->isa)->sums(&run);
    }
}

// Sums of planes: their columns, over bands.
INLINE void columns_body(const limn_step *step, size_t begin, size_t end) {
    limn_profile_bands cut = bands_of(step);
    size_t lines = PROFILE_PLANES * PROFILE_SUMS;
    for (size_t u = begin; u < end; u++) {
        const float *from = (const float *)step->scratch + u / lines * cut.count * cut.columns +
                            u % lines * cut.line;
        float *to = (float *)step->out.data + u * (cut.h + cut.w) + cut.h;
        for (size_t j = 0; j < cut.w; j++) to[j] = from[j];
        for (size_t band = 1; band < cut.count; band++)
#pragma omp simd
            for (size_t j = 0; j < cut.w; j++) to[j] += from[band * cut.columns + j];
    }
}
VERSIONS(columns)

static void run(const limn_step *step) {
    limn_profile_bands cut = bands_of(step);
    size_t n = pictures_of(step), units = n * PROFILE_PLANES * PROFILE_SUMS;
    limn_do_parts(step, bands, n * cut.count, n * PROFILE_PLANES * cut.h * cut.w);
    limn_do_parts(step, columns, units, units * cut.count * cut.w);
}

static const char *accept(limn_step *step) {
    for (int i = 0; i < 2; i++) {
        step->in[i].layout = LIMN_PLAIN;
        step->in[i].type = LIMN_FLOAT;
    }
    limn_profile_bands cut = bands_of(step);
    step->scratch_bytes = pictures_of(step) * cut.count * cut.columns * sizeof(float);
    return NULL;
}

static const limn_kernel kernel = {.name = "tiles", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_profile_sums(limn_node *x, limn_node *y, unsigned parts) {
    return LIMN_NODE(&limn_op_profile_sums, (&(profile_sums_attr){.parts = parts}), x, y);
}

static limn_node *every(limn_node *const *in) {
    return limn_profile_sums(in[0], in[1], LIMN_PROFILE_ALL);
}
static limn_node *one(limn_node *const *in) {
    return limn_profile_sums(in[0], in[1], 1u << LIMN_PROFILE_YUV_GRADIENT);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"pictures", every, 2, {S(2, 3, 5, 7), S(2, 3, 5, 7)}},
    {"one part", one, 2, {S(1, 3, 4, 6), S(1, 3, 4, 6)}},
    {"whole tiles", every, 2, {S(1, 3, 8, 64), S(1, 3, 8, 64)}},
    {"a pixel more than tiles", every, 2, {S(1, 3, 9, 33), S(1, 3, 9, 33)}},
    {"a pixel less than tiles", every, 2, {S(2, 3, 7, 63), S(2, 3, 7, 63)}},
    {"several bands", every, 2, {S(2, 3, 131, 35), S(2, 3, 131, 35)}},
    {"one row", every, 2, {S(1, 3, 1, 9), S(1, 3, 1, 9)}},
    {"one column", every, 2, {S(1, 3, 9, 1), S(1, 3, 9, 1)}},
    {"one pixel", every, 2, {S(1, 3, 1, 1), S(1, 3, 1, 1)}},
    {"grey pictures",
     every,
     2,
     {S(1, 1, 8, 8), S(1, 1, 8, 8)},
     .mistake = "x must be [pictures, 3, rows, columns], not [1, 1, 8, 8]"},
    {"two shapes",
     every,
     2,
     {S(1, 3, 8, 8), S(1, 3, 8, 9)},
     .mistake = "both pictures must have one shape, not [1, 3, 8, 8] and [1, 3, 8, 9]"},
    {0},
};
#undef S

const limn_op limn_op_profile_sums = {
    .name = "profile_sums",
    .formula = "sums of x y, x x, y y over rows and columns of RGB, YUV and differences",
    .attr_size = sizeof(profile_sums_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(profile_sums),
    .cases = cases,
};

#endif
