// Kernels of spatial profiles: sums over the rows and columns of 18 planes made of two pictures,
// and what sums give back to a picture (ops/profile_op.h says which planes and sums).
//
// A picture is worked on in bands of rows, which threads share out, a band in tiles of a few rows
// and columns whose planes stay in the first cache.
#ifndef LIMN_DEVICE_PROFILE_H
#define LIMN_DEVICE_PROFILE_H

#include "base/cpu.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    LIMN_PROFILE_MAPS = 6, // RGB, its differences to the right, to below, and the same of YUV
    LIMN_PROFILE_PLANES = 3 * LIMN_PROFILE_MAPS,
    LIMN_PROFILE_SUMS = 3,  // x y, x x, y y
    LIMN_PROFILE_BAND = 64, // rows, whole tiles
    LIMN_PROFILE_TILE = 32, // columns
};

// Y = 0.299 R + 0.587 G + 0.114 B, U = 0.493 (B - Y), V = 0.877 (R - Y).
#define LIMN_LUMA_R 0.299
#define LIMN_LUMA_G 0.587
#define LIMN_LUMA_B 0.114
#define LIMN_OF_U 0.493
#define LIMN_OF_V 0.877

// How a picture is cut up. The columns of a band, for each plane and sum a line of whole tiles, are
// `columns` floats.
typedef struct limn_profile_bands {
    size_t h, w, count, line, columns;
} limn_profile_bands;

static inline limn_profile_bands limn_profile_bands_of(size_t h, size_t w) {
    size_t line = (w + LIMN_PROFILE_TILE - 1) / LIMN_PROFILE_TILE * LIMN_PROFILE_TILE;
    return (limn_profile_bands){.h = h,
                                .w = w,
                                .count = (h + LIMN_PROFILE_BAND - 1) / LIMN_PROFILE_BAND,
                                .line = line,
                                .columns = LIMN_PROFILE_PLANES * LIMN_PROFILE_SUMS * line};
}

// The sums of the band of rows that begins at `top`.
typedef struct limn_profile_run {
    const float *x, *y; // [3][h][w]
    limn_profile_bands bands;
    size_t top;
    bool wanted[LIMN_PROFILE_MAPS]; // the sums of the others are 0
    float *rows;                    // [planes][sums][h + w]: those of the band's rows are set
    float *columns;                 // [planes][sums][line]
} limn_profile_run;

// The rows of dx that begin at `top`: over planes d(x y) y + 2 d(own) x of row and column.
typedef struct limn_profile_gradient_run {
    const float *x, *y;
    limn_profile_bands bands;
    size_t top;
    bool wanted[LIMN_PROFILE_MAPS];
    const float *given; // [planes][sums][h + w]
    size_t own;         // which sum is that of x x
    float *dx;          // [3][h][w]
    float *scratch;     // limn_profile_gradient_room floats
} limn_profile_gradient_run;

static inline size_t limn_profile_gradient_room(const limn_profile_bands *bands) {
    return bands->columns + 6 * bands->line; // factors of columns; what a row hands to the next
}

typedef struct limn_profile_kernels {
    void (*sums)(const limn_profile_run *run);
    void (*gradient)(const limn_profile_gradient_run *run);
} limn_profile_kernels;

const limn_profile_kernels *limn_profile_for(limn_isa isa);

#endif
