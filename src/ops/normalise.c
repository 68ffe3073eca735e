// normalise: y = act(gamma (x - mean) f(var) + beta) + residual
//
// and the norms made of it. f is 1 / sqrt(var + eps), 1 / (std + eps) or 1 / (var + eps).
#include "ops/norm_run.h"

#ifndef OP_DOUBLE

limn_status limn_norm_check_parameter(limn_node *node, const limn_node *parameter,
                                      const char *what) {
    const limn_shape *x = &node->shape, *p = &parameter->shape;
    bool by_channel = p->rank == 1 && p->dim[0] == x->dim[1];
    bool by_picture = p->rank == 2 && p->dim[0] == x->dim[0] && p->dim[1] == x->dim[1];
    if (by_channel || by_picture) return LIMN_OK;
    return limn_node_fail(node, "%s is %s; it must be [%lld], or [%lld, %lld] to differ by picture",
                          what, limn_shape_text(p), (long long)x->dim[1], (long long)x->dim[0],
                          (long long)x->dim[1]);
}

limn_status limn_norm_check_moments(limn_node *node, const limn_node *x, const limn_node *moments) {
    const limn_shape *s = &x->shape, *m = &moments->shape;
    if (s->rank < 2) return limn_node_fail(node, "x must be [pictures, channels, ...]");
    if (m->rank != 3 || m->dim[2] != 2)
        return limn_node_fail(node, "moments are [pictures, channels, 2], not %s",
                              limn_shape_text(m));
    bool pictures = m->dim[0] == 1 || m->dim[0] == s->dim[0];
    bool channels = m->dim[1] == 1 || m->dim[1] == s->dim[1];
    if (pictures && channels) return LIMN_OK;
    return limn_node_fail(
        node, "the moments are of %lld channels of %lld pictures, x has %lld of %lld",
        (long long)m->dim[1], (long long)m->dim[0], (long long)s->dim[1], (long long)s->dim[0]);
}

static limn_status shape(limn_node *node) {
    const norm_attr *attr = node->attr;
    const limn_node *x = node->input[0];
    LIMN_TRY(limn_norm_check_moments(node, x, node->input[1]));
    node->shape = x->shape;
    int at = 2;
    if (attr->gamma) LIMN_TRY(limn_norm_check_parameter(node, node->input[at++], "the scale"));
    if (attr->beta) LIMN_TRY(limn_norm_check_parameter(node, node->input[at++], "the shift"));
    if (attr->residual && !limn_shape_equal(&node->input[at]->shape, &x->shape))
        return limn_node_fail(node, "what is added must have x's shape");
    return LIMN_OK;
}

static limn_node *parameter_gradient(limn_node *sums, int which, const limn_node *like) {
    norm_parameter attr = {which, like->shape.rank == 2};
    return LIMN_NODE(&limn_op_normalise_parameter, &attr, sums);
}

// dx holds the way through the moments too, so that dy and x are read twice in all.
static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    norm_attr attr = *(const norm_attr *)node->attr;
    limn_node *x = node->input[0], *m = node->input[1], *gamma = NULL, *beta = NULL;
    int gamma_at = 0, beta_at = 0, at = 2;
    if (attr.gamma) gamma = node->input[gamma_at = at++];
    if (attr.beta) beta = node->input[beta_at = at++];
    if (wanted[1] && !wanted[0] && !attr.fixed)
        limn_node_fail(node, "a gradient by the moments alone, without that of x, is not there");
    limn_node *act_gamma = attr.act ? gamma : NULL, *act_beta = attr.act ? beta : NULL;
    bool parameters = (gamma_at && wanted[gamma_at]) || (beta_at && wanted[beta_at]);
    limn_node *sums = NULL;
    if (parameters || (wanted[0] && !attr.fixed))
        sums = limn_normalise_sums(dy, x, m, act_gamma, act_beta, &attr);
    if (wanted[0])
        dx[0] = limn_normalise_data(dy, x, m, attr.fixed ? NULL : sums, gamma, act_beta, &attr);
    if (gamma_at && wanted[gamma_at]) dx[gamma_at] = parameter_gradient(sums, 1, gamma);
    if (beta_at && wanted[beta_at]) dx[beta_at] = parameter_gradient(sums, 0, beta);
    if (attr.residual && wanted[at]) dx[at] = dy;
}

limn_node *limn_normalise_node(limn_node *x, limn_node *moments, limn_node *gamma, limn_node *beta,
                               limn_node *residual, const norm_attr *attr) {
    norm_attr full = *attr;
    full.gamma = gamma, full.beta = beta, full.residual = residual;
    limn_node *input[5] = {x, moments};
    int inputs = 2;
    if (gamma) input[inputs++] = gamma;
    if (beta) input[inputs++] = beta;
    if (residual) input[inputs++] = residual;
    return limn_node_new(x->graph, &limn_op_normalise, &full, inputs, input);
}

