// Convolution in bf16, in tiles of 16 rows of 64 bytes; built for the matrix unit and for the dot
// instruction, between which bf16_tiles.h is the only difference.
//
// A product adds A B to 16 x 16 sums: A holds 16 pixels of 32 channels, B 32 channels (in
// pairs) of 16 results. So that A may be read from memory as it is, some rows of the source are
// first copied into a strip of bf16
//
//   [picture][chunk of 32 channels][remainder of row, of column][row][column][32]
//
// with the borders, where rows and columns are sorted by their remainder modulo the stride (see
// direct.h for anchors, phases and taps). Anchors are counted through all rows of a picture's
// strip, past the edge too: every tap of every tile is then 16 pixels one behind the other, and the
// few sums that belong to no anchor are left out on writing.
//
// The small maps of many pictures would fill such tiles badly. Theirs hold one pixel of 16 pictures
// that lie side by side ("picture" below is then the group of 16),
//
//   [group][chunk][remainder of row, of column][row][column][16][32]
//
// and taps that reach rows past the edge only are left out. Sums are float32; maps and filters are
// rounded to bf16, so this is for `fast` only.
#include "device/bf16_kernels.h"
#include "device/bf16_strip.h"

#include "base/threads.h"

enum {
    CHUNK = 32,              // channels that A holds
    PIXEL = 2 * CHUNK,       // bytes of one in the strip
    AHEAD = 32,              // pixels that are taken at once: two tiles
    STRIP_BYTES = 640 << 10, // of a strip: it stays in the second-level cache beside the filters
    BESIDE_BYTES = 5 << 19,  // of one of pictures side by side: the most of it may be border
    STRIP_ROWS = 16,
    PART = 8, // chunks of pictures side by side whose filters stay in the cache for all anchors
};

// The pass: what limn_direct_plan says of it, and how it is shared out.
typedef struct frame {
    limn_direct_plan plan;
    int upsample, half;         // the source: read enlarged; bf16
    int chunks, pairs;          // of source channels; of destination blocks
    int part;                   // chunks that are multiplied at once
    bool beside;                // pictures lie side by side
    int all, pictures, rows;    // pictures; those and the rows of a strip
    int strips, batches, parts; // strips of a picture, groups of pictures, parts of the pairs
    size_t pitch, position;     // positions of a row; bytes of one
    size_t plane, picture, strip, sums; // bytes of a remainder, a picture, all, the sums behind
    size_t offset[MOST_TAPS];           // of the taps, bytes in a chunk's part of the strip
    bf16_range rows_of[MOST_TAPS];      // the anchor rows that a tap must be taken for
} frame;

static void choose_strip(frame *s, int threads) {
    const limn_direct_plan *p = &s->plan;
    int step = p->step_y, more = (p->reach_y - 1) / step, planes = step * p->step_x;
    size_t row = (size_t)(s->chunks * planes) * s->pitch * s->position;
    int most = (int)((s->beside ? BESIDE_BYTES : STRIP_BYTES) / row) - more;
    most = most < 1 ? 1 : most > STRIP_ROWS ? STRIP_ROWS : most;
    s->rows = ceil_div(p->grid.h, ceil_div(p->grid.h, most));
    s->strips = ceil_div(p->grid.h, s->rows);
    s->plane = (size_t)(s->rows + more) * s->pitch * s->position;
    s->picture = (size_t)(s->chunks * planes) * s->plane;
    int fit = (int)(STRIP_BYTES / s->picture), fair = s->all * s->strips / (4 * threads);
    s->pictures = fit < fair ? fit : fair;
    if (s->pictures < 1 || s->beside) s->pictures = 1;
    s->batches = ceil_div(s->all, s->pictures);
    bool few = s->batches * s->strips < threads;
    s->parts = !few ? 1 : s->pairs < threads ? s->pairs : threads;
    // The last tile of the last tap reads on behind.
    size_t behind = (size_t)(AHEAD + p->reach_x) * PIXEL;
    s->strip = ((size_t)s->pictures * s->picture + behind + 63) / 64 * 64;
    s->sums = (size_t)(s->beside ? ceil_div(s->rows * p->grid.w, 2) : 1) * 4 * TILE;
}

