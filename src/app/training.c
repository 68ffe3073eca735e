// What all `limn train ...` verbs share.
#define _GNU_SOURCE
#include "app/training.h"

#include "app/progress.h"
#include "app/signals.h"
#include "base/file.h"
#include "base/threads.h"
#include "model/settings.h"
#include "model/shelf.h"

#include <assert.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const limn_option limn_training_table[] = {
    {.name = "output",
     .letter = 'o',
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(limn_training_options, output),
     .placeholder = "FOLDER",
     .help = "the folder of the run: model, checkpoints, samples, index.html, events for "
             "TensorBoard"},
    {.name = "resume",
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(limn_training_options, resume),
     .placeholder = "FOLDER",
     .help = "go on with the run in this folder, with its options"},
    {.name = "accept-changes",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_training_options, accept_changes),
     .help = "resume although options differ from those of the run"},
    {0},
};

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
    if (limn_signal_caught()) return 1;
    if (!save_wanted) return 0;
    save_wanted = 0;
    return 2;
}

static void print_time(char text[32], double seconds) {
    long long left = (long long)(seconds + 0.5);
    if (left >= 3600)
        snprintf(text, 32, "%lld:%02lld:%02lld", left / 3600, left / 60 % 60, left % 60);
    else
        snprintf(text, 32, "%lld:%02lld", left / 60, left % 60);
}

static void progress(void *context, const limn_trainer *trainer, const char *line, double part,
                     double seconds_left) {
    watch *it = context;
    char left[32];
    (void)trainer;
    (void)part;
    if (!it->progress.shown) return;
    print_time(left, seconds_left);
    fprintf(stderr, "\r\033[K%s left  %s", left, line);
    it->progress.drawn = true;
}

static void say(void *context, const char *line) {
    watch *it = context;
    limn_progress_clear(&it->progress);
    limn_say(it->call, "%s", line);
}

// ---- resuming: the options of the run's config.json, then those of the command line ----

static limn_status read_config(const char *folder, json_t **config) {
    char *path;
    if (!limn_folder_exists(folder))
        return limn_fail(LIMN_USAGE, "%s: there is no such folder, so no run to resume in it",
                         folder);
    if (asprintf(&path, "%s/config.json", folder) < 0) return limn_fail(LIMN_MEMORY, "no memory");
    *config = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    limn_status status = LIMN_OK;
    if (!json_is_object(*config))
        status = limn_fail(LIMN_USAGE,
                           "%s: there is no run to resume in this folder: %s cannot be "
                           "read",
                           folder, path);
    free(path);
    return status;
}

static bool given_here(const limn_call *call, const char *name) {
    return limn_parsed_has(call->parsed, name);
}

// Options that the command line does not give come from the run.
static limn_status merge_config(limn_call *call, const limn_option_group *groups,
                                const limn_method *method, const json_t *config,
                                limn_training_options *values, limn_parsed *parsed) {
    const char *name, *said = json_string_value(json_object_get(config, "method"));
    json_t *value;
    if (!said || strcmp(said, method->name))
        return limn_fail(LIMN_USAGE, "the run was made by `limn train %s`", said ? said : "?");
    json_object_foreach((json_t *)(uintptr_t)config, name, value) {
        bool about_run =
            !strcmp(name, "resume") || !strcmp(name, "output") || !strcmp(name, "accept-changes");
        if (about_run || given_here(call, name)) continue;
        limn_status status = limn_setting_read(groups, name, value, values, parsed);
        if (status == LIMN_INPUT)
            return limn_fail(status,
                             "%s: config.json: %s. Mend it, or give --%s on the command line",
                             values->resume, limn_message(), name);
        if (status != LIMN_OK) return limn_fail_in(status, "%s: ", values->resume);
    }
    return LIMN_OK;
}

static const limn_method *method_named(const char *name) {
    for (int i = 0; limn_methods[i] && name; i++)
        if (!strcmp(limn_methods[i]->name, name)) return limn_methods[i];
    return NULL;
}

// ---- running ----

// A loss network that nobody names is the one that ships.
static limn_status find_loss_network(const limn_option_group *groups, limn_training_options *values,
                                     limn_parsed *parsed) {
    const char *const *path = limn_options_value(groups, "loss-network", values);
    if (!path || *path) return LIMN_OK;
    char *found = limn_shelf_loss_network();
    const char *kept = found ? limn_arena_copy(&parsed->arena, found, strlen(found) + 1) : NULL;
    free(found);
    return kept ? limn_options_set(groups, "loss-network", kept, values, parsed) : LIMN_OK;
}

// What stands in config.json must be UTF-8, or the run could not be resumed.
static limn_status check_text(const limn_option *option, const char *text) {
    if (!text || limn_utf8_valid(text, strlen(text))) return LIMN_OK;
    limn_shown shown;
    return limn_fail(LIMN_USAGE,
                     "--%s %s: the name is not UTF-8, and cannot be written into the run's "
                     "config.json. Give it another name",
                     option->name, limn_show(&shown, text, strlen(text)));
}

static limn_status check_texts(const limn_option_group *groups, const void *values) {
    for (; groups->options; groups++)
        for (const limn_option *option = groups->options; option->name; option++) {
            const void *at = (const char *)values + groups->offset + option->offset;
            const limn_option_list *list = at;
            if (option->kind == LIMN_OPTION_TEXT || option->kind == LIMN_OPTION_PATH)
                LIMN_TRY(check_text(option, *(const char *const *)at));
            for (int i = 0; option->kind == LIMN_OPTION_LIST && i < list->count; i++)
                LIMN_TRY(check_text(option, list->items[i]));
        }
    return LIMN_OK;
}

