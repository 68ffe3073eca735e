// The options of the spatial profile loss, and its terms.
#include "methods/profile_loss.h"

#include "nn/losses.h"
#include "train/trainer.h"

#include <string.h>

static const struct {
    const char *word;
    limn_profile_part part;
} cp_parts[] = {
    {"rgb", LIMN_PROFILE_RGB},
    {"yuv", LIMN_PROFILE_YUV},
    {"gradient", LIMN_PROFILE_YUV_GRADIENT},
};

// The bits of words joined by commas; 0: there is one that is none.
static unsigned parts_of(const char *words) {
    unsigned parts = 0;
    for (;;) {
        size_t length = strcspn(words, ","), i = 0, count = sizeof cp_parts / sizeof *cp_parts;
        while (i < count && (strlen(cp_parts[i].word) != length ||
                             strncmp(cp_parts[i].word, words, length) != 0))
            i++;
        if (i == count) return 0;
        parts |= 1u << cp_parts[i].part;
        if (!words[length]) return parts;
        words += length + 1;
    }
}

static unsigned wanted_parts(const limn_profile_loss *loss) {
    return (loss->gp > 0 ? 1u << LIMN_PROFILE_GRADIENT : 0) |
           (loss->cp > 0 ? parts_of(loss->cp_parts) : 0);
}

limn_status limn_profile_loss_check(const limn_profile_loss *loss, double beside) {
    if (!parts_of(loss->cp_parts))
        return limn_fail(LIMN_USAGE,
                         "--cp-parts \"%s\": one or more of rgb, yuv and gradient are possible, "
                         "joined by commas; --cp-weight 0 leaves all of them out",
                         loss->cp_parts);
    if (loss->gp > 0 || loss->cp > 0 || loss->l1 > 0 || beside > 0) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "--gp-weight, --cp-weight and --l1-weight are 0, so that nothing "
                                 "would be learnt. Give one of them a weight");
}

void limn_profile_loss_advise(const limn_profile_loss *loss, const limn_trainer *trainer) {
    if (loss->l1 == 0 && !trainer->resumes)
        limn_trainer_say(trainer,
                         "profiles do not see how bright a picture is: where results come out "
                         "too dark or too pale, train with --l1-weight 10 as well");
}

static limn_node *in_units(limn_node *x) {
    return limn_scale(x, 1 / 255.0);
}

void limn_profile_loss_l1(limn_update *update, limn_node *x, limn_node *y, double weight) {
    limn_update_term(update, "l1", limn_scale(limn_l1(x, y), 1 / 255.0), weight);
}

void limn_profile_loss_terms(const limn_profile_loss *loss, limn_update *update, limn_node *x,
                             limn_node *y) {
    limn_profile_options how = {.parts = wanted_parts(loss), .form = (limn_profile_form)loss->form};
    if (how.parts)
        limn_profile_terms(update, limn_profile(in_units(x), in_units(y), how), how.parts, loss->gp,
                           loss->cp);
    limn_profile_loss_l1(update, x, y, loss->l1);
}

void limn_profile_loss_terms_of_two(const limn_profile_loss *loss, limn_update *update,
                                    limn_node *x, limn_node *shape, limn_node *colour) {
    unsigned all = wanted_parts(loss), gradient = 1u << LIMN_PROFILE_GRADIENT;
    limn_profile_options gp = {.parts = all & gradient, .form = (limn_profile_form)loss->form};
    limn_profile_options cp = {.parts = all & ~gradient, .form = gp.form};
    if (gp.parts)
        limn_profile_terms(update, limn_profile(in_units(x), in_units(shape), gp), gp.parts,
                           loss->gp, 0);
    if (cp.parts)
        limn_profile_terms(update, limn_profile(in_units(x), in_units(colour), cp), cp.parts, 0,
                           loss->cp);
    limn_profile_loss_l1(update, x, colour, loss->l1);
}
