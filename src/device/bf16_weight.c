// The gradient of a convolution's filters in bf16; built as bf16_conv.c is.
//
//   dw[k][c][tap] = sum over anchors of x[anchor + tap][c] dy[anchor][k]
//
// A product adds A B to 16 x 16 sums: here A holds 16 channels of x at 32 anchors, B the same
// anchors (in pairs) of 16 channels of dy. Rows are first copied into strips of bf16, in one of two
// forms. Of few pictures the 32 anchors are neighbours:
//
//   x   [picture][block][remainder of row, of column][channel][row, column]
//   dy  [picture][block][pair of anchors][channel][2]
//
// with anchors counted through all rows, so that a tap is an offset into the first; where there is
// no anchor dy is zero. Of many pictures the 32 are one anchor of 32 pictures side by side:
//
//   x   [group][block][remainder of row, of column][row][column][channel][picture]
//   dy  [group][block][row][column][pair of pictures][channel][2]
//
// where small maps fill whole tiles and products with the border are left out. Threads fill a strip
// together, then share out filters, so that nothing is added up between them. See direct.h for
// anchors and bf16_conv.c for the other passes.
#include "device/bf16_kernels.h"
#include "device/bf16_strip.h"

#include "base/threads.h"

enum {
    STEP = 32,             // anchors of a tile
    STAY = 8,              // steps taken at once
    STRIP_BYTES = 1 << 20, // of the strips, at least (beside: BESIDE_BYTES) and at most
    BESIDE_BYTES = 8 << 20,
    STRIP_MOST = 32 << 20,
};

typedef struct frame {
    limn_direct_plan plan;
    int upsample, x_half, dy_half, taps;
    int x_pairs, dy_pairs;    // of blocks
    bool beside;              // pictures lie side by side: "picture" is a group of 32 below
    int all, pictures, rows;  // pictures; those and the rows of a strip
    size_t pitch;             // positions of a row
    size_t anchors;           // of a picture's strip, up to the end of a tile
    size_t line, plane;       // bytes from channel to channel, of a remainder
    size_t x_block, dy_block; // bytes
    size_t x_strip, dy_strip; // bytes of all pictures
    size_t offset[MOST_TAPS]; // of the taps, bytes
    // Side by side: the anchors whose source is no zero of the border, for each tap.
    bf16_range rows_of[MOST_TAPS], columns_of[MOST_TAPS];
} frame;

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
    if (s->beside) {
        s->line = 2 * STEP;
        s->plane = (size_t)(rows + more) * s->pitch * TILE;
        s->x_block = (size_t)(p->step_y * p->step_x) * s->plane;
        s->dy_block = (size_t)rows * (size_t)p->grid.w * TILE;
        return (size_t)p->source_blocks * s->x_block + (size_t)p->dest_blocks * s->dy_block;
    }
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
    frame s = {.plan = bf16_geometry(conv, LIMN_PASS_WEIGHT),
               .upsample = conv->upsample,
               .x_half = x == LIMN_BF16,
               .dy_half = dy == LIMN_BF16,
               .taps = conv->kh * conv->kw};
    const limn_direct_plan *p = &s.plan;
    s.x_pairs = ceil_div(p->source_blocks, 2);
    s.dy_pairs = ceil_div(p->dest_blocks, 2);
    s.pitch = bf16_pitch(p);
    s.beside = bf16_beside_tiles(p, STEP) <= bf16_neighbour_tiles(p);
    s.all = s.beside ? ceil_div(p->grid.n, STEP) : p->grid.n;
    // Sums pass through the cache once a strip: where they are large, strips are, too.
    size_t room = sums_bytes(&s) / 2;
    size_t least = s.beside ? BESIDE_BYTES : STRIP_BYTES;
    room = room < least ? least : room > STRIP_MOST ? STRIP_MOST : room;
    int rows = p->grid.h;
    while (rows > 1 && size_strip(&s, rows) > room) rows = ceil_div(rows, 2);
    size_t each = size_strip(&s, ceil_div(p->grid.h, ceil_div(p->grid.h, rows)));
    int fit = (int)(room / each);
    s.pictures = fit < 1 || s.rows < p->grid.h ? 1 : fit < s.all ? fit : s.all;
    s.x_strip = (size_t)s.pictures * (size_t)p->source_blocks * s.x_block;
    s.dy_strip = (size_t)s.pictures * (size_t)p->dest_blocks * s.dy_block;
    for (int i = 0; i < s.taps; i++) {
        s.offset[i] = bf16_tap(p, i, s.plane, s.beside ? TILE : 2);
        s.rows_of[i] = bf16_rows(p, i), s.columns_of[i] = bf16_columns(p, i);
    }
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
            int x = from && j < count ? bf16_edge(p, s->upsample, column, p->source_w) : -1;
            r[j] = x < 0 ? _mm256_setzero_si256() : bf16_pixel(s->x_half, from, (size_t)x);
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
            y = bf16_edge(p, s->upsample, y, p->source_h);
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
    __m256i value = there ? bf16_pixel(s->dy_half, at->from, at->row * width + at->column)
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
        bf16_store_pairs(to, even, odd);
    }
}

