// How the learning rate changes while training goes on.
#ifndef LIMN_TRAIN_SCHEDULE_H
#define LIMN_TRAIN_SCHEDULE_H

#include "train/trainer.h"

// The choices of --schedule, in the order of the table in schedule.c.
#define LIMN_SCHEDULES "constant|linear|cosine|poly|exponential"

// What the learning rate of the step after `step`, of so many, is multiplied by. `epoch`: steps in
// one.
double limn_schedule(const limn_common *options, int64_t step, int64_t steps, int64_t epoch);
// Whether that depends on how many steps there are to be.
bool limn_schedule_ends(const limn_common *options);

#endif
