// Training, once, for all methods: the run folder, the loop, saving, resuming, the log.
//
// What is saved is the whole state: parameters, moments, counters, stage and step, the steps left
// out. Everything else, pictures and random numbers included, is a function of seed and step, so
// that a run cut anywhere goes on bit for bit (same machine, threads and precision).
#ifndef LIMN_TRAIN_TRAINER_H
#define LIMN_TRAIN_TRAINER_H

#include "data/loader.h"
#include "model/model.h"
#include "nn/optimiser.h"
#include "train/method.h"

enum { LIMN_MAX_UPDATES = 8, LIMN_MOST_SKIPPED = 64, LIMN_MOST_FACTS = 4 };

typedef enum limn_on_nan { LIMN_NAN_REWIND, LIMN_NAN_STOP, LIMN_NAN_SKIP } limn_on_nan;

// The options that every method has.
typedef struct limn_common {
    const char *data;
    int64_t steps, batch_size, seed, threads, keep;
    int precision;                                     // LIMN_EXACT or LIMN_FAST
    int isa;                                           // limn_isa
    size_t max_memory;                                 // 0: three quarters of what is free
    const char *save_every, *sample_every, *log_every; // "500" steps or "10m"
    int on_nan;
    int optimiser; // 0: Adam, 1: gradient descent with momentum
    int schedule;  // position among the schedules
    double decay;  // of the rate, an epoch
    int64_t warmup, halve_every;
    double clip, average; // gradient norm; decay of the average of weights, 0: none
    bool strict, explain;
    int64_t inject_nan; // for tests: the step whose first term becomes NaN; 0: none
} limn_common;
extern const limn_option limn_common_training_table[];

// What the caller hears and says while training runs. Any may be NULL.
typedef struct limn_train_hooks {
    void *context;
    int (*asked)(void *context); // after each step: a limn_wish
    void (*progress)(void *context, const char *line, double done, double seconds_left);
    void (*say)(void *context, const char *line); // a line for people
    // Before all work, with the threads that will compute: a program may bind them to its cores.
    void (*begins)(void *context, int threads);
    // Before the first step: whether a wish to stop came while all was opened.
    bool (*stopped)(void *context);
} limn_train_hooks;

// A number that opening finds out (from the pictures there are, from the models that ship) and
// that a resumed run takes from its checkpoint instead.
typedef struct limn_remembered {
    const char *name;
    int64_t *value;
} limn_remembered;

// Who keeps the options of the run, for limn_trainer_settle; *source is the command of the run
// then.
typedef struct limn_settler {
    void *context;
    limn_status (*settle)(void *context, const char *option, const char *value,
                          const char **source);
} limn_settler;

struct limn_trainer {
    const limn_method *method;
    limn_common common;
    const void *options; // the method's own struct
    void *own;           // the method's state, zeroed
    const char *source;  // the command that makes the same model again
    limn_settler settler;
    char *folder;
    bool resumes; // what is opened will be overwritten by a checkpoint, which is there
    bool accepts_changes;
    limn_remembered facts[LIMN_MOST_FACTS];
    int fact_count;

    limn_set set; // of pictures; what it was when the run began is in the checkpoints
    limn_loader *loader;
    int64_t epoch;     // steps in which all pictures are seen once; 1 where none are
    const char *start; // a run whose newest state the first stage begins with; or NULL. Borrowed
    limn_model *model; // what is made; the trainer's. Its parameters are in the store in all stages
    limn_store store;
    limn_store *before; // of the stage before, while one begins; NULL: there was none
    limn_workspace workspace;
    limn_plan_options plan; // for plans that run only between or within steps: one workspace
    size_t plan_needed;     // bytes, by the plan made last

    int stage;
    int64_t lengths[LIMN_MOST_STAGES];      // steps of each stage, for `open` to change
    int batches[LIMN_MOST_STAGES];          // that a step of each takes, for `open` to change
    limn_update *updates[LIMN_MAX_UPDATES]; // their terms are logged, their counters saved
    int update_count;
    float *average;     // of the values of what is made, which come first, or NULL
    size_t averaged;    // how many these are
    int64_t step;       // steps done
    int taken;          // batches of this step
    double waited;      // seconds of this step spent waiting for pictures
    int left_out;       // pictures that could not be used, as far as told
    int damaged;        // and those that were, damaged as they are
    const char *broken; // the term of this step (or its gradient) that is not a number, or NULL
    bool changed;       // an update of this step has changed parameters
    bool explaining;    // where the time of this step goes
    double best;        // lowest validation total of the stage so far
    double seconds;     // spent training, over all sessions
    int64_t skipped[LIMN_MOST_SKIPPED]; // steps that broke and are left out
    int skipped_count;
    limn_train_hooks hooks;
};

// The first step of a stage, and the step behind its last; those of the stage that the trainer is
// in, and of all.
int64_t limn_trainer_begin(const limn_trainer *trainer, int stage);
int64_t limn_trainer_end(const limn_trainer *trainer, int stage);
int64_t limn_trainer_total(const limn_trainer *trainer);
// Steps done in this stage.
int64_t limn_trainer_done(const limn_trainer *trainer);
// The files of the batches that the last step took, for reports.
void limn_trainer_files(const limn_trainer *trainer, char *text, size_t size);

// ---- for methods: in open ----

// The pictures of --data, as the method takes them, become the trainer's set.
limn_status limn_trainer_pictures(limn_trainer *trainer, const limn_samples *samples);
// The same where a method has options that say more of them: two folders, names of domains.
limn_status limn_trainer_pictures_of(limn_trainer *trainer, limn_set_request more,
                                     const limn_samples *samples);
// How batches are loaded: so many floats a sample, made by `make`.
limn_loader_options limn_trainer_loading(limn_trainer *trainer, size_t floats,
                                         limn_make_sample *make, const void *context);
void limn_trainer_remember(limn_trainer *trainer, const char *name, int64_t *value);
// What an option that leaves the choice to limn ("auto") came to: it stands in the run's config and
// in the command that makes the same model again, whatever ships another day.
limn_status limn_trainer_settle(limn_trainer *trainer, const char *option, const char *value);
void limn_trainer_say(const limn_trainer *trainer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// ---- in a stage's build ----

// An update over the trainer's store; the trainer's.
limn_status limn_trainer_update_new(limn_trainer *trainer, const char *name, limn_update **update);
// All parameters get their values: those of the stage before, of the model, or by chance.
limn_status limn_trainer_ready(limn_trainer *trainer);

// ---- in a step ----

// The next batch of the trainer's loader.
limn_status limn_trainer_batch(limn_trainer *trainer, const float **batch);
// Runs an update and, where its terms and gradient are numbers, takes a step of the optimiser
// (Adam's options are Adam's own, but for the rate). Once a term of this step is broken, further
// calls do nothing: the trainer's policy decides after the step.
limn_status limn_trainer_update(limn_trainer *trainer, limn_update *update, limn_adam adam);
// Computes what other updates borrow of it (limn_update_borrow), before they run.
limn_status limn_trainer_begin_update(limn_trainer *trainer, limn_update *update);

// ---- between steps: for sheets and the like ----

// What is made, as it is by now, for `count` pictures at a time.
limn_status limn_trainer_runner(limn_trainer *trainer, int count, limn_runner **runner);

#endif
