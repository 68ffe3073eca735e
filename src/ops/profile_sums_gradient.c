// profile_sums_gradient: dx = for each plane of x, y and profile of it, d(x y) y + 2 d(x x) x, of a
// pixel's row and its column, brought back to the picture: differences give to the pixel and take
// from the next, YUV goes through the matrix turned over.
#include "ops/profile_op.h"

// What element i, j of a plane gets; 0 outside of it.
static double given(const limn_step *step, size_t picture, size_t plane, int64_t i, int64_t j) {
    const struct profile_map *map = &profile_maps[plane / 3];
    const int64_t h = step->out.shape.dim[2], w = step->out.shape.dim[3];
    const profile_sums_attr *o = step->node->attr;
    if (!profile_wanted(o->parts, (int)plane / 3)) return 0;
    if (i < 0 || j < 0 || i >= h - map->below || j >= w - map->right) return 0;
    int64_t own = o->by_y ? PROFILE_YY : PROFILE_XX, line = h + w;
    const real *d = (const real *)step->in[0].data +
                    ((int64_t)picture * PROFILE_PLANES + (int64_t)plane) * PROFILE_SUMS * line;
    double value[2] = {0};
    for (int side = 0; side < 2; side++) {
        const real *x = (const real *)step->in[1 + side].data + (int64_t)picture * 3 * h * w;
        real rgb[3];
        for (int64_t c = 0; c < 3; c++) {
            rgb[c] = x[(c * h + i) * w + j];
            if (map->right || map->below)
                rgb[c] -= x[(c * h + i + map->below) * w + j + map->right];
        }
        size_t c = plane % 3;
        value[side] =
            (double)(plane / 3 < PROFILE_YUV ? rgb[c]
                                             : profile_yuv(rgb[0], rgb[1], rgb[2], (int)c));
    }
    return ((double)d[PROFILE_XY * line + i] + (double)d[PROFILE_XY * line + h + j]) * value[1] +
           2 * ((double)d[own * line + i] + (double)d[own * line + h + j]) * value[0];
}

// The same, of the planes of a channel of RGB (from map PROFILE_RGB) or YUV, brought to its pixel.
static double gathered(const limn_step *step, size_t picture, size_t from, size_t channel,
                       int64_t i, int64_t j) {
    size_t plane = 3 * from + channel, right = plane + 3, below = plane + 6;
    return given(step, picture, plane, i, j) + given(step, picture, right, i, j) -
           given(step, picture, right, i, j - 1) + given(step, picture, below, i, j) -
           given(step, picture, below, i - 1, j);
}

OP_PLAIN(profile_sums_gradient) {
    const int64_t n = step->out.shape.dim[0], h = step->out.shape.dim[2],
                  w = step->out.shape.dim[3];
    real *dx = step->out.data;
    for (int64_t p = 0; p < n; p++)
        for (int64_t i = 0; i < h; i++)
            for (int64_t j = 0; j < w; j++) {
                double yuv[3];
                for (size_t c = 0; c < 3; c++)
                    yuv[c] = gathered(step, (size_t)p, PROFILE_YUV, c, i, j);
                static const double share[3] = {LIMN_LUMA_R, LIMN_LUMA_G, LIMN_LUMA_B};
                double luma = yuv[0] - LIMN_OF_U * yuv[1] - LIMN_OF_V * yuv[2];
                for (size_t c = 0; c < 3; c++) {
                    double sum = gathered(step, (size_t)p, PROFILE_RGB, c, i, j);
                    sum += share[c] * luma;
                    if (c == 2) sum += LIMN_OF_U * yuv[1];
                    if (c == 0) sum += LIMN_OF_V * yuv[2];
                    dx[((p * 3 + (int64_t)c) * h + i) * w + j] = (real)sum;
                }
            }
}

#ifndef OP_DOUBLE
static limn_status shape(limn_node *node) {
    node->shape = node->input[1]->shape;
    return LIMN_OK;
}

static limn_profile_bands bands_of(const limn_step *step) {
    const int64_t *d = step->out.shape.dim;
    return limn_profile_bands_of((size_t)d[2], (size_t)d[3]);
}

