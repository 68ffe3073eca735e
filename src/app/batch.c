// A batch: what stands against its results, folders made, failures taken down, the report.
#include "app/batch.h"

#include "app/progress.h"
#include "app/signals.h"
#include "base/file.h"
#include "image/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A folder that was not there before, so that it can go when nothing came into it.
struct limn_batch_made {
    struct limn_batch_made *next;
    char path[];
};

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "No memory for the names of folders.");
}

// ---- failures ----

// Of several results of one picture, the first tells what is wrong with it.
static bool is_told(const limn_batch *batch, const limn_job *job) {
    const limn_job *before = job - 1;
    return job > batch->jobs && before->message && !strcmp(before->input, job->input) &&
           !strcmp(before->message, job->message);
}

limn_status limn_batch_fail(limn_batch *batch, limn_job *job, limn_status status) {
    const char *sentence = limn_message();
    job->status = status;
    job->message = limn_arena_copy(&batch->arena, sentence, strlen(sentence) + 1);
    if (!job->message) return no_memory();
    if (status == LIMN_INPUT && batch->options->skip_broken) {
        job->state = LIMN_JOB_SKIPPED;
        if (!is_told(batch, job)) limn_say(batch->call, "skipped: %s", sentence);
        return LIMN_OK;
    }
    job->state = LIMN_JOB_FAILED;
    batch->failed++;
    if (batch->options->strict) return status;
    // A lone picture's sentence is the program's last word anyway.
    if (batch->count > 1 && !is_told(batch, job)) limn_complain("%s", sentence);
    return LIMN_OK;
}

static bool is_idle(const limn_batch *batch) {
    for (int i = 0; i < batch->count; i++)
        if (batch->jobs[i].state == LIMN_JOB_WAITING) return false;
    return true;
}

// ---- folders ----

// The folder of a path, in the batch's memory: "." for a bare name.
static char *folder_of(limn_batch *batch, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return limn_arena_copy(&batch->arena, ".", 2);
    size_t size = slash == path ? 1 : (size_t)(slash - path);
    char *folder = limn_arena_get(&batch->arena, size + 1);
    if (folder) memcpy(folder, path, size);
    return folder;
}

// Remembers every part of the path that is not there yet, the outermost first.
static limn_status remember(limn_batch *batch, const char *path) {
    size_t length = strlen(path);
    for (size_t size = 1; size <= length; size++) {
        if (path[size] && path[size] != '/') continue;
        struct limn_batch_made *made = limn_arena_get(&batch->arena, sizeof *made + size + 1);
        if (!made) return no_memory();
        memcpy(made->path, path, size);
        if (limn_path_exists(made->path)) continue;
        made->next = batch->made;
        batch->made = made;
    }
    return LIMN_OK;
}

// Folders that were made and stayed empty: what failed leaves nothing behind.
static void take_back(const limn_batch *batch) {
    for (const struct limn_batch_made *made = batch->made; made; made = made->next)
        rmdir(made->path);
}

// Whether a file could be written into this folder, or into one made in its place, without trying.
static limn_status check_folder(limn_batch *batch, char *folder) {
    while (!limn_path_exists(folder)) {
        char *above = folder_of(batch, folder);
        if (!above) return no_memory();
        folder = above;
    }
    if (access(folder, W_OK) == 0) return LIMN_OK;
    return limn_fail(LIMN_IO, "%s: cannot be written to: %s. Choose another folder.", folder,
                     strerror(errno));
}

static limn_status prepare(limn_batch *batch) {
    const char *last = "";
    for (int i = 0; i < batch->count; i++) {
        const limn_job *job = &batch->jobs[i];
        if (job->state != LIMN_JOB_WAITING) continue;
        char *folder = folder_of(batch, job->output);
        if (!folder) return no_memory();
        if (!strcmp(folder, last)) continue;
        last = folder;
        if (batch->options->dry_run) {
            if (batch->folder || limn_path_exists(folder)) LIMN_TRY(check_folder(batch, folder));
            continue;
        }
        if (batch->folder) LIMN_TRY(remember(batch, folder));
        if (batch->folder) LIMN_TRY(limn_folder_make(folder));
        LIMN_TRY(limn_file_can_write(job->output, batch->options->force));
    }
    return LIMN_OK;
}

