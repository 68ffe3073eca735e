// Convolution of bf16 maps, stride 1, by the matrix unit: tiles of 16 rows of 64 bytes.
//
// One instruction adds A B to 16 x 16 sums: A holds 16 pixels of 32 channels, B 32 channels (in
// pairs) of 16 results. So that A may be read from memory as it is, some rows of the source are
// first copied into a strip
//
//   [chunk of 32 channels][row][column, borders included][32]
//
// Pixels are counted through all rows of a strip, borders too: every tap of every tile is then 16
// pixels one behind the other, and the few sums that belong to no pixel are left out on writing.
// Sums are float32; filters are rounded to bf16, so this is for `fast` only. The gradient in x is
// the same with filters turned by 180 degrees and c and k exchanged.
#include "device/amx.h"

#include "base/bf16.h"
#include "base/threads.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum {
    LANES = 16,              // channels of a block of the map, sums across a tile
    CHUNK = 32,              // channels that A holds
    PIXEL = 2 * CHUNK,       // bytes of one in the strip
    TILE = 1024,             // bytes
    AHEAD = 32,              // pixels that are multiplied at once
    STRIP_BYTES = 640 << 10, // of a strip: it stays in the second-level cache beside the filters
    STRIP_ROWS = 16,
    MOST_TAPS = 5, // a side
    MOST_SLACK = AHEAD + MOST_TAPS,
};

// The pass: a source map, a destination, and how rows are shared out.
typedef struct frame {
    int n, source_channels, source_h, source_w, dest_channels, dest_h, dest_w;
    int source_blocks, dest_blocks, chunks, pairs; // pairs of destination blocks
    int kh, kw, top, left, upsample;
    limn_border border;
    int rows, strips, parts;    // rows of a strip, strips of a picture, parts of the pairs
    size_t pitch, plane, strip; // pixels of a row; bytes of a chunk, of a strip
} frame;

static int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

static void choose_rows(frame *s, int threads) {
    size_t row = (size_t)s->chunks * s->pitch * PIXEL;
    int most = (int)(STRIP_BYTES / row) - (s->kh - 1);
    most = most < 1 ? 1 : most > STRIP_ROWS ? STRIP_ROWS : most;
    s->rows = ceil_div(s->dest_h, ceil_div(s->dest_h, most));
    s->strips = ceil_div(s->dest_h, s->rows);
    bool few = s->n * s->strips < threads;
    s->parts = !few ? 1 : s->pairs < threads ? s->pairs : threads;
    s->plane = (size_t)(s->rows + s->kh - 1) * s->pitch * PIXEL;
    s->strip = ((size_t)s->chunks * s->plane + (size_t)MOST_SLACK * PIXEL + 63) / 64 * 64;
}

static frame lay(const limn_conv *conv, limn_pass pass, int threads) {
    bool data = pass == LIMN_PASS_DATA;
    frame s = {.n = conv->n,
               .source_channels = data ? conv->k : conv->c,
               .source_h = data ? conv->oh : conv->h,
               .source_w = data ? conv->ow : conv->w,
               .dest_channels = data ? conv->c : conv->k,
               .dest_h = data ? conv->h : conv->oh,
               .dest_w = data ? conv->w : conv->ow,
               .kh = conv->kh,
               .kw = conv->kw,
               .top = data ? conv->kh - 1 - conv->top : conv->top,
               .left = data ? conv->kw - 1 - conv->left : conv->left,
               .upsample = conv->upsample,
               .border = conv->border};
    s.source_blocks = ceil_div(s.source_channels, LANES);
    s.dest_blocks = ceil_div(s.dest_channels, LANES);
    s.chunks = ceil_div(s.source_channels, CHUNK);
    s.pairs = ceil_div(s.dest_blocks, 2);
    s.pitch = (size_t)(s.dest_w + s.kw - 1);
    choose_rows(&s, threads);
    return s;
}

// ---- the strip ----

