// What all `limn train ...` verbs share: messages around the options of a training, signals,
// progress.
#ifndef LIMN_APP_TRAINING_H
#define LIMN_APP_TRAINING_H

#include "app/verb.h"
#include "train/request.h"

typedef struct limn_training_options {
    limn_common_options common;
    limn_training training;
} limn_training_options;

// method: NULL where the run that is resumed says it.
limn_status limn_training_do(limn_call *call, const limn_method *method);

#endif
