// limn train two-step: learn to translate between labelled domains.
#include "app/training.h"

static const limn_option_group groups[] = LIMN_TRAINING_GROUPS("Domains", limn_two_step_options);

static limn_status run(limn_call *call) {
    return limn_training_run(call, &limn_method_two_step, groups);
}

const limn_verb limn_verb_train_two_step = {
    .name = "train two-step",
    .summary = "train a model that translates between labelled domains",
    .description =
        "Learns from folders of pictures, FOLDER/train/DOMAIN/ for each of two domains or more "
        "(or FOLDER/trainA and FOLDER/trainB), one model that turns pictures of any domain into "
        "those of any other. First a generator learns to make pictures of all domains from chance "
        "(--steps), then an encoder learns to read from a picture what it was made of "
        "(--encoder-steps). The second step begins by itself; either is resumed by limn train "
        "--resume.\n"
        "The result is made anew, not edited: what a hundred numbers do not carry, such as who a "
        "face belongs to, is lost.\n",
    .examples = "limn train two-step --data emoji/ -o runs/emoji\n"
                "limn train two-step --data emoji/ -o runs/half --width 64 --steps 3000 "
                "--encoder-steps 10000\n"
                "limn translate face.png -m runs/emoji/model.safetensors --to google -o out.png\n",
    .groups = groups,
    .options_size = sizeof(limn_training_options),
    .run = run,
};