static frame lay(const limn_conv *conv, limn_pass pass, limn_type x, int threads) {
    frame s = {
        .plan = bf16_geometry(conv, pass), .upsample = conv->upsample, .half = x == LIMN_BF16};
    s.chunks = ceil_div(s.plan.source_channels, CHUNK);
    s.pairs = ceil_div(s.plan.dest_blocks, 2);
    s.pitch = bf16_pitch(&s.plan);
    s.beside = bf16_beside_tiles(&s.plan, 16) < bf16_neighbour_tiles(&s.plan);
    s.position = s.beside ? 16 * PIXEL : PIXEL;
    s.all = s.beside ? ceil_div(s.plan.grid.n, 16) : s.plan.grid.n;
    s.part = s.beside ? PART : s.chunks;
    choose_strip(&s, threads);
    for (int i = 0; i < conv->kh * conv->kw; i++) {
        s.offset[i] = bf16_tap(&s.plan, i, s.plane, s.position);
        s.rows_of[i] = s.beside ? bf16_rows(&s.plan, i) : (bf16_range){0, s.plan.grid.h};
    }
    return s;
}

// ---- the strip ----

static size_t source_bytes(const frame *s) { // of a block
    const limn_direct_plan *p = &s->plan;
    return (size_t)(p->source_h >> s->upsample) * (size_t)(p->source_w >> s->upsample) * LANES *
           (s->half ? 2 : 4);
}

// One row of a chunk: `low` and `high` are rows of its two blocks of channels; `column` is that of
// the first pixel.
static void fill_row(const frame *s, const char *low, const char *high, int column, char *to) {
    const limn_direct_plan *p = &s->plan;
    for (size_t j = 0; j < s->pitch; j++, column += p->step_x, to += PIXEL) {
        int x = bf16_edge(p, s->upsample, column, p->source_w);
        if (x < 0) {
            memset(to, 0, PIXEL);
            continue;
        }
        __m256i none = _mm256_setzero_si256();
        bf16_store(to, bf16_pixel(s->half, low, (size_t)x));
        bf16_store(to + 2 * LANES, high ? bf16_pixel(s->half, high, (size_t)x) : none);
    }
}

// One chunk of one picture, from anchor row `first` on; `low` is the first of its blocks.
static void fill_chunk(const frame *s, const char *low, bool both, int first, char *to) {
    const limn_direct_plan *p = &s->plan;
    size_t row = (size_t)(p->source_w >> s->upsample) * LANES * (s->half ? 2 : 4);
    size_t block = source_bytes(s), rows = s->plane / (s->pitch * PIXEL);
    for (int plane = 0; plane < p->step_y * p->step_x; plane++) {
        int top = first * p->step_y + p->origin_y + plane / p->step_x;
        for (size_t i = 0; i < rows; i++, to += s->pitch * PIXEL) {
            int y = bf16_edge(p, s->upsample, top + (int)i * p->step_y, p->source_h);
            if (y < 0) {
                memset(to, 0, s->pitch * PIXEL);
                continue;
            }
            const char *from = low + (size_t)y * row;
            fill_row(s, from, both ? from + block : NULL, p->origin_x + plane % p->step_x, to);
        }
    }
}

