#include "train/supervised.h"

#include "base/memory.h"

#include <string.h>

static limn_status build(limn_trainer *trainer, limn_supervised *it, int which, limn_shape shape,
                         limn_objective *objective) {
    static const char *const names[] = {"total", "held-out"};
    limn_update *update;
    LIMN_TRY(limn_update_new(names[which], &trainer->store, &update));
    if (which == 0) {
        it->training = update;
        LIMN_TRY(limn_trainer_add(trainer, update));
    } else {
        it->judging = update;
        update->net.training = false;
    }
    it->input[which] = limn_input(update->net.graph, "x", shape);
    limn_node *y = objective(trainer, update, which, it->input[which]);
    if (which == 0) return LIMN_OK;
    limn_update_show(update, y);
    it->shown_floats = (size_t)limn_shape_count(&y->shape);
    return LIMN_OK;
}

limn_status limn_supervised_build(limn_trainer *trainer, limn_supervised *it, limn_shape batch,
                                  limn_objective *objective) {
    LIMN_TRY(build(trainer, it, 0, batch, objective));
    batch.dim[0] = 1;
    it->floats = (size_t)limn_shape_count(&batch);
    return build(trainer, it, 1, batch, objective);
}

limn_status limn_supervised_ready(limn_trainer *trainer, limn_supervised *it, limn_net *frozen[2]) {
    limn_plan_options seldom = trainer->plan;
    seldom.seldom = true;
    LIMN_TRY(limn_update_ready(it->training, NULL, frozen[0], trainer->plan));
    LIMN_TRY(limn_update_ready(it->judging, "nothing", frozen[1], seldom));
    it->shown = limn_alloc((size_t)it->held_out.count * it->shown_floats * sizeof *it->shown);
    return it->shown ? LIMN_OK : limn_fail(LIMN_MEMORY, "there is no memory for a sheet");
}

limn_status limn_supervised_step(limn_trainer *trainer, limn_supervised *it, double rate) {
    const float *batch;
    LIMN_TRY(limn_trainer_batch(trainer, &batch));
    limn_update_bind(it->training, it->input[0], batch);
    return limn_trainer_update(trainer, it->training, (limn_adam){.rate = rate});
}

limn_status limn_supervised_judge(limn_supervised *it, double *total) {
    *total = 0;
    for (int i = 0; i < it->held_out.count; i++) {
        limn_update_bind(it->judging, it->input[1], it->held_out.samples + (size_t)i * it->floats);
        LIMN_TRY(limn_update_run(it->judging, 0, 0));
        *total += it->judging->total / it->held_out.count;
        memcpy(it->shown + (size_t)i * it->shown_floats, limn_update_shown(it->judging, 0),
               it->shown_floats * sizeof *it->shown);
    }
    return LIMN_OK;
}

void limn_supervised_free(limn_supervised *it) {
    limn_update_free(it->judging);
    limn_held_out_free(&it->held_out);
    limn_free(it->shown);
}
