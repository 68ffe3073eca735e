// One objective on pictures of one folder, built as the step on batches of the trainer's loader,
// and as the judgement of pictures that are held out, one after the other, with what comes of each
// for the sheets. A network with batch norm may have the step once more, settled: with the running
// statistics, which are what the finished network has. The statistics of a batch are too far from
// them where absolute values matter, as in enlarging.
#ifndef LIMN_TRAIN_SUPERVISED_H
#define LIMN_TRAIN_SUPERVISED_H

#include "image/cells.h"
#include "train/trainer.h"

enum { LIMN_STEP, LIMN_JUDGEMENT, LIMN_SETTLED, LIMN_OBJECTIVES };

typedef struct limn_supervised {
    limn_update *updates[LIMN_OBJECTIVES]; // the trainer owns all but the judgement
    limn_node *input[LIMN_OBJECTIVES];
    bool settles;         // there is a settled one,
    int64_t settled_from; // from this step on
    limn_held_out held_out;
    size_t floats, shown_floats; // of a sample, of what comes of it
    float *shown;                // [held_out.count][shown_floats], after limn_supervised_judge
} limn_supervised;

// Some of the pictures that the trainer has are held out, a loader gives the others;
// limn_trainer_loading begins its options.
limn_status limn_supervised_load(limn_trainer *trainer, limn_supervised *it,
                                 limn_loader_options *how);

// Builds the terms on samples x [pictures, ...] and returns what comes of them, [pictures, ...].
typedef limn_node *limn_objective(limn_trainer *trainer, limn_update *update, limn_node *x);

// All updates with their plans; `sample` is the shape of a batch of one sample.
limn_status limn_supervised_build(limn_trainer *trainer, limn_supervised *it, limn_shape sample,
                                  limn_objective *objective);
// A step of Adam on the next batch.
limn_status limn_supervised_step(limn_trainer *trainer, limn_supervised *it, double rate);
// The same on a batch that was taken already.
limn_status limn_supervised_step_on(limn_trainer *trainer, limn_supervised *it, const float *batch,
                                    double rate);
// Before it, what other updates borrow of the step is computed; not of a task that settles.
limn_status limn_supervised_begin(limn_trainer *trainer, limn_supervised *it, const float *batch);
// The mean total of the pictures held out.
limn_status limn_supervised_judge(limn_supervised *it, double *total);
// Judges them, and draws a row of a sheet for each: of the sample and of what came of it. `own` is
// the trainer's.
typedef limn_status limn_supervised_row(const void *own, const float *sample, const float *made,
                                        limn_cells *sheet);
limn_status limn_supervised_sheet(limn_trainer *trainer, limn_supervised *it,
                                  limn_supervised_row *row, limn_cells *sheet);
void limn_supervised_free(limn_supervised *it);

#endif