// Two blocks of one pixel of 16 pictures from n on, zero behind the last.
static void fill_position(const frame *s, const char *low, bool both, int n, size_t pixel,
                          char *to) {
    const limn_direct_plan *p = &s->plan;
    size_t bytes = source_bytes(s);
    for (int i = 0; i < 16; i++, to += PIXEL) {
        __m256i first = _mm256_setzero_si256(), second = first;
        if (n + i < p->grid.n) {
            const char *from = low + (size_t)(n + i) * (size_t)p->source_blocks * bytes;
            first = bf16_pixel(s->half, from, pixel);
            if (both) second = bf16_pixel(s->half, from + bytes, pixel);
        }
        bf16_store(to, first);
        bf16_store(to + 2 * LANES, second);
    }
}

// As fill_chunk of 16 pictures from n on.
static void fill_beside(const frame *s, const char *low, bool both, int n, int first, char *to) {
    const limn_direct_plan *p = &s->plan;
    size_t width = (size_t)(p->source_w >> s->upsample);
    int spots = bf16_spots(p, s->rows);
    for (int at = 0; at < spots; at++) {
        bf16_spot spot = bf16_spot_at(p, s->upsample, first, at);
        char *tile = to + (size_t)spot.plane * s->plane + spot.position * s->position;
        if (spot.y < 0 || spot.x < 0)
            memset(tile, 0, s->position);
        else
            fill_position(s, low, both, n, (size_t)spot.y * width + (size_t)spot.x, tile);
    }
}

static void fill_strip(const frame *s, const char *source, int n, int first, char *strip) {
    const limn_direct_plan *p = &s->plan;
    size_t block = source_bytes(s);
    for (int chunk = 0; chunk < s->chunks; chunk++) {
        bool both = 2 * chunk + 1 < p->source_blocks;
        char *to = strip + (size_t)chunk * (s->picture / (size_t)s->chunks);
        if (s->beside) {
            fill_beside(s, source + 2 * (size_t)chunk * block, both, n * 16, first, to);
            continue;
        }
        size_t at = (size_t)n * (size_t)p->source_blocks + 2 * (size_t)chunk;
        fill_chunk(s, source + at * block, both, first, to);
    }
}

// ---- products ----

// Two tiles of pixels against the filters of one or two blocks: sums[2][block][pixel][channel].
typedef struct product {
    const char *pixels[2];
    int row[2]; // of anchors
    const char *filters;
    float *sums;
    int chunks;
    bool more; // sums hold something
} product;

static bool is_needed(const frame *s, int tap, const product *of) {
    bf16_range r = s->rows_of[tap];
    return (of->row[0] >= r.first && of->row[0] < r.end) ||
           (of->row[1] >= r.first && of->row[1] < r.end);
}

INLINE void multiply(const frame *s, const limn_direct_phase *phase, const product *of, bool pair) {
    size_t chunk_bytes = s->picture / (size_t)s->chunks, filters = pair ? 2 * TILE : TILE;
    const tile_sums sums = {{of->sums, of->sums + 256, of->sums + 512, of->sums + 768}};
    for (int part = 0; part < tiles_parts(pair, &sums); part++) {
        tile_block t;
        const char *b[2] = {of->filters, of->filters + TILE};
        tiles_begin(&t, pair, part, &sums, of->more);
        for (int chunk = 0; chunk < of->chunks; chunk++)
            for (int tap = phase->first_tap; tap < phase->first_tap + phase->taps;
                 tap++, b[0] += filters, b[1] += filters) {
                if (!is_needed(s, tap, of)) continue;
                size_t offset = (size_t)chunk * chunk_bytes + s->offset[tap];
                const char *a[2] = {of->pixels[0] + offset, of->pixels[1] + offset};
                tiles_add(&t, a, PIXEL, b);
            }
        tiles_end(&t, &sums);
    }
}

static void multiply_pair(const frame *s, const limn_direct_phase *phase, const product *of) {
    multiply(s, phase, of, true);
}

static void multiply_single(const frame *s, const limn_direct_phase *phase, const product *of) {
    multiply(s, phase, of, false);
}

// What the results of one block pass through on their way to the map.
typedef struct outlet {
    __m512 bias, slope;
    bool act;
    char *y; // the block's map
    const char *add;
} outlet;

