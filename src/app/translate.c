// limn translate: pictures into another domain.
#include "app/batch.h"
#include "app/shelf.h"
#include "app/signals.h"
#include "app/verb.h"
#include "base/file.h"
#include "methods/two_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    limn_batch_verb verb;
    const char *model, *to, *from;
    int64_t random, interpolate, seed;
    int size;
} options;

enum { KEEP_SIZE = 1, GAP = 2 }; // position in --size's choices; pixels between pictures of a sheet

static const limn_option table[] = {
    {.name = "model",
     .letter = 'm',
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(options, model),
     .otherwise = "the best two-step model that limn models lists",
     .help = "a model that limn train two-step made: its file, or a name that limn models lists"},
    {.name = "to",
     .kind = LIMN_OPTION_TEXT,
     .offset = offsetof(options, to),
     .placeholder = "DOMAIN|all",
     .help = "the domain to translate to; all: to each of them, in folders of their names; a "
             "picture's own domain shows what the model knows of it"},
    {.name = "size",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(options, size),
     .fallback = "model",
     .choices = "model|keep",
     .help = "the size of the result: the model's, or that of the picture"},
    {.name = "random",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(options, random),
     .fallback = "0",
     .low = 0,
     .high = 1024,
     .help = "instead of translating, a sheet of so many pictures made from chance"},
    {.name = "interpolate",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(options, interpolate),
     .fallback = "0",
     .low = 0,
     .high = 256,
     .help = "a strip of so many pictures on the way from one picture to another, or of one "
             "picture from the domain --from to the domain --to"},
    {.name = "from",
     .kind = LIMN_OPTION_TEXT,
     .offset = offsetof(options, from),
     .placeholder = "DOMAIN",
     .help = "where --interpolate begins with one picture"},
    {.name = "seed",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(options, seed),
     .fallback = "0",
     .low = 0,
     .high = 9e15,
     .help = "the source of chance for --random"},
    {0}};

static const limn_option_group groups[] = LIMN_BATCH_GROUPS(table);

typedef struct translator {
    limn_call *call;
    const options *given;
    char *path;
    limn_two_step *model; // from that path
    limn_two_step_player player;
    int to, from;            // domains
    const limn_batch *batch; // that is being worked through
} translator;

static bool to_all(const options *given) {
    return given->to && !strcmp(given->to, "all");
}

static bool wants_sheet(const options *given) {
    return given->random || given->interpolate;
}

// ---- what is asked for ----

static limn_status check_arguments(const limn_call *call, const options *given) {
    int count = call->parsed->argument_count;
    if (given->random && given->interpolate)
        return limn_fail(LIMN_USAGE, "--random and --interpolate: choose one of them.");
    if (given->random && count)
        return limn_fail(LIMN_USAGE, "--random makes pictures from chance and takes none.");
    if (!given->random && !count)
        return limn_fail(LIMN_USAGE, "translate: needs PICTURE|FOLDER ..., or --random N.");
    if (given->interpolate == 1 || (given->interpolate && count > 2))
        return limn_fail(LIMN_USAGE,
                         "--interpolate %lld with %d pictures: at least 2 steps between two "
                         "pictures, or of one picture from --from to --to, are needed.",
                         (long long)given->interpolate, count);
    bool one = given->interpolate && count == 1;
    if (one && !given->from)
        return limn_fail(LIMN_USAGE,
                         "--interpolate %lld with one picture: say in which domain it begins: "
                         "--from DOMAIN.",
                         (long long)given->interpolate);
    if (given->from && !one)
        return limn_fail(LIMN_USAGE,
                         "--from %s: it belongs to --interpolate with one picture. Leave it out.",
                         given->from);
    if (to_all(given) && wants_sheet(given))
        return limn_fail(LIMN_USAGE, "--to all: name one domain for a sheet.");
    if (given->size == KEEP_SIZE && wants_sheet(given))
        return limn_fail(LIMN_USAGE,
                         "--size keep: the pictures of a sheet have the model's size. Leave it "
                         "out.");
    return LIMN_OK;
}

