// The spatial profile loss (ops/profile.h): its terms in an update, and the same built of plain
// operators, which judges the fused ones.
#ifndef LIMN_NN_PROFILE_H
#define LIMN_NN_PROFILE_H

#include "nn/update.h"
#include "ops/profile.h"

// S of x and y [n,c,h,w], any number of channels, as maps of a picture of `rows` rows: [1].
limn_node *limn_profile_similarity(limn_node *x, limn_node *y, int64_t rows,
                                   limn_profile_form form);
// limn_profile, of plain operators.
limn_node *limn_profile_composed(limn_node *x, limn_node *y, limn_profile_options options);

// Adds the gaps of what limn_profile gave as terms "gp", "cp-rgb", "cp-yuv" and "cp-grad": of the
// parts in `parts`, GRADIENT by gp_weight, the others by cp_weight.
void limn_profile_terms(limn_update *update, limn_node *profile, unsigned parts, double gp_weight,
                        double cp_weight);

#endif
