// The curves of a run in the form that TensorBoard reads: RUN/events/events.out.tfevents.0.limn.
#ifndef LIMN_TRAIN_EVENTS_H
#define LIMN_TRAIN_EVENTS_H

#include "train/trainer.h"

// Opens the file for writing behind the records up to the trainer's step, and cuts off what
// follows. *events is closed first where it is not -1.
limn_status limn_events_open(const limn_trainer *trainer, int *events);
// Adds the record of the step just done.
limn_status limn_events_add(const limn_trainer *trainer, int events, double seconds);

// The length of the whole records up to a step.
size_t limn_events_kept(const unsigned char *bytes, size_t size, int64_t step);

// The Castagnoli checksum of RFC 3720.
uint32_t limn_crc32c(const void *bytes, size_t size);

#endif
