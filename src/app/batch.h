// A batch: pictures and folders of a command line, where each result goes, and the way through them
// all. Everything that can be refused is refused before the first picture is computed.
#ifndef LIMN_APP_BATCH_H
#define LIMN_APP_BATCH_H

#include "app/verb.h"
#include "data/folder.h"
#include "limn/picture.h"

// With limn_batch_table, a group of the verb's options.
typedef struct limn_batch_options {
    const char *output;
    bool recursive, skip_existing, force, dry_run, skip_broken, strict, strip;
    int format; // 0: that of the input
    int depth;  // position in "auto|8|16"
    int64_t quality, page;
} limn_batch_options;

extern const limn_option limn_batch_table[];

// The first member of the options of a verb that makes pictures from pictures, and its groups
// around a table of its own.
typedef struct limn_batch_verb {
    limn_common_options common;
    limn_batch_options batch;
    limn_compute_options compute;
} limn_batch_verb;

#define LIMN_BATCH_GROUPS(own_table)                                                               \
    {                                                                                              \
        {"Picture", own_table, 0}, {"Files", limn_batch_table, offsetof(limn_batch_verb, batch)},  \
            {"Computing", limn_compute_table, offsetof(limn_batch_verb, compute)},                 \
            {"Messages", limn_common_table, offsetof(limn_batch_verb, common)}, {0},               \
    }

typedef enum limn_job_state {
    LIMN_JOB_WAITING,
    LIMN_JOB_DONE,
    LIMN_JOB_SKIPPED,
    LIMN_JOB_FAILED,
} limn_job_state;

typedef struct limn_job {
    const char *input, *output;
    limn_picture_header header;
    int width, height; // of the result, once it is known
    limn_job_state state;
    limn_status status; // why it failed
    const char *message;
    double seconds;
    const char *how;   // what was done for it; NULL: no word
    const char *model; // the file that makes its result; NULL: none does
    int variant;
    bool damaged; // and decoded all the same
} limn_job;

// Several results of each picture, in folders of these names below the output folder; {0}: one.
typedef struct limn_variants {
    const char *const *names;
    int count;
} limn_variants;

// The size of a result, from that of the picture that is worked on.
typedef void limn_batch_size(const void *context, int *width, int *height);

typedef struct limn_batch {
    limn_call *call;
    const limn_batch_options *options;
    limn_job *jobs;
    int count, room;
    bool folder; // results go to a folder
    limn_variants variants;
    const limn_job *job;   // at work
    int longer;            // the longer side that pictures are brought to first; 0: as they are
    limn_batch_size *size; // NULL: results are as large as what they are made of
    int failed;            // that count as failures
    bool hopeless;         // the others would fare no better
    const char *how;       // what was done to the last picture, for the closing line; NULL: no word
    bool how_alike;        // to all of them
    const char *model;     // that made the last picture, as long as the batch
    struct limn_batch_made *made; // folders that were made for this, the last first
    double seconds;
    limn_left_alone left; // in the folders
    limn_arena arena;
} limn_batch;

// Lists the work and checks it: names, doubles, what is there already, formats, headers. Touches
// nothing. Free the batch whatever the result.
limn_status limn_batch_plan(limn_batch *batch, limn_call *call, const limn_batch_options *options,
                            limn_variants variants);

// A verb whose options begin with a limn_batch_verb: plans its batch, lets `run` (which calls
// limn_batch_run) do what is left to do, reports.
typedef limn_status limn_batch_body(void *context, limn_batch *batch);
limn_status limn_batch_do(limn_call *call, limn_variants variants, limn_batch_body *run,
                          void *context);

// Makes a new picture from one, which it may change. Where there is no memory for it, it is done
// again from the beginning, with more.
typedef limn_status limn_batch_work(void *context, limn_picture *picture, limn_picture **result);

// Refuses what cannot be written, makes folders, tries whether they can be written to, then works
// through all jobs. `context` is for the work and for the batch's `size`.
limn_status limn_batch_run(limn_batch *batch, limn_batch_work *work, void *context);

void limn_batch_free(limn_batch *batch);

// Says which pictures of a folder limn does not read, where there are any.
void limn_batch_tell_left(const limn_call *call, const limn_left_alone *left);

// Whether one file of the name that -o gives can be written in the format that --format gives.
limn_status limn_batch_check_file(const limn_batch_options *options);

// Between the files of the batch: how its pictures are read, how a job's result is written, and
// taking down a failure with the sentence at hand. The latter returns LIMN_OK when the others may
// go on.
limn_read_options limn_batch_reading(const limn_batch *batch);
limn_write_options limn_batch_writing(const limn_batch_options *options, const limn_job *job);
limn_status limn_batch_fail(limn_batch *batch, limn_job *job, limn_status status);
// The line of a job that is done; and the size that its picture is worked on with.
void limn_batch_tell(const limn_batch *batch, const limn_job *job);
void limn_batch_fit(const limn_batch *batch, const limn_job *job, int *width, int *height);
// The way through all jobs that wait (batch_work.c).
struct limn_progress;
limn_status limn_batch_go_through(limn_batch *batch, struct limn_progress *progress,
                                  limn_batch_work *work, void *context);

#endif
