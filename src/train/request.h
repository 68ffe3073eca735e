// A training asked for by the names of options: defaults and presets, resuming, the folder of a
// run.
#ifndef LIMN_TRAIN_REQUEST_H
#define LIMN_TRAIN_REQUEST_H

#include "train/trainer.h"

enum { LIMN_METHOD_OPTIONS = 512 }; // room for a method's own options

typedef struct limn_training {
    const char *output, *resume;
    bool accept_changes;
    limn_common common;
    union {
        char bytes[LIMN_METHOD_OPTIONS];
        double aligned;
    } own;
} limn_training;

extern const limn_option limn_run_table[]; // output, resume, accept-changes

// The groups of options of a method (NULL: those of every method) in a limn_training that lies
// `offset` bytes into the values; {0} at the end.
enum { LIMN_TRAINING_GROUPS = 4 };
void limn_training_groups(const limn_method *method, size_t offset,
                          limn_option_group groups[LIMN_TRAINING_GROUPS]);

// Trains as `values` say, where `given` are the options that somebody gave: the others come from
// the run that is resumed, the preset, the method's defaults. method: NULL where the run that is
// resumed says it.
limn_status limn_training_run(const limn_method *method, const limn_training *values,
                              const limn_parsed *given, const limn_train_hooks *hooks);

const limn_method *limn_method_find(const char *name); // NULL: there is none

#endif
