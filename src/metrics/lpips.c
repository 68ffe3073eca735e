// LPIPS (Zhang and others, "The unreasonable effectiveness of deep features as a perceptual
// metric", 1801.03924), version 0.1, of files that the user has.
#include "metrics/distance.h"

static limn_status open(limn_measuring *it) {
    LIMN_TRY(limn_distance_begin(it, LIMN_DISTANCE_LPIPS, it->options));
    const limn_distance_meter *distance = it->state;
    limn_measuring_title(it, "%s", distance->title);
    return LIMN_OK;
}

const limn_metric limn_metric_lpips = {
    .name = "lpips",
    .title = "LPIPS",
    .summary = "measure how different pictures look, by LPIPS",
    .description =
        "Compares two pictures of one size, or the pictures of two folders by their names. 0 for "
        "equal pictures. Two files are needed, which are not shipped: a network of torchvision "
        "(AlexNet, VGG-16 or SqueezeNet 1.1) and the weights of LPIPS for it, which say what "
        "network it is. Transparent pictures are laid on black and on white, and the larger "
        "distance "
        "counts.\n",
    .examples = "limn measure lpips results/ photos/ --backbone alexnet-owt-7be5be79.pth --weights "
                "alex.pth\n",
    .compares = LIMN_PAIRS,
    .computes = true,
    .groups = {{"Network", limn_lpips_table, 0}},
    .options_size = sizeof(limn_distance_options),
    .open = open,
    .close = limn_distance_end,
    .pair = limn_distance_pair,
};
