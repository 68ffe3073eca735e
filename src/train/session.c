// The loop that trains: steps, the log, samples, checkpoints, stopping, what to do about NaN.
#define _POSIX_C_SOURCE 200809L
#include "train/session.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/threads.h"
#include "image/cells.h"
#include "train/events.h"
#include "train/report.h"
#include "train/run_folder.h"
#include "train/stages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// "500": every so many steps. "90s", "10m", "2h": every so much time.
typedef struct every {
    int64_t steps;
    double seconds, due;
} every;

static limn_status parse_every(const char *name, const char *text, every *result) {
    char *end;
    double value = strtod(text, &end);
    *result = (every){0};
    bool whole = value >= 1 && value <= 1e9 && value == floor(value);
    if (value > 0 && value <= 1e9 && end > text) {
        if (!*end && whole) result->steps = (int64_t)value;
        if (!strcmp(end, "s")) result->seconds = value;
        if (!strcmp(end, "m")) result->seconds = 60 * value;
        if (!strcmp(end, "h")) result->seconds = 3600 * value;
    }
    if (result->steps || result->seconds > 0) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--%s %s: a number of steps (500) or a time (90s, 10m, 2h) is "
                     "meant",
                     name, text);
}

static bool is_due(every *it, int64_t step) {
    if (it->steps) return step % it->steps == 0;
    if (limn_now() < it->due) return false;
    it->due = limn_now() + it->seconds;
    return true;
}

typedef struct session {
    limn_trainer trainer;
    every save, sample, log;
    limn_run_hold hold;
    int log_file, events_file;
    int64_t done; // steps of this session in this stage
    double rate;  // seconds a step, smoothed
    limn_smaller smaller;
} session;

enum { TELLING_STEPS = 5 };

static limn_status save_checkpoint(const limn_trainer *trainer) {
    LIMN_TRY(limn_checkpoint_save(trainer));
    return limn_checkpoint_prune(trainer);
}

// What is judged, shown and saved is the average of weights where there is one: it changes places
// with the weights meanwhile.
static void change_places(limn_trainer *trainer) {
    if (!trainer->average) return;
    for (size_t i = 0; i < trainer->averaged; i++) {
        float value = trainer->store.values[i];
        trainer->store.values[i] = trainer->average[i];
        trainer->average[i] = value;
    }
}

// The model as it is by now, so that a run can be judged, or used, before its end.
static limn_status save_model(limn_trainer *trainer, const char *name) {
    limn_text path = {0};
    if (!trainer->model) return LIMN_OK;
    limn_status status = limn_run_path(trainer->folder, &path, "%s.safetensors", name);
    if (trainer->method->saving) trainer->method->saving(trainer);
    change_places(trainer);
    if (status == LIMN_OK)
        status = limn_model_save_trained(trainer->model, &trainer->store, trainer->source,
                                         trainer->step, path.data);
    change_places(trainer);
    limn_text_free(&path);
    return status;
}

// Whether the total on pictures never trained on is the lowest so far.
static limn_status judge(limn_trainer *trainer, bool *best) {
    double total;
    *best = false;
    if (!trainer->method->validate) return LIMN_OK;
    change_places(trainer);
    limn_status status = trainer->method->validate(trainer, &total);
    change_places(trainer);
    *best = status == LIMN_OK && isfinite(total) && total < trainer->best;
    if (*best) trainer->best = total;
    return status;
}

static limn_status save_state(session *it) {
    limn_trainer *trainer = &it->trainer;
    bool best;
    LIMN_TRY(judge(trainer, &best));
    // The checkpoint last: it says what the best is, so that one must be there by then.
    if (trainer->step) LIMN_TRY(save_model(trainer, "model"));
    if (best) LIMN_TRY(save_model(trainer, "best"));
    LIMN_TRY(save_checkpoint(trainer));
    if (it->save.seconds > 0) it->save.due = limn_now() + it->save.seconds;
    return LIMN_OK;
}

