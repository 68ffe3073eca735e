// What all `limn train ...` verbs share.
#define _GNU_SOURCE
#include "app/training.h"

#include "app/progress.h"
#include "app/signals.h"
#include "base/threads.h"

#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t save_wanted;

static void on_save(int number) {
    (void)number;
    save_wanted = 1;
}

typedef struct watch {
    limn_call *call;
    limn_progress progress;
    bool terminal;
} watch;

static int asked(void *context) {
    (void)context;
    if (limn_signal_caught()) return LIMN_STOP;
    if (!save_wanted) return LIMN_GO_ON;
    save_wanted = 0;
    return LIMN_SAVE;
}

static bool stopped(void *context) {
    (void)context;
    return limn_signal_caught();
}

static void print_time(char text[32], double seconds) {
    long long left = (long long)(seconds + 0.5);
    if (left >= 3600)
        snprintf(text, 32, "%lld:%02lld:%02lld", left / 3600, left / 60 % 60, left % 60);
    else
        snprintf(text, 32, "%lld:%02lld", left / 60, left % 60);
}

static void progress(void *context, const char *line, double done, double seconds_left) {
    watch *it = context;
    char left[32], words[600];
    (void)done;
    print_time(left, seconds_left);
    snprintf(words, sizeof words, "%s left  %s", left, line);
    limn_progress_show(&it->progress, words);
}

static void say(void *context, const char *line) {
    watch *it = context;
    limn_progress_clear(&it->progress);
    limn_say(it->call, "%s", line);
}

static void begins(void *context, int threads) {
    (void)context;
    limn_threads_bind(threads);
}

static limn_status fail_without_method(const limn_call *call) {
    limn_text parts = {0};
    limn_verb_parts(call->verb->name, &parts);
    limn_fail(LIMN_USAGE, "what to train is missing: there are %s; or limn train --resume FOLDER",
              parts.data ? parts.data : "no methods");
    limn_text_free(&parts);
    return LIMN_USAGE;
}

limn_status limn_training_do(limn_call *call, const limn_method *method) {
    const limn_training_options *options = call->options;
    const limn_training *values = &options->training;
    if (!method && !values->resume) return fail_without_method(call);
    watch it = {.call = call};
    limn_progress_begin(&it.progress, call, 1);
    limn_signals_begin();
    struct sigaction save = {.sa_handler = on_save, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &save, NULL);
    limn_train_hooks hooks = {&it, asked, progress, say, begins, stopped};
    limn_status status = limn_training_run(method, values, call->parsed, &hooks);
    limn_progress_clear(&it.progress);
    limn_call_text(call, "run", values->resume ? values->resume : values->output);
    return status;
}
