// The schedules there are.
#ifndef LIMN_TRAIN_SCHEDULE_H
#define LIMN_TRAIN_SCHEDULE_H

#include "train/trainer.h"

// The choices of --schedule, in the order of the table in schedule.c.
#define LIMN_SCHEDULES "constant|linear|cosine|poly|exponential"

#endif
