// Convolution by the matrix unit: tiles of 16 rows of 64 bytes.
//
// One instruction adds A B to 16 x 16 sums: A holds 16 pixels of 32 channels, B 32 channels (in
// pairs) of 16 results. So that A may be read from memory as it is, some rows of the source are
// first copied into a strip of bf16
//
//   [picture][chunk of 32 channels][remainder of row, of column][row][column][32]
//
// with the borders, where rows and columns are sorted by their remainder modulo the stride (see
// direct.h for anchors, phases and taps). Anchors are counted through all rows of a picture's
// strip, past the edge too: every tap of every tile is then 16 pixels one behind the other, and the
// few sums that belong to no anchor are left out on writing. Sums are float32; maps and filters are
// rounded to bf16, so this is for `fast` only.
#include "device/amx.h"
#include "device/amx_tiles.h"

#include "base/threads.h"

enum {
    CHUNK = 32,              // channels that A holds
    PIXEL = 2 * CHUNK,       // bytes of one in the strip
    AHEAD = 32,              // anchors that are taken at once
    STRIP_BYTES = 640 << 10, // of a strip: it stays in the second-level cache beside the filters
    STRIP_ROWS = 16,
};

// The pass: what limn_direct_plan says of it, and how it is shared out.
typedef struct frame {
    limn_direct_plan plan;
    int upsample, half;         // the source: read enlarged; bf16
    int chunks, pairs;          // of source channels; of destination blocks
    int pictures, rows;         // of a strip
    int strips, batches, parts; // strips of a picture, groups of pictures, parts of the pairs
    size_t pitch, plane, picture, strip; // pixels of a row; bytes of a remainder, a picture, all
    size_t offset[MOST_TAPS];            // of the taps, bytes in a chunk's part of the strip
} frame;

static int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

static void choose_strip(frame *s, int threads) {
    const limn_direct_plan *p = &s->plan;
    int step = p->step_y, more = (p->reach_y - 1) / step, planes = step * p->step_x;
    size_t row = (size_t)(s->chunks * planes) * s->pitch * PIXEL;
    int most = (int)(STRIP_BYTES / row) - more;
    most = most < 1 ? 1 : most > STRIP_ROWS ? STRIP_ROWS : most;
    s->rows = ceil_div(p->grid.h, ceil_div(p->grid.h, most));
    s->strips = ceil_div(p->grid.h, s->rows);
    s->plane = (size_t)(s->rows + more) * s->pitch * PIXEL;
    s->picture = (size_t)(s->chunks * planes) * s->plane;
    int fit = (int)(STRIP_BYTES / s->picture), fair = p->grid.n * s->strips / (4 * threads);
    s->pictures = fit < fair ? fit : fair;
    if (s->pictures < 1) s->pictures = 1;
    s->batches = ceil_div(p->grid.n, s->pictures);
    bool few = s->batches * s->strips < threads;
    s->parts = !few ? 1 : s->pairs < threads ? s->pairs : threads;
    // The last tile of the last tap reads on behind.
    size_t behind = (size_t)(AHEAD + p->reach_x) * PIXEL;
    s->strip = ((size_t)s->pictures * s->picture + behind + 63) / 64 * 64;
}

static frame lay(const limn_conv *conv, limn_pass pass, limn_type x, int threads) {
    frame s = {
        .plan = amx_geometry(conv, pass), .upsample = conv->upsample, .half = x == LIMN_BF16};
    s.chunks = ceil_div(s.plan.source_channels, CHUNK);
    s.pairs = ceil_div(s.plan.dest_blocks, 2);
    s.pitch = amx_pitch(&s.plan);
    choose_strip(&s, threads);
    for (int i = 0; i < conv->kh * conv->kw; i++) s.offset[i] = amx_tap(&s.plan, i, s.plane, PIXEL);
    return s;
}

// ---- the strip ----

// One row of a chunk: `low` and `high` are rows of its two blocks of channels; `column` is that of
// the first pixel.
static void fill_row(const frame *s, const char *low, const char *high, int column, char *to) {
    const limn_direct_plan *p = &s->plan;
    for (size_t j = 0; j < s->pitch; j++, column += p->step_x, to += PIXEL) {
        int x = amx_edge(p, s->upsample, column, p->source_w);
        if (x < 0) {
            memset(to, 0, PIXEL);
            continue;
        }
        __m256i none = _mm256_setzero_si256();
        amx_store(to, amx_pixel(s->half, low, (size_t)x));
        amx_store(to + 2 * LANES, high ? amx_pixel(s->half, high, (size_t)x) : none);
    }
}

