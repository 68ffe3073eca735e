// A training asked for by the names of options.
#define _GNU_SOURCE
#include "train/request.h"

#include "base/file.h"
#include "base/threads.h"
#include "model/settings.h"
#include "model/shelf.h"
#include "train/run_folder.h"
#include "train/session.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const limn_option limn_run_table[] = {
    {.name = "output",
     .letter = 'o',
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(limn_training, output),
     .idle = true,
     .placeholder = "FOLDER",
     .help = "the folder of the run: model, checkpoints, samples, index.html, events for "
             "TensorBoard"},
    {.name = "resume",
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(limn_training, resume),
     .idle = true,
     .placeholder = "FOLDER",
     .help = "go on with the run in this folder, with its options"},
    {.name = "accept-changes",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_training, accept_changes),
     .idle = true,
     .help = "resume although options or pictures differ from those of the run"},
    {0},
};

void limn_training_groups(const limn_method *method, size_t offset,
                          limn_option_group groups[LIMN_TRAINING_GROUPS]) {
    int count = 0;
    if (method)
        groups[count++] = (limn_option_group){method->group, method->options,
                                              offset + offsetof(limn_training, own)};
    groups[count++] = (limn_option_group){"Training", limn_common_training_table,
                                          offset + offsetof(limn_training, common)};
    groups[count++] = (limn_option_group){"Run", limn_run_table, offset};
    groups[count] = (limn_option_group){NULL};
}

const limn_method *limn_method_find(const char *name) {
    for (int i = 0; limn_methods[i] && name; i++)
        if (!strcmp(limn_methods[i]->name, name)) return limn_methods[i];
    return NULL;
}

// One training being put together.
typedef struct request {
    const limn_method *method;
    limn_option_group groups[LIMN_TRAINING_GROUPS];
    limn_training values;
    const limn_parsed *given;
    json_t *config;     // of the run that is resumed
    limn_parsed parsed; // holds what values point to
    limn_text source;   // the command that makes the same model again
    const limn_train_hooks *hooks;
} request;

// ---- what nobody gave ----

static bool in_config(const request *it, const char *name) {
    const json_t *value = json_object_get(it->config, name);
    const limn_option *option = limn_options_find(it->groups, name);
    // Older limns wrote 0 for what the preset says.
    bool unsaid = option && option->otherwise && json_is_integer(value) &&
                  (double)json_integer_value(value) < option->low;
    return value && !json_is_null(value) && !unsaid;
}

// Of a run that goes on, also what there was no option for when it began.
static bool is_given(const request *it, const char *name) {
    const limn_option *option = limn_options_find(it->groups, name);
    bool was_none = it->config && option && option->before;
    return limn_parsed_has(it->given, name) || in_config(it, name) || was_none;
}

static const limn_preset *find_preset(const limn_method *method, const limn_option_group *groups,
                                      const limn_training *values) {
    const int *chosen = limn_options_value(groups, "preset", values);
    const int *network = NULL;
    if (!chosen || !method->presets) return NULL;
    if (method->network_presets) network = limn_options_value(groups, "network", values);
    int each = 1;
    for (const char *at = limn_options_find(groups, "preset")->choices; *at; at++)
        each += *at == '|';
    return &method->presets[(network ? *network * each : 0) + *chosen];
}

static limn_status apply(request *it, const limn_default *list, const limn_default *but,
                         limn_training *to, bool all) {
    for (; list && list->option; list++) {
        const limn_default *other = but;
        while (other && other->option && strcmp(other->option, list->option) != 0) other++;
        if ((other && other->option) || (!all && is_given(it, list->option))) continue;
        LIMN_TRY(limn_options_set(it->groups, list->option, list->value, to, &it->parsed));
    }
    return LIMN_OK;
}

// The preset's values, then what else the method has for usual. A run that was begun without
// presets goes on without.
static limn_status apply_defaults(request *it, limn_training *to, bool all) {
    const limn_preset *preset = find_preset(it->method, it->groups, &it->values);
    const limn_default *values = preset ? preset->values : NULL;
    if (it->config && !json_object_get(it->config, "preset")) return LIMN_OK;
    LIMN_TRY(apply(it, values, NULL, to, all));
    return apply(it, it->method->defaults, values, to, all);
}

// Forgets what a preset said.
static void take_back(const request *it, const limn_default *list, limn_training *values) {
    for (; list && list->option; list++)
        for (const limn_option_group *group = it->groups; group->options; group++)
            for (const limn_option *option = group->options; option->name; option++) {
                const limn_option one[] = {*option, {0}};
                const limn_option_group alone[] = {{group->title, one, group->offset}, {0}};
                if (!strcmp(option->name, list->option) && !is_given(it, option->name))
                    limn_options_default(alone, values);
            }
}