// ---- sizes ----

// The size that a picture is worked on with.
void limn_batch_fit(const limn_batch *batch, const limn_job *job, int *width, int *height) {
    *width = job->header.width;
    *height = job->header.height;
    if (batch->longer) limn_fit_size(*width, *height, batch->longer, width, height);
}

static double count_pixels(const limn_batch *batch, const limn_job *job) {
    int width, height;
    limn_batch_fit(batch, job, &width, &height);
    return (double)width * height;
}

// Before any work: whether the formats can hold the results.
static limn_status check_sizes(limn_batch *batch, const void *context) {
    for (int i = 0; i < batch->count; i++) {
        limn_job *job = &batch->jobs[i];
        if (job->state != LIMN_JOB_WAITING) continue;
        limn_batch_fit(batch, job, &job->width, &job->height);
        if (batch->size) batch->size(context, &job->width, &job->height);
        limn_format format = limn_batch_writing(batch->options, job).format;
        limn_status status = limn_format_holds(job->output, format, job->width, job->height);
        if (status != LIMN_OK) LIMN_TRY(limn_batch_fail(batch, job, status));
    }
    return LIMN_OK;
}

// ---- work ----

limn_status limn_batch_run(limn_batch *batch, limn_batch_work *work, void *context) {
    limn_signals_begin();
    limn_status status = check_sizes(batch, context);
    if (status == LIMN_OK) status = prepare(batch);
    if (status == LIMN_OK && !batch->options->dry_run) {
        double total = 0, begin = limn_now();
        for (int i = 0; i < batch->count; i++)
            if (batch->jobs[i].state == LIMN_JOB_WAITING)
                total += count_pixels(batch, &batch->jobs[i]);
        limn_progress progress;
        limn_progress_begin(&progress, batch->call, total);
        status = limn_batch_go_through(batch, &progress, work, context);
        limn_progress_clear(&progress);
        batch->seconds = limn_now() - begin;
    }
    take_back(batch);
    return status;
}

// ---- the report ----

static int count_state(const limn_batch *batch, limn_job_state state) {
    int count = 0;
    for (int i = 0; i < batch->count; i++) count += batch->jobs[i].state == state;
    return count;
}

static void list_json(const limn_batch *batch) {
    static const char *const names[] = {[LIMN_JOB_WAITING] = "waiting",
                                        [LIMN_JOB_DONE] = "done",
                                        [LIMN_JOB_SKIPPED] = "skipped",
                                        [LIMN_JOB_FAILED] = "failed"};
    limn_text *text = limn_call_member(batch->call, "files");
    limn_text_print(text, "[");
    for (int i = 0; i < batch->count; i++) {
        const limn_job *job = &batch->jobs[i];
        limn_text_print(text, "%s{\"input\": ", i ? ", " : "");
        limn_text_json(text, job->input);
        limn_text_print(text, ", \"output\": ");
        limn_text_json(text, job->output);
        limn_text_print(text, ", \"state\": \"%s\", \"status\": %d", names[job->state],
                        (int)job->status);
        if (job->width)
            limn_text_print(text, ", \"width\": %d, \"height\": %d", job->width, job->height);
        if (job->state == LIMN_JOB_DONE) limn_text_print(text, ", \"seconds\": %.4f", job->seconds);
        bool made = job->state == LIMN_JOB_DONE && job->model;
        if (made) limn_text_print(text, ", \"model\": ");
        if (made) limn_text_json(text, job->model);
        if (job->message) limn_text_print(text, ", \"message\": ");
        if (job->message) limn_text_json(text, job->message);
        limn_text_print(text, "}");
    }
    limn_text_print(text, "]");
}

static void list_work(const limn_batch *batch) {
    for (int i = 0; i < batch->count && !batch->call->common->json; i++) {
        const limn_job *job = &batch->jobs[i];
        if (job->state == LIMN_JOB_WAITING)
            limn_print("%s -> %s (%d x %d)\n", job->input, job->output, job->width, job->height);
        else if (job->state == LIMN_JOB_SKIPPED && !job->message)
            limn_print("%s: left out, %s is there already\n", job->input, job->output);
    }
}