// A pixel of one channel block of pictures `first` .. first+15, zero behind the last: r[picture].
static void take_beside(const job *j, const char *map, bool half, size_t picture_bytes, int first,
                        size_t pixel, __m256i *r) {
    for (int i = 0; i < 16; i++)
        r[i] = first + i < j->s.plan.grid.n
                   ? bf16_pixel(half, map + (size_t)(first + i) * picture_bytes, pixel)
                   : _mm256_setzero_si256();
}

static void fill_x_beside(const job *j, int group, int block) {
    const frame *s = &j->s;
    const limn_direct_plan *p = &s->plan;
    int width = p->source_w >> s->upsample, height = p->source_h >> s->upsample;
    size_t map = (size_t)(height * width) * LANES * (s->x_half ? 2 : 4);
    const char *from = (const char *)j->call->x + (size_t)block * map;
    char *to = j->x + (size_t)(group * p->source_blocks + block) * s->x_block;
    int spots = bf16_spots(p, s->rows);
    for (int at = 0; at < spots; at++) {
        bf16_spot spot = bf16_spot_at(p, s->upsample, j->top, at);
        if (spot.y < 0 || spot.x < 0) continue; // no product reads it
        char *tile = to + (size_t)spot.plane * s->plane + spot.position * TILE;
        for (int half = 0; half < 2; half++) {
            __m256i r[16];
            take_beside(j, from, s->x_half, (size_t)p->source_blocks * map,
                        (j->first + group) * STEP + 16 * half, (size_t)(spot.y * width + spot.x),
                        r);
            turn(r);
            for (int c = 0; c < 16; c++) bf16_store(tile + 64 * c + 32 * half, r[c]);
        }
    }
}