static size_t dest_bytes(const limn_direct_plan *p) { // of a block
    return (size_t)p->dest_h * (size_t)p->dest_w * 2 * LANES;
}

static outlet outlet_of(const limn_direct_plan *p, const limn_conv_call *call, int n, int block) {
    size_t at = ((size_t)n * (size_t)p->dest_blocks + (size_t)block) * dest_bytes(p);
    int left = p->dest_channels - block * LANES;
    __mmask16 there = (__mmask16)(left >= LANES ? 0xFFFF : (1 << left) - 1);
    const float *bias = call->tail.bias;
    return (outlet){.bias = bias ? _mm512_maskz_loadu_ps(there, bias + block * LANES)
                                 : _mm512_setzero_ps(),
                    .slope = _mm512_set1_ps(call->tail.slope),
                    .act = call->tail.act,
                    .y = (char *)call->y + at,
                    .add = call->tail.add ? (const char *)call->tail.add + at : NULL};
}

// `at`: bytes into the map.
static void let_out(const outlet *to, const float *sums, size_t at) {
    __m512 value = _mm512_add_ps(_mm512_load_ps(sums), to->bias);
    if (to->act) {
        __mmask16 below = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
        value = _mm512_mask_mul_ps(value, below, value, to->slope);
    }
    if (to->add) value += (__m512)load_half(to->add + at);
    store_half(to->y + at, (vec)value);
}

typedef struct piece { // of a strip: the anchors of one picture
    int n, top, rows;
    const char *strip;
} piece;

// Where an anchor's result lies in the map, bytes; false: nowhere.
static bool find_result(const limn_direct_plan *p, const limn_direct_phase *phase, int row,
                        int column, size_t *at) {
    int y = row * p->dest_step_y + phase->row, x = column * p->dest_step_x + phase->column;
    if (column >= p->grid.w || y < 0 || y >= p->dest_h || x < 0 || x >= p->dest_w) return false;
    *at = ((size_t)y * (size_t)p->dest_w + (size_t)x) * 2 * LANES;
    return true;
}

// The 32 sums from position `first` of the strip on; those past the map's edge are left out.
static void write_neighbours(const frame *s, const limn_direct_phase *phase, const outlet *to,
                             int blocks, const piece *of, const float *sums, size_t first) {
    int row = (int)(first / s->pitch), column = (int)(first % s->pitch);
    size_t at;
    for (int i = 0; i < AHEAD; i++, column++) {
        if (column == (int)s->pitch) column = 0, row++;
        if (row >= of->rows) return;
        if (!find_result(&s->plan, phase, of->top + row, column, &at)) continue;
        const float *from = sums + (size_t)(i / 16) * 512 + (size_t)(i % 16) * 16;
        for (int b = 0; b < blocks; b++) let_out(&to[b], from + b * 256, at);
    }
}

// The sums of anchors `first` and first+1 of 16 pictures.
static void write_beside(const frame *s, const limn_direct_phase *phase, const outlet *to,
                         int blocks, const piece *of, const float *sums, int first) {
    const limn_direct_plan *p = &s->plan;
    int left = p->grid.n - of->n * 16, count = left < 16 ? left : 16;
    size_t next = (size_t)p->dest_blocks * dest_bytes(p), at;
    for (int i = 0; i < 2; i++) {
        int row = (first + i) / p->grid.w, column = (first + i) % p->grid.w;
        if (row >= of->rows || !find_result(p, phase, of->top + row, column, &at)) continue;
        for (int picture = 0; picture < count; picture++, at += next)
            for (int b = 0; b < blocks; b++)
                let_out(&to[b], sums + i * 512 + b * 256 + picture * 16, at);
    }
}

typedef struct job {
    const limn_conv_call *call;
    frame s;
    size_t next; // item to be taken
} job;

