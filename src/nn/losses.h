// Losses made of operators. Each gives one number, [1].
#ifndef LIMN_NN_LOSSES_H
#define LIMN_NN_LOSSES_H

#include "ops/ops.h"

// mean over all elements of (a - b)^2; b may be broadcast.
limn_node *limn_mse(limn_node *a, limn_node *b);
limn_node *limn_l1(limn_node *a, limn_node *b); // mean |a - b|

// What a discriminator's logits should say.
typedef enum limn_verdict { LIMN_FAKE, LIMN_REAL } limn_verdict;
// Binary cross entropy of the logits' sigmoid, the mean over all of them.
limn_node *limn_bce(limn_node *logits, limn_verdict wanted);
// Least squares: the mean of (logit - 1)^2, or of logit^2 (Mao et al., 1611.04076).
limn_node *limn_lsgan(limn_node *logits, limn_verdict wanted);
// Logits [n,k], labels [n] (whole numbers): the mean of -log softmax(logits)[label], and the part
// of the rows whose largest logit is that of the label (no gradient).
limn_node *limn_cross_entropy(limn_node *logits, limn_node *labels);
limn_node *limn_accuracy(limn_node *logits, limn_node *labels);

// How the distance of Gram matrices is divided: by the number of entries (the official code and all
// published weights), or not at all (the paper's formula: c^2 times as much).
typedef enum limn_style_form { LIMN_STYLE_CODE, LIMN_STYLE_PAPER } limn_style_form;

// The mean over pictures of |gram(x) - target|^2, target [1,c,c] or [n,c,c].
limn_node *limn_style_loss(limn_node *x, limn_node *target, limn_style_form form);

// How unlike the features x are to those of y, wherever they are (Mechrez et al., 1803.02077):
// x, y [n,c,h,w], of equal shape. The mean over pictures of
// -log(mean_j max_i softmax_j(-d_ij / (min_j d_ij + 1e-5) / 0.5) + 1e-5), d the cosine distances of
// features less the mean of y's. The gradient goes to x alone.
limn_node *limn_contextual(limn_node *x, limn_node *y);

#endif