// The same norm with something more behind it.
static limn_node *again(limn_node *norm, limn_node *residual, const norm_attr *attr) {
    limn_node *gamma = attr->gamma ? norm->input[2] : NULL;
    limn_node *beta = attr->beta ? norm->input[2 + attr->gamma] : NULL;
    limn_node *node =
        limn_normalise_node(norm->input[0], norm->input[1], gamma, beta, residual, attr);
    return limn_named(node, "%s", norm->name);
}

// A norm that nothing else reads and that nothing was yet folded into behind.
static bool foldable(const limn_node *node, const int *uses) {
    return node->op == &limn_op_normalise && uses[node->id] == 1 &&
           !((const norm_attr *)node->attr)->residual;
}

limn_node *limn_normalise_fold_act(limn_node *node, const int *uses, double slope) {
    limn_node *norm = node->input[0];
    if (!foldable(norm, uses)) return node;
    norm_attr attr = *(const norm_attr *)norm->attr;
    if (attr.act) return node;
    attr.act = true;
    attr.slope = slope;
    return again(norm, NULL, &attr);
}

limn_node *limn_normalise_fold_add(limn_node *node, const int *uses) {
    if (node->inputs != 2 || node->input[0] == node->input[1]) return node;
    for (int i = 0; i < 2; i++) {
        limn_node *norm = node->input[i], *other = node->input[1 - i];
        if (!foldable(norm, uses) || !limn_shape_equal(&norm->shape, &other->shape)) continue;
        return again(norm, other, norm->attr);
    }
    return node;
}

static limn_node *norm_over(limn_node *x, limn_over over, limn_node *gamma, limn_node *beta,
                            limn_norm_form form, double eps) {
    norm_attr attr = {.eps = eps, .form = form};
    return limn_normalise_node(x, limn_moments(x, over), gamma, beta, NULL, &attr);
}

limn_node *limn_instance_norm(limn_node *x, limn_node *gamma, limn_node *beta, double eps) {
    return norm_over(x, LIMN_OVER_PLANE, gamma, beta, LIMN_NORM_ROOT, eps);
}

limn_node *limn_batch_norm(limn_node *x, limn_node *gamma, limn_node *beta, double eps,
                           limn_node **moments) {
    norm_attr attr = {.eps = eps};
    limn_node *m = limn_moments(x, LIMN_OVER_BATCH);
    if (moments) *moments = m;
    return limn_normalise_node(x, m, gamma, beta, NULL, &attr);
}

limn_node *limn_batch_norm_test(limn_node *x, limn_node *gamma, limn_node *beta, limn_node *mean,
                                limn_node *variance, double eps) {
    norm_attr attr = {.eps = eps, .fixed = true};
    limn_node *m = LIMN_NODE(&limn_op_moments_given, NULL, mean, variance);
    return limn_normalise_node(x, m, gamma, beta, NULL, &attr);
}

limn_node *limn_layer_norm(limn_node *x, limn_node *gamma, limn_node *beta, limn_norm_form form,
                           double eps) {
    return norm_over(x, LIMN_OVER_PICTURE, gamma, beta, form, eps);
}

limn_node *limn_adain(limn_node *x, limn_node *scale, limn_node *shift, limn_norm_form form,
                      double eps) {
    return norm_over(x, LIMN_OVER_PLANE, scale, shift, form, eps);
}

