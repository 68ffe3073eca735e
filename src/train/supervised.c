#include "train/supervised.h"

#include "base/memory.h"

#include <string.h>

static limn_status build(limn_trainer *trainer, limn_supervised *it, int which, limn_shape shape,
                         limn_objective *objective) {
    static const char *const names[] = {"total", "held-out", "total"};
    limn_update *update;
    LIMN_TRY(limn_update_new(names[which], &trainer->store, &update));
    it->updates[which] = update;
    if (which != LIMN_JUDGEMENT) LIMN_TRY(limn_trainer_add(trainer, update));
    update->net.training = which == LIMN_STEP;
    it->input[which] = limn_input(update->net.graph, "x", shape);
    limn_node *y = objective(trainer, update, it->input[which]);
    if (which != LIMN_JUDGEMENT) return LIMN_OK;
    limn_update_show(update, y);
    it->shown_floats = (size_t)limn_shape_count(&y->shape);
    return LIMN_OK;
}

limn_status limn_supervised_build(limn_trainer *trainer, limn_supervised *it, limn_shape batch,
                                  limn_objective *objective) {
    limn_shape one = batch;
    one.dim[0] = 1;
    it->floats = (size_t)limn_shape_count(&one);
    LIMN_TRY(build(trainer, it, LIMN_STEP, batch, objective));
    LIMN_TRY(build(trainer, it, LIMN_JUDGEMENT, one, objective));
    if (!it->settles) return LIMN_OK;
    return build(trainer, it, LIMN_SETTLED, batch, objective);
}

limn_status limn_supervised_ready(limn_trainer *trainer, limn_supervised *it) {
    for (int i = 0; i < LIMN_OBJECTIVES; i++) {
        if (!it->updates[i]) continue;
        limn_plan_options options = trainer->plan;
        options.seldom = i == LIMN_JUDGEMENT;
        const limn_group *trained = i == LIMN_JUDGEMENT ? NULL : LIMN_TRAINS("");
        LIMN_TRY(limn_update_ready(it->updates[i], trained, options));
    }
    it->shown = limn_alloc((size_t)it->held_out.count * it->shown_floats * sizeof *it->shown);
    return it->shown ? LIMN_OK : limn_fail(LIMN_MEMORY, "there is no memory for a sheet");
}

limn_status limn_supervised_step(limn_trainer *trainer, limn_supervised *it, double rate) {
    const float *batch;
    LIMN_TRY(limn_trainer_batch(trainer, &batch));
    bool settled = it->settles && trainer->step >= it->settled_from;
    int which = settled ? LIMN_SETTLED : LIMN_STEP;
    // They share parameters and moments, so the one goes on counting where the other stops.
    if (settled && !it->updates[which]->counter)
        it->updates[which]->counter = it->updates[LIMN_STEP]->counter;
    limn_update_bind(it->updates[which], it->input[which], batch);
    return limn_trainer_update(trainer, it->updates[which], limn_adam_usual(rate));
}

limn_status limn_supervised_judge(limn_supervised *it, double *total) {
    *total = 0;
    limn_update *judging = it->updates[LIMN_JUDGEMENT];
    limn_node *input = it->input[LIMN_JUDGEMENT];
    for (int i = 0; i < it->held_out.count; i++) {
        limn_update_bind(judging, input, it->held_out.samples + (size_t)i * it->floats);
        LIMN_TRY(limn_update_run(judging, 0, 0));
        *total += judging->total / it->held_out.count;
        memcpy(it->shown + (size_t)i * it->shown_floats, limn_update_shown(judging, 0),
               it->shown_floats * sizeof *it->shown);
    }
    return LIMN_OK;
}

void limn_supervised_free(limn_supervised *it) {
    limn_update_free(it->updates[LIMN_JUDGEMENT]);
    limn_held_out_free(&it->held_out);
    limn_free(it->shown);
}
