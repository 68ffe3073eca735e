// A plan's life: made, bound, run.
#define _POSIX_C_SOURCE 200809L
#include "plan/internal.h"

#include "base/clock.h"

#include "base/threads.h"

#include <stdlib.h>
#include <string.h>

enum { GUARD = LIMN_ALIGNMENT, GUARD_BYTE = 0xA5, POISON_BYTE = 0xFF };

size_t limn_tensor_room(const limn_tensor *tensor, limn_isa isa) {
    size_t count = (size_t)limn_shape_count(&tensor->shape);
    if (tensor->layout == LIMN_PLAIN) return count;
    size_t channels = (size_t)tensor->shape.dim[1];
    return count / channels * limn_round_up(channels, (size_t)limn_isa_lanes(isa));
}

size_t limn_tensor_bytes(const limn_tensor *tensor, limn_isa isa) {
    return limn_tensor_room(tensor, isa) * limn_type_bytes(tensor->type);
}

static limn_status resolve(limn_plan_options *options) {
    limn_isa best = limn_isa_best();
    if (options->isa == LIMN_ISA_AUTO) options->isa = best;
    if (options->isa > best)
        return limn_fail(LIMN_NO_DEVICE, "this processor has no %s instructions (it has %s)",
                         limn_isa_name(options->isa), limn_isa_name(best));
    if (options->threads < 1) options->threads = limn_threads_available();
    return LIMN_OK;
}

limn_status limn_plan_new(limn_node *const *outputs, int count, limn_plan_options options,
                          limn_plan **result) {
    *result = NULL;
    if (count > 0) LIMN_TRY(limn_graph_check(outputs[0]->graph));
    LIMN_TRY(resolve(&options));
    limn_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return limn_fail(LIMN_MEMORY, "there is no memory for a plan");
    plan->options = options;
    plan->outputs = count;
    plan->output_node = limn_arena_get(&plan->arena, (size_t)count * sizeof *plan->output_node);
    plan->output_value = limn_arena_get(&plan->arena, (size_t)count * sizeof *plan->output_value);
    plan->output_data = limn_arena_get(&plan->arena, (size_t)count * sizeof *plan->output_data);
    limn_status status = LIMN_OK;
    if (plan->arena.failed) status = limn_fail(LIMN_MEMORY, "there is no memory for a plan");
    if (status == LIMN_OK) status = limn_plan_rewrite(plan, outputs);
    if (status == LIMN_OK) status = limn_plan_choose(plan);
    if (status == LIMN_OK) status = limn_plan_place(plan);
    if (status != LIMN_OK) {
        limn_plan_free(plan);
        return status;
    }
    *result = plan;
    return LIMN_OK;
}

void limn_plan_free(limn_plan *plan) {
    if (!plan) return;
    limn_graph_free(plan->graph);
    limn_arena_release(&plan->arena);
    free(plan->values);
    free(plan->steps);
    limn_workspace_free(&plan->own);
    limn_free(plan->packed);
    free(plan);
}

void limn_workspace_free(limn_workspace *workspace) {
    limn_free(workspace->block);
    *workspace = (limn_workspace){0};
}

// A workspace moves when a larger plan is made in it.
static void *data_of(const limn_plan *plan, int v) {
    const limn_value *it = &plan->values[v];
    return it->step < 0 || it->lent ? it->tensor.data : plan->space->block + it->offset;
}

static void fill_pointers(limn_plan *plan, limn_planned *made) {
    limn_step *step = &made->step;
    char *block = plan->space->block;
    step->out.data = data_of(plan, made->out);
    for (int i = 0; i < limn_plan_operands(made); i++)
        step->in[i].data = data_of(plan, made->in[i]);
    step->scratch = block + made->scratch_offset;
    step->packed = (made->packed_kept ? plan->packed : block) + made->packed_offset;
}

// Packs what depends on one input, now that its values are known to stay.
static void pack_frozen(limn_plan *plan, int v) {
    for (int s = 0; s < plan->step_count; s++) {
        limn_planned *made = &plan->steps[s];
        if (!made->packed_kept || made->in[made->step.pack_input] != v) continue;
        made->packed_frozen = plan->values[v].frozen;
        if (!made->packed_frozen || made->packed_by >= 0) continue;
        fill_pointers(plan, made);
        made->step.kernel->pack(&made->step);
    }
}

void limn_plan_bind(limn_plan *plan, const limn_node *input, const void *data, bool frozen) {
    for (int i = 0; i < plan->inputs; i++) {
        int v = plan->input_value[i];
        if (plan->input_name[i] != input || v < 0) continue;
        plan->values[v].tensor.data = (void *)(uintptr_t)data;
        plan->values[v].frozen = frozen;
        pack_frozen(plan, v);
    }
}