static limn_status write_sheet(const limn_trainer *trainer, const limn_cells *cells) {
    limn_text path = {0};
    limn_picture *sheet;
    LIMN_TRY(limn_cells_sheet(cells, &sheet));
    limn_status status =
        limn_run_path(trainer->folder, &path, "samples/step-%09lld.jpg", (long long)trainer->step);
    if (status == LIMN_OK)
        status = limn_picture_write(
            sheet, path.data, LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING));
    limn_text_free(&path);
    limn_picture_free(sheet);
    return status;
}

// What is only looked at ends no training where it cannot be written.
static limn_status pass_over(const limn_trainer *trainer, limn_status status) {
    if (status != LIMN_IO && status != LIMN_USAGE) return status;
    limn_trainer_say(trainer, "step %lld: %s Training goes on", (long long)trainer->step,
                     limn_message());
    return LIMN_OK;
}

static limn_status draw_sheet(session *it) {
    limn_trainer *trainer = &it->trainer;
    limn_cells cells = {.gap = 4};
    change_places(trainer);
    limn_status status = trainer->method->sheet(trainer, &cells);
    change_places(trainer);
    if (status == LIMN_OK) status = pass_over(trainer, write_sheet(trainer, &cells));
    limn_cells_free(&cells);
    return status == LIMN_OK ? pass_over(trainer, limn_report_write(trainer)) : status;
}

static bool is_skipped(const limn_trainer *trainer, int64_t step) {
    for (int i = 0; i < trainer->skipped_count; i++)
        if (trainer->skipped[i] == step) return true;
    return false;
}

static limn_status open_logs(session *it) {
    LIMN_TRY(limn_run_log_open(&it->trainer, &it->log_file));
    return limn_events_open(&it->trainer, &it->events_file);
}

static limn_status go_back(session *it) {
    limn_trainer *trainer = &it->trainer;
    trainer->step = 0;
    LIMN_TRY(limn_checkpoint_load(trainer));
    return open_logs(it);
}

// The step just done becomes one that never was. What a step does is a function of its number, so
// leaving it out is counting on, unless one of its updates had its way before the next one broke.
// Saved at once, so that a run that is cut leaves the step out as well.
static limn_status leave_out(session *it) {
    limn_trainer *trainer = &it->trainer;
    int64_t step = trainer->step;
    if (trainer->common.on_nan == LIMN_NAN_REWIND || trainer->changed) {
        LIMN_TRY(go_back(it));
        limn_trainer_say(trainer, "back to step %lld; step %lld will be left out",
                         (long long)trainer->step, (long long)step);
    }
    if (trainer->skipped_count == LIMN_MOST_SKIPPED)
        return limn_fail(LIMN_DIVERGED,
                         "%d steps were left out because a loss was not a number: "
                         "try a lower --lr",
                         trainer->skipped_count);
    trainer->skipped[trainer->skipped_count++] = step;
    return save_checkpoint(trainer);
}

static limn_status handle_nan(session *it) {
    limn_trainer *trainer = &it->trainer;
    const char *term = trainer->broken;
    int64_t step = trainer->step;
    char files[512] = "";
    if (trainer->taken) limn_trainer_files(trainer, files, sizeof files);
    limn_trainer_say(trainer, "step %lld: %s is not a number%s%s", (long long)step, term,
                     trainer->taken ? "; its batch: " : "", files);
    if (trainer->common.on_nan == LIMN_NAN_STOP)
        return limn_fail(LIMN_DIVERGED,
                         "step %lld: %s is not a number. The last good state is kept; go on "
                         "with `limn train %s --resume %s --accept-changes --lr` and a lower rate",
                         (long long)step, term, trainer->method->name, trainer->folder);
    return leave_out(it);
}

// Steps to the end of the stage: what comes behind it has another pace.
static int64_t stage_left(const limn_trainer *trainer) {
    return limn_trainer_end(trainer, trainer->stage) - trainer->step;
}

