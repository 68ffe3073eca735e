// What a method calls while it trains.
#include "train/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void limn_trainer_say(const limn_trainer *trainer, const char *format, ...) {
    if (!trainer->hooks.say) return;
    char line[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    trainer->hooks.say(trainer->hooks.context, line);
}

limn_status limn_trainer_add(limn_trainer *trainer, limn_update *update) {
    if (trainer->update_count == LIMN_MAX_UPDATES) {
        limn_update_free(update);
        return limn_fail(LIMN_ERROR, "a method has %d kinds of step at most", LIMN_MAX_UPDATES);
    }
    trainer->updates[trainer->update_count++] = update;
    return LIMN_OK;
}

void limn_trainer_remember(limn_trainer *trainer, const char *name, int64_t *value) {
    assert(trainer->fact_count < LIMN_MOST_FACTS);
    trainer->facts[trainer->fact_count++] = (limn_fact){name, value};
}

limn_status limn_trainer_take(limn_trainer *trainer, const limn_store *from) {
    LIMN_TRY(limn_store_ready(&trainer->store, (uint64_t)trainer->common.seed, true));
    limn_store_copy(&trainer->store, from);
    return LIMN_OK;
}

limn_status limn_trainer_batch(limn_trainer *trainer, const float **batch) {
    double waited;
    LIMN_TRY(limn_loader_batch(trainer->loader, trainer->step, batch, &waited));
    trainer->waited += waited;
    trainer->fed = true;
    const char *why;
    while ((why = limn_loader_broken(trainer->loader, trainer->left_out)))
        limn_trainer_say(trainer, "left out (%d so far): %s", ++trainer->left_out, why);
    return LIMN_OK;
}

limn_stage limn_trainer_stage(const limn_trainer *trainer) {
    if (trainer->step < trainer->stage_end) return (limn_stage){0, trainer->stage_end};
    return (limn_stage){trainer->stage_end, trainer->common.steps};
}

// A stage is a training of its own to the schedule.
static double schedule_now(const limn_trainer *trainer) {
    limn_stage stage = limn_trainer_stage(trainer);
    return limn_schedule(&trainer->common, trainer->step - stage.begin, stage.end - stage.begin);
}

static double optimise(const limn_trainer *trainer, limn_update *update, limn_adam adam) {
    adam.clip = trainer->common.clip;
    adam.rate *= schedule_now(trainer);
    limn_sgd sgd = {.rate = adam.rate, .momentum = 0.9, .clip = adam.clip};
    return trainer->common.optimiser ? limn_sgd_step(update, sgd, trainer->plan.threads)
                                     : limn_adam_step(update, adam, trainer->plan.threads);
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
