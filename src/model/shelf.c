// The shelf: models that are found by name.
#define _GNU_SOURCE
#include "model/shelf.h"

#include "base/file.h"
#include "formats/load.h"
#include "model/model.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

// Files that ship beside the models, for what limn itself does.
static const char *const tools[LIMN_SHELF_TOOLS] = {
    [LIMN_SHELF_LOSS_NETWORK] = "vgg19.safetensors",
    [LIMN_SHELF_FACES] = "faces.safetensors",
};

// ---- putting models on the shelf ----

// "candy" from "candy.safetensors" and "candy.fp16.safetensors"; false for other files.
static bool model_name(const char *file, char name[256]) {
    static const char *const endings[] = {".safetensors", ".fp16"};
    size_t size = strlen(file);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t end = strlen(endings[i]);
        bool ends = size > end && !memcmp(file + size - end, endings[i], end);
        if (i == 0 && !ends) return false;
        if (ends) size -= end;
    }
    if (size >= 256) return false;
    memcpy(name, file, size);
    name[size] = 0;
    return true;
}

static const char *keep(limn_shelf *shelf, const char *text) {
    return limn_arena_copy(&shelf->arena, text, strlen(text) + 1);
}

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "No memory for the list of models.");
}

static limn_status add(limn_shelf *shelf, limn_shelf_item item) {
    if ((shelf->count & (shelf->count + 1)) == 0) { // 0, 1, 3, 7, ...: room is a power of two
        size_t room = 2 * ((size_t)shelf->count + 1);
        limn_shelf_item *items = realloc(shelf->items, room * sizeof item);
        if (!items) return no_memory();
        shelf->items = items;
    }
    if (shelf->arena.failed) return no_memory();
    shelf->items[shelf->count++] = item;
    return LIMN_OK;
}

// What says no number comes last.
static double rank_of(const limn_model *model) {
    const char *text = limn_tensors_metadata(&model->told, "limn.rank");
    double rank = text ? strtod(text, NULL) : INFINITY;
    return isnan(rank) ? INFINITY : rank;
}

static limn_status put(limn_shelf *shelf, const char *name, const char *path) {
    limn_model *model;
    limn_status status = limn_model_open(path, NULL, LIMN_WITHOUT_PARAMETERS, &model);
    if (status != LIMN_OK) return status == LIMN_MEMORY ? status : LIMN_OK;
    status = add(shelf, (limn_shelf_item){.name = keep(shelf, name),
                                          .path = keep(shelf, path),
                                          .model = model,
                                          .rank = rank_of(model)});
    if (status != LIMN_OK) limn_model_free(model);
    return status;
}

// Its place among the tools; their count where it is none.
static int tool_of(const char *file) {
    int i = 0;
    while (i < LIMN_SHELF_TOOLS && strcmp(file, tools[i]) != 0) i++;
    return i;
}

// The model of the folder that comes first counts when two have one name.
static limn_status visit(void *context, const char *path, const char *relative) {
    limn_shelf *shelf = context;
    char name[256];
    int tool = tool_of(relative);
    if (tool < LIMN_SHELF_TOOLS && !shelf->tools[tool]) shelf->tools[tool] = keep(shelf, path);
    if (!model_name(relative, name) || tool < LIMN_SHELF_TOOLS) return LIMN_OK;
    for (int i = 0; i < shelf->count; i++)
        if (!strcmp(shelf->items[i].name, name)) return LIMN_OK;
    return put(shelf, name, path);
}

// A folder that is not as it should be hides no other.
static limn_status look_into(limn_shelf *shelf, const char *folder) {
    limn_status status = *folder ? limn_folder_walk(folder, false, visit, shelf) : LIMN_OK;
    if (status != LIMN_INPUT) return status;
    if (!shelf->fault) shelf->fault = keep(shelf, limn_message());
    return LIMN_OK;
}

static limn_status look_into_all(limn_shelf *shelf, const char *folders) {
    while (*folders) {
        size_t size = strcspn(folders, ":");
        char *folder = strndup(folders, size);
        if (!folder) return no_memory();
        limn_status status = look_into(shelf, folder);
        free(folder);
        LIMN_TRY(status);
        folders += size + (folders[size] == ':');
    }
    return LIMN_OK;
}

typedef limn_status look(limn_shelf *shelf, const char *folder);

