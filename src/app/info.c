// limn info: what a model file holds.
#include "app/shelf.h"
#include "app/verb.h"
#include "methods/about.h"
#include "methods/network.h"
#include "formats/load.h"

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
     .help = "what network a bare state dict is, where its names do not tell: " LIMN_NETWORK_NAMES},
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

static void add_about(limn_call *call, const limn_about *about) {
    limn_call_text(call, "method", about->method);
    limn_call_text(call, "network", about->network);
    if (!about->method) return;
    limn_call_number(call, "parameters", (double)about->parameters);
    if (about->scale) limn_call_number(call, "scale", about->scale);
    if (about->size) limn_call_number(call, "size", about->size);
    limn_text *text = limn_call_member(call, "macs");
    for (int i = 0; i < about->work_count; i++)
        limn_text_print(text, "%s\"%d\": %.15g", i ? ", " : "{", about->work[i].size,
                        about->work[i].macs);
    limn_text_print(text, "}");
    if (!about->domain_count) return;
    text = limn_call_member(call, "domains");
    for (int i = 0; i < about->domain_count; i++) {
        limn_text_print(text, "%s", i ? ", " : "[");
        limn_text_json(text, about->domains[i]);
    }
    limn_text_print(text, "]");
}

// The name of a row stands before its first line only.
static const char *row(const char *name, size_t line) {
    return line ? "" : name;
}

static void print_about(const limn_about *about) {
    limn_shown shown;
    limn_print("method      %s\n", about->method);
    limn_print("network     %s\n", about->network);
    printf("parameters  %lld\n", (long long)about->parameters);
    if (about->scale) printf("scale       %d\n", about->scale);
    if (about->size) printf("size        %d x %d\n", about->size, about->size);
    for (int i = 0; i < about->domain_count; i++)
        printf("%-12s%s\n", row("domains", (size_t)i),
               limn_show(&shown, about->domains[i], strlen(about->domains[i])));
    for (int i = 0; i < about->work_count; i++)
        printf("%-12s%.2f billion multiply-adds at %d x %d\n", row("work", (size_t)i),
               1e-9 * about->work[i].macs, about->work[i].size, about->work[i].size);
}

static void print_metadata(const limn_tensors *set) {
    limn_shown key, value;
    for (size_t i = 0; i < set->metadata_count; i++) {
        const limn_metadata *it = &set->metadata[i];
        printf("%-12s%s = %s\n", row("metadata", i), limn_show(&key, it->key, strlen(it->key)),
               limn_show(&value, it->value, strlen(it->value)));
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

static void show(limn_call *call, const char *path, const limn_tensors *set,
                 const limn_about *about) {
    if (call->common->json) {
        limn_call_text(call, "file", path);
        add_about(call, about);
        add_metadata(limn_call_member(call, "metadata"), set);
        add_tensors(limn_call_member(call, "tensors"), set);
        return;
    }
    limn_print("file        %s\n", path);
    if (about->method) print_about(about);
    print_metadata(set);
    print_tensors(set, call->common->verbose);
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    char *path;
    LIMN_TRY(limn_shelf_find(call->parsed->arguments[0], "perceptual", 1, &path));
    limn_tensors set = {0};
    limn_about about = {.method = NULL};
    limn_status status = limn_tensors_load(path, &set);
    if (status == LIMN_OK) {
        // Weights that are no network of limn's, such as a loss network, are shown all the same.
        limn_status known = limn_about_read(&set, path, given->network, &about);
        if (known != LIMN_OK && given->network) status = known;
        if (known != LIMN_OK && status == LIMN_OK)
            limn_say(call, "not a model to run: %s", limn_message());
    }
    if (status == LIMN_OK) show(call, path, &set, &about);
    limn_about_free(&about);
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
