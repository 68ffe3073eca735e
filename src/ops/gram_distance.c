// gram_distance: d[n] = sum over i, j of |gram(x) - gram(y)|[n,i,j] / c^2: how unlike the products
// of channels of two pictures are. Neither matrix is stored: where pixels are few, channels many,
// to write them and read them takes longer than to make them.
#include "ops/gram_distance.h"

OP_PLAIN(gram_distance) {
    const int64_t *dim = step->in[0].shape.dim;
    size_t n = (size_t)dim[0], c = (size_t)dim[1], pixels = (size_t)(dim[2] * dim[3]);
    for (size_t picture = 0; picture < n; picture++) {
        const real *x = (const real *)step->in[0].data + picture * c * pixels;
        const real *y = (const real *)step->in[1].data + picture * c * pixels;
        double sum = 0;
        for (size_t i = 0; i < c; i++)
            for (size_t j = 0; j < c; j++) {
                double d = gram_difference(x, y, pixels, i, j);
                sum += d < 0 ? -d : d;
            }
        ((real *)step->out.data)[picture] = (real)(sum / (double)(c * c * c * pixels));
    }
}

#ifndef OP_DOUBLE
#include <string.h>

extern const limn_op limn_op_gram_distance, limn_op_gram_distance_gradient;

static limn_status shape(limn_node *node) {
    LIMN_TRY(gram_distance_check(node, 0));
    node->shape = LIMN_SHAPE(node->input[0]->shape.dim[0]);
    return LIMN_OK;
}

// |d| is even: the gradient by y is that by x with the two exchanged.
static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    limn_node *x = node->input[0], *y = node->input[1];
    if (wanted[0]) dx[0] = LIMN_NODE(&limn_op_gram_distance_gradient, NULL, dy, x, y);
    if (wanted[1]) dx[1] = LIMN_NODE(&limn_op_gram_distance_gradient, NULL, dy, y, x);
}

enum { CHUNK = 512 }; // pixels of a block that stay in the first cache

typedef struct job {
    gram_maps maps;
    size_t square; // floats of the products of two blocks
    float *rooms;  // a row of them for each thread
    double *sums;  // of each row of blocks of each picture
    size_t next;   // item to be taken: block i of a picture with all blocks from i on
} job;

static size_t room_of(const gram_maps *of) {
    return of->blocks * of->lanes * of->lanes;
}

static job job_of(const limn_step *step) {
    gram_maps of = gram_maps_of(step, 0);
    double *sums = step->scratch;
    return (job){.maps = of,
                 .square = of.lanes * of.lanes,
                 .rooms = (float *)(sums + of.n * of.blocks),
                 .sums = sums};
}

// Both triangles are alike: what is off the diagonal counts twice.
static void rows_of_blocks(void *context, int thread, int threads) {
    job *it = context;
    const gram_maps *of = &it->maps;
    float *room = it->rooms + (size_t)thread * room_of(of);
    (void)threads;
    for (;;) {
        size_t item = __atomic_fetch_add(&it->next, 1, __ATOMIC_RELAXED);
        if (item >= of->n * of->blocks) return;
        size_t i = item / of->n, picture = item % of->n; // the longest first
        memset(room + i * it->square, 0, (of->blocks - i) * it->square * sizeof *room);
        for (size_t p = 0; p < of->pixels; p += CHUNK) {
            size_t count = of->pixels - p < CHUNK ? of->pixels - p : CHUNK;
            for (size_t j = i; j < of->blocks; j++)
                gram_add(of, picture, i, j, p, count, room + j * it->square, of->lanes);
        }
        const float *own = room + i * it->square, *others = own + it->square;
        size_t count = (of->blocks - i - 1) * it->square;
        it->sums[picture * of->blocks + i] =
            of->map->absolute_sum(own, it->square) + 2 * of->map->absolute_sum(others, count);
    }
}

static const char *accept(limn_step *step) {
    gram_distance_accept(step, 0);
    gram_maps of = gram_maps_of(step, 0);
    step->scratch_bytes =
        of.n * of.blocks * sizeof(double) + (size_t)step->threads * room_of(&of) * sizeof(float);
    return NULL;
}

static void run(const limn_step *step) {
    job it = job_of(step);
    const gram_maps *of = &it.maps;
    double scale = 1 / ((double)of->c * (double)of->c * (double)of->c * (double)of->pixels);
    limn_parallel(step->threads, rows_of_blocks, &it);
    for (size_t picture = 0; picture < of->n; picture++) {
        double sum = 0;
        for (size_t i = 0; i < of->blocks; i++) sum += it.sums[picture * of->blocks + i];
        ((float *)step->out.data)[picture] = (float)(sum * scale);
    }
}

static const limn_kernel kernel = {.name = "blocks", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_gram_distance(limn_node *x, limn_node *y) {
    return LIMN_NODE(&limn_op_gram_distance, NULL, x, y);
}

static limn_node *build(limn_node *const *in) {
    return limn_gram_distance(in[0], limn_scale(in[1], 0.6));
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"few channels", build, 2, {S(2, 3, 2, 2), S(2, 3, 2, 2)}},
    {"full blocks", build, 2, {S(1, 32, 5, 4), S(1, 32, 5, 4)}, .rough = true},
    {"an odd block", build, 2, {S(2, 53, 3, 7), S(2, 53, 3, 7)}, .rough = true},
    {"many pixels", build, 2, {S(2, 35, 37, 41), S(2, 35, 37, 41)}, .rough = true},
    {"one pixel", build, 2, {S(3, 67, 1, 1), S(3, 67, 1, 1)}, .rough = true},
    {"no map", build, 2, {S(2, 5, 7), S(2, 5, 7)}, .mistake = "x must be [pictures, channels"},
    {"two shapes",
     build,
     2,
     {S(1, 3, 8, 8), S(1, 3, 8, 9)},
     .mistake = "both must have one shape, not [1, 3, 8, 8] and [1, 3, 8, 9]"},
    {0},
};
#undef S

const limn_op limn_op_gram_distance = {
    .name = "gram_distance",
    .formula = "d[n] = sum over i, j of |gram(x) - gram(y)|[n,i,j] / c^2",
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(gram_distance),
    .cases = cases,
};
#endif
