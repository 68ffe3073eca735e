// How near the norms come to the speed of a copy: GB/s of each step, beside memcpy by as many
// threads.
//
//   bench-norm [threads [isa]]
#include "base/memory.h"
#include "base/threads.h"
#include "device/map.h"
#include "ops/ops.h"
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 40, MOST_STEPS = 32 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// The least, since other programs only ever make a run slower.
static double least(const double *values, int count) {
    double best = values[0];
    for (int i = 1; i < count; i++) best = values[i] < best ? values[i] : best;
    return best;
}

typedef struct copy {
    char *to;
    const char *from;
    size_t bytes;
} copy;

static void copy_part(void *context, int thread, int threads) {
    const copy *it = context;
    size_t begin, end;
    limn_share(it->bytes, thread, threads, &begin, &end);
    memcpy(it->to + begin, it->from + begin, end - begin);
}

// Read and written bytes a second of a copy of this size.
static double copy_speed(size_t bytes, int threads) {
    copy it = {limn_alloc(bytes), limn_alloc(bytes), bytes};
    memset(it.to, 1, bytes);
    memset((char *)(uintptr_t)it.from, 2, bytes);
    double seconds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        limn_parallel(threads, copy_part, &it);
        seconds[i] = now() - start;
    }
    limn_free(it.to);
    limn_free((void *)(uintptr_t)it.from);
    return 2e-9 * (double)bytes / least(seconds, ROUNDS);
}

// Bytes that a step must at least read and write.
static double step_bytes(const limn_step *step) {
    double bytes = (double)limn_tensor_bytes(&step->out, step->isa);
    int inputs = strcmp(step->kernel_name, "reorder") ? step->node->inputs : 1;
    for (int i = 0; i < inputs; i++) bytes += (double)limn_tensor_bytes(&step->in[i], step->isa);
    return bytes;
}

static void print_step(const limn_plan *plan, int index, double *seconds) {
    const limn_step *step = limn_plan_step(plan, index, NULL);
    bool reorder = !strcmp(step->kernel_name, "reorder");
    static const char *const types[] = {"float", "bf16", "double"};
    double time = least(seconds, ROUNDS), bytes = step_bytes(step);
    if (bytes < 1e5) return;
    const limn_tensor *map = &step->in[0];
    printf("    %-16s %-8s %-5s %8.1f us %6.1f GB/s\n", reorder ? "reorder" : step->node->op->name,
           map->layout == LIMN_BLOCKED ? "blocked" : "plain", types[map->type], 1e6 * time,
           1e-9 * bytes / time);
}

typedef struct setting {
    limn_shape shape;
    limn_precision precision;
    bool blocked, backward;
} setting;

static limn_node *build(limn_graph *graph, const setting *it, limn_node **inputs) {
    int64_t c = it->shape.dim[1];
    inputs[0] = limn_input(graph, "x", it->shape);
    inputs[1] = limn_input(graph, "gamma", LIMN_SHAPE(c));
    inputs[2] = limn_input(graph, "beta", LIMN_SHAPE(c));
    limn_node *y = limn_relu(limn_instance_norm(inputs[0], inputs[1], inputs[2], 1e-5));
    if (!it->backward) return y;
    inputs[3] = limn_input(graph, "dy", it->shape);
    limn_node *dx;
    if (limn_gradients_from(y, inputs[3], inputs, 1, &dx) != LIMN_OK) return y;
    return dx;
}

static void measure(const setting *it, int threads, limn_isa isa) {
    limn_graph *graph = limn_graph_new();
    limn_node *inputs[4] = {NULL}, *y = build(graph, it, inputs);
    limn_plan *plan;
    limn_plan_options options = {
        .precision = it->precision, .isa = isa, .threads = threads, .blocked_inputs = it->blocked};
    if (limn_plan_new(&y, 1, options, &plan) != LIMN_OK) {
        printf("%s\n", limn_message());
        exit(1);
    }
    float *values[4] = {NULL};
    for (int i = 0; i < 4 && inputs[i]; i++) {
        size_t count = (size_t)limn_shape_count(&inputs[i]->shape);
        values[i] = limn_alloc(count * sizeof(float));
        limn_random_uniform(&(limn_random){.seed = (uint64_t)i}, -1, 1, values[i], count);
        limn_plan_bind(plan, inputs[i], values[i], false);
    }
    static double seconds[MOST_STEPS][ROUNDS];
    int steps = limn_plan_steps(plan) < MOST_STEPS ? limn_plan_steps(plan) : MOST_STEPS;
    for (int round = -2; round < ROUNDS; round++) {
        if (limn_plan_run_timed(plan) != LIMN_OK) exit(1);
        for (int s = 0; s < steps && round >= 0; s++) limn_plan_step(plan, s, &seconds[s][round]);
    }
    size_t bytes = (size_t)limn_shape_count(&it->shape) * (it->precision == LIMN_FAST ? 2 : 4);
    printf("%s %s%s; a copy: %.1f GB/s\n", limn_shape_text(&it->shape),
           it->blocked ? "blocked" : "plain", it->backward ? ", backward" : "",
           copy_speed(bytes, threads));
    for (int s = 0; s < steps; s++) print_step(plan, s, seconds[s]);
    for (int i = 0; i < 4; i++) limn_free(values[i]);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

int main(int count, char **words) {
    int threads = count > 1 ? atoi(words[1]) : limn_threads_available();
    limn_isa isa = LIMN_ISA_AUTO;
    if (count > 2 && !limn_isa_find(words[2], &isa)) return 2;
    limn_threads_bind(threads);
    static const setting settings[] = {
        {{4, {1, 32, 512, 512}}, LIMN_EXACT, true, false},
        {{4, {1, 128, 64, 64}}, LIMN_EXACT, true, false},
        {{4, {1, 32, 512, 512}}, LIMN_FAST, true, false},
        {{4, {1, 128, 64, 64}}, LIMN_FAST, true, false},
        {{4, {1, 32, 512, 512}}, LIMN_EXACT, false, false},
        {{4, {4, 32, 256, 256}}, LIMN_EXACT, true, true},
        {{4, {4, 128, 64, 64}}, LIMN_EXACT, true, true},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        measure(&settings[i], threads, isa);
    return 0;
}
