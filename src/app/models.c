// limn models: what is on the shelf.
#include "app/shelf.h"
#include "app/verb.h"

#include <stdio.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
} options;

static const limn_option_group groups[] = {
    {"Messages", limn_common_table, offsetof(options, common)}, {0}};

static void add_domains(limn_text *text, const limn_shelf_item *item) {
    for (int i = 0; i < item->domain_count; i++) {
        limn_text_print(text, i ? ", " : ", \"domains\": [");
        limn_text_json(text, item->domains[i]);
    }
    limn_text_print(text, "]");
}

static void add_json(limn_text *text, const limn_shelf *shelf) {
    limn_text_print(text, "[");
    for (int i = 0; i < shelf->count; i++) {
        const limn_shelf_item *item = &shelf->items[i];
        limn_text_print(text, "%s{\"name\": ", i ? ", " : "");
        limn_text_json(text, item->name);
        limn_text_print(text, ", \"method\": ");
        limn_text_json(text, item->method);
        limn_text_print(text, ", \"verb\": \"%s\", \"network\": ", item->verb);
        limn_text_json(text, item->network);
        if (item->scale)
            limn_text_print(text, ", \"scale\": %d, \"file\": ", item->scale);
        else
            limn_text_print(text, ", \"scale\": null, \"file\": ");
        limn_text_json(text, item->path);
        if (item->domain_count) add_domains(text, item);
        limn_text_print(text, "}");
    }
    limn_text_print(text, "]");
}

static void print(const limn_shelf_item *item) {
    char scale[16] = "-";
    if (item->scale) snprintf(scale, sizeof scale, "x%d", item->scale);
    limn_print("%-20s %-9s %-3s %s", item->name, item->verb, scale, item->path);
    limn_shown shown;
    for (int i = 0; i < item->domain_count; i++)
        limn_print("%s%s", i ? ", " : " (",
                   limn_show(&shown, item->domains[i], strlen(item->domains[i])));
    limn_print("%s\n", item->domain_count ? ")" : "");
}

static limn_status run(limn_call *call) {
    limn_shelf shelf;
    LIMN_TRY(limn_shelf_open(&shelf));
    if (call->common->json) {
        add_json(limn_call_whole(call), &shelf);
    } else {
        for (int i = 0; i < shelf.count; i++) print(&shelf.items[i]);
        if (!shelf.count && !shelf.missing)
            limn_say(call, "No models were found. LIMN_MODELS may name the folder they are in.");
    }
    if (shelf.missing)
        limn_say(call, "LIMN_MODELS names %s, and there is no such folder.", shelf.missing);
    limn_shelf_close(&shelf);
    return LIMN_OK;
}

const limn_verb limn_verb_models = {
    .name = "models",
    .summary = "list the models that are there to use by name",
    .description =
        "Lists the models that limn finds: name, the verb that it is for, scale, file, and what it "
        "translates between. They are looked for in the folders of the environment variable "
        "LIMN_MODELS, or else beside the program and where it was installed. The first of a verb "
        "and scale is the one taken when none is named. A model with - for its scale makes "
        "pictures of a size of its own.\n",
    .examples = "limn models\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
