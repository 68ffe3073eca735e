// What all verbs share: the list of them, options found everywhere, words to the user.
#define _GNU_SOURCE
#include "app/verb.h"

#include "base/compute_options.h"
#include "base/memory.h"
#include "base/threads.h"
#include "plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const limn_option limn_common_table[] = {
    {.name = "json",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_common_options, json),
     .help = "print one JSON value on stdout, also when something fails"},
    {.name = "quiet",
     .letter = 'q',
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_common_options, quiet),
     .help = "say nothing but mistakes"},
    {.name = "verbose",
     .letter = 'v',
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_common_options, verbose),
     .help = "say more of what is being done"},
    {.name = "help",
     .letter = 'h',
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_common_options, help),
     .help = "show this text"},
    {0}};

const limn_option limn_compute_table[] = {
    {.name = "precision",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(limn_compute_options, precision),
     .fallback = "exact",
     .choices = "exact|fast",
     .help = "exact: 32-bit floats throughout; fast: 16-bit storage where nobody can see "
             "it" LIMN_FAST_PRODUCTS},
    {.name = "threads",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(limn_compute_options, threads),
     .low = 0,
     .high = LIMN_MOST_THREADS,
     .otherwise = "one for each processor",
     .help = "threads to compute with"},
    {LIMN_OPTION_MAX_MEMORY(offsetof(limn_compute_options, max_memory))},
    {LIMN_OPTION_ISA(offsetof(limn_compute_options, isa))},
    {0}};

const limn_verb *limn_verb_at(int position) {
    for (const limn_verb *const *verb = limn_verbs; *verb; verb++) {
        if (position-- == 0) return *verb;
        for (int i = 0; (*verb)->part && (*verb)->part(i); i++)
            if (position-- == 0) return (*verb)->part(i);
    }
    return NULL;
}

const limn_verb *limn_verb_find(const char *name) {
    const limn_verb *verb;
    for (int i = 0; (verb = limn_verb_at(i)); i++)
        if (!strcmp(verb->name, name)) return verb;
    return NULL;
}

void limn_verb_parts(const char *word, limn_text *text) {
    size_t size = strcspn(word, " ");
    bool any = false;
    const limn_verb *verb;
    for (int i = 0; (verb = limn_verb_at(i)); i++) {
        const char *name = verb->name;
        if (strncmp(name, word, size) != 0 || name[size] != ' ') continue;
        limn_text_print(text, "%s%s", any ? ", " : "", name);
        any = true;
    }
}

static const char *name_at(const void *context, int position) {
    (void)context;
    const limn_verb *verb = limn_verb_at(position);
    return verb ? verb->name : NULL;
}

limn_status limn_verb_unknown(const char *name) {
    const char *near = limn_text_nearest(name, name_at, NULL);
    limn_text meant = {0}, parts = {0};
    if (near) limn_text_print(&meant, "%s", near);
    const limn_verb *verb;
    for (int i = 0; (verb = limn_verb_at(i)); i++) {
        const char *second = strchr(verb->name, ' ');
        if (second && !strcmp(second + 1, name))
            limn_text_print(&meant, "%s%s", meant.size ? " or " : "", verb->name);
    }
    limn_verb_parts(name, &parts);
    if (meant.size)
        limn_fail(LIMN_USAGE, "%s: there is no such verb. Did you mean %s?", name, meant.data);
    else if (parts.size)
        limn_fail(LIMN_USAGE, "%s: there is no such verb. There are %s.", name, parts.data);
    else
        limn_fail(LIMN_USAGE, "%s: there is no such verb. limn help lists those there are.", name);
    limn_text_free(&meant);
    limn_text_free(&parts);
    return LIMN_USAGE;
}

limn_status limn_compute_begin(const limn_compute_options *options, limn_run_options *run) {
    limn_isa isa = (limn_isa)options->isa;
    LIMN_TRY(limn_isa_check(isa));
    int threads = (int)options->threads;
    if (threads == 0) threads = limn_threads_available();
    limn_threads_bind(threads);
    run->precision = (limn_speed)options->precision;
    run->threads = threads;
    run->isa = isa == LIMN_ISA_AUTO ? NULL : limn_isa_name(isa);
    run->max_memory = options->max_memory;
    return LIMN_OK;
}

limn_status limn_compute_plan(const limn_compute_options *options, limn_plan_options *plan) {
    limn_run_options run = {.size = sizeof run};
    LIMN_TRY(limn_compute_begin(options, &run));
    *plan = (limn_plan_options){
        .precision = run.precision == LIMN_SPEED_FAST ? LIMN_FAST : LIMN_EXACT,
        .isa = (limn_isa)options->isa,
        .threads = run.threads,
        .memory_limit = limn_memory_limit(options->max_memory),
    };
    return LIMN_OK;
}

// ---- JSON ----

limn_text *limn_call_member(limn_call *call, const char *name) {
    if (call->json.size) limn_text_print(&call->json, ", ");
    limn_text_json(&call->json, name);
    limn_text_print(&call->json, ": ");
    return &call->json;
}

void limn_call_text(limn_call *call, const char *name, const char *value) {
    limn_text *text = limn_call_member(call, name);
    if (value)
        limn_text_json(text, value);
    else
        limn_text_print(text, "null");
}

void limn_call_number(limn_call *call, const char *name, double value) {
    limn_text_print(limn_call_member(call, name), "%.15g", value);
}

limn_text *limn_call_whole(limn_call *call) {
    call->whole = true;
    return &call->json;
}

// ---- words ----

static void say(const char *format, va_list list) {
    char line[4096];
    int size = vsnprintf(line, sizeof line, format, list);
    if (size < 0) return;
    limn_text_tame(line);
    fprintf(stderr, "limn: %s\n", line);
}

void limn_print(const char *format, ...) {
    char *text = NULL;
    va_list list;
    va_start(list, format);
    int size = vasprintf(&text, format, list);
    va_end(list);
    if (size < 0) {
        limn_complain("No memory for a line of the result.");
        return;
    }
    limn_text_tame(text);
    fputs(text, stdout);
    free(text);
}

void limn_say(const limn_call *call, const char *format, ...) {
    if (call->common->quiet) return;
    if (call->before_line) call->before_line(call->before_line_of);
    va_list list;
    va_start(list, format);
    say(format, list);
    va_end(list);
}

limn_status limn_call_read(const limn_call *call, const char *path, const limn_read_options *how,
                           limn_picture **picture) {
    LIMN_TRY(limn_picture_read(path, how, picture));
    if ((*picture)->damaged)
        limn_say(call, "%s: is damaged, and was decoded as far as it goes", path);
    return LIMN_OK;
}

void limn_complain(const char *format, ...) {
    va_list list;
    va_start(list, format);
    say(format, list);
    va_end(list);
}

limn_status limn_pass_over(void) {
    limn_complain("%s", limn_message());
    return LIMN_OK;
}
