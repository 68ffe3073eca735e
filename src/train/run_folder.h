// The folder of a run: lock, configuration, log, checkpoints.
#ifndef LIMN_TRAIN_RUN_FOLDER_H
#define LIMN_TRAIN_RUN_FOLDER_H

#include "base/text.h"
#include "train/trainer.h"

#include <jansson.h>

// The path of what the format names in the run's folder; freed by the caller whatever the result.
limn_status limn_run_path(const char *folder, limn_text *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A run's folder while it is open: begin with {.lock = -1}, and what the method keeps in it.
typedef struct limn_run_hold {
    int lock;                // held until the descriptor is closed
    unsigned made;           // what was not there before, a bit each
    const char *const *kept; // limn_method.kept
} limn_run_hold;

// Makes or opens the folder and takes its lock. LIMN_USAGE when another run is at work in it, when
// there is a run in it already (or what a run would overwrite) and `resume` is false, when there
// is none and it is true, or when a part of it is a link: nothing outside is ever read for it,
// written or removed, whoever made the folder.
limn_status limn_run_open(const char *folder, bool resume, limn_run_hold *hold);
// Gives the lock back, whatever limn_run_open said. Where no run has begun (there is no
// config.json), what was made for it is taken away again as far as it is empty, with what the
// method kept.
void limn_run_close(const char *folder, limn_run_hold *hold);

// Whether a step was done in the folder, as its log or its model tells.
bool limn_run_has_begun(const char *folder);

// What is in config.json; NULL: it cannot be read. Never waits, whatever bears the name.
json_t *limn_run_read_config(const char *folder);

// Compares the options with config.json and names what changed: refused unless the trainer accepts
// changes (LIMN_USAGE). Idle options may always change, and where the last stage ends as long as
// its schedule does not depend on it.
limn_status limn_run_compare(const limn_trainer *trainer, const limn_option_group *groups,
                             const char *json);
// Writes config.json.
limn_status limn_run_config(const char *folder, const char *json);

// Files that grow by a piece a step. The length of what a file holds up to a step; what is torn is
// no part of it.
typedef size_t limn_run_kept(const unsigned char *bytes, size_t size, int64_t step);
// Opens a file of the run for writing behind what it holds up to the trainer's step, `length`
// bytes, and cuts off what follows. *file is closed first where it is not -1.
limn_status limn_run_file_open(const limn_trainer *trainer, const char *name, limn_run_kept *kept,
                               int *file, size_t *length);
limn_status limn_run_file_add(const limn_trainer *trainer, const char *name, int file,
                              const limn_text *bytes);

// Calls with the numbers of the step just done: of each update that ran its terms, then its total.
typedef void limn_run_number(void *context, const char *name, double value);
void limn_run_numbers(const limn_trainer *trainer, limn_run_number *call, void *context);

// The log, a line a step: {"step": 12, "seconds": 0.81, "content": ...}.
limn_status limn_run_log_open(const limn_trainer *trainer, int *log);
// Adds the line of the step just done.
limn_status limn_run_log(const limn_trainer *trainer, int log, double seconds);

// The whole state, safely written; of all, the newest `keep` stay.
limn_status limn_checkpoint_save(const limn_trainer *trainer);
limn_status limn_checkpoint_prune(const limn_trainer *trainer);
bool limn_checkpoint_any(const limn_trainer *trainer); // whether there is one, whole or not
// The newest whole checkpoint; LIMN_OK with step 0 when there is none and no step was done.
// LIMN_IO where none is whole, or the disk fails.
limn_status limn_checkpoint_load(limn_trainer *trainer);
// What the newest readable checkpoint of another run has under the names of a store's parameters;
// without any the store stays as it is.
limn_status limn_checkpoint_values(const char *folder, limn_store *store);

// A checksum of the whole state, for tests and the closing line.
uint64_t limn_trainer_checksum(const limn_trainer *trainer);

#endif
