// Optimisers over the flat arrays of a store.
#include "nn/optimiser.h"

#include "base/threads.h"
#include "device/map.h"

#include <math.h>
#include <string.h>

typedef struct job {
    limn_store *store;
    const limn_update *update;
    const limn_map *map;
    limn_adam_run adam;
    float scale, rate, momentum; // of gradient descent
} job;

static double gradient_norm(const limn_update *update) {
    const limn_store *store = update->net.store;
    double sum = 0;
    for (int i = 0; i < update->trained_count; i++) {
        const limn_parameter *it = &store->parameters[update->trained[i]];
        sum += limn_map_for(LIMN_ISA_AUTO)
                   ->square_sum(store->gradients + it->offset, LIMN_FLOAT, it->count);
    }
    return sqrt(sum);
}

static double clip_scale(const limn_update *update, double clip, double *norm) {
    *norm = gradient_norm(update);
    return clip > 0 && *norm > clip ? clip / *norm : 1;
}

static void adam_part(void *context, int thread, int threads) {
    const job *it = context;
    const limn_store *store = it->store;
    for (int i = 0; i < it->update->trained_count; i++) {
        const limn_parameter *parameter = &store->parameters[it->update->trained[i]];
        size_t begin, end;
        limn_share(parameter->count, thread, threads, &begin, &end);
        size_t at = parameter->offset + begin;
        it->map->adam(&it->adam, store->values + at, store->gradients + at, store->first + at,
                      store->second + at, end - begin);
    }
}

limn_adam limn_adam_usual(double rate) {
    return (limn_adam){.rate = rate, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
}

double limn_adam_step(limn_update *update, limn_adam options, int threads) {
    double norm, scale = clip_scale(update, options.clip, &norm);
    if (!isfinite(norm)) return norm;
    double t = (double)++update->counter;
    limn_update_keep(update);
    job it = {.store = update->net.store, .update = update, .map = limn_map_for(LIMN_ISA_AUTO)};
    it.adam = (limn_adam_run){.scale = (float)scale,
                              .beta1 = (float)options.beta1,
                              .beta2 = (float)options.beta2,
                              .eps = (float)options.eps,
                              .decay = (float)options.decay,
                              .rate = (float)(options.rate / (1 - pow(options.beta1, t))),
                              .root = (float)sqrt(1 - pow(options.beta2, t))};
    limn_parallel(threads, adam_part, &it);
    return norm;
}

static void sgd_part(void *context, int thread, int threads) {
    const job *it = context;
    for (int i = 0; i < it->update->trained_count; i++) {
        const limn_parameter *parameter = &it->store->parameters[it->update->trained[i]];
        size_t begin, end;
        limn_share(parameter->count, thread, threads, &begin, &end);
        float *w = it->store->values + parameter->offset;
        float *m = it->store->first + parameter->offset;
        const float *g = it->store->gradients + parameter->offset;
        for (size_t j = begin; j < end; j++) {
            m[j] = it->momentum * m[j] + it->scale * g[j];
            w[j] -= it->rate * m[j];
        }
    }
}

double limn_sgd_step(limn_update *update, limn_sgd options, int threads) {
    double norm, scale = clip_scale(update, options.clip, &norm);
    if (!isfinite(norm)) return norm;
    job it = {.store = update->net.store,
              .update = update,
              .scale = (float)scale,
              .rate = (float)options.rate,
              .momentum = (float)options.momentum};
    update->counter++;
    limn_update_keep(update);
    limn_parallel(threads, sgd_part, &it);
    return norm;
}

void limn_average_step(const limn_store *store, float *average, double decay) {
    float part = (float)(1 - decay);
    for (size_t i = 0; i < store->count; i++) average[i] += part * (store->values[i] - average[i]);
}
