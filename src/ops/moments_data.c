// moments_data: the gradient of moments. dx = (dm[g,0] + 2 dm[g,1] (x - m[g,0])) / N
#include "ops/norm_run.h"

#ifndef OP_DOUBLE

static limn_status shape(limn_node *node) {
    const limn_node *dm = node->input[0], *m = node->input[2];
    if (!limn_shape_equal(&dm->shape, &m->shape))
        return limn_node_fail(node, "the gradient must have the moments' shape");
    LIMN_TRY(limn_norm_check_moments(node, node->input[1], m));
    node->shape = node->input[1]->shape;
    return LIMN_OK;
}

static limn_node *case_plane(limn_node *const *in) {
    limn_node *m = limn_moments(in[1], LIMN_OVER_PLANE);
    return LIMN_NODE(&limn_op_moments_data, NULL, in[0], in[1], m);
}
static limn_node *case_wrong(limn_node *const *in) {
    return LIMN_NODE(&limn_op_moments_data, NULL, in[0], in[1], in[2]);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"by plane", case_plane, 2, {S(2, 17, 2), S(2, 17, 4, 5)}, .rough = true},
    {"wrong moments",
     case_wrong,
     3,
     {S(2, 4, 2), S(2, 3, 4, 5), S(2, 4, 2)},
     .mistake = "the moments are of 4 channels of 2 pictures, x has 3 of 2"},
    {0},
};
#undef S
#endif

OP_PLAIN(moments_data) {
    const real *dm = step->in[0].data, *x = step->in[1].data, *m = step->in[2].data;
    real *dx = step->out.data;
    norm_groups it = limn_norm_groups(&step->in[1].shape, &step->in[2].shape);
    for (size_t n = 0; n < it.n; n++)
        for (size_t c = 0; c < it.c; c++) {
            size_t g = 2 * limn_norm_group(&it, n, c), at = (n * it.c + c) * it.pixels;
            for (size_t p = 0; p < it.pixels; p++)
                dx[at + p] = (real)((dm[g] + 2 * dm[g + 1] * (x[at + p] - m[g])) / it.count);
        }
}

#ifndef OP_DOUBLE
static void numbers(const norm_job *job, size_t n, size_t c, size_t lane, limn_norm_run *run) {
    size_t g = 2 * limn_norm_group(&job->groups, n, c);
    const float *dm = job->step->in[0].data, *m = job->step->in[2].data;
    run->mean[lane] = m[g];
    run->b[lane] = (float)(2 * dm[g + 1] / job->groups.count);
    run->c[lane] = (float)(dm[g] / job->groups.count);
}

static void work(const norm_job *job, const limn_norm_run *run, double *result) {
    (void)result;
    job->map->norm_data(run);
}

static const char *accept(limn_step *step) {
    return limn_norm_accept(step, 1, 2, true);
}

static void run(const limn_step *step) {
    norm_job job = limn_norm_job(step, 1, &step->in[2].shape, false);
    job.dy = 1; // times a = 0
    job.numbers = numbers;
    job.work = work;
    limn_norm_do(&job);
}

static const limn_kernel kernel = {.name = "vectors", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

const limn_op limn_op_moments_data = {
    .name = "moments_data",
    .formula = "dx = (dm[g,0] + 2 dm[g,1] (x - m[g,0])) / N",
    .shape = shape,
    .no_grad = true,
    .kernels = kernels,
    .plain = OP_PLAINS(moments_data),
    .cases = cases,
};
#endif