// Where position i of a line of n (enlarged: 2 n) lies, -1: nowhere.
static int edge(int i, int n, int upsample, limn_border border) {
    int size = n << upsample;
    if (i < 0 || i >= size) {
        if (border == LIMN_BORDER_ZERO) return -1;
        if (border == LIMN_BORDER_REFLECT) i = i < 0 ? -i : 2 * size - 2 - i;
        i = i < 0 ? 0 : i >= size ? size - 1 : i;
    }
    return i >> upsample;
}

// One row of a chunk: `low` and `high` are rows of its two blocks of channels.
static void fill_row(const frame *s, const char *low, const char *high, char *to) {
    for (int j = 0; j < (int)s->pitch; j++, to += PIXEL) {
        int x = edge(j - s->left, s->source_w, s->upsample, s->border);
        if (x < 0) {
            memset(to, 0, PIXEL);
            continue;
        }
        memcpy(to, low + (size_t)x * 2 * LANES, 2 * LANES);
        if (high)
            memcpy(to + 2 * LANES, high + (size_t)x * 2 * LANES, 2 * LANES);
        else
            memset(to + 2 * LANES, 0, 2 * LANES);
    }
}

static void fill_strip(const frame *s, const char *source, int n, int first, char *strip) {
    size_t row = (size_t)s->source_w * 2 * LANES, block = (size_t)s->source_h * row;
    for (int chunk = 0; chunk < s->chunks; chunk++) {
        const char *low =
            source + ((size_t)n * (size_t)s->source_blocks + 2 * (size_t)chunk) * block;
        bool both = 2 * chunk + 1 < s->source_blocks;
        char *to = strip + (size_t)chunk * s->plane;
        for (int i = 0; i < s->rows + s->kh - 1; i++, to += s->pitch * PIXEL) {
            int y = edge(first + i - s->top, s->source_h, s->upsample, s->border);
            if (y < 0)
                memset(to, 0, s->pitch * PIXEL);
            else
                fill_row(s, low + (size_t)y * row, both ? low + block + (size_t)y * row : NULL, to);
        }
    }
}

// ---- products ----

// sums[2][width]: 32 pixels from `strip` on against the filters of one or two blocks.
static void multiply_pair(const frame *s, const char *strip, const char *filters, float *sums) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int chunk = 0; chunk < s->chunks; chunk++)
        for (int a = 0; a < s->kh; a++) {
            const char *at = strip + (size_t)chunk * s->plane + (size_t)a * s->pitch * PIXEL;
            for (int b = 0; b < s->kw; b++, at += PIXEL, filters += 2 * TILE) {
                _tile_loadd(4, at, PIXEL);
                _tile_loadd(6, filters, 64);
                _tile_loadd(7, filters + TILE, 64);
                _tile_loadd(5, at + 16 * PIXEL, PIXEL);
                _tile_dpbf16ps(0, 4, 6);
                _tile_dpbf16ps(1, 4, 7);
                _tile_dpbf16ps(2, 5, 6);
                _tile_dpbf16ps(3, 5, 7);
            }
        }
    _tile_stored(0, sums, 64);
    _tile_stored(1, sums + 256, 64);
    _tile_stored(2, sums + 512, 64);
    _tile_stored(3, sums + 768, 64);
}

static void multiply_single(const frame *s, const char *strip, const char *filters, float *sums) {
    _tile_zero(0);
    _tile_zero(2);
    for (int chunk = 0; chunk < s->chunks; chunk++)
        for (int a = 0; a < s->kh; a++) {
            const char *at = strip + (size_t)chunk * s->plane + (size_t)a * s->pitch * PIXEL;
            for (int b = 0; b < s->kw; b++, at += PIXEL, filters += TILE) {
                _tile_loadd(4, at, PIXEL);
                _tile_loadd(6, filters, 64);
                _tile_loadd(5, at + 16 * PIXEL, PIXEL);
                _tile_dpbf16ps(0, 4, 6);
                _tile_dpbf16ps(2, 5, 6);
            }
        }
    _tile_stored(0, sums, 64);
    _tile_stored(2, sums + 512, 64);
}