// Calls with each folder near a file that is there.
static limn_status look_near(limn_shelf *shelf, const char *file, look *call) {
    static const char *const near[] = {"models", "../models", "../share/limn/models",
                                       "../../share/limn/models"};
    const char *slash = strrchr(file, '/');
    for (size_t i = 0; i < sizeof near / sizeof *near && slash; i++) {
        char *joined, *folder = NULL;
        if (asprintf(&joined, "%.*s/%s", (int)(slash - file), file, near[i]) < 0)
            return no_memory();
        if (limn_folder_exists(joined)) folder = realpath(joined, NULL);
        free(joined);
        limn_status status = folder ? call(shelf, folder) : LIMN_OK;
        free(folder);
        LIMN_TRY(status);
    }
    return LIMN_OK;
}

// Near the program, and near the library where that is a file of its own.
static limn_status look_around(limn_shelf *shelf, look *call) {
    char program[4096];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    const char *called = (const char *)(uintptr_t)getauxval(AT_EXECFN); // where there is no /proc
    if (size > 0)
        program[size] = 0;
    else
        snprintf(program, sizeof program, "%s", called ? called : "");
    LIMN_TRY(look_near(shelf, program, call));
    Dl_info library;
    bool apart = dladdr((const void *)(uintptr_t)limn_shelf_open, &library) && library.dli_fname &&
                 strcmp(library.dli_fname, program) != 0;
    return apart ? look_near(shelf, library.dli_fname, call) : LIMN_OK;
}

static limn_status look_for_tools(limn_shelf *shelf, const char *folder) {
    char path[4096];
    for (int i = 0; i < LIMN_SHELF_TOOLS; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, tools[i]);
        if (!shelf->tools[i] && access(path, R_OK) == 0) shelf->tools[i] = keep(shelf, path);
    }
    return LIMN_OK;
}

static int by_rank(const void *a, const void *b) {
    const limn_shelf_item *one = a, *two = b;
    if (one->rank != two->rank) return one->rank < two->rank ? -1 : 1;
    return strcmp(one->name, two->name);
}

limn_status limn_shelf_open(limn_shelf *shelf) {
    *shelf = (limn_shelf){0};
    const char *folders = getenv("LIMN_MODELS");
    bool named = folders && *folders;
    limn_status status = named ? look_into_all(shelf, folders) : look_around(shelf, look_into);
    if (status == LIMN_OK && named) status = look_around(shelf, look_for_tools);
    if (status == LIMN_OK && shelf->count)
        qsort(shelf->items, (size_t)shelf->count, sizeof *shelf->items, by_rank);
    if (status != LIMN_OK) limn_shelf_close(shelf);
    return status;
}

void limn_shelf_close(limn_shelf *shelf) {
    for (int i = 0; i < shelf->count; i++) limn_model_free(shelf->items[i].model);
    free(shelf->items);
    limn_arena_release(&shelf->arena);
    *shelf = (limn_shelf){0};
}

// ---- taking one from it ----

static const char *item_name(const void *context, int position) {
    const limn_shelf *shelf = context;
    return position < shelf->count ? shelf->items[position].name : NULL;
}

// What to do where none of the models fits and none was named.
static void fail_without(const char *verb) {
    limn_fail(LIMN_MODEL,
              "No model was named, and limn models lists none for limn %s. Name one with --model "
              "FILE, as limn train makes them, or say in LIMN_MODELS in which folder they are.",
              verb);
}

// Of two for the same verb: the nearest scale from `wanted` on, or else the largest, is better.
static bool is_better(const limn_model *model, const limn_model *than, int wanted) {
    int a = limn_model_scale(model), b = limn_model_scale(than);
    return wanted && (b < wanted ? a > b : a >= wanted && a < b);
}

// NULL: there is none.
static const limn_shelf_item *best(const limn_shelf *shelf, const char *verb, int scale,
                                   bool for_jpeg) {
    const limn_shelf_item *found = NULL;
    for (int i = 0; i < shelf->count; i++) {
        const limn_shelf_item *item = &shelf->items[i];
        if (strcmp(limn_model_verb(item->model), verb) != 0) continue;
        if (limn_model_is_for_jpeg(item->model) != for_jpeg) continue;
        if (!found || is_better(item->model, found->model, scale)) found = item;
    }
    return found;
}

