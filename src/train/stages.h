// The stages of a training: made when they begin, freed when they end.
#ifndef LIMN_TRAIN_STAGES_H
#define LIMN_TRAIN_STAGES_H

#include "train/trainer.h"

// Before values are drawn: LIMN_MEMORY and a sentence where values, gradients and moments alone are
// more than may be used.
limn_status limn_trainer_check_room(const limn_trainer *trainer, const limn_store *store);
// Makes updates, store and average of a stage, with the values of the one before where there was
// one. The average, if any, begins with the values.
limn_status limn_stage_begin(limn_trainer *trainer, int stage);
// Frees what the stage made.
void limn_stage_end(limn_trainer *trainer);
// Whether a stage comes behind that of the trainer.
bool limn_stage_follows(const limn_trainer *trainer);
// The stage that a step belongs to; the last behind its end.
int limn_stage_of(const limn_trainer *trainer, int64_t step);

#endif
