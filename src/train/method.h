// A way of training: one file in methods/ that reads like its paper and ends in one const struct,
// and a line in methods/LIST. It says what its options are, what it builds and what one step does;
// the trainer does the rest.
#ifndef LIMN_TRAIN_METHOD_H
#define LIMN_TRAIN_METHOD_H

#include "base/options.h"
#include "limn/picture.h"
#include "limn/train.h"

typedef struct limn_trainer limn_trainer;
struct limn_cells;

typedef limn_setting limn_default;

// The values that a word of --preset stands for, where the command line says no other.
typedef struct limn_preset {
    const char *name;
    const limn_default *values; // ended by {0}
} limn_preset;

// A part of a training, with updates and plans of its own: they are made when it begins and freed
// when it ends. To the schedule, to the average of weights and to what is best it is a training of
// its own.
typedef struct limn_stage {
    const char *name;  // said when it begins; NULL: nothing is
    const char *steps; // the option that holds its length
    int batches;       // fresh ones that a step takes of the loader, unless `open` says otherwise
    // Builds the updates, calls limn_trainer_ready, makes their plans (limn_update_ready).
    limn_status (*build)(limn_trainer *trainer);
    // One iteration: gets batches, runs updates, steps optimisers.
    limn_status (*step)(limn_trainer *trainer);
} limn_stage;

enum { LIMN_MOST_STAGES = 4 };

typedef struct limn_method {
    const char *name;                             // the word after `limn train`
    const char *title;                            // what it makes, in a line; then the paper
    const char *summary, *description, *examples; // of its verb
    const char *group;                            // the title of its own options:
    const limn_option *options;
    size_t options_size, own_size; // bytes of its options and of its state
    const limn_default *defaults;  // of common options, ended by {0}; or NULL
    const limn_preset *presets;    // in the order of the choices of its option "preset"; or NULL
    bool network_presets;          // all of them for each choice of its option "network"
    const char *const *kept;       // files that `open` keeps in the run's folder; or NULL
    const limn_stage *stages;      // ended by {0}
    // Reads options and pictures; gives the trainer its model, which has values where the training
    // does not start from chance.
    limn_status (*open)(limn_trainer *trainer);
    // Products of the losses of one step, were it to have these options: how long another preset
    // takes is told by it. 0: that is not known. NULL: nothing is told.
    double (*work)(limn_trainer *trainer, const void *options, int64_t batch);
    // After a checkpoint was read: facts hold what the run began with. May be NULL.
    void (*resumed)(limn_trainer *trainer);
    // The total on pictures that are never trained on; NULL: there is none.
    limn_status (*validate)(limn_trainer *trainer, double *total);
    // Pictures on fixed inputs.
    limn_status (*sheet)(limn_trainer *trainer, struct limn_cells *sheet);
    // Before the model is written: what its shape says of the training. May be NULL.
    void (*saving)(limn_trainer *trainer);
    void (*close)(limn_trainer *trainer);
} limn_method;

extern const limn_method *const limn_methods[]; // ended by NULL; made from methods/LIST

#endif
