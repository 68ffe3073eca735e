// limn models: what is on the shelf.
#include "app/verb.h"
#include "model/model.h"
#include "model/shelf.h"

#include <stdio.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
} options;

static const limn_option_group groups[] = {
    {"Messages", limn_common_table, offsetof(options, common)}, {0}};

static void add_item(limn_text *text, const limn_shelf_item *item) {
    const limn_model *model = item->model;
    int scale = limn_model_scale(model), side = limn_model_usual(model);
    limn_text_print(text, "{\"name\": ");
    limn_text_json(text, item->name);
    limn_text_print(text, ", \"method\": ");
    limn_text_json(text, limn_model_method(model));
    limn_text_print(text, ", \"verb\": \"%s\", \"network\": ", limn_model_verb(model));
    limn_text_json(text, limn_model_network(model));
    if (side)
        limn_text_print(text, ", \"scale\": null, \"size\": %d, \"file\": ", side);
    else
        limn_text_print(text, ", \"scale\": %d, \"file\": ", scale);
    limn_text_json(text, item->path);
    for (int i = 0; limn_model_domain(model, i); i++) {
        limn_text_print(text, i ? ", " : ", \"domains\": [");
        limn_text_json(text, limn_model_domain(model, i));
    }
    limn_text_print(text, limn_model_domain(model, 0) ? "]}" : "}");
}

static void add_json(limn_text *text, const limn_shelf *shelf) {
    limn_text_print(text, "[");
    for (int i = 0; i < shelf->count; i++) {
        if (i) limn_text_print(text, ", ");
        add_item(text, &shelf->items[i]);
    }
    limn_text_print(text, "]");
}

// x4 for what enlarges so many times, 64 for the size of its results; most do neither.
static void print(const limn_shelf_item *item) {
    const limn_model *model = item->model;
    char size[16];
    int side = limn_model_usual(model), scale = limn_model_scale(model);
    snprintf(size, sizeof size, side ? "%d" : scale > 1 ? "x%d" : "", side ? side : scale);
    limn_print("%-20s %-9s %-3s %s", item->name, limn_model_verb(model), size, item->path);
    for (int i = 0; limn_model_domain(model, i); i++) {
        const char *name = limn_model_domain(model, i);
        limn_shown shown;
        limn_print("%s%s", i ? ", " : " (", limn_show(&shown, name, strlen(name)));
    }
    limn_print("%s\n", limn_model_domain(model, 0) ? ")" : "");
}

static limn_status run(limn_call *call) {
    limn_shelf shelf;
    LIMN_TRY(limn_shelf_open(&shelf));
    if (call->common->json) {
        add_json(limn_call_whole(call), &shelf);
    } else {
        for (int i = 0; i < shelf.count; i++) print(&shelf.items[i]);
        if (!shelf.count && !shelf.fault)
            limn_say(call, "No models were found. LIMN_MODELS may name the folder they are in.");
    }
    if (shelf.fault) limn_say(call, "LIMN_MODELS: %s", shelf.fault);
    limn_shelf_close(&shelf);
    return LIMN_OK;
}

const limn_verb limn_verb_models = {
    .name = "models",
    .summary = "list the models that are there to use by name",
    .description =
        "Lists the models that limn finds: name, the verb that it is for, what it enlarges by, "
        "file, and what it "
        "translates between. They are looked for in the folders of the environment variable "
        "LIMN_MODELS, or else beside the program and where it was installed. The first of a verb "
        "and scale is the one taken when none is named. A model with a number of pixels for its "
        "scale was trained on pictures of that size, and makes them.\n",
    .examples = "limn models\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