static void tell_progress(session *it) {
    limn_trainer *trainer = &it->trainer;
    if (!trainer->hooks.progress || !is_due(&it->log, trainer->step)) return;
    char line[512];
    size_t used = (size_t)snprintf(line, sizeof line, "step %lld/%lld", (long long)trainer->step,
                                   (long long)limn_trainer_total(trainer));
    for (int u = 0; u < trainer->update_count && used < sizeof line; u++)
        if (trainer->updates[u]->runs)
            used += (size_t)snprintf(line + used, sizeof line - used, "  %s %.4g",
                                     trainer->updates[u]->name, trainer->updates[u]->total);
    if (used < sizeof line) snprintf(line + used, sizeof line - used, "  %.2g s a step", it->rate);
    trainer->hooks.progress(trainer->hooks.context, line,
                            (double)trainer->step / (double)limn_trainer_total(trainer),
                            it->rate * (double)stage_left(trainer));
}

// "90 minutes"
static const char *print_duration(char text[32], double seconds) {
    const char *unit = seconds < 90 ? "seconds" : seconds < 5400 ? "minutes" : "hours";
    double divisor = seconds < 90 ? 1 : seconds < 5400 ? 60 : 3600;
    snprintf(text, 32, "%.*f %s", divisor > 60 ? 1 : 0, seconds / divisor, unit);
    return text;
}

// What the preset before would take of this machine, where it is less.
static void add_smaller(session *it, double seconds, char text[96]) {
    limn_trainer *trainer = &it->trainer;
    char time[32];
    *text = 0;
    if (!it->smaller.name || !trainer->method->work) return;
    double own = trainer->method->work(trainer, trainer->options, trainer->common.batch_size);
    double other = trainer->method->work(trainer, it->smaller.own, it->smaller.batch);
    double least = own > 0 ? it->rate * other / own * (double)it->smaller.steps : 0;
    if (least > 0 && least < seconds)
        snprintf(text, 96, "; with --preset %s it would be about %s", it->smaller.name,
                 print_duration(time, least));
}

// Once a stage, when its first steps tell: how long it will take.
static void tell_time(session *it) {
    const limn_trainer *trainer = &it->trainer;
    int64_t left = stage_left(trainer);
    char time[32], smaller[96];
    if (it->done != TELLING_STEPS || left < TELLING_STEPS) return;
    double seconds = it->rate * (double)left;
    add_smaller(it, seconds, smaller);
    limn_trainer_say(trainer, "%lld steps, %.2g s each: about %s to go%s%s", (long long)left,
                     it->rate, print_duration(time, seconds),
                     limn_stage_follows(trainer) ? " in this stage" : "", smaller);
}

static void say_stage(const session *it) {
    const limn_trainer *trainer = &it->trainer;
    const char *name = trainer->method->stages[trainer->stage].name;
    if (name)
        limn_trainer_say(trainer, "%s: %lld steps", name,
                         (long long)trainer->lengths[trainer->stage]);
}

// Where a stage has come to its end and another follows. What was averaged is what it has learnt.
static limn_status next_stage(session *it) {
    limn_trainer *trainer = &it->trainer;
    while (!stage_left(trainer) && limn_stage_follows(trainer)) {
        if (trainer->average)
            memcpy(trainer->store.values, trainer->average, trainer->averaged * sizeof(float));
        LIMN_TRY(limn_stage_begin(trainer, trainer->stage + 1));
        it->done = 0;
        trainer->best = INFINITY; // its totals are others
        say_stage(it);
    }
    return LIMN_OK;
}

// The average follows the weights; faster in the first steps of a stage: else the weights that it
// began with would stay in it, for 1 / (1 - decay) steps.
static void follow(limn_trainer *trainer, int64_t steps) {
    if (!trainer->average) return;
    double early = (1 + (double)steps) / (10 + (double)steps);
    limn_average_step(trainer->store.values, trainer->average, trainer->averaged,
                      fmin(trainer->common.average, early), trainer->plan.threads);
}

// A step that failed before it changed anything leaves the state of the one before, which is worth
// keeping: the disk, or the memory, may be well again when the run is resumed.
static limn_status rescue(const limn_trainer *trainer, limn_status failed) {
    char sentence[1024];
    bool whole = failed == LIMN_INPUT || failed == LIMN_IO || failed == LIMN_MEMORY;
    if (!whole || trainer->changed || !trainer->step) return failed;
    snprintf(sentence, sizeof sentence, "%s", limn_message());
    if (save_checkpoint(trainer) != LIMN_OK) return limn_fail(failed, "%s", sentence);
    return limn_fail(failed,
                     "%s The state after step %lld is saved: go on with `limn train "
                     "--resume %s`",
                     sentence, (long long)trainer->step, trainer->folder);
}

