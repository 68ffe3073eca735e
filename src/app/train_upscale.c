// limn train upscale: learn to enlarge.
#include "app/training.h"

static const limn_option_group groups[] = LIMN_TRAINING_GROUPS("Enlarging", limn_upscale_options);

static limn_status run(limn_call *call) {
    return limn_training_run(call, &limn_method_upscale, groups);
}

const limn_verb limn_verb_train_upscale = {
    .name = "train upscale",
    .summary = "train a network that enlarges pictures",
    .description = "Learns from a folder of photographs to make pictures four or eight times "
                   "larger, and writes "
                   "model.safetensors into the run's folder. With --loss pixel the result is as "
                   "near to the true "
                   "pixels as it can be, with --loss feature it is sharper.\n",
    .examples = "limn train upscale --data photos/ -o runs/x4\n"
                "limn upscale small.jpg -m runs/x4/model.safetensors -o large.png\n",
    .groups = groups,
    .options_size = sizeof(limn_training_options),
    .run = run,
};
