// A picture in tiles. Every tile has the same size, so that one plan serves all; each gives the
// part of the result that its own surroundings are complete for.
#include "model/parts.h"

#include <string.h>

enum { SMALLEST_TILE = 64 };

// The largest square of pixels, halo included, whose plan stays below the limit.
static limn_status ready_tile(limn_runner *runner, const limn_picture *picture, size_t pictures,
                              limn_ready **ready) {
    int least = SMALLEST_TILE + 2 * runner->sizes.halo, width = 0, height = 0;
    int side = picture->width > picture->height ? picture->width : picture->height;
    for (side = side / 2; side >= least; side = side * 3 / 4) {
        width = side < picture->width ? side : picture->width;
        height = side < picture->height ? side : picture->height;
        limn_status status =
            limn_ready_find(runner, LIMN_DRAW, 0, width, height, NULL, pictures, ready);
        if (status != LIMN_MEMORY) return status;
    }
    if (!width) return LIMN_MEMORY; // too small for tiles: what the whole needs is said already
    return limn_fail_in(LIMN_MEMORY, "even in tiles of %dx%d pixels, ", width, height);
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

static void copy_region(const limn_picture *from, int left, int top, const limn_ready *tile,
                        float *to) {
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < tile->height; i++) {
            size_t row = (size_t)c * (size_t)from->height + (size_t)(top + i);
            memcpy(to, from->rgb + row * (size_t)from->width + left,
                   (size_t)tile->width * sizeof *to);
            to += tile->width;
        }
}

static limn_status run_tile(const limn_ready *tile, const float *region, limn_cut cut,
                            limn_picture *to) {
    limn_plan_bind(tile->plan, tile->content.node[0], region, false);
    LIMN_TRY(limn_plan_run(tile->plan));
    return limn_cut_out(tile->result, limn_plan_output(tile->plan, 0), cut, to);
}

static limn_status run_tiles(const limn_runner *runner, const limn_picture *picture,
                             const limn_ready *tile, float *region, limn_picture *to) {
    int top, bottom, left, right, halo = runner->sizes.halo, scale = runner->sizes.scale;
    for (int y = 0; y < picture->height; y = bottom) {
        int row = place_tile(y, tile->height, picture->height, halo, &top, &bottom);
        for (int x = 0; x < picture->width; x = right) {
            int column = place_tile(x, tile->width, picture->width, halo, &left, &right);
            LIMN_TRY(limn_runner_tell(
                runner,
                ((double)top + (double)(bottom - top) * left / picture->width) / picture->height));
            copy_region(picture, column, row, tile, region);
            LIMN_TRY(run_tile(tile, region,
                              (limn_cut){.top = (top - row) * scale,
                                         .left = (left - column) * scale,
                                         .to_top = top * scale,
                                         .to_left = left * scale,
                                         .rows = (bottom - top) * scale,
                                         .columns = (right - left) * scale},
                              to));
        }
    }
    return LIMN_OK;
}

limn_status limn_runner_tile(limn_runner *runner, const limn_picture *picture, size_t pictures,
                             limn_picture *to) {
    limn_ready *tile;
    LIMN_TRY(ready_tile(runner, picture, pictures, &tile));
    float *region = limn_alloc(3 * (size_t)tile->width * (size_t)tile->height * sizeof *region);
    if (!region) return limn_fail(LIMN_MEMORY, "there is no memory for a tile");
    limn_status status = run_tiles(runner, picture, tile, region, to);
    limn_free(region);
    return status;
}
