// What a network that is to be trained starts from.
#include "train/start.h"

#include "base/file.h"
#include "model/shelf.h"
#include "train/stages.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Whether every option that the shapes differ in is one of the method's, of the same name.
static bool is_said_by_options(const limn_method *method, const limn_kind *kind, const void *a,
                               const void *b) {
    const limn_option_group groups[] = {{"", method->options, 0}, {0}};
    for (const limn_option *option = kind->shape; option->name; option++)
        if (!limn_option_same(option, a, b) && !limn_options_find(groups, option->name))
            return false;
    return true;
}

// How many times larger a network makes pictures: NULL where its shape does not say that.
static const limn_option *scale_of(const limn_kind *kind) {
    for (const limn_option *option = kind->shape; option->name; option++)
        if (!strcmp(option->name, "scale")) return option;
    return NULL;
}

// The options by which a training gets the model's shape; a scale may differ.
static void add_advice(const limn_model *found, const void *shape, limn_text *words) {
    const limn_kind *kind = found->kind;
    const limn_option_group groups[] = {{"shape", kind->shape, 0}, {0}};
    const limn_option *scale = scale_of(kind);
    char *wanted = malloc(kind->shape_size);
    if (!wanted) return;
    memcpy(wanted, shape, kind->shape_size);
    if (scale)
        memcpy(wanted + scale->offset, (const char *)found->shape + scale->offset, sizeof(int64_t));
    limn_options_words(groups, found->shape, wanted, words);
    free(wanted);
}

static limn_status refuse(const limn_trainer *trainer, const char *init, const limn_model *found,
                          const limn_kind *kind, const void *shape) {
    limn_text is = {0}, wanted = {0}, words = {0};
    limn_kind_shape_words(found->kind, found->shape, &is);
    limn_kind_shape_words(kind, shape, &wanted);
    bool advised =
        found->kind == kind && is_said_by_options(trainer->method, kind, found->shape, shape);
    if (advised) add_advice(found, shape, &words);
    limn_fail(LIMN_USAGE, "--init %s: it is a %s (%s), and a %s (%s) is to be trained%s%s", init,
              found->kind->name, is.data, kind->name, wanted.data, words.size ? ". Add" : "",
              words.size ? words.data : "");
    limn_text_free(&words);
    limn_text_free(&is);
    limn_text_free(&wanted);
    return LIMN_USAGE;
}

static limn_status from_chance(limn_trainer *trainer, const limn_kind *kind, const void *shape,
                               const char *const *domains, int count) {
    limn_sizes sizes = kind->sizes(shape);
    LIMN_TRY(limn_sizes_check(&sizes, "--image-size"));
    LIMN_TRY(limn_model_new(kind, shape, domains, count, &trainer->model));
    LIMN_TRY(limn_trainer_check_room(trainer, &trainer->model->store));
    return limn_store_ready(&trainer->model->store, (uint64_t)trainer->common.seed, false);
}

// Networks that make pictures larger by different factors, and are otherwise the same.
static bool differ_in_scale(const limn_kind *kind, const void *a, const void *b) {
    const limn_option *scale = scale_of(kind);
    for (const limn_option *option = kind->shape; option->name; option++)
        if (option != scale && !limn_option_same(option, a, b)) return false;
    return scale != NULL;
}

// All that does not depend on the scale is taken; statistics of norms are still to be found.
static limn_status begin_at_scale(limn_trainer *trainer, const char *init, const limn_model *found,
                                  const void *shape, bool *by_chance) {
    if (by_chance) *by_chance = true;
    LIMN_TRY(from_chance(trainer, found->kind, shape, NULL, 0));
    size_t left = limn_store_copy_fitting(&trainer->model->store, &found->store);
    limn_trainer_say(trainer,
                     "%s enlarges %d times: what depends on that, %zu of %" PRId64
                     " numbers, begins from chance",
                     init, limn_model_scale(found), left, limn_model_parameters(trainer->model));
    return LIMN_OK;
}

static limn_status load(limn_trainer *trainer, const char *init, const limn_kind *kind,
                        const void *shape, bool *by_chance) {
    limn_model *found;
    limn_status status;
    LIMN_TRY(limn_model_load(init, NULL, &found));
    if (found->kind == kind && limn_kind_alike(kind, found->shape, shape)) {
        trainer->model = found;
        return LIMN_OK;
    }
    if (found->kind == kind && differ_in_scale(kind, found->shape, shape))
        status = begin_at_scale(trainer, init, found, shape, by_chance);
    else
        status = refuse(trainer, init, found, kind, shape);
    limn_model_free(found);
    return status;
}

limn_status limn_start(limn_trainer *trainer, const char *init, const limn_kind *kind,
                       const void *shape, bool *by_chance) {
    if (trainer->resumes) init = "none"; // a checkpoint has the values
    bool any = !strcmp(init, "auto");
    if (by_chance) *by_chance = false;
    if (!any && strcmp(init, "none") != 0) return load(trainer, init, kind, shape, by_chance);
    char *base = any ? limn_shelf_alike(kind, shape) : NULL;
    if (base) {
        limn_trainer_say(trainer, "starting from %s", base);
        limn_status status = load(trainer, base, kind, shape, by_chance);
        free(base);
        return status;
    }
    if (by_chance) *by_chance = true;
    if (any) limn_trainer_say(trainer, "no model of this shape ships: beginning from chance");
    return from_chance(trainer, kind, shape, NULL, 0);
}

