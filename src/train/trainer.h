// Training, once, for all methods: the run folder, the loop, saving, resuming, the log.
//
// A method says what its options are, what it builds and what one step does (limn_method); the
// trainer does the rest. What is saved is the whole state: parameters, moments, counters, the step,
// the steps left out.
// Everything else, pictures and random numbers included, is a function of seed and step, so that a
// run cut anywhere goes on bit for bit (same machine, threads and precision).
#ifndef LIMN_TRAIN_TRAINER_H
#define LIMN_TRAIN_TRAINER_H

#include "base/options.h"
#include "data/loader.h"
#include "limn/picture.h"
#include "nn/optimiser.h"

enum { LIMN_MAX_UPDATES = 4, LIMN_MOST_SKIPPED = 64, LIMN_MOST_FACTS = 4 };

typedef enum limn_on_nan { LIMN_NAN_REWIND, LIMN_NAN_STOP, LIMN_NAN_SKIP } limn_on_nan;

// The options that every method has.
typedef struct limn_train_options {
    const char *data;
    int64_t steps, batch_size, seed, threads, keep;
    int precision;                                     // LIMN_EXACT or LIMN_FAST
    const char *save_every, *sample_every, *log_every; // "500" steps or "10m"
    int on_nan;
    int optimiser; // 0: Adam, 1: gradient descent with momentum
    int schedule;  // how the learning rate falls: limn_schedule
    int64_t warmup, halve_every;
    double clip, average; // gradient norm; decay of the average of weights, 0: none
    bool strict, explain;
    int64_t inject_nan; // for tests: the step whose first term becomes NaN; 0: none
} limn_train_options;
extern const limn_option limn_train_option_table[];
// Names of options that may change when a run is resumed: all but the first two, LIMN_IDLE_ENDS,
// say nothing of what is learnt. Ended by NULL.
enum { LIMN_IDLE_ENDS = 2 };
extern const char *const limn_train_idle[];

// What the learning rate of the step after `step`, of so many, is multiplied by.
double limn_schedule(const limn_train_options *options, int64_t step, int64_t steps);

typedef struct limn_trainer limn_trainer;

typedef struct limn_method {
    const char *name;                             // the word after `limn train`
    const char *title;                            // what it makes, in a line; then the paper
    const char *summary, *description, *examples; // of its verb
    const char *group;                            // the title of its own options:
    const limn_option *options;
    size_t options_size, own_size; // bytes of its options and of its state
    bool steps_are_fixed;          // what a step does depends on how many there are to be
    // Builds nets and updates into the trainer, makes the store ready, loads what it starts from.
    limn_status (*open)(limn_trainer *trainer);
    // After a checkpoint was read: facts hold what the run began with. May be NULL.
    void (*resumed)(limn_trainer *trainer);
    // One iteration: gets batches, runs updates, steps optimisers.
    limn_status (*step)(limn_trainer *trainer);
    // The total on a fixed batch that is never trained on; NULL: there is none.
    limn_status (*validate)(limn_trainer *trainer, double *total);
    // A sheet of pictures on fixed inputs.
    limn_status (*sample)(limn_trainer *trainer, limn_picture **sheet);
    // Writes the model as it is by now.
    limn_status (*save)(limn_trainer *trainer, const char *path);
    void (*close)(limn_trainer *trainer);
} limn_method;

// What the caller hears and says while training runs. Any may be NULL.
typedef struct limn_train_hooks {
    void *context;
    // 0: go on; 1: finish the step, save and stop; 2: save now and go on.
    int (*asked)(void *context);
    void (*progress)(void *context, const limn_trainer *trainer, const char *line, double part,
                     double seconds_left);
    void (*say)(void *context, const char *line); // a line for people
} limn_train_hooks;

// A number that opening finds out (from the pictures there are, from the models that ship) and
// that a resumed run takes from its checkpoint instead.
typedef struct limn_fact {
    const char *name;
    int64_t *value;
} limn_fact;

struct limn_trainer {
    const limn_method *method;
    limn_train_options common;
    const void *options; // the method's own struct
    void *own;           // the method's state, zeroed
    const char *source;  // the command that makes the same model again
    char *folder;
    bool resumes; // what is opened will be overwritten by a checkpoint
    limn_fact facts[LIMN_MOST_FACTS];
    int fact_count;
    char *labels; // what the method's outputs mean, for a resumed run to be the same; NULL: nothing
    limn_store store;
    limn_update *updates[LIMN_MAX_UPDATES]; // their terms are logged, their counters saved
    int update_count;
    limn_loader *loader;
    float *average;     // of the store's values, or NULL
    int64_t step;       // steps done
    int64_t stage_end;  // the first step of another kind, of another length; 0: all are alike.
                        // There the average of weights, if any, becomes the weights
    double waited;      // seconds of this step spent waiting for pictures
    bool fed;           // this step took a batch of the loader
    int left_out;       // pictures that could not be used, as far as told
    const char *broken; // the term of this step (or its gradient) that is not a number, or NULL
    bool changed;       // an update of this step has changed parameters
    bool explaining;    // where the time of this step goes
    double best;        // lowest validation total of the stage so far
    double seconds;     // spent training, over all sessions
    int64_t skipped[LIMN_MOST_SKIPPED]; // steps that broke and are left out
    int skipped_count;
    limn_plan_options plan; // for plans that run only between or within steps: one workspace
    limn_workspace workspace;
    limn_train_hooks hooks;
};

typedef struct limn_train_request {
    const limn_method *method;
    const limn_option_group *groups;  // all options, for config.json
    const void *values;               // resolved, one struct
    size_t common_offset, own_offset; // of the two groups in values
    const char *source; // the command that makes the same model again, for limn.source
    const char *folder;
    bool resume, accept_changes;
    limn_train_hooks hooks;
} limn_train_request;

// Trains until the last step, or until asked to stop (LIMN_STOPPED, all saved). LIMN_DIVERGED when
// a term stops being a number and the policy says stop, or rewinding does not help.
limn_status limn_train(const limn_train_request *request);

// The steps of the stage that the trainer is in.
typedef struct limn_stage {
    int64_t begin, end;
} limn_stage;
limn_stage limn_trainer_stage(const limn_trainer *trainer);

// For methods.
void limn_trainer_remember(limn_trainer *trainer, const char *name, int64_t *value);
limn_status limn_trainer_add(limn_trainer *trainer, limn_update *update); // owned from now on
// The next batch of the trainer's loader, for the step being done.
limn_status limn_trainer_batch(limn_trainer *trainer, const float **batch);
// Runs an update and, where its terms and gradient are numbers, takes a step of the optimiser
// (Adam's options are Adam's own, but for the rate). Once a term of this step is broken, further
// calls do nothing: the trainer's policy decides after the step.
limn_status limn_trainer_update(limn_trainer *trainer, limn_update *update, limn_adam adam);
// Makes the store ready, with the values of `from` for the parameters that have the same name
// there.
limn_status limn_trainer_take(limn_trainer *trainer, const limn_store *from);
void limn_trainer_say(const limn_trainer *trainer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
