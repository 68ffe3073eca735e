// The stages of a training.
#include "train/stages.h"

#include "base/text.h"
#include "train/run_folder.h"

#include <stdio.h>
#include <string.h>

static int count(const limn_trainer *trainer) {
    int stages = 0;
    while (trainer->method->stages[stages].build) stages++;
    return stages;
}

int64_t limn_trainer_begin(const limn_trainer *trainer, int stage) {
    int64_t begin = 0;
    for (int s = 0; s < stage; s++) begin += trainer->lengths[s];
    return begin;
}
int64_t limn_trainer_end(const limn_trainer *trainer, int stage) {
    return limn_trainer_begin(trainer, stage + 1);
}
int64_t limn_trainer_total(const limn_trainer *trainer) {
    return limn_trainer_begin(trainer, count(trainer));
}
int64_t limn_trainer_done(const limn_trainer *trainer) {
    return trainer->step - limn_trainer_begin(trainer, trainer->stage);
}

bool limn_stage_follows(const limn_trainer *trainer) {
    return trainer->stage + 1 < count(trainer);
}

int limn_stage_of(const limn_trainer *trainer, int64_t step) {
    int stage = 0;
    while (stage + 1 < count(trainer) && step >= limn_trainer_end(trainer, stage)) stage++;
    return stage;
}

void limn_stage_end(limn_trainer *trainer) {
    for (int i = 0; i < trainer->update_count; i++) limn_update_free(trainer->updates[i]);
    trainer->update_count = 0;
    limn_workspace_free(&trainer->workspace);
    limn_free(trainer->average);
    trainer->average = NULL;
}

limn_status limn_trainer_update_new(limn_trainer *trainer, const char *name, limn_update **update) {
    if (trainer->update_count == LIMN_MAX_UPDATES)
        return limn_fail(LIMN_ERROR, "a stage has %d kinds of step at most", LIMN_MAX_UPDATES);
    LIMN_TRY(limn_update_new(name, &trainer->store, update));
    trainer->updates[trainer->update_count++] = *update;
    return LIMN_OK;
}

// The parameters of what is made come first, in all stages.
static void add_model(limn_trainer *trainer) {
    const limn_store *from = trainer->model ? &trainer->model->store : NULL;
    for (int i = 0; from && i < from->size; i++) {
        const limn_parameter *it = &from->parameters[i];
        limn_store_add(&trainer->store, it->name, it->shape, it->init, it->buffer);
    }
}

// Values of which there is to be an average: what nobody will be given needs none.
static size_t to_average(const limn_trainer *trainer) {
    if (trainer->common.average == 0) return 0;
    return trainer->model ? trainer->model->store.count : trainer->store.count;
}

// At most: values, gradients and two moments.
static size_t trained_bytes(const limn_store *store) {
    return 4 * store->count * sizeof(float);
}

// With the average.
static size_t held_bytes(const limn_trainer *trainer) {
    return trained_bytes(&trainer->store) + to_average(trainer) * sizeof(float);
}

limn_status limn_trainer_check_room(const limn_trainer *trainer, const limn_store *store) {
    size_t asked = trainer->common.max_memory, least = trained_bytes(store);
    size_t limit = limn_memory_limit(asked);
    char needed[32], most[32];
    if (!limit || least <= limit) return LIMN_OK;
    return limn_fail(LIMN_MEMORY,
                     "Training a network of %zu numbers needs more than %s of memory, whatever the "
                     "pictures are, and %s is %s. Train a smaller network, or give it more",
                     store->count, limn_text_bytes(needed, least),
                     asked ? "--max-memory" : "what may be used", limn_text_bytes(most, limit));
}

// What steps compute may take what is left of the limit.
static void leave_room(limn_trainer *trainer) {
    size_t asked = trainer->common.max_memory, held = held_bytes(trainer);
    if (asked)
        trainer->plan.memory_limit = asked > held ? asked - held : 1;
    else
        trainer->plan.memory_limit = limn_memory_limit(0);
}

// What they begin with: the stage before, or the model that the training begins from.
static const limn_store *given(const limn_trainer *trainer) {
    if (trainer->before) return trainer->before;
    return trainer->model && trainer->model->store.values ? &trainer->model->store : NULL;
}

limn_status limn_trainer_ready(limn_trainer *trainer) {
    LIMN_TRY(limn_trainer_check_room(trainer, &trainer->store));
    LIMN_TRY(
        limn_store_ready_from(&trainer->store, given(trainer), (uint64_t)trainer->common.seed));
    leave_room(trainer);
    if (trainer->before) limn_store_move_moments(&trainer->store, trainer->before);
    if (trainer->before || !trainer->start) return LIMN_OK;
    return limn_checkpoint_values(trainer->start, &trainer->store);
}

static limn_status begin_average(limn_trainer *trainer) {
    trainer->averaged = to_average(trainer);
    if (!trainer->averaged) return LIMN_OK;
    size_t bytes = trainer->averaged * sizeof(float);
    trainer->average = limn_alloc(bytes);
    if (!trainer->average) return limn_fail(LIMN_MEMORY, "no memory for the average");
    memcpy(trainer->average, trainer->store.values, bytes);
    return LIMN_OK;
}

static limn_status begin(limn_trainer *trainer, int stage) {
    limn_stage_end(trainer); // its updates hold on to the store
    limn_store before = trainer->store;
    trainer->store = (limn_store){0};
    trainer->before = before.values ? &before : NULL;
    trainer->stage = stage;
    add_model(trainer);
    limn_status status = trainer->method->stages[stage].build(trainer);
    if (status == LIMN_OK) status = begin_average(trainer);
    trainer->before = NULL;
    limn_store_free(&before);
    return status;
}

// ---- a stage that is too large ----

static bool fits(limn_trainer *trainer, int stage, int64_t batch) {
    trainer->common.batch_size = batch;
    return begin(trainer, stage) == LIMN_OK;
}

// A plan over the limit takes no memory, so that it costs little to try.
static int64_t largest_batch(limn_trainer *trainer, int stage) {
    int64_t batch = trainer->common.batch_size, low = 0, high = batch;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (fits(trainer, stage, middle))
            low = middle;
        else
            high = middle;
    }
    trainer->common.batch_size = batch;
    return low;
}

static limn_status too_large(limn_trainer *trainer, int stage) {
    size_t asked = trainer->common.max_memory, held = asked ? held_bytes(trainer) : 0;
    long long batch = trainer->common.batch_size;
    char needed[32], limit[32], least[64] = "A smaller network or smaller pictures";
    limn_text_bytes(needed, trainer->plan_needed + held);
    limn_text_bytes(limit, asked ? asked : trainer->plan.memory_limit);
    int64_t fitting = largest_batch(trainer, stage);
    if (fitting) snprintf(least, sizeof least, "--batch-size %lld", (long long)fitting);
    return limn_fail(LIMN_MEMORY,
                     "Training with --batch-size %lld needs %s of memory, and %s is %s. %s would "
                     "fit",
                     batch, needed, asked ? "--max-memory" : "what may be used", limit, least);
}

limn_status limn_stage_begin(limn_trainer *trainer, int stage) {
    limn_status status = begin(trainer, stage);
    size_t limit = trainer->plan.memory_limit;
    bool over = status == LIMN_MEMORY && limit && trainer->plan_needed > limit;
    return over ? too_large(trainer, stage) : status;
}
