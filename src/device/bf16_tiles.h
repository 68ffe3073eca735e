// Products of bf16_conv.c and bf16_weight.c. Two tiles A of 16 rows of 32 numbers are multiplied
// with one or two tiles B of 16 columns of as many (in pairs, one line a pair), and A B is added to
// four tiles of 16 x 16 sums: those of the first A with the first and second B, then those of the
// second A.
//
// The matrix unit (AMX) holds all sums at once. The dot instruction of AVX-512 (VDPBF16PS: a pair
// of each of 16 columns) holds as many in registers as hide its latency, so there the work is done
// in parts, each of some rows of A.
#ifndef LIMN_DEVICE_BF16_TILES_H
#define LIMN_DEVICE_BF16_TILES_H

#include "device/conv_rates.h"
#include "device/lanes.h"

enum { TILE = 1024 }; // bytes

// Where sums lie, 64 bytes a row; NULL: they are not wanted.
typedef struct tile_sums {
    float *of[4];
} tile_sums;

#if defined(__AMX_BF16__)
#define BF16_UNIT "amx"
enum { HAS_RATES = 0 }; // it is taken where it may be

typedef struct tile_block {
    bool pair; // of B
} tile_block;

// All eight tiles: 16 rows of 64 bytes.
static const struct {
    uint8_t palette, start, none[14];
    uint16_t bytes[16];
    uint8_t rows[16];
} whole_tiles = {.palette = 1,
                 .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
                 .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

// A thread's, before its first product and after its last.
INLINE void tiles_open(void) {
    _tile_loadconfig(&whole_tiles);
}
INLINE void tiles_close(void) {
    _tile_release();
}

INLINE int tiles_parts(bool pair, const tile_sums *sums) {
    (void)pair, (void)sums;
    return 1;
}

#define BEGIN_TILE(i)                                                                              \
    if (more && sums->of[i])                                                                       \
        _tile_loadd(i, sums->of[i], 64);                                                           \
    else                                                                                           \
        _tile_zero(i);

// From sums that are there already (`more`) or from zero.
INLINE void tiles_begin(tile_block *t, bool pair, int part, const tile_sums *sums, bool more) {
    (void)part;
    t->pair = pair;
    BEGIN_TILE(0)
    BEGIN_TILE(2)
    if (!pair) return;
    BEGIN_TILE(1)
    BEGIN_TILE(3)
}

// `line`: bytes from row to row of A.
INLINE void tiles_add(tile_block *t, const char *const a[2], size_t line, const char *const b[2]) {
    _tile_loadd(4, a[0], line);
    _tile_loadd(6, b[0], 64);
    if (t->pair) _tile_loadd(7, b[1], 64);
    _tile_loadd(5, a[1], line);
    _tile_dpbf16ps(0, 4, 6);
    if (t->pair) _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    if (t->pair) _tile_dpbf16ps(3, 5, 7);
}

INLINE void tiles_end(const tile_block *t, const tile_sums *sums) {
    _tile_stored(0, sums->of[0], 64);
    if (t->pair && sums->of[1]) _tile_stored(1, sums->of[1], 64);
    if (sums->of[2]) _tile_stored(2, sums->of[2], 64);
    if (t->pair && sums->of[3]) _tile_stored(3, sums->of[3], 64);
}

#else
#define BF16_UNIT "bf16 dots"
enum { HAS_RATES = 1 };

enum { SUMS = 16 };

typedef struct tile_block {
    bool pair;
    int tile, row; // the tile of A, and the first of its rows
    __m512 sum[SUMS];
} tile_block;

INLINE void tiles_open(void) {}
INLINE void tiles_close(void) {}

INLINE int tiles_parts(bool pair, const tile_sums *sums) {
    return (pair ? 2 : 1) * (sums->of[2] ? 2 : 1);
}

// Sum i of a part: of B's tiles by turns where there are two.
INLINE float *tiles_sum(const tile_block *t, const tile_sums *sums, int i) {
    float *of = sums->of[2 * t->tile + (t->pair ? i % 2 : 0)];
    return of ? of + (t->row + (t->pair ? i / 2 : i)) * LANES : NULL;
}

INLINE void tiles_begin(tile_block *t, bool pair, int part, const tile_sums *sums, bool more) {
    t->pair = pair;
    t->tile = pair ? part / 2 : part;
    t->row = pair ? part % 2 * (SUMS / 2) : 0;
    UNROLL
    for (int i = 0; i < SUMS; i++) {
        const float *from = more ? tiles_sum(t, sums, i) : NULL;
        t->sum[i] = from ? _mm512_loadu_ps(from) : _mm512_setzero_ps();
    }
}

INLINE __m512 dot(__m512 sum, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

INLINE void tiles_add(tile_block *t, const char *const a[2], size_t line, const char *const b[2]) {
    const char *rows = a[t->tile] + (size_t)t->row * line;
    for (size_t at = 0; at < TILE; at += 64, rows += 4) {
        __m512i columns = _mm512_loadu_si512(b[0] + at);
        __m512i more = t->pair ? _mm512_loadu_si512(b[1] + at) : columns;
        UNROLL
        for (int i = 0; i < SUMS; i++) {
            int32_t pair;
            memcpy(&pair, rows + (size_t)(t->pair ? i / 2 : i) * line, sizeof pair);
            t->sum[i] = dot(t->sum[i], _mm512_set1_epi32(pair), i % 2 ? more : columns);
        }
    }
}

INLINE void tiles_end(const tile_block *t, const tile_sums *sums) {
    UNROLL
    for (int i = 0; i < SUMS; i++) {
        float *to = tiles_sum(t, sums, i);
        if (to) _mm512_storeu_ps(to, t->sum[i]);
    }
}

#endif
#endif
