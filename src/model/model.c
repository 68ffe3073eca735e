// Models from files and to files.
#include "model/model.h"

#include "base/names.h"
#include "formats/fill.h"
#include "formats/load.h"
#include "formats/numpy.h"
#include "formats/safetensors.h"
#include "model/settings.h"
#include "model/shelf.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "there is no memory for a model");
}

// ---- making one ----

// Any size that the networks take, so that their parameters are known.
static int some_side(const limn_sizes *sizes) {
    int side = sizes->fixed ? sizes->fixed : sizes->smallest > 64 ? sizes->smallest : 64;
    return (side + sizes->multiple - 1) / sizes->multiple * sizes->multiple;
}

// The parts of `domains` domains, that which can be read first.
static void build_all(limn_net *net, const limn_model *model, int domains, int width, int height) {
    const limn_kind *kind = model->kind;
    const void *shape = model->shape;
    limn_content content;
    limn_kind_pictures(kind, net->graph, LIMN_SHAPE(1, 3, height, width), &content);
    limn_node *rgb = content.node[0];
    int first = limn_kind_first(kind, shape, LIMN_READ);
    for (int i = 0; i < domains; i++) {
        int d = (first + i) % domains;
        int64_t numbers = kind->style_count ? kind->style_count(shape) : 0;
        limn_node *style = NULL;
        if (numbers) style = limn_input(net->graph, "code", LIMN_SHAPE(1, numbers));
        if (numbers && kind->style && limn_kind_holds(kind, shape, LIMN_STYLE, d))
            kind->style(net, shape, d, rgb);
        if (kind->read && limn_kind_holds(kind, shape, LIMN_READ, d))
            kind->read(net, shape, d, rgb, &content);
        if (limn_kind_holds(kind, shape, LIMN_DRAW, d)) kind->draw(net, shape, d, &content, style);
    }
}

static int domains_apart(const limn_model *model) {
    return model->kind->domains_share || !model->domain_count ? 1 : model->domain_count;
}

static limn_status register_parameters(limn_model *model) {
    limn_net net = {.graph = limn_graph_new(), .store = &model->store};
    if (!net.graph) return no_memory();
    limn_sizes sizes = model->kind->sizes(model->shape);
    build_all(&net, model, domains_apart(model), some_side(&sizes), some_side(&sizes));
    limn_status status = limn_graph_check(net.graph);
    limn_graph_free(net.graph);
    limn_net_free(&net);
    return status;
}

double limn_model_macs(const limn_model *model, int width, int height) {
    limn_store scratch = {0};
    limn_net net = {.graph = limn_graph_new(), .store = &scratch};
    double macs = 0;
    if (net.graph) {
        // One domain has all that a translation takes, but where one direction is all there is.
        bool whole = limn_kind_holds(model->kind, model->shape, LIMN_DRAW,
                                     limn_kind_first(model->kind, model->shape, LIMN_READ));
        build_all(&net, model, whole ? 1 : domains_apart(model), width, height);
        if (limn_graph_check(net.graph) == LIMN_OK) macs = limn_net_macs(&net);
    }
    limn_graph_free(net.graph);
    limn_net_free(&net);
    limn_store_free(&scratch);
    return macs;
}

static limn_status check_shape(limn_model *model) {
    const limn_kind *kind = model->kind;
    int count = model->domain_count;
    if (count < kind->least_domains || count > kind->most_domains)
        return limn_fail(LIMN_USAGE, "%d domains, and network %s is for %d to %d", count,
                         kind->name, kind->least_domains, kind->most_domains);
    if (kind->check) LIMN_TRY(kind->check(model->shape, count));
    limn_sizes sizes = kind->sizes(model->shape);
    return limn_sizes_check(&sizes, "size");
}

// Without its parameters.
static limn_status make(const limn_kind *kind, const void *shape, const char *const *domains,
                        int count, limn_model **result) {
    limn_model *model = *result = calloc(1, sizeof *model);
    if (!model) return no_memory();
    model->kind = kind;
    model->domain_count = count;
    model->shape = limn_arena_copy(&model->arena, shape, kind->shape_size);
    model->domains = limn_arena_get(&model->arena, ((size_t)count + 1) * sizeof(char *));
    for (int i = 0; i < count && model->domains; i++)
        model->domains[i] = limn_arena_copy(&model->arena, domains[i], strlen(domains[i]) + 1);
    return model->arena.failed ? no_memory() : check_shape(model);
}