// Or NULL and a sentence.
static const limn_shelf_item *by_name(const limn_shelf *shelf, const char *name) {
    for (int i = 0; i < shelf->count; i++)
        if (!strcmp(shelf->items[i].name, name)) return &shelf->items[i];
    for (int i = 0; i < shelf->count; i++)
        if (!strcasecmp(shelf->items[i].name, name)) return &shelf->items[i];
    const char *near = limn_text_nearest(name, item_name, shelf);
    if (near)
        limn_fail(LIMN_MODEL,
                  "%s: there is no such file and no model of that name. Did you mean %s?", name,
                  near);
    else
        limn_fail(LIMN_MODEL,
                  "%s: there is no such file and no model of that name. limn models lists those "
                  "there are.",
                  name);
    return NULL;
}

// What a name stands for that is one of the file system's: *path is NULL where it is none.
static limn_status find_file(const char *model, char **path) {
    bool is_folder = limn_folder_exists(model), slash = strchr(model, '/') != NULL;
    *path = NULL;
    if (!is_folder) {
        struct stat about;
        if (!slash && stat(model, &about)) return LIMN_OK;
        *path = strdup(model);
        return *path ? LIMN_OK : no_memory();
    }
    const char *between = model[strlen(model) - 1] == '/' ? "" : "/";
    if (asprintf(path, "%s%smodel.safetensors", model, between) < 0) return no_memory();
    if (access(*path, F_OK) == 0) return LIMN_OK;
    free(*path);
    *path = NULL;
    if (!slash) return LIMN_OK; // a folder may have the name of a model
    return limn_fail(LIMN_MODEL,
                     "%s: there is no model.safetensors in this folder, as a run of limn train "
                     "leaves it. Name a model file.",
                     model);
}

static limn_status copy_path(const limn_shelf_item *found, char **path) {
    *path = strdup(found->path);
    return *path ? LIMN_OK : no_memory();
}

// Whether it may stand in for the usual one: its results are as large or, where a scale is wanted,
// large enough in one pass.
static bool may_serve(const limn_shelf_item *item, const limn_shelf_item *usual, int wanted) {
    int scale = limn_model_scale(item->model);
    return scale == limn_model_scale(usual->model) || (wanted && scale >= wanted);
}

limn_status limn_shelf_find_for(const char *verb, int scale, bool jpeg, char **path) {
    limn_shelf shelf;
    *path = NULL;
    LIMN_TRY(limn_shelf_open(&shelf));
    const limn_shelf_item *found = best(&shelf, verb, scale, false);
    if (!found) fail_without(verb);
    int wanted = found && !scale ? limn_model_scale(found->model) : scale;
    const limn_shelf_item *other = jpeg ? best(&shelf, verb, wanted, true) : NULL;
    if (found && other && may_serve(other, found, scale)) found = other;
    limn_status status = found ? copy_path(found, path) : LIMN_MODEL;
    limn_shelf_close(&shelf);
    return status;
}

limn_status limn_shelf_find(const char *model, const char *verb, int scale, char **path) {
    if (!model) return limn_shelf_find_for(verb, scale, false, path);
    LIMN_TRY(find_file(model, path));
    if (*path) return LIMN_OK;
    limn_shelf shelf;
    LIMN_TRY(limn_shelf_open(&shelf));
    const limn_shelf_item *found = by_name(&shelf, model);
    limn_status status = found ? copy_path(found, path) : LIMN_MODEL;
    limn_shelf_close(&shelf);
    return status;
}

char *limn_shelf_alike(const limn_kind *kind, const void *shape) {
    limn_shelf shelf;
    char *found = NULL;
    if (limn_shelf_open(&shelf)) return NULL;
    for (int i = 0; i < shelf.count && !found; i++) {
        const limn_model *model = shelf.items[i].model;
        if (model->kind == kind && limn_kind_alike(kind, model->shape, shape))
            found = strdup(shelf.items[i].path);
    }
    limn_shelf_close(&shelf);
    return found;
}

char *limn_shelf_tool(limn_shelf_tool_name tool) {
    limn_shelf shelf;
    if (limn_shelf_open(&shelf)) return NULL;
    char *path = shelf.tools[tool] ? strdup(shelf.tools[tool]) : NULL;
    limn_shelf_close(&shelf);
    return path;
}
