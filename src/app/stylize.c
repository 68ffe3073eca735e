// limn stylize: photographs into paintings, by a network trained for one style.
#include "app/batch.h"
#include "app/shelf.h"
#include "app/verb.h"
#include "methods/network.h"

#include <stdlib.h>
#include <string.h>

typedef struct options {
    limn_batch_verb verb;
    const char *model, *network;
    int64_t size;
    double strength;
    bool preserve_colour, contact_sheet;
} options;

enum { SHEET_SIZE = 512, SHEET_GAP = 8 }; // pixels: a cell's longer side, and what is between cells

static const limn_option table[] = {
    {.name = "model",
     .letter = 'm',
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(options, model),
     .otherwise = "the best style that ships with limn",
     .help = "the style: a model file, or a name that limn models lists"},
    {.name = "network",
     .kind = LIMN_OPTION_TEXT,
     .offset = offsetof(options, network),
     .placeholder = "NAME",
     .help = "what network a bare state dict is, where its names do not tell: " LIMN_NETWORK_NAMES},
    {.name = "strength",
     .kind = LIMN_OPTION_REAL,
     .offset = offsetof(options, strength),
     .fallback = "1",
     .low = 0,
     .high = 1,
     .help = "how far from the photograph (0) towards the painting (1)"},
    {.name = "preserve-colour",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(options, preserve_colour),
     .help = "keep the colours of the photograph; only lightness comes from the painting"},
    {.name = "size",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(options, size),
     .low = 1,
     .high = 65500,
     .otherwise = "as it is",
     .help = "make the longer side this many pixels first. Strokes have a fixed size in pixels, so "
             "a large photograph looks unpainted without it"},
    {.name = "contact-sheet",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(options, contact_sheet),
     .help = "instead of one painting, a sheet with the photograph and all styles that limn models "
             "lists, each 512 pixels large unless --size says otherwise"},
    {0}};

static const limn_option_group groups[] = LIMN_BATCH_GROUPS(table);

typedef struct painter {
    limn_model *model;
    limn_shelf shelf; // for a contact sheet
    limn_translate_options translate;
    int size;
} painter;

static limn_status paint(void *context, limn_picture *picture, limn_picture **result) {
    const painter *by = context;
    if (by->size) LIMN_TRY(limn_picture_fit(picture, by->size));
    return limn_translate(by->model, picture, by->translate, result);
}

static bool is_style(const limn_shelf_item *item) {
    return !strcmp(item->method, "perceptual") && item->scale == 1;
}

static limn_status paint_in(const char *model_path, const painter *by, const limn_picture *picture,
                            limn_picture **result) {
    limn_model *model;
    LIMN_TRY(limn_model_load(model_path, (limn_model_options){0}, &model));
    limn_status status = limn_translate(model, picture, by->translate, result);
    limn_model_free(model);
    return status;
}

static limn_status paint_sheet(void *context, limn_picture *picture, limn_picture **result) {
    const painter *by = context;
    const limn_shelf *shelf = &by->shelf;
    LIMN_TRY(limn_picture_fit(picture, by->size));
    limn_picture **cells = calloc((size_t)shelf->count + 1, sizeof(limn_picture *));
    if (!cells) return limn_fail(LIMN_MEMORY, "no memory for a contact sheet.");
    int count = 0;
    limn_status status = LIMN_OK;
    cells[count++] = picture;
    for (int i = 0; i < shelf->count && status == LIMN_OK; i++)
        if (is_style(&shelf->items[i]))
            status = paint_in(shelf->items[i].path, by, picture, &cells[count++]);
    limn_sheet_options sheet = {.gap = SHEET_GAP, .background = {255, 255, 255}};
    if (status == LIMN_OK)
        status = limn_picture_sheet((const limn_picture *const *)cells, count, sheet, result);
    for (int i = 1; i < count; i++) limn_picture_free(cells[i]);
    free(cells);
    return status;
}

// The shelf's styles, told in the order of the sheet, which has no words on it.
static limn_status open_shelf(limn_call *call, limn_shelf *shelf) {
    LIMN_TRY(limn_shelf_open(shelf));
    limn_text names = {0};
    limn_text *json = limn_call_member(call, "styles");
    limn_text_print(json, "[");
    for (int i = 0; i < shelf->count; i++) {
        if (!is_style(&shelf->items[i])) continue;
        limn_text_print(json, "%s", names.size ? ", " : "");
        limn_text_json(json, shelf->items[i].name);
        limn_text_print(&names, ", %s", shelf->items[i].name);
    }
    limn_text_print(json, "]");
    limn_status status = LIMN_OK;
    if (names.size)
        limn_say(call, "row by row: the photograph%s", names.data);
    else
        status = limn_fail(LIMN_MODEL, "No styles were found for a contact sheet. Say in "
                                       "LIMN_MODELS in which folder they are.");
    limn_text_free(&names);
    return status;
}

static limn_status run_batch(void *context, limn_batch *batch) {
    limn_call *call = context;
    const options *given = call->options;
    bool sheet = given->contact_sheet;
    painter by = {.size = given->size ? (int)given->size : sheet ? SHEET_SIZE : 0};
    LIMN_TRY(limn_compute_begin(&given->verb.compute, &by.translate));
    by.translate.strength = given->strength;
    by.translate.has_strength = true;
    by.translate.preserve_colour = given->preserve_colour;
    limn_status status = sheet ? open_shelf(call, &by.shelf)
                               : limn_shelf_load(call, given->model, 1, given->network, &by.model);
    if (status == LIMN_OK) {
        batch->longer = by.size;
        status = limn_batch_run(batch, sheet ? paint_sheet : paint, &by);
    }
    limn_model_free(by.model);
    limn_shelf_close(&by.shelf);
    return status;
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    if (given->contact_sheet && given->model)
        return limn_fail(LIMN_USAGE, "--contact-sheet shows all styles and --model names one: "
                                     "choose one of them.");
    return limn_batch_do(call, (limn_variants){0}, run_batch, call);
}

const limn_verb limn_verb_stylize = {
    .name = "stylize",
    .summary = "turn photographs into paintings",
    .arguments = "PICTURE|FOLDER ...",
    .least = 1,
    .most = -1,
    .description =
        "Paints photographs in the style of a model. JPEG, PNG, WebP and TIFF of any size go in, "
        "and the same kind, size and depth come out, with EXIF data and transparency.\n"
        "Of a folder, all pictures are taken. With several pictures the results keep their names, "
        "in the folder that -o names. Mistakes that can be seen beforehand, such as a result that "
        "is there already, are told before any work.\n",
    .examples = "limn stylize photo.jpg -o painting.jpg\n"
                "limn stylize photo.jpg -m wave --size 1024 -o painting.png\n"
                "limn stylize photo.jpg --contact-sheet -o styles.jpg\n"
                "limn stylize holiday/ -o paintings/ --recursive --skip-existing\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
