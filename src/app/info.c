// limn info: what a model file holds.
#include "app/shelf.h"
#include "app/verb.h"
#include "model/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
    const char *network;
} options;

static const limn_option table[] = {
    {.name = "network",
     .kind = LIMN_OPTION_TEXT,
     .offset = offsetof(options, network),
     .placeholder = "NAME",
     .help = "what network a bare state dict is, where its names do not tell"},
    {0}};

static const limn_option_group groups[] = {
    {"Model", table, 0}, {"Messages", limn_common_table, offsetof(options, common)}, {0}};

static const int sizes[] = {256, 512, 1024};

static void add_metadata(limn_text *text, const limn_tensors *set, const limn_model *model) {
    const char *key, *value;
    limn_text_print(text, "{");
    for (int i = 0; model && limn_model_metadata(model, i, &key, &value); i++) {
        limn_text_print(text, "%s", i ? ", " : "");
        limn_text_json(text, key);
        limn_text_print(text, ": ");
        limn_text_json(text, value);
    }
    for (size_t i = 0; !model && i < set->metadata_count; i++) {
        limn_text_print(text, "%s", i ? ", " : "");
        limn_text_json(text, set->metadata[i].key);
        limn_text_print(text, ": ");
        limn_text_json(text, set->metadata[i].value);
    }
    limn_text_print(text, "}");
}

static void add_json(limn_call *call, const char *path, const limn_tensors *set,
                     const limn_model *model) {
    limn_call_text(call, "file", path);
    limn_call_text(call, "method", model ? limn_model_method(model) : NULL);
    limn_call_text(call, "network", model ? limn_model_network(model) : NULL);
    if (model) {
        limn_call_number(call, "parameters", (double)limn_model_parameters(model));
        limn_call_number(call, "scale", limn_model_scale(model));
        limn_text *text = limn_call_member(call, "macs");
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            limn_text_print(text, "%s\"%d\": %.15g", i ? ", " : "{", sizes[i],
                            limn_model_macs(model, sizes[i], sizes[i]));
        limn_text_print(text, "}");
    }
    add_metadata(limn_call_member(call, "metadata"), set, model);
    limn_text *text = limn_call_member(call, "tensors");
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

static void print_model(const limn_model *model) {
    printf("method      %s\n", limn_model_method(model));
    printf("network     %s\n", limn_model_network(model));
    printf("parameters  %lld\n", (long long)limn_model_parameters(model));
    printf("scale       %d\n", limn_model_scale(model));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        printf("%s%.2f billion multiply-adds at %d x %d\n", i ? "            " : "work        ",
               1e-9 * limn_model_macs(model, sizes[i], sizes[i]), sizes[i], sizes[i]);
}

static void print_line(const char *begin, const char *key, const char *value) {
    limn_shown shown_key, shown_value;
    printf("%s%s = %s\n", begin, limn_show(&shown_key, key, strlen(key)),
           limn_show(&shown_value, value, strlen(value)));
}

static void print_metadata(const limn_tensors *set, const limn_model *model) {
    const char *key, *value;
    for (int i = 0; model && limn_model_metadata(model, i, &key, &value); i++)
        print_line(i ? "            " : "metadata    ", key, value);
    for (size_t i = 0; !model && i < set->metadata_count; i++)
        print_line(i ? "            " : "metadata    ", set->metadata[i].key,
                   set->metadata[i].value);
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

static limn_status run(limn_call *call) {
    const options *given = call->options;
    char *path;
    LIMN_TRY(limn_shelf_find(call->parsed->arguments[0], "perceptual", 1, &path));
    limn_tensors set = {0};
    limn_status status = limn_tensors_load(path, &set);
    limn_model *model = NULL;
    if (status == LIMN_OK) {
        // Weights that are no network of limn's, such as a loss network, are shown all the same.
        limn_status known =
            limn_model_load(path, (limn_model_options){.network = given->network}, &model);
        if (known != LIMN_OK && given->network) status = known;
        if (known != LIMN_OK && status == LIMN_OK)
            limn_say(call, "not a model to run: %s", limn_message());
    }
    if (status == LIMN_OK && call->common->json) {
        add_json(call, path, &set, model);
    } else if (status == LIMN_OK) {
        printf("file        %s\n", path);
        if (model) print_model(model);
        print_metadata(&set, model);
        print_tensors(&set, call->common->verbose);
    }
    limn_model_free(model);
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
        "Prints method, network, number of parameters, work for pictures of three sizes, "
        "metadata, and with -v or --json every tensor.\n",
    .examples = "limn info candy.safetensors\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