void limn_batch_tell(const limn_batch *batch, const limn_job *job) {
    limn_say(batch->call, "%s: %d x %d, %.2f s%s%s", job->output, job->width, job->height,
             job->seconds, job->how ? ": " : "", job->how ? job->how : "");
}

static void say_done(const limn_batch *batch, int done, int skipped) {
    if (batch->options->dry_run) return;
    if (batch->count == 1 && done) {
        if (!batch->call->common->verbose) limn_batch_tell(batch, &batch->jobs[0]);
        return;
    }
    char more[64] = "";
    if (skipped) snprintf(more, sizeof more, ", %d left out", skipped);
    bool alike = batch->how_alike && done && batch->how && *batch->how;
    limn_say(batch->call, "%s: %d %s in %.1f s%s%s%s", batch->options->output, done,
             done == 1 ? "picture" : "pictures", batch->seconds, more, alike ? ": " : "",
             alike ? batch->how : "");
}

static const limn_job *first_failed(const limn_batch *batch) {
    int i = 0;
    while (batch->jobs[i].state != LIMN_JOB_FAILED) i++;
    return &batch->jobs[i];
}

// Pictures that could not be read, counted as failures or not.
static int count_broken(const limn_batch *batch) {
    int count = 0;
    for (int i = 0; i < batch->count; i++) count += batch->jobs[i].status == LIMN_INPUT;
    return count;
}

static limn_status report(limn_batch *batch, limn_status status) {
    int done = count_state(batch, LIMN_JOB_DONE), skipped = count_state(batch, LIMN_JOB_SKIPPED);
    int waiting = count_state(batch, LIMN_JOB_WAITING);
    list_json(batch);
    limn_call_number(batch->call, "done", done);
    limn_call_number(batch->call, "skipped", skipped);
    limn_call_number(batch->call, "failed", batch->failed);
    limn_call_number(batch->call, "seconds", batch->seconds);
    if (status == LIMN_STOPPED)
        return limn_fail(status, "Stopped after %d of %d pictures. The others are as they were.",
                         done, batch->count);
    if (status != LIMN_OK && done)
        return limn_fail(LIMN_PARTIAL, "After %d of %d pictures: %s", done, batch->count,
                         limn_message());
    if (status != LIMN_OK) return status;
    int broken = count_broken(batch);
    if (!batch->failed && broken == batch->count)
        return limn_fail(LIMN_INPUT, "No picture could be read, so nothing was made.");
    if (!batch->failed) {
        say_done(batch, done, skipped);
        return LIMN_OK;
    }
    const limn_job *first = first_failed(batch);
    if (batch->count == 1) return limn_fail(first->status, "%s", first->message);
    char rest[64] = "";
    if (waiting && !batch->options->dry_run)
        snprintf(rest, sizeof rest, ", and %d were not tried", waiting);
    bool advise = !batch->options->skip_broken && broken == batch->failed;
    bool nothing = !done && !skipped && !(waiting && batch->options->dry_run);
    return limn_fail(nothing ? first->status : LIMN_PARTIAL,
                     "%d of %d pictures could not be done (named above)%s.%s", batch->failed,
                     batch->count, rest, advise ? " --skip-broken passes over such." : "");
}

void limn_batch_tell_left(const limn_call *call, const limn_left_alone *left) {
    limn_text kinds = {0};
    limn_left_alone_print(left, &kinds);
    if (kinds.size) limn_say(call, "left alone: %s: not read by limn", kinds.data);
    limn_text_free(&kinds);
}

limn_status limn_batch_do(limn_call *call, limn_variants variants, limn_batch_body *run,
                          void *context) {
    const limn_batch_options *options = &((const limn_batch_verb *)call->options)->batch;
    limn_options_json(call->verb->groups, call->options, limn_call_member(call, "options"));
    limn_batch batch;
    limn_status status = limn_batch_plan(&batch, call, options, variants);
    if (status == LIMN_OK && !is_idle(&batch)) {
        status = run(context, &batch);
        if (status == LIMN_OK && options->dry_run) list_work(&batch);
    }
    limn_batch_tell_left(call, &batch.left);
    status = report(&batch, status);
    limn_batch_free(&batch);
    return status;
}
