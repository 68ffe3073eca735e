// Two-step models: from files and to files.
#include "methods/two_step.h"

#include "base/text.h"
#include "methods/about.h"
#include "formats/fill.h"
#include "formats/load.h"
#include "formats/numpy.h"
#include "formats/safetensors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_kept(const char *name) {
    return !strncmp(name, "G.", 2) || !strncmp(name, "E.", 2);
}

static limn_status describe_options(const limn_two_step_about *about, limn_tensors *set) {
    const limn_two_step_shape *shape = &about->shape;
    limn_text text = {0};
    limn_text_print(&text,
                    "{\"size\": %d, \"width\": %d, \"latent\": %d, \"embedding\": %d, "
                    "\"uniform\": %s, \"stretch\": %s, \"inpaint\": %s, \"encoder_steps\": %lld, "
                    "\"domains\": [",
                    shape->size, shape->width, shape->latent, shape->embedding,
                    shape->uniform ? "true" : "false", about->stretch ? "true" : "false",
                    about->inpaint ? "true" : "false", (long long)about->encoder_steps);
    for (int i = 0; i < shape->domains; i++) {
        if (i) limn_text_print(&text, ", ");
        limn_text_json(&text, about->names[i]);
    }
    limn_text_print(&text, "]}");
    limn_status status = text.failed ? limn_fail(LIMN_MEMORY, "no memory for a model's metadata")
                                     : limn_tensors_describe(set, "limn.options", text.data);
    limn_text_free(&text);
    return status;
}

// What the set says already, it keeps.
static limn_status describe(const limn_two_step_about *about, const char *source, int64_t step,
                            limn_tensors *set) {
    char multiple[16], steps[32];
    snprintf(multiple, sizeof multiple, "%d", about->shape.size);
    snprintf(steps, sizeof steps, "%lld", (long long)step);
    const char *const pairs[][2] = {
        {"limn.format", "1"},
        {"limn.version", LIMN_VERSION},
        {"limn.method", "two-step"},
        {"limn.network", "two-step"},
        {"limn.input", "rgb 0..255"},
        {"limn.output", "rgb 0..255"},
        {"limn.size_multiple", multiple},
        {"limn.source", source},
        {"limn.step", steps},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!limn_tensors_metadata(set, pairs[i][0]))
            LIMN_TRY(limn_tensors_note(set, pairs[i][0], pairs[i][1]));
    return describe_options(about, set);
}

static limn_status add_parameters(const limn_store *store, limn_tensors *set) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        size_t shape[LIMN_MAX_RANK];
        if (!is_kept(it->name)) continue;
        for (int d = 0; d < it->shape.rank; d++) shape[d] = (size_t)it->shape.dim[d];
        LIMN_TRY(limn_tensors_add(set, it->name, LIMN_ELEMENT_F32, it->shape.rank, shape,
                                  store->values + it->offset));
    }
    return LIMN_OK;
}

limn_status limn_two_step_save(const limn_two_step_about *about, const limn_store *store,
                               const char *source, int64_t step, const char *path) {
    limn_tensors set = {0};
    limn_status status = describe(about, source, step, &set);
    if (status == LIMN_OK) status = add_parameters(store, &set);
    if (status == LIMN_OK) status = limn_safetensors_write(path, &set, LIMN_ELEMENT_F32, true);
    limn_tensors_free(&set);
    return status;
}

limn_status limn_two_step_describe(limn_two_step *model, const char *key, const char *value) {
    return limn_tensors_describe(&model->told, key, value);
}

limn_status limn_two_step_write(const limn_two_step *model, const char *path, bool half,
                                bool replace) {
    limn_tensors set = {0};
    limn_status status = LIMN_OK;
    for (size_t i = 0; i < model->told.metadata_count && status == LIMN_OK; i++)
        status =
            limn_tensors_note(&set, model->told.metadata[i].key, model->told.metadata[i].value);
    if (status == LIMN_OK) status = describe(&model->about, "unknown", 0, &set);
    if (status == LIMN_OK) status = add_parameters(&model->store, &set);
    if (status == LIMN_OK)
        status =
            limn_safetensors_write(path, &set, half ? LIMN_ELEMENT_F16 : LIMN_ELEMENT_F32, replace);
    limn_tensors_free(&set);
    return status;
}

