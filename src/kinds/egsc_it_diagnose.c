// What a translation of EGSC-IT is made of, as pictures in a row.
#include "kinds/egsc_it.h"

#include "image/cells.h"
#include "model/runner.h"

#include <stdlib.h>
#include <string.h>

enum { CHANNELS_SHOWN = 16 };

// Everything that one picture of the row takes.
typedef struct scene {
    limn_runner *runner;
    int from, to;
    const limn_picture *picture, *exemplar;
    limn_cells *row;
} scene;

static limn_status add_copy(const scene *it, const limn_picture *picture) {
    limn_picture *copy;
    LIMN_TRY(limn_picture_copy(picture, &copy));
    return limn_cells_add(it->row, copy);
}

static limn_status add_shown(const scene *it, limn_runner *runner, int to, limn_sight *sight,
                             const float *style) {
    limn_picture *made;
    LIMN_TRY(limn_runner_show(runner, to, sight, style, limn_runner_size(runner), &made));
    return limn_cells_add(it->row, made);
}

static limn_status add_drawn(const scene *it, limn_runner *runner, int to,
                             const limn_picture *exemplar) {
    limn_result_size size = limn_runner_size(runner);
    int64_t numbers = limn_runner_style_count(runner);
    limn_sight sight;
    float *style = calloc((size_t)numbers + 1, sizeof *style);
    if (!style) return limn_fail(LIMN_MEMORY, "there is no memory for a style");
    limn_status status = limn_runner_look(runner, it->from, it->picture, size, &sight);
    if (status == LIMN_OK && numbers) status = limn_runner_style(runner, to, exemplar, size, style);
    if (status == LIMN_OK) status = add_shown(it, runner, to, &sight, style);
    limn_sight_free(&sight);
    free(style);
    return status;
}

// The translation by as much of the guidance as the model has and is wanted.
static limn_status add_guided(const scene *it, bool mask, bool adain) {
    limn_egsc_shape shape = *(const limn_egsc_shape *)limn_runner_shape(it->runner);
    limn_runner *runner;
    shape.mask = shape.mask && mask;
    if (!adain) shape.adain = LIMN_ADAIN_NONE;
    LIMN_TRY(limn_runner_like(it->runner, &shape, &runner));
    limn_status status = add_drawn(it, runner, it->to, it->exemplar);
    limn_runner_free(runner);
    return status;
}

// ---- the mask ----

static double variance_of(const float *plane, size_t count) {
    double mean = 0, sum = 0;
    for (size_t i = 0; i < count; i++) mean += (double)plane[i] / (double)count;
    for (size_t i = 0; i < count; i++) sum += ((double)plane[i] - mean) * ((double)plane[i] - mean);
    return sum / (double)count;
}

// The channel that varies most of those not yet shown; -1: there is none.
static int64_t next_channel(const float *mask, int64_t channels, size_t count, bool *shown) {
    int64_t best = -1;
    double most = -1;
    for (int64_t c = 0; c < channels; c++) {
        double variance = shown[c] ? -1 : variance_of(mask + (size_t)c * count, count);
        if (variance > most) most = variance, best = c;
    }
    if (best >= 0) shown[best] = true;
    return best;
}

// From black, half of a content, to white, all of it.
static limn_status add_channel(const scene *it, const float *plane, const limn_shape *shape,
                               const limn_picture *like) {
    int height = (int)shape->dim[2], width = (int)shape->dim[3];
    size_t count = (size_t)height * (size_t)width;
    limn_picture *small, *large;
    LIMN_TRY(limn_picture_new(width, height, LIMN_RGB, &small));
    for (size_t i = 0; i < 3 * count; i++) small->rgb[i] = 510 * plane[i % count] - 255;
    limn_status status =
        limn_picture_resize(small, like->width, like->height, LIMN_BILINEAR, &large);
    limn_picture_free(small);
    return status == LIMN_OK ? limn_cells_add(it->row, large) : status;
}

static limn_status add_channels(const scene *it, const limn_content_values *content,
                                const limn_picture *like) {
    const limn_shape *shape = &content->shape[1];
    size_t count = (size_t)(shape->dim[2] * shape->dim[3]);
    bool *shown = calloc((size_t)shape->dim[1], sizeof *shown);
    if (!shown) return limn_fail(LIMN_MEMORY, "there is no memory for a sheet");
    limn_status status = LIMN_OK;
    for (int i = 0; i < CHANNELS_SHOWN && status == LIMN_OK; i++) {
        int64_t channel = next_channel(content->data[1], shape->dim[1], count, shown);
        if (channel < 0) break;
        status = add_channel(it, content->data[1] + (size_t)channel * count, shape, like);
    }
    free(shown);
    return status;
}

static limn_status add_mask(const scene *it) {
    const limn_egsc_shape *shape = limn_runner_shape(it->runner);
    limn_sight sight;
    if (!shape->mask) return LIMN_OK;
    LIMN_TRY(
        limn_runner_look(it->runner, it->from, it->picture, limn_runner_size(it->runner), &sight));
    limn_status status = add_channels(it, &sight.content, it->row->items[it->row->count - 1]);
    limn_sight_free(&sight);
    return status;
}

limn_status limn_egsc_diagnose(limn_runner *runner, int from, int to, const limn_picture *picture,
                               const limn_picture *exemplar, limn_cells *row) {
    const scene it = {runner, from, to, picture, exemplar, row};
    LIMN_TRY(add_copy(&it, picture));
    LIMN_TRY(add_copy(&it, exemplar));
    LIMN_TRY(add_drawn(&it, runner, from, picture));
    LIMN_TRY(add_guided(&it, false, false));
    LIMN_TRY(add_guided(&it, true, false));
    LIMN_TRY(add_guided(&it, false, true));
    LIMN_TRY(add_guided(&it, true, true));
    return add_mask(&it);
}