static limn_status one_step(session *it) {
    limn_trainer *trainer = &it->trainer;
    double start = limn_now();
    LIMN_TRY(next_stage(it));
    trainer->waited = 0;
    trainer->taken = 0;
    trainer->broken = NULL;
    trainer->changed = false;
    for (int u = 0; u < trainer->update_count; u++) trainer->updates[u]->runs = 0;
    if (is_skipped(trainer, trainer->step + 1)) {
        trainer->step++;
        return LIMN_OK;
    }
    // Not the first one, which also packs and touches memory.
    trainer->explaining = trainer->common.explain && it->done == 1;
    limn_status status = trainer->method->stages[trainer->stage].step(trainer);
    if (status != LIMN_OK) return rescue(trainer, status);
    trainer->step++;
    if (trainer->broken) return handle_nan(it);
    follow(trainer, limn_trainer_done(trainer));
    double seconds = limn_now() - start;
    trainer->seconds += seconds;
    it->done++;
    if (it->done <= 2) it->rate = seconds; // as above
    it->rate = 0.9 * it->rate + 0.1 * seconds;
    LIMN_TRY(limn_run_log(trainer, it->log_file, seconds));
    LIMN_TRY(limn_events_add(trainer, it->events_file, seconds));
    tell_time(it);
    tell_progress(it);
    return LIMN_OK;
}

static limn_status stop(const limn_trainer *trainer) {
    return limn_fail(LIMN_STOPPED,
                     "stopped at step %lld of %lld, all is saved; go on with `limn train --resume "
                     "%s`",
                     (long long)trainer->step, (long long)limn_trainer_total(trainer),
                     trainer->folder);
}

static limn_status loop(session *it) {
    limn_trainer *trainer = &it->trainer;
    const limn_train_hooks *hooks = &trainer->hooks;
    if (hooks->stopped && hooks->stopped(hooks->context)) return stop(trainer);
    while (trainer->step < limn_trainer_total(trainer)) {
        LIMN_TRY(one_step(it));
        int asked = hooks->asked ? hooks->asked(hooks->context) : LIMN_GO_ON;
        if (asked || is_due(&it->save, trainer->step)) LIMN_TRY(save_state(it));
        if (is_due(&it->sample, trainer->step)) LIMN_TRY(draw_sheet(it));
        if (asked == LIMN_STOP) return stop(trainer);
    }
    return LIMN_OK;
}

static limn_status finish(session *it) {
    LIMN_TRY(save_state(it));
    return draw_sheet(it);
}

// ---- opening ----

// {"method": "style", then what the options are
static limn_status print_options(const limn_session_request *request, limn_text *json) {
    limn_text options = {0};
    limn_options_json(request->groups, request->values, &options);
    if (!options.failed)
        limn_text_print(json, "{\"method\": \"%s\", %s", request->method->name, options.data + 1);
    bool failed = json->failed || options.failed;
    limn_text_free(&options);
    return failed ? limn_fail(LIMN_MEMORY, "there is no memory for the options") : LIMN_OK;
}

// The options are kept once the state fits them: a run must not be left with a width that its
// checkpoints do not have.
static limn_status open_state(limn_trainer *trainer, const limn_session_request *request) {
    limn_text json = {0};
    limn_status status = print_options(request, &json);
    if (status == LIMN_OK && request->resume)
        status = limn_run_compare(trainer, request->groups, json.data);
    if (status == LIMN_OK && request->resume) status = limn_checkpoint_load(trainer);
    if (status == LIMN_OK && !trainer->update_count) status = limn_stage_begin(trainer, 0);
    if (status == LIMN_OK) status = limn_run_config(request->folder, json.data);
    limn_text_free(&json);
    return status;
}

// The lengths of stages are options like others.
static void describe_stages(limn_trainer *trainer, const limn_session_request *request) {
    const limn_stage *stages = trainer->method->stages;
    for (int s = 0; stages[s].build; s++) {
        const int64_t *steps =
            limn_options_value(request->groups, stages[s].steps, request->values);
        trainer->lengths[s] = steps ? *steps : 0;
        trainer->batches[s] = stages[s].batches;
    }
}

