// The loop that trains: steps, the log, sheets, checkpoints, stopping, what to do about NaN.
#ifndef LIMN_TRAIN_SESSION_H
#define LIMN_TRAIN_SESSION_H

#include "train/trainer.h"

// The preset before the one that is chosen, as it would be with all else that was given.
typedef struct limn_smaller {
    const char *name; // NULL: there is none
    const void *own;
    int64_t batch, steps;
} limn_smaller;

typedef struct limn_session_request {
    const limn_method *method;
    const limn_option_group *groups; // all options, for config.json
    const void *values;              // resolved, one struct
    const limn_common *common;       // of these
    const void *own;
    const char *source; // the command that makes the same model again, for limn.source
    const char *folder;
    bool resume, accept_changes;
    limn_smaller smaller; // whose time is told beside its own
    limn_settler settler; // of the values; or {0}
    limn_train_hooks hooks;
} limn_session_request;

// Trains until the last step, or until asked to stop (LIMN_STOPPED, all saved). LIMN_DIVERGED when
// a term stops being a number and the policy says stop, or rewinding does not help.
limn_status limn_session_run(const limn_session_request *request);

#endif