static int blocks_of(const frame *s, int pair) {
    return s->plan.dest_blocks - 2 * pair < 2 ? 1 : 2;
}

// Filters: [phase][pair][chunk][tap][block of the pair] tiles; the last pair may be a single one.
static size_t filters_at(const frame *s, int phase, int pair) {
    const limn_direct_plan *p = &s->plan;
    size_t tiles = (size_t)p->phase[phase].first_tap * (size_t)p->dest_blocks +
                   (size_t)p->phase[phase].taps * 2 * (size_t)pair;
    return tiles * (size_t)s->chunks * TILE;
}

// One product after the other along a row of neighbours.
static void do_neighbours(const job *j, const piece *of, int number, int pair, float *sums) {
    const frame *s = &j->s;
    const limn_direct_phase *phase = &s->plan.phase[number];
    size_t anchors = (size_t)(of->rows - 1) * s->pitch + (size_t)s->plan.grid.w;
    int blocks = blocks_of(s, pair);
    outlet to[2];
    for (int b = 0; b < blocks; b++) to[b] = outlet_of(&s->plan, j->call, of->n, 2 * pair + b);
    product next = {.filters = (const char *)j->call->packed + filters_at(s, number, pair),
                    .sums = sums,
                    .chunks = s->chunks};
    for (size_t at = 0; at < anchors; at += AHEAD) {
        next.pixels[0] = of->strip + at * PIXEL;
        next.pixels[1] = next.pixels[0] + 16 * PIXEL;
        (blocks == 2 ? multiply_pair : multiply_single)(s, phase, &next);
        write_neighbours(s, phase, to, blocks, of, sums, at);
    }
}

static const char *anchor_at(const frame *s, const piece *of, int anchor) {
    int row = anchor / s->plan.grid.w, column = anchor % s->plan.grid.w;
    return of->strip + ((size_t)row * s->pitch + (size_t)column) * s->position;
}

// All anchors with some chunks' filters, then with the next: sums wait meanwhile.
static void do_beside(const job *j, const piece *of, int number, int pair, float *sums) {
    const frame *s = &j->s;
    const limn_direct_phase *phase = &s->plan.phase[number];
    int anchors = of->rows * s->plan.grid.w, blocks = blocks_of(s, pair);
    outlet to[2];
    for (int b = 0; b < blocks; b++) to[b] = outlet_of(&s->plan, j->call, of->n * 16, 2 * pair + b);
    const char *filters = (const char *)j->call->packed + filters_at(s, number, pair);
    size_t chunk_filters = (size_t)(phase->taps * blocks) * TILE;
    for (int chunk = 0; chunk < s->chunks; chunk += s->part)
        for (int at = 0; at < anchors; at += 2) {
            int second = at + 1 < anchors ? at + 1 : at;
            size_t skip = (size_t)chunk * (s->picture / (size_t)s->chunks);
            product next = {
                .pixels = {anchor_at(s, of, at) + skip, anchor_at(s, of, second) + skip},
                .row = {of->top + at / s->plan.grid.w, of->top + second / s->plan.grid.w},
                .filters = filters + (size_t)chunk * chunk_filters,
                .sums = sums + (size_t)at * 512,
                .chunks = s->chunks - chunk < s->part ? s->chunks - chunk : s->part,
                .more = chunk > 0};
            (blocks == 2 ? multiply_pair : multiply_single)(s, phase, &next);
            if (chunk + s->part >= s->chunks) write_beside(s, phase, to, blocks, of, next.sums, at);
        }
}

