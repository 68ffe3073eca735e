// The shelf: models that ship with limn, found by name.
#define _GNU_SOURCE
#include "app/shelf.h"

#include "base/file.h"
#include "base/text.h"
#include "methods/about.h"
#include "methods/model.h"
#include "formats/load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOSS_NETWORK "vgg19.safetensors"

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
    size_t bytes = ((size_t)shelf->count + 1) * sizeof item;
    limn_shelf_item *items = limn_arena_get(&shelf->arena, bytes);
    if (!items || shelf->arena.failed) return no_memory();
    if (shelf->count) memcpy(items, shelf->items, bytes - sizeof item);
    items[shelf->count++] = item;
    shelf->items = items;
    return LIMN_OK;
}

static const char **keep_domains(limn_shelf *shelf, const limn_about *about) {
    size_t bytes = (size_t)about->domain_count * sizeof(char *);
    const char **domains = bytes ? limn_arena_get(&shelf->arena, bytes) : NULL;
    for (int i = 0; i < about->domain_count && domains; i++)
        domains[i] = keep(shelf, about->domains[i]);
    return domains;
}

static limn_status put(limn_shelf *shelf, const char *name, const char *path) {
    limn_tensors set = {0};
    limn_about about;
    if (limn_tensors_load(path, &set)) return LIMN_OK;
    limn_status status = LIMN_OK;
    if (limn_about_look(&set, &about) == LIMN_OK) {
        const char *rank = limn_tensors_metadata(&set, "limn.rank");
        status = add(shelf, (limn_shelf_item){.name = keep(shelf, name),
                                              .path = keep(shelf, path),
                                              .method = keep(shelf, about.method),
                                              .network = keep(shelf, about.network),
                                              .verb = about.verb,
                                              .domains = keep_domains(shelf, &about),
                                              .domain_count = about.domain_count,
                                              .scale = about.scale,
                                              .rank = rank ? atof(rank) : INFINITY});
    }
    limn_about_free(&about);
    limn_tensors_free(&set);
    return status;
}

// The model of the folder that comes first counts when two have one name.
static limn_status visit(void *context, const char *path, const char *relative) {
    limn_shelf *shelf = context;
    char name[256];
    if (!strcmp(relative, LOSS_NETWORK) && !shelf->loss_network)
        shelf->loss_network = keep(shelf, path);
    if (!model_name(relative, name) || !strcmp(relative, LOSS_NETWORK)) return LIMN_OK;
    for (int i = 0; i < shelf->count; i++)
        if (!strcmp(shelf->items[i].name, name)) return LIMN_OK;
    return put(shelf, name, path);
}

static limn_status look_into(limn_shelf *shelf, const char *folder) {
    return limn_folder_exists(folder) ? limn_folder_walk(folder, false, visit, shelf) : LIMN_OK;
}

static limn_status look_into_all(limn_shelf *shelf, const char *folders) {
    while (*folders) {
        size_t size = strcspn(folders, ":");
        char *folder = strndup(folders, size);
        if (!folder) return no_memory();
        limn_status status = look_into(shelf, folder);
        if (!shelf->missing && *folder && !limn_folder_exists(folder))
            shelf->missing = keep(shelf, folder);
        free(folder);
        LIMN_TRY(status);
        folders += size + (folders[size] == ':');
    }
    return LIMN_OK;
}

// In the folders near the program, `look` is called with each that is there.
static limn_status look_around(limn_shelf *shelf,
                               limn_status (*look)(limn_shelf *shelf, const char *folder)) {
    static const char *const near[] = {"models", "../models", "../share/limn/models"};
    char program[4096];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    program[size > 0 ? size : 0] = 0;
    char *slash = strrchr(program, '/');
    if (slash) {
        slash[1] = 0;
        for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
            char *joined, *folder = NULL;
            if (asprintf(&joined, "%s%s", program, near[i]) < 0) return no_memory();
            if (limn_folder_exists(joined)) folder = realpath(joined, NULL);
            free(joined);
            limn_status status = folder ? look(shelf, folder) : LIMN_OK;
            free(folder);
            LIMN_TRY(status);
        }
    }
    return LIMN_OK;
}

