// gram: the Gram matrix of a map, g[n,i,j] = sum of x[n,i,p] x[n,j,p] over the pixels / (c h w).
//
// "A Neural Algorithm of Artistic Style", L. Gatys et al. 2015, equation 3, divided as in Johnson
// 2016, section 3.2.
#include "ops/op.h"

#ifndef OP_DOUBLE
#include "base/threads.h"
#include "device/map.h"

#include <string.h>

static limn_status shape(limn_node *node) {
    const limn_shape *x = &node->input[0]->shape;
    if (x->rank != 4) return limn_node_fail(node, "x must be [pictures, channels, height, width]");
    node->shape = LIMN_SHAPE(x->dim[0], x->dim[1], x->dim[1]);
    return LIMN_OK;
}

extern const limn_op limn_op_gram, limn_op_gram_data;

static void grad(limn_node *node, limn_node *dg, const bool *wanted, limn_node **dx) {
    if (wanted[0]) dx[0] = LIMN_NODE(&limn_op_gram_data, NULL, dg, node->input[0]);
}

limn_node *limn_gram(limn_node *x) {
    return LIMN_NODE(&limn_op_gram, NULL, x);
}

static limn_node *build(limn_node *const *in) {
    return limn_gram(in[0]);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"few channels", build, 1, {S(2, 5, 7, 6)}},
    {"full blocks", build, 1, {S(1, 32, 5, 4)}},
    {"many pixels", build, 1, {S(2, 35, 37, 41)}, .rough = true},
    {"one pixel", build, 1, {S(1, 3, 1, 1)}},
    {"no map", build, 1, {S(2, 5, 7)}, .mistake = "x must be [pictures, channels, height, width]"},
    {0},
};
#undef S
#endif

OP_PLAIN(gram) {
    const int64_t *dim = step->in[0].shape.dim;
    size_t n = (size_t)dim[0], c = (size_t)dim[1], pixels = (size_t)(dim[2] * dim[3]);
    real *g = step->out.data;
    for (size_t plane = 0; plane < n; plane++)
        for (size_t i = 0; i < c; i++)
            for (size_t j = 0; j < c; j++) {
                const real *a = (const real *)step->in[0].data + (plane * c + i) * pixels;
                const real *b = (const real *)step->in[0].data + (plane * c + j) * pixels;
                double sum = 0;
                for (size_t p = 0; p < pixels; p++) sum += (double)a[p] * (double)b[p];
                *g++ = (real)(sum / (double)(c * pixels));
            }
}

#ifndef OP_DOUBLE
enum { CHUNK = 512 }; // pixels of a block that stay in the first cache

typedef struct gram_job {
    const limn_step *step;
    const limn_map *map;
    size_t n, c, pixels, lanes, blocks;
    size_t next; // item to be taken: block i of a picture with all blocks from i on
} gram_job;

static gram_job job_of(const limn_step *step) {
    const limn_map *map = limn_map_for(step->isa);
    const int64_t *dim = step->in[0].shape.dim;
    gram_job job = {.step = step, .map = map, .n = (size_t)dim[0], .c = (size_t)dim[1]};
    job.pixels = (size_t)(dim[2] * dim[3]);
    job.lanes = (size_t)map->lanes;
    job.blocks = (job.c + job.lanes - 1) / job.lanes;
    return job;
}

// The products of blocks i and j, to both of their places.
static void deliver(const gram_job *job, size_t picture, size_t i, size_t j, const float *sums) {
    size_t c = job->c, lanes = job->lanes;
    float *g = (float *)job->step->out.data + picture * c * c;
    float scale = (float)(1 / ((double)c * (double)job->pixels));
    for (size_t a = 0; a < lanes && i * lanes + a < c; a++)
        for (size_t b = 0; b < lanes && j * lanes + b < c; b++) {
            float value = sums[a * lanes + b] * scale;
            g[(i * lanes + a) * c + j * lanes + b] = value;
            g[(j * lanes + b) * c + i * lanes + a] = value;
        }
}

static void rows_of_blocks(void *context, int thread, int threads) {
    gram_job *job = context;
    size_t size = job->pixels * job->lanes, square = job->lanes * job->lanes;
    float *sums = (float *)job->step->scratch + (size_t)thread * job->blocks * square;
    (void)threads;
    for (;;) {
        size_t item = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
        if (item >= job->n * job->blocks) return;
        size_t i = item / job->n, picture = item % job->n; // the longest first
        const float *x = (const float *)job->step->in[0].data + picture * job->blocks * size;
        memset(sums, 0, job->blocks * square * sizeof *sums);
        for (size_t p = 0; p < job->pixels; p += CHUNK) {
            size_t count = job->pixels - p < CHUNK ? job->pixels - p : CHUNK, at = p * job->lanes;
            for (size_t j = i; j < job->blocks; j++)
                job->map->gram(x + i * size + at, x + j * size + at, count, sums + j * square);
        }
        for (size_t j = i; j < job->blocks; j++) deliver(job, picture, i, j, sums + j * square);
    }
}

static const char *accept(limn_step *step) {
    step->in[0].layout = LIMN_BLOCKED;
    step->in[0].type = LIMN_FLOAT;
    gram_job job = job_of(step);
    step->scratch_bytes =
        (size_t)step->threads * job.blocks * job.lanes * job.lanes * sizeof(float);
    return NULL;
}

static void run(const limn_step *step) {
    gram_job job = job_of(step);
    limn_parallel(step->threads, rows_of_blocks, &job);
}

static const limn_kernel kernel = {.name = "blocks", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

const limn_op limn_op_gram = {
    .name = "gram",
    .formula = "g[n,i,j] = sum of x[n,i,p] x[n,j,p] over the pixels p / (c h w)",
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(gram),
    .cases = cases,
};
#endif
