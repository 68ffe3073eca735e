// The U-Net generator as pix2pix saves it.
#include "kinds/paired_import.h"
#include "kinds/unet.h"

#include <stdio.h>

#define FIRST "model.model.0.weight"

limn_status limn_unet_recognise(const limn_tensors *set, bool named, void *of) {
    const limn_stored *first = limn_tensors_find(set, FIRST);
    bool four = first && first->rank == 4 && first->shape[2] == 4 && first->shape[3] == 4;
    (void)of;
    return four || named ? LIMN_OK
                         : limn_fail(LIMN_MODEL, "its names are not those of a U-Net of pix2pix");
}

// The outermost level, and those inside one another from there on.
static limn_status count_levels(const limn_tensors *set, int64_t *depth) {
    enum { MOST = 16 };
    char prefix[LIMN_PAIRED_NAME] = "model.model.1.model", name[LIMN_PAIRED_NAME + 16];
    for (*depth = 1; *depth <= MOST; ++*depth) {
        snprintf(name, sizeof name, "%s.1.weight", prefix);
        if (!limn_tensors_find(set, name)) break;
        snprintf(name, sizeof name, "%s.3.model", prefix);
        snprintf(prefix, sizeof prefix, "%s", name);
    }
    if (*depth == LIMN_UNET_LEAST_DEPTH || *depth == LIMN_UNET_MOST_DEPTH) return LIMN_OK;
    return limn_fail(LIMN_MODEL,
                     "it is a U-Net of %lld levels: limn runs those of 7 (unet_128) and "
                     "8 (unet_256)",
                     (long long)*depth);
}

limn_status limn_unet_rename(const limn_tensors *set, void *of, limn_tensors *ours) {
    limn_unet_shape *it = of;
    *it = (limn_unet_shape){.statistics = LIMN_PAIRED_PICTURE};
    LIMN_TRY(limn_paired_refuse_others(set));
    LIMN_TRY(limn_paired_extent(set, FIRST, 0, LIMN_UNET_MOST_WIDTH, &it->width));
    LIMN_TRY(limn_paired_extent(set, FIRST, 1, 1024, &it->channels));
    LIMN_TRY(limn_paired_extent(set, "model.model.3.weight", 1, 1024, &it->out));
    LIMN_TRY(limn_paired_channels(it->channels, it->out));
    LIMN_TRY(count_levels(set, &it->depth));
    it->size = (int64_t)1 << it->depth;
    it->norm = limn_paired_norm_of(set, "model.model.1.model.2", "model.model.1.model.1");
    return limn_paired_take(set, &limn_kind_unet, it, it->norm, NULL, ours);
}
