// gram_distance_gradient: dx[n,i,p] = 2 dy[n] / (c^3 h w) times the sum over j of s[n,i,j]
// x[n,j,p], s the signs of gram(x) - gram(y).
#include "ops/gram_distance.h"

OP_PLAIN(gram_distance_gradient) {
    const int64_t *dim = step->in[1].shape.dim;
    size_t n = (size_t)dim[0], c = (size_t)dim[1], pixels = (size_t)(dim[2] * dim[3]);
    for (size_t picture = 0; picture < n; picture++) {
        const real *x = (const real *)step->in[1].data + picture * c * pixels;
        const real *y = (const real *)step->in[2].data + picture * c * pixels;
        real *dx = (real *)step->out.data + picture * c * pixels;
        double factor =
            2 * (double)((const real *)step->in[0].data)[picture] / (double)(c * c * c * pixels);
        for (size_t i = 0; i < c * pixels; i++) dx[i] = 0;
        for (size_t i = 0; i < c; i++)
            for (size_t j = 0; j < c; j++) {
                double d = gram_difference(x, y, pixels, i, j);
                real sign = (real)(factor * ((d > 0) - (d < 0)));
                for (size_t p = 0; p < pixels; p++) dx[i * pixels + p] += sign * x[j * pixels + p];
            }
    }
}

#ifndef OP_DOUBLE
#include <string.h>

static limn_status shape(limn_node *node) {
    LIMN_TRY(gram_distance_check(node, 1));
    node->shape = node->input[1]->shape;
    limn_shape wanted = LIMN_SHAPE(node->shape.dim[0]);
    if (limn_shape_equal(&node->input[0]->shape, &wanted)) return LIMN_OK;
    return limn_node_fail(node, "the gradient must be [pictures]");
}

// Pixels of a block that stay in the first cache; pixels all of whose channels stay in the second.
enum { CHUNK = 512, PIXELS = 120 };

typedef struct job {
    const limn_step *step;
    gram_maps maps;
    size_t pairs, room; // pairs of blocks of dx; floats of the signs of one
    size_t next;        // item to be taken: a pair of a picture
} job;

static job job_of(const limn_step *step) {
    job it = {.step = step, .maps = gram_maps_of(step, 1)};
    it.pairs = (it.maps.blocks + 1) / 2;
    it.room = it.maps.blocks * it.maps.lanes * 2 * it.maps.lanes;
    return it;
}

// signs[j][i] for all channels j and those i of two blocks from `first` on, times `factor`.
static void make_signs(const job *it, size_t picture, size_t first, float factor, float *signs) {
    const gram_maps *of = &it->maps;
    size_t row = 2 * of->lanes;
    memset(signs, 0, it->room * sizeof *signs);
    for (size_t p = 0; p < of->pixels; p += CHUNK) {
        size_t count = of->pixels - p < CHUNK ? of->pixels - p : CHUNK;
        for (size_t j = 0; j < of->blocks; j++)
            for (size_t i = first; i < of->blocks && i < first + 2; i++)
                gram_add(of, picture, j, i, p, count,
                         signs + j * of->lanes * row + (i - first) * of->lanes, row);
    }
    of->map->signs(signs, it->room, factor);
}

static void multiply(const job *it, size_t picture, size_t first, const float *signs) {
    const gram_maps *of = &it->maps;
    size_t size = of->pixels * of->lanes, from = picture * of->blocks * size;
    for (size_t p = 0; p < of->pixels; p += PIXELS) {
        size_t at = from + p * of->lanes;
        limn_gram_run run = {.x = of->x + at,
                             .filters = signs,
                             .out = (float *)it->step->out.data + at + first * size,
                             .stride = size,
                             .blocks = of->blocks,
                             .pixels = of->pixels - p < PIXELS ? of->pixels - p : PIXELS,
                             .single = first + 1 == of->blocks};
        of->map->gram_data(&run);
    }
}

static void pairs_of_blocks(void *context, int thread, int threads) {
    job *it = context;
    const gram_maps *of = &it->maps;
    float *signs = (float *)it->step->scratch + (size_t)thread * it->room;
    double scale = 2 / ((double)of->c * (double)of->c * (double)of->c * (double)of->pixels);
    (void)threads;
    for (;;) {
        size_t item = __atomic_fetch_add(&it->next, 1, __ATOMIC_RELAXED);
        if (item >= of->n * it->pairs) return;
        size_t picture = item / it->pairs, first = 2 * (item % it->pairs);
        double dy = (double)((const float *)it->step->in[0].data)[picture];
        make_signs(it, picture, first, (float)(dy * scale), signs);
        multiply(it, picture, first, signs);
    }
}

static const char *accept(limn_step *step) {
    step->in[0].layout = LIMN_PLAIN;
    step->in[0].type = LIMN_FLOAT;
    gram_distance_accept(step, 1);
    step->out.layout = LIMN_BLOCKED;
    step->scratch_bytes = (size_t)step->threads * job_of(step).room * sizeof(float);
    return NULL;
}

static void run(const limn_step *step) {
    job it = job_of(step);
    limn_parallel(step->threads, pairs_of_blocks, &it);
}

static const limn_kernel kernel = {.name = "blocks", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

extern const limn_op limn_op_gram_distance_gradient;

static limn_node *build(limn_node *const *in) {
    return LIMN_NODE(&limn_op_gram_distance_gradient, NULL, in[0], in[1], in[2]);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"few channels", build, 3, {S(2), S(2, 5, 3, 4), S(2, 5, 3, 4)}, .rough = true},
    {"full blocks", build, 3, {S(1), S(1, 32, 5, 4), S(1, 32, 5, 4)}, .rough = true},
    {"an odd block", build, 3, {S(2), S(2, 53, 3, 7), S(2, 53, 3, 7)}, .rough = true},
    {"many pixels", build, 3, {S(1), S(1, 19, 37, 21), S(1, 19, 37, 21)}, .rough = true},
    {"two pixels", build, 3, {S(3), S(3, 37, 1, 2), S(3, 37, 1, 2)}, .rough = true},
    {"another gradient",
     build,
     3,
     {S(3), S(2, 5, 3, 4), S(2, 5, 3, 4)},
     .mistake = "the gradient must be [pictures]"},
    {0},
};
#undef S

const limn_op limn_op_gram_distance_gradient = {
    .name = "gram_distance_gradient",
    .formula =
        "dx[n,i,p] = 2 dy[n] sum over j of sign(gram(x) - gram(y))[n,i,j] x[n,j,p] / (c^3 h w)",
    .shape = shape,
    .no_grad = true,
    .kernels = kernels,
    .plain = OP_PLAINS(gram_distance_gradient),
    .cases = cases,
};
#endif
