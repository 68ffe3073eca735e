// limn measure METRIC: a verb for each metric; what it came to, in a line or as JSON.
#include "app/progress.h"
#include "app/verb.h"
#include "metrics/metric.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
    limn_compute_options compute;
    max_align_t own[]; // the metric's
} options;

enum { MOST_METRICS = 32, MOST_GROUPS = 8 };

typedef struct measured {
    limn_verb verb;
    limn_option_group groups[MOST_GROUPS];
    char name[48];
} measured;

static measured made[MOST_METRICS];

// ---- saying it ----

typedef struct watch {
    limn_call *call;
    limn_progress progress;
} watch;

static void progress(void *context, int number, int count, const char *name) {
    watch *it = context;
    it->progress.total = count;
    it->progress.done = number - 1;
    limn_progress_draw(&it->progress, number, count, name);
}

static void say(void *context, const char *line) {
    watch *it = context;
    limn_progress_clear(&it->progress);
    limn_say(it->call, "%s", line);
}

static void one(void *context, const char *path, double value) {
    watch *it = context;
    if (!it->call->common->verbose || it->call->common->json) return;
    limn_progress_clear(&it->progress);
    limn_print("%s %.6f\n", path, value);
}

static void failed(void *context) {
    watch *it = context;
    limn_progress_clear(&it->progress);
    limn_complain("%s", limn_message());
}

static void print_value(const limn_measuring *it, const limn_fact *fact) {
    if (*fact->text)
        limn_print("%s", fact->text);
    else if (!fact->count)
        limn_print("%.6g", fact->number);
    for (int i = 0; i < fact->count; i++) {
        double number = it->series[fact->first + i];
        if (isfinite(number))
            limn_print("%s%.6g", i ? " " : "", number);
        else
            limn_print("%s-", i ? " " : "");
    }
}

static void print_line(const limn_measuring *it) {
    const char *unit = it->metric->unit;
    limn_print("%.6f%s%s  %s", it->value, unit ? " " : "", unit ? unit : "", it->title);
    for (int i = 0; i < it->fact_count; i++) {
        const limn_fact *fact = &it->facts[i];
        limn_print("%s %s ", i ? "," : ":", fact->name);
        print_value(it, fact);
    }
    limn_print("\n");
}

static void add_series(limn_call *call, const char *name, const double *numbers, int count) {
    limn_text *json = limn_call_member(call, name);
    for (int i = 0; i < count; i++) {
        limn_text_print(json, "%s", i ? ", " : "[");
        if (isfinite(numbers[i]))
            limn_text_print(json, "%.15g", numbers[i]);
        else
            limn_text_print(json, "null");
    }
    limn_text_print(json, "]");
}

// Names as JSON has them: "equal_pairs".
static void add_json(limn_call *call, const limn_measuring *it) {
    if (isfinite(it->value))
        limn_call_number(call, it->metric->name, it->value);
    else
        limn_call_text(call, it->metric->name, NULL);
    limn_call_text(call, "title", it->title);
    for (int i = 0; i < it->fact_count; i++) {
        const limn_fact *fact = &it->facts[i];
        char name[48];
        snprintf(name, sizeof name, "%s", fact->name);
        for (char *at = name; (at = strchr(at, '-'));) *at = '_';
        if (fact->count)
            add_series(call, name, it->series + fact->first, fact->count);
        else if (*fact->text)
            limn_call_text(call, name, fact->text);
        else
            limn_call_number(call, name, fact->number);
    }
}

// ---- the verbs ----

static limn_status run_metric(limn_call *call) {
    const options *given = call->options;
    int i = 0;
    while (call->verb != &made[i].verb) i++;
    watch by = {.call = call};
    limn_progress_begin(&by.progress, call, 1);
    struct limn_measuring_hooks hooks = {&by, progress, say, one, failed};
    limn_measuring it = {.metric = limn_metrics[i], .options = given->own, .hooks = &hooks};
    for (int k = 0; k < call->parsed->argument_count; k++) it.paths[k] = call->parsed->arguments[k];
    if (it.metric->computes) LIMN_TRY(limn_compute_plan(&given->compute, &it.plan));
    limn_status status = limn_measure(&it);
    limn_progress_clear(&by.progress);
    if (status != LIMN_OK && status != LIMN_PARTIAL) return status;
    add_json(call, &it);
    if (!call->common->json) print_line(&it);
    return status;
}

static void fill_groups(const limn_metric *metric, limn_option_group *to) {
    int count = 0;
    for (; metric->groups[count].options; count++) {
        to[count] = metric->groups[count];
        to[count].offset += offsetof(options, own);
    }
    assert(count + 3 <= MOST_GROUPS);
    if (metric->computes)
        to[count++] =
            (limn_option_group){"Computing", limn_compute_table, offsetof(options, compute)};
    to[count] = (limn_option_group){"Messages", limn_common_table, offsetof(options, common)};
}

static const limn_verb *part(int position) {
    static const struct {
        const char *arguments;
        int count;
    } takes[] = {[LIMN_PAIRS] = {"A B", 2},
                 [LIMN_POOLED] = {"A B", 2},
                 [LIMN_TWO_SETS] = {"A B", 2},
                 [LIMN_ONE_SET] = {"OUT", 1}};
    assert(position < MOST_METRICS);
    const limn_metric *metric = limn_metrics[position];
    measured *it = &made[position];
    if (!metric || it->verb.name) return metric ? &it->verb : NULL;
    fill_groups(metric, it->groups);
    snprintf(it->name, sizeof it->name, "measure %s", metric->name);
    it->verb = (limn_verb){.name = it->name,
                           .summary = metric->summary,
                           .arguments = metric->arguments ? metric->arguments
                                                          : takes[metric->compares].arguments,
                           .least = takes[metric->compares].count,
                           .most = takes[metric->compares].count,
                           .description = metric->description,
                           .examples = metric->examples,
                           .groups = it->groups,
                           .options_size = offsetof(options, own) + metric->options_size,
                           .run = run_metric};
    return &it->verb;
}

static const limn_option_group bare[] = {{"Messages", limn_common_table, offsetof(options, common)},
                                         {0}};

static limn_status run(limn_call *call) {
    limn_text parts = {0};
    limn_verb_parts(call->verb->name, &parts);
    limn_fail(LIMN_USAGE, "what to measure is missing: there are %s", parts.data ? parts.data : "");
    limn_text_free(&parts);
    return LIMN_USAGE;
}

const limn_verb limn_verb_measure = {
    .name = "measure",
    .summary = "measure how alike pictures are",
    .description = "Compares pictures with one another, pair by pair or set by set, and prints a "
                   "number with everything that it depends on. Each metric has a verb of its own, "
                   "with its --help.\n",
    .examples = "limn measure psnr result.png truth.png\n",
    .groups = bare,
    .options_size = sizeof(options),
    .part = part,
    .run = run,
};