// One chunk of one picture, from anchor row `first` on; `low` is the first of its blocks.
static void fill_chunk(const frame *s, const char *low, bool both, int first, char *to) {
    const limn_direct_plan *p = &s->plan;
    size_t row = (size_t)(p->source_w >> s->upsample) * LANES * (s->half ? 2 : 4);
    size_t block = (size_t)(p->source_h >> s->upsample) * row;
    size_t rows = s->plane / (s->pitch * PIXEL);
    for (int plane = 0; plane < p->step_y * p->step_x; plane++) {
        int top = first * p->step_y + p->origin_y + plane / p->step_x;
        for (size_t i = 0; i < rows; i++, to += s->pitch * PIXEL) {
            int y = amx_edge(p, s->upsample, top + (int)i * p->step_y, p->source_h);
            if (y < 0) {
                memset(to, 0, s->pitch * PIXEL);
                continue;
            }
            const char *from = low + (size_t)y * row;
            fill_row(s, from, both ? from + block : NULL, p->origin_x + plane % p->step_x, to);
        }
    }
}

static void fill_strip(const frame *s, const char *source, int n, int first, char *strip) {
    const limn_direct_plan *p = &s->plan;
    size_t block = (size_t)(p->source_h >> s->upsample) * (size_t)(p->source_w >> s->upsample) *
                   LANES * (s->half ? 2 : 4);
    for (int chunk = 0; chunk < s->chunks; chunk++) {
        size_t at = (size_t)n * (size_t)p->source_blocks + 2 * (size_t)chunk;
        fill_chunk(s, source + at * block, 2 * chunk + 1 < p->source_blocks, first,
                   strip + (size_t)chunk * (s->picture / (size_t)s->chunks));
    }
}

// ---- products ----

// sums[2][width]: 32 anchors from `strip` on against the filters of one or two blocks.
static void multiply_pair(const frame *s, const limn_direct_phase *phase, const char *strip,
                          const char *filters, float *sums) {
    const size_t *offset = s->offset + phase->first_tap;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int chunk = 0; chunk < s->chunks; chunk++, strip += s->picture / (size_t)s->chunks)
        for (int tap = 0; tap < phase->taps; tap++, filters += 2 * TILE) {
            const char *at = strip + offset[tap];
            _tile_loadd(4, at, PIXEL);
            _tile_loadd(6, filters, 64);
            _tile_loadd(7, filters + TILE, 64);
            _tile_loadd(5, at + 16 * PIXEL, PIXEL);
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    _tile_stored(0, sums, 64);
    _tile_stored(1, sums + 256, 64);
    _tile_stored(2, sums + 512, 64);
    _tile_stored(3, sums + 768, 64);
}

static void multiply_single(const frame *s, const limn_direct_phase *phase, const char *strip,
                            const char *filters, float *sums) {
    const size_t *offset = s->offset + phase->first_tap;
    _tile_zero(0);
    _tile_zero(2);
    for (int chunk = 0; chunk < s->chunks; chunk++, strip += s->picture / (size_t)s->chunks)
        for (int tap = 0; tap < phase->taps; tap++, filters += TILE) {
            const char *at = strip + offset[tap];
            _tile_loadd(4, at, PIXEL);
            _tile_loadd(6, filters, 64);
            _tile_loadd(5, at + 16 * PIXEL, PIXEL);
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(2, 5, 6);
        }
    _tile_stored(0, sums, 64);
    _tile_stored(2, sums + 512, 64);
}

// What the results of one block pass through on their way to the map.
typedef struct outlet {
    __m512 bias, slope;
    bool act;
    char *y; // the block's map
    const char *add;
} outlet;

