// Perceptual distance: the formula of LPIPS (Zhang and others, 1801.03924) without its weights, in
// the VGG-19 that ships.
#include "metrics/distance.h"

static limn_status open(limn_measuring *it) {
    LIMN_TRY(limn_distance_begin(it, LIMN_DISTANCE_PERCEPTUAL, it->options));
    const limn_distance_meter *distance = it->state;
    limn_measuring_title(it, "%s", distance->title);
    return LIMN_OK;
}

const limn_metric limn_metric_perceptual = {
    .name = "perceptual",
    .title = "perceptual distance",
    .summary = "measure how different pictures look, by features of VGG-19",
    .description =
        "Compares two pictures of one size, or the pictures of two folders by their names: at each "
        "place of five layers of VGG-19 (relu1_2, relu2_2, relu3_3, relu4_3, relu5_1) the channels "
        "are brought to length 1, and squared differences are added up, then averaged over places. "
        "0 for equal pictures. It is the formula of LPIPS without weights, and its figures are not "
        "those of LPIPS. Transparent pictures are laid on black and on white, and the larger "
        "distance counts.\n",
    .examples = "limn measure perceptual result.png photo.jpg\n"
                "limn measure perceptual results/ photos/\n",
    .compares = LIMN_PAIRS,
    .computes = true,
    .groups = {{"Network", limn_perceptual_table, 0}},
    .options_size = sizeof(limn_distance_options),
    .open = open,
    .close = limn_distance_end,
    .pair = limn_distance_pair,
};
