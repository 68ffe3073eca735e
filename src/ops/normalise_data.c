// normalise_data: dx = a dz + b (x - mean) + c, the gradient of a norm by x, through its moments
// too.
//
// dz = dy act'(z);  a = gamma f;  c = -f S1 / N;  b = 2 f'/f S2 / N;  S1, S2 = sums over the group
// of gamma s[n,c,0] and gamma s[n,c,1]. With fixed moments b = c = 0.
#include "ops/norm_run.h"

#ifndef OP_DOUBLE

static limn_status shape(limn_node *node) {
    const norm_attr *attr = node->attr;
    const limn_node *dy = node->input[0], *x = node->input[1];
    LIMN_TRY(limn_norm_check_moments(node, x, node->input[2]));
    if (!limn_shape_equal(&dy->shape, &x->shape))
        return limn_node_fail(node, "the gradient must have x's shape");
    node->shape = x->shape;
    int at = 3 + !attr->fixed;
    if (attr->gamma) LIMN_TRY(limn_norm_check_parameter(node, node->input[at++], "the scale"));
    if (attr->beta) LIMN_TRY(limn_norm_check_parameter(node, node->input[at++], "the shift"));
    return LIMN_OK;
}

limn_node *limn_normalise_data(limn_node *dy, limn_node *x, limn_node *moments, limn_node *sums,
                               limn_node *gamma, limn_node *beta, const norm_attr *attr) {
    norm_attr full = *attr;
    full.gamma = gamma, full.beta = beta, full.residual = false;
    limn_node *input[6] = {dy, x, moments};
    int inputs = 3;
    if (!attr->fixed) input[inputs++] = sums;
    if (gamma) input[inputs++] = gamma;
    if (beta) input[inputs++] = beta;
    return limn_node_new(x->graph, &limn_op_normalise_data, &full, inputs, input);
}

static limn_node *data(limn_node *const *in, limn_over over, const norm_attr *attr) {
    limn_node *m = limn_moments(in[1], over);
    limn_node *beta = attr->act ? in[3] : NULL;
    limn_node *sums = attr->fixed ? NULL : limn_normalise_sums(in[0], in[1], m, in[2], beta, attr);
    return limn_normalise_data(in[0], in[1], m, sums, in[2], beta, attr);
}
static limn_node *case_plane(limn_node *const *in) {
    return data(in, LIMN_OVER_PLANE, &(norm_attr){.eps = 1e-5});
}
static limn_node *case_relu(limn_node *const *in) {
    return data(in, LIMN_OVER_BATCH, &(norm_attr){.eps = 1e-5, .act = true, .slope = 0.1});
}
static limn_node *case_picture(limn_node *const *in) {
    return data(in, LIMN_OVER_PICTURE, &(norm_attr){.eps = 1e-5, .form = LIMN_NORM_STD});
}
static limn_node *case_fixed(limn_node *const *in) {
    return data(in, LIMN_OVER_BATCH, &(norm_attr){.eps = 1e-5, .fixed = true});
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"instance", case_plane, 3, {S(2, 5, 7, 6), S(2, 5, 7, 6), S(5)}, .rough = true},
    {"many pixels", case_plane, 3, {S(1, 19, 37, 41), S(1, 19, 37, 41), S(19)}, .rough = true},
    {"batch, leaky relu",
     case_relu,
     4,
     {S(2, 19, 7, 6), S(2, 19, 7, 6), S(19), S(19)},
     .rough = true},
    {"layer of MUNIT", case_picture, 3, {S(2, 19, 7, 6), S(2, 19, 7, 6), S(19)}, .rough = true},
    {"fixed", case_fixed, 3, {S(2, 19, 7, 6), S(2, 19, 7, 6), S(19)}, .rough = true},
    {"wrong gradient",
     case_fixed,
     3,
     {S(2, 5, 7, 6), S(2, 5, 7, 5), S(5)},
     .mistake = "the gradient must have x's shape"},
    {0},
};
#undef S
#endif

// S1 (which = 0) or S2 (1) of the group that picture n, channel c belongs to.
static double group_sum(const norm_operands *of, size_t n, size_t c, size_t which) {
    const norm_groups *it = &of->groups;
    size_t n_from = it->gn == 1 ? 0 : n, n_end = it->gn == 1 ? it->n : n + 1;
    size_t c_from = it->gc == 1 ? 0 : c, c_end = it->gc == 1 ? it->c : c + 1;
    double sum = 0;
    for (size_t i = n_from; i < n_end; i++)
        for (size_t j = c_from; j < c_end; j++)
            sum += limn_norm_parameter(of->gamma, it, i, j, 1) *
                   (double)of->sums[2 * (i * it->c + j) + which];
    return sum;
}

