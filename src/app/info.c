// limn info: what a model file holds.
#include "app/verb.h"

#include "base/file.h"
#include "formats/load.h"
#include "model/model.h"
#include "model/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
    const char *network;
} options;

static const limn_option table[] = {{.name = "network",
                                     .kind = LIMN_OPTION_TEXT,
                                     .offset = offsetof(options, network),
                                     .placeholder = "NAME",
                                     .help = LIMN_NETWORK_HELP},
                                    {0}};

static const limn_option_group groups[] = {
    {"Model", table, 0}, {"Messages", limn_common_table, offsetof(options, common)}, {0}};

static void add_metadata(limn_text *text, const limn_tensors *set) {
    limn_text_print(text, "{");
    for (size_t i = 0; i < set->metadata_count; i++) {
        limn_text_print(text, "%s", i ? ", " : "");
        limn_text_json(text, set->metadata[i].key);
        limn_text_print(text, ": ");
        limn_text_json(text, set->metadata[i].value);
    }
    limn_text_print(text, "}");
}

static void add_tensors(limn_text *text, const limn_tensors *set) {
    limn_text_print(text, "[");
    for (size_t i = 0; i < set->count; i++) {
        const limn_stored *tensor = &set->items[i];
        limn_text_print(text, "%s{\"name\": ", i ? ", " : "");
        limn_text_json(text, tensor->name);
        limn_text_print(text, ", \"type\": \"%s\", \"shape\": [",
                        limn_element_name(tensor->element));
        for (int k = 0; k < tensor->rank; k++)
            limn_text_print(text, "%s%zu", k ? ", " : "", tensor->shape[k]);
        limn_text_print(text, "]}");
    }
    limn_text_print(text, "]");
}

// The sizes whose work is told: those of a model that has one, or some.
static int work_sizes(const limn_model *model, int sizes[3]) {
    int side = limn_model_usual(model);
    for (int i = 0; i < 3; i++) sizes[i] = side ? side : 256 << i;
    return side ? 1 : 3;
}

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "there is no memory to tell of a model");
}

// Multiply-adds are counted on a graph; there is none without memory.
static limn_status count_work(const limn_model *model, int size, double *macs) {
    *macs = limn_model_macs(model, size, size);
    return *macs > 0 ? LIMN_OK : no_memory();
}

static limn_status add_model(limn_call *call, const limn_model *model) {
    int sizes[3];
    double macs;
    if (!model) {
        limn_call_text(call, "method", NULL);
        limn_call_text(call, "network", NULL);
        return LIMN_OK;
    }
    limn_call_text(call, "method", limn_model_method(model));
    limn_call_text(call, "network", limn_model_network(model));
    limn_call_text(call, "verb", limn_model_verb(model));
    limn_call_number(call, "parameters", (double)limn_model_parameters(model));
    if (limn_model_usual(model))
        limn_call_number(call, "size", limn_model_usual(model));
    else
        limn_call_number(call, "scale", limn_model_scale(model));
    limn_text *text = limn_call_member(call, "macs");
    for (int i = 0, count = work_sizes(model, sizes); i < count; i++) {
        LIMN_TRY(count_work(model, sizes[i], &macs));
        limn_text_print(text, "%s\"%d\": %.15g", i ? ", " : "{", sizes[i], macs);
    }
    limn_text_print(text, "}");
    if (!limn_model_domain(model, 0)) return LIMN_OK;
    text = limn_call_member(call, "domains");
    for (int i = 0; limn_model_domain(model, i); i++) {
        limn_text_print(text, "%s", i ? ", " : "[");
        limn_text_json(text, limn_model_domain(model, i));
    }
    limn_text_print(text, "]");
    return LIMN_OK;
}

// The name of a row stands before its first line only.
static const char *row(const char *name, size_t line) {
    return line ? "" : name;
}

// What differs between two of a kind.
static limn_status print_shape(const limn_model *model) {
    limn_text words = {0};
    limn_kind_shape_words(model->kind, model->shape, &words);
    limn_status status = words.failed ? no_memory() : LIMN_OK;
    if (words.size && !words.failed) limn_print("shape       %s\n", words.data);
    limn_text_free(&words);
    return status;
}

static limn_status print_model(const limn_model *model) {
    limn_shown shown;
    double macs;
    int sizes[3], side = limn_model_side(model), usual = limn_model_usual(model);
    limn_print("method      %s\n", limn_model_method(model));
    limn_print("network     %s, %s\n", limn_model_network(model), model->kind->title);
    limn_print("for         limn %s\n", limn_model_verb(model));
    printf("parameters  %lld\n", (long long)limn_model_parameters(model));
    LIMN_TRY(print_shape(model));
    if (side)
        printf("size        %d x %d\n", side, side);
    else if (usual)
        printf("size        %d, the shorter side\n", usual);
    else
        printf("scale       %d\n", limn_model_scale(model));
    for (int i = 0; limn_model_domain(model, i); i++) {
        const char *name = limn_model_domain(model, i);
        printf("%-12s%s\n", row("domains", (size_t)i), limn_show(&shown, name, strlen(name)));
    }
    for (int i = 0, count = work_sizes(model, sizes); i < count; i++) {
        LIMN_TRY(count_work(model, sizes[i], &macs));
        printf("%-12s%.2f billion multiply-adds at %d x %d\n", row("work", (size_t)i), 1e-9 * macs,
               sizes[i], sizes[i]);
    }
    return LIMN_OK;
}

