// What the passes of winograd.c share: how x is read, phase by phase, and which taps of a filter a
// phase is made of.
#ifndef LIMN_DEVICE_WINOGRAD_WORK_H
#define LIMN_DEVICE_WINOGRAD_WORK_H

#include "device/winograd_form.h"

typedef struct job {
    const form *form;
    const limn_conv_call *call;
    frame s;
    size_t next;           // item to be taken
    float *v, *m;          // of the first thread
    size_t v_size, m_size; // floats a thread
    const tile *tiles;     // WEIGHT: the block's
    int count;
    float *filters;
    float *mirror; // what winograd_mirror.c works in, or NULL
    bool more;
} job;

// The gradient in w (winograd_weight.c).
void NAME(limn_winograd_weight)(job *j);
// U of all filters of w, as the products read them (winograd_pack.c).
void NAME(limn_winograd_pack)(const form *f, const limn_conv *conv, limn_pass pass, const float *w,
                              float *packed, int threads);

// --- reading ---

static inline bool enlarges(const form *f) {
    return f->phases == 2 && !f->down;
}

// After nearest x2, reflection (which repeats the edge pixel's twin) is replication on the small
// map.
static inline limn_border small_border(const form *f, limn_border border) {
    return enlarges(f) && border == LIMN_BORDER_REFLECT ? LIMN_BORDER_REPLICATE : border;
}

// Where the map begins that phase `phase` reads in FORWARD and WEIGHT, in rows of x.
static inline int begin_x(const form *f, int top, int phase) {
    return f->down ? phase - top : f->phases == 2 ? -f->top[phase] : -top;
}

// Rows of an enlarged map that lie before the first one that is made: of a strip from its middle.
static inline int skipped(const form *f, const limn_conv *conv) {
    return enlarges(f) ? f->taps / 2 - conv->top : 0;
}

// Rows of x from the first one on that phase `phase` has no use for, where so many are skipped.
static inline int unread(int skipped, int phase) {
    return phase < skipped ? (skipped - phase + 1) / 2 : 0;
}

// Phase (py, px) of x.
static inline source read_x(const form *f, const limn_conv_call *call, const frame *s, int py,
                            int px) {
    const limn_conv *conv = call->conv;
    bool half = call->x_type == LIMN_BF16;
    return (source){.data = call->x,
                    .half = half,
                    .blocks = s->in_blocks,
                    .count = s->in_blocks,
                    .h = conv->h,
                    .w = conv->w,
                    .m = f->m,
                    .size = f->t,
                    .step = f->down ? f->phases : 1,
                    .offset_y = begin_x(f, conv->top, py) + unread(skipped(f, conv), py),
                    .offset_x = begin_x(f, conv->left, px),
                    .read = f->read[half],
                    .border = small_border(f, conv->border)};
}

// --- taps ---

// Rows and columns of the filter that a phase is made of: with stride 2 every second.
static inline int taps_across(const form *f) {
    return f->down ? f->r : f->taps;
}

// Where in the filter they are, row by row; -1: past its end.
static inline void own_taps(const form *f, int py, int px, int at[25]) {
    int across = taps_across(f);
    for (int a = 0; a < across; a++)
        for (int b = 0; b < across; b++) {
            int row = f->down ? f->phases * a + py : a, column = f->down ? f->phases * b + px : b;
            bool inside = row < f->taps && column < f->taps;
            at[a * across + b] = inside ? row * f->taps + column : -1;
        }
}

// H = G take, t x taps, of one phase: filters to points in one step; turned for the gradient in x.
static inline void phase_transform(const form *f, int phase, bool turned, float h[TILE_MAX][5]) {
    double g[TILE_MAX][4];
    filter_transform(f->t, f->r, g);
    for (int i = 0; i < f->t; i++)
        for (int b = 0; b < taps_across(f); b++) {
            double sum = 0;
            const float(*take)[5] = f->take[f->down ? 0 : phase];
            for (int a = 0; a < f->r; a++)
                sum += g[i][turned ? f->r - 1 - a : a] * (double)take[a][b];
            h[i][b] = (float)sum;
        }
}

#endif
