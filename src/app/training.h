// What all `limn train ...` verbs share: options around a method's own, signals, progress,
// resuming.
#ifndef LIMN_APP_TRAINING_H
#define LIMN_APP_TRAINING_H

#include "app/verb.h"
#include "methods/methods.h"

enum { LIMN_METHOD_OPTIONS = 512 }; // room for a method's own options

typedef struct limn_training_options {
    limn_common_options common;
    const char *output;
    const char *resume;
    bool accept_changes;
    limn_train_options train;
    union {
        char bytes[LIMN_METHOD_OPTIONS];
        double aligned;
    } own;
} limn_training_options;

extern const limn_option limn_training_table[];

// The groups of a method's verb.
#define LIMN_TRAINING_GROUPS(method)                                                               \
    {                                                                                              \
        {(method)->group, (method)->options, offsetof(limn_training_options, own)},                \
            {"Training", limn_train_option_table, offsetof(limn_training_options, train)},         \
            {"Run", limn_training_table, 0},                                                       \
            {"Messages", limn_common_table, offsetof(limn_training_options, common)}, {0},         \
    }

limn_status limn_training_run(limn_call *call, const limn_method *method,
                              const limn_option_group *groups);

#endif
