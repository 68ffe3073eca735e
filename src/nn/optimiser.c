// Optimisers over the flat arrays of a store.
#include "nn/optimiser.h"

#include "base/threads.h"

#include <math.h>
#include <string.h>

typedef struct job {
    limn_store *store;
    const limn_update *update;
    limn_adam adam;
    double scale;       // of the gradient, from clipping
    float rate1, root2; // bias corrections
} job;

static double gradient_norm(const limn_update *update) {
    const limn_store *store = update->net.store;
    double sum = 0;
    for (int i = 0; i < update->trained_count; i++) {
        const limn_parameter *it = &store->parameters[update->trained[i]];
        const float *g = store->gradients + it->offset;
        float lanes[16] = {0};
        double part = 0;
        for (size_t j = 0; j < it->count; j++) {
            lanes[j % 16] += g[j] * g[j];
            if (j % 1024 == 1023 || j + 1 == it->count)
                for (int l = 0; l < 16; l++) part += (double)lanes[l], lanes[l] = 0;
        }
        sum += part;
    }
    return sqrt(sum);
}

static double clip_scale(const limn_update *update, double clip, double *norm) {
    *norm = gradient_norm(update);
    return clip > 0 && *norm > clip ? clip / *norm : 1;
}

// m and v are running means of g and g g; w -= rate m' / (sqrt(v') + eps), where ' divides by
// 1 - beta^t.
static void adam_range(const job *it, size_t begin, size_t end) {
    float *w = it->store->values, *m = it->store->first, *v = it->store->second;
    const float *gradient = it->store->gradients;
    float b1 = (float)it->adam.beta1, b2 = (float)it->adam.beta2, scale = (float)it->scale;
    float eps = (float)it->adam.eps, decay = (float)it->adam.decay;
    for (size_t i = begin; i < end; i++) {
        float g = gradient[i] * scale + decay * w[i];
        m[i] = b1 * m[i] + (1 - b1) * g;
        v[i] = b2 * v[i] + (1 - b2) * g * g;
        w[i] -= it->rate1 * m[i] / (sqrtf(v[i]) * it->root2 + eps);
    }
}

static void adam_part(void *context, int thread, int threads) {
    const job *it = context;
    for (int i = 0; i < it->update->trained_count; i++) {
        const limn_parameter *parameter = &it->store->parameters[it->update->trained[i]];
        size_t begin, end;
        limn_share(parameter->count, thread, threads, &begin, &end);
        adam_range(it, parameter->offset + begin, parameter->offset + end);
    }
}

static double or_else(double value, double usual) {
    return value > 0 ? value : usual;
}

double limn_adam_step(limn_update *update, limn_adam options, int threads) {
    double norm;
    job it = {.store = update->net.store, .update = update, .adam = options};
    it.adam.beta1 = or_else(options.beta1, 0.9);
    it.adam.beta2 = or_else(options.beta2, 0.999);
    it.adam.eps = or_else(options.eps, 1e-8);
    it.scale = clip_scale(update, options.clip, &norm);
    if (!isfinite(norm)) return norm;
    double t = (double)++update->counter;
    it.rate1 = (float)(or_else(options.rate, 1e-3) / (1 - pow(it.adam.beta1, t)));
    it.root2 = (float)(1 / sqrt(1 - pow(it.adam.beta2, t)));
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
            m[j] = (float)it->adam.beta1 * m[j] + g[j];
            w[j] -= (float)it->adam.rate * m[j];
        }
    }
}

double limn_sgd_step(limn_update *update, double rate, double momentum, int threads) {
    job it = {.store = update->net.store, .update = update};
    it.adam = (limn_adam){.rate = rate, .beta1 = momentum};
    update->counter++;
    limn_parallel(threads, sgd_part, &it);
    return gradient_norm(update);
}

void limn_average_step(const limn_store *store, float *average, double decay) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        float *to = average + it->offset;
        const float *from = store->values + it->offset;
        float part = it->buffer ? 1 : (float)(1 - decay);
        for (size_t j = 0; j < it->count; j++) to[j] += part * (from[j] - to[j]);
    }
}
