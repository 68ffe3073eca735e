// Losses of EGSC-IT (Ma et al., 1805.11145) and UNIT (Liu et al., 1703.00848): a translation has
// the content of its picture and the style of its exemplar, a latent space is near N(0, I).
#ifndef LIMN_NN_CONSISTENCY_H
#define LIMN_NN_CONSISTENCY_H

#include "ops/ops.h"

// What is held near N(0, I), of latents z = mu + noise: the mean of mu^2, or of z^2 as in the
// official code, whose gradient is the same on average.
typedef enum limn_latent_form { LIMN_LATENT_MEAN, LIMN_LATENT_NOISY } limn_latent_form;
limn_node *limn_latent_cost(limn_node *mu, limn_node *z, limn_latent_form form); // -> [1]

// Features [n,c,h,w], each channel of a picture divided by its length over all pixels.
limn_node *limn_unit_features(limn_node *x);

// Of pictures i of a and (i + turn) modulo n of b, over layers 1 .. count, the deeper the more: sum
// of l / count * mean |a_l - b_l|, of unit features.  -> [n]
limn_node *limn_content_distances(limn_node *const *a, limn_node *const *b, int count,
                                  int64_t turn);
// Of each picture: sum of mean |products of a_l - products of b_l|, products of all channels with
// each other, divided by h w: at most 1 / (h w), which is the diagonal.  -> [n]
limn_node *limn_style_distances(limn_node *const *a, limn_node *const *b, int count);

#endif
