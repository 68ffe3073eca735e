// Results on one sheet: pictures made from chance or on a way, or contents by looks.
#include "app/looks.h"

#include "app/signals.h"
#include "base/file.h"
#include "data/folder.h"
#include "image/cells.h"

#include <stdlib.h>
#include <string.h>

enum { GAP = 2 }; // pixels between pictures

static bool domains_are_styles(const limn_user *by) {
    return by->tool->model->kind->styles == LIMN_STYLES_DOMAINS;
}

bool limn_user_wants_sheet(const limn_user *by) {
    const char *output = by->given->verb.batch.output;
    if (domains_are_styles(by)) return by->given->random || by->given->interpolate;
    if (by->given->diagnose) return true;
    return by->looks.count > 1 && !by->given->pair && output &&
           limn_format_of_name(output) != LIMN_FORMAT_NONE && !limn_folder_exists(output);
}

static limn_write_options writing(const limn_use_options *given) {
    const limn_job sheet = {.output = given->verb.batch.output};
    return limn_batch_writing(&given->verb.batch, &sheet);
}

static limn_status check(const limn_user *by) {
    const limn_use_options *given = by->given;
    const char *output = given->verb.batch.output;
    if (!output)
        return limn_fail(LIMN_USAGE, "%s: say where the sheet goes: -o FILE.",
                         by->call->verb->name);
    const limn_write_options how = writing(given);
    LIMN_TRY(limn_picture_check_write(output, &how));
    LIMN_TRY(limn_batch_check_file(&given->verb.batch));
    return limn_file_can_write(output, given->verb.batch.force);
}

// ---- what is on it ----

static limn_status add_looks(limn_user *by, const limn_picture *picture, limn_cells *sheet) {
    for (int i = 0; i < by->looks.count; i++) {
        limn_picture *made;
        LIMN_TRY(limn_user_show(by, i, picture, &made));
        LIMN_TRY(limn_cells_add(sheet, made));
    }
    return LIMN_OK;
}

static int longer_of(const limn_picture *picture) {
    return picture->width > picture->height ? picture->width : picture->height;
}

// As large as the results beside it.
static limn_status copy_like(const limn_picture *picture, const limn_picture *other,
                             limn_picture **copy) {
    LIMN_TRY(limn_picture_copy(picture, copy));
    limn_status status = limn_picture_fit(*copy, longer_of(other));
    if (status == LIMN_OK) return LIMN_OK;
    limn_picture_free(*copy);
    *copy = NULL;
    return status;
}

typedef struct grid {
    limn_user *by;
    limn_cells sheet;
    int rows, broken; // that were found
} grid;

static limn_read_options reading(const grid *it) {
    return (limn_read_options){.size = sizeof(limn_read_options),
                               .max_memory = it->by->given->verb.compute.max_memory};
}

static bool is_row(const char *path, const char *relative) {
    return !relative || limn_folder_format(path) != LIMN_FORMAT_NONE;
}

// What cannot be read is told before any work.
static limn_status find_row(void *context, const char *path, const char *relative) {
    grid *it = context;
    const limn_read_options how = reading(it);
    limn_picture_header header = {.size = sizeof header};
    if (relative && !*relative) return limn_pass_over();
    if (!is_row(path, relative)) return LIMN_OK;
    it->rows++;
    LIMN_TRY(limn_originals_add(&it->by->call->originals, path));
    limn_status status = limn_picture_read_header(path, &how, &header);
    const limn_batch_options *options = &it->by->given->verb.batch;
    bool again = options->skip_broken && !options->dry_run; // its row will tell
    it->broken += status == LIMN_INPUT;
    return status == LIMN_INPUT && again ? LIMN_OK : limn_user_pass_broken(it->by, status);
}

// What a result is made of.
static limn_status add_diagnosis(grid *it, const char *path, limn_picture *picture) {
    const limn_user *by = it->by;
    limn_picture_on_white(picture);
    limn_status status = by->tool->model->kind->diagnose(
        by->tool->runner, by->from, by->to, picture, by->looks.items[0].exemplar, &it->sheet);
    limn_picture_free(picture);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", path);
}

static limn_status add_row(void *context, const char *path, const char *relative) {
    grid *it = context;
    const limn_read_options how = reading(it);
    limn_picture *picture;
    if (!is_row(path, relative)) return LIMN_OK;
    limn_status status = limn_call_read(it->by->call, path, &how, &picture);
    if (status != LIMN_OK) return limn_user_pass_broken(it->by, status);
    it->rows++;
    if (it->by->given->diagnose) return add_diagnosis(it, path, picture);
    int at = it->sheet.count;
    status = limn_user_look(it->by, path, picture);
    if (status == LIMN_OK) status = limn_cells_add(&it->sheet, NULL);
    if (status == LIMN_OK) status = add_looks(it->by, picture, &it->sheet);
    it->by->sight_of = NULL; // the name may not live as long
    if (status == LIMN_OK)
        status = copy_like(picture, it->sheet.items[at + 1], &it->sheet.items[at]);
    limn_picture_free(picture);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", path);
}

