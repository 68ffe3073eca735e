// limn train --resume FOLDER: goes on with a run, whatever its method.
#include "app/training.h"

static const limn_option_group groups[] = {
    {"Training", limn_train_option_table, offsetof(limn_training_options, train)},
    {"Run", limn_training_table, 0},
    {"Messages", limn_common_table, offsetof(limn_training_options, common)},
    {0},
};

static limn_status run(limn_call *call) {
    return limn_training_run(call, NULL, NULL);
}

const limn_verb limn_verb_train = {
    .name = "train",
    .summary = "go on with a training run",
    .description = "With --resume, goes on with the run in a folder, with the options it was begun "
                   "with. A run "
                   "that was cut anywhere, by Ctrl-C, by kill -9 or by a power cut, goes on bit "
                   "for bit on the "
                   "same machine.\n"
                   "What can be trained has verbs of its own, each with its --help.\n",
    .examples = "limn train --resume runs/starry\n",
    .groups = groups,
    .options_size = sizeof(limn_training_options),
    .run = run,
};
