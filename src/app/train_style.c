// limn train style: learn to paint like one painting.
#include "app/training.h"

static const limn_option_group groups[] = LIMN_TRAINING_GROUPS("Style", limn_style_options);

static limn_status run(limn_call *call) {
    return limn_training_run(call, &limn_method_style, groups);
}

const limn_verb limn_verb_train_style = {
    .name = "train style",
    .summary = "train a network that paints like one painting",
    .description =
        "Learns from a folder of photographs to paint any photograph in the style of one painting, "
        "and writes model.safetensors into the run's folder. index.html there shows curves and "
        "samples while it works.\n"
        "By default it starts from a style that ships with limn, so that minutes are enough. The "
        "first Ctrl-C finishes the step and saves, the second stops at once; SIGUSR1 saves and "
        "goes "
        "on; limn train --resume goes on.\n",
    .examples = "limn train style --style painting.jpg --data photos/ -o runs/mine --preset draft\n"
                "limn stylize photo.jpg -m runs/mine/model.safetensors -o out.jpg\n",
    .groups = groups,
    .options_size = sizeof(limn_training_options),
    .run = run,
};
