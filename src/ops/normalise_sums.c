// normalise_sums: s[n,c,0] = sum of dz over a plane, s[n,c,1] = sum of dz xhat,
//
// where dz = dy act'(z). All that the gradients of a norm need of its planes.
#include "ops/norm_run.h"

#include <string.h>

#ifndef OP_DOUBLE

static limn_status shape(limn_node *node) {
    const norm_attr *attr = node->attr;
    const limn_node *dy = node->input[0], *x = node->input[1];
    LIMN_TRY(limn_norm_check_moments(node, x, node->input[2]));
    if (!limn_shape_equal(&dy->shape, &x->shape))
        return limn_node_fail(node, "the gradient must have x's shape");
    node->shape = x->shape;
    int at = 3;
    if (attr->gamma) LIMN_TRY(limn_norm_check_parameter(node, node->input[at++], "the scale"));
    if (attr->beta) LIMN_TRY(limn_norm_check_parameter(node, node->input[at++], "the shift"));
    node->shape = LIMN_SHAPE(x->shape.dim[0], x->shape.dim[1], 2);
    return LIMN_OK;
}

// The norm with a (leaky) relu in it whose gradient `node` (normalise_sums or normalise_data) reads
// as dy, made by relu_gradient from the norm's own result; or NULL.
const limn_node *limn_norm_behind_act(const limn_node *node) {
    const limn_node *dz = node->input[0];
    if (dz->op != &limn_op_relu_gradient || ((const norm_attr *)node->attr)->act) return NULL;
    const limn_node *norm = dz->input[1];
    if (norm->op != &limn_op_normalise || norm->input[0] != node->input[1] ||
        norm->input[1] != node->input[2])
        return NULL;
    const norm_attr *attr = norm->attr;
    return attr->act && !attr->residual ? norm : NULL;
}

limn_node *limn_normalise_sums(limn_node *dy, limn_node *x, limn_node *moments, limn_node *gamma,
                               limn_node *beta, const norm_attr *attr) {
    norm_attr full = *attr;
    full.gamma = gamma, full.beta = beta, full.residual = false;
    limn_node *input[5] = {dy, x, moments};
    int inputs = 3;
    if (gamma) input[inputs++] = gamma;
    if (beta) input[inputs++] = beta;
    return limn_node_new(x->graph, &limn_op_normalise_sums, &full, inputs, input);
}

static limn_node *case_sums(limn_node *const *in) {
    limn_node *m = limn_moments(in[1], LIMN_OVER_PLANE);
    return limn_normalise_sums(in[0], in[1], m, NULL, NULL, &(norm_attr){.eps = 1e-5});
}
static limn_node *case_relu(limn_node *const *in) {
    limn_node *m = limn_moments(in[1], LIMN_OVER_BATCH);
    norm_attr attr = {.eps = 1e-5, .act = true, .slope = 0.1};
    return limn_normalise_sums(in[0], in[1], m, in[2], in[3], &attr);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"instance", case_sums, 2, {S(2, 5, 7, 6), S(2, 5, 7, 6)}, .rough = true},
    {"many pixels", case_sums, 2, {S(1, 19, 37, 41), S(1, 19, 37, 41)}, .rough = true},
    {"batch, leaky relu",
     case_relu,
     4,
     {S(2, 19, 7, 6), S(2, 19, 7, 6), S(19), S(19)},
     .rough = true},
    {"wrong gradient",
     case_sums,
     2,
     {S(2, 5, 7, 6), S(2, 5, 7, 5)},
     .mistake = "the gradient must have x's shape"},
    {0},
};
#undef S
#endif

OP_PLAIN(normalise_sums) {
    norm_operands it = limn_norm_operands(step, 1, false);
    const real *dy = step->in[0].data, *x = step->in[1].data;
    real *s = step->out.data;
    size_t at = 0;
    for (size_t n = 0; n < it.groups.n; n++)
        for (size_t c = 0; c < it.groups.c; c++, s += 2) {
            norm_numbers of = limn_norm_numbers(&it, n, c);
            double sum = 0, product = 0;
            for (size_t p = 0; p < it.groups.pixels; p++, at++) {
                double d = (double)x[at] - of.mean, dz = (double)dy[at];
                if (it.attr->act && !(d * of.scale + of.shift > 0)) dz *= it.attr->slope;
                sum += dz;
                product += dz * d * of.f;
            }
            s[0] = (real)sum;
            s[1] = (real)product;
        }
}

#ifndef OP_DOUBLE
static void numbers(const norm_job *job, size_t n, size_t c, size_t lane, limn_norm_run *run) {
    norm_numbers of = limn_norm_numbers(&job->operands, n, c);
    run->mean[lane] = (float)of.mean;
    run->scale[lane] = (float)of.scale;
    run->shift[lane] = (float)of.shift;
}

static void work(const norm_job *job, const limn_norm_run *run, double *result) {
    memset(result, 0, 2 * LIMN_LANES_MOST * sizeof *result);
    job->map->norm_sums(run, result, result + LIMN_LANES_MOST);
}

static const char *accept(limn_step *step) {
    const char *why = limn_norm_accept(step, 1, 3, false);
    if (!why) limn_norm_scratch(step, 1, true, 0);
    return why;
}

// The sum over all runs, and over all lanes of a plain channel.
static void add_up(const norm_job *job, size_t n, size_t c, float *s) {
    double sum = 0, product = 0;
    for (size_t run = 0, lane; run < job->runs; run++) {
        const double *result = limn_norm_result(job, n, c, run, &lane);
        size_t last = job->lanes == 1 ? LIMN_LANES_MOST : lane + 1;
        for (size_t l = lane; l < last; l++) {
            sum += result[l];
            product += result[LIMN_LANES_MOST + l];
        }
    }
    s[0] = (float)sum;
    s[1] = (float)(product * limn_norm_numbers(&job->operands, n, c).f);
}

static void run(const limn_step *step) {
    norm_job job = limn_norm_job(step, 1, &step->in[2].shape, true);
    job.operands = limn_norm_operands(step, 1, false);
    job.dy = 0;
    job.numbers = numbers;
    job.work = work;
    limn_norm_do(&job);
    float *s = step->out.data;
    for (size_t n = 0; n < job.groups.n; n++)
        for (size_t c = 0; c < job.groups.c; c++, s += 2) add_up(&job, n, c, s);
}

static const limn_kernel kernel = {.name = "vectors", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

// Behind the relu that the norm took in, that relu's gradient is a matter of z's sign.
static limn_node *rewrite(limn_node *node, const int *uses) {
    (void)uses;
    const limn_node *norm = limn_norm_behind_act(node);
    if (!norm) return node;
    norm_attr attr = *(const norm_attr *)norm->attr;
    return limn_normalise_sums(node->input[0]->input[0], node->input[1], node->input[2],
                               attr.gamma ? norm->input[2] : NULL,
                               attr.beta ? norm->input[2 + attr.gamma] : NULL, &attr);
}

const limn_op limn_op_normalise_sums = {
    .name = "normalise_sums",
    .formula = "s[n,c,0] = sum of dz over the pixels, s[n,c,1] = sum of dz xhat; dz = dy act'(z)",
    .attr_size = sizeof(norm_attr),
    .shape = shape,
    .no_grad = true,
    .rewrite = rewrite,
    .kernels = kernels,
    .plain = OP_PLAINS(normalise_sums),
    .cases = cases,
};
#endif
