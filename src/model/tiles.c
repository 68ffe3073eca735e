// A picture in tiles. Every tile has the same size, so that one plan serves all; each gives the
// part of the result that its own surroundings are complete for.
//
// Large pictures are done in tiles whatever memory there is: each page of a plan is zeroed by the
// system when it is first written to, which costs more than the margins that tiles share.
#include "model/parts.h"

#include <string.h>

enum { SMALLEST_TILE = 64, TILE_BYTES = 200000000 };

// So many tiles.
typedef struct grid {
    int across, down;
} grid;

// As long as so many of them, each overlapping the next by a margin of both, need to be; not
// shorter than what is mostly margins.
static int tile_side(int size, int tiles, int halo) {
    int least = SMALLEST_TILE + 2 * halo,
        side = (size + 2 * halo * (tiles - 1) + tiles - 1) / tiles;
    if (side < least) side = least;
    return side < size ? side : size;
}

static void tile_size(const limn_picture *picture, grid tiles, int halo, int *width, int *height) {
    *width = tile_side(picture->width, tiles.across, halo);
    *height = tile_side(picture->height, tiles.down, halo);
}

// One tile more along the longer side, or along the other where that is as short as it may be;
// false: both are.
static bool divide(const limn_picture *picture, int halo, grid *tiles) {
    int width, height;
    tile_size(picture, *tiles, halo, &width, &height);
    bool narrower = tile_side(picture->width, tiles->across + 1, halo) < width;
    bool lower = tile_side(picture->height, tiles->down + 1, halo) < height;
    bool across = narrower && (width >= height || !lower);
    tiles->across += across;
    tiles->down += lower && !across;
    return narrower || lower;
}

// A plan takes about as much as it has pixels.
static grid usual_tiles(limn_runner *runner, const limn_picture *picture) {
    double whole = (double)limn_ready_bytes(runner, LIMN_DRAW, 0, picture->width, picture->height);
    double pixels = (double)picture->width * picture->height, part = 1;
    int width, height, halo = runner->sizes.halo;
    grid tiles = {1, 1};
    while (part * whole > TILE_BYTES && divide(picture, halo, &tiles)) {
        tile_size(picture, tiles, halo, &width, &height);
        part = (double)width * height / pixels;
    }
    return tiles;
}

// As usual, or smaller where the limit is lower.
static limn_status ready_tile(limn_runner *runner, const limn_picture *picture, size_t pictures,
                              limn_ready **ready) {
    grid tiles = usual_tiles(runner, picture);
    int width, height, halo = runner->sizes.halo;
    limn_status status;
    do {
        tile_size(picture, tiles, halo, &width, &height);
        status = limn_ready_find(runner, LIMN_DRAW, 0, width, height, NULL, pictures, ready);
    } while (status == LIMN_MEMORY && divide(picture, halo, &tiles));
    if (status != LIMN_MEMORY || (tiles.across == 1 && tiles.down == 1)) return status;
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

static limn_status run_tile(const limn_ready *tile, limn_cut cut, limn_picture *to) {
    limn_plan_bind(tile->plan, tile->content.node[0], tile->region, false);
    LIMN_TRY(limn_plan_run(tile->plan));
    return limn_cut_out(tile->result, limn_plan_output(tile->plan, 0), cut, to);
}

static limn_status run_tiles(const limn_runner *runner, const limn_picture *picture,
                             const limn_ready *tile, limn_picture *to) {
    int top, bottom, left, right, halo = runner->sizes.halo, scale = runner->sizes.scale;
    for (int y = 0; y < picture->height; y = bottom) {
        int row = place_tile(y, tile->height, picture->height, halo, &top, &bottom);
        for (int x = 0; x < picture->width; x = right) {
            int column = place_tile(x, tile->width, picture->width, halo, &left, &right);
            LIMN_TRY(limn_runner_tell(
                runner,
                ((double)top + (double)(bottom - top) * left / picture->width) / picture->height));
            copy_region(picture, column, row, tile, tile->region);
            LIMN_TRY(run_tile(tile,
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
    size_t floats = 3 * (size_t)tile->width * (size_t)tile->height;
    if (!tile->region) tile->region = limn_alloc(floats * sizeof *tile->region);
    if (!tile->region) return limn_fail(LIMN_MEMORY, "there is no memory for a tile");
    return run_tiles(runner, picture, tile, to);
}
