// limn train: goes on with a run, whatever its method; and the verbs of the methods.
#include "app/training.h"

#include <assert.h>
#include <stdio.h>

enum { MOST_METHODS = 32 };

typedef struct trained {
    limn_verb verb;
    limn_option_group groups[LIMN_TRAINING_GROUPS + 1];
    char name[48];
} trained;

static const limn_option_group bare[] = {
    {"Training", limn_common_training_table,
     offsetof(limn_training_options, training) + offsetof(limn_training, common)},
    {"Run", limn_run_table, offsetof(limn_training_options, training)},
    {"Messages", limn_common_table, offsetof(limn_training_options, common)},
    {0},
};

// ---- train METHOD ----

static trained made[MOST_METHODS];

static limn_status run_method(limn_call *call) {
    int i = 0;
    while (call->verb != &made[i].verb) i++;
    return limn_training_do(call, limn_methods[i]);
}

static const limn_verb *part(int position) {
    assert(position < MOST_METHODS);
    const limn_method *method = limn_methods[position];
    trained *it = &made[position];
    if (!method || it->verb.name) return method ? &it->verb : NULL;
    limn_training_groups(method, offsetof(limn_training_options, training), it->groups);
    it->groups[LIMN_TRAINING_GROUPS - 1] = bare[2]; // messages
    snprintf(it->name, sizeof it->name, "train %s", method->name);
    it->verb = (limn_verb){.name = it->name,
                           .summary = method->summary,
                           .description = method->description,
                           .examples = method->examples,
                           .groups = it->groups,
                           .options_size = sizeof(limn_training_options),
                           .run = run_method};
    return &it->verb;
}

// ---- train ----

static limn_status run(limn_call *call) {
    return limn_training_do(call, NULL);
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
    .groups = bare,
    .options_size = sizeof(limn_training_options),
    .part = part,
    .run = run,
};
