// moments: the mean and the biased variance of each group of x, m[.., 0] and m[.., 1].
#include "ops/norm_run.h"

#ifndef OP_DOUBLE

typedef struct moments_attr {
    limn_over over;
} moments_attr;

static limn_status shape(limn_node *node) {
    const limn_shape *x = &node->input[0]->shape;
    limn_over over = ((const moments_attr *)node->attr)->over;
    if (x->rank < 2) return limn_node_fail(node, "x must be [pictures, channels, ...]");
    int64_t n = over == LIMN_OVER_BATCH ? 1 : x->dim[0];
    int64_t c = over == LIMN_OVER_PICTURE ? 1 : x->dim[1];
    node->shape = LIMN_SHAPE(n, c, 2);
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    if (wanted[0]) dx[0] = LIMN_NODE(&limn_op_moments_data, NULL, dy, node->input[0], node);
}

limn_node *limn_moments(limn_node *x, limn_over over) {
    return LIMN_NODE(&limn_op_moments, &(moments_attr){over}, x);
}

static limn_node *case_plane(limn_node *const *in) {
    return limn_moments(in[0], LIMN_OVER_PLANE);
}
static limn_node *case_batch(limn_node *const *in) {
    return limn_moments(in[0], LIMN_OVER_BATCH);
}
static limn_node *case_picture(limn_node *const *in) {
    return limn_moments(in[0], LIMN_OVER_PICTURE);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"by plane", case_plane, 1, {S(2, 5, 7, 6)}},
    {"by plane, many channels", case_plane, 1, {S(1, 35, 9, 5)}},
    {"by plane, many pixels", case_plane, 1, {S(1, 3, 37, 41)}, .rough = true},
    {"by plane, one pixel", case_plane, 1, {S(2, 3, 1, 1)}, .rough = true},
    {"by plane, far from zero", case_plane, 1, {S(1, 18, 9, 8)}, .low = 99, .high = 101},
    {"by channel", case_batch, 1, {S(3, 5, 4, 6)}},
    {"by channel, many", case_batch, 1, {S(2, 33, 5, 3)}},
    {"by channel, no pixels", case_batch, 1, {S(6, 19)}},
    {"by picture", case_picture, 1, {S(2, 5, 4, 6)}},
    {"by picture, many channels", case_picture, 1, {S(2, 34, 5, 3)}},
    {"one row", case_plane, 1, {S(4)}, .mistake = "x must be [pictures, channels, ...]"},
    {0},
};
#undef S
#endif

// sum of (x - origin)^power over a group.
static double sum_powers(const real *x, const norm_groups *it, size_t gn, size_t gc, double origin,
                         int power) {
    size_t n_end = it->gn == 1 ? it->n : gn + 1, c_end = it->gc == 1 ? it->c : gc + 1;
    double sum = 0;
    for (size_t n = gn; n < n_end; n++)
        for (size_t c = gc; c < c_end; c++)
            for (size_t p = 0; p < it->pixels; p++) {
                double d = (double)x[(n * it->c + c) * it->pixels + p] - origin;
                sum += power == 1 ? d : d * d;
            }
    return sum;
}

OP_PLAIN(moments) {
    const real *x = step->in[0].data;
    real *m = step->out.data;
    norm_groups it = limn_norm_groups(&step->in[0].shape, &step->out.shape);
    double level = sizeof(real) == sizeof(float) ? LIMN_NORM_LEVEL : LIMN_NORM_LEVEL_DOUBLE;
    for (size_t gn = 0; gn < it.gn; gn++)
        for (size_t gc = 0; gc < it.gc; gc++, m += 2) {
            double mean = sum_powers(x, &it, gn, gc, 0, 1) / it.count;
            double var = sum_powers(x, &it, gn, gc, mean, 2) / it.count;
            m[0] = (real)mean;
            m[1] = (real)limn_norm_rounded(mean, var, level);
        }
}

#ifndef OP_DOUBLE
// Joins two sets: count, mean, and sum of squared distances from the mean (Chan, Golub and LeVeque,
// "Updating formulae and a pairwise algorithm for computing sample variances", 1979).
typedef struct sample {
    double count, mean, squares;
} sample;

static void join(sample *to, double count, double mean, double squares) {
    double total = to->count + count, off = mean - to->mean;
    if (!(count > 0)) return;
    to->mean += off * (count / total);
    to->squares += squares + off * off * (to->count * count / total);
    to->count = total;
}

static void work(const norm_job *job, const limn_norm_run *run, double *result) {
    job->map->moments(run->x, run->type, run->count, result, result + LIMN_LANES_MOST);
}

// Of a plain channel every lane holds a part, and the elements that fill no vector are still to do.
static sample plain_channel(const norm_job *job, size_t n, size_t c) {
    size_t lanes = (size_t)job->map->lanes, lane;
    sample all = {0};
    for (size_t run = 0; run < job->runs; run++) {
        const double *result = limn_norm_result(job, n, c, run, &lane);
        size_t count = limn_norm_run_size(job, run);
        for (size_t l = 0; l < lanes; l++)
            join(&all, (double)(count / lanes), result[l], result[LIMN_LANES_MOST + l]);
    }
    const float *x = job->step->in[0].data;
    x += (n * job->groups.c + c) * job->elements;
    for (size_t i = job->elements / lanes * lanes; i < job->elements; i++)
        join(&all, 1, (double)x[i], 0);
    return all;
}

static sample channel(const norm_job *job, size_t n, size_t c) {
    if (job->lanes == 1) return plain_channel(job, n, c);
    sample all = {0};
    for (size_t run = 0, lane; run < job->runs; run++) {
        const double *result = limn_norm_result(job, n, c, run, &lane);
        join(&all, (double)(limn_norm_run_size(job, run) / job->lanes), result[lane],
             result[LIMN_LANES_MOST + lane]);
    }
    return all;
}

static const char *accept(limn_step *step) {
    const char *why = limn_norm_accept(step, 0, 1, false);
    if (!why) limn_norm_scratch(step, 0, true, 0);
    return why;
}

static void run(const limn_step *step) {
    norm_job job = limn_norm_job(step, 0, &step->out.shape, true);
    const norm_groups *it = &job.groups;
    job.work = work;
    limn_norm_do(&job);
    float *m = step->out.data;
    for (size_t gn = 0; gn < it->gn; gn++)
        for (size_t gc = 0; gc < it->gc; gc++, m += 2) {
            sample all = {0};
            for (size_t n = gn; n < (it->gn == 1 ? it->n : gn + 1); n++)
                for (size_t c = gc; c < (it->gc == 1 ? it->c : gc + 1); c++) {
                    sample one = channel(&job, n, c);
                    join(&all, one.count, one.mean, one.squares);
                }
            m[0] = (float)all.mean;
            m[1] = (float)limn_norm_rounded(all.mean, all.squares / all.count, LIMN_NORM_LEVEL);
        }
}

static const limn_kernel kernel = {.name = "vectors", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

const limn_op limn_op_moments = {
    .name = "moments",
    .formula = "m[g,0] = mean of x over group g, m[g,1] = mean of (x - m[g,0])^2",
    .attr_size = sizeof(moments_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(moments),
    .cases = cases,
};
#endif
