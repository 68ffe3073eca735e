// What a method calls while it trains.
#include "train/trainer.h"

#include "base/file.h"
#include "model/runner.h"
#include "train/schedule.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void limn_trainer_say(const limn_trainer *trainer, const char *format, ...) {
    if (!trainer->hooks.say) return;
    char line[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    trainer->hooks.say(trainer->hooks.context, line);
}

void limn_trainer_remember(limn_trainer *trainer, const char *name, int64_t *value) {
    assert(trainer->fact_count < LIMN_MOST_FACTS);
    trainer->facts[trainer->fact_count++] = (limn_remembered){name, value};
}

limn_status limn_trainer_settle(limn_trainer *trainer, const char *option, const char *value) {
    const limn_settler *by = &trainer->settler;
    return by->settle ? by->settle(by->context, option, value, &trainer->source) : LIMN_OK;
}

// ---- pictures ----

// --strict: a picture that has no place among the others ends what it would be missing from.
static limn_status refuse_misfits(const limn_set *set) {
    for (int i = 0; i < set->folder.count; i++)
        if (set->misfits[i])
            return limn_fail(LIMN_INPUT,
                             "%s: %s. Mend that, or leave out --strict: then such pictures are "
                             "left out",
                             set->folder.paths[i], set->misfits[i]);
    return LIMN_OK;
}

limn_status limn_trainer_pictures_of(limn_trainer *trainer, limn_set_request more,
                                     const limn_samples *samples) {
    bool apart = more.path_a || more.path_b;
    more.path = trainer->common.data;
    if (more.path && apart)
        return limn_fail(LIMN_USAGE,
                         "--data %s: --data-a and --data-b stand in its place. Leave "
                         "one of them out",
                         more.path);
    if (!more.path && !apart)
        return limn_fail(LIMN_USAGE, "--data FOLDER is needed: %s",
                         samples->least       ? "pictures of each domain in FOLDER/train/DOMAIN/"
                         : samples->files > 1 ? "pairs of pictures to learn from"
                                              : "photographs to learn from");
    if (more.path_a && more.path_b && limn_path_same(more.path_a, more.path_b))
        return limn_fail(LIMN_USAGE,
                         "--data-a %s and --data-b %s are the same folder. Give one for each of "
                         "two domains",
                         more.path_a, more.path_b);
    LIMN_TRY(limn_set_open(&more, samples, &trainer->set));
    if (trainer->set.note) limn_trainer_say(trainer, "%s", trainer->set.note);
    return trainer->common.strict ? refuse_misfits(&trainer->set) : LIMN_OK;
}

limn_status limn_trainer_pictures(limn_trainer *trainer, const limn_samples *samples) {
    return limn_trainer_pictures_of(trainer, (limn_set_request){.path = NULL}, samples);
}

// Bytes that loading may take to be faster; none where memory was limited: that is for the steps.
enum { SPARE = 128 << 20 };

limn_loader_options limn_trainer_loading(limn_trainer *trainer, size_t floats,
                                         limn_make_sample *make, const void *context) {
    return (limn_loader_options){
        .set = &trainer->set,
        .batch = (int)trainer->common.batch_size,
        .floats = floats,
        .make = make,
        .context = context,
        .seed = (uint64_t)trainer->common.seed,
        .strict = trainer->common.strict,
        .spare = trainer->common.max_memory ? 0 : SPARE,
    };
}

// Batches are numbered from the first step on, whatever the stages before took.
static int64_t batch_number(const limn_trainer *trainer, int64_t step, int taken) {
    const int *batches = trainer->batches;
    int64_t number = 0;
    for (int s = 0; s < trainer->stage; s++) number += trainer->lengths[s] * batches[s];
    int64_t done = step - limn_trainer_begin(trainer, trainer->stage);
    return number + done * batches[trainer->stage] + taken;
}

void limn_trainer_files(const limn_trainer *trainer, char *text, size_t size) {
    for (int i = 0; i < trainer->taken && size > 2; i++) {
        if (i) memcpy(text, ", ", 3);
        limn_loader_files(trainer->loader, batch_number(trainer, trainer->step - 1, i),
                          text + (i ? 2 : 0), size - (i ? 2 : 0));
        size_t used = strlen(text);
        text += used;
        size -= used;
    }
}

limn_status limn_trainer_batch(limn_trainer *trainer, const float **batch) {
    double waited;
    assert(trainer->taken < trainer->batches[trainer->stage]);
    LIMN_TRY(limn_loader_batch(
        trainer->loader, batch_number(trainer, trainer->step, trainer->taken), batch, &waited));
    trainer->waited += waited;
    trainer->taken++;
    const char *why;
    while ((why = limn_loader_broken(trainer->loader, trainer->left_out)))
        limn_trainer_say(trainer, "left out (%d so far): %s", ++trainer->left_out, why);
    while ((why = limn_loader_damaged(trainer->loader, trainer->damaged))) {
        limn_trainer_say(trainer, "%s: is damaged, and is used as far as it goes", why);
        trainer->damaged++;
    }
    return LIMN_OK;
}

// ---- updates ----

// A stage is a training of its own to the schedule.
static double schedule_now(const limn_trainer *trainer) {
    return limn_schedule(&trainer->common, limn_trainer_done(trainer),
                         trainer->lengths[trainer->stage], trainer->epoch);
}

static double optimise(const limn_trainer *trainer, limn_update *update, limn_adam adam) {
    adam.clip = trainer->common.clip;
    adam.rate *= schedule_now(trainer);
    limn_sgd sgd = {.rate = adam.rate, .momentum = 0.9, .clip = adam.clip};
    return trainer->common.optimiser ? limn_sgd_step(update, sgd, trainer->plan.threads)
                                     : limn_adam_step(update, adam, trainer->plan.threads);
}

limn_status limn_trainer_begin_update(limn_trainer *trainer, limn_update *update) {
    if (trainer->broken) return LIMN_OK;
    update->timed = trainer->explaining;
    return limn_update_begin(update, (uint64_t)trainer->common.seed, (uint64_t)trainer->step);
}

limn_status limn_trainer_update(limn_trainer *trainer, limn_update *update, limn_adam adam) {
    if (trainer->broken) return LIMN_OK;
    update->timed = trainer->explaining;
    LIMN_TRY(limn_update_run(update, (uint64_t)trainer->common.seed, (uint64_t)trainer->step));
    trainer->broken = limn_update_broken(update);
    int64_t spoilt = trainer->common.inject_nan;
    if (spoilt && trainer->step + 1 == spoilt) trainer->broken = "a loss spoilt on request";
    if (update->timed && trainer->hooks.say)
        limn_plan_explain(update->plan, trainer->hooks.say, trainer->hooks.context);
    if (trainer->broken) return LIMN_OK;
    if (isfinite(optimise(trainer, update, adam)))
        trainer->changed = true;
    else
        trainer->broken = "the gradient";
    return LIMN_OK;
}

// ---- between steps ----

limn_status limn_trainer_runner(limn_trainer *trainer, int count, limn_runner **runner) {
    limn_plan_options seldom = trainer->plan;
    seldom.seldom = true;
    return limn_runner_new(trainer->model->kind, trainer->model->shape, &trainer->store, count,
                           LIMN_TRAINED, seldom, runner);
}
