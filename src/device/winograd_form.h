// What a way to compute of winograd.c is made of, and the sizes that follow from a problem.
#ifndef LIMN_DEVICE_WINOGRAD_FORM_H
#define LIMN_DEVICE_WINOGRAD_FORM_H

#include "device/winograd_tiles.h"

// A way to compute: F(m, r) on the map or, with two phases a direction, on the small map.
typedef struct form {
    int t, m, r;
    int taps;            // the filter's rows and columns
    int phases;          // a direction: 1 or 2
    bool down;           // the phases are those of x (stride 2), not those of y (enlargement)
    int top[2];          // enlargement: padding of each phase; otherwise it is the problem's
    float take[2][3][5]; // phase, its tap, tap of the filter (down: its own taps, see own_taps)
    tile_reader *read[2], *spread[2]; // float, bf16
    tile_writer *write[2];
} form;

// What is computed, seen from the pass: the map that is read, in tiles of the one that is written.
typedef struct frame {
    int n, in, out;       // pictures, channels read and written (WEIGHT: of x and of dy)
    int out_h, out_w;     // the map written (WEIGHT: dy), in the grid of one phase
    int first_y, first_x; // of the grid: below 0 where what lies outside is folded
    bool fold;            // DATA of a border other than zero
    int pieces;           // phases of what is read, read as channels; where 1, all are results
    int in_blocks, out_blocks;
    int tiles_y, tiles_x;
    size_t tiles, depth;     // depth: of the products (all channels and pieces)
    int block, group, parts; // tiles a block, panels of two vectors a pass, parts of k
    size_t pitch, plane;     // of V, in floats
    size_t pitch_m, plane_m; // of M (WEIGHT: of the spread dy)
    size_t filters;          // floats of the transformed filters of one phase
} frame;

// Second-level cache that a core has at least, where these instructions are.
#define CACHE ((size_t)(LANES == 16 ? 1 << 20 : 1 << 19))

static inline int clamp(size_t value, int low, int high) {
    return value < (size_t)low ? low : value > (size_t)high ? high : (int)value;
}

// Where the transformed filters are small, V and one panel of M stay in the second-level cache.
// Where they are large, reading them again for every block costs more: larger blocks, and all
// panels of a point at once, so that V, M and the filters each pass through once.
static inline void choose_block(const form *f, frame *s, limn_pass pass, int threads) {
    size_t points = (size_t)f->t * (size_t)f->t, bytes = s->filters * sizeof(float);
    size_t share = (s->tiles + (size_t)threads - 1) / (size_t)threads;
    bool weight = pass == LIMN_PASS_WEIGHT, large = bytes > (size_t)(weight ? 3 : 6) << 20;
    int panels = ceil_div(s->out_blocks, 2), block = 128;
    s->parts = 1;
    if (weight) {
        share = s->tiles;
        if (!large) block = 48;
    } else if (share < 24 && threads > 1 && panels > 1) {
        s->parts = panels < threads ? panels : threads;
        share = s->tiles;
    }
    size_t tile_bytes = points * (s->depth + 2 * LANES) * sizeof(float);
    if (!large && !weight) block = clamp(CACHE / tile_bytes, 24, 48);
    // Blocks of equal size, as many for each thread, of whole pieces of the product.
    size_t rounds = (share + (size_t)block - 1) / (size_t)block;
    block = clamp((share + rounds - 1) / rounds, 1, block);
    if (!weight) block = ceil_div(block, ROWS) * ROWS;
    s->group = weight ? panels : large ? ceil_div(panels, s->parts) : 1;
    s->block = clamp(s->tiles, 1, block);
    s->pitch = row_pitch((size_t)s->pieces * (size_t)s->in_blocks * LANES);
    s->plane = odd_lines((size_t)s->block * s->pitch);
    s->pitch_m = row_pitch((size_t)s->group * 2 * LANES);
    s->plane_m = odd_lines((size_t)s->block * s->pitch_m);
}

// Where a grid of n and one more at each side begins, so that no tile begins at n.
static inline int fold_first(const form *f, int n) {
    return (n + 1) % f->m ? -1 : -2;
}

static inline frame lay(const form *f, const limn_conv *conv, limn_pass pass, int threads) {
    int of_y = f->down ? 1 : f->phases, of_x = f->down ? f->phases : 1;
    frame s = {.n = conv->n,
               .in = conv->c,
               .out = conv->k,
               .out_h = ceil_div(conv->oh, of_y),
               .out_w = conv->ow / of_y,
               .pieces = pass == LIMN_PASS_FORWARD ? of_x * of_x : 1};
    if (pass == LIMN_PASS_DATA) {
        s.in = conv->k;
        s.out = conv->c;
        s.out_h = conv->h / of_x;
        s.out_w = conv->w / of_x;
        s.pieces = of_y * of_y;
        s.fold = conv->border != LIMN_BORDER_ZERO;
        if (s.fold) s.first_y = fold_first(f, conv->h), s.first_x = fold_first(f, conv->w);
    }
    s.in_blocks = ceil_div(s.in, LANES);
    s.out_blocks = ceil_div(s.out, LANES);
    s.tiles_y = ceil_div(s.out_h + s.fold - s.first_y, f->m);
    s.tiles_x = ceil_div(s.out_w + s.fold - s.first_x, f->m);
    s.tiles = (size_t)s.n * (size_t)s.tiles_y * (size_t)s.tiles_x;
    s.depth = (size_t)(s.pieces - 1) * (size_t)s.in_blocks * LANES + (size_t)s.in;
    s.filters = (size_t)f->t * (size_t)f->t * s.depth * (size_t)s.out_blocks * LANES;
    choose_block(f, &s, pass, threads);
    return s;
}

// Of transformed filters U[panel][point][depth][width * LANES]: where block k (even) of a point
// starts.
static inline size_t filter_at(const form *f, const frame *s, int k, int point) {
    int width = s->out_blocks - k < 2 ? 1 : 2;
    size_t points = (size_t)f->t * (size_t)f->t;
    return ((size_t)k * points + (size_t)point * (size_t)width) * s->depth * LANES;
}

// Phases whose results are separate outputs, or separate sums (WEIGHT).
static inline int results(const form *f, const frame *s) {
    return s->pieces > 1 ? 1 : f->phases * f->phases;
}

#endif
