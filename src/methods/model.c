// Models from files and to files.
#include "methods/model.h"

#include "base/text.h"
#include "methods/about.h"
#include "formats/fill.h"
#include "formats/load.h"
#include "formats/numpy.h"
#include "formats/recognise.h"
#include "formats/safetensors.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST = 1024 }; // channels of the first convolution that a file may ask for

limn_status limn_model_describe(limn_model *model, const char *key, const char *value) {
    return limn_tensors_describe(&model->told, key, value);
}

// Builds the network once, at any size, so that its parameters are known.
static limn_status register_parameters(limn_model *model) {
    limn_net net = {.graph = limn_graph_new(), .store = &model->store};
    if (!net.graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    int size = model->network->smallest > 64 ? model->network->smallest : 64;
    limn_node *x = limn_input(net.graph, "picture", LIMN_SHAPE(1, 3, size, size));
    model->network->build(&net, x, &model->options);
    limn_status status = limn_graph_check(net.graph);
    limn_graph_free(net.graph);
    limn_net_free(&net);
    return status;
}

static limn_status make_model(const limn_network *network, limn_network_options options,
                              limn_model **result) {
    limn_model *model = *result = calloc(1, sizeof *model);
    if (!model) return limn_fail(LIMN_MEMORY, "there is no memory for a model");
    model->network = network;
    model->options = options;
    return LIMN_OK;
}

limn_status limn_model_new(const limn_network *network, limn_network_options options, uint64_t seed,
                           limn_model **result) {
    LIMN_TRY(make_model(network, options, result));
    limn_status status = register_parameters(*result);
    if (status == LIMN_OK) status = limn_store_ready(&(*result)->store, seed, false);
    if (status == LIMN_OK) return LIMN_OK;
    limn_model_free(*result);
    *result = NULL;
    return status;
}

static limn_status refuse_options(const limn_network *network) {
    limn_text scales = {0};
    for (int i = 0; network->scales[i]; i++)
        limn_text_print(&scales, i ? " or %d" : "%d", network->scales[i]);
    limn_status status = limn_fail(
        LIMN_MODEL,
        "limn.options says what cannot be: network %s has a width of 1 to %d and scale %s",
        network->name, WIDEST, scales.data ? scales.data : "1");
    limn_text_free(&scales);
    return status;
}

static bool has_scale(const limn_network *network, json_int_t scale) {
    for (int i = 0; network->scales[i]; i++)
        if (network->scales[i] == scale) return true;
    return false;
}

// "width" and "scale" of limn.options. The numbers may be larger than an int.
static limn_status read_options(const limn_tensors *set, const limn_network *network,
                                limn_network_options *options) {
    const char *text = limn_tensors_metadata(set, "limn.options");
    *options = network->usual;
    if (!text) return LIMN_OK;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const json_t *given[] = {json_object_get(json, "width"), json_object_get(json, "scale")};
    json_int_t width = given[0] ? json_integer_value(given[0]) : options->width;
    json_int_t scale = given[1] ? json_integer_value(given[1]) : options->scale;
    bool fine = json_is_object(json) && width >= 1 && width <= WIDEST && has_scale(network, scale);
    json_decref(json);
    if (!fine) return refuse_options(network);
    *options = (limn_network_options){.width = (int)width, .scale = (int)scale};
    return LIMN_OK;
}

static limn_status find_network(const char *name, const limn_network **network) {
    *network = limn_network_find(name);
    if (*network) return LIMN_OK;
    limn_text known = {0};
    for (int i = 0; limn_network_at(i); i++)
        limn_text_print(&known, i ? ", %s" : "%s", limn_network_at(i)->name);
    limn_status status = limn_fail(LIMN_MODEL, "there is no network named %.60s; known are %s",
                                   name, known.data ? known.data : "none");
    limn_text_free(&known);
    return status;
}

// limn's own file: its metadata say all.
static limn_status identify_own(const limn_tensors *set, const char *said,
                                const limn_network **network, limn_network_options *options) {
    const char *format = limn_tensors_metadata(set, "limn.format");
    const char *name = limn_tensors_metadata(set, "limn.network");
    const char *method = limn_tensors_metadata(set, "limn.method");
    if (strcmp(format, "1"))
        return limn_fail(LIMN_MODEL,
                         "the file is of format %.20s, this program reads format 1: a "
                         "newer limn is needed",
                         format);
    if (method && !strcmp(method, "two-step"))
        return limn_fail(LIMN_MODEL, "a two-step model, which translates between domains. Take "
                                     "limn translate for it");
    if (!name) return limn_fail(LIMN_MODEL, "the file does not say which network it holds");
    LIMN_TRY(limn_about_check_network(name, said));
    LIMN_TRY(find_network(name, network));
    return read_options(set, *network, options);
}

// A bare state dict: what it was said to be, or what its names and shapes tell.
static limn_status identify_bare(limn_tensors *set, const char *said, const limn_network **network,
                                 limn_network_options *options) {
    if (limn_numpy_is_list(set)) return limn_numpy_refuse_list();
    LIMN_TRY(limn_tensors_tidy(set));
    if (said) {
        LIMN_TRY(find_network(said, network));
        *options = (*network)->usual;
        const limn_stored *first = limn_tensors_find(set, "conv1.weight");
        if (!first) first = limn_tensors_find(set, "conv1.conv2d.weight");
        if (first && first->rank == 4 && first->shape[0] >= 1 && first->shape[0] <= WIDEST)
            options->width = (int)first->shape[0];
        return LIMN_OK;
    }
    limn_style_network style;
    LIMN_TRY(limn_recognise_style(set, &style));
    if (style.blocks != 5 || strcmp(style.scale, "weight"))
        return limn_fail(LIMN_MODEL,
                         "it is a style network of %d residual blocks with norms named "
                         "%s; limn runs those of 5 blocks named weight",
                         style.blocks, style.scale);
    *network = &limn_network_torch_examples;
    *options = (limn_network_options){.width = style.width, .scale = 1};
    return LIMN_OK;
}

static limn_status load(limn_tensors *set, limn_model_options options, bool parameters,
                        limn_model **model) {
    const limn_network *network = NULL;
    limn_network_options shape = {0};
    bool own = limn_tensors_metadata(set, "limn.format") != NULL;
    LIMN_TRY(own ? identify_own(set, options.network, &network, &shape)
                 : identify_bare(set, options.network, &network, &shape));
    LIMN_TRY(make_model(network, shape, model));
    if (parameters) {
        LIMN_TRY(register_parameters(*model));
        LIMN_TRY(limn_tensors_fill(set, &(*model)->store));
    }
    for (size_t i = 0; own && i < set->metadata_count; i++)
        LIMN_TRY(limn_tensors_note(&(*model)->told, set->metadata[i].key, set->metadata[i].value));
    return LIMN_OK;
}

static limn_status load_file(const char *path, limn_model_options options, bool parameters,
                             limn_model **model) {
    *model = NULL;
    limn_tensors set = {0};
    LIMN_TRY(limn_tensors_load(path, &set));
    limn_status status = load(&set, options, parameters, model);
    limn_tensors_free(&set);
    if (status == LIMN_OK) return LIMN_OK;
    limn_model_free(*model);
    *model = NULL;
    return limn_fail_in(status, "%s: ", path);
}

limn_status limn_model_load(const char *path, limn_model_options options, limn_model **model) {
    return load_file(path, options, true, model);
}

limn_status limn_model_look(const char *path, limn_model **model) {
    return load_file(path, (limn_model_options){0}, false, model);
}

// What every file says, besides what the model was told to say.
static limn_status describe_all(const limn_model *model, limn_tensors *set) {
    char options[96];
    snprintf(options, sizeof options, "{\"width\": %d, \"scale\": %d}", model->options.width,
             model->options.scale);
    char multiple[16];
    snprintf(multiple, sizeof multiple, "%d", model->network->multiple);
    const char *const pairs[][2] = {
        {"limn.method", model->network->method},
        {"limn.network", model->network->name},
        {"limn.options", options},
        {"limn.input", model->network->input},
        {"limn.output", model->network->output},
        {"limn.size_multiple", multiple},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!limn_tensors_metadata(&model->told, pairs[i][0]))
            LIMN_TRY(limn_tensors_note(set, pairs[i][0], pairs[i][1]));
    for (size_t i = 0; i < model->told.metadata_count; i++)
        LIMN_TRY(
            limn_tensors_note(set, model->told.metadata[i].key, model->told.metadata[i].value));
    LIMN_TRY(limn_tensors_describe(set, "limn.format", "1"));
    return limn_tensors_describe(set, "limn.version", LIMN_VERSION);
}

limn_status limn_model_save(const limn_model *model, const char *path, bool half, bool replace) {
    limn_tensors set = {0};
    limn_status status = describe_all(model, &set);
    for (int i = 0; i < model->store.size && status == LIMN_OK; i++) {
        const limn_parameter *it = &model->store.parameters[i];
        size_t shape[LIMN_MAX_RANK];
        for (int d = 0; d < it->shape.rank; d++) shape[d] = (size_t)it->shape.dim[d];
        status = limn_tensors_add(&set, it->name, LIMN_ELEMENT_F32, it->shape.rank, shape,
                                  model->store.values + it->offset);
    }
    if (status == LIMN_OK)
        status =
            limn_safetensors_write(path, &set, half ? LIMN_ELEMENT_F16 : LIMN_ELEMENT_F32, replace);
    limn_tensors_free(&set);
    return status;
}

static bool fits_halves(const limn_store *store) {
    for (size_t i = 0; i < store->count; i++)
        if (fabsf(store->values[i]) > 65504) return false;
    return true;
}

limn_status limn_model_save_trained(const limn_model *model, const limn_store *trained,
                                    const char *source, int64_t step, const char *path) {
    limn_model *copy;
    LIMN_TRY(limn_model_new(model->network, model->options, 0, &copy));
    limn_store_copy(&copy->store, trained);
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)step);
    limn_status status = limn_model_describe(copy, "limn.source", source);
    if (status == LIMN_OK) status = limn_model_describe(copy, "limn.step", text);
    if (status == LIMN_OK) status = limn_model_save(copy, path, fits_halves(&copy->store), true);
    limn_model_free(copy);
    return status;
}

