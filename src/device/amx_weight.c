// The gradient of a convolution's filters by the matrix unit.
//
//   dw[k][c][tap] = sum over anchors of x[anchor + tap][c] dy[anchor][k]
//
// One instruction adds A B to 16 x 16 sums: here A holds 16 channels of x at 32 anchors, B the same
// anchors (in pairs) of 16 channels of dy. Some pictures' rows are first copied into strips of bf16
//
//   x   [picture][block][remainder of row, of column][channel][row, column]
//   dy  [picture][block][pair of anchors][channel][2]
//
// with anchors counted through all rows, so that a tap is an offset into the first; where there is
// no anchor dy is zero. Threads fill a strip together, then share out filters, so that nothing is
// added up between them. See direct.h for anchors and amx.c for the other passes.
#include "device/amx.h"
#include "device/amx_tiles.h"

#include "base/threads.h"

enum {
    STEP = 32,             // anchors of a tile
    STAY = 8,              // steps taken at once
    STRIP_BYTES = 1 << 20, // of the strips, at least and at most
    STRIP_MOST = 32 << 20,
};

typedef struct frame {
    limn_direct_plan plan;
    int upsample, x_half, dy_half, taps;
    int x_pairs, dy_pairs;    // of blocks
    int pictures, rows;       // of a strip
    size_t pitch;             // positions of a row
    size_t anchors;           // of a picture's strip, up to the end of a tile
    size_t line, plane;       // bytes of a channel, of a remainder
    size_t x_block, dy_block; // bytes
    size_t x_strip, dy_strip; // bytes of all pictures
    size_t offset[MOST_TAPS]; // of the taps, bytes
} frame;

static int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

static size_t round_up(size_t value, size_t to) {
    return (value + to - 1) / to * to;
}

static size_t sums_bytes(const frame *s) {
    return (size_t)(s->plan.dest_blocks * s->plan.source_blocks) * (size_t)s->taps * TILE;
}

// Bytes of one picture of both strips with so many rows.
static size_t size_strip(frame *s, int rows) {
    const limn_direct_plan *p = &s->plan;
    int more = (p->reach_y - 1) / p->step_y;
    s->rows = rows;
    s->anchors = round_up((size_t)(rows - 1) * s->pitch + (size_t)p->grid.w, STEP);
    size_t read = s->anchors + (size_t)more * s->pitch + (size_t)p->reach_x;
    size_t filled = (size_t)(rows + more) * s->pitch;
    s->line = (round_up(2 * (read > filled ? read : filled), 64) / 64 | 1) * 64;
    s->plane = LANES * s->line;
    s->x_block = (size_t)(p->step_y * p->step_x) * s->plane;
    s->dy_block = s->anchors * 2 * LANES;
    return (size_t)p->source_blocks * s->x_block + (size_t)p->dest_blocks * s->dy_block;
}

static frame lay(const limn_conv *conv, limn_type x, limn_type dy) {
    frame s = {.plan = amx_geometry(conv, LIMN_PASS_WEIGHT),
               .upsample = conv->upsample,
               .x_half = x == LIMN_BF16,
               .dy_half = dy == LIMN_BF16,
               .taps = conv->kh * conv->kw};
    const limn_direct_plan *p = &s.plan;
    s.x_pairs = ceil_div(p->source_blocks, 2);
    s.dy_pairs = ceil_div(p->dest_blocks, 2);
    s.pitch = amx_pitch(p);
    // Sums pass through the cache once a strip: where they are large, strips are, too.
    size_t room = sums_bytes(&s) / 2;
    room = room < STRIP_BYTES ? STRIP_BYTES : room > STRIP_MOST ? STRIP_MOST : room;
    int rows = p->grid.h;
    while (rows > 1 && size_strip(&s, rows) > room) rows = ceil_div(rows, 2);
    size_t each = size_strip(&s, ceil_div(p->grid.h, ceil_div(p->grid.h, rows)));
    int fit = (int)(room / each);
    s.pictures = fit < 1 || s.rows < p->grid.h ? 1 : fit < p->grid.n ? fit : p->grid.n;
    s.x_strip = (size_t)s.pictures * (size_t)p->source_blocks * s.x_block;
    s.dy_strip = (size_t)s.pictures * (size_t)p->dest_blocks * s.dy_block;
    for (int i = 0; i < s.taps; i++) s.offset[i] = amx_tap(p, i, s.plane, 2);
    return s;
}

