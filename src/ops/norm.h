// Normalisation: instance, batch and layer norm, adaptive instance norm.
//
// A norm is two nodes, since a node has one result: `moments` (mean and biased variance of each
// group) and `normalise`. x is [n, c, ...]; gamma and beta are [c], or [n, c] to differ by picture,
// or NULL for 1 and 0. A relu, leaky relu and an addition behind a norm are computed with it.
//
// Flat in, flat out: a variance below the rounding level of its own sums counts as 0, and a group
// of variance 0 becomes beta exactly, not its rounding errors multiplied by 1/sqrt(eps).
#ifndef LIMN_OPS_NORM_H
#define LIMN_OPS_NORM_H

#include "graph/graph.h"

// What one mean and one variance are taken over.
typedef enum limn_over {
    LIMN_OVER_PLANE,   // a channel of a picture, [n, c, 2]: instance norm
    LIMN_OVER_BATCH,   // a channel of all pictures, [1, c, 2]: batch norm
    LIMN_OVER_PICTURE, // all channels of a picture, [n, 1, 2]: layer norm
} limn_over;

// What the centred value is multiplied by.
typedef enum limn_norm_form {
    LIMN_NORM_ROOT,     // 1 / sqrt(var + eps)
    LIMN_NORM_STD,      // 1 / (std + eps), std with N - 1 in the denominator (MUNIT's layer norm)
    LIMN_NORM_VARIANCE, // 1 / (var + eps) (EGSC-IT as published)
} limn_norm_form;

// The means [.., 0] and biased variances [.., 1] of x.
limn_node *limn_moments(limn_node *x, limn_over over);

limn_node *limn_instance_norm(limn_node *x, limn_node *gamma, limn_node *beta, double eps);

// With the statistics of this batch, which are handed out for the running ones (NULL: not needed).
limn_node *limn_batch_norm(limn_node *x, limn_node *gamma, limn_node *beta, double eps,
                           limn_node **moments);

// With given statistics, both [c]. No gradient flows into them.
limn_node *limn_batch_norm_test(limn_node *x, limn_node *gamma, limn_node *beta, limn_node *mean,
                                limn_node *variance, double eps);

// Over all of a picture; form ROOT or STD.
limn_node *limn_layer_norm(limn_node *x, limn_node *gamma, limn_node *beta, limn_norm_form form,
                           double eps);

// y = scale * (x - mean) / sqrt(var + eps) + shift by picture and channel; scale, shift [n, c].
limn_node *limn_adain(limn_node *x, limn_node *scale, limn_node *shift, limn_norm_form form,
                      double eps);

// Rewrites for the operators behind a norm that nothing else reads: the node that computes the norm
// and this relu of `slope`, or this addition, at once; `node` where that cannot be.
limn_node *limn_normalise_fold_act(limn_node *node, const int *uses, double slope);
limn_node *limn_normalise_fold_add(limn_node *node, const int *uses);

#endif
