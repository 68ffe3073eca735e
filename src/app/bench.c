// limn bench: how long a network takes on this machine.
#include "app/verb.h"
#include "model/model.h"
#include "model/shelf.h"
#include "base/cpu.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct options {
    limn_common_options common;
    limn_compute_options compute;
    const char *network;
    int64_t size, runs;
    bool explain;
} options;

static const limn_option table[] = {
    {.name = "size",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(options, size),
     .fallback = "512",
     .low = 1,
     .high = 16384,
     .help = "width and height of the picture"},
    {.name = "runs",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(options, runs),
     .fallback = "10",
     .low = 1,
     .high = 100000,
     .help = "how often it is timed, after a run to warm up"},
    {.name = "explain",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(options, explain),
     .help = "print a line a step: kernel, layout, milliseconds, GFLOP/s, why a faster kernel was "
             "declined"},
    {.name = "network",
     .kind = LIMN_OPTION_TEXT,
     .offset = offsetof(options, network),
     .placeholder = "NAME",
     .help = LIMN_NETWORK_HELP},
    {0}};

static const limn_option_group groups[] = {
    {"Measuring", table, 0},
    {"Computing", limn_compute_table, offsetof(options, compute)},
    {"Messages", limn_common_table, offsetof(options, common)},
    {0}};

// The lines of --explain: printed as they come, or kept for the JSON.
static void take_line(void *context, const char *line) {
    limn_text *text = context;
    if (!text) {
        puts(line);
        return;
    }
    limn_text_print(text, "%s", text->size ? ", " : "");
    limn_text_json(text, line);
}

// Rows and columns: a model that has a size of its own computes at no other.
static int side_of(const limn_model *model, const options *given) {
    return limn_model_side(model) ? limn_model_side(model) : (int)given->size;
}

static void add_json(limn_call *call, const limn_model *model, const limn_run_options *how,
                     const limn_bench_result *result) {
    const options *given = call->options;
    limn_call_text(call, "network", limn_model_network(model));
    limn_call_number(call, "size", side_of(model, given));
    limn_call_number(call, "runs", (double)given->runs);
    limn_call_text(call, "precision", how->precision == LIMN_SPEED_FAST ? "fast" : "exact");
    limn_call_number(call, "threads", how->threads);
    limn_call_text(call, "isa", how->isa ? how->isa : limn_isa_name(limn_isa_best()));
    limn_call_number(call, "median_ms", result->median_ms);
    limn_call_number(call, "min_ms", result->min_ms);
    if (result->look_ms > 0) limn_call_number(call, "look_ms", result->look_ms);
    limn_call_number(call, "gflops", result->gflops);
    limn_call_number(call, "peak_bytes", (double)result->peak_bytes);
    limn_call_number(call, "plan_bytes", (double)result->plan_bytes);
}

static limn_status measure(limn_call *call, const limn_model *model) {
    const options *given = call->options;
    limn_run_options how = {.size = sizeof how};
    limn_runner *runner;
    LIMN_TRY(limn_compute_begin(&given->compute, &how));
    LIMN_TRY(limn_runner_open(model, &how, &runner));
    limn_text lines = {0};
    limn_bench_result result = {.size = sizeof result};
    int side = side_of(model, given);
    limn_status status =
        limn_runner_bench(runner, side, side, (int)given->runs, given->explain ? take_line : NULL,
                          call->common->json ? &lines : NULL, &result);
    limn_runner_free(runner);
    if (status == LIMN_OK && call->common->json) {
        add_json(call, model, &how, &result);
        if (given->explain)
            limn_text_print(limn_call_member(call, "explain"), "[%s]",
                            lines.data ? lines.data : "");
    } else if (status == LIMN_OK) {
        char peak[32], look[48] = "";
        if (result.look_ms > 0)
            snprintf(look, sizeof look, ", a further look %.2f ms", result.look_ms);
        printf("%s at %d x %d, %s, %d threads, %s: median %.2f ms, least %.2f ms of %d %s, %.0f "
               "GFLOP/s, peak %s%s\n",
               limn_model_network(model), side, side,
               how.precision == LIMN_SPEED_FAST ? "fast" : "exact", how.threads,
               how.isa ? how.isa : limn_isa_name(limn_isa_best()), result.median_ms, result.min_ms,
               (int)given->runs, given->runs == 1 ? "run" : "runs", result.gflops,
               limn_text_bytes(peak, result.peak_bytes), look);
    }
    limn_text_free(&lines);
    return status;
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    const char *name = call->parsed->argument_count ? call->parsed->arguments[0] : NULL;
    char *path;
    limn_model *model;
    LIMN_TRY(limn_shelf_find(name, "stylize", 0, &path));
    limn_status status = limn_model_open(path, given->network, LIMN_WITH_PARAMETERS, &model);
    if (status == LIMN_OK) {
        limn_call_text(call, "model", path);
        if (!name || call->common->verbose) limn_say(call, "model: %s", path);
        status = measure(call, model);
    }
    limn_model_free(model);
    free(path);
    return status;
}

const limn_verb limn_verb_bench = {
    .name = "bench",
    .summary = "time a model on this machine",
    .arguments = "[MODEL]",
    .least = 0,
    .most = 1,
    .description = "Times the network itself, in this process, on a picture of noise: no files, no "
                   "start of the program. GFLOP/s are counted as direct convolution. A "
                   "translation by an exemplar is timed whole, with what reads the exemplar; a "
                   "further look is what another exemplar's look of the same picture takes.\n",
    .examples = "limn bench wave --size 1024 --precision fast\n"
                "limn bench --explain\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