typedef struct nearest {
    limn_model *model; // owned; NULL: none has the shape
    const char *name;  // the shelf's
    double distance;
    int count; // of those that have it
} nearest;

// A distance that is not a number is larger than all others.
static limn_status compare(limn_trainer *trainer, const limn_shelf_item *item,
                           limn_distance_of *distance_of, nearest *found) {
    limn_model *model;
    double distance;
    LIMN_TRY(limn_model_load(item->path, NULL, &model));
    limn_status status = distance_of(trainer, model, &distance);
    bool nearer =
        !found->model || distance < found->distance || (isnan(found->distance) && !isnan(distance));
    found->count++;
    if (status == LIMN_OK && nearer) {
        limn_model *before = found->model;
        *found = (nearest){model, item->name, distance, found->count};
        model = before;
    }
    limn_model_free(model);
    return status;
}

static limn_status find_nearest(limn_trainer *trainer, const limn_shelf *shelf,
                                const limn_kind *kind, const void *shape,
                                limn_distance_of *distance_of, nearest *found) {
    for (int i = 0; i < shelf->count; i++) {
        const limn_model *model = shelf->items[i].model;
        if (model->kind == kind && limn_kind_alike(kind, model->shape, shape))
            LIMN_TRY(compare(trainer, &shelf->items[i], distance_of, found));
    }
    return LIMN_OK;
}

static limn_status begin_from(limn_trainer *trainer, const nearest *found) {
    char others[80] = "the only style of this shape that ships";
    if (found->count > 1)
        snprintf(others, sizeof others, "the nearest of the %d styles that ship", found->count);
    limn_trainer_say(trainer, "beginning from %s, %s", found->name, others);
    return limn_trainer_settle(trainer, "init", found->name);
}

limn_status limn_start_nearest(limn_trainer *trainer, const char *init, const limn_kind *kind,
                               const void *shape, limn_distance_of *distance_of) {
    nearest found = {0};
    limn_shelf shelf;
    if (trainer->resumes || strcmp(init, "auto") != 0)
        return limn_start(trainer, init, kind, shape, NULL);
    LIMN_TRY(limn_shelf_open(&shelf));
    limn_status status = find_nearest(trainer, &shelf, kind, shape, distance_of, &found);
    trainer->model = found.model;
    if (status == LIMN_OK && found.model) status = begin_from(trainer, &found);
    limn_shelf_close(&shelf);
    if (status != LIMN_OK || trainer->model) return status;
    limn_trainer_say(trainer, "no style of this shape ships: beginning from chance, which takes "
                              "thousands of steps");
    LIMN_TRY(limn_trainer_settle(trainer, "init", "none"));
    return from_chance(trainer, kind, shape, NULL, 0);
}

static void print_names(const char *const *names, int count, limn_text *text) {
    for (int i = 0; i < count; i++) limn_text_print(text, "%s%s", i ? ", " : "", names[i]);
}

// Names of this training's that the model has in other places.
static limn_status check_order(const char *init, const limn_model *model,
                               const char *const *domains, int count) {
    limn_text has = {0}, wanted = {0};
    bool moved = false;
    for (int i = 0; i < model->domain_count; i++)
        for (int j = 0; j < count; j++) moved |= i != j && !strcmp(model->domains[i], domains[j]);
    if (!moved) return LIMN_OK;
    print_names(model->domains, model->domain_count, &has);
    print_names(domains, count, &wanted);
    limn_fail(LIMN_USAGE,
              "--init %s: its domains are %s in this order, and those of this training %s. Say "
              "--domain for each in the model's order",
              init, has.data, wanted.data);
    limn_text_free(&has);
    limn_text_free(&wanted);
    return LIMN_USAGE;
}

// Its domains are those of this training; another training size is no other network. Of a run the
// last weights are taken, discriminators too.
limn_status limn_start_between(limn_trainer *trainer, const char *init, const limn_kind *kind,
                               const void *shape, const char *const *domains, int count) {
    limn_model *model;
    limn_status status = LIMN_USAGE;
    LIMN_TRY(from_chance(trainer, kind, shape, domains, count));
    if (trainer->resumes || !strcmp(init, "none") || !strcmp(init, "auto")) return LIMN_OK;
    LIMN_TRY(limn_model_load(init, NULL, &model));
    bool fits = model->kind == kind && limn_store_alike(&trainer->model->store, &model->store);
    if (fits) {
        status = check_order(init, model, domains, count);
        limn_store_copy(&trainer->model->store, &model->store);
        if (limn_folder_exists(init)) trainer->start = init; // its model may be an average
    } else {
        refuse(trainer, init, model, kind, shape);
    }
    limn_model_free(model);
    return status;
}