static void do_strip(const job *j, int batch, int top, int part, char *strip) {
    const frame *s = &j->s;
    float *sums = (float *)(strip + s->strip);
    int first = batch * s->pictures, count = s->all - first;
    if (count > s->pictures) count = s->pictures;
    int rows = s->plan.grid.h - top < s->rows ? s->plan.grid.h - top : s->rows;
    for (int i = 0; i < count; i++)
        fill_strip(s, j->call->x, first + i, top, strip + (size_t)i * s->picture);
    size_t begin, end;
    limn_share((size_t)s->pairs, part, s->parts, &begin, &end);
    for (int phase = 0; phase < s->plan.phases; phase++)
        for (size_t pair = begin; pair < end; pair++)
            for (int i = 0; i < count; i++) {
                piece of = {first + i, top, rows, strip + (size_t)i * s->picture};
                (s->beside ? do_beside : do_neighbours)(j, &of, phase, (int)pair, sums);
            }
}

static void work(void *context, int thread, int threads) {
    job *j = context;
    const frame *s = &j->s;
    char *strip = (char *)j->call->scratch + (size_t)thread * (s->strip + s->sums);
    size_t items = (size_t)s->batches * (size_t)s->strips * (size_t)s->parts;
    (void)threads;
    tiles_open();
    for (;;) {
        size_t item = __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED);
        if (item >= items) break;
        size_t at = item / (size_t)s->parts;
        do_strip(j, (int)(at / (size_t)s->strips), (int)(at % (size_t)s->strips) * s->rows,
                 (int)(item % (size_t)s->parts), strip);
    }
    tiles_close();
}

// ---- filters ----

typedef struct pack_job {
    const limn_conv *conv;
    frame s;
    bool data;
    const float *w;
    char *packed;
} pack_job;

enum { ROW = CHUNK * MOST_TAPS + LANES };

// The filters of channel k of y and 32 channels of x from `first` on, which lie together in w, as
// bf16: half[c][tap], zero where there are none.
static void take_row(const pack_job *p, int k, int first, uint16_t *half) {
    const limn_conv *conv = p->conv;
    int taps = conv->kh * conv->kw, count = conv->c - first < CHUNK ? conv->c - first : CHUNK;
    if (k >= conv->k || count < 0) count = 0;
    const float *w = p->w + ((size_t)k * (size_t)conv->c + (size_t)first) * (size_t)taps;
    for (int i = 0; i < CHUNK * taps + LANES; i += LANES) {
        int left = count * taps - i;
        __mmask16 there = (__mmask16)(left >= LANES ? 0xFFFF : left > 0 ? (1 << left) - 1 : 0);
        store_half(half + i, (vec)_mm512_maskz_loadu_ps(there, w + i));
    }
}

// A row of a tile at one tap: two source channels, `apart` values from one to the other, of 16
// destination channels, found by `index`.
static void pack_line(const uint16_t *half, __m512i index, int apart, char *to) {
    __m512i even = _mm512_i32gather_epi32(index, (const int *)(const void *)half, 2);
    __m512i odd = _mm512_i32gather_epi32(index, (const int *)(const void *)(half + apart), 2);
    bf16_store_pairs(to, _mm512_and_si512(even, _mm512_set1_epi32(0xFFFF)), odd);
}

// Row `row` of the tiles of one block at all taps of all phases.
static void pack_rows(const pack_job *p, int pair, int chunk, int block, int row,
                      const uint16_t *half, __m512i index, int apart) {
    const limn_direct_plan *plan = &p->s.plan;
    size_t blocks = (size_t)blocks_of(&p->s, pair);
    for (int number = 0; number < plan->phases; number++) {
        const limn_direct_phase *phase = &plan->phase[number];
        size_t tile = (size_t)(chunk * phase->taps) * blocks + (size_t)block;
        char *to = p->packed + filters_at(&p->s, number, pair) + tile * TILE + (size_t)row * 64;
        for (int i = phase->first_tap; i < phase->first_tap + phase->taps; i++) {
            pack_line(half + plan->tap_y[i] * p->conv->kw + plan->tap_x[i], index, apart, to);
            to += blocks * TILE;
        }
    }
}