// A value is computed where the first of its outputs is bound. Further outputs of the same value,
// and outputs that are inputs, are copied after the run.
void limn_plan_bind_output(limn_plan *plan, int index, void *data) {
    limn_value *it = &plan->values[plan->output_value[index]];
    plan->output_data[index] = data;
    if (it->step < 0) return;
    int first = 0;
    while (!plan->output_data[first] || plan->output_value[first] != plan->output_value[index])
        first++;
    it->tensor.data = plan->output_data[first];
    it->lent = true;
}

const void *limn_plan_output(const limn_plan *plan, int index) {
    if (plan->output_data[index]) return plan->output_data[index];
    return data_of(plan, plan->output_value[index]);
}

static void copy_outputs(const limn_plan *plan) {
    for (int i = 0; i < plan->outputs; i++) {
        int v = plan->output_value[i];
        void *to = plan->output_data[i], *from = data_of(plan, v);
        if (to && to != from) memcpy(to, from, plan->values[v].bytes);
    }
}

void limn_plan_seed(limn_plan *plan, uint64_t seed, uint64_t step) {
    for (int s = 0; s < plan->step_count; s++) {
        plan->steps[s].step.random.seed = seed;
        plan->steps[s].step.random.step = step;
    }
}

static void set_guard(char *data, size_t bytes, bool poison) {
    size_t room = limn_round_up(bytes, LIMN_ALIGNMENT);
    memset(data - GUARD, GUARD_BYTE, GUARD);
    if (poison) memset(data, POISON_BYTE, bytes);
    memset(data + bytes, GUARD_BYTE, room - bytes + GUARD);
}

static bool guard_whole(const char *data, size_t bytes) {
    size_t room = limn_round_up(bytes, LIMN_ALIGNMENT) + GUARD;
    for (size_t i = 0; i < GUARD; i++)
        if ((unsigned char)data[(ptrdiff_t)i - GUARD] != GUARD_BYTE) return false;
    for (size_t i = bytes; i < room; i++)
        if ((unsigned char)data[i] != GUARD_BYTE) return false;
    return true;
}

static void compute(const limn_step *step) {
    if (step->kernel)
        step->kernel->run(step);
    else
        step->node->op->plain[step->out.type == LIMN_DOUBLE](step);
}

static limn_status run_guarded(limn_plan *plan, limn_planned *made) {
    const limn_value *out = &plan->values[made->out];
    limn_step *step = &made->step;
    bool own = !out->lent;
    if (own) set_guard(step->out.data, out->bytes, out->shares < 0);
    if (step->scratch_bytes) set_guard(step->scratch, step->scratch_bytes, true);
    compute(step);
    if ((own && !guard_whole(step->out.data, out->bytes)) ||
        (step->scratch_bytes && !guard_whole(step->scratch, step->scratch_bytes)))
        return limn_fail(LIMN_ERROR, "kernel %s of %s %s wrote outside its memory",
                         step->kernel_name, step->node->op->name, step->node->name);
    return LIMN_OK;
}

static limn_status run_step(limn_plan *plan, limn_planned *made, bool timed) {
    double start = timed ? limn_now() : 0;
    fill_pointers(plan, made);
    bool packs = made->step.packed_bytes && !made->packed_frozen && made->packed_by < 0;
    if (packs) made->step.kernel->pack(&made->step);
    limn_status status = LIMN_OK;
    if (plan->options.guard)
        status = run_guarded(plan, made);
    else
        compute(&made->step);
    if (timed) made->seconds = limn_now() - start;
    return status;
}

static limn_status run_steps(limn_plan *plan, int from, int to, bool timed) {
    for (int s = from; s < to; s++) LIMN_TRY(run_step(plan, &plan->steps[s], timed));
    return LIMN_OK;
}

static limn_status begin(limn_plan *plan, bool timed) {
    plan->begun = true;
    return run_steps(plan, 0, plan->cut, timed);
}

static limn_status run_all(limn_plan *plan, bool timed) {
    int from = plan->begun ? plan->cut : 0;
    plan->begun = false;
    LIMN_TRY(run_steps(plan, from, plan->step_count, timed));
    copy_outputs(plan);
    return LIMN_OK;
}

limn_status limn_plan_begin(limn_plan *plan) {
    return begin(plan, false);
}
limn_status limn_plan_begin_timed(limn_plan *plan) {
    return begin(plan, true);
}

size_t limn_plan_begun_bytes(const limn_plan *plan) {
    return plan->begun_bytes;
}

limn_status limn_plan_run(limn_plan *plan) {
    return run_all(plan, false);
}
limn_status limn_plan_run_timed(limn_plan *plan) {
    return run_all(plan, true);
}

int limn_plan_steps(const limn_plan *plan) {
    return plan->step_count;
}

const limn_step *limn_plan_step(const limn_plan *plan, int index, double *seconds) {
    if (seconds) *seconds = plan->steps[index].seconds;
    return &plan->steps[index].step;
}

size_t limn_plan_bytes(const limn_plan *plan) {
    return plan->block_bytes + plan->packed_bytes;
}
