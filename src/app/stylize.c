// limn stylize: photographs into paintings, by a network trained for one style.
#include "app/use.h"
#include "model/runner.h"
#include "model/shelf.h"

#include <stdlib.h>
#include <string.h>

enum { SHEET_SIZE = 512, SHEET_GAP = 8 }; // pixels: a cell's longer side, and what is between cells

static const limn_option table[] = {
    LIMN_USE_MODEL_OPTION("the best style that ships with limn", "the style"),
    {.name = "network",
     .kind = LIMN_OPTION_TEXT,
     LIMN_USE(network),
     .placeholder = "NAME",
     .help = LIMN_NETWORK_HELP},
    LIMN_USE_PIXEL_OPTIONS,
    {.name = "size",
     .kind = LIMN_OPTION_WHOLE,
     LIMN_USE(longer),
     .low = 1,
     .high = 65500,
     .otherwise = "as it is",
     .help = "make the longer side this many pixels first. Strokes have a fixed size in pixels, so "
             "a large photograph looks unpainted without it"},
    {.name = "contact-sheet",
     .kind = LIMN_OPTION_FLAG,
     LIMN_USE(contact_sheet),
     .help = "instead of one painting, a sheet with the photograph and all styles that limn models "
             "lists, each 512 pixels large unless --size says otherwise"},
    {0}};

static const limn_option_group groups[] = LIMN_BATCH_GROUPS(table);

// ---- the contact sheet ----

typedef struct painter {
    limn_call *call;
    limn_shelf shelf;
    limn_run_options how;
} painter;

static bool is_style(const limn_shelf_item *item) {
    return !strcmp(limn_model_verb(item->model), "stylize");
}

static limn_status paint_in(const painter *by, const char *path, const limn_picture *picture,
                            limn_picture **result) {
    limn_model *model;
    limn_runner *runner = NULL;
    *result = NULL;
    LIMN_TRY(limn_model_open(path, NULL, LIMN_WITH_PARAMETERS, &model));
    limn_status status = limn_runner_open(model, &by->how, &runner);
    if (status == LIMN_OK) status = limn_translate(runner, picture, NULL, NULL, result);
    if (status == LIMN_OK) status = limn_use_finish(by->call, picture, *result);
    limn_runner_free(runner);
    limn_model_free(model);
    return status;
}

static limn_status paint_all(void *context, limn_picture *picture, limn_picture **result) {
    const painter *by = context;
    const limn_shelf *shelf = &by->shelf;
    limn_picture **cells = calloc((size_t)shelf->count + 1, sizeof(limn_picture *));
    if (!cells) return limn_fail(LIMN_MEMORY, "no memory for a contact sheet.");
    int count = 0;
    limn_status status = LIMN_OK;
    cells[count++] = picture;
    for (int i = 0; i < shelf->count && status == LIMN_OK; i++)
        if (is_style(&shelf->items[i]))
            status = paint_in(by, shelf->items[i].path, picture, &cells[count++]);
    limn_sheet_options sheet = {
        .size = sizeof sheet, .gap = SHEET_GAP, .background = {255, 255, 255}};
    if (status == LIMN_OK)
        status = limn_picture_sheet((const limn_picture *const *)cells, count, &sheet, result);
    for (int i = 1; i < count; i++) limn_picture_free(cells[i]);
    free(cells);
    return status;
}

// The shelf's styles, told in the order of the sheet, which has no words on it.
static limn_status tell_styles(limn_call *call, const limn_shelf *shelf) {
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

// All cells are as large as the photograph, in as many columns as rows or one more.
static void size_sheet(const void *context, int *width, int *height) {
    const painter *by = context;
    int cells = 1, columns = 1;
    for (int i = 0; i < by->shelf.count; i++) cells += is_style(&by->shelf.items[i]);
    while (columns * columns < cells) columns++;
    *width = columns * (*width + SHEET_GAP) + SHEET_GAP;
    *height = (cells + columns - 1) / columns * (*height + SHEET_GAP) + SHEET_GAP;
}

static limn_status run_batch(void *context, limn_batch *batch) {
    painter *by = context;
    batch->size = size_sheet;
    const limn_use_options *given = by->call->options;
    LIMN_TRY(limn_compute_begin(&given->verb.compute, &by->how));
    LIMN_TRY(tell_styles(by->call, &by->shelf));
    batch->longer = given->longer ? (int)given->longer : SHEET_SIZE;
    return limn_batch_run(batch, paint_all, by);
}

static limn_status run(limn_call *call) {
    const limn_use_options *given = call->options;
    painter by = {.call = call, .how = {.size = sizeof by.how}};
    if (!given->contact_sheet) return limn_use(call);
    if (given->model)
        return limn_fail(LIMN_USAGE, "--contact-sheet shows all styles and --model names one: "
                                     "choose one of them.");
    LIMN_TRY(limn_shelf_open(&by.shelf));
    limn_status status = limn_batch_do(call, (limn_variants){0}, run_batch, &by);
    limn_shelf_close(&by.shelf);
    return status;
}

const limn_verb limn_verb_stylize = {
    .name = "stylize",
    .summary = "turn photographs into paintings",
    .arguments = "PICTURE|FOLDER ...",
    .least = 1,
    .most = -1,
    .description =
        "Paints photographs in the style of a model. JPEG, PNG, WebP and TIFF of any size go in, "
        "and the same kind, size and depth come out, with transparency and with what was told: "
        "EXIF, XMP, IPTC, comments.\n"
        "Of a folder, all pictures are taken. With several pictures the results keep their names, "
        "in the folder that -o names. Mistakes that can be seen beforehand, such as a result that "
        "is there already, are told before any work.\n",
    .examples = "limn stylize photo.jpg -o painting.jpg\n"
                "limn stylize photo.jpg -m wave --size 1024 -o painting.png\n"
                "limn stylize photo.jpg --contact-sheet -o styles.jpg\n"
                "limn stylize holiday/ -o paintings/ --recursive --skip-existing\n",
    .groups = groups,
    .options_size = sizeof(limn_use_options),
    .run = run,
};
