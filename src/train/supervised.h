// One objective, built twice: as the step on batches of the trainer's loader, and as the judgement
// of pictures that are held out, one after the other, with what comes of each for the sheets.
#ifndef LIMN_TRAIN_SUPERVISED_H
#define LIMN_TRAIN_SUPERVISED_H

#include "train/trainer.h"

typedef struct limn_supervised {
    limn_update *training, *judging; // the trainer owns the first
    limn_node *input[2];
    limn_held_out held_out;
    size_t floats, shown_floats; // of a sample, of what comes of it
    float *shown;                // [held_out.count][shown_floats], after limn_supervised_judge
} limn_supervised;

// Builds the terms on samples x [pictures, ...] and returns what comes of them, [pictures, ...].
// which: 0 the step, 1 the judgement.
typedef limn_node *limn_objective(limn_trainer *trainer, limn_update *update, int which,
                                  limn_node *x);

// Both updates; `batch` is the shape of a batch of samples. held_out must be there.
limn_status limn_supervised_build(limn_trainer *trainer, limn_supervised *it, limn_shape batch,
                                  limn_objective *objective);
// To be called when the store is ready; frozen: the nets that are not trained, of either update.
limn_status limn_supervised_ready(limn_trainer *trainer, limn_supervised *it, limn_net *frozen[2]);
// A step of Adam on the next batch.
limn_status limn_supervised_step(limn_trainer *trainer, limn_supervised *it, double rate);
// The mean total of the pictures held out.
limn_status limn_supervised_judge(limn_supervised *it, double *total);
void limn_supervised_free(limn_supervised *it);

#endif