static __m512 widen(__m256i half) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

// As limn_bf16, of numbers: what is not one stays none.
static __m256i narrow(__m512 value) {
    __m512i bits = _mm512_castps_si512(value);
    __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
    __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    rounded = _mm512_mask_mov_epi32(rounded, nan, quiet);
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
}

// What the results of one block pass through on their way to the map.
typedef struct outlet {
    __m512 bias, slope;
    bool act;
    char *y;
    const char *add;
} outlet;

static outlet outlet_of(const frame *s, const limn_conv_call *call, int n, int first, int block) {
    size_t at =
        (((size_t)n * (size_t)s->dest_blocks + (size_t)block) * (size_t)s->dest_h + (size_t)first) *
        (size_t)s->dest_w * 2 * LANES;
    int left = s->dest_channels - block * LANES;
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
        value = _mm512_add_ps(value, widen(_mm256_loadu_si256((const __m256i *)(to->add + at))));
    _mm256_storeu_si256((__m256i *)(to->y + at), narrow(value));
}

// The 32 sums from pixel `first` of the strip on; those past the map's edge are left out.
static void write_sums(const frame *s, const outlet *to, int blocks, const float *sums,
                       size_t first, int rows) {
    size_t row = first / s->pitch, column = first % s->pitch;
    for (int i = 0; i < AHEAD; i++, column++) {
        if (column == s->pitch) column = 0, row++;
        if (row >= (size_t)rows) return;
        if (column >= (size_t)s->dest_w) continue;
        const float *from = sums + (size_t)(i / 16) * 512 + (size_t)(i % 16) * 16;
        for (int b = 0; b < blocks; b++)
            let_out(&to[b], from + b * 256, row * (size_t)s->dest_w + column);
    }
}

typedef struct job {
    const limn_conv_call *call;
    frame s;
    size_t next; // item to be taken
} job;

static size_t pair_bytes(const frame *s) {
    return (size_t)(s->kh * s->kw * s->chunks) * 2 * TILE;
}

static void do_strip(const job *j, int n, int first, int part, char *strip) {
    const frame *s = &j->s;
    int rows = s->dest_h - first < s->rows ? s->dest_h - first : s->rows;
    size_t pixels = (size_t)rows * s->pitch - (size_t)(s->kw - 1), begin, end;
    _Alignas(64) float sums[1024];
    fill_strip(s, j->call->x, n, first, strip);
    limn_share((size_t)s->pairs, part, s->parts, &begin, &end);
    for (size_t pair = begin; pair < end; pair++) {
        const char *filters = (const char *)j->call->packed + pair * pair_bytes(s);
        int block = 2 * (int)pair, blocks = s->dest_blocks - block < 2 ? 1 : 2;
        outlet to[2];
        for (int b = 0; b < blocks; b++) to[b] = outlet_of(s, j->call, n, first, block + b);
        for (size_t pixel = 0; pixel < pixels; pixel += AHEAD) {
            if (blocks == 2)
                multiply_pair(s, strip + pixel * PIXEL, filters, sums);
            else
                multiply_single(s, strip + pixel * PIXEL, filters, sums);
            write_sums(s, to, blocks, sums, pixel, rows);
        }
    }
}

