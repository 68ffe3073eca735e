// What the spatial profile loss and its gradient take, as a ratio to one pass z = x + y over three
// arrays of that size, both in turn and the least of each. One thread is timed by the processor
// time that it takes, so that others do not count.
//
//   bench-profile [threads [isa [pictures [side [composed]]]]]
//
// composed: the same of plain operators too.
#include "../tests/profile_composed.h"
#include "base/memory.h"
#include "base/threads.h"
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUNDS = 40,
};

static clockid_t watch = CLOCK_MONOTONIC;

static double now(void) {
    struct timespec time;
    clock_gettime(watch, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// A plan over pictures x and y.
typedef struct timed {
    limn_graph *graph;
    limn_node *x, *y;
    limn_plan *plan;
    double least; // seconds
} timed;

typedef limn_node *make_profile(limn_node *x, limn_node *y, limn_profile_options options);

static void begin(timed *it, limn_shape shape) {
    it->graph = limn_graph_new();
    it->x = limn_input(it->graph, "x", shape);
    it->y = limn_input(it->graph, "y", shape);
    it->least = 1e9;
}

static void finish(timed *it, limn_node *const *out, int count, float *const values[2], int threads,
                   limn_isa isa) {
    limn_plan_options how = {.threads = threads, .isa = isa};
    if (limn_plan_new(out, count, how, &it->plan) != LIMN_OK) {
        printf("%s\n", limn_message());
        exit(1);
    }
    limn_plan_bind(it->plan, it->x, values[0], false);
    limn_plan_bind(it->plan, it->y, values[1], false);
}

static void open_loss(timed *it, make_profile *make, limn_shape shape, float *const values[2],
                      int threads, limn_isa isa) {
    begin(it, shape);
    limn_node *all = make(it->x, it->y, (limn_profile_options){.parts = LIMN_PROFILE_ALL});
    limn_node *out[2] = {all, NULL}, *losses = limn_slice_axis(all, 0, 0, 1);
    limn_node *loss = limn_reshape(limn_sum(losses, LIMN_ALL_AXES, LIMN_DROP), LIMN_SHAPE(1));
    if (limn_gradients(loss, &it->x, 1, &out[1]) != LIMN_OK) exit(1);
    finish(it, out, 2, values, threads, isa);
}

static void open_pass(timed *it, limn_shape shape, float *const values[2], int threads,
                      limn_isa isa) {
    begin(it, shape);
    limn_node *sum = limn_add(it->x, it->y);
    finish(it, &sum, 1, values, threads, isa);
}

static void take_time(timed *it) {
    double start = now();
    if (limn_plan_run(it->plan) != LIMN_OK) exit(1);
    double seconds = now() - start;
    if (seconds < it->least) it->least = seconds;
}

int main(int count, char **words) {
    int threads = count > 1 ? atoi(words[1]) : 2;
    limn_isa isa = LIMN_ISA_AUTO;
    if (count > 2 && !limn_isa_find(words[2], &isa)) return 1;
    int64_t pictures = count > 3 ? atoi(words[3]) : 16, side = count > 4 ? atoi(words[4]) : 256;
    limn_shape shape = LIMN_SHAPE(pictures, 3, side, side);
    size_t room = (size_t)limn_shape_count(&shape);
    float *values[2];
    for (int i = 0; i < 2; i++) {
        values[i] = limn_alloc(room * sizeof(float));
        limn_random_uniform(&(limn_random){.seed = (uint64_t)i}, 0, 1, values[i], room);
    }
    timed pass, fused, composed;
    if (threads == 1) watch = CLOCK_PROCESS_CPUTIME_ID;
    limn_threads_bind(threads);
    open_pass(&pass, shape, values, threads, isa);
    open_loss(&fused, limn_profile, shape, values, threads, isa);
    for (int round = 0; round < ROUNDS; round++) {
        take_time(&pass);
        take_time(&fused);
    }
    printf("%s, %d threads, %lld x 3 x %lld x %lld: a pass %.2f ms, the loss and its gradient %.2f "
           "ms, %.2f passes\n",
           limn_isa_name(isa ? isa : limn_isa_best()), threads, (long long)pictures,
           (long long)side, (long long)side, 1e3 * pass.least, 1e3 * fused.least,
           fused.least / pass.least);
    if (count <= 5) return 0;
    open_loss(&composed, profile_composed, shape, values, threads, isa);
    for (int round = 0; round < 3; round++) take_time(&composed);
    printf("of plain operators %.1f ms\n", 1e3 * composed.least);
    return 0;
}