static limn_node *case_instance(limn_node *const *in) {
    return limn_instance_norm(in[0], in[1], in[2], 1e-5);
}
static limn_node *case_bare(limn_node *const *in) {
    return limn_instance_norm(in[0], NULL, NULL, 1e-5);
}
static limn_node *case_scale(limn_node *const *in) {
    return limn_instance_norm(in[0], in[1], NULL, 1e-5);
}
static limn_node *case_batch(limn_node *const *in) {
    return limn_batch_norm(in[0], in[1], in[2], 1e-5, NULL);
}
static limn_node *case_test(limn_node *const *in) {
    return limn_batch_norm_test(in[0], in[1], in[2], in[3], in[4], 1e-5);
}
static limn_node *case_layer(limn_node *const *in) {
    return limn_layer_norm(in[0], in[1], in[2], LIMN_NORM_ROOT, 1e-5);
}
static limn_node *case_munit(limn_node *const *in) {
    return limn_layer_norm(in[0], in[1], in[2], LIMN_NORM_STD, 1e-5);
}
static limn_node *case_adain(limn_node *const *in) {
    return limn_adain(in[0], in[1], in[2], LIMN_NORM_ROOT, 1e-5);
}
static limn_node *case_egsc(limn_node *const *in) {
    return limn_adain(in[0], in[1], in[2], LIMN_NORM_VARIANCE, 1e-8);
}
// With everything folded in, said directly.
static limn_node *case_relu(limn_node *const *in) {
    norm_attr attr = {.eps = 1e-5, .act = true};
    limn_node *m = limn_moments(in[0], LIMN_OVER_PLANE);
    return limn_normalise_node(in[0], m, in[1], in[2], NULL, &attr);
}
static limn_node *case_leaky_add(limn_node *const *in) {
    norm_attr attr = {.eps = 1e-5, .act = true, .slope = 0.2};
    limn_node *m = limn_moments(in[0], LIMN_OVER_PLANE);
    return limn_normalise_node(in[0], m, in[1], in[2], in[3], &attr);
}
static limn_node *case_add(limn_node *const *in) {
    norm_attr attr = {.eps = 1e-5};
    limn_node *m = limn_moments(in[0], LIMN_OVER_PLANE);
    return limn_normalise_node(in[0], m, in[1], in[2], in[3], &attr);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"instance", case_instance, 3, {S(2, 5, 7, 6), S(5), S(5)}},
    {"instance, many channels", case_instance, 3, {S(1, 35, 5, 9), S(35), S(35)}},
    {"instance, many pixels", case_instance, 3, {S(1, 2, 37, 41), S(2), S(2)}, .rough = true},
    {"instance, far from zero",
     case_instance,
     3,
     {S(1, 6, 5, 5), S(6), S(6)},
     .low = 9,
     .high = 11},
    {"instance, no parameters", case_bare, 1, {S(2, 4, 5, 5)}},
    {"instance, scale only", case_scale, 2, {S(2, 4, 5, 5), S(4)}},
    {"batch", case_batch, 3, {S(3, 5, 4, 6), S(5), S(5)}},
    {"batch, many channels", case_batch, 3, {S(2, 33, 3, 5), S(33), S(33)}},
    {"batch, no pixels", case_batch, 3, {S(6, 19), S(19), S(19)}},
    {"batch, at test",
     case_test,
     5,
     {S(2, 18, 4, 3), S(18), S(18), S(18), S(18)},
     .low = 0.5,
     .high = 2,
     .rough = true},
    {"layer", case_layer, 3, {S(2, 5, 4, 6), S(5), S(5)}},
    {"layer, many channels", case_layer, 3, {S(2, 34, 3, 5), S(34), S(34)}},
    {"layer of MUNIT", case_munit, 3, {S(2, 5, 4, 6), S(5), S(5)}},
    {"adaptive", case_adain, 3, {S(2, 18, 4, 3), S(2, 18), S(2, 18)}},
    {"adaptive of EGSC-IT", case_egsc, 3, {S(2, 5, 4, 6), S(2, 5), S(2, 5)}},
    {"relu", case_relu, 3, {S(2, 17, 7, 6), S(17), S(17)}, .rough = true},
    {"leaky relu, addition",
     case_leaky_add,
     4,
     {S(2, 17, 7, 6), S(17), S(17), S(2, 17, 7, 6)},
     .rough = true},
    {"addition", case_add, 4, {S(2, 5, 4, 6), S(5), S(5), S(2, 5, 4, 6)}},
    {"wrong scale",
     case_scale,
     2,
     {S(2, 4, 5, 5), S(5)},
     .mistake = "the scale is [5]; it must be [4], or [2, 4] to differ by picture"},
    {"wrong shift",
     case_instance,
     3,
     {S(2, 4, 5, 5), S(4), S(4, 2)},
     .mistake = "the shift is [4, 2]; it must be [4], or [2, 4] to differ by picture"},
    {"wrong statistics",
     case_test,
     5,
     {S(2, 4, 5, 5), S(4), S(4), S(3), S(3)},
     .mistake = "the moments are of 3 channels of 1 pictures, x has 4 of 2"},
    {"wrong addition",
     case_add,
     4,
     {S(2, 5, 4, 6), S(5), S(5), S(1, 5, 4, 6)},
     .mistake = "what is added must have x's shape"},
    {0},
};
#undef S
#endif

OP_PLAIN(normalise) {
    norm_operands it = limn_norm_operands(step, 0, false);
    const real *x = step->in[0].data;
    const real *residual = it.attr->residual ? step->in[step->node->inputs - 1].data : NULL;
    real *y = step->out.data;
    size_t at = 0;
    for (size_t n = 0; n < it.groups.n; n++)
        for (size_t c = 0; c < it.groups.c; c++) {
            norm_numbers of = limn_norm_numbers(&it, n, c);
            for (size_t p = 0; p < it.groups.pixels; p++, at++) {
                double z = ((double)x[at] - of.mean) * of.scale + of.shift;
                if (it.attr->act && z < 0) z *= it.attr->slope;
                y[at] = (real)(z + (residual ? (double)residual[at] : 0));
            }
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
    (void)result;
    job->map->norm(run);
}

static const char *accept(limn_step *step) {
    const norm_attr *attr = step->node->attr;
    step->in_place = true;
    return limn_norm_accept(step, 0, attr->residual ? 1 | 1u << (step->node->inputs - 1) : 1, true);
}

static void run(const limn_step *step) {
    norm_job job = limn_norm_job(step, 0, &step->in[1].shape, false);
    job.operands = limn_norm_operands(step, 0, false);
    if (job.operands.attr->residual) job.add = step->node->inputs - 1;
    job.numbers = numbers;
    job.work = work;
    limn_norm_do(&job);
}

static const limn_kernel kernel = {.name = "vectors", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

const limn_op limn_op_normalise = {
    .name = "normalise",
    .formula = "y = act(gamma (x - mean) / sqrt(var + eps) + beta) + residual",
    .attr_size = sizeof(norm_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(normalise),
    .cases = cases,
};
#endif