// Frees what was begun.
static limn_status give_up(limn_status status, limn_model **model) {
    if (status == LIMN_OK) return LIMN_OK;
    limn_model_free(*model);
    *model = NULL;
    return status;
}

limn_status limn_model_new(const limn_kind *kind, const void *shape, const char *const *domains,
                           int count, limn_model **model) {
    limn_status status = make(kind, shape, domains, count, model);
    if (status == LIMN_OK) status = register_parameters(*model);
    return give_up(status, model);
}

void limn_model_free(limn_model *model) {
    if (!model) return;
    limn_store_free(&model->store);
    limn_tensors_free(&model->told);
    limn_arena_release(&model->arena);
    free(model);
}

// ---- what a file says that it is ----

typedef struct identity {
    const limn_kind *kind;
    void *shape; // freed by whoever asked
    const char *domains[LIMN_MOST_DOMAINS];
    int count;
    json_t *options; // holds the names
    bool renamed;    // a stranger's tensors are called as ours
} identity;

static limn_status find_kind(const char *name, identity *it) {
    it->kind = limn_kind_find(name);
    if (it->kind) {
        it->shape = limn_kind_shape(it->kind);
        return it->shape ? LIMN_OK : no_memory();
    }
    limn_text known = {0};
    limn_kind_names(&known);
    limn_fail(LIMN_MODEL, "there is no network named %.60s; known are %s", name,
              known.data ? known.data : "none");
    limn_text_free(&known);
    return LIMN_MODEL;
}

static limn_status read_domains(identity *it) {
    const json_t *list = json_object_get(it->options, "domains");
    size_t count = json_array_size(list);
    if (count > LIMN_MOST_DOMAINS)
        return limn_fail(LIMN_MODEL, "limn.options names %zu domains, and %d are possible", count,
                         LIMN_MOST_DOMAINS);
    for (; it->count < (int)count; it->count++) {
        const char *name = json_string_value(json_array_get(list, (size_t)it->count));
        const char *fault =
            name ? limn_domain_fault(name, it->domains, it->count) : "it is no text";
        limn_shown shown;
        if (fault)
            return limn_fail(LIMN_MODEL, "limn.options names a domain %s: %s",
                             limn_show(&shown, name ? name : "", name ? strlen(name) : 0), fault);
        it->domains[it->count] = name;
    }
    return LIMN_OK;
}

static limn_status refuse_options(void) {
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s", limn_message());
    return limn_fail(LIMN_MODEL, "limn.options says what cannot be: %s", sentence);
}

static limn_status read_options(const char *text, identity *it) {
    const limn_option_group groups[] = {{"shape", it->kind->shape, 0}, {0}};
    const char *name;
    json_t *value;
    if (!text) return LIMN_OK;
    it->options = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(it->options))
        return limn_fail(LIMN_MODEL, "limn.options is no JSON object");
    limn_parsed parsed = {0};
    limn_status status = LIMN_OK;
    json_object_foreach(it->options, name,
                        value) if (status == LIMN_OK && strcmp(name, "domains") != 0) status =
        limn_setting_read(groups, name, value, it->shape, &parsed);
    limn_parsed_free(&parsed);
    if (status == LIMN_MEMORY) return status;
    return status == LIMN_OK ? read_domains(it) : refuse_options();
}

// limn's own file: its metadata say all.
static limn_status identify_own(const limn_tensors *set, const char *said, identity *it) {
    const char *format = limn_tensors_metadata(set, "limn.format");
    const char *name = limn_tensors_metadata(set, "limn.network");
    if (strcmp(format, "1"))
        return limn_fail(LIMN_MODEL,
                         "the file is of format %.20s, this program reads format 1: a "
                         "newer limn is needed",
                         format);
    if (!name) return limn_fail(LIMN_MODEL, "the file does not say which network it holds");
    if (said && strcmp(said, name) != 0)
        return limn_fail(LIMN_USAGE,
                         "the file says that its network is %.60s, and it was called %.60s. Leave "
                         "--network out",
                         name, said);
    LIMN_TRY(find_kind(name, it));
    return read_options(limn_tensors_metadata(set, "limn.options"), it);
}

