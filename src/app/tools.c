// The models that a use works with. One that is named does all pictures. Where none is, each
// picture gets the best one for how much larger it is to become, and for what JPEG has left of it.
#include "app/looks.h"
#include "model/shelf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// From this quality on, what JPEG adds is not seen.
enum { CLEAN = 90 };

static bool offers(const limn_call *call, const char *option) {
    return limn_options_find(call->verb->groups, option) != NULL;
}

// ---- what a picture wants ----

static bool is_pressed(const limn_picture_header *header) {
    return header->quality && header->quality < CLEAN;
}

// How many times as large it is to become, or a little more; 0: that is the model's to say.
static int times_wanted(const limn_use_options *given, const limn_picture_header *header) {
    int longer = header->width > header->height ? header->width : header->height;
    double times = given->reach ? (double)given->reach / longer : given->scale;
    if (given->reach && times <= 1) return 0; // made smaller, without a network
    return times < LIMN_MOST_TIMES ? (int)ceil(times) : LIMN_MOST_TIMES;
}

// ---- opening ----

static limn_tool *find_open(limn_tools *tools, const char *path) {
    for (int i = 0; i < tools->count; i++)
        if (!strcmp(tools->items[i].path, path)) return &tools->items[i];
    return NULL;
}

static limn_status check_verb(const limn_user *by, const limn_tool *tool) {
    const limn_kind *kind = tool->model->kind;
    if (!strcmp(kind->verb, by->call->verb->name)) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "%s: a model of network %s. Take limn %s for it.", tool->path,
                     kind->name, kind->verb);
}

// Takes over `path`.
static limn_status open_tool(limn_user *by, char *path, limn_tool **found) {
    *found = &by->tools.items[by->tools.count++];
    (*found)->path = path;
    LIMN_TRY(limn_model_open(path, by->given->network, LIMN_WITH_PARAMETERS, &(*found)->model));
    return check_verb(by, *found);
}

limn_status limn_user_open_model(limn_user *by) {
    limn_call *call = by->call;
    const char *named = by->given->model;
    char *path;
    LIMN_TRY(limn_shelf_find(named, call->verb->name, (int)ceil(by->given->scale), &path));
    LIMN_TRY(open_tool(by, path, &by->tool));
    limn_call_text(call, "model", path);
    const char *usual = by->given->reach && !named ? "usual model" : "model";
    if (!named || call->common->verbose) limn_say(call, "%s: %s", usual, path);
    return LIMN_OK;
}

limn_status limn_user_open_runner(const limn_user *by, limn_tool *tool) {
    limn_run_options how = {.size = sizeof how};
    LIMN_TRY(limn_compute_begin(&by->given->verb.compute, &how));
    how.result = offers(by->call, "size") && tool->model->kind->sizes(tool->model->shape).usual
                     ? (limn_result_size)(by->given->size + 1)
                     : LIMN_SIZE_USUAL;
    return limn_runner_open(tool->model, &how, &tool->runner);
}

static void free_tool(limn_tool *tool) {
    limn_runner_free(tool->runner);
    limn_model_free(tool->model);
    free(tool->path);
    *tool = (limn_tool){0};
}

// ---- choosing ----

// What could not be opened is not kept.
static limn_status open_another(limn_user *by, const limn_job *job, int times, char *path,
                                limn_tool **found) {
    limn_status status = open_tool(by, path, found);
    if (status == LIMN_OK) status = limn_user_open_runner(by, *found);
    if (status != LIMN_OK) {
        free_tool(*found);
        *found = NULL;
        by->tools.count--;
        return status;
    }
    if (limn_model_is_for_jpeg((*found)->model))
        limn_say(by->call, "model for JPEGs below quality %d, as %s is, of %d: %s", CLEAN,
                 job->input, job->header.quality, path);
    else
        limn_say(by->call, "model for what becomes up to %d times as large, as %s does: %s", times,
                 job->input, path);
    return LIMN_OK;
}

static limn_status find_tool(limn_user *by, const limn_job *job, int times, limn_tool **found) {
    char *path;
    LIMN_TRY(limn_shelf_find_for(by->call->verb->name, times, is_pressed(&job->header), &path));
    *found = find_open(&by->tools, path);
    if (!*found && by->tools.count < LIMN_MOST_TOOLS)
        return open_another(by, job, times, path, found);
    if (!*found) *found = &by->tools.items[0];
    free(path);
    return LIMN_OK;
}

limn_status limn_user_choose_tool(limn_user *by, const limn_job *job) {
    if (by->given->model || !offers(by->call, "scale")) return LIMN_OK;
    int times = times_wanted(by->given, &job->header);
    limn_tool **chosen = &by->tools.chosen[is_pressed(&job->header)][times];
    if (!*chosen) LIMN_TRY(find_tool(by, job, times, chosen));
    if (by->tool == *chosen) return LIMN_OK;
    by->tool = *chosen;
    limn_sight_free(&by->sight);
    by->sight_of = NULL;
    return LIMN_OK;
}

void limn_tools_free(limn_tools *tools) {
    for (int i = 0; i < tools->count; i++) free_tool(&tools->items[i]);
}