static limn_status find_domains(translator *by) {
    const options *given = by->given;
    const limn_two_step_about *about = &by->model->about;
    const char *to = given->to ? given->to : about->inpaint ? "whole" : NULL;
    if (!to)
        return limn_fail(LIMN_USAGE,
                         "--to DOMAIN is needed. Those of the model are shown by limn info %s",
                         by->path);
    if (given->from) LIMN_TRY(limn_two_step_find(about, given->from, &by->from));
    return to_all(given) ? LIMN_OK : limn_two_step_find(about, to, &by->to);
}

static limn_status open_player(translator *by) {
    limn_plan_options how;
    LIMN_TRY(limn_compute_plan(&by->given->verb.compute, &how));
    return limn_two_step_open(&by->player, &by->model->store, &by->model->about.shape, 1, how,
                              true);
}

// ---- translating ----

static limn_status translate_one(void *context, limn_picture *picture, limn_picture **result) {
    translator *by = context;
    int domain = to_all(by->given) ? by->batch->variant : by->to;
    return limn_two_step_translate(&by->player, &by->model->about, picture, domain,
                                   by->given->size == KEEP_SIZE, result);
}

static limn_status run_batch(void *context, limn_batch *batch) {
    translator *by = context;
    by->batch = batch;
    LIMN_TRY(open_player(by));
    return limn_batch_run(batch, translate_one, by);
}

// ---- sheets ----

static limn_write_options writing(const options *given) {
    const limn_job sheet = {.output = given->verb.batch.output};
    return limn_batch_writing(&given->verb.batch, &sheet);
}

static limn_status check_sheet(const options *given) {
    const char *output = given->verb.batch.output;
    if (!output) return limn_fail(LIMN_USAGE, "translate: say where the sheet goes: -o FILE.");
    LIMN_TRY(limn_picture_check_write(output, writing(given)));
    LIMN_TRY(limn_batch_check_file(&given->verb.batch));
    return limn_file_can_write(output, given->verb.batch.force);
}

static limn_status read_picture(translator *by, const char *path, float *z) {
    limn_picture *picture;
    limn_read_options how = {.max_memory = by->given->verb.compute.max_memory};
    LIMN_TRY(limn_picture_read(path, how, &picture));
    limn_status status = limn_two_step_read(&by->player, &by->model->about, picture, z);
    limn_picture_free(picture);
    return status;
}

static void mix(const float *a, const float *b, float part, int count, float *out) {
    for (int i = 0; i < count; i++) out[i] = a[i] + part * (b[i] - a[i]);
}

// From the first picture and domain to the last.
static limn_status make_strip(translator *by, limn_picture **pictures) {
    const options *given = by->given;
    const limn_parsed *parsed = by->call->parsed;
    int latent = by->model->about.shape.latent;
    int size = limn_two_step_code_size(&by->model->about.shape), count = (int)given->interpolate;
    float z[3][LIMN_TWO_STEP_MOST_LATENT], code[3][LIMN_MOST_DOMAINS];
    for (int i = 0; i < 2; i++) {
        int picture = i < parsed->argument_count ? i : 0;
        LIMN_TRY(read_picture(by, parsed->arguments[picture], z[i]));
        int domain = i == 0 && given->from ? by->from : by->to;
        limn_two_step_domain_code(&by->player, domain, code[i]);
    }
    for (int i = 0; i < count; i++) {
        float part = (float)i / (float)(count - 1);
        mix(z[0], z[1], part, latent, z[2]);
        mix(code[0], code[1], part, size, code[2]);
        LIMN_TRY(limn_two_step_show(&by->player, z[2], code[2], &pictures[i]));
    }
    return LIMN_OK;
}

static limn_status make_random(translator *by, limn_picture **pictures) {
    float z[LIMN_TWO_STEP_MOST_LATENT], code[LIMN_MOST_DOMAINS];
    limn_two_step_domain_code(&by->player, by->to, code);
    for (int i = 0; i < (int)by->given->random; i++) {
        limn_random stream = {.seed = (uint64_t)by->given->seed,
                              .purpose = limn_purpose("two-step random"),
                              .sample = (uint32_t)i};
        limn_two_step_latents(&by->model->about.shape, &stream, 1, z);
        LIMN_TRY(limn_two_step_show(&by->player, z, code, &pictures[i]));
    }
    return LIMN_OK;
}

static limn_status write_sheet(const options *given, const limn_picture *sheet) {
    limn_signals_begin();
    limn_signals_hold();
    limn_status status = limn_picture_write(sheet, given->verb.batch.output, writing(given));
    limn_signals_release();
    return status;
}

