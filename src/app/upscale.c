// limn upscale: pictures made larger by a network.
#include "app/batch.h"
#include "app/shelf.h"
#include "app/signals.h"
#include "app/verb.h"

#include <stdlib.h>

typedef struct options {
    limn_common_options common;
    limn_batch_options batch;
    limn_compute_options compute;
    const char *model;
    int scale;
} options;

static const limn_option table[] = {
    {.name = "model",
     .letter = 'm',
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(options, model),
     .otherwise = "the best one that ships with limn",
     .help = "the network: a model file, or a name that limn models lists"},
    {.name = "scale",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(options, scale),
     .fallback = "4",
     .choices = "4|8",
     .help = "how many times larger, where no model is named"},
    {0}};

static const limn_option_group groups[] = {
    {"Picture", table, 0},
    {"Files", limn_batch_table, offsetof(options, batch)},
    {"Computing", limn_compute_table, offsetof(options, compute)},
    {"Messages", limn_common_table, offsetof(options, common)},
    {0}};

typedef struct enlarger {
    limn_model *model;
    limn_translate_options translate;
} enlarger;

static limn_status enlarge_one(void *context, limn_picture *picture, limn_picture **result) {
    const enlarger *by = context;
    return limn_translate(by->model, picture, by->translate, result);
}

static limn_status open_model(limn_call *call, const options *given, limn_model **model) {
    char *path;
    LIMN_TRY(limn_shelf_find(given->model, "perceptual", given->scale ? 8 : 4, &path));
    limn_status status = limn_model_load(path, (limn_model_options){0}, model);
    if (status == LIMN_OK && limn_model_scale(*model) == 1) {
        status = limn_fail(LIMN_MODEL,
                           "%s: is a style and enlarges nothing. Take limn stylize for it.", path);
        limn_model_free(*model);
    }
    if (status == LIMN_OK) limn_call_text(call, "model", path);
    free(path);
    return status;
}

static limn_status run_batch(void *context, limn_batch *batch) {
    limn_call *call = context;
    const options *given = call->options;
    enlarger by = {0};
    LIMN_TRY(limn_compute_begin(&given->compute, &by.translate));
    LIMN_TRY(open_model(call, given, &by.model));
    limn_status status = limn_batch_run(batch, enlarge_one, &by);
    limn_model_free(by.model);
    return status;
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    limn_options_json(groups, given, limn_call_member(call, "options"));
    return limn_batch_do(call, &given->batch, (limn_variants){0}, run_batch, call);
}

const limn_verb limn_verb_upscale = {
    .name = "upscale",
    .summary = "make pictures larger",
    .arguments = "PICTURE|FOLDER ...",
    .least = 1,
    .most = -1,
    .description =
        "Enlarges pictures four or eight times by a network that limn train upscale made. "
        "What does not fit into --max-memory is done in tiles that overlap, with the same "
        "result.\n",
    .examples = "limn upscale small.jpg -o large.png\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
