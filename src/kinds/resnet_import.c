// The residual generator as pix2pix and CycleGAN save it.
#include "kinds/paired_import.h"
#include "kinds/resnet.h"

#include <stdio.h>
#include <string.h>

limn_status limn_resnet_recognise(const limn_tensors *set, bool named, void *of) {
    const limn_stored *first = limn_tensors_find(set, "model.1.weight");
    bool seven = first && first->rank == 4 && first->shape[2] == 7 && first->shape[3] == 7;
    (void)of;
    return seven || named || limn_paired_is_other(set)
               ? LIMN_OK
               : limn_fail(LIMN_MODEL, "its names are not those of a ResNet of CycleGAN");
}

// Where training had dropout, the second convolution and norm of a block come one module later.
static bool had_dropout(const limn_tensors *set) {
    const limn_stored *second = limn_tensors_find(set, "model.10.conv_block.6.weight");
    return second && second->rank == 4;
}

static void published_name(const limn_tensors *set, const char *ours, char name[LIMN_PAIRED_NAME]) {
    const char *block = strstr(ours, ".conv_block.");
    int module;
    snprintf(name, LIMN_PAIRED_NAME, "%s", ours);
    if (!block || !had_dropout(set)) return;
    block += strlen(".conv_block.");
    if (sscanf(block, "%1d", &module) == 1 && module >= 5)
        name[block - ours] = (char)('1' + module);
}

static limn_status count_blocks(const limn_tensors *set, int64_t *blocks) {
    char name[64];
    for (*blocks = 0; *blocks <= LIMN_RESNET_MOST_BLOCKS; ++*blocks) {
        snprintf(name, sizeof name, "model.%d.conv_block.1.weight", 10 + (int)*blocks);
        if (!limn_tensors_find(set, name)) break;
    }
    if (*blocks > LIMN_RESNET_MOST_BLOCKS)
        return limn_fail(LIMN_MODEL, "it has more than %d residual blocks, the most that limn runs",
                         LIMN_RESNET_MOST_BLOCKS);
    if (*blocks) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "it has no residual blocks where they are expected");
}

limn_status limn_resnet_rename(const limn_tensors *set, void *of, limn_tensors *ours) {
    limn_resnet_shape *it = of;
    char last[64];
    *it = (limn_resnet_shape){
        .form = LIMN_RESNET_CYCLEGAN, .size = 256, .statistics = LIMN_PAIRED_PICTURE};
    LIMN_TRY(limn_paired_refuse_others(set));
    LIMN_TRY(limn_paired_extent(set, "model.1.weight", 0, LIMN_RESNET_MOST_WIDTH, &it->width));
    LIMN_TRY(limn_paired_extent(set, "model.1.weight", 1, 1024, &it->channels));
    LIMN_TRY(count_blocks(set, &it->blocks));
    snprintf(last, sizeof last, "model.%d.weight", 17 + (int)it->blocks);
    LIMN_TRY(limn_paired_extent(set, last, 0, 1024, &it->out));
    LIMN_TRY(limn_paired_channels(it->channels, it->out));
    it->norm = limn_paired_norm_of(set, "model.2", "model.1");
    return limn_paired_take(set, &limn_kind_resnet, it, it->norm, published_name, ours);
}
