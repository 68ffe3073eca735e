// One objective on pictures of one folder.
#include "train/supervised.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum { HELD_OUT = 4 };

limn_status limn_supervised_load(limn_trainer *trainer, limn_supervised *it,
                                 limn_loader_options *how) {
    it->floats = how->floats;
    LIMN_TRY(limn_hold_out(how, 0, HELD_OUT, &it->held_out));
    return limn_loader_new(*how, &trainer->loader);
}

static limn_status build(limn_trainer *trainer, limn_supervised *it, int which, limn_shape sample,
                         limn_objective *objective) {
    bool judges = which == LIMN_JUDGEMENT;
    limn_update **update = &it->updates[which];
    if (!judges) sample.dim[0] = trainer->common.batch_size;
    LIMN_TRY(judges ? limn_update_new("held-out", &trainer->store, update)
                    : limn_trainer_update_new(trainer, "total", update));
    (*update)->net.training = which == LIMN_STEP;
    it->input[which] = limn_input((*update)->net.graph, "x", sample);
    limn_node *y = objective(trainer, *update, it->input[which]);
    if (!judges) return LIMN_OK;
    limn_update_show(*update, y);
    it->shown_floats = (size_t)limn_shape_count(&y->shape);
    return LIMN_OK;
}

static limn_status make_plans(limn_trainer *trainer, limn_supervised *it) {
    for (int i = 0; i < LIMN_OBJECTIVES; i++) {
        if (!it->updates[i]) continue;
        limn_plan_options options = trainer->plan;
        options.seldom = i == LIMN_JUDGEMENT;
        const limn_group *trained = i == LIMN_JUDGEMENT ? NULL : LIMN_TRAINS("");
        LIMN_TRY(limn_update_ready(it->updates[i], trained, options));
    }
    return LIMN_OK;
}

// The judgement of a stage before is this one's to free.
static void forget(limn_supervised *it) {
    limn_update_free(it->updates[LIMN_JUDGEMENT]);
    memset(it->updates, 0, sizeof it->updates);
    limn_free(it->shown);
    it->shown = NULL;
}

limn_status limn_supervised_build(limn_trainer *trainer, limn_supervised *it, limn_shape sample,
                                  limn_objective *objective) {
    forget(it);
    LIMN_TRY(build(trainer, it, LIMN_STEP, sample, objective));
    LIMN_TRY(build(trainer, it, LIMN_JUDGEMENT, sample, objective));
    if (it->settles) LIMN_TRY(build(trainer, it, LIMN_SETTLED, sample, objective));
    LIMN_TRY(limn_trainer_ready(trainer));
    LIMN_TRY(make_plans(trainer, it));
    it->shown = limn_alloc((size_t)it->held_out.count * it->shown_floats * sizeof *it->shown);
    return it->shown ? LIMN_OK : limn_fail(LIMN_MEMORY, "there is no memory for a sheet");
}

limn_status limn_supervised_step(limn_trainer *trainer, limn_supervised *it, double rate) {
    const float *batch;
    LIMN_TRY(limn_trainer_batch(trainer, &batch));
    return limn_supervised_step_on(trainer, it, batch, rate);
}

limn_status limn_supervised_begin(limn_trainer *trainer, limn_supervised *it, const float *batch) {
    assert(!it->settles);
    limn_update_bind(it->updates[LIMN_STEP], it->input[LIMN_STEP], batch);
    return limn_trainer_begin_update(trainer, it->updates[LIMN_STEP]);
}

limn_status limn_supervised_step_on(limn_trainer *trainer, limn_supervised *it, const float *batch,
                                    double rate) {
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

limn_status limn_supervised_sheet(limn_trainer *trainer, limn_supervised *it,
                                  limn_supervised_row *row, limn_cells *sheet) {
    double total;
    LIMN_TRY(limn_supervised_judge(it, &total));
    for (int i = 0; i < it->held_out.count; i++)
        LIMN_TRY(row(trainer->own, it->held_out.samples + (size_t)i * it->floats,
                     it->shown + (size_t)i * it->shown_floats, sheet));
    return LIMN_OK;
}

void limn_supervised_free(limn_supervised *it) {
    forget(it);
    limn_held_out_free(&it->held_out);
}
