// The way through the jobs of a batch, in three places: while a picture is computed, the next one
// is read and the last one is written, by threads of their own.
//
//   read      1  2  3  4
//   compute      1  2  3  4
//   write           1  2  3  4
//
// One thread, the one that computes, decides and tells everything, in the order of the jobs. What
// fails elsewhere is done again by that thread while the others rest: there may be memory for it
// then, libvips has one place for the sentences of all threads, and a sentence of ours belongs to
// the thread that failed.
#include "app/batch.h"

#include "app/progress.h"
#include "app/signals.h"
#include "base/aside.h"
#include "base/file.h"

#include <stdlib.h>

// A picture in one of the outer places.
typedef struct visit {
    limn_job *job; // NULL: the place is empty
    limn_picture *picture;
    limn_status status; // of writing it
    bool aside;         // written by the thread for it
} visit;

typedef struct way {
    limn_batch *batch;
    limn_progress *progress;
    limn_batch_work *work;
    void *context;
    limn_aside *reader, *writer;
    visit reading, writing;
    const limn_job *last; // that was computed; NULL: none yet
    bool over;
    limn_status status; // why it is over
} way;

// ---- one picture in one place ----

// Another limn may be at work on the same pictures, and be ahead.
static bool is_there_now(const limn_batch *batch, const limn_job *job) {
    return batch->options->skip_existing && limn_path_exists(job->output);
}

static limn_status read_picture(const limn_batch *batch, limn_job *job, limn_picture **picture) {
    double begin = limn_now();
    const limn_read_options how = limn_batch_reading(batch);
    LIMN_TRY(limn_picture_read(job->input, &how, picture));
    job->damaged = (*picture)->damaged;
    limn_status status = batch->longer ? limn_picture_fit(*picture, batch->longer) : LIMN_OK;
    job->seconds = limn_now() - begin;
    if (status == LIMN_OK) return LIMN_OK;
    limn_picture_free(*picture);
    *picture = NULL;
    return limn_fail_in(status, "%s: ", job->input);
}

static limn_status compute(const way *it, limn_job *job, limn_picture *picture,
                           limn_picture **result) {
    double begin = limn_now();
    it->batch->job = job;
    limn_status status = it->work(it->context, picture, result);
    if (status != LIMN_OK) limn_fail_in(status, "%s: ", job->input);
    limn_picture_free(picture);
    job->seconds += limn_now() - begin;
    return status;
}

static limn_status write_picture(const limn_batch *batch, limn_job *job,
                                 const limn_picture *picture) {
    double begin = limn_now();
    const limn_write_options how = limn_batch_writing(batch->options, job);
    limn_signals_hold();
    limn_status status = limn_picture_write(picture, job->output, &how);
    limn_signals_release();
    job->seconds += limn_now() - begin;
    return status;
}

static void read_aside(void *context) {
    way *it = context;
    (void)read_picture(it->batch, it->reading.job, &it->reading.picture);
}

static void write_aside(void *context) {
    way *it = context;
    it->writing.status = write_picture(it->batch, it->writing.job, it->writing.picture);
}

// ---- what became of a job ----

static void tell(way *it, limn_job *job, limn_status status) {
    limn_batch *batch = it->batch;
    bool verbose = batch->call->common->verbose;
    if (status != LIMN_OK || verbose || job->damaged) limn_progress_clear(it->progress);
    if (job->damaged)
        limn_say(batch->call, "%s: is damaged, and was decoded as far as it goes", job->input);
    if (status == LIMN_OK && verbose && job->state == LIMN_JOB_DONE) limn_batch_tell(batch, job);
    if (status == LIMN_OK) return;
    it->status = limn_batch_fail(batch, job, status);
    it->over = it->status != LIMN_OK || batch->hopeless;
}

static void note_written(limn_batch *batch, const visit *last, limn_status *status) {
    limn_job *job = last->job;
    batch->hopeless = *status == LIMN_IO;
    job->width = last->picture->width;
    job->height = last->picture->height;
    if (*status == LIMN_OK) job->state = LIMN_JOB_DONE;
    if (*status != LIMN_USAGE || !is_there_now(batch, job)) return;
    job->state = LIMN_JOB_SKIPPED;
    *status = LIMN_OK;
}

// Waits for the picture that is being written, and tells what became of it.
static void settle(way *it) {
    if (!it->writing.job) return;
    limn_aside_wait(it->writer);
    visit last = it->writing;
    it->writing = (visit){0};
    limn_status status = last.status;
    if (status != LIMN_OK && last.aside) {
        limn_aside_wait(it->reader);
        status = write_picture(it->batch, last.job, last.picture);
    }
    note_written(it->batch, &last, &status);
    limn_picture_free(last.picture);
    tell(it, last.job, status);
}

// What a work says of its picture comes behind the lines of those before.
static void say_first(void *context) {
    settle(context);
}

// A job that did not get as far as being written.
static void fail(way *it, limn_job *job, limn_status status) {
    const char *sentence = limn_arena_print(&it->batch->arena, "%s", limn_message());
    settle(it);
    if (it->over) return;
    it->batch->hopeless = status == LIMN_NO_DEVICE;
    tell(it, job, limn_fail(status, "%s", sentence ? sentence : "no memory for a sentence"));
}