static void pack_chunk(const pack_job *p, int pair, int chunk) {
    int blocks = blocks_of(&p->s, pair), taps = p->conv->kh * p->conv->kw;
    __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m512i index = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(p->data ? taps : ROW));
    uint16_t half[16 * ROW];
    for (int row = 0; row < 16 && p->data; row++) {
        for (int i = 0; i < 2; i++)
            take_row(p, chunk * CHUNK + 2 * row + i, pair * 2 * LANES, half + i * ROW);
        for (int b = 0; b < blocks; b++)
            pack_rows(p, pair, chunk, b, row, half + b * LANES * taps, index, ROW);
    }
    for (int b = 0; b < blocks && !p->data; b++) {
        for (int i = 0; i < LANES; i++)
            take_row(p, (2 * pair + b) * LANES + i, chunk * CHUNK, half + i * ROW);
        for (int row = 0; row < 16; row++)
            pack_rows(p, pair, chunk, b, row, half + 2 * row * taps, index, taps);
    }
}

static void pack_thread(void *context, int thread, int threads) {
    const pack_job *p = context;
    size_t begin, end, chunks = (size_t)p->s.chunks;
    limn_share((size_t)p->s.pairs * chunks, thread, threads, &begin, &end);
    for (size_t item = begin; item < end; item++)
        pack_chunk(p, (int)(item / chunks), (int)(item % chunks));
}

// ---- the kernel ----

static size_t packed_bytes(const limn_conv *conv, limn_pass pass) {
    frame s = lay(conv, pass, LIMN_FLOAT, 1);
    return (size_t)(conv->kh * conv->kw) * (size_t)s.plan.dest_blocks * (size_t)s.chunks * TILE;
}

static size_t scratch_bytes(const limn_conv *conv, limn_pass pass, int threads) {
    frame s = lay(conv, pass, LIMN_FLOAT, threads);
    return (s.strip + s.sums) * (size_t)threads;
}

static void pack(const limn_conv *conv, limn_pass pass, const float *w, void *packed, int threads) {
    pack_job p = {conv, lay(conv, pass, LIMN_FLOAT, threads), pass == LIMN_PASS_DATA, w, packed};
    limn_parallel(threads, pack_thread, &p);
}

static void run(const limn_conv_call *call) {
    job j = {.call = call, .s = lay(call->conv, call->pass, call->x_type, call->threads)};
    limn_parallel(call->threads, work, &j);
}

static const char *decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    if (pass == LIMN_PASS_WEIGHT) return "the gradient in w";
    if (y != LIMN_BF16) return "not bf16";
    if (pass == LIMN_PASS_DATA && conv->upsample) return "the gradient of an enlargement";
    return bf16_decline(conv, pass, x);
}

static limn_conv_cost cost(const limn_conv *conv, limn_pass pass) {
    frame s = lay(conv, pass, LIMN_BF16, 1);
    const limn_direct_plan *p = &s.plan;
    double tiles = s.beside ? (double)bf16_beside_tiles(p, 16) : (double)bf16_neighbour_tiles(p);
    double filters = (double)packed_bytes(conv, pass) / sizeof(uint16_t);
    double strips = (double)(s.batches * s.strips) * (double)(s.pictures * s.picture) / 2;
    double made = (double)conv->n * p->dest_h * p->dest_w * p->dest_blocks * LANES;
    return (limn_conv_cost){
        .products = AHEAD * tiles * filters, .moved = strips + made, .filters = filters};
}

static const limn_conv_kernel kernel = {.name = BF16_UNIT,
                                        .approximate = true,
                                        .decline = decline,
                                        .packed_bytes = packed_bytes,
                                        .scratch_bytes = scratch_bytes,
                                        .pack = pack,
                                        .run = run,
                                        .cost = HAS_RATES ? cost : NULL,
                                        .rates = RATES_BF16_DOTS};

const limn_conv_kernel *const NAME(limn_bf16)[] = {&kernel, &NAME(limn_bf16_weight), NULL};
