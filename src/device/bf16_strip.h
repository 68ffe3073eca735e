// What the kernels that multiply in bf16 share.
#ifndef LIMN_DEVICE_BF16_STRIP_H
#define LIMN_DEVICE_BF16_STRIP_H

#include "device/bf16_tiles.h"
#include "device/direct.h"

enum { MOST_TAPS = 25 };

// Two rows of 16 numbers as pairs, the form of B; both are in the low halves of their lanes.
static inline void bf16_store_pairs(char *to, __m512i even, __m512i odd) {
    _mm512_storeu_si512(to, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
}

// 16 channels of a pixel, as bf16.
static inline __m256i bf16_pixel(bool half, const char *from, size_t pixel) {
    return half ? _mm256_loadu_si256((const __m256i *)(from + pixel * 2 * LANES))
                : _mm512_cvtepi32_epi16(
                      (__m512i)half_bits(load((const float *)from + pixel * LANES)));
}

static inline void bf16_store(char *to, __m256i value) {
    _mm256_storeu_si256((__m256i *)to, value);
}

// Where position i of a line of n (both enlarged where `upsample`) lies, -1: nowhere.
static inline int bf16_edge(const limn_direct_plan *plan, int upsample, int i, int n) {
    i = limn_direct_border(plan->border, i, n);
    return i < 0 ? -1 : i >> upsample;
}

// Anchors, phases and taps, with maps in blocks. An enlarged x is described as large as it is read.
static inline limn_direct_plan bf16_geometry(const limn_conv *conv, limn_pass pass) {
    limn_conv large = *conv;
    limn_direct_plan plan;
    large.h <<= conv->upsample, large.w <<= conv->upsample;
    limn_direct_geometry(&plan, &large, pass);
    plan.source_blocks = (plan.source_channels + LANES - 1) / LANES;
    plan.dest_blocks = (plan.dest_channels + LANES - 1) / LANES;
    return plan;
}

// Positions of a row of a strip: columns of one remainder.
static inline size_t bf16_pitch(const limn_direct_plan *plan) {
    return (size_t)(plan->grid.w + (plan->reach_x - 1) / plan->step_x);
}

// How many times 32 pixels a pass takes: neighbours of one picture, counted through all rows;
static inline size_t bf16_neighbour_tiles(const limn_direct_plan *plan) {
    int pixels = (plan->grid.h - 1) * (int)bf16_pitch(plan) + plan->grid.w;
    return (size_t)plan->grid.n * (size_t)ceil_div(pixels, 32);
}

// or those of `side` pictures that lie side by side.
static inline size_t bf16_beside_tiles(const limn_direct_plan *plan, int side) {
    int pixels = plan->grid.h * plan->grid.w;
    return (size_t)ceil_div(plan->grid.n, side) * (size_t)ceil_div(pixels, 32 / side);
}

// A place of a strip of pictures side by side, and where what belongs there lies in the source.
typedef struct bf16_spot {
    int y, x; // -1: nowhere
    int plane;
    size_t position;
} bf16_spot;

// Places of a strip of so many anchor rows.
static inline int bf16_spots(const limn_direct_plan *plan, int rows) {
    int more = (plan->reach_y - 1) / plan->step_y;
    return (rows + more) * plan->step_y * (int)bf16_pitch(plan) * plan->step_x;
}

// Place `at` of a strip whose first anchor row is `top`, in the order of the source, whose lines of
// memory hold neighbours.
static inline bf16_spot bf16_spot_at(const limn_direct_plan *plan, int upsample, int top, int at) {
    int columns = (int)bf16_pitch(plan) * plan->step_x, row = at / columns, column = at % columns;
    int y = top * plan->step_y + plan->origin_y + row, x = plan->origin_x + column;
    return (bf16_spot){.y = bf16_edge(plan, upsample, y, plan->source_h),
                       .x = bf16_edge(plan, upsample, x, plan->source_w),
                       .plane = row % plan->step_y * plan->step_x + column % plan->step_x,
                       .position = (size_t)(row / plan->step_y) * bf16_pitch(plan) +
                                   (size_t)(column / plan->step_x)};
}

// Where a tap begins in a strip whose remainders are `plane` bytes, whose positions are `pixel`.
static inline size_t bf16_tap(const limn_direct_plan *plan, int tap, size_t plane, size_t pixel) {
    int y = plan->slot_y[tap], x = plan->slot_x[tap];
    int remainder = y % plan->step_y * plan->step_x + x % plan->step_x;
    size_t position = (size_t)(y / plan->step_y) * bf16_pitch(plan) + (size_t)(x / plan->step_x);
    return (size_t)remainder * plane + position * pixel;
}

typedef struct bf16_range {
    int first, end;
} bf16_range;

// The anchors 0 .. count-1 whose source, `step` apart from `at` on, lies in a line of n.
static inline bf16_range bf16_in_line(const limn_direct_plan *p, int at, int step, int count,
                                      int n) {
    bf16_range r = {0, count};
    while (r.first < count && limn_direct_border(p->border, at + r.first * step, n) < 0) r.first++;
    while (r.end > r.first && limn_direct_border(p->border, at + (r.end - 1) * step, n) < 0)
        r.end--;
    return r;
}

// The anchor rows and columns for which a tap sees no zero of the border.
static inline bf16_range bf16_rows(const limn_direct_plan *p, int tap) {
    return bf16_in_line(p, p->origin_y + p->slot_y[tap], p->step_y, p->grid.h, p->source_h);
}

static inline bf16_range bf16_columns(const limn_direct_plan *p, int tap) {
    return bf16_in_line(p, p->origin_x + p->slot_x[tap], p->step_x, p->grid.w, p->source_w);
}

static inline const char *bf16_decline(const limn_conv *conv, limn_pass pass, limn_type x) {
    if (x == LIMN_DOUBLE) return "double precision";
    if (conv->kh * conv->kw > MOST_TAPS) return "a large filter";
    if ((pass == LIMN_PASS_DATA ? conv->k : conv->c) < LANES) return "few channels";
    limn_conv large = *conv;
    large.upsample = false;
    return limn_direct_decline(&large, pass);
}

#endif