// `values` become those of the preset before the one that is chosen. A run that goes on was told
// when it began.
static limn_status take_smaller(request *it, limn_training *values, limn_smaller *smaller) {
    const int *chosen = limn_options_value(it->groups, "preset", &it->values);
    const limn_preset *preset = find_preset(it->method, it->groups, &it->values);
    *smaller = (limn_smaller){.name = NULL};
    *values = it->values;
    if (!preset || !*chosen || !it->method->work || it->config) return LIMN_OK;
    take_back(it, preset->values, values);
    LIMN_TRY(apply(it, preset[-1].values, NULL, values, false));
    LIMN_TRY(apply(it, it->method->defaults, preset[-1].values, values, false));
    const int64_t *steps = limn_options_value(it->groups, it->method->stages[0].steps, values);
    *smaller = (limn_smaller){preset[-1].name, &values->own, values->common.batch_size, *steps};
    return LIMN_OK;
}

// A loss network that nobody names is the one that ships.
static limn_status find_loss_network(request *it) {
    const char *const *path = limn_options_value(it->groups, "loss-network", &it->values);
    if (!path || *path) return LIMN_OK;
    char *found = limn_shelf_tool(LIMN_SHELF_LOSS_NETWORK);
    const char *kept = found ? limn_arena_copy(&it->parsed.arena, found, strlen(found) + 1) : NULL;
    free(found);
    return kept ? limn_options_set(it->groups, "loss-network", kept, &it->values, &it->parsed)
                : LIMN_OK;
}

// ---- what cannot be kept ----

// What stands in config.json must be UTF-8, or the run could not be resumed.
static limn_status check_text(const limn_option *option, const char *text) {
    if (!text || limn_utf8_valid(text, strlen(text))) return LIMN_OK;
    limn_shown shown;
    return limn_fail(LIMN_USAGE,
                     "--%s %s: the name is not UTF-8, and cannot be written into the run's "
                     "config.json. Give it another name",
                     option->name, limn_show(&shown, text, strlen(text)));
}

// What a run was begun with may be named as seen from the folder where it was begun.
static limn_status check_path(const request *it, const limn_option *option, const char *path) {
    bool fine = !it->config || !path || *path == '/' || access(path, F_OK) == 0;
    if (fine || option->kind != LIMN_OPTION_PATH) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "--%s %s: there is no such file or folder here. Where the run was begun in "
                     "another folder, start limn in that one, or say where it is now: --%s PATH "
                     "--accept-changes",
                     option->name, path, option->name);
}

static limn_status check_option(const request *it, const limn_option *option, const void *value) {
    const limn_option_list *list = value;
    if (option->kind == LIMN_OPTION_TEXT || option->kind == LIMN_OPTION_PATH) {
        LIMN_TRY(check_text(option, *(const char *const *)value));
        LIMN_TRY(check_path(it, option, *(const char *const *)value));
    }
    for (int i = 0; option->kind == LIMN_OPTION_LIST && i < list->count; i++)
        LIMN_TRY(check_text(option, list->items[i]));
    return LIMN_OK;
}

// What was given and changes nothing: nobody means that.
static void tell_idle(const request *it) {
    char needs[2 * LIMN_CHOICE_SIZE], line[256];
    for (int i = 0; i < it->given->given_count && it->hooks->say; i++) {
        const limn_option *option = it->given->given[i];
        if (limn_option_matters(it->groups, option, &it->values, needs)) continue;
        snprintf(line, sizeof line, "--%s changes nothing without %s", option->name, needs);
        it->hooks->say(it->hooks->context, line);
    }
}

static limn_status check_values(const request *it) {
    for (const limn_option_group *group = it->groups; group->options; group++)
        for (const limn_option *option = group->options; option->name; option++)
            LIMN_TRY(check_option(it, option,
                                  (const char *)&it->values + group->offset + option->offset));
    return LIMN_OK;
}

// ---- running ----

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "no memory for the options of a run");
}

static limn_status tell_source(request *it) {
    limn_training defaults;
    memset(&defaults, 0, sizeof defaults);
    limn_options_default(it->groups, &defaults);
    LIMN_TRY(apply_defaults(it, &defaults, true));
    limn_text_free(&it->source);
    limn_text_print(&it->source, "limn train %s", it->method->name);
    limn_options_words(it->groups, &it->values, &defaults, &it->source);
    return it->source.failed ? no_memory() : LIMN_OK;
}

static limn_status settle(void *context, const char *option, const char *value,
                          const char **source) {
    request *it = context;
    const char *kept = limn_arena_copy(&it->parsed.arena, value, strlen(value) + 1);
    if (!kept) return no_memory();
    LIMN_TRY(limn_options_set(it->groups, option, kept, &it->values, &it->parsed));
    LIMN_TRY(tell_source(it));
    *source = it->source.data;
    return LIMN_OK;
}

static limn_status run_session(request *it) {
    const limn_training *values = &it->values;
    limn_training before;
    limn_smaller smaller;
    LIMN_TRY(take_smaller(it, &before, &smaller));
    int threads = (int)values->common.threads;
    if (!threads) threads = limn_threads_available();
    if (it->hooks->begins) it->hooks->begins(it->hooks->context, threads);
    return limn_session_run(&(limn_session_request){
        .method = it->method,
        .groups = it->groups,
        .values = values,
        .common = &values->common,
        .own = &values->own,
        .source = it->source.data,
        .settler = {it, settle},
        .folder = values->resume ? values->resume : values->output,
        .resume = values->resume != NULL,
        .accept_changes = values->accept_changes,
        .smaller = smaller,
        .hooks = *it->hooks,
    });
}

