// Timing the networks of a model in this process.
#include "model/parts.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// The parts that a picture runs, and an exemplar beside it, ready and bound. What may be done in
// tiles is timed as it is used, since its plan is that of a tile.
typedef struct parts {
    limn_runner *in_tiles; // or NULL
    int to;
    limn_plan *plan[LIMN_DRAW + 1];
    int count;
    limn_sight sight;
    float *style;
} parts;

static limn_status show(parts *it) {
    limn_picture *made;
    LIMN_TRY(
        limn_runner_show(it->in_tiles, it->to, &it->sight, it->style, LIMN_SIZE_NATIVE, &made));
    limn_picture_free(made);
    return LIMN_OK;
}

static limn_status run_all(parts *it) {
    if (it->in_tiles) return show(it);
    for (int i = 0; i < it->count; i++) LIMN_TRY(limn_plan_run(it->plan[i]));
    return LIMN_OK;
}

static limn_status time_runs(parts *it, int runs, double *times) {
    LIMN_TRY(run_all(it)); // memory is touched, code is warm
    for (int i = 0; i < runs; i++) {
        double start = limn_now();
        LIMN_TRY(run_all(it));
        times[i] = 1e3 * (limn_now() - start);
    }
    qsort(times, (size_t)runs, sizeof *times, by_value);
    return LIMN_OK;
}

static double median(const double *sorted, int count) {
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static limn_status explain_all(const parts *it, void (*explain)(void *, const char *),
                               void *context) {
    for (int i = 0; i < it->count && explain; i++) {
        LIMN_TRY(limn_plan_run_timed(it->plan[i]));
        limn_plan_explain(it->plan[i], explain, context);
    }
    return LIMN_OK;
}

// Draws once by the usual way, so that the plans and what goes into them are there.
static limn_status prepare(limn_runner *runner, const limn_picture *noise, parts *it) {
    const limn_kind *kind = runner->kind;
    int from = limn_kind_first(kind, runner->shape, LIMN_READ);
    it->to = limn_kind_first(kind, runner->shape, LIMN_DRAW);
    it->in_tiles = runner->sizes.halo ? runner : NULL;
    it->style = calloc((size_t)limn_runner_style_count(runner) + 1, sizeof *it->style);
    if (!it->style) return limn_fail(LIMN_MEMORY, "there is no memory for a style");
    LIMN_TRY(limn_runner_look(runner, from, noise, LIMN_SIZE_NATIVE, &it->sight));
    if (kind->style)
        LIMN_TRY(limn_runner_style(runner, it->to, noise, LIMN_SIZE_NATIVE, it->style));
    limn_picture *made;
    LIMN_TRY(limn_runner_show(runner, it->to, &it->sight, it->style, LIMN_SIZE_NATIVE, &made));
    limn_picture_free(made);
    for (limn_part part = LIMN_READ; part <= LIMN_DRAW; part++)
        for (int i = 0; i < LIMN_READY_KEPT && it->count <= LIMN_DRAW; i++)
            if (runner->ready[i].plan && runner->ready[i].part == part)
                it->plan[it->count++] = runner->ready[i].plan;
    return LIMN_OK;
}

static limn_status measure(limn_runner *runner, const limn_picture *noise, int runs, double *times,
                           void (*explain)(void *, const char *), void *context,
                           limn_bench_result *result) {
    parts it = {.count = 0};
    limn_status status = prepare(runner, noise, &it);
    parts last = {.plan = {it.count ? it.plan[it.count - 1] : NULL}, .count = 1};
    if (status == LIMN_OK && runner->kind->read) {
        status = time_runs(&last, runs, times);
        result->look_ms = median(times, runs);
    }
    if (status == LIMN_OK) status = time_runs(&it, runs, times);
    if (status == LIMN_OK) status = explain_all(&it, explain, context);
    limn_sight_free(&it.sight);
    free(it.style);
    LIMN_TRY(status);
    result->min_ms = times[0];
    result->median_ms = median(times, runs);
    result->peak_bytes = limn_memory_peak();
    result->plan_bytes = limn_runner_bytes(runner);
    result->gflops =
        2e-6 * limn_model_macs(runner->model, noise->width, noise->height) / result->median_ms;
    return LIMN_OK;
}

limn_status limn_runner_bench(limn_runner *runner, int width, int height, int runs,
                              void (*explain)(void *context, const char *line), void *context,
                              limn_bench_result *result) {
    limn_bench_result made = {.size = sizeof made};
    LIMN_NEED(runner && result);
    LIMN_TRY(limn_give_result(&made, sizeof made, result));
    int smallest = runner->sizes.smallest, fixed = runner->sizes.fixed;
    if (fixed) width = height = fixed;
    if (width < smallest || height < smallest || runs < 1)
        return limn_fail(LIMN_USAGE,
                         "a bench of %dx%d with %d runs: at least %dx%d and 1 run are "
                         "needed",
                         width, height, runs, smallest, smallest);
    limn_picture *noise;
    LIMN_TRY(limn_picture_new(width, height, LIMN_RGB, &noise));
    limn_random stream = {.purpose = limn_purpose("bench")};
    limn_random_uniform(&stream, 0, 255, noise->rgb, (size_t)width * (size_t)height * 3);
    double *times = calloc((size_t)runs, sizeof *times);
    limn_status status = times ? LIMN_OK : limn_fail(LIMN_MEMORY, "no memory for the times");
    if (status == LIMN_OK) status = measure(runner, noise, runs, times, explain, context, &made);
    free(times);
    limn_picture_free(noise);
    LIMN_TRY(status);
    return limn_give_result(&made, sizeof made, result);
}
