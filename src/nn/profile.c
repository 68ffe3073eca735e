// The terms of the spatial profile loss.
#include "nn/profile.h"

// How far a part is from its reach, [1]: at least 0, and the same gradient.
static limn_node *gap_of(limn_node *profile, limn_profile_part part) {
    limn_node *both = limn_slice_axis(profile, 1, part, 1);
    return limn_reshape(limn_sum(both, LIMN_ALL_AXES, LIMN_DROP), LIMN_SHAPE(1));
}

void limn_profile_terms(limn_update *update, limn_node *profile, unsigned parts, double gp_weight,
                        double cp_weight) {
    static const char *const names[LIMN_PROFILE_PARTS] = {"gp", "cp-rgb", "cp-yuv", "cp-grad"};
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++)
        if (parts >> p & 1)
            limn_update_term(update, names[p], gap_of(profile, (limn_profile_part)p),
                             p == LIMN_PROFILE_GRADIENT ? gp_weight : cp_weight);
}