static limn_status make_sheet(translator *by, int count) {
    const options *given = by->given;
    LIMN_TRY(open_player(by));
    limn_picture **pictures = calloc((size_t)count, sizeof *pictures), *sheet = NULL;
    if (!pictures) return limn_fail(LIMN_MEMORY, "no memory for a sheet of %d pictures", count);
    limn_status status = given->random ? make_random(by, pictures) : make_strip(by, pictures);
    limn_sheet_options how = {.columns = given->random ? 0 : count,
                              .gap = count > 1 ? GAP : 0,
                              .background = {255, 255, 255}};
    if (status == LIMN_OK)
        status = limn_picture_sheet((const limn_picture *const *)pictures, count, how, &sheet);
    if (status == LIMN_OK) status = write_sheet(given, sheet);
    if (status == LIMN_OK)
        limn_say(by->call, "%s: %d pictures, %d x %d", given->verb.batch.output, count,
                 sheet->width, sheet->height);
    for (int i = 0; i < count; i++) limn_picture_free(pictures[i]);
    free(pictures);
    limn_picture_free(sheet);
    return status;
}

static limn_status run_sheet(translator *by) {
    const options *given = by->given;
    int count = (int)(given->random ? given->random : given->interpolate);
    int size = by->model->about.shape.size;
    limn_options_json(groups, given, limn_call_member(by->call, "options"));
    LIMN_TRY(check_sheet(given));
    if (!given->verb.batch.dry_run) return make_sheet(by, count);
    if (!by->call->common->json)
        limn_print("%d pictures of %d x %d -> %s\n", count, size, size, given->verb.batch.output);
    return LIMN_OK;
}

// The model of a run that has not come to its second step.
static limn_status check_encoder(const translator *by) {
    if (by->given->random || by->model->about.encoder_steps > 0) return LIMN_OK;
    return limn_fail(LIMN_MODEL,
                     "%s: the encoder of this model is not trained yet, so that it cannot read "
                     "pictures. Wait for the second step of its training, or make pictures from "
                     "chance: --random 16",
                     by->path);
}

static limn_status open_model(translator *by) {
    const char *named = by->given->model;
    LIMN_TRY(limn_shelf_find(named, "two-step", 0, &by->path));
    LIMN_TRY(limn_two_step_load(by->path, &by->model));
    LIMN_TRY(check_encoder(by));
    limn_call_text(by->call, "model", by->path);
    if (!named || by->call->common->verbose) limn_say(by->call, "model: %s", by->path);
    return LIMN_OK;
}

static limn_status translate(translator *by) {
    LIMN_TRY(open_model(by));
    LIMN_TRY(find_domains(by));
    if (wants_sheet(by->given)) return run_sheet(by);
    limn_variants all = {by->model->about.names, by->model->about.shape.domains};
    return limn_batch_do(by->call, to_all(by->given) ? all : (limn_variants){0}, run_batch, by);
}

static limn_status run(limn_call *call) {
    translator by = {.call = call, .given = call->options};
    LIMN_TRY(check_arguments(call, by.given));
    limn_status status = translate(&by);
    limn_two_step_close(&by.player);
    limn_two_step_free(by.model);
    free(by.path);
    return status;
}

const limn_verb limn_verb_translate = {
    .name = "translate",
    .summary = "turn pictures of one domain into those of another",
    .arguments = "PICTURE|FOLDER ...",
    .least = 0,
    .most = -1,
    .description =
        "Translates pictures by a model that limn train two-step made, between any of its "
        "domains. A picture of any size goes in; the result has the model's size, or with --size "
        "keep that of the picture.\n"
        "The result is made anew from what the model reads in the picture. A model trained with "
        "--inpaint fills the middle and leaves the rest as it is.\n",
    .examples = "limn translate face.png -m runs/emoji/model.safetensors --to google -o out.png\n"
                "limn translate faces/ -m emoji --to all -o translated/\n"
                "limn translate a.png b.png -m MODEL --to google --interpolate 8 -o strip.png\n"
                "limn translate a.png -m MODEL --from google --to twitter --interpolate 8 -o "
                "strip.png\n"
                "limn translate -m MODEL --to google --random 16 -o sheet.png\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
