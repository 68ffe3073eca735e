// Gram matrices of blocked maps (map.h), built once per instruction set.
//
// All kernels are one loop: sums[row][column vector] += scalar * vector, with all sums in
// registers.
#include "device/map_lanes.h"

enum {
    TALL = LANES,              // sums of one vector each: the scalars are loaded by the sum itself
    WIDE = LANES > 8 ? 12 : 6, // pixels of two vectors each
};

void NAME(limn_map_gram)(const float *a, const float *b, size_t pixels, float *g) {
    vec sums[TALL] = {{0}};
    for (size_t p = 0; p < pixels; p++, a += LANES, b += LANES) {
        vec right = get(b, FLOATS, 0);
        UNROLL for (int i = 0; i < TALL; i++) sums[i] += a[i] * right;
    }
    UNROLL for (int i = 0; i < TALL; i++)
        put(g, FLOATS, (size_t)i, get(g, FLOATS, (size_t)i) + sums[i]);
}

void NAME(limn_map_gram_less)(const limn_gram_pair *of, size_t pixels, float *g, size_t row) {
    vec sums[TALL] = {{0}};
    const float *a = of->x[0], *b = of->x[1];
    for (size_t p = 0; p < pixels; p++, a += LANES, b += LANES) {
        vec right = get(b, FLOATS, 0);
        UNROLL for (int i = 0; i < TALL; i++) sums[i] += a[i] * right;
    }
    a = of->y[0], b = of->y[1];
    for (size_t p = 0; p < pixels; p++, a += LANES, b += LANES) {
        vec right = get(b, FLOATS, 0);
        UNROLL for (int i = 0; i < TALL; i++) sums[i] -= a[i] * right;
    }
    UNROLL for (int i = 0; i < TALL; i++) {
        float *to = g + (size_t)i * row;
        store(to, load(to) + sums[i]);
    }
}

// `rows` pixels of two blocks of the result.
INLINE void two_blocks(const limn_gram_run *run, size_t pixel, int rows) {
    vec left[WIDE], right[WIDE];
    UNROLL for (int r = 0; r < rows; r++) left[r] = right[r] = (vec){0};
    const float *s = run->filters;
    for (size_t block = 0; block < run->blocks; block++) {
        const float *x = run->x + block * run->stride + pixel * LANES;
        for (size_t l = 0; l < LANES; l++, s += 2 * LANES) {
            vec first = get(s, FLOATS, 0), second = get(s, FLOATS, 1);
            UNROLL for (int r = 0; r < rows; r++) {
                left[r] += x[(size_t)r * LANES + l] * first;
                right[r] += x[(size_t)r * LANES + l] * second;
            }
        }
    }
    float *out = run->out + pixel * LANES;
    UNROLL for (int r = 0; r < rows; r++) put(out, FLOATS, (size_t)r, left[r]);
    if (run->single) return;
    UNROLL for (int r = 0; r < rows; r++) put(out + run->stride, FLOATS, (size_t)r, right[r]);
}

// Pixels are cut into pieces of nearly one size: what few of them do waits for its own sums.
#if LANES > 8
#define PIECES(M) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12)
#else
#define PIECES(M) M(1) M(2) M(3) M(4) M(5) M(6)
#endif
#define PIECE(rows)                                                                                \
    static void piece_##rows(const limn_gram_run *run, size_t pixel) {                             \
        two_blocks(run, pixel, rows);                                                              \
    }
#define ENTRY(rows) [rows] = piece_##rows,
PIECES(PIECE)
static void (*const pieces[])(const limn_gram_run *run, size_t pixel) = {PIECES(ENTRY)};
_Static_assert(sizeof pieces / sizeof *pieces == WIDE + 1, "a piece of every size");

void NAME(limn_map_gram_data)(const limn_gram_run *run) {
    size_t count = (run->pixels + WIDE - 1) / WIDE, pixel = 0;
    for (size_t left = count; left; left--) {
        size_t rows = (run->pixels - pixel + left - 1) / left;
        pieces[rows](run, pixel);
        pixel += rows;
    }
}