static int64_t epoch_of(const limn_trainer *trainer) {
    int batch = (int)trainer->common.batch_size;
    return trainer->set.count && batch ? limn_set_epoch(&trainer->set, batch) : 1;
}

static limn_status open_session(session *it, const limn_session_request *request) {
    limn_trainer *trainer = &it->trainer;
    LIMN_TRY(limn_isa_check((limn_isa)trainer->common.isa));
    LIMN_TRY(parse_every("save-every", trainer->common.save_every, &it->save));
    LIMN_TRY(parse_every("sample-every", trainer->common.sample_every, &it->sample));
    LIMN_TRY(parse_every("log-every", trainer->common.log_every, &it->log));
    it->save.due = limn_now() + it->save.seconds;
    it->sample.due = limn_now() + it->sample.seconds;
    trainer->accepts_changes = request->accept_changes;
    trainer->best = INFINITY;
    trainer->own = calloc(1, request->method->own_size);
    trainer->folder = strdup(request->folder);
    if (!trainer->own || !trainer->folder) return limn_fail(LIMN_MEMORY, "no memory to train");
    LIMN_TRY(limn_run_open(request->folder, request->resume, &it->hold));
    trainer->resumes = request->resume && limn_checkpoint_any(trainer);
    describe_stages(trainer, request);
    LIMN_TRY(trainer->method->open(trainer));
    if (!trainer->epoch) trainer->epoch = epoch_of(trainer);
    LIMN_TRY(open_state(trainer, request));
    return open_logs(it);
}

static void close_session(session *it) {
    limn_trainer *trainer = &it->trainer;
    limn_loader_free(trainer->loader); // before the set it reads from, and what the method makes
    if (trainer->own) trainer->method->close(trainer);
    limn_stage_end(trainer);
    limn_set_free(&trainer->set);
    limn_model_free(trainer->model);
    limn_store_free(&trainer->store);
    free(trainer->own);
    if (it->log_file >= 0) close(it->log_file);
    if (it->events_file >= 0) close(it->events_file);
    if (trainer->folder) limn_run_close(trainer->folder, &it->hold);
    free(trainer->folder);
}

// Behind stages of no steps: what they hand on, such as another run's discriminators, has no place
// in a state of theirs.
static limn_status save_first(session *it) {
    LIMN_TRY(next_stage(it));
    return save_state(it);
}

static limn_status train(session *it) {
    limn_trainer *trainer = &it->trainer;
    if (trainer->step)
        limn_trainer_say(trainer, "going on from step %lld", (long long)trainer->step);
    else
        LIMN_TRY(save_first(it));
    LIMN_TRY(loop(it));
    LIMN_TRY(finish(it));
    limn_trainer_say(trainer, "done: %lld steps in %.0f s; state %016llx", (long long)trainer->step,
                     trainer->seconds, (unsigned long long)limn_trainer_checksum(trainer));
    return LIMN_OK;
}

limn_status limn_session_run(const limn_session_request *request) {
    session it = {.hold = {.lock = -1, .kept = request->method->kept},
                  .log_file = -1,
                  .events_file = -1,
                  .smaller = request->smaller};
    limn_trainer *trainer = &it.trainer;
    trainer->method = request->method;
    trainer->hooks = request->hooks;
    trainer->source = request->source ? request->source : request->method->name;
    trainer->settler = request->settler;
    trainer->common = *request->common;
    trainer->options = request->own;
    if (!trainer->common.threads) trainer->common.threads = limn_threads_available();
    trainer->plan = (limn_plan_options){
        .precision = trainer->common.precision ? LIMN_FAST : LIMN_EXACT,
        .isa = (limn_isa)trainer->common.isa,
        .threads = (int)trainer->common.threads,
        .memory_limit = limn_memory_limit(trainer->common.max_memory),
        .memory_needed = &trainer->plan_needed,
        .workspace = &trainer->workspace,
    };
    limn_status status = open_session(&it, request);
    if (status == LIMN_OK) status = train(&it);
    close_session(&it);
    return status;
}