typedef struct job {
    const limn_conv_call *call;
    frame s;
    char *x, *dy;                  // strips
    float *sums;                   // [dy block][x block][tap][channel of x][channel of dy]
    int first, count, top, height; // pictures and anchor rows in the strips
    bool more;                     // sums hold something
} job;

// ---- strips ----

// Eight rows, in both halves of the vectors apart: r[i][j] = r[j][i].
static void turn_eight(__m256i *r) {
    __m256i a[8];
    for (int stage = 0; stage < 3; stage++) {
        for (int i = 0; i < 4; i++) {
            a[2 * i] = _mm256_unpacklo_epi16(r[i], r[i + 4]);
            a[2 * i + 1] = _mm256_unpackhi_epi16(r[i], r[i + 4]);
        }
        for (int i = 0; i < 8; i++) r[i] = a[i];
    }
}

// r[i][j] = r[j][i]
static void turn(__m256i *r) {
    turn_eight(r);
    turn_eight(r + 8);
    for (int i = 0; i < 8; i++) {
        __m256i low = r[i], high = r[i + 8];
        r[i] = _mm256_permute2x128_si256(low, high, 0x20);
        r[i + 8] = _mm256_permute2x128_si256(low, high, 0x31);
    }
}

// One row of 16 channels of x, whose first pixel is `column`, to 16 lines.
static void fill_x_row(const frame *s, const char *from, int column, char *to) {
    const limn_direct_plan *p = &s->plan;
    for (size_t at = 0; at < s->pitch; at += 16) {
        __m256i r[16];
        size_t count = s->pitch - at < 16 ? s->pitch - at : 16;
        for (size_t j = 0; j < 16; j++, column += p->step_x) {
            int x = from && j < count ? amx_edge(p, s->upsample, column, p->source_w) : -1;
            r[j] = x < 0 ? _mm256_setzero_si256() : amx_pixel(s->x_half, from, (size_t)x);
        }
        turn(r);
        __mmask16 there = (__mmask16)((1U << count) - 1);
        for (size_t c = 0; c < 16; c++)
            _mm256_mask_storeu_epi16(to + c * s->line + 2 * at, there, r[c]);
    }
}

static void fill_x(const job *j, int picture, int block) {
    const frame *s = &j->s;
    const limn_direct_plan *p = &s->plan;
    size_t row = (size_t)(p->source_w >> s->upsample) * LANES * (s->x_half ? 2 : 4);
    size_t map = (size_t)(p->source_h >> s->upsample) * row;
    size_t at = (size_t)(j->first + picture) * (size_t)p->source_blocks + (size_t)block;
    const char *from = (const char *)j->call->x + at * map;
    char *to = j->x + (size_t)(picture * p->source_blocks + block) * s->x_block;
    int rows = s->rows + (p->reach_y - 1) / p->step_y;
    for (int plane = 0; plane < p->step_y * p->step_x; plane++, to += s->plane) {
        for (int i = 0; i < rows; i++) {
            int y = (j->top + i) * p->step_y + p->origin_y + plane / p->step_x;
            y = amx_edge(p, s->upsample, y, p->source_h);
            fill_x_row(s, y < 0 ? NULL : from + (size_t)y * row, p->origin_x + plane % p->step_x,
                       to + 2 * (size_t)i * s->pitch);
        }
        size_t filled = 2 * (size_t)rows * s->pitch; // what tiles read on behind
        for (size_t c = 0; c < LANES; c++) memset(to + c * s->line + filled, 0, s->line - filled);
    }
}

// The anchors of a strip in order.
typedef struct walk {
    const char *from;
    size_t row, column;
} walk;

static __m512i next_dy(const job *j, walk *at) {
    const frame *s = &j->s;
    size_t width = (size_t)s->plan.grid.w;
    bool there = at->row < (size_t)j->height && at->column < width;
    __m256i value = there ? amx_pixel(s->dy_half, at->from, at->row * width + at->column)
                          : _mm256_setzero_si256();
    if (++at->column == s->pitch) at->column = 0, at->row++;
    return _mm512_cvtepu16_epi32(value);
}