static limn_status unreadable(void) {
    return limn_fail(LIMN_MODEL, "limn.options does not say size, width, latent, embedding and at "
                                 "least two domains");
}

static limn_status read_names(limn_two_step *model, const json_t *list) {
    size_t count = json_array_size(list);
    if (count < 2 || count > LIMN_MOST_DOMAINS) return unreadable();
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name) return unreadable();
        const char *fault = limn_domain_fault(name, model->about.names, (int)i);
        limn_shown shown;
        if (fault)
            return limn_fail(LIMN_MODEL, "limn.options names a domain %s: %s",
                             limn_show(&shown, name, strlen(name)), fault);
        model->about.names[i] = limn_arena_copy(&model->arena, name, strlen(name) + 1);
        if (model->arena.failed) break;
    }
    model->about.shape.domains = (int)count;
    return model->arena.failed ? limn_fail(LIMN_MEMORY, "there is no memory for a model") : LIMN_OK;
}

static limn_status read_about(limn_two_step *model, const json_t *json) {
    limn_two_step_shape *shape = &model->about.shape;
    const struct member {
        const char *name;
        int *value;
    } members[] = {{"size", &shape->size},
                   {"width", &shape->width},
                   {"latent", &shape->latent},
                   {"embedding", &shape->embedding}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const json_t *value = json_object_get(json, members[i].name);
        json_int_t number = json_integer_value(value);
        if (!json_is_integer(value) || number < 0 || number > 1 << 20) return unreadable();
        *members[i].value = (int)number;
    }
    // Files without the number come from other programs, or from a time when all were trained.
    const json_t *steps = json_object_get(json, "encoder_steps");
    model->about.encoder_steps = steps ? json_integer_value(steps) : 1;
    shape->uniform = json_is_true(json_object_get(json, "uniform"));
    model->about.stretch = json_is_true(json_object_get(json, "stretch"));
    model->about.inpaint = json_is_true(json_object_get(json, "inpaint"));
    LIMN_TRY(read_names(model, json_object_get(json, "domains")));
    // What cannot be asked for cannot be in a file either.
    return limn_two_step_check(shape) == LIMN_OK ? LIMN_OK
                                                 : limn_fail(LIMN_MODEL, "%s", limn_message());
}

static limn_status identify(const limn_tensors *set, limn_two_step *model) {
    const char *format = limn_tensors_metadata(set, "limn.format");
    const char *method = limn_tensors_metadata(set, "limn.method");
    const char *options = limn_tensors_metadata(set, "limn.options");
    if (limn_numpy_is_list(set)) return limn_numpy_refuse_list();
    if (!format || !method || strcmp(method, "two-step"))
        return limn_fail(LIMN_MODEL,
                         "a model of method %.40s, and one that limn train two-step made is "
                         "needed. limn info tells more",
                         method ? method : "unknown");
    if (strcmp(format, "1"))
        return limn_fail(LIMN_MODEL,
                         "the file is of format %.20s, this program reads format 1: a newer limn "
                         "is needed",
                         format);
    json_t *json = options ? json_loads(options, JSON_REJECT_DUPLICATES, NULL) : NULL;
    limn_status status = json ? read_about(model, json) : unreadable();
    json_decref(json);
    return status;
}

// What the file says of itself besides what its own writing says anew.
static limn_status keep_told(const limn_tensors *set, limn_two_step *model) {
    static const char *const anew[] = {"limn.format", "limn.version", "limn.options", NULL};
    for (size_t i = 0; i < set->metadata_count; i++) {
        const limn_metadata *it = &set->metadata[i];
        if (limn_text_among(it->key, anew)) continue;
        LIMN_TRY(limn_tensors_note(&model->told, it->key, it->value));
    }
    return LIMN_OK;
}