static limn_status look_for_loss_network(limn_shelf *shelf, const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s/" LOSS_NETWORK, folder);
    if (!shelf->loss_network && access(path, R_OK) == 0) shelf->loss_network = keep(shelf, path);
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
    if (status == LIMN_OK && named) status = look_around(shelf, look_for_loss_network);
    if (status == LIMN_OK && shelf->count)
        qsort(shelf->items, (size_t)shelf->count, sizeof *shelf->items, by_rank);
    if (status != LIMN_OK) limn_shelf_close(shelf);
    return status;
}

void limn_shelf_close(limn_shelf *shelf) {
    limn_arena_release(&shelf->arena);
    *shelf = (limn_shelf){0};
}

// ---- taking one from it ----

static const char *item_name(const void *context, int position) {
    const limn_shelf *shelf = context;
    return position < shelf->count ? shelf->items[position].name : NULL;
}

// What to do where none of the models fits and none was named.
static void fail_without(const char *method, int scale) {
    if (!strcmp(method, "two-step"))
        limn_fail(LIMN_MODEL, "No model was named, and none that translates ships with limn: limn "
                              "train two-step makes one. Name it with --model.");
    else if (scale > 1)
        limn_fail(LIMN_MODEL,
                  "No model was named, and limn models lists none that makes pictures %d times "
                  "larger. limn train upscale --scale %d makes one: name it with --model.",
                  scale, scale);
    else
        limn_fail(LIMN_MODEL,
                  "No model was named, and limn finds none of its own for this. Name one with "
                  "--model FILE, or say in LIMN_MODELS in which folder they are.");
}

// The item wanted, or NULL and a sentence.
static const limn_shelf_item *best(const limn_shelf *shelf, const char *method, int scale) {
    for (int i = 0; i < shelf->count; i++) {
        const limn_shelf_item *item = &shelf->items[i];
        if (!strcmp(item->method, method) && item->scale == scale) return item;
    }
    fail_without(method, scale);
    return NULL;
}

static const limn_shelf_item *by_name(const limn_shelf *shelf, const char *name) {
    for (int i = 0; i < shelf->count; i++)
        if (!strcmp(shelf->items[i].name, name)) return &shelf->items[i];
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

limn_status limn_shelf_find(const char *model, const char *method, int scale, char **path) {
    *path = NULL;
    if (model) LIMN_TRY(find_file(model, path));
    if (*path) return LIMN_OK;
    limn_shelf shelf;
    LIMN_TRY(limn_shelf_open(&shelf));
    const limn_shelf_item *found = model ? by_name(&shelf, model) : best(&shelf, method, scale);
    limn_status status = LIMN_MODEL;
    if (found) {
        *path = strdup(found->path);
        status = *path ? LIMN_OK : no_memory();
    }
    limn_shelf_close(&shelf);
    return status;
}

static limn_status check_scale(const limn_model *model, int wanted) {
    int scale = limn_model_scale(model);
    if (wanted == 1 && scale != 1)
        return limn_fail(LIMN_MODEL,
                         "makes pictures %d times larger, which is not a style. Take limn upscale "
                         "for it.",
                         scale);
    if (wanted > 1 && scale == 1)
        return limn_fail(LIMN_MODEL, "is a style and enlarges nothing. Take limn stylize for it.");
    return LIMN_OK;
}

limn_status limn_shelf_load(limn_call *call, const char *model, int scale, const char *network,
                            limn_model **loaded) {
    char *path;
    LIMN_TRY(limn_shelf_find(model, "perceptual", scale ? scale : 1, &path));
    limn_status status = limn_model_load(path, (limn_model_options){.network = network}, loaded);
    if (status == LIMN_OK) {
        status = check_scale(*loaded, scale);
        if (status != LIMN_OK) {
            limn_fail_in(status, "%s: ", path);
            limn_model_free(*loaded);
            *loaded = NULL;
        }
    }
    if (status == LIMN_OK) {
        limn_call_text(call, "model", path);
        if (!model || call->common->verbose) limn_say(call, "model: %s", path);
    }
    free(path);
    return status;
}

char *limn_shelf_loss_network(void) {
    limn_shelf shelf;
    if (limn_shelf_open(&shelf)) return NULL;
    char *path = shelf.loss_network ? strdup(shelf.loss_network) : NULL;
    limn_shelf_close(&shelf);
    return path;
}