// How many threads add up decides the last bits, so that a run keeps its number, whatever
// processors there are another day.
static void settle_threads(request *it) {
    enum { MOST = 256 }; // as the option has it
    int64_t *threads = &it->values.common.threads, there = limn_threads_available();
    int64_t before = json_integer_value(json_object_get(it->config, "threads"));
    char line[160] = "";
    if (!*threads) *threads = there < MOST ? there : MOST;
    if (before && before != *threads)
        snprintf(line, sizeof line, "%lld threads where there were %lld: other last bits",
                 (long long)*threads, (long long)before);
    else if (before > there)
        snprintf(line, sizeof line,
                 "%lld threads as before, for the same bits, on the %lld processors that there are "
                 "now",
                 (long long)before, (long long)there);
    if (*line && it->hooks->say) it->hooks->say(it->hooks->context, line);
}

static limn_status train(request *it) {
    LIMN_TRY(apply_defaults(it, &it->values, false));
    LIMN_TRY(check_values(it));
    tell_idle(it);
    LIMN_TRY(tell_source(it));
    settle_threads(it);
    return run_session(it);
}

// ---- resuming: the options of the run's config.json, then those that were given ----

static limn_status read_config(request *it) {
    const char *folder = it->values.resume;
    if (!limn_folder_exists(folder))
        return limn_fail(LIMN_USAGE, "%s: there is no such folder, so no run to resume in it",
                         folder);
    it->config = limn_run_read_config(folder);
    if (json_is_object(it->config)) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "%s: there is no run to resume in this folder: %s/config.json cannot be read",
                     folder, folder);
}

static limn_status find_method(request *it) {
    const char *said = json_string_value(json_object_get(it->config, "method"));
    if (it->method && (!said || strcmp(said, it->method->name) != 0))
        return limn_fail(LIMN_USAGE, "the run was made by `limn train %s`", said ? said : "?");
    if (it->method) return LIMN_OK;
    it->method = limn_method_find(said);
    if (!it->method)
        return limn_fail(LIMN_USAGE,
                         "%s: the run was made by a method that this limn does not "
                         "have",
                         it->values.resume);
    limn_training_groups(it->method, 0, it->groups);
    const limn_option_group own[] = {it->groups[0], {0}};
    limn_options_default(own, &it->values);
    return LIMN_OK;
}

// What there was no option for when the run began.
static limn_status merge_before(request *it) {
    for (const limn_option *option = it->method->options; option->name; option++)
        if (option->before && !json_object_get(it->config, option->name) &&
            !limn_parsed_has(it->given, option->name))
            LIMN_TRY(limn_options_set(it->groups, option->name, option->before, &it->values,
                                      &it->parsed));
    return LIMN_OK;
}

// Options that were not given come from the run.
static limn_status merge_config(request *it) {
    const char *name;
    json_t *value;
    json_object_foreach(it->config, name, value) {
        bool about_run =
            !strcmp(name, "resume") || !strcmp(name, "output") || !strcmp(name, "accept-changes");
        if (about_run || limn_parsed_has(it->given, name)) continue;
        if (json_is_integer(value) && !in_config(it, name)) continue;
        limn_status status = limn_setting_read(it->groups, name, value, &it->values, &it->parsed);
        if (status == LIMN_INPUT)
            return limn_fail(status,
                             "%s: config.json: %s. Mend it, or give --%s on the command line",
                             it->values.resume, limn_message(), name);
        if (status != LIMN_OK) return limn_fail_in(status, "%s: ", it->values.resume);
    }
    return merge_before(it);
}

static limn_status resume(request *it) {
    if (it->values.output)
        return limn_fail(LIMN_USAGE,
                         "-o %s: a run that is resumed goes on in its own folder, %s. Leave -o out",
                         it->values.output, it->values.resume);
    LIMN_TRY(read_config(it));
    LIMN_TRY(find_method(it));
    LIMN_TRY(merge_config(it));
    return train(it);
}

static limn_status begin(request *it) {
    if (!it->values.output)
        return limn_fail(LIMN_USAGE, "-o FOLDER is needed: where the run is kept");
    LIMN_TRY(find_loss_network(it));
    return train(it);
}

limn_status limn_training_run(const limn_method *method, const limn_training *values,
                              const limn_parsed *given, const limn_train_hooks *hooks) {
    assert(!method || method->options_size <= LIMN_METHOD_OPTIONS);
    request it = {.method = method, .values = *values, .given = given, .hooks = hooks};
    limn_training_groups(method, 0, it.groups);
    limn_status status = values->resume ? resume(&it) : begin(&it);
    limn_parsed_free(&it.parsed);
    limn_text_free(&it.source);
    json_decref(it.config);
    return status;
}
