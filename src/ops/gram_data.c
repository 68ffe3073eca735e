// gram_data: the gradient of gram. dx[n,i,p] = sum over j of (dg[n,i,j] + dg[n,j,i]) x[n,j,p],
// divided by (c h w): a 1x1 convolution with filters of its own for every picture.
#include "ops/op.h"

#ifndef OP_DOUBLE
#include "base/threads.h"
#include "device/map.h"

#include <string.h>

static limn_status shape(limn_node *node) {
    const limn_shape *dg = &node->input[0]->shape, *x = &node->input[1]->shape;
    if (x->rank != 4) return limn_node_fail(node, "x must be [pictures, channels, height, width]");
    limn_shape wanted = LIMN_SHAPE(x->dim[0], x->dim[1], x->dim[1]);
    if (!limn_shape_equal(dg, &wanted))
        return limn_node_fail(node, "the gradient must be [pictures, channels, channels]");
    node->shape = *x;
    return LIMN_OK;
}

extern const limn_op limn_op_gram_data;

// dx is symmetric in dg: by x, h takes the place of x; by dg, d[n,i,j] = sum over p of
// (h[n,i,p] x[n,j,p] + x[n,i,p] h[n,j,p]) / (c h w).
static void grad(limn_node *node, limn_node *h, const bool *wanted, limn_node **dx) {
    limn_node *dg = node->input[0], *x = node->input[1];
    if (wanted[1]) dx[1] = LIMN_NODE(&limn_op_gram_data, NULL, dg, h);
    if (!wanted[0]) return;
    int64_t n = x->shape.dim[0], c = x->shape.dim[1], pixels = x->shape.dim[2] * x->shape.dim[3];
    limn_node *rows = limn_reshape(h, LIMN_SHAPE(n, c, pixels));
    limn_node *columns = limn_reshape(x, LIMN_SHAPE(n, c, pixels));
    limn_node *once = limn_matmul(rows, columns, (limn_matmul_options){.transpose_b = true});
    limn_node *both = limn_add(once, limn_transpose(once, (int[]){0, 2, 1}));
    dx[0] = limn_scale(both, 1 / ((double)c * (double)pixels));
}

static limn_node *build(limn_node *const *in) {
    return LIMN_NODE(&limn_op_gram_data, NULL, in[0], in[1]);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"few channels", build, 2, {S(2, 5, 5), S(2, 5, 7, 6)}},
    {"an odd block", build, 2, {S(2, 35, 35), S(2, 35, 17, 11)}},
    {"many pixels", build, 2, {S(1, 32, 32), S(1, 32, 41, 37)}, .rough = true},
    {"another gradient",
     build,
     2,
     {S(2, 5, 4), S(2, 5, 7, 6)},
     .mistake = "the gradient must be [pictures, channels, channels]"},
    {0},
};
#undef S
#endif

OP_PLAIN(gram_data) {
    const int64_t *dim = step->in[1].shape.dim;
    size_t n = (size_t)dim[0], c = (size_t)dim[1], pixels = (size_t)(dim[2] * dim[3]);
    real *dx = step->out.data;
    for (size_t plane = 0; plane < n; plane++) {
        const real *dg = (const real *)step->in[0].data + plane * c * c;
        const real *x = (const real *)step->in[1].data + plane * c * pixels;
        for (size_t i = 0; i < c; i++)
            for (size_t p = 0; p < pixels; p++) {
                double sum = 0;
                for (size_t j = 0; j < c; j++)
                    sum +=
                        ((double)dg[i * c + j] + (double)dg[j * c + i]) * (double)x[j * pixels + p];
                *dx++ = (real)(sum / (double)(c * pixels));
            }
    }
}

#ifndef OP_DOUBLE
enum { CHUNK = 120 }; // pixels, all of whose channels stay in the second cache

typedef struct data_job {
    const limn_step *step;
    const limn_map *map;
    size_t n, c, pixels, lanes, blocks, pairs;
    size_t pair; // floats of the filters of two blocks
    size_t next; // item to be taken
} data_job;

static data_job job_of(const limn_step *step) {
    const limn_map *map = limn_map_for(step->isa);
    const int64_t *dim = step->in[1].shape.dim;
    data_job job = {.step = step, .map = map, .n = (size_t)dim[0], .c = (size_t)dim[1]};
    job.pixels = (size_t)(dim[2] * dim[3]);
    job.lanes = (size_t)map->lanes;
    job.blocks = (job.c + job.lanes - 1) / job.lanes;
    job.pairs = (job.blocks + 1) / 2;
    job.pair = job.blocks * job.lanes * 2 * job.lanes;
    return job;
}

// filters[j][i] = (dg[i][j] + dg[j][i]) / (c h w), i over the two blocks of a pair.
static void make_filters(void *context, int thread, int threads) {
    const data_job *job = context;
    size_t begin, end, c = job->c, wide = 2 * job->lanes;
    limn_share(job->n * job->pairs, thread, threads, &begin, &end);
    float scale = (float)(1 / ((double)c * (double)job->pixels));
    for (size_t item = begin; item < end; item++) {
        const float *dg = (const float *)job->step->in[0].data + item / job->pairs * c * c;
        float *to = (float *)job->step->scratch + item * job->pair;
        size_t first = item % job->pairs * wide;
        memset(to, 0, job->pair * sizeof *to);
        for (size_t i = first; i < c && i < first + wide; i++)
            for (size_t j = 0; j < c; j++)
                to[j * wide + i - first] = (dg[i * c + j] + dg[j * c + i]) * scale;
    }
}

static void chunks(void *context, int thread, int threads) {
    data_job *job = context;
    size_t size = job->pixels * job->lanes, many = (job->pixels + CHUNK - 1) / CHUNK;
    (void)thread, (void)threads;
    for (;;) {
        size_t item = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
        if (item >= job->n * many) return;
        size_t picture = item / many, p = item % many * CHUNK;
        size_t at = picture * job->blocks * size + p * job->lanes;
        limn_gram_run run = {.x = (const float *)job->step->in[1].data + at,
                             .stride = size,
                             .blocks = job->blocks,
                             .pixels = job->pixels - p < CHUNK ? job->pixels - p : CHUNK};
        for (size_t pair = 0; pair < job->pairs; pair++) {
            run.filters =
                (const float *)job->step->scratch + (picture * job->pairs + pair) * job->pair;
            run.out = (float *)job->step->out.data + at + 2 * pair * size;
            run.single = 2 * pair + 1 == job->blocks;
            job->map->gram_data(&run);
        }
    }
}

static const char *accept(limn_step *step) {
    step->in[0].layout = LIMN_PLAIN;
    step->in[1].layout = step->out.layout = LIMN_BLOCKED;
    step->in[0].type = step->in[1].type = step->out.type = LIMN_FLOAT;
    data_job job = job_of(step);
    step->scratch_bytes = job.n * job.pairs * job.pair * sizeof(float);
    return NULL;
}

static void run(const limn_step *step) {
    data_job job = job_of(step);
    limn_parallel(step->threads, make_filters, &job);
    limn_parallel(step->threads, chunks, &job);
}

static const limn_kernel kernel = {.name = "blocks", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

const limn_op limn_op_gram_data = {
    .name = "gram_data",
    .formula = "dx[n,i,p] = sum over j of (dg[n,i,j] + dg[n,j,i]) x[n,j,p] / (c h w)",
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(gram_data),
    .cases = cases,
};
#endif