static void work(void *context, int thread, int threads) {
    static const struct {
        uint8_t palette, start, none[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } tiles = {.palette = 1,
               .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
               .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
    job *j = context;
    const frame *s = &j->s;
    char *strip = (char *)j->call->scratch + (size_t)thread * s->strip;
    size_t items = (size_t)s->n * (size_t)s->strips * (size_t)s->parts;
    (void)threads;
    _tile_loadconfig(&tiles);
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
    frame s;
    bool turned; // for the gradient in x
    const float *w;
    uint16_t *packed;
} pack_job;

// All taps of one source channel of a chunk and one destination channel of a pair.
static void pack_one(const pack_job *p, size_t pair, int chunk, int channel, int dest) {
    const frame *s = &p->s;
    int taps = s->kh * s->kw, width = s->dest_blocks - 2 * (int)pair < 2 ? 1 : 2;
    int from = chunk * CHUNK + channel, to = (int)pair * 2 * LANES + dest;
    bool there = from < s->source_channels && to < s->dest_channels;
    size_t row = p->turned ? (size_t)from * (size_t)s->dest_channels + (size_t)to
                           : (size_t)to * (size_t)s->source_channels + (size_t)from;
    const float *w = p->w + row * (size_t)taps;
    uint16_t *at = p->packed + (pair * pair_bytes(s) + (size_t)(chunk * taps * width) * TILE) / 2 +
                   (size_t)(dest / LANES) * (TILE / 2) + (size_t)(channel / 2) * CHUNK +
                   (size_t)(dest % LANES * 2 + channel % 2);
    for (int tap = 0; tap < taps; tap++, at += (size_t)width * (TILE / 2))
        *at = there ? limn_bf16(w[p->turned ? taps - 1 - tap : tap]) : 0;
}

static void pack_thread(void *context, int thread, int threads) {
    const pack_job *p = context;
    const frame *s = &p->s;
    size_t begin, end;
    limn_share((size_t)s->pairs * (size_t)s->chunks, thread, threads, &begin, &end);
    for (size_t item = begin; item < end; item++) {
        size_t pair = item / (size_t)s->chunks;
        int chunk = (int)(item % (size_t)s->chunks);
        int width = s->dest_blocks - 2 * (int)pair < 2 ? 1 : 2;
        for (int dest = 0; dest < width * LANES; dest++)
            for (int channel = 0; channel < CHUNK; channel++)
                pack_one(p, pair, chunk, channel, dest);
    }
}

// ---- the kernel ----

static size_t packed_bytes(const limn_conv *conv, limn_pass pass) {
    frame s = lay(conv, pass, 1);
    return (size_t)s.pairs * pair_bytes(&s);
}

static size_t scratch_bytes(const limn_conv *conv, limn_pass pass, int threads) {
    return lay(conv, pass, threads).strip * (size_t)threads;
}

static void pack(const limn_conv *conv, limn_pass pass, const float *w, void *packed, int threads) {
    pack_job p = {lay(conv, pass, threads), pass == LIMN_PASS_DATA, w, packed};
    limn_parallel(threads, pack_thread, &p);
}

static void run(const limn_conv_call *call) {
    job j = {.call = call, .s = lay(call->conv, call->pass, call->threads)};
    limn_parallel(call->threads, work, &j);
}

static const char *decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    if (pass == LIMN_PASS_WEIGHT) return "the gradient in w";
    if (x != LIMN_BF16 || y != LIMN_BF16) return "not bf16";
    if (conv->kh > MOST_TAPS || conv->kw > MOST_TAPS) return "a large filter";
    if (conv->stride_x != 1 || conv->stride_y != 1) return "a stride";
    if (conv->groups != 1) return "groups";
    if ((pass == LIMN_PASS_DATA ? conv->k : conv->c) < LANES) return "few channels";
    if (conv->top < 0 || conv->top >= conv->kh || conv->left < 0 || conv->left >= conv->kw)
        return "padding over the filter";
    if (pass == LIMN_PASS_DATA && (conv->border != LIMN_BORDER_ZERO || conv->upsample))
        return "the gradient of a border or an enlargement";
    return NULL;
}

static const limn_conv_kernel kernel = {.name = "amx",
                                        .approximate = true,
                                        .decline = decline,
                                        .packed_bytes = packed_bytes,
                                        .scratch_bytes = scratch_bytes,
                                        .pack = pack,
                                        .run = run};

const limn_conv_kernel *const limn_amx[] = {&kernel, NULL};