// Of the first kind that knows the names; else the sentence is that of the first that was asked.
static limn_status recognise(const limn_tensors *set, identity *it) {
    char sentence[512] = "its names say nothing";
    bool asked = false;
    for (const limn_kind *const *kind = limn_kinds; *kind; kind++) {
        if (!(*kind)->recognise) continue;
        LIMN_TRY(find_kind((*kind)->name, it));
        limn_status status = (*kind)->recognise(set, false, it->shape);
        if (status != LIMN_MODEL) return status;
        if (!asked) snprintf(sentence, sizeof sentence, "%s", limn_message());
        asked = true;
        free(it->shape);
        it->shape = NULL;
    }
    limn_text known = {0};
    for (const limn_kind *const *kind = limn_kinds; *kind; kind++)
        if ((*kind)->recognise)
            limn_text_print(&known, "%s%s", known.size ? ", " : "", (*kind)->name);
    limn_fail(LIMN_MODEL,
              "%s. Of files that do not say what they hold, limn knows %s: --network "
              "names one",
              sentence, known.data ? known.data : "none");
    limn_text_free(&known);
    return LIMN_MODEL;
}

// A bare state dict: what it was said to be, or what its names and shapes tell.
static limn_status identify_bare(limn_tensors *set, const char *said, identity *it) {
    if (limn_numpy_is_list(set)) return limn_numpy_refuse_list();
    LIMN_TRY(limn_tensors_tidy(set));
    if (!said) return recognise(set, it);
    LIMN_TRY(find_kind(said, it));
    return it->kind->recognise ? it->kind->recognise(set, true, it->shape) : LIMN_OK;
}

static limn_status identify(limn_tensors *set, const char *said, bool own, identity *it) {
    limn_status status = own ? identify_own(set, said, it) : identify_bare(set, said, it);
    bool named = said || limn_tensors_metadata(set, "limn.network");
    const char *is = status == LIMN_MODEL && !named ? limn_model_other_file(set) : NULL;
    if (!is) return status;
    return limn_fail(LIMN_MODEL, "%s. It is no model to make pictures with; limn models lists such",
                     is);
}

// ---- reading ----

static limn_status read_told(const limn_tensors *set, limn_model *model) {
    for (size_t i = 0; i < set->metadata_count; i++)
        LIMN_TRY(limn_tensors_note(&model->told, set->metadata[i].key, set->metadata[i].value));
    return LIMN_OK;
}

static limn_status read_as(const limn_tensors *set, const identity *it, limn_depth depth,
                           limn_model **model) {
    bool says = set->metadata_count && (limn_tensors_metadata(set, "limn.format") || it->renamed);
    limn_status status = make(it->kind, it->shape, it->domains, it->count, model);
    if (status == LIMN_USAGE) return refuse_options(); // what cannot be asked for is in no file
    LIMN_TRY(status);
    if (depth == LIMN_WITH_PARAMETERS) {
        LIMN_TRY(register_parameters(*model));
        LIMN_TRY(limn_tensors_fill(set, &(*model)->store));
    }
    return says ? read_told(set, *model) : LIMN_OK;
}

// A state dict whose kind calls its tensors by other names; its domains have none.
static limn_status read_renamed(const limn_tensors *set, identity *it, limn_depth depth,
                                limn_model **model) {
    static const char *const letters[] = {"A", "B", "C", "D"};
    limn_tensors ours = {0};
    assert(it->kind->least_domains <= (int)(sizeof letters / sizeof *letters));
    it->renamed = true;
    it->count = it->kind->least_domains;
    for (int i = 0; i < it->count; i++) it->domains[i] = letters[i];
    limn_status status = it->kind->rename(set, it->shape, &ours);
    if (status == LIMN_OK) status = read_as(&ours, it, depth, model);
    limn_tensors_free(&ours);
    return status;
}