// dx = a dz + b (x - mean) + c
typedef struct coefficients {
    double a, b, c;
} coefficients;

// A flat group is beta whatever x is, so nothing passes. What would pass in theory, 1/sqrt(eps)
// times as much at every norm below a white picture, leaves the range of floats after a dozen of
// them.
static coefficients make(const norm_operands *it, const norm_numbers *of, double s1, double s2) {
    double count = it->groups.count, f = limn_norm_centred(it->attr, of->var, count);
    if (it->attr->fixed || f == 0) return (coefficients){.a = of->gamma * f};
    return (coefficients){.a = of->gamma * f,
                          .b = limn_norm_slope(it->attr, of->var, count) * s2 / count,
                          .c = -f * s1 / count};
}

OP_PLAIN(normalise_data) {
    norm_operands it = limn_norm_operands(step, 1, true);
    const real *dy = step->in[0].data, *x = step->in[1].data;
    real *dx = step->out.data;
    size_t at = 0;
    for (size_t n = 0; n < it.groups.n; n++)
        for (size_t c = 0; c < it.groups.c; c++) {
            norm_numbers of = limn_norm_numbers(&it, n, c);
            double s1 = it.sums ? group_sum(&it, n, c, 0) : 0;
            coefficients by = make(&it, &of, s1, it.sums ? group_sum(&it, n, c, 1) : 0);
            for (size_t p = 0; p < it.groups.pixels; p++, at++) {
                double d = (double)x[at] - of.mean, dz = (double)dy[at];
                if (it.attr->act && !(d * of.scale + of.shift > 0)) dz *= it.attr->slope;
                dx[at] = (real)(by.a * dz + by.b * d + by.c);
            }
        }
}

#ifndef OP_DOUBLE
static void numbers(const norm_job *job, size_t n, size_t c, size_t lane, limn_norm_run *run) {
    norm_numbers of = limn_norm_numbers(&job->operands, n, c);
    const double *sums = job->more + 2 * limn_norm_group(&job->groups, n, c);
    bool fixed = job->operands.attr->fixed;
    coefficients by = make(&job->operands, &of, fixed ? 0 : sums[0], fixed ? 0 : sums[1]);
    run->mean[lane] = (float)of.mean;
    run->scale[lane] = (float)of.scale;
    run->shift[lane] = (float)of.shift;
    run->a[lane] = (float)by.a;
    run->b[lane] = (float)by.b;
    run->c[lane] = (float)by.c;
}

static void work(const norm_job *job, const limn_norm_run *run, double *result) {
    (void)result;
    job->map->norm_data(run);
}

static const char *accept(limn_step *step) {
    const limn_shape *m = &step->in[2].shape;
    const char *why = limn_norm_accept(step, 1, 3, true);
    step->in_place = true; // dx over dy
    if (!why) limn_norm_scratch(step, 1, false, (size_t)limn_shape_count(m));
    return why;
}

static void run(const limn_step *step) {
    norm_job job = limn_norm_job(step, 1, &step->in[2].shape, false);
    job.operands = limn_norm_operands(step, 1, true);
    job.dy = 0;
    job.numbers = numbers;
    job.work = work;
    double *sums = job.more;
    for (size_t gn = 0; gn < job.groups.gn && job.operands.sums; gn++)
        for (size_t gc = 0; gc < job.groups.gc; gc++, sums += 2) {
            sums[0] = group_sum(&job.operands, gn, gc, 0);
            sums[1] = group_sum(&job.operands, gn, gc, 1);
        }
    limn_norm_do(&job);
}

static const limn_kernel kernel = {.name = "vectors", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

// As in normalise_sums.c.
static limn_node *rewrite(limn_node *node, const int *uses) {
    (void)uses;
    const limn_node *norm = limn_norm_behind_act(node);
    if (!norm) return node;
    norm_attr attr = *(const norm_attr *)norm->attr;
    return limn_normalise_data(node->input[0]->input[0], node->input[1], node->input[2],
                               attr.fixed ? NULL : node->input[3],
                               attr.gamma ? norm->input[2] : NULL,
                               attr.beta ? norm->input[2 + attr.gamma] : NULL, &attr);
}

const limn_op limn_op_normalise_data = {
    .name = "normalise_data",
    .formula = "dx = gamma f dz - f S1 / N + 2 f'/f S2 (x - mean) / N; dz = dy act'(z)",
    .attr_size = sizeof(norm_attr),
    .shape = shape,
    .no_grad = true,
    .rewrite = rewrite,
    .kernels = kernels,
    .plain = OP_PLAINS(normalise_data),
    .cases = cases,
};
#endif
