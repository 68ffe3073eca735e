// What reflection of two pixels adds to nearest x2 enlargement and 5x5.
//
// winograd.c continues the small map by replication. Reflection of the enlarged map differs from
// that in one place a side: the outermost tap of the outermost row (or column) of y reads x[1] in
// place of x[0]. So, with e = x[1] - x[0] along a row and likewise on the other three sides,
//
//   y[0,:] += w[0,:] * e            a convolution along a line, continued by replication
//   y[0,0] += w[0,0] (e[1] - e[0])  corners, where a row and a column meet
//
// is all that is missing. Lines of FORWARD and DATA are made before the tiles, and those at the
// edges add them (winograd_tiles.h: edges); WEIGHT adds to dw what lines give.
#ifndef LIMN_DEVICE_WINOGRAD_MIRROR_H
#define LIMN_DEVICE_WINOGRAD_MIRROR_H

#include "device/conv.h"
#include "device/winograd_vector.h"

// Sides: top, bottom, left, right. Corners: 2 * bottom + right. All sizes in floats.
typedef struct mirror {
    int n, in, out, h, w; // the small map; channels read and written (WEIGHT: of x and of dy)
    int in_blocks, out_blocks;
    size_t deep, wide;       // of a position that is read, and made (WEIGHT: of dy)
    size_t line, made;       // of a side that is read, and made
    size_t lines, corners;   // all that are read; all corners
    size_t all_made, packed; // WEIGHT: the lines of dy; the filters
    size_t scratch;
} mirror;

static inline bool is_mirrored(const limn_conv *conv) {
    return conv->upsample && conv->kh == 5 && conv->border == LIMN_BORDER_REFLECT;
}

static inline mirror mirror_of(const limn_conv *conv, limn_pass pass) {
    bool data = pass == LIMN_PASS_DATA;
    mirror s = {.n = conv->n,
                .in = data ? conv->k : conv->c,
                .out = data ? conv->c : conv->k,
                .h = conv->h,
                .w = conv->w};
    s.in_blocks = ceil_div(s.in, LANES);
    s.out_blocks = ceil_div(s.out, LANES);
    s.deep = (size_t)s.in_blocks * LANES;
    s.wide = (size_t)s.out_blocks * LANES;
    size_t length = (size_t)(s.h > s.w ? s.h : s.w), sides = 4 * (size_t)s.n;
    s.line = (data ? 2 * length + 8 : length + 2) * s.deep;
    s.made = (data ? length + 2 : 2 * length) * s.wide;
    s.lines = sides * s.line;
    s.corners = sides * (data ? s.wide : s.deep);
    s.all_made = sides * s.made;
    s.packed = 28 * s.deep * s.wide;
    s.scratch = s.lines + s.corners + s.all_made;
    if (pass == LIMN_PASS_WEIGHT) s.scratch += 28 * (size_t)s.in * s.wide;
    return s;
}

// Position 0 of a line that was made: [position][channel].
static inline float *mirror_line(const mirror *s, limn_pass pass, float *scratch, int picture,
                                 int side) {
    size_t at = (4 * (size_t)picture + (size_t)side) * s->made;
    return scratch + s->lines + s->corners + at + (pass == LIMN_PASS_DATA ? s->wide : 0);
}

void NAME(limn_mirror_pack)(const limn_conv *conv, limn_pass pass, const float *w, float *packed,
                            int threads);
void NAME(limn_mirror_run)(const limn_conv_call *call, const float *packed, float *scratch);

#endif