limn_status limn_model_read(limn_tensors *set, const char *network, limn_depth depth,
                            limn_model **model) {
    identity it = {.kind = NULL};
    *model = NULL;
    bool own = limn_tensors_metadata(set, "limn.format");
    limn_status status = identify(set, network, own, &it);
    if (status == LIMN_OK)
        status = !own && it.kind->rename ? read_renamed(set, &it, depth, model)
                                         : read_as(set, &it, depth, model);
    free(it.shape);
    json_decref(it.options);
    return give_up(status, model);
}

limn_status limn_model_open(const char *path, const char *network, limn_depth depth,
                            limn_model **model) {
    *model = NULL;
    limn_tensors set = {0};
    LIMN_TRY(depth == LIMN_WITH_PARAMETERS ? limn_tensors_load(path, &set)
                                           : limn_tensors_load_names(path, &set));
    limn_status status = limn_model_read(&set, network, depth, model);
    limn_tensors_free(&set);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", path);
}

limn_status limn_model_load(const char *path, const limn_model_options *given, limn_model **model) {
    LIMN_GIVE(model, path);
    limn_model_options options;
    LIMN_TRY(limn_take_options(given, &options, sizeof options));
    char *file;
    LIMN_TRY(limn_shelf_find(path, NULL, 0, &file));
    limn_status status = limn_model_open(file, options.network, LIMN_WITH_PARAMETERS, model);
    free(file);
    return status;
}

limn_status limn_model_load_bytes(const void *bytes, size_t size, const char *name,
                                  const limn_model_options *given, limn_model **model) {
    LIMN_GIVE(model, (bytes || !size) && name);
    limn_model_options options;
    LIMN_TRY(limn_take_options(given, &options, sizeof options));
    limn_tensors set = {0};
    limn_status status = limn_tensors_parse(bytes, size, &set);
    if (status == LIMN_OK)
        status = limn_model_read(&set, options.network, LIMN_WITH_PARAMETERS, model);
    limn_tensors_free(&set);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", name);
}

// ---- writing ----

static limn_status describe_options(const limn_model *model, limn_tensors *set) {
    const limn_option_group groups[] = {{"shape", model->kind->shape, 0}, {0}};
    limn_text text = {0};
    limn_options_json(groups, model->shape, &text);
    if (model->domain_count && !text.failed) {
        text.size--; // the closing brace
        for (int i = 0; i < model->domain_count; i++) {
            limn_text_print(&text, i ? ", " : ", \"domains\": [");
            limn_text_json(&text, model->domains[i]);
        }
        limn_text_print(&text, "]}");
    }
    limn_status status =
        text.failed ? no_memory() : limn_tensors_describe(set, "limn.options", text.data);
    limn_text_free(&text);
    return status;
}

// What every file says, but for what `told` says otherwise.
static limn_status describe(const limn_model *model, const limn_tensors *told, limn_tensors *set) {
    static const char *const anew[] = {"limn.format", "limn.version", "limn.options", NULL};
    limn_sizes sizes = model->kind->sizes(model->shape);
    int multiple = sizes.multiple > sizes.rounds ? sizes.multiple : sizes.rounds;
    char number[16];
    snprintf(number, sizeof number, "%d", sizes.fixed ? sizes.fixed : multiple);
    const char *const pairs[][2] = {
        {"limn.method", model->kind->method}, {"limn.network", model->kind->name},
        {"limn.input", "rgb 0..255"},         {"limn.output", "rgb 0..255"},
        {"limn.size_multiple", number},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!limn_tensors_metadata(told, pairs[i][0]))
            LIMN_TRY(limn_tensors_note(set, pairs[i][0], pairs[i][1]));
    for (size_t i = 0; i < told->metadata_count; i++)
        if (!limn_text_among(told->metadata[i].key, anew))
            LIMN_TRY(limn_tensors_note(set, told->metadata[i].key, told->metadata[i].value));
    LIMN_TRY(describe_options(model, set));
    LIMN_TRY(limn_tensors_describe(set, "limn.format", "1"));
    return limn_tensors_describe(set, "limn.version", LIMN_VERSION);
}