// The command that makes the same model again, for the model to tell.
static limn_status tell_source(const limn_method *method, const limn_option_group *groups,
                               const limn_training_options *values, limn_text *source) {
    limn_training_options defaults;
    memset(&defaults, 0, sizeof defaults);
    limn_options_default(groups, &defaults);
    limn_text_print(source, "limn train %s", method->name);
    limn_options_words(groups, values, &defaults, limn_train_idle + LIMN_IDLE_ENDS, source);
    return source->failed ? limn_fail(LIMN_MEMORY, "no memory for the options of a run") : LIMN_OK;
}

static limn_status run_training(limn_call *call, const limn_method *method,
                                const limn_option_group *groups, limn_training_options *values,
                                const char *source) {
    watch it = {.call = call};
    limn_progress_begin(&it.progress, 1);
    if (call->common->quiet) limn_progress_quiet(&it.progress);
    limn_signals_begin();
    struct sigaction save = {.sa_handler = on_save, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &save, NULL);
    int threads = (int)values->train.threads;
    limn_threads_bind(threads ? threads : limn_threads_available());
    limn_train_request request = {
        .method = method,
        .groups = groups,
        .values = values,
        .common_offset = offsetof(limn_training_options, train),
        .own_offset = offsetof(limn_training_options, own),
        .source = source,
        .folder = values->resume ? values->resume : values->output,
        .resume = values->resume != NULL,
        .accept_changes = values->accept_changes,
        .hooks = {&it, asked, progress, say},
    };
    limn_status status = limn_train(&request);
    limn_progress_clear(&it.progress);
    limn_call_text(call, "run", request.folder);
    return status;
}

static limn_status train(limn_call *call, const limn_method *method,
                         const limn_option_group *groups, limn_training_options *values) {
    limn_text source = {0};
    limn_status status = check_texts(groups, values);
    if (status == LIMN_OK) status = tell_source(method, groups, values, &source);
    if (status == LIMN_OK) status = run_training(call, method, groups, values, source.data);
    limn_text_free(&source);
    return status;
}

// What a run was begun with may be named as seen from the folder where it was begun.
static limn_status check_paths(const limn_option_group *groups, const void *values) {
    for (; groups->options; groups++)
        for (const limn_option *option = groups->options; option->name; option++) {
            const char *const *at =
                (const void *)((const char *)values + groups->offset + option->offset);
            if (option->kind != LIMN_OPTION_PATH || !*at || **at == '/' || !access(*at, F_OK))
                continue;
            return limn_fail(LIMN_INPUT,
                             "--%s %s: there is no such file or folder here. Where the run was "
                             "begun in another folder, start limn in that one, or say where it is "
                             "now: --%s PATH --accept-changes",
                             option->name, *at, option->name);
        }
    return LIMN_OK;
}

// Everything that `given` leaves open is taken from the run it resumes.
static limn_status resume(limn_call *call, const limn_method *method,
                          const limn_option_group *groups, const json_t *config,
                          limn_training_options *values) {
    limn_parsed parsed = {0};
    limn_status status = merge_config(call, groups, method, config, values, &parsed);
    if (status == LIMN_OK) status = check_paths(groups, values);
    if (status == LIMN_OK) status = train(call, method, groups, values);
    limn_parsed_free(&parsed);
    return status;
}

static limn_status begin(limn_call *call, const limn_method *method,
                         const limn_option_group *groups, limn_training_options *values) {
    limn_parsed parsed = {0};
    limn_status status = LIMN_OK;
    if (!values->output)
        status = limn_fail(LIMN_USAGE, "-o FOLDER is needed: where the run is kept");
    if (status == LIMN_OK) status = find_loss_network(groups, values, &parsed);
    if (status == LIMN_OK) status = train(call, method, groups, values);
    limn_parsed_free(&parsed);
    return status;
}

static limn_status fail_without_method(const limn_call *call) {
    limn_text parts = {0};
    limn_verb_parts(call->verb->name, &parts);
    limn_fail(LIMN_USAGE, "what to train is missing: there are %s; or limn train --resume FOLDER",
              parts.data ? parts.data : "no methods");
    limn_text_free(&parts);
    return LIMN_USAGE;
}

limn_status limn_training_run(limn_call *call, const limn_method *method,
                              const limn_option_group *groups) {
    limn_training_options values = *(const limn_training_options *)call->options;
    assert(!method || method->options_size <= LIMN_METHOD_OPTIONS);
    if (!values.resume && groups) return begin(call, method, groups, &values);
    if (!values.resume) return fail_without_method(call);
    if (values.output)
        return limn_fail(LIMN_USAGE,
                         "-o %s: a run that is resumed goes on in its own folder, %s. Leave -o out",
                         values.output, values.resume);
    json_t *config = NULL;
    limn_status status = read_config(values.resume, &config);
    const char *name = json_string_value(json_object_get(config, "method"));
    if (status == LIMN_OK && groups) status = resume(call, method, groups, config, &values);
    if (status == LIMN_OK && !groups && !(method = method_named(name)))
        status = limn_fail(LIMN_USAGE,
                           "%s: the run was made by a method that this limn does not "
                           "have",
                           values.resume);
    if (status == LIMN_OK && !groups) {
        const limn_option_group all[] = LIMN_TRAINING_GROUPS(method);
        const limn_option_group own[] = {all[0], {0}};
        limn_options_default(own, &values);
        status = resume(call, method, all, config, &values);
    }
    json_decref(config);
    return status;
}
