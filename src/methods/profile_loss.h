// The options of the spatial profile loss, and its terms, for the methods that train by it.
#ifndef LIMN_METHODS_PROFILE_LOSS_H
#define LIMN_METHODS_PROFILE_LOSS_H

#include "base/options.h"
#include "nn/profile.h"
#include "train/method.h"

typedef struct limn_profile_loss {
    double gp, cp; // weights
    double l1;     // of the mean |x - y|, values in [0,1], beside them
    const char *cp_parts;
    int form; // limn_profile_form
} limn_profile_loss;

// Rows of an option table whose PROFILE(member) is the place of a member.
#define LIMN_PROFILE_WEIGHT(title, member, usual, what)                                            \
    {                                                                                              \
        .name = title, .kind = LIMN_OPTION_REAL, PROFILE(member), .fallback = usual, .low = 0,     \
        .high = 1e6, .needs = "loss=profile", .help = what                                         \
    }
#define LIMN_PROFILE_OPTIONS                                                                       \
    LIMN_PROFILE_WEIGHT("gp-weight", gp, "1",                                                      \
                        "of the gradient profile: rows and columns of differences, which carry "   \
                        "shape"),                                                                  \
        LIMN_PROFILE_WEIGHT("cp-weight", cp, "1", "of the colour profile"),                        \
        {.name = "cp-parts",                                                                       \
         .kind = LIMN_OPTION_TEXT,                                                                 \
         PROFILE(cp_parts),                                                                        \
         .fallback = "rgb,yuv,gradient",                                                           \
         .placeholder = "PART,...",                                                                \
         .needs = "loss=profile",                                                                  \
         .help = "what the colour profile compares: rgb, yuv, gradient (differences of YUV)"},     \
        LIMN_PROFILE_WEIGHT("l1-weight", l1, "0",                                                  \
                            "of the mean difference of pixels beside profiles, which do not see "  \
                            "how bright a picture is; 10 pulls about as hard as GP"),              \
    {                                                                                              \
        .name = "profile-form", .kind = LIMN_OPTION_CHOICE, PROFILE(form), .fallback = "formula",  \
        .choices = "formula|pytorch|tensorflow", .needs = "loss=profile",                          \
        .help = "the paper's formula, or the sums, divisors and floors of the authors' programs"   \
    }

// LIMN_USAGE and a sentence for parts that there are not, or where nothing would be learnt: all
// weights are 0, and so are those of other terms together, `beside`.
limn_status limn_profile_loss_check(const limn_profile_loss *loss, double beside);

// Where there is no L1, to a network that is not given colours to begin from: all parts are the
// same for a picture and for a times it, so that results may come out too dark.
void limn_profile_loss_advise(const limn_profile_loss *loss, const limn_trainer *trainer);

// Terms "gp", "cp-rgb", "cp-yuv", "cp-grad" (gaps) and "l1" of x against y, both [n,3,h,w] in
// 0..255.
void limn_profile_loss_terms(const limn_profile_loss *loss, limn_update *update, limn_node *x,
                             limn_node *y);
// The same with shapes of one picture and colours of another: "gp" against `shape`, the others
// against `colour`.
void limn_profile_loss_terms_of_two(const limn_profile_loss *loss, limn_update *update,
                                    limn_node *x, limn_node *shape, limn_node *colour);
// "l1" alone.
void limn_profile_loss_l1(limn_update *update, limn_node *x, limn_node *y, double weight);

#endif