static limn_status add_parameters(const limn_store *wanted, const limn_store *values,
                                  limn_tensors *set) {
    for (int i = 0; i < wanted->size; i++) {
        int at = values == wanted ? i : limn_store_find(values, wanted->parameters[i].name);
        const limn_parameter *it = at < 0 ? NULL : &values->parameters[at];
        size_t shape[LIMN_MAX_RANK];
        if (!it)
            return limn_fail(LIMN_ERROR, "parameter %s was not trained",
                             wanted->parameters[i].name);
        for (int d = 0; d < it->shape.rank; d++) shape[d] = (size_t)it->shape.dim[d];
        LIMN_TRY(limn_tensors_add(set, it->name, LIMN_ELEMENT_F32, it->shape.rank, shape,
                                  values->values + it->offset));
    }
    return LIMN_OK;
}

static limn_status write(const limn_model *model, const limn_tensors *told,
                         const limn_store *values, const char *path, limn_numbers numbers,
                         limn_existing existing) {
    limn_tensors set = {0};
    limn_status status = describe(model, told, &set);
    if (status == LIMN_OK) status = add_parameters(&model->store, values, &set);
    if (status == LIMN_OK)
        status = limn_safetensors_write(
            path, &set, numbers == LIMN_HALVES ? LIMN_ELEMENT_F16 : LIMN_ELEMENT_F32,
            existing == LIMN_REPLACE_EXISTING);
    limn_tensors_free(&set);
    return status;
}

limn_status limn_model_save(const limn_model *model, const char *path, limn_numbers numbers,
                            limn_existing existing) {
    LIMN_NEED(model && path);
    LIMN_TRY(limn_check_value("limn_numbers", (int)numbers, LIMN_HALVES));
    LIMN_TRY(limn_check_value("limn_existing", (int)existing, LIMN_REPLACE_EXISTING));
    return write(model, &model->told, &model->store, path, numbers, existing);
}

static limn_numbers numbers_for(const limn_store *store) {
    for (size_t i = 0; i < store->count; i++)
        if (fabsf(store->values[i]) > 65504) return LIMN_FLOATS;
    return LIMN_HALVES;
}

limn_status limn_model_save_trained(const limn_model *model, const limn_store *trained,
                                    const char *source, int64_t step, const char *path) {
    limn_tensors told = {0};
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)step);
    static const char *const said[] = {"limn.method", "limn.loss",
                                       "limn.degrade"}; // by the training
    limn_status status = limn_tensors_describe(&told, "limn.source", source);
    for (size_t i = 0; i < sizeof said / sizeof *said && status == LIMN_OK; i++) {
        const char *value = limn_tensors_metadata(&model->told, said[i]);
        if (value) status = limn_tensors_describe(&told, said[i], value);
    }
    if (status == LIMN_OK) status = limn_tensors_describe(&told, "limn.step", text);
    if (status == LIMN_OK)
        status = write(model, &told, trained, path, numbers_for(trained), LIMN_REPLACE_EXISTING);
    limn_tensors_free(&told);
    return status;
}

limn_status limn_model_describe(limn_model *model, const char *key, const char *value) {
    return limn_tensors_describe(&model->told, key, value);
}

// ---- what its file does not say ----

limn_status limn_model_name_domains(limn_model *model, const char *const *names, int count) {
    limn_shown shown;
    if (count != model->domain_count)
        return limn_fail(LIMN_USAGE, "--domain: %d names, and the model has %d domains.", count,
                         model->domain_count);
    for (int i = 0; i < count; i++) {
        const char *fault = limn_domain_fault(names[i], names, i);
        if (fault)
            return limn_fail(LIMN_USAGE, "--domain %s: %s.",
                             limn_show(&shown, names[i], strlen(names[i])), fault);
        model->domains[i] = limn_arena_copy(&model->arena, names[i], strlen(names[i]) + 1);
    }
    return model->arena.failed ? no_memory() : LIMN_OK;
}

static limn_status say(limn_model *model, const char *member, const char *value,
                       const char *option) {
    const limn_option_group groups[] = {{"shape", model->kind->shape, 0}, {0}};
    limn_parsed parsed = {0};
    limn_status status = limn_options_set(groups, member, value, model->shape, &parsed);
    limn_parsed_free(&parsed);
    if (status == LIMN_OK) status = check_shape(model);
    return status == LIMN_OK ? status : limn_fail_in(status, "%s: ", option);
}