static limn_status fill(const limn_tensors *set, limn_two_step *model) {
    LIMN_TRY(identify(set, model));
    LIMN_TRY(keep_told(set, model));
    LIMN_TRY(limn_two_step_register(&model->about.shape, &model->store));
    return limn_tensors_fill(set, &model->store);
}

static limn_status load(const limn_tensors *set, limn_two_step **result) {
    limn_two_step *model = *result = calloc(1, sizeof *model);
    if (!model) return limn_fail(LIMN_MEMORY, "there is no memory for a model");
    limn_status status = fill(set, model);
    if (status == LIMN_OK) return LIMN_OK;
    limn_two_step_free(model);
    *result = NULL;
    return status;
}

limn_status limn_two_step_load(const char *path, limn_two_step **result) {
    *result = NULL;
    limn_tensors set = {0};
    LIMN_TRY(limn_tensors_load(path, &set));
    limn_status status = load(&set, result);
    limn_tensors_free(&set);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", path);
}

void limn_two_step_free(limn_two_step *model) {
    if (!model) return;
    limn_store_free(&model->store);
    limn_tensors_free(&model->told);
    limn_arena_release(&model->arena);
    free(model);
}

// What its metadata alone say.
static void tell_head(const limn_two_step *model, limn_about *about) {
    int count = model->about.shape.domains;
    about->method = about->network = "two-step";
    about->verb = "translate";
    about->size = model->about.shape.size;
    about->domains = limn_arena_get(&about->arena, (size_t)count * sizeof(char *));
    about->domain_count = about->domains ? count : 0;
    for (int i = 0; i < about->domain_count; i++) {
        const char *name = model->about.names[i];
        about->domains[i] = limn_arena_copy(&about->arena, name, strlen(name) + 1);
    }
}

limn_status limn_two_step_tell(limn_tensors *set, const char *network, limn_about *about) {
    limn_two_step *model;
    LIMN_TRY(limn_about_check_network("two-step", network));
    LIMN_TRY(load(set, &model));
    const limn_two_step_shape *shape = &model->about.shape;
    tell_head(model, about);
    about->parameters = limn_store_trained(&model->store);
    about->work[about->work_count++] = (struct limn_work){shape->size, limn_two_step_macs(shape)};
    limn_two_step_free(model);
    return LIMN_OK;
}

limn_status limn_two_step_tell_head(limn_tensors *set, limn_about *about) {
    limn_two_step *model = calloc(1, sizeof *model);
    if (!model) return limn_fail(LIMN_MEMORY, "there is no memory for a model");
    limn_status status = identify(set, model);
    if (status == LIMN_OK) tell_head(model, about);
    limn_two_step_free(model);
    if (about->arena.failed) return limn_fail(LIMN_MEMORY, "there is no memory for a model");
    return status;
}

static const char *name_at(const void *about, int i) {
    const limn_two_step_about *it = about;
    return i < it->shape.domains ? it->names[i] : NULL;
}

limn_status limn_two_step_find(const limn_two_step_about *about, const char *name, int *domain) {
    limn_text known = {0};
    for (int i = 0; i < about->shape.domains; i++) {
        *domain = i;
        if (!strcmp(about->names[i], name)) {
            limn_text_free(&known);
            return LIMN_OK;
        }
        limn_text_print(&known, i ? ", %s" : "%s", about->names[i]);
    }
    const char *near = limn_text_nearest(name, name_at, about);
    limn_status status = limn_fail(LIMN_USAGE, "%s: the model has no such domain. %s%s%sIt has %s.",
                                   name, near ? "Did you mean " : "", near ? near : "",
                                   near ? "? " : "", known.data ? known.data : "none");
    limn_text_free(&known);
    return status;
}