static void fill_dy_beside(const job *j, int group, int block) {
    const frame *s = &j->s;
    const limn_direct_plan *p = &s->plan;
    size_t map = (size_t)(p->grid.h * p->grid.w) * LANES * (s->dy_half ? 2 : 4);
    const char *from = (const char *)j->call->dy + (size_t)block * map;
    char *to = j->dy + (size_t)(group * p->dest_blocks + block) * s->dy_block;
    for (int at = 0; at < j->height * p->grid.w; at++)
        for (int half = 0; half < 2; half++) {
            __m256i r[16];
            take_beside(j, from, s->dy_half, (size_t)p->dest_blocks * map,
                        (j->first + group) * STEP + 16 * half, (size_t)(j->top * p->grid.w + at),
                        r);
            for (int i = 0; i < 16; i += 2, to += 64)
                bf16_store_pairs(to, _mm512_cvtepu16_epi32(r[i]), _mm512_cvtepu16_epi32(r[i + 1]));
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
            (j->s.beside ? fill_x_beside : fill_x)(j, picture, block);
        else
            (j->s.beside ? fill_dy_beside : fill_dy)(j, picture, block - x_blocks);
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

// Some steps of all products of one tap: rows of steps in each of some pictures.
typedef struct steps {
    int pictures, rows, columns;
    size_t x, dy;         // where they begin
    size_t x_step, x_row; // from step to step, from row to row; dy's steps are a tile each
    size_t dy_row;
} steps;

INLINE void add_steps(const job *j, const corner *of, const steps *run, tile_block *t) {
    const frame *s = &j->s;
    const limn_direct_plan *p = &s->plan;
    for (int picture = 0; picture < run->pictures; picture++)
        for (int row = 0; row < run->rows; row++) {
            const char *x = j->x + (size_t)(picture * p->source_blocks) * s->x_block + run->x +
                            (size_t)row * run->x_row;
            const char *dy = j->dy + (size_t)(picture * p->dest_blocks) * s->dy_block + run->dy +
                             (size_t)row * run->dy_row;
            const char *a[2] = {x + of->x[0] * s->x_block, x + of->x[1] * s->x_block};
            const char *b[2] = {dy + of->dy[0] * s->dy_block, dy + of->dy[1] * s->dy_block};
            for (int i = 0; i < run->columns; i++) {
                tiles_add(t, a, s->line, b);
                a[0] += run->x_step, a[1] += run->x_step;
                b[0] += TILE, b[1] += TILE;
            }
        }
}

static void add_products(const job *j, const corner *of, int tap, const steps *run, bool more) {
    tile_sums sums = {{sums_of(j, of->dy[0], of->x[0], tap)}};
    bool two_x = of->x[1] != of->x[0], two_dy = of->dy[1] != of->dy[0];
    if (two_dy) sums.of[1] = sums_of(j, of->dy[1], of->x[0], tap);
    if (two_x) sums.of[2] = sums_of(j, of->dy[0], of->x[1], tap);
    if (two_x && two_dy) sums.of[3] = sums_of(j, of->dy[1], of->x[1], tap);
    for (int part = 0; part < tiles_parts(true, &sums); part++) {
        tile_block t;
        tiles_begin(&t, true, part, &sums, more);
        add_steps(j, of, run, &t);
        tiles_end(&t, &sums);
    }
}

// What a few steps read stays in the first-level cache for all taps.
static void add_neighbours(const job *j, const corner *of, int first, int last) {
    const frame *s = &j->s;
    const limn_direct_plan *p = &s->plan;
    int columns = (int)(s->anchors / STEP);
    for (int picture = 0; picture < j->count; picture++)
        for (int begin = 0; begin < columns; begin += STAY)
            for (int tap = first; tap < last; tap++) {
                steps run = {.pictures = 1, .rows = 1, .x_step = 2 * STEP};
                run.columns = columns - begin < STAY ? columns - begin : STAY;
                run.x = (size_t)(picture * p->source_blocks) * s->x_block + s->offset[tap] +
                        (size_t)begin * 2 * STEP;
                run.dy = (size_t)(picture * p->dest_blocks) * s->dy_block + (size_t)begin * TILE;
                add_products(j, of, tap, &run, j->more || picture > 0 || begin > 0);
            }
}

static void add_beside(const job *j, const corner *of, int first, int last) {
    const frame *s = &j->s;
    size_t width = (size_t)s->plan.grid.w;
    for (int tap = first; tap < last; tap++) {
        int top = s->rows_of[tap].first - j->top, end = s->rows_of[tap].end - j->top;
        top = top > 0 ? top : 0, end = end < j->height ? end : j->height;
        int left = s->columns_of[tap].first;
        steps run = {.pictures = j->count,
                     .rows = end - top,
                     .columns = s->columns_of[tap].end - left,
                     .x = s->offset[tap] + ((size_t)top * s->pitch + (size_t)left) * TILE,
                     .dy = ((size_t)top * width + (size_t)left) * TILE,
                     .x_step = TILE,
                     .x_row = s->pitch * TILE,
                     .dy_row = width * TILE};
        add_products(j, of, tap, &run, j->more);
    }
}

static void multiply(void *context, int thread, int threads) {
    const job *j = context;
    const frame *s = &j->s;
    size_t begin, end, corners = (size_t)s->x_pairs * (size_t)s->dy_pairs;
    int groups = corners < 4 * (size_t)threads ? s->taps : 1, each = s->taps / groups;
    limn_share(corners * (size_t)groups, thread, threads, &begin, &end);
    tiles_open();
    for (size_t item = begin; item < end; item++) {
        size_t at = item / (size_t)groups, x = 2 * (at % (size_t)s->x_pairs);
        size_t dy = 2 * (at / (size_t)s->x_pairs);
        corner of = {{x, x + 1 < (size_t)s->plan.source_blocks ? x + 1 : x},
                     {dy, dy + 1 < (size_t)s->plan.dest_blocks ? dy + 1 : dy}};
        int first = (int)(item % (size_t)groups) * each;
        (s->beside ? add_beside : add_neighbours)(j, &of, first, first + each);
    }
    tiles_close();
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
    for (j.first = 0; j.first < j.s.all; j.first += j.s.pictures)
        for (j.top = 0; j.top < p->grid.h; j.top += j.s.rows) {
            j.count = j.s.all - j.first < j.s.pictures ? j.s.all - j.first : j.s.pictures;
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
    return bf16_decline(conv, pass, x);
}

static limn_conv_cost cost(const limn_conv *conv, limn_pass pass) {
    frame s = lay(conv, LIMN_BF16, LIMN_BF16);
    const limn_direct_plan *p = &s.plan;
    (void)pass;
    double tiles = s.beside ? (double)bf16_beside_tiles(p, STEP) : (double)bf16_neighbour_tiles(p);
    double filters = (double)sums_bytes(&s) / sizeof(float);
    double strips = (double)ceil_div(s.all, s.pictures) * ceil_div(p->grid.h, s.rows);
    double moved = strips * (double)(s.x_strip + s.dy_strip) / sizeof(uint16_t);
    return (limn_conv_cost){
        .products = STEP * tiles * filters, .moved = moved + strips * filters, .filters = filters};
}

const limn_conv_kernel NAME(limn_bf16_weight) = {.name = BF16_UNIT,
                                                 .approximate = true,
                                                 .decline = decline,
                                                 .packed_bytes = packed_bytes,
                                                 .scratch_bytes = scratch_bytes,
                                                 .run = run,
                                                 .cost = HAS_RATES ? cost : NULL,
                                                 .rates = RATES_BF16_DOTS};
