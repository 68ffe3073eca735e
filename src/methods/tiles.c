// A picture in tiles. Every tile has the same size, so that one plan serves all; each gives the
// part of the result that its own surroundings are complete for.
#include "methods/model.h"

#include <string.h>

enum { SMALLEST_TILE = 64 };

// The largest square of pixels, halo included, whose plan stays below the limit.
static limn_status ready_tile(limn_model *model, const limn_picture *picture,
                              const limn_translate_options *options, size_t limit, int *width,
                              int *height) {
    int least = SMALLEST_TILE + 2 * model->network->halo;
    int side = picture->width > picture->height ? picture->width : picture->height;
    for (side = side / 2; side >= least; side = side * 3 / 4) {
        *width = side < picture->width ? side : picture->width;
        *height = side < picture->height ? side : picture->height;
        limn_status status = limn_model_ready(model, *width, *height, options, limit);
        if (status != LIMN_MEMORY) return status;
    }
    if (!*width) return LIMN_MEMORY; // too small for tiles: what the whole needs is said already
    return limn_fail_in(LIMN_MEMORY, "even in tiles of %dx%d pixels, ", *width, *height);
}

// Where the tile for the core beginning at `core` begins, and which part of the result is its own.
static int place_tile(int core, int tile, int size, int halo, int *begin, int *end) {
    int start = core - halo;
    if (start < 0) start = 0;
    if (start > size - tile) start = size - tile;
    *begin = core;
    *end = start + tile == size ? size : start + tile - halo;
    return start;
}

static void copy_region(const limn_picture *from, int left, int top, int width, int height,
                        float *to) {
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < height; i++) {
            size_t row = (size_t)c * (size_t)from->height + (size_t)(top + i);
            memcpy(to, from->rgb + row * (size_t)from->width + left, (size_t)width * sizeof *to);
            to += width;
        }
}

limn_status limn_model_run_tiled(limn_model *model, const limn_picture *picture,
                                 const limn_translate_options *options, size_t limit,
                                 limn_picture *to) {
    int width = 0, height = 0, halo = model->network->halo, scale = model->options.scale;
    LIMN_TRY(ready_tile(model, picture, options, limit, &width, &height));
    float *region = limn_alloc(3 * (size_t)width * (size_t)height * sizeof *region);
    if (!region) return limn_fail(LIMN_MEMORY, "there is no memory for a tile");
    limn_status status = LIMN_OK;
    int top, bottom, left, right;
    for (int y = 0; y < picture->height && status == LIMN_OK; y = bottom) {
        int row = place_tile(y, height, picture->height, halo, &top, &bottom);
        for (int x = 0; x < picture->width && status == LIMN_OK; x = right) {
            int column = place_tile(x, width, picture->width, halo, &left, &right);
            copy_region(picture, column, row, width, height, region);
            limn_part part = {.top = (top - row) * scale,
                              .left = (left - column) * scale,
                              .to_top = top * scale,
                              .to_left = left * scale,
                              .rows = (bottom - top) * scale,
                              .columns = (right - left) * scale};
            status = limn_model_run(model, region, part, to);
        }
    }
    limn_free(region);
    return status;
}