static void bands(const limn_step *step, size_t begin, size_t end) {
    const profile_sums_attr *o = step->node->attr;
    limn_profile_bands cut = bands_of(step);
    size_t pixels = 3 * cut.h * cut.w, room = PROFILE_PLANES * PROFILE_SUMS * (cut.h + cut.w);
    for (size_t u = begin; u < end; u++) {
        size_t picture = u / cut.count;
        limn_profile_gradient_run run = {
            .x = (const float *)step->in[1].data + picture * pixels,
            .y = (const float *)step->in[2].data + picture * pixels,
            .bands = cut,
            .top = u % cut.count * LIMN_PROFILE_BAND,
            .given = (const float *)step->in[0].data + picture * room,
            .own = o->by_y ? PROFILE_YY : PROFILE_XX,
            .dx = (float *)step->out.data + picture * pixels,
            .scratch = (float *)step->scratch + u * limn_profile_gradient_room(&cut),
        };
        for (int map = 0; map < PROFILE_MAPS; map++)
            run.wanted[map] = profile_wanted(o->parts, map);
        limn_profile_for(step->isa)->gradient(&run);
    }
}

static void run(const limn_step *step) {
    limn_profile_bands cut = bands_of(step);
    size_t n = (size_t)step->out.shape.dim[0];
    limn_do_parts(step, bands, n * cut.count, n * PROFILE_PLANES * cut.h * cut.w);
}

static const char *accept(limn_step *step) {
    for (int i = 0; i < 3; i++) {
        step->in[i].layout = LIMN_PLAIN;
        step->in[i].type = LIMN_FLOAT;
    }
    limn_profile_bands cut = bands_of(step);
    size_t n = (size_t)step->out.shape.dim[0];
    step->scratch_bytes = n * cut.count * limn_profile_gradient_room(&cut) * sizeof(float);
    return NULL;
}

static const limn_kernel kernel = {.name = "tiles", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

extern const limn_op limn_op_profile_sums_gradient;

static limn_node *by(limn_node *const *in, profile_sums_attr how) {
    return LIMN_NODE(&limn_op_profile_sums_gradient, &how, in[0], in[1], in[2]);
}
static limn_node *by_x(limn_node *const *in) {
    return by(in, (profile_sums_attr){.parts = LIMN_PROFILE_ALL});
}
static limn_node *by_y(limn_node *const *in) {
    return by(in, (profile_sums_attr){.parts = LIMN_PROFILE_ALL, .by_y = true});
}
static limn_node *one(limn_node *const *in) {
    return by(in, (profile_sums_attr){.parts = 1u << LIMN_PROFILE_GRADIENT});
}

#define S LIMN_SHAPE
#define CASE(what, build, n, h, w)                                                                 \
    { what, build, 3, {S(n, 18, 3, (h) + (w)), S(n, 3, h, w), S(n, 3, h, w)}, .rough = true }
static const limn_case cases[] = {
    CASE("pictures", by_x, 2, 5, 7),
    CASE("by the other", by_y, 2, 5, 7),
    CASE("one part", one, 1, 5, 7),
    CASE("whole tiles", by_x, 1, 8, 64),
    CASE("a pixel more than tiles", by_x, 1, 9, 33),
    CASE("a pixel less than tiles", by_x, 2, 7, 63),
    CASE("several bands", by_x, 2, 131, 35),
    CASE("one row", by_x, 1, 1, 9),
    CASE("one column", by_x, 1, 9, 1),
    CASE("one pixel", by_x, 1, 1, 1),
    {0},
};
#undef CASE
#undef S

const limn_op limn_op_profile_sums_gradient = {
    .name = "profile_sums_gradient",
    .formula = "dx = d(x y) y + 2 d(x x) x over planes, rows and columns",
    .attr_size = sizeof(profile_sums_attr),
    .shape = shape,
    .no_grad = true,
    .kernels = kernels,
    .plain = OP_PLAINS(profile_sums_gradient),
    .cases = cases,
};

#endif