static void fill_dy(const job *j, int picture, int block) {
    const frame *s = &j->s;
    const limn_direct_plan *p = &s->plan;
    size_t map = (size_t)(j->first + picture) * (size_t)p->dest_blocks + (size_t)block;
    size_t pixel = (map * (size_t)p->grid.h + (size_t)j->top) * (size_t)p->grid.w;
    walk at = {.from = (const char *)j->call->dy + pixel * LANES * (s->dy_half ? 2 : 4)};
    char *to = j->dy + (size_t)(picture * p->dest_blocks + block) * s->dy_block;
    for (size_t anchor = 0; anchor < s->anchors; anchor += 2, to += 64) {
        __m512i even = next_dy(j, &at), odd = next_dy(j, &at);
        _mm512_storeu_si512(to, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
    }
}

static void fill(void *context, int thread, int threads) {
    const job *j = context;
    int x_blocks = j->s.plan.source_blocks, blocks = x_blocks + j->s.plan.dest_blocks;
    size_t begin, end;
    limn_share((size_t)(j->count * blocks), thread, threads, &begin, &end);
    for (size_t item = begin; item < end; item++) {
        int picture = (int)item / blocks, block = (int)item % blocks;
        if (block < x_blocks)
            fill_x(j, picture, block);
        else
            fill_dy(j, picture, block - x_blocks);
    }
}

// ---- products ----

// Two blocks of x and two of dy; where there is only one, the second is the first once more, and
// its sums are left out.
typedef struct corner {
    size_t x[2], dy[2];
} corner;

static float *sums_of(const job *j, size_t dy, size_t x, int tap) {
    size_t filter = dy * (size_t)j->s.plan.source_blocks + x;
    return j->sums + (filter * (size_t)j->s.taps + (size_t)tap) * (TILE / 4);
}

// Adds up some steps of one picture at one tap.
static void add_products(const job *j, const corner *of, int tap, int picture, size_t begin,
                         size_t end, bool more) {
    const frame *s = &j->s;
    const limn_direct_plan *p = &s->plan;
    float *sum0 = sums_of(j, of->dy[0], of->x[0], tap),
          *sum1 = sums_of(j, of->dy[1], of->x[0], tap);
    float *sum2 = sums_of(j, of->dy[0], of->x[1], tap),
          *sum3 = sums_of(j, of->dy[1], of->x[1], tap);
    const char *a = j->x + (size_t)(picture * p->source_blocks) * s->x_block + s->offset[tap];
    const char *b = j->dy + (size_t)(picture * p->dest_blocks) * s->dy_block;
    const char *a0 = a + of->x[0] * s->x_block, *a1 = a + of->x[1] * s->x_block;
    const char *b0 = b + of->dy[0] * s->dy_block, *b1 = b + of->dy[1] * s->dy_block;
    if (more) {
        _tile_loadd(0, sum0, 64);
        _tile_loadd(1, sum1, 64);
        _tile_loadd(2, sum2, 64);
        _tile_loadd(3, sum3, 64);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    for (size_t at = begin; at < end; at += STEP) {
        _tile_loadd(4, a0 + 2 * at, s->line);
        _tile_loadd(6, b0 + 2 * LANES * at, 64);
        _tile_loadd(7, b1 + 2 * LANES * at, 64);
        _tile_loadd(5, a1 + 2 * at, s->line);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    bool two_x = of->x[1] != of->x[0], two_dy = of->dy[1] != of->dy[0];
    _tile_stored(0, sum0, 64);
    if (two_dy) _tile_stored(1, sum1, 64);
    if (two_x) _tile_stored(2, sum2, 64);
    if (two_x && two_dy) _tile_stored(3, sum3, 64);
}

// What a few steps read stays in the first-level cache for all taps.
static void add_taps(const job *j, const corner *of, int first, int last) {
    const frame *s = &j->s;
    for (int picture = 0; picture < j->count; picture++)
        for (size_t begin = 0; begin < s->anchors; begin += STAY * STEP) {
            size_t end = s->anchors - begin < STAY * STEP ? s->anchors : begin + STAY * STEP;
            bool more = j->more || picture > 0 || begin > 0;
            for (int tap = first; tap < last; tap++)
                add_products(j, of, tap, picture, begin, end, more);
        }
}

static void multiply(void *context, int thread, int threads) {
    const job *j = context;
    const frame *s = &j->s;
    size_t begin, end, corners = (size_t)s->x_pairs * (size_t)s->dy_pairs;
    int groups = corners < 4 * (size_t)threads ? s->taps : 1, each = s->taps / groups;
    limn_share(corners * (size_t)groups, thread, threads, &begin, &end);
    _tile_loadconfig(&amx_whole_tiles);
    for (size_t item = begin; item < end; item++) {
        size_t at = item / (size_t)groups, x = 2 * (at % (size_t)s->x_pairs);
        size_t dy = 2 * (at / (size_t)s->x_pairs);
        corner of = {{x, x + 1 < (size_t)s->plan.source_blocks ? x + 1 : x},
                     {dy, dy + 1 < (size_t)s->plan.dest_blocks ? dy + 1 : dy}};
        int first = (int)(item % (size_t)groups) * each;
        add_taps(j, &of, first, first + each);
    }
    _tile_release();
}

// ---- result ----

// dw of one channel of dy.
static void write_filters(const job *j, int k) {
    const frame *s = &j->s;
    const limn_direct_plan *p = &s->plan;
    size_t taps = (size_t)s->taps, channels = (size_t)p->source_channels;
    const float *from =
        j->sums + (size_t)(k / LANES * p->source_blocks) * taps * (TILE / 4) + (size_t)(k % LANES);
    float *to = (float *)j->call->y + (size_t)k * channels * taps;
    for (size_t c = 0; c < channels; c++)
        for (size_t tap = 0; tap < taps; tap++, to++)
            *to = from[(c / LANES * taps + tap) * (TILE / 4) + c % LANES * LANES];
}

static void finish(void *context, int thread, int threads) {
    const job *j = context;
    size_t begin, end;
    limn_share((size_t)j->s.plan.dest_channels, thread, threads, &begin, &end);
    for (size_t k = begin; k < end; k++) write_filters(j, (int)k);
}

// ---- the kernel ----

static size_t packed_bytes(const limn_conv *conv, limn_pass pass) {
    (void)conv;
    (void)pass;
    return 0;
}

static size_t scratch_bytes(const limn_conv *conv, limn_pass pass, int threads) {
    frame s = lay(conv, LIMN_FLOAT, LIMN_FLOAT);
    (void)pass;
    (void)threads;
    return s.x_strip + s.dy_strip + sums_bytes(&s);
}

static void run(const limn_conv_call *call) {
    job j = {.call = call, .s = lay(call->conv, call->x_type, call->y_type)};
    const limn_direct_plan *p = &j.s.plan;
    j.sums = call->scratch;
    j.x = (char *)call->scratch + sums_bytes(&j.s);
    j.dy = j.x + j.s.x_strip;
    for (j.first = 0; j.first < p->grid.n; j.first += j.s.pictures)
        for (j.top = 0; j.top < p->grid.h; j.top += j.s.rows) {
            j.count = p->grid.n - j.first < j.s.pictures ? p->grid.n - j.first : j.s.pictures;
            j.height = p->grid.h - j.top < j.s.rows ? p->grid.h - j.top : j.s.rows;
            limn_parallel(call->threads, fill, &j);
            limn_parallel(call->threads, multiply, &j);
            j.more = true;
        }
    limn_parallel(call->threads, finish, &j);
}

static const char *decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    if (pass != LIMN_PASS_WEIGHT) return "not the gradient in w";
    if (y == LIMN_DOUBLE) return "double precision";
    if (conv->k < LANES) return "few channels";
    return amx_decline(conv, pass, x);
}

const limn_conv_kernel limn_amx_weight = {.name = "amx",
                                          .approximate = true,
                                          .decline = decline,
                                          .packed_bytes = packed_bytes,
                                          .scratch_bytes = scratch_bytes,
                                          .run = run};
