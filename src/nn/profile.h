// The terms of the spatial profile loss (ops/profile.h) in an update.
#ifndef LIMN_NN_PROFILE_H
#define LIMN_NN_PROFILE_H

#include "nn/update.h"
#include "ops/profile.h"

// Adds the gaps of what limn_profile gave as terms "gp", "cp-rgb", "cp-yuv" and "cp-grad": of the
// parts in `parts`, GRADIENT by gp_weight, the others by cp_weight.
void limn_profile_terms(limn_update *update, limn_node *profile, unsigned parts, double gp_weight,
                        double cp_weight);

#endif