static limn_status visit_rows(grid *it, limn_visit *visit) {
    const limn_parsed *parsed = it->by->call->parsed;
    bool recursive = it->by->given->verb.batch.recursive;
    for (int i = 0; i < parsed->argument_count; i++) {
        const char *path = parsed->arguments[i];
        LIMN_TRY(limn_folder_exists(path) ? limn_folder_walk(path, recursive, visit, it)
                                          : visit(it, path, NULL));
    }
    return LIMN_OK;
}

static limn_status find_rows(limn_user *by, int *rows) {
    grid it = {.by = by};
    if (domains_are_styles(by)) return LIMN_OK;
    LIMN_TRY(visit_rows(&it, find_row));
    *rows = it.rows - it.broken;
    if (it.rows) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "%s: there is no picture in this folder.",
                     by->call->parsed->arguments[0]);
}

// Contents left, exemplars on top.
static limn_status fill_grid(limn_user *by, limn_cells *sheet) {
    grid it = {.by = by};
    bool tops = by->looks.count && by->looks.items[0].exemplar && !by->given->diagnose;
    limn_status status = tops ? limn_cells_add(&it.sheet, NULL) : LIMN_OK;
    for (int i = 0; tops && i < by->looks.count && status == LIMN_OK; i++)
        status = limn_cells_add(&it.sheet, NULL);
    if (status == LIMN_OK) status = visit_rows(&it, add_row);
    if (status == LIMN_OK && !it.rows)
        status = limn_fail(LIMN_INPUT, "No picture could be read, so nothing was made.");
    const limn_picture *last = it.sheet.count ? it.sheet.items[it.sheet.count - 1] : NULL;
    for (int i = 0; tops && i < by->looks.count && status == LIMN_OK; i++)
        if (by->looks.items[i].exemplar)
            status = copy_like(by->looks.items[i].exemplar, last, &it.sheet.items[1 + i]);
    *sheet = it.sheet;
    sheet->columns =
        by->given->diagnose && it.rows ? it.sheet.count / it.rows : 1 + by->looks.count;
    return status;
}

static limn_status fill(limn_user *by, limn_cells *sheet) {
    if (!domains_are_styles(by)) return fill_grid(by, sheet);
    sheet->columns = by->given->interpolate ? by->looks.count : 0;
    return add_looks(by, NULL, sheet);
}

// ---- the sheet ----

static void tell(limn_user *by, const limn_cells *made, const limn_picture *sheet) {
    const char *output = by->given->verb.batch.output;
    int pictures = 0;
    for (int i = 0; i < made->count; i++) pictures += made->items[i] != NULL;
    limn_say(by->call, "%s: %d pictures, %d x %d", output, pictures, sheet->width, sheet->height);
    limn_call_text(by->call, "sheet", output);
    limn_call_number(by->call, "pictures", pictures);
    limn_call_number(by->call, "width", sheet->width);
    limn_call_number(by->call, "height", sheet->height);
}

static limn_status write(limn_user *by, limn_cells *made) {
    limn_picture *sheet;
    const limn_write_options how = writing(by->given);
    made->gap = made->count > 1 ? GAP : 0;
    LIMN_TRY(limn_cells_sheet(made, &sheet));
    limn_signals_begin();
    limn_signals_hold();
    limn_status status = limn_picture_write(sheet, by->given->verb.batch.output, &how);
    limn_signals_release();
    if (status == LIMN_OK) tell(by, made, sheet);
    limn_picture_free(sheet);
    return status;
}

static void plan(const limn_user *by, int rows) {
    int side = limn_model_side(by->tool->model);
    if (by->call->common->json) return;
    if (domains_are_styles(by))
        limn_print("%d pictures of %d x %d", by->looks.count, side, side);
    else
        limn_print("%d %s in %d looks", rows, rows == 1 ? "picture" : "pictures", by->looks.count);
    limn_print(" -> %s\n", by->given->verb.batch.output);
}

limn_status limn_user_sheet(limn_user *by) {
    limn_cells made = {.items = NULL};
    int rows = 0;
    limn_options_json(by->call->verb->groups, by->given, limn_call_member(by->call, "options"));
    LIMN_TRY(check(by));
    LIMN_TRY(find_rows(by, &rows));
    LIMN_TRY(limn_originals_check(&by->call->originals, by->given->verb.batch.output));
    if (by->given->verb.batch.dry_run) {
        plan(by, rows);
        return LIMN_OK;
    }
    limn_status status = fill(by, &made);
    if (status == LIMN_OK) status = write(by, &made);
    limn_cells_free(&made);
    return status;
}
