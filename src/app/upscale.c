// limn upscale: pictures made larger by a network.
#include "app/batch.h"
#include "app/shelf.h"
#include "app/verb.h"

typedef struct options {
    limn_batch_verb verb;
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
     .help = "how many times larger: picks the model where none is named"},
    {0}};

static const limn_option_group groups[] = LIMN_BATCH_GROUPS(table);

typedef struct enlarger {
    limn_model *model;
    limn_translate_options translate;
} enlarger;

static limn_status enlarge_one(void *context, limn_picture *picture, limn_picture **result) {
    const enlarger *by = context;
    return limn_translate(by->model, picture, by->translate, result);
}

// A model enlarges as it was trained to.
static limn_status check_scale(const limn_call *call, const limn_model *model, int wanted) {
    int scale = limn_model_scale(model);
    if (!limn_parsed_has(call->parsed, "scale") || scale == wanted) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--scale %d: the model that --model names makes pictures %d times larger. "
                     "Leave one of the two out.",
                     wanted, scale);
}

static limn_status run_batch(void *context, limn_batch *batch) {
    limn_call *call = context;
    const options *given = call->options;
    enlarger by = {0};
    LIMN_TRY(limn_compute_begin(&given->verb.compute, &by.translate));
    int scale = given->scale ? 8 : 4;
    LIMN_TRY(limn_shelf_load(call, given->model, scale, NULL, &by.model));
    limn_status status = check_scale(call, by.model, scale);
    if (status == LIMN_OK) status = limn_batch_run(batch, enlarge_one, &by);
    limn_model_free(by.model);
    return status;
}

static limn_status run(limn_call *call) {
    return limn_batch_do(call, (limn_variants){0}, run_batch, call);
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