limn_status limn_model_say_size(limn_model *model, const char *size) {
    if (!model->kind->sizes(model->shape).usual)
        return limn_fail(LIMN_USAGE, "--image-size %s: %s has no size that it was trained at", size,
                         model->kind->name);
    return say(model, "size", size, "--image-size");
}

limn_status limn_model_say_statistics(limn_model *model, const char *statistics) {
    const limn_option_group groups[] = {{"shape", model->kind->shape, 0}, {0}};
    bool running = false;
    for (int i = 0; i < model->store.size; i++)
        running |= limn_text_ends(model->store.parameters[i].name, ".running_var");
    if (!running || !limn_options_find(groups, "statistics"))
        return limn_fail(LIMN_USAGE,
                         "--statistics %s: the networks of %s have no batch norms that "
                         "it could be said of",
                         statistics, model->kind->name);
    return say(model, "statistics", statistics, "--statistics");
}

limn_status limn_model_draw_noise(limn_model *model) {
    const limn_option_group groups[] = {{"shape", model->kind->shape, 0}, {0}};
    if (!limn_options_find(groups, "noise"))
        return limn_fail(LIMN_USAGE, "--noise: the networks of %s have none. Leave it out.",
                         model->kind->name);
    return say(model, "noise", "yes", "--noise");
}

// ---- asking it ----

const char *limn_model_method(const limn_model *model) {
    const char *method = limn_tensors_metadata(&model->told, "limn.method");
    return method ? method : model->kind->method;
}
const char *limn_model_network(const limn_model *model) {
    return model->kind->name;
}
const char *limn_model_verb(const limn_model *model) {
    return model->kind->verb;
}
int64_t limn_model_parameters(const limn_model *model) {
    return limn_store_trained(&model->store);
}
int limn_model_scale(const limn_model *model) {
    return model->kind->sizes(model->shape).scale;
}
bool limn_model_is_for_jpeg(const limn_model *model) {
    const char *degrade = limn_tensors_metadata(&model->told, "limn.degrade");
    return degrade && !strcmp(degrade, "jpeg");
}
int limn_model_side(const limn_model *model) {
    limn_sizes sizes = model->kind->sizes(model->shape);
    return sizes.square ? sizes.usual : sizes.fixed;
}
int limn_model_usual(const limn_model *model) {
    return model->kind->sizes(model->shape).usual;
}
const char *limn_model_domain(const limn_model *model, int index) {
    return index >= 0 && index < model->domain_count ? model->domains[index] : NULL;
}
limn_styles limn_model_styles(const limn_model *model) {
    return model->kind->styles;
}

const char *limn_model_metadata(const limn_model *model, int index, const char **value) {
    if (index < 0 || (size_t)index >= model->told.metadata_count) return NULL;
    *value = model->told.metadata[index].value;
    return model->told.metadata[index].key;
}

static const char *domain_at(const void *model, int index) {
    return limn_model_domain(model, index);
}

limn_status limn_model_find_domain(const limn_model *model, const char *name, int *domain) {
    limn_text known = {0};
    *domain = 0;
    if (!name && model->domain_count <= 1) return LIMN_OK;
    for (int i = 0; i < model->domain_count; i++) {
        if (name && !strcmp(model->domains[i], name)) *domain = i;
        if (name && !strcmp(model->domains[i], name)) break;
        limn_text_print(&known, i ? ", %s" : "%s", model->domains[i]);
    }
    bool found = name && model->domain_count && !strcmp(model->domains[*domain], name);
    const char *near = found || !name ? NULL : limn_text_nearest(name, domain_at, model);
    if (!found && !name)
        limn_fail(LIMN_USAGE, "A domain must be named. The model has %s.", known.data);
    else if (!found)
        limn_fail(LIMN_USAGE, "%s: the model has no such domain. %s%s%sIt has %s.", name,
                  near ? "Did you mean " : "", near ? near : "", near ? "? " : "",
                  known.data ? known.data : "none");
    limn_text_free(&known);
    return found ? LIMN_OK : LIMN_USAGE;
}
