// Generators of pix2pix and CycleGAN as their program saves them: what is refused, and taking what
// a network needs. Which tensors those are the network says itself.
#include "kinds/paired_import.h"

#include "base/text.h"
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- what is no such generator ----

static bool is_filter(const char *name) {
    return limn_text_ends(name, ".filt");
}
static bool is_high_definition(const char *name) {
    return limn_text_begins(name, "down_") || limn_text_begins(name, "model1_") ||
           limn_text_begins(name, "head_0.") || strstr(name, "ResnetBlock");
}
static bool is_optimiser(const char *name) {
    return limn_text_ends(name, ".exp_avg");
}

static const struct other {
    bool (*is)(const char *name);
    const char *sentence;
} others[] = {
    {is_filter, "it is an anti-aliased generator, as CUT has them (tensors named .filt): limn has "
                "no such network"},
    {is_high_definition,
     "it is a generator of pix2pixHD or SPADE, by its names: limn has no such network"},
    {is_optimiser, "it holds the state of an optimiser, no weights. The generator is in "
                   "latest_net_G.pth"},
};

// Of 64 channels at the first 4x4 convolution, of the picture or of both of a pair.
static bool is_discriminator(const limn_tensors *set) {
    const limn_stored *first = limn_tensors_find(set, "model.0.weight");
    return first && first->rank == 4 && first->shape[2] == 4 && first->shape[3] == 4;
}

static const struct other *find_other(const limn_tensors *set) {
    for (size_t i = 0; i < set->count; i++)
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            if (others[k].is(set->items[i].name)) return &others[k];
    return NULL;
}

bool limn_paired_is_other(const limn_tensors *set) {
    return is_discriminator(set) || find_other(set);
}

limn_status limn_paired_refuse_others(const limn_tensors *set) {
    const struct other *other = find_other(set);
    if (other) return limn_fail(LIMN_MODEL, "%s", other->sentence);
    if (!is_discriminator(set)) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "it is a discriminator (net_D), which only training needs. The "
                                 "generator is in latest_net_G.pth");
}

// ---- its shape ----

int limn_paired_norm_of(const limn_tensors *set, const char *norm, const char *conv) {
    char name[LIMN_PAIRED_NAME];
    snprintf(name, sizeof name, "%s.weight", norm);
    if (limn_tensors_find(set, name)) return LIMN_PAIRED_BATCH;
    snprintf(name, sizeof name, "%s.bias", conv);
    return limn_tensors_find(set, name) ? LIMN_PAIRED_INSTANCE : LIMN_PAIRED_NO_NORM;
}

limn_status limn_paired_extent(const limn_tensors *set, const char *name, int dimension, int most,
                               int64_t *extent) {
    const limn_stored *tensor;
    limn_shown shown;
    LIMN_TRY(limn_tensors_get(set, name, -1, NULL, &tensor));
    bool fine = tensor->rank == 4 && tensor->shape[dimension] >= 1 &&
                tensor->shape[dimension] <= (size_t)most;
    if (!fine)
        return limn_fail(LIMN_MODEL,
                         "%s has the shape %s where four dimensions are expected, the %s of them 1 "
                         "to %d",
                         name, limn_show_shape(&shown, tensor->rank, tensor->shape),
                         dimension ? "second" : "first", most);
    *extent = (int64_t)tensor->shape[dimension];
    return LIMN_OK;
}

limn_status limn_paired_channels(int64_t in, int64_t out) {
    if (in == 1 && out == 2)
        return limn_fail(LIMN_MODEL,
                         "it makes two channels of one: a generator that colours in Lab "
                         "(their colorization), and limn's are of grey or RGB");
    if ((in == 1 || in == 3) && (out == 1 || out == 3)) return LIMN_OK;
    return limn_fail(LIMN_MODEL,
                     "it makes %lld channels of %lld: pictures of 1 or 3 are possible on either "
                     "side",
                     (long long)out, (long long)in);
}

// ---- its tensors ----

static limn_status take_one(const limn_tensors *set, const limn_parameter *it, const char *name,
                            bool *taken, limn_tensors *ours) {
    const limn_stored *found;
    size_t shape[LIMN_MAX_RANK];
    for (int d = 0; d < it->shape.rank; d++) shape[d] = (size_t)it->shape.dim[d];
    LIMN_TRY(limn_tensors_get(set, name, it->shape.rank, shape, &found));
    taken[found - set->items] = true;
    return limn_tensors_add_view(ours, it->name, found->element, found->rank, found->shape,
                                 found->stride, found->bytes);
}

static bool is_statistic(const char *name) {
    return limn_text_ends(name, ".running_mean") || limn_text_ends(name, ".running_var") ||
           limn_text_ends(name, ".num_batches_tracked");
}

static limn_status check_rest(const limn_tensors *set, const bool *taken, int norm) {
    limn_shown shown;
    for (size_t i = 0; i < set->count; i++) {
        const char *name = set->items[i].name;
        bool dropped = norm == LIMN_PAIRED_INSTANCE && is_statistic(name);
        if (!taken[i] && !dropped)
            return limn_fail(LIMN_MODEL, "there is no place in the network for its tensor %s",
                             limn_show(&shown, name, strlen(name)));
    }
    return LIMN_OK;
}

static limn_status take_all(const limn_tensors *set, const limn_model *model, int norm,
                            limn_paired_name *theirs, bool *taken, limn_tensors *ours) {
    for (int i = 0; i < model->store.size; i++) {
        const limn_parameter *it = &model->store.parameters[i];
        char name[LIMN_PAIRED_NAME];
        snprintf(name, sizeof name, "%s", it->name);
        if (theirs) theirs(set, it->name, name);
        LIMN_TRY(take_one(set, it, name, taken, ours));
    }
    LIMN_TRY(check_rest(set, taken, norm));
    LIMN_TRY(limn_tensors_note(ours, "limn.method", "paired"));
    LIMN_TRY(limn_tensors_note(ours, "limn.input", "rgb -1..1"));
    LIMN_TRY(limn_tensors_note(ours, "limn.output", "rgb -1..1"));
    return limn_tensors_seal(ours);
}

limn_status limn_paired_take(const limn_tensors *set, const limn_kind *kind, const void *shape,
                             int norm, limn_paired_name *theirs, limn_tensors *ours) {
    limn_model *model;
    LIMN_TRY(limn_model_new(kind, shape, NULL, 0, &model));
    bool *taken = calloc(set->count + 1, sizeof *taken);
    limn_status status = taken ? take_all(set, model, norm, theirs, taken, ours)
                               : limn_fail(LIMN_MEMORY, "there is no memory for a list of tensors");
    free(taken);
    limn_model_free(model);
    return status;
}