static outlet outlet_of(const limn_direct_plan *p, const limn_conv_call *call, int n, int block) {
    size_t at = ((size_t)n * (size_t)p->dest_blocks + (size_t)block) * (size_t)p->dest_h *
                (size_t)p->dest_w * 2 * LANES;
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

static void let_out(const outlet *to, const float *sums, size_t pixel) {
    __m512 value = _mm512_add_ps(_mm512_load_ps(sums), to->bias);
    if (to->act) {
        __mmask16 below = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
        value = _mm512_mask_mul_ps(value, below, value, to->slope);
    }
    size_t at = pixel * 2 * LANES;
    if (to->add)
        value =
            _mm512_add_ps(value, amx_widen(_mm256_loadu_si256((const __m256i *)(to->add + at))));
    amx_store(to->y + at, amx_narrow(value));
}

// The 32 sums from position `first` of the strip on, whose first anchor row is `top`; those past
// the map's edge are left out.
static void write_sums(const frame *s, const limn_direct_phase *phase, const outlet *to, int blocks,
                       const float *sums, size_t first, int top, int rows) {
    const limn_direct_plan *p = &s->plan;
    int row = (int)(first / s->pitch), column = (int)(first % s->pitch);
    for (int i = 0; i < AHEAD; i++, column++) {
        if (column == (int)s->pitch) column = 0, row++;
        if (row >= rows) return;
        int y = (top + row) * p->dest_step_y + phase->row;
        int x = column * p->dest_step_x + phase->column;
        if (column >= p->grid.w || y < 0 || y >= p->dest_h || x < 0 || x >= p->dest_w) continue;
        const float *from = sums + (size_t)(i / 16) * 512 + (size_t)(i % 16) * 16;
        for (int b = 0; b < blocks; b++)
            let_out(&to[b], from + b * 256, (size_t)y * (size_t)p->dest_w + (size_t)x);
    }
}

typedef struct job {
    const limn_conv_call *call;
    frame s;
    size_t next; // item to be taken
} job;

// Filters: [phase][pair][chunk][tap][block of the pair] tiles; the last pair may be a single one.
static size_t filters_at(const frame *s, int phase, int pair) {
    const limn_direct_plan *p = &s->plan;
    size_t tiles = (size_t)p->phase[phase].first_tap * (size_t)p->dest_blocks +
                   (size_t)p->phase[phase].taps * 2 * (size_t)pair;
    return tiles * (size_t)s->chunks * TILE;
}

typedef struct piece { // of a strip: the anchors of one picture
    int n, top, rows;
    const char *strip;
} piece;

static void do_pair(const job *j, const piece *of, int number, int pair) {
    const frame *s = &j->s;
    const limn_direct_phase *phase = &s->plan.phase[number];
    const char *filters = (const char *)j->call->packed + filters_at(s, number, pair);
    size_t anchors = (size_t)(of->rows - 1) * s->pitch + (size_t)s->plan.grid.w;
    int blocks = s->plan.dest_blocks - 2 * pair < 2 ? 1 : 2;
    _Alignas(64) float sums[1024];
    outlet to[2];
    for (int b = 0; b < blocks; b++) to[b] = outlet_of(&s->plan, j->call, of->n, 2 * pair + b);
    for (size_t at = 0; at < anchors; at += AHEAD) {
        if (blocks == 2)
            multiply_pair(s, phase, of->strip + at * PIXEL, filters, sums);
        else
            multiply_single(s, phase, of->strip + at * PIXEL, filters, sums);
        write_sums(s, phase, to, blocks, sums, at, of->top, of->rows);
    }
}

static void do_strip(const job *j, int batch, int top, int part, char *strip) {
    const frame *s = &j->s;
    int first = batch * s->pictures, count = s->plan.grid.n - first;
    if (count > s->pictures) count = s->pictures;
    int rows = s->plan.grid.h - top < s->rows ? s->plan.grid.h - top : s->rows;
    for (int i = 0; i < count; i++)
        fill_strip(s, j->call->x, first + i, top, strip + (size_t)i * s->picture);
    size_t begin, end;
    limn_share((size_t)s->pairs, part, s->parts, &begin, &end);
    for (int phase = 0; phase < s->plan.phases; phase++)
        for (size_t pair = begin; pair < end; pair++)
            for (int i = 0; i < count; i++)
                do_pair(j, &(piece){first + i, top, rows, strip + (size_t)i * s->picture}, phase,
                        (int)pair);
}

static void work(void *context, int thread, int threads) {
    job *j = context;
    const frame *s = &j->s;
    char *strip = (char *)j->call->scratch + (size_t)thread * s->strip;
    size_t items = (size_t)s->batches * (size_t)s->strips * (size_t)s->parts;
    (void)threads;
    _tile_loadconfig(&amx_whole_tiles);
    for (;;) {
        size_t item = __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED);
        if (item >= items) break;
        size_t at = item / (size_t)s->parts;
        do_strip(j, (int)(at / (size_t)s->strips), (int)(at % (size_t)s->strips) * s->rows,
                 (int)(item % (size_t)s->parts), strip);
    }
    _tile_release();
}

