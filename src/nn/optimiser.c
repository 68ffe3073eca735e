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
    limn_adam adam;
    limn_sgd sgd;
    double scale; // of the gradient
} job;

// The gradient is cut into as many parts whatever the number of threads, so that its norm does not
// depend on that.
enum { PARTS = 256 };

typedef struct norm_job {
    const limn_update *update;
    size_t count; // numbers that are trained
    double part[PARTS];
} norm_job;

// The sum of squares of numbers [begin, end) of all that are trained, one behind the other.
static double squares(const limn_update *update, size_t begin, size_t end) {
    const limn_map *map = limn_map_for(LIMN_ISA_AUTO);
    const limn_store *store = update->net.store;
    double sum = 0;
    size_t first = 0; // of the parameter
    for (int i = 0; i < update->trained_count && first < end; i++) {
        const struct limn_trained *it = &update->trained[i];
        size_t next = first + store->parameters[it->parameter].count;
        size_t from = begin > first ? begin : first;
        size_t to = end < next ? end : next;
        if (from < to)
            sum += map->square_sum(store->gradients + it->gradient + (from - first), to - from);
        first = next;
    }
    return sum;
}

static void norm_part(void *context, int thread, int threads) {
    norm_job *it = context;
    size_t first, last;
    limn_share(PARTS, thread, threads, &first, &last);
    for (size_t p = first; p < last; p++) {
        size_t begin, end;
        limn_share(it->count, (int)p, PARTS, &begin, &end);
        it->part[p] = squares(it->update, begin, end);
    }
}

static double gradient_norm(const limn_update *update, int threads) {
    norm_job it = {.update = update};
    for (int i = 0; i < update->trained_count; i++)
        it.count += update->net.store->parameters[update->trained[i].parameter].count;
    limn_parallel(threads, norm_part, &it);
    double sum = 0;
    for (int p = 0; p < PARTS; p++) sum += it.part[p];
    return sqrt(sum);
}

static double clip_scale(const limn_update *update, double clip, int threads, double *norm) {
    *norm = gradient_norm(update, threads);
    return clip > 0 && *norm > clip ? clip / *norm : 1;
}

// The t-th step of Adam.
static limn_adam_run adam_at(const limn_adam *adam, double scale, double factor, double t) {
    return (limn_adam_run){
        .scale = (float)scale,
        .beta1 = (float)adam->beta1,
        .beta2 = (float)adam->beta2,
        .eps = (float)adam->eps,
        .decay = (float)adam->decay,
        .rate = (float)(adam->rate * factor / (1 - pow(adam->beta1, t))),
        .root = (float)sqrt(1 - pow(adam->beta2, t)),
    };
}

// Steps that follow each other add their decay to the gradient where it lies, as PyTorch did when
// one parameter was twice in its optimiser: the second has g + decay (w before + w between).
static void adam_range(const job *it, const struct limn_trained *trained, size_t begin,
                       size_t count) {
    const limn_store *store = it->store;
    size_t at = store->parameters[trained->parameter].offset + begin;
    float *w = store->values + at, *g = store->gradients + trained->gradient + begin;
    int64_t before = (it->update->counter - 1) * trained->times;
    for (int k = 1; k <= trained->times; k++) {
        limn_adam_run run = adam_at(&it->adam, it->scale, trained->factor, (double)(before + k));
        if (trained->times > 1) {
            float scale = k == 1 ? run.scale : 1;
            for (size_t j = 0; j < count; j++) g[j] = scale * g[j] + run.decay * w[j];
            run.scale = 1;
            run.decay = 0;
        }
        it->map->adam(&run, w, g, store->first + at, store->second + at, count);
    }
}

static void adam_part(void *context, int thread, int threads) {
    const job *it = context;
    for (int i = 0; i < it->update->trained_count; i++) {
        const struct limn_trained *trained = &it->update->trained[i];
        const limn_parameter *parameter = &it->store->parameters[trained->parameter];
        size_t begin, end;
        limn_share(parameter->count, thread, threads, &begin, &end);
        adam_range(it, trained, begin, end - begin);
    }
}

limn_adam limn_adam_usual(double rate) {
    return (limn_adam){.rate = rate, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
}

double limn_adam_step(limn_update *update, limn_adam options, int threads) {
    double norm, scale = clip_scale(update, options.clip, threads, &norm);
    if (!isfinite(norm)) return norm;
    update->counter++;
    limn_update_keep(update);
    job it = {.store = update->net.store,
              .update = update,
              .map = limn_map_for(LIMN_ISA_AUTO),
              .adam = options,
              .scale = scale};
    limn_parallel(threads, adam_part, &it);
    return norm;
}

static void sgd_part(void *context, int thread, int threads) {
    const job *it = context;
    float scale = (float)it->scale, momentum = (float)it->sgd.momentum;
    for (int i = 0; i < it->update->trained_count; i++) {
        const struct limn_trained *trained = &it->update->trained[i];
        const limn_parameter *parameter = &it->store->parameters[trained->parameter];
        size_t begin, end;
        limn_share(parameter->count, thread, threads, &begin, &end);
        float *w = it->store->values + parameter->offset;
        float *m = it->store->first + parameter->offset;
        const float *g = it->store->gradients + trained->gradient;
        float rate = (float)(it->sgd.rate * trained->factor);
        for (int k = 0; k < trained->times; k++)
            for (size_t j = begin; j < end; j++) {
                m[j] = momentum * m[j] + scale * g[j];
                w[j] -= rate * m[j];
            }
    }
}

double limn_sgd_step(limn_update *update, limn_sgd options, int threads) {
    double norm, scale = clip_scale(update, options.clip, threads, &norm);
    if (!isfinite(norm)) return norm;
    job it = {.store = update->net.store, .update = update, .sgd = options, .scale = scale};
    update->counter++;
    limn_update_keep(update);
    limn_parallel(threads, sgd_part, &it);
    return norm;
}

typedef struct average_job {
    const float *values;
    float *average, part;
    size_t count;
} average_job;

static void average_part(void *context, int thread, int threads) {
    const average_job *it = context;
    size_t begin, end;
    limn_share(it->count, thread, threads, &begin, &end);
    for (size_t i = begin; i < end; i++)
        it->average[i] += it->part * (it->values[i] - it->average[i]);
}

void limn_average_step(const float *values, float *average, size_t count, double decay,
                       int threads) {
    average_job it = {values, average, (float)(1 - decay), count};
    limn_parallel(threads, average_part, &it);
}