const char *limn_model_method(const limn_model *model) {
    return model->network->method;
}
const char *limn_model_network(const limn_model *model) {
    return model->network->name;
}
int limn_model_scale(const limn_model *model) {
    return model->options.scale;
}

int64_t limn_model_parameters(const limn_model *model) {
    return limn_store_trained(&model->store);
}

// What its metadata alone say.
static void tell_head(const limn_model *model, limn_about *about) {
    about->method = limn_model_method(model);
    about->network = limn_model_network(model);
    about->scale = limn_model_scale(model);
    about->verb = about->scale > 1 ? "upscale" : "stylize";
}

limn_status limn_model_tell(limn_tensors *set, const char *network, limn_about *about) {
    static const int sizes[LIMN_MOST_WORK] = {256, 512, 1024};
    limn_model *model = NULL;
    limn_status status = load(set, (limn_model_options){.network = network}, true, &model);
    if (status != LIMN_OK) {
        limn_model_free(model);
        return status;
    }
    tell_head(model, about);
    about->parameters = limn_model_parameters(model);
    for (int i = 0; i < LIMN_MOST_WORK; i++)
        about->work[about->work_count++] =
            (struct limn_work){sizes[i], limn_model_macs(model, sizes[i], sizes[i])};
    limn_model_free(model);
    return LIMN_OK;
}

limn_status limn_model_tell_head(limn_tensors *set, limn_about *about) {
    limn_model *model = NULL;
    limn_status status = load(set, (limn_model_options){0}, false, &model);
    if (status == LIMN_OK) tell_head(model, about);
    limn_model_free(model);
    return status;
}

bool limn_model_metadata(const limn_model *model, int index, const char **key, const char **value) {
    if (index < 0 || (size_t)index >= model->told.metadata_count) return false;
    *key = model->told.metadata[index].key;
    *value = model->told.metadata[index].value;
    return true;
}