// ---- filters ----

typedef struct pack_job {
    const limn_conv *conv;
    frame s;
    bool data;
    const float *w;
    char *packed;
} pack_job;

// The filters of channel k of y and up to 32 channels of x from `first` on, which lie together in
// w, as bf16: half[c][tap].
static int take_row(const pack_job *p, int k, int first, uint16_t *half) {
    const limn_conv *conv = p->conv;
    int taps = conv->kh * conv->kw, count = conv->c - first < CHUNK ? conv->c - first : CHUNK;
    if (k >= conv->k || count <= 0) return 0;
    const float *w = p->w + ((size_t)k * (size_t)conv->c + (size_t)first) * (size_t)taps;
    for (int i = 0; i < count * taps; i += LANES) {
        int left = count * taps - i;
        __mmask16 there = (__mmask16)(left < LANES ? (1 << left) - 1 : 0xFFFF);
        __m256i value = amx_narrow(_mm512_maskz_loadu_ps(there, w + i));
        _mm256_mask_storeu_epi16(half + i, there, value);
    }
    return count;
}

static void pack_chunk(const pack_job *p, int number, int pair, int chunk) {
    const frame *s = &p->s;
    const limn_direct_plan *plan = &s->plan;
    const limn_direct_phase *phase = &plan->phase[number];
    int blocks = plan->dest_blocks - 2 * pair < 2 ? 1 : 2, taps = p->conv->kh * p->conv->kw;
    size_t step = (size_t)blocks * TILE / 2;
    uint16_t half[CHUNK * MOST_TAPS], *to = (uint16_t *)(p->packed + filters_at(s, number, pair)) +
                                            (size_t)(chunk * phase->taps) * step;
    memset(to, 0, (size_t)phase->taps * step * sizeof *to);
    int of_k = p->data ? chunk * CHUNK : pair * 2 * LANES, ks = p->data ? CHUNK : blocks * LANES;
    int of_c = p->data ? pair * 2 * LANES : chunk * CHUNK, cs = p->data ? blocks * LANES : CHUNK;
    for (int k = 0; k < ks; k++) {
        int count = take_row(p, of_k + k, of_c, half);
        for (int c = 0; c < count && c < cs; c++) {
            int source = p->data ? k : c, dest = p->data ? c : k;
            uint16_t *at =
                to + dest / LANES * (TILE / 2) + source / 2 * CHUNK + dest % LANES * 2 + source % 2;
            for (int i = phase->first_tap; i < phase->first_tap + phase->taps; i++, at += step)
                *at = half[c * taps + plan->tap_y[i] * p->conv->kw + plan->tap_x[i]];
        }
    }
}

static void pack_thread(void *context, int thread, int threads) {
    const pack_job *p = context;
    size_t begin, end, pairs = (size_t)p->s.pairs, chunks = (size_t)p->s.chunks;
    limn_share((size_t)p->s.plan.phases * pairs * chunks, thread, threads, &begin, &end);
    for (size_t item = begin; item < end; item++)
        pack_chunk(p, (int)(item / chunks / pairs), (int)(item / chunks % pairs),
                   (int)(item % chunks));
}

// ---- the kernel ----

static size_t packed_bytes(const limn_conv *conv, limn_pass pass) {
    frame s = lay(conv, pass, LIMN_FLOAT, 1);
    return (size_t)(conv->kh * conv->kw) * (size_t)s.plan.dest_blocks * (size_t)s.chunks * TILE;
}

static size_t scratch_bytes(const limn_conv *conv, limn_pass pass, int threads) {
    return lay(conv, pass, LIMN_FLOAT, threads).strip * (size_t)threads;
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
    return amx_decline(conv, pass, x);
}

static const limn_conv_kernel kernel = {.name = "amx",
                                        .approximate = true,
                                        .decline = decline,
                                        .packed_bytes = packed_bytes,
                                        .scratch_bytes = scratch_bytes,
                                        .pack = pack,
                                        .run = run};

const limn_conv_kernel *const limn_amx[] = {&kernel, &limn_amx_weight, NULL};
