// What a network that is to be trained starts from.
#include "train/start.h"

#include "model/settings.h"
#include "model/shelf.h"

#include <stdlib.h>
#include <string.h>

static limn_status refuse(const char *init, const limn_model *found, const limn_kind *kind,
                          const void *shape) {
    limn_text is = {0}, wanted = {0};
    limn_kind_shape_words(found->kind, found->shape, &is);
    limn_kind_shape_words(kind, shape, &wanted);
    limn_fail(LIMN_USAGE, "--init %s: it is a %s (%s), and a %s (%s) is to be trained", init,
              found->kind->name, is.data, kind->name, wanted.data);
    limn_text_free(&is);
    limn_text_free(&wanted);
    return LIMN_USAGE;
}

static limn_status load(const char *init, const limn_kind *kind, const void *shape,
                        limn_model **model) {
    LIMN_TRY(limn_model_load(init, NULL, model));
    if ((*model)->kind == kind && limn_kind_alike(kind, (*model)->shape, shape)) return LIMN_OK;
    return refuse(init, *model, kind, shape);
}

limn_status limn_start(limn_trainer *trainer, const char *init, const limn_kind *kind,
                       const void *shape, bool *from_chance) {
    limn_model **model = &trainer->model;
    if (trainer->resumes) init = "none"; // a checkpoint has the values
    bool any = !strcmp(init, "auto");
    if (from_chance) *from_chance = false;
    if (!any && strcmp(init, "none") != 0) return load(init, kind, shape, model);
    char *base = any ? limn_shelf_alike(kind, shape) : NULL;
    if (base) {
        limn_trainer_say(trainer, "starting from %s", base);
        limn_status status = load(base, kind, shape, model);
        free(base);
        return status;
    }
    if (from_chance) *from_chance = true;
    LIMN_TRY(limn_model_new(kind, shape, NULL, 0, model));
    return limn_store_ready(&(*model)->store, (uint64_t)trainer->common.seed, false);
}

static limn_status take_options(const limn_trainer *trainer, const limn_kind *kind, void *shape) {
    const limn_option_group from[] = {{"options", trainer->method->options, 0}, {0}};
    const limn_option_group to[] = {{"shape", kind->shape, 0}, {0}};
    limn_text text = {0};
    limn_parsed parsed = {0};
    const char *name;
    json_t *value;
    limn_options_json(from, trainer->options, &text);
    json_t *all = text.failed ? NULL : json_loads(text.data, 0, NULL);
    limn_text_free(&text);
    limn_status status = all ? LIMN_OK : limn_fail(LIMN_MEMORY, "no memory for options");
    json_object_foreach(all, name, value) {
        if (status == LIMN_OK) status = limn_setting_read(to, name, value, shape, &parsed);
    }
    limn_parsed_free(&parsed);
    json_decref(all);
    return status;
}

limn_status limn_start_named(limn_trainer *trainer, const limn_kind *kind,
                             const char *const *domains, int count) {
    void *shape = limn_kind_shape(kind);
    if (!shape) return limn_fail(LIMN_MEMORY, "there is no memory for a model");
    limn_status status = take_options(trainer, kind, shape);
    if (status == LIMN_OK) status = limn_model_new(kind, shape, domains, count, &trainer->model);
    free(shape);
    return status;
}