// What limn itself wrote there is worth its length.
static void print_metadata(const limn_tensors *set) {
    limn_shown key, value;
    for (size_t i = 0; i < set->metadata_count; i++) {
        const limn_metadata *it = &set->metadata[i];
        bool own = !strncmp(it->key, "limn.", 5);
        limn_text whole = {0};
        if (own) limn_show_all(&whole, it->value, strlen(it->value));
        printf("%-12s%s = %s\n", row("metadata", i), limn_show(&key, it->key, strlen(it->key)),
               own && whole.data && !whole.failed
                   ? whole.data
                   : limn_show(&value, it->value, strlen(it->value)));
        limn_text_free(&whole);
    }
}

static void print_tensors(const limn_tensors *set, bool all) {
    size_t numbers = 0;
    for (size_t i = 0; i < set->count; i++) numbers += set->items[i].count;
    printf("tensors     %zu, %zu numbers%s\n", set->count, numbers,
           all || !set->count ? "" : " (-v lists them)");
    for (size_t i = 0; all && i < set->count; i++) {
        const limn_stored *tensor = &set->items[i];
        limn_shown name, shape;
        printf("            %-5s %-20s %s\n", limn_element_name(tensor->element),
               limn_show_shape(&shape, tensor->rank, tensor->shape),
               limn_show(&name, tensor->name, strlen(tensor->name)));
    }
}

static limn_status show(limn_call *call, const char *path, const limn_tensors *set,
                        const limn_model *model) {
    if (call->common->json) {
        limn_call_text(call, "file", path);
        LIMN_TRY(add_model(call, model));
        add_metadata(limn_call_member(call, "metadata"), set);
        add_tensors(limn_call_member(call, "tensors"), set);
        return LIMN_OK;
    }
    limn_print("file        %s\n", path);
    if (model) LIMN_TRY(print_model(model));
    print_metadata(set);
    print_tensors(set, call->common->verbose);
    return LIMN_OK;
}

// What ships beside the models and is none to run; NULL: no such name.
static char *find_tool(const char *name) {
    for (int i = 0; i < LIMN_SHELF_TOOLS; i++) {
        char *path = limn_shelf_tool((limn_shelf_tool_name)i);
        const char *file = path ? limn_path_name(path) : "";
        size_t size = limn_path_stem(file);
        if (path && strlen(name) == size && !strncmp(name, file, size)) return path;
        free(path);
    }
    return NULL;
}

static limn_status find(const char *name, char **path) {
    limn_status status = limn_shelf_find(name, NULL, 0, path);
    char *tool = status == LIMN_MODEL ? find_tool(name) : NULL;
    if (!tool) return status;
    *path = tool;
    return LIMN_OK;
}

// Of a file's begin everything is known but whether its numbers are some. *model is gone where they
// are not.
static limn_status check_values(const char *path, const char *network, limn_model **model) {
    limn_tensors set = {0};
    limn_model *whole = NULL;
    limn_status status = limn_tensors_load(path, &set);
    if (status == LIMN_OK) status = limn_model_read(&set, network, LIMN_WITH_PARAMETERS, &whole);
    limn_model_free(whole);
    limn_tensors_free(&set);
    if (status == LIMN_OK) return LIMN_OK;
    limn_model_free(*model);
    *model = NULL;
    return status;
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    char *path;
    LIMN_TRY(find(call->parsed->arguments[0], &path));
    limn_tensors set = {0}, own = {0};
    limn_model *model = NULL;
    limn_status status = limn_tensors_load_names(path, &set);
    if (status == LIMN_OK) status = limn_tensors_borrow(&set, &own); // reading may tidy the names
    if (status == LIMN_OK) {
        // Weights that are no network of limn's, such as a loss network, are shown all the same.
        limn_status known = limn_model_read(&own, given->network, LIMN_WITH_PARAMETERS, &model);
        if (known == LIMN_OK) known = check_values(path, given->network, &model);
        bool ends = given->network || known == LIMN_MEMORY || known == LIMN_IO;
        if (known != LIMN_OK && ends) status = limn_fail_in(known, "%s: ", path);
        if (known != LIMN_OK && status == LIMN_OK)
            limn_say(call, "not a model to run: %s: %s", path, limn_message());
    }
    if (status == LIMN_OK) status = show(call, path, &set, model);
    limn_model_free(model);
    limn_tensors_free(&own);
    limn_tensors_free(&set);
    free(path);
    return status;
}

const limn_verb limn_verb_info = {
    .name = "info",
    .summary = "show what a model file holds",
    .arguments = "MODEL",
    .least = 1,
    .most = 1,
    .description =
        "Prints method, network, number of parameters, the sizes of pictures and the work for "
        "them, "
        "the domains of a model that translates, metadata, and with -v or --json every tensor.\n",
    .examples = "limn info wave\n"
                "limn info runs/mine\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
