// What the parts of the direct convolution share: the geometry of one problem, and the tables.
//
// FORWARD and DATA are one computation. A destination map is visited by "anchors" (a grid); each
// anchor makes one destination element a phase. The source is copied, a tile of anchors at a time,
// into a "strip" whose columns are sorted by their remainder modulo the step, so that neighbouring
// anchors always read neighbouring elements, whatever the stride; borders, types and layouts end
// there. A tap is then no more than an offset into the strip.
//
//   FORWARD  source x, destination y, one phase; anchors step_y, step_x apart in the source
//   DATA     source dy, destination dx, a phase for each remainder of (i + top, j + left) modulo
//            the stride, with the taps that reach it: no product with zero
//   WEIGHT   the geometry of FORWARD; the strip holds x
#ifndef LIMN_DEVICE_DIRECT_H
#define LIMN_DEVICE_DIRECT_H

#include "device/conv.h"

#include <stdint.h>

enum { LIMN_DIRECT_TAPS = 225, LIMN_DIRECT_STRIDE = 4, LIMN_DIRECT_PHASES = 16 };

// Lanes of a strip's element, and what the kernel makes: see direct.c.
typedef enum limn_direct_kind {
    LIMN_DIRECT_BLOCKED, // blocked to blocked
    LIMN_DIRECT_SPREAD,  // plain source of few channels to blocked
    LIMN_DIRECT_GATHER,  // blocked to plain destination of few channels
} limn_direct_kind;

typedef struct limn_direct_phase {
    int row,
        column; // anchor (g, h) makes destination (g*dest_step_y + row, h*dest_step_x + column)
    int taps, first_tap; // its range of the tap table
} limn_direct_phase;

// An extent in anchors: pictures, rows, columns.
typedef struct limn_direct_extent {
    int n, h, w;
} limn_direct_extent;

typedef struct limn_direct_plan {
    int lanes, source_lanes; // of a vector, and of a strip element (lanes or 1)
    int source_channels, source_blocks, source_h, source_w;
    int dest_channels, dest_blocks, dest_h, dest_w; // a block of a plain map is a channel
    limn_border border;
    limn_direct_extent grid, tile;
    int step_y, step_x;     // source rows and columns from anchor to anchor
    int origin_y, origin_x; // the first source row and column that anchor 0 sees
    int reach_y, reach_x;   // how many it sees
    int dest_step_y, dest_step_x;
    int group; // destination blocks made at once
    int phases;
    limn_direct_phase phase[LIMN_DIRECT_PHASES];
    unsigned char tap_y[LIMN_DIRECT_TAPS], tap_x[LIMN_DIRECT_TAPS];   // kernel row and column
    unsigned char slot_y[LIMN_DIRECT_TAPS], slot_x[LIMN_DIRECT_TAPS]; // where the anchor sees it
    // Strip of a tile: [source block][picture][row][column remainder][position][source lanes].
    size_t part_step, row_step, picture_step, block_step, strip; // floats
} limn_direct_plan;

// The parameters that differ by instruction set.
typedef struct limn_direct_shape {
    int lanes;
    int sums;        // vectors of sums the registers hold
    int group_most;  // destination blocks at once, at most
    int tile_pixels; // anchors of a tile, at most
} limn_direct_shape;

static inline int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

static inline int least(int a, int b) {
    return a < b ? a : b;
}

const char *limn_direct_decline(const limn_conv *conv, limn_pass pass);
// Source, destination, anchors, phases and taps; the rest is zero.
void limn_direct_geometry(limn_direct_plan *plan, const limn_conv *conv, limn_pass pass);
void limn_direct_plan_make(limn_direct_plan *plan, const limn_conv *conv, limn_pass pass,
                           limn_direct_kind kind, const limn_direct_shape *shape, int threads);
size_t limn_direct_tiles(const limn_direct_plan *plan);

// The tile of that number: its first anchor and its extent.
void limn_direct_tile(const limn_direct_plan *plan, size_t index, limn_direct_extent *first,
                      limn_direct_extent *extent);

// The source index that stands for `i` under the border rule; -1 for a zero.
static inline int limn_direct_border(limn_border border, int i, int size) {
    if (i >= 0 && i < size) return i;
    if (border == LIMN_BORDER_ZERO) return -1;
    if (border == LIMN_BORDER_REPLICATE || size == 1) return i < 0 ? 0 : size - 1;
    while (i < 0 || i >= size) i = i < 0 ? -i : 2 * (size - 1) - i;
    return i;
}

// The kernels of each instruction set, ended by NULL.
extern const limn_conv_kernel *const limn_direct_baseline[];
extern const limn_conv_kernel *const limn_direct_avx2[];
extern const limn_conv_kernel *const limn_direct_avx512[];

#endif
