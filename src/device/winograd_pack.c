// The filters of winograd.c: G w Gt of every phase, laid out as the products read them.
//
// Built once per instruction set with LIMN_LANES and LIMN_SUFFIX.
#include "device/winograd_filters.h"
#include "device/winograd_work.h"

#include "base/threads.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

typedef struct pack_job {
    const form *form;
    frame s;
    bool turned;      // for the gradient in x
    int odd_y, odd_x; // DATA with stride 2: phase 0 of dx meets the filter's odd taps
    const float *w;
    float *packed;
} pack_job;

// U of taps x taps of filters `step` apart, the first of `count` at `from`, to points `stride`
// apart.
INLINE void pack_points(int t, int taps, const float rows[TILE_MAX][5],
                        const float columns[TILE_MAX][5], const int at_tap[25], const float *from,
                        size_t step, int count, float *to, size_t stride) {
    vec w[25];
    UNROLL for (int b = 0; b < taps * taps; b++) w[b] =
        at_tap[b] < 0 ? (vec){0} : side_by_side(from + at_tap[b], step, count);
    points_of(t, taps, true, rows, columns, w, to, stride);
}

// U of one phase or piece, block k, channel c; `row` is c's place in the depth.
static void pack_one(const pack_job *p, const float rows[TILE_MAX][5],
                     const float columns[TILE_MAX][5], const int at_tap[25], float *to, int k,
                     int c, size_t row) {
    const form *f = p->form;
    int left = p->s.out - k * LANES, count = c >= p->s.in ? 0 : left < LANES ? left : LANES;
    size_t taps = (size_t)(f->taps * f->taps), width = p->s.out_blocks - (k & ~1) < 2 ? 1 : 2;
    size_t in = (size_t)p->s.in, out = (size_t)p->s.out, channel = count ? (size_t)c : 0;
    size_t first = (size_t)k * LANES, step = p->turned ? taps : in * taps;
    const float *from = p->w + (p->turned ? channel * out + first : first * in + channel) * taps;
    size_t stride = p->s.depth * width * LANES;
    to += filter_at(f, &p->s, k & ~1, 0) + (row * width + (size_t)(k & 1)) * LANES;
    if (f->t == 8)
        pack_points(8, 3, rows, columns, at_tap, from, step, count, to, stride);
    else if (taps_across(f) == 2)
        pack_points(6, 2, rows, columns, at_tap, from, step, count, to, stride);
    else if (taps_across(f) == 3)
        pack_points(6, 3, rows, columns, at_tap, from, step, count, to, stride);
    else
        pack_points(6, 5, rows, columns, at_tap, from, step, count, to, stride);
}

static void pack_thread(void *context, int thread, int threads) {
    const pack_job *p = context;
    const form *f = p->form;
    int phases = f->phases * f->phases;
    size_t begin, end, item = (size_t)p->s.in_blocks * LANES;
    limn_share((size_t)phases * (size_t)p->s.out_blocks, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++) {
        int phase = (int)(at / (size_t)p->s.out_blocks), k = (int)(at % (size_t)p->s.out_blocks);
        float rows[TILE_MAX][5], columns[TILE_MAX][5];
        int py = phase / f->phases ^ p->odd_y, px = phase % f->phases ^ p->odd_x, at_tap[25];
        own_taps(f, py, px, at_tap);
        phase_transform(f, py, p->turned, rows);
        phase_transform(f, px, p->turned, columns);
        bool deep = p->s.pieces > 1;
        size_t first = deep ? (size_t)phase * item : 0;
        float *to = p->packed + (deep ? 0 : (size_t)phase * p->s.filters);
        for (size_t c = 0; c < item && first + c < p->s.depth; c++)
            pack_one(p, rows, columns, at_tap, to, k, (int)c, first + c);
    }
#if LANES == 16 && defined(__AVX512F__)
    _mm_sfence(); // what went past the cache is there before the next step begins
#endif
}

void NAME(limn_winograd_pack)(const form *f, const limn_conv *conv, limn_pass pass, const float *w,
                              float *packed, int threads) {
    bool data = pass == LIMN_PASS_DATA, halves = data && f->down;
    pack_job p = {.form = f,
                  .s = lay(f, conv, pass, threads),
                  .turned = data,
                  .odd_y = halves ? conv->top & 1 : 0,
                  .odd_x = halves ? conv->left & 1 : 0,
                  .w = w,
                  .packed = packed};
    limn_parallel(threads, pack_thread, &p);
}
