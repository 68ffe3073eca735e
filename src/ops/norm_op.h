// What the operators of normalisation share: groups, and the numbers of a channel.
//
//   xhat = (x - mean) * f      z = gamma * xhat + beta      y = act(z) + residual
//
// f = f(var) is the form's factor. With S1 = sum gamma dz, S2 = sum gamma dz xhat over a group of
// N,
//
//   dx = gamma f dz - f S1 / N + (2 f'/f / N) S2 (x - mean)
//      = a dz + b (x - mean) + c          with a, b, c by picture and channel.
//
// (The mean also moves the variance, but by the sum of x - mean, which is 0.)
#ifndef LIMN_OPS_NORM_OP_H
#define LIMN_OPS_NORM_OP_H

#include "ops/op.h"

#include <math.h>

// normalise:      inputs x, moments [, gamma] [, beta] [, residual]
// normalise_sums: inputs dy, x, moments [, gamma] [, beta], the last two with `act` only
// normalise_data: inputs dy, x, moments [, sums unless fixed] [, gamma] [, beta with `act` only]
typedef struct norm_attr {
    double eps, slope;
    limn_norm_form form;
    bool fixed; // the moments come from elsewhere: no gradient flows through them
    bool gamma, beta, residual;
    bool act; // leaky relu of `slope` (relu: 0)
} norm_attr;

// normalise_parameter: of beta (which = 0) or gamma (1), [c] or [n, c].
typedef struct norm_parameter {
    int which;
    bool by_picture;
} norm_parameter;

extern const limn_op limn_op_moments, limn_op_moments_data, limn_op_moments_given;
extern const limn_op limn_op_normalise, limn_op_normalise_sums, limn_op_normalise_data;
extern const limn_op limn_op_normalise_parameter, limn_op_relu_gradient;

// x seen as pictures of channels of pixels, and the groups that share moments.
typedef struct norm_groups {
    size_t n, c, pixels;
    size_t gn, gc; // groups: gn is n or 1, gc is c or 1
    double count;  // elements of a group
} norm_groups;

static inline norm_groups limn_norm_groups(const limn_shape *x, const limn_shape *moments) {
    norm_groups it = {.n = (size_t)x->dim[0], .c = (size_t)x->dim[1], .pixels = 1};
    for (int i = 2; i < x->rank; i++) it.pixels *= (size_t)x->dim[i];
    it.gn = (size_t)moments->dim[0], it.gc = (size_t)moments->dim[1];
    it.count = (double)(it.n / it.gn) * (double)(it.c / it.gc) * (double)it.pixels;
    return it;
}

static inline size_t limn_norm_group(const norm_groups *it, size_t n, size_t c) {
    return (it->gn == 1 ? 0 : n) * it->gc + (it->gc == 1 ? 0 : c);
}

// f(var), and 2 f'(var) / f(var).
static inline double limn_norm_factor(const norm_attr *attr, double var, double count) {
    if (attr->form == LIMN_NORM_ROOT) return 1 / sqrt(var + attr->eps);
    if (attr->form == LIMN_NORM_VARIANCE) return 1 / (var + attr->eps);
    return 1 / (sqrt(count > 1 ? var * count / (count - 1) : 0) + attr->eps);
}

static inline double limn_norm_slope(const norm_attr *attr, double var, double count) {
    double f = limn_norm_factor(attr, var, count);
    if (attr->form == LIMN_NORM_ROOT) return -f * f;
    if (attr->form == LIMN_NORM_VARIANCE) return -2 * f;
    if (count < 2 || !(var > 0)) return 0;
    double k = count / (count - 1);
    return -f * k / sqrt(var * k);
}

// The factor of xhat: 0 for a flat group, whose centred values are rounding errors.
static inline double limn_norm_centred(const norm_attr *attr, double var, double count) {
    return var > 0 || attr->fixed ? limn_norm_factor(attr, var, count) : 0;
}

// A variance below the rounding level of the values, a share of the mean, counts as 0.
#define LIMN_NORM_LEVEL 0x1p-20
#define LIMN_NORM_LEVEL_DOUBLE 0x1p-48
static inline double limn_norm_rounded(double mean, double var, double level) {
    return var <= mean * mean * level * level ? 0 : var;
}

// The operands of normalise (x = 0), normalise_sums and normalise_data (x = 1), from x on.
typedef struct norm_operands {
    const norm_attr *attr;
    norm_groups groups;
    const real *moments, *sums;      // sums: normalise_data only
    const limn_tensor *gamma, *beta; // NULL: 1, 0
} norm_operands;

static inline norm_operands limn_norm_operands(const limn_step *step, int x, bool sums) {
    norm_operands it = {.attr = step->node->attr, .moments = step->in[x + 1].data};
    it.groups = limn_norm_groups(&step->in[x].shape, &step->in[x + 1].shape);
    int at = x + 2;
    if (sums && !it.attr->fixed) it.sums = step->in[at++].data;
    if (it.attr->gamma) it.gamma = &step->in[at++];
    if (it.attr->beta) it.beta = &step->in[at++];
    return it;
}

// gamma and beta are [c], or [n, c].
static inline double limn_norm_parameter(const limn_tensor *of, const norm_groups *it, size_t n,
                                         size_t c, double otherwise) {
    if (!of) return otherwise;
    return (double)((const real *)of->data)[of->shape.rank == 2 ? n * it->c + c : c];
}

// The numbers of channel c of picture n: z = (x - mean) * scale + shift, xhat = (x - mean) * f.
typedef struct norm_numbers {
    double mean, var, f, gamma, scale, shift;
} norm_numbers;

static inline norm_numbers limn_norm_numbers(const norm_operands *it, size_t n, size_t c) {
    const real *m = it->moments + 2 * limn_norm_group(&it->groups, n, c);
    norm_numbers numbers = {.mean = (double)m[0], .var = (double)m[1]};
    numbers.f = limn_norm_centred(it->attr, numbers.var, it->groups.count);
    numbers.gamma = limn_norm_parameter(it->gamma, &it->groups, n, c, 1);
    numbers.scale = numbers.gamma * numbers.f;
    numbers.shift = limn_norm_parameter(it->beta, &it->groups, n, c, 0);
    return numbers;
}

limn_node *limn_normalise_node(limn_node *x, limn_node *moments, limn_node *gamma, limn_node *beta,
                               limn_node *residual, const norm_attr *attr);
limn_node *limn_normalise_sums(limn_node *dy, limn_node *x, limn_node *moments, limn_node *gamma,
                               limn_node *beta, const norm_attr *attr);
limn_node *limn_normalise_data(limn_node *dy, limn_node *x, limn_node *moments, limn_node *sums,
                               limn_node *gamma, limn_node *beta, const norm_attr *attr);

const limn_node *limn_norm_behind_act(const limn_node *node);

// Fails unless gamma or beta has a value for each channel (of each picture).
limn_status limn_norm_check_parameter(limn_node *node, const limn_node *parameter,
                                      const char *what);
// Fails unless moments fit x.
limn_status limn_norm_check_moments(limn_node *node, const limn_node *x, const limn_node *moments);

#endif