// ---- the way ----

static double count_bytes(const limn_job *job) {
    const limn_picture_header *header = &job->header;
    return (header->has_alpha ? 16.0 : 12.0) * header->width * header->height;
}

static bool are_alike(const limn_batch *batch, const limn_job *a, const limn_job *b) {
    int width[2], height[2];
    limn_batch_fit(batch, a, &width[0], &height[0]);
    limn_batch_fit(batch, b, &width[1], &height[1]);
    return width[0] == width[1] && height[0] == height[1];
}

// Whether there is memory for the next picture and a result besides what a job is computed with: of
// a limit that was given, what this process never took yet, where the last job took as much as this
// one will; else little of what is free.
static bool has_room(const way *it, const limn_job *job, const limn_job *next) {
    const limn_batch_verb *verb = it->batch->call->options;
    double most = (double)verb->compute.max_memory;
    double beside = count_bytes(next) + 16.0 * job->width * job->height;
    bool known = it->last && are_alike(it->batch, it->last, job);
    if (most > 0) return known && (double)limn_memory_peak() + beside <= most;
    double available = (double)limn_memory_available(); // 0: the system does not say
    return available <= 0 || beside <= available / 8;
}

// The threads are made when there is first something for them to do.
static bool has_threads(way *it) {
    if (!it->reader) it->reader = limn_aside_new();
    if (it->reader && !it->writer) it->writer = limn_aside_new();
    return it->writer != NULL;
}

static limn_job *find_next(const limn_batch *batch, const limn_job *job) {
    for (int i = (int)(job - batch->jobs) + 1; i < batch->count; i++)
        if (batch->jobs[i].state == LIMN_JOB_WAITING) return &batch->jobs[i];
    return NULL;
}

static limn_picture *take_read(way *it) {
    limn_aside_wait(it->reader);
    limn_picture *picture = it->reading.picture;
    it->reading = (visit){0};
    return picture;
}

// None where the way is over.
static limn_status take_picture(way *it, limn_job *job, limn_picture **picture) {
    *picture = take_read(it);
    if (*picture) return LIMN_OK;
    settle(it);
    return it->over ? LIMN_OK : read_picture(it->batch, job, picture);
}

// Once more, with the memory of the other places.
static limn_status compute_alone(way *it, limn_job *job, limn_picture **result) {
    limn_picture *picture;
    limn_picture_free(take_read(it));
    settle(it);
    if (it->over) return LIMN_OK;
    LIMN_TRY(read_picture(it->batch, job, &picture));
    return compute(it, job, picture, result);
}

static void hand_over(way *it, limn_job *job, limn_picture *result, limn_aside *writer) {
    const char *how = it->batch->how;
    job->model = it->batch->model;
    if (how && *how) job->how = limn_arena_print(&it->batch->arena, "%s", how);
    it->writing = (visit){.job = job, .picture = result, .aside = writer != NULL};
    it->last = job;
    limn_aside_send(writer, write_aside, it);
    if (!writer) settle(it);
}

static void do_job(way *it, limn_job *job) {
    limn_picture *picture, *result = NULL;
    limn_status status = take_picture(it, job, &picture);
    if (it->over) return;
    limn_job *next = find_next(it->batch, job);
    bool beside = status == LIMN_OK && next && has_room(it, job, next) && has_threads(it);
    if (beside) {
        it->reading.job = next;
        limn_aside_send(it->reader, read_aside, it);
    }
    if (status == LIMN_OK) status = compute(it, job, picture, &result);
    if (status == LIMN_MEMORY && beside) status = compute_alone(it, job, &result);
    if (status != LIMN_OK) {
        fail(it, job, status);
        return;
    }
    settle(it);
    if (it->over)
        limn_picture_free(result);
    else
        hand_over(it, job, result, beside ? it->writer : NULL);
}

// On request, which what is written may come before.
static void stop(way *it) {
    settle(it);
    if (!it->over) it->status = LIMN_STOPPED;
    it->over = true;
}

static void go(way *it) {
    limn_batch *batch = it->batch;
    for (int i = 0; i < batch->count && !it->over; i++) {
        limn_job *job = &batch->jobs[i];
        if (job->state != LIMN_JOB_WAITING) continue;
        if (limn_signal_caught()) {
            stop(it);
            return;
        }
        int width, height;
        limn_batch_fit(batch, job, &width, &height);
        limn_progress_draw(it->progress, i + 1, batch->count, job->input);
        if (is_there_now(batch, job)) {
            job->state = LIMN_JOB_SKIPPED;
            limn_picture_free(take_read(it));
        } else {
            do_job(it, job);
        }
        limn_progress_add(it->progress, (double)width * height);
    }
}

limn_status limn_batch_go_through(limn_batch *batch, limn_progress *progress, limn_batch_work *work,
                                  void *context) {
    way it = {.batch = batch, .progress = progress, .work = work, .context = context};
    limn_call *call = batch->call;
    call->before_line = say_first;
    call->before_line_of = &it;
    go(&it);
    settle(&it);
    call->before_line = NULL;
    limn_picture_free(take_read(&it));
    limn_aside_free(it.reader);
    limn_aside_free(it.writer);
    return it.status;
}
