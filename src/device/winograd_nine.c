// Winograd convolution with filters of 4x4 to 9x9, stride 1, between a map of few channels, plain
// ("small"), and a blocked one ("big").
//
// Nine taps are three times three: with rows in threes, y[3i+s] = sum_q,p X[3i + s + 3p + q]
// w[3p+q].
//
// Widening (small in, big out): for each s the numbers X[3i + s + q], 0 <= q < 3, are the channels
// of a map over i, which meets filters of three taps p: nine convolutions F(6x6,3x3) in two
// dimensions.
//
// Narrowing (big in, small out): for each phase t of the input the outputs s are channels, and
// y[3i+s] = sum_t,p X[3(i+p) + t] w[3p + t - s] has four taps: one convolution F(5x5,4x4) of nine
// input phases to nine times the channels.
//
// The gradient in x of one is the other with turned filters. The gradient in w is the adjoint of
// widening for both: where the big map is the input, sum_i X[i+a] dy[i] = sum_j X[j] dy[j-a] takes
// dy for the small map and counts the taps backwards.
// Built once per instruction set with LIMN_LANES and LIMN_SUFFIX.
#include "device/conv_rates.h"
#include "device/winograd_tiles.h"

#include "base/bf16.h"
#include "base/threads.h"

#define POINTS 64   // T = 8
#define SMALL_MAX 4 // channels of the small map
#define BLOCK 24    // tiles
#define REACH 9     // taps, those past the filter being zero
#define GROUP 3     // input phases that are transformed before they are multiplied

READER(read_8, 8, 8, false, false)
READER(read_8_half, 8, 8, false, true)
READER(spread_8_6, 8, 6, true, false)
READER(spread_8_6_half, 8, 6, true, true)
WRITER(write_8_6, 8, 6, false)
WRITER(write_8_6_half, 8, 6, true)
WRITER(write_8_5, 8, 5, false)
static tile_reader *const read_big[2] = {read_8, read_8_half};
static tile_reader *const spread_big[2] = {spread_8_6, spread_8_6_half};
static tile_writer *const write_big[2] = {write_8_6, write_8_6_half};

// One map as a pass sees it.
typedef struct side {
    const void *data;
    bool half;
    int channels, h, w, top, left; // position 0 of the sums is row -top
    limn_border border;
} side;

typedef struct frame {
    int n, small, big, lanes; // channels; lanes: 9 * small, the channels of the widened map
    int blocks, big_blocks;   // vectors of them
    int out_h, out_w;         // positions of the sums
    int tiles_y, tiles_x;
    size_t tiles;
    bool narrow, backward; // backward: taps are counted from the end
    int taps_y, taps_x;
    size_t small_step, big_step;    // between the channels' filters in w
    size_t image_h, image_w, image; // rows, columns and floats of the interleaved small map
    size_t pitch, plane, pitch_m, plane_m, filters;
} frame;

static frame lay(const limn_conv *conv, limn_pass pass) {
    bool widens = conv->c <= SMALL_MAX, data = pass == LIMN_PASS_DATA;
    size_t taps = (size_t)conv->kh * (size_t)conv->kw;
    frame s = {.n = conv->n,
               .small = widens ? conv->c : conv->k,
               .big = widens ? conv->k : conv->c,
               .out_h = data ? conv->h : conv->oh,
               .out_w = data ? conv->w : conv->ow,
               .narrow = pass != LIMN_PASS_WEIGHT && widens == data,
               .backward = data,
               .taps_y = conv->kh,
               .taps_x = conv->kw,
               .small_step = widens ? taps : taps * (size_t)conv->c,
               .big_step = widens ? taps * (size_t)conv->c : taps};
    if (pass == LIMN_PASS_WEIGHT && !widens) {
        s.backward = true;
        s.out_h = conv->oh + conv->kh - 1;
        s.out_w = conv->ow + conv->kw - 1;
    }
    int m = s.narrow ? 15 : 18;
    s.lanes = 9 * s.small;
    s.blocks = ceil_div(s.lanes, LANES);
    s.big_blocks = ceil_div(s.big, LANES);
    s.tiles_y = ceil_div(s.out_h, m);
    s.tiles_x = ceil_div(s.out_w, m);
    s.tiles = (size_t)s.n * (size_t)s.tiles_y * (size_t)s.tiles_x;
    if (s.narrow) {
        s.filters =
            (size_t)POINTS * 9 * (size_t)(s.big_blocks * LANES) * (size_t)(s.blocks * LANES);
        s.pitch = row_pitch((size_t)(GROUP * s.big_blocks) * LANES);
        s.pitch_m = row_pitch((size_t)s.blocks * LANES);
    } else {
        s.filters = (size_t)POINTS * (size_t)s.lanes * (size_t)(s.big_blocks * LANES);
        s.image_h = (size_t)s.tiles_y * 18 + 8;
        s.image_w = (size_t)s.tiles_x * 18 + 8;
        s.image = ((size_t)s.n * s.image_h * s.image_w * (size_t)s.small + 64) / 16 * 16;
        s.pitch = row_pitch((size_t)s.blocks * LANES);
        s.pitch_m = row_pitch((size_t)(pass == LIMN_PASS_WEIGHT ? s.big_blocks : 2) * LANES);
    }
    s.plane = odd_lines(BLOCK * s.pitch);
    s.plane_m = odd_lines(BLOCK * s.pitch_m);
    return s;
}

// Where block k (even) of point's filters starts, in U[panel][point][depth][width * LANES].
static size_t filter_at(int blocks, size_t depth, int k, int point) {
    int width = blocks - k < 2 ? 1 : 2;
    return ((size_t)k * POINTS + (size_t)(point * width)) * depth * LANES;
}

typedef struct job {
    const limn_conv_call *call;
    frame s;
    side small, big;             // of WEIGHT; FORWARD and DATA use the one that is read
    float *image;                // the small map, interleaved and with its border
    float *v;                    // of the first thread: V, M, and for WEIGHT dU
    size_t v_size, m_size, each; // floats of V, of M, and of all a thread has
    size_t next;                 // block to be taken
    int ran;                     // threads that took part in WEIGHT
} job;

// --- the small map as rows of interleaved pixels, border included ---

static float plain_at(const side *m, size_t at) {
    return m->half ? limn_bf16_float(((const uint16_t *)m->data)[at])
                   : ((const float *)m->data)[at];
}

static void interleave_row(const side *m, size_t n, int row, size_t columns, float *to) {
    int from = edge(row - m->top, m->h, m->border);
    size_t channels = (size_t)m->channels;
    if (from < 0) {
        memset(to, 0, columns * channels * sizeof(float));
        return;
    }
    for (size_t c = 0; c < channels; c++) {
        size_t line = ((n * channels + c) * (size_t)m->h + (size_t)from) * (size_t)m->w;
        for (size_t x = 0; x < columns; x++) {
            int column = (int)x - m->left;
            if ((unsigned)column >= (unsigned)m->w) column = edge(column, m->w, m->border);
            to[x * channels + c] = column < 0 ? 0 : plain_at(m, line + (size_t)column);
        }
    }
}

static void interleave(void *context, int thread, int threads) {
    job *j = context;
    const frame *s = &j->s;
    size_t begin, end, pitch = s->image_w * (size_t)s->small;
    limn_share((size_t)s->n * s->image_h, thread, threads, &begin, &end);
    for (size_t row = begin; row < end; row++)
        interleave_row(&j->small, row / s->image_h, (int)(row % s->image_h), s->image_w,
                       j->image + row * pitch);
    size_t used = (size_t)s->n * s->image_h * pitch;
    if (end == (size_t)s->n * s->image_h)
        memset(j->image + used, 0, (s->image - used) * sizeof(float));
}

// Tiles of the widened map of phase (sy, sx): pixel (i, j) holds three runs of three pixels each.
// Lanes past them hold what lies behind; no product reads those.
static void read_small(const job *j, const tile *tiles, int count, int sy, int sx, float *v) {
    const frame *s = &j->s;
    size_t run = 3 * (size_t)s->small, row = s->image_w * (size_t)s->small;
    size_t pixel = (size_t)s->blocks * LANES;
    _Alignas(64) float copy[TILE_MAX * TILE_MAX * (9 * SMALL_MAX + LANES) + 16] = {0};
    for (int q = 0; q < count; q++) {
        const float *from =
            j->image + ((size_t)tiles[q].n * s->image_h + (size_t)(tiles[q].y * 18 + sy)) * row +
            (size_t)(tiles[q].x * 18 + sx) * (size_t)s->small;
        float *to = copy;
        for (size_t y = 0; y < 8; y++)
            for (size_t x = 0; x < 8; x++, to += pixel)
                for (size_t a = 0; a < 3; a++)
                    memcpy(to + a * run, from + (3 * y + a) * row + x * run, 16 * sizeof(float));
        for (int b = 0; b < s->blocks; b++) {
            const char *rows[TILE_MAX];
            for (size_t y = 0; y < 8; y++)
                rows[y] = (const char *)(copy + y * 8 * pixel + (size_t)b * LANES);
            read_8(rows, pixel * sizeof(float), v + (size_t)q * s->pitch + (size_t)b * LANES,
                   s->plane);
        }
    }
}

// Every third row and column of the big map, in tiles of m that read `size`.
static source phase_source(const job *j, int phase, int m, int size, tile_reader *const read[2]) {
    const side *big = &j->big;
    source s = {.data = big->data,
                .half = big->half,
                .blocks = j->s.big_blocks,
                .count = j->s.big_blocks,
                .h = big->h,
                .w = big->w,
                .border = big->border};
    s.m = m, s.size = size, s.step = 3, s.read = read[big->half];
    s.offset_y = phase / 3 - big->top, s.offset_x = phase % 3 - big->left;
    return s;
}

// --- widening ---

static void write_wide(const job *j, const tile *tiles, int count, int sy, int sx, int k,
                       const float *m) {
    const frame *s = &j->s;
    sink to = sink_for(j->call, s->big, s->out_h, s->out_w, k);
    to.m = 6;
    to.step = 3;
    to.offset_y = sy;
    to.offset_x = sx;
    to.write = write_big[to.half];
    write_tiles(&to, tiles, count, m, s->pitch_m, s->plane_m);
}

static void widen_block(const job *j, const tile *tiles, int count, float *v, float *m) {
    const frame *s = &j->s;
    size_t depth = (size_t)s->lanes;
    for (int phase = 0; phase < 9; phase++) {
        read_small(j, tiles, count, phase / 3, phase % 3, v);
        for (int k = 0; k < s->big_blocks; k += 2) {
            int width = s->big_blocks - k < 2 ? 1 : 2;
            for (int point = 0; point < POINTS; point++)
                product(false, width, count, v + (size_t)point * s->plane, s->pitch,
                        (const float *)j->call->packed + filter_at(s->big_blocks, depth, k, point),
                        (size_t)width * LANES, depth * (size_t)width * LANES, depth,
                        m + (size_t)point * s->plane_m, s->pitch_m, false);
            for (int b = 0; b < width; b++)
                write_wide(j, tiles, count, phase / 3, phase % 3, k + b, m + b * LANES);
        }
    }
}

// --- narrowing ---

// One row of 15 outputs from the lanes of five pixels.
static void narrow_row(const job *j, const float *pixels, size_t pixel, int channel, size_t at,
                       int count) {
    const limn_tail *tail = &j->call->tail;
    float line[16], bias = tail->bias ? tail->bias[channel] : 0,
                    slope = tail->act ? tail->slope : 1;
    for (size_t x = 0; x < 5; x++) memcpy(line + 3 * x, pixels + x * pixel, 3 * sizeof(float));
    for (int x = 0; x < 15; x++) {
        float value = line[x] + bias;
        line[x] = value > 0 ? value : value * slope;
    }
    if (j->call->y_type == LIMN_FLOAT) {
        float *to = (float *)j->call->y + at;
        const float *add = tail->add;
        if (add)
            for (int x = 0; x < count; x++) line[x] += add[at + (size_t)x];
        memcpy(to, line, (size_t)count * sizeof(float));
        return;
    }
    const uint16_t *add = tail->add;
    uint16_t *to = (uint16_t *)j->call->y + at;
    for (int x = 0; x < count; x++)
        to[x] = limn_bf16(line[x] + (add ? limn_bf16_float(add[at + (size_t)x]) : 0));
}

static void write_narrow(const job *j, const tile *tiles, int count, const float *m) {
    const frame *s = &j->s;
    static const float none[LANES];
    size_t pixel = (size_t)s->blocks * LANES;
    _Alignas(64) float lanes[25 * (9 * SMALL_MAX + LANES)];
    for (int q = 0; q < count; q++) {
        for (int b = 0; b < s->blocks; b++) {
            place to = {.y = (char *)(lanes + b * LANES),
                        .row = 5 * pixel * sizeof(float),
                        .column = pixel * sizeof(float),
                        .rows = 5,
                        .columns = 5,
                        .bias = none,
                        .slope = 1};
            write_8_5(m + (size_t)q * s->pitch_m + (size_t)b * LANES, s->plane_m, &to);
        }
        int x = tiles[q].x * 15, columns = s->out_w - x < 15 ? s->out_w - x : 15;
        for (int c = 0; c < s->small; c++)
            for (int row = 0; row < 15 && tiles[q].y * 15 + row < s->out_h; row++) {
                size_t at =
                    (((size_t)tiles[q].n * (size_t)s->small + (size_t)c) * (size_t)s->out_h +
                     (size_t)(tiles[q].y * 15 + row)) *
                        (size_t)s->out_w +
                    (size_t)x;
                narrow_row(j, lanes + (size_t)(row / 3) * 5 * pixel + (size_t)(c * 9 + row % 3 * 3),
                           pixel, c, at, columns);
            }
    }
}

static void narrow_block(const job *j, const tile *tiles, int count, float *v, float *m) {
    const frame *s = &j->s;
    size_t piece = (size_t)s->big_blocks * LANES, depth = 9 * piece;
    for (int first = 0; first < 9; first += GROUP) {
        for (int phase = first; phase < first + GROUP; phase++) {
            source from = phase_source(j, phase, 5, 8, read_big);
            read_tiles(&from, tiles, count, v + (size_t)(phase - first) * piece, s->pitch,
                       s->plane);
        }
        for (int k = 0; k < s->blocks; k += 2) {
            int width = s->blocks - k < 2 ? 1 : 2;
            size_t step = (size_t)width * LANES;
            for (int point = 0; point < POINTS; point++)
                product(false, width, count, v + (size_t)point * s->plane, s->pitch,
                        (const float *)j->call->packed + filter_at(s->blocks, depth, k, point) +
                            (size_t)first * piece * step,
                        step, depth * step, GROUP * piece,
                        m + (size_t)point * s->plane_m + (size_t)k * LANES, s->pitch_m, first > 0);
        }
    }
    write_narrow(j, tiles, count, m);
}

static void run_thread(void *context, int thread, int threads) {
    job *j = context;
    const frame *s = &j->s;
    float *v = j->v + (size_t)thread * j->each, *m = v + j->v_size;
    (void)threads;
    for (;;) {
        size_t first = BLOCK * __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED);
        if (first >= s->tiles) return;
        int count = s->tiles - first < BLOCK ? (int)(s->tiles - first) : BLOCK;
        tile tiles[BLOCK];
        list_tiles(s->tiles_y, s->tiles_x, first, count, tiles);
        if (s->narrow)
            narrow_block(j, tiles, count, v, m);
        else
            widen_block(j, tiles, count, v, m);
    }
}

// --- gradient in w ---

// Each thread adds up its own tiles, in dU of its own.
static void weight_thread(void *context, int thread, int threads) {
    job *j = context;
    const frame *s = &j->s;
    float *v = j->v + (size_t)thread * j->each, *dy = v + j->v_size, *filters = dy + j->m_size;
    size_t begin, end, depth = (size_t)s->lanes;
    bool more = false;
    if (thread == 0) j->ran = threads;
    limn_share(s->tiles, thread, threads, &begin, &end);
    if (begin == end) memset(filters, 0, s->filters * sizeof(float));
    for (size_t first = begin; first < end; first += BLOCK) {
        int count = end - first < BLOCK ? (int)(end - first) : BLOCK;
        tile tiles[BLOCK];
        list_tiles(s->tiles_y, s->tiles_x, first, count, tiles);
        for (int phase = 0; phase < 9; phase++, more = true) {
            read_small(j, tiles, count, phase / 3, phase % 3, v);
            source from = phase_source(j, phase, 6, 6, spread_big);
            read_tiles(&from, tiles, count, dy, s->pitch_m, s->plane_m);
            for (int k = 0; k < s->big_blocks; k += 2) {
                int width = s->big_blocks - k < 2 ? 1 : 2;
                for (int point = 0; point < POINTS; point++)
                    product(true, width, s->lanes, v + (size_t)point * s->plane, s->pitch,
                            dy + (size_t)point * s->plane_m + (size_t)k * LANES, s->pitch_m, 0,
                            (size_t)count, filters + filter_at(s->big_blocks, depth, k, point),
                            (size_t)width * LANES, more);
            }
        }
    }
}

// The place of a filter's tap, counted backwards where the pass does; -1: past the filter.
static ptrdiff_t tap_at(const frame *s, bool weight, int a, int b) {
    if (s->backward) {
        a = (weight ? REACH : s->taps_y) - 1 - a;
        b = (weight ? REACH : s->taps_x) - 1 - b;
    }
    bool inside = a >= 0 && a < s->taps_y && b >= 0 && b < s->taps_x;
    return inside ? (ptrdiff_t)a * s->taps_x + b : -1;
}

// dw of one lane of the widened map and one block of the big one: Gt dU G.
static void finish_one(const job *j, double g[TILE_MAX][4], int lane, int k) {
    const frame *s = &j->s;
    int width = s->big_blocks - (k & ~1) < 2 ? 1 : 2;
    int channel = lane % s->small, qx = lane / s->small % 3, qy = lane / s->small / 3;
    vec middle[TILE_MAX][3], sum;
    for (int y = 0; y < 8; y++) {
        for (int b = 0; b < 3; b++) middle[y][b] = (vec){0};
        for (int x = 0; x < 8; x++) {
            size_t at = filter_at(s->big_blocks, (size_t)s->lanes, k & ~1, y * 8 + x) +
                        (size_t)(lane * width + (k & 1)) * LANES;
            sum = (vec){0};
            for (int t = 0; t < j->ran; t++)
                sum += load(j->v + (size_t)t * j->each + j->v_size + j->m_size + at);
            for (int b = 0; b < 3; b++) middle[y][b] += (float)g[x][b] * sum;
        }
    }
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            ptrdiff_t tap = tap_at(s, true, 3 * a + qy, 3 * b + qx);
            if (tap < 0) continue;
            sum = (vec){0};
            for (int y = 0; y < 8; y++) sum += (float)g[y][a] * middle[y][b];
            float *to = (float *)j->call->y + (size_t)channel * s->small_step + (size_t)tap;
            for (int i = 0; i < LANES && k * LANES + i < s->big; i++)
                to[(size_t)(k * LANES + i) * s->big_step] = sum[i];
        }
}

static void weight_finish(void *context, int thread, int threads) {
    const job *j = context;
    double g[TILE_MAX][4];
    size_t begin, end, blocks = (size_t)j->s.big_blocks;
    filter_transform(8, 3, g);
    limn_share((size_t)j->s.lanes * blocks, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++)
        finish_one(j, g, (int)(at / blocks), (int)(at % blocks));
}

// --- filters ---

typedef struct pack_job {
    frame s;
    const float *w;
    float *packed;
} pack_job;

static double filter_tap(const pack_job *p, int small, int big, int a, int b) {
    ptrdiff_t tap = a < 0 || b < 0 ? -1 : tap_at(&p->s, false, a, b);
    if (tap < 0 || small >= p->s.small || big >= p->s.big) return 0;
    return (double)
        p->w[(size_t)small * p->s.small_step + (size_t)big * p->s.big_step + (size_t)tap];
}

// One filter of r x r taps to its 64 points, `step` floats apart.
static void transform_filter(double g[TILE_MAX][4], int r, double w[4][4], float *to, size_t step) {
    double middle[TILE_MAX][4];
    for (int y = 0; y < 8; y++)
        for (int b = 0; b < r; b++) {
            middle[y][b] = 0;
            for (int a = 0; a < r; a++) middle[y][b] += g[y][a] * w[a][b];
        }
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) {
            double sum = 0;
            for (int b = 0; b < r; b++) sum += g[x][b] * middle[y][b];
            to[(size_t)(y * 8 + x) * step] = (float)sum;
        }
}

// Items: rows of the products' depth.
static void pack_thread(void *context, int thread, int threads) {
    const pack_job *p = context;
    const frame *s = &p->s;
    int r = s->narrow ? 4 : 3, out = s->narrow ? s->blocks : s->big_blocks;
    int piece = s->big_blocks * LANES;
    size_t begin, end, depth = s->narrow ? 9 * (size_t)piece : (size_t)s->lanes;
    double g[TILE_MAX][4], w[4][4];
    filter_transform(8, r, g);
    limn_share(depth, thread, threads, &begin, &end);
    for (size_t row = begin; row < end; row++)
        for (int lane = 0; lane < out * LANES; lane++) {
            int k = lane / LANES, width = out - (k & ~1) < 2 ? 1 : 2;
            for (int a = 0; a < r; a++)
                for (int b = 0; b < r; b++) {
                    if (s->narrow) {
                        int phase = (int)row / piece, s_at = lane % 9;
                        w[a][b] =
                            filter_tap(p, lane / 9, (int)row % piece, 3 * a + phase / 3 - s_at / 3,
                                       3 * b + phase % 3 - s_at % 3);
                    } else {
                        int at = (int)row / s->small;
                        w[a][b] = filter_tap(p, (int)row % s->small, lane, 3 * a + at / 3,
                                             3 * b + at % 3);
                    }
                }
            transform_filter(g, r, w,
                             p->packed + filter_at(out, depth, k & ~1, 0) +
                                 (row * (size_t)width + (size_t)(k & 1)) * LANES +
                                 (size_t)(lane % LANES),
                             depth * (size_t)width * LANES);
        }
}

// --- kernels ---

static size_t nine_packed(const limn_conv *conv, limn_pass pass) {
    return pass == LIMN_PASS_WEIGHT ? 0 : lay(conv, pass).filters * sizeof(float);
}

static void nine_pack(const limn_conv *conv, limn_pass pass, const float *w, void *packed,
                      int threads) {
    pack_job p = {lay(conv, pass), w, packed};
    limn_parallel(threads, pack_thread, &p);
}

static size_t thread_floats(const frame *s, limn_pass pass) {
    return POINTS * (s->plane + s->plane_m) + (pass == LIMN_PASS_WEIGHT ? s->filters : 0);
}

static size_t nine_scratch(const limn_conv *conv, limn_pass pass, int threads) {
    frame s = lay(conv, pass);
    return (s.image + thread_floats(&s, pass) * (size_t)threads) * sizeof(float);
}

// The sides of the pass: what is read.
static void take_sides(job *j) {
    const limn_conv_call *call = j->call;
    const limn_conv *conv = call->conv;
    bool data = call->pass == LIMN_PASS_DATA, weight = call->pass == LIMN_PASS_WEIGHT;
    side x = {
        call->x,     call->x_type == LIMN_BF16, conv->c, conv->h, conv->w, conv->top, conv->left,
        conv->border};
    side dy = {weight ? call->dy : call->x,
               (weight ? call->y_type : call->x_type) == LIMN_BF16,
               conv->k,
               conv->oh,
               conv->ow,
               conv->kh - 1 - conv->top,
               conv->kw - 1 - conv->left,
               LIMN_BORDER_ZERO};
    bool widens = conv->c <= SMALL_MAX;
    j->small = j->big = data ? dy : x;
    if (!weight) return;
    dy.top = dy.left = widens ? 0 : REACH - 1;
    j->small = widens ? x : dy;
    j->big = widens ? dy : x;
}

static void nine_run(const limn_conv_call *call) {
    job j = {.call = call, .s = lay(call->conv, call->pass)};
    j.image = call->scratch;
    j.v = j.image + j.s.image;
    j.v_size = POINTS * j.s.plane;
    j.m_size = POINTS * j.s.plane_m;
    j.each = thread_floats(&j.s, call->pass);
    take_sides(&j);
    if (!j.s.narrow) limn_parallel(call->threads, interleave, &j);
    if (call->pass == LIMN_PASS_WEIGHT) {
        limn_parallel(call->threads, weight_thread, &j);
        limn_parallel(call->threads, weight_finish, &j);
    } else {
        limn_parallel(call->threads, run_thread, &j);
    }
}

static limn_conv_cost nine_cost(const limn_conv *conv, limn_pass pass) {
    frame s = lay(conv, pass);
    double tiles = (double)s.tiles, small = (double)s.blocks * LANES;
    double big = 9. * s.big_blocks * LANES; // of each of nine phases, or convolutions
    return (limn_conv_cost){.products = POINTS * tiles * small * big,
                            .moved = POINTS * tiles * (small + big),
                            .filters = (double)s.filters};
}

static const char *nine_decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    if (conv->c > SMALL_MAX && conv->k > SMALL_MAX) return "more than four channels on both sides";
    if (conv->kh < 4 || conv->kh > REACH || conv->kw < 4 || conv->kw > REACH)
        return "another filter size";
    if (conv->stride_x != 1 || conv->stride_y != 1) return "a stride";
    if (conv->groups != 1) return "groups";
    if (conv->upsample) return "enlargement before it";
    if (x == LIMN_DOUBLE || y == LIMN_DOUBLE) return "double precision";
    if (conv->top < 0 || conv->top >= conv->kh || conv->left < 0 || conv->left >= conv->kw)
        return "padding over the filter";
    if (pass == LIMN_PASS_DATA && conv->border != LIMN_BORDER_ZERO)
        return "a border other than zero";
    return NULL;
}

// Whether the map that the call reads (WEIGHT: x) is the one of few channels.
static bool reads_small(const limn_conv *conv, limn_pass pass) {
    return (conv->c <= SMALL_MAX) != (pass == LIMN_PASS_DATA);
}

static const char *plain_x_decline(const limn_conv *conv, limn_pass pass, limn_type x,
                                   limn_type y) {
    const char *why = nine_decline(conv, pass, x, y);
    return why || reads_small(conv, pass) ? why : "few channels on the other side";
}

static const char *plain_y_decline(const limn_conv *conv, limn_pass pass, limn_type x,
                                   limn_type y) {
    const char *why = nine_decline(conv, pass, x, y);
    return why || !reads_small(conv, pass) ? why : "few channels on the other side";
}

#define KERNEL(side, words, ...)                                                                   \
    const limn_conv_kernel NAME(limn_winograd_plain_##side) = {.name = words,                      \
                                                               .plain_##side = true,               \
                                                               .decline = plain_##side##_decline,  \
                                                               .packed_bytes = nine_packed,        \
                                                               .scratch_bytes = nine_scratch,      \
                                                               .pack = nine_pack,                  \
                                                               .run = nine_run,                    \
                                                               .cost = nine_cost,                  \
                                                               .rates = __VA_ARGS__};

KERNEL(x, "winograd 9x9 from few channels", RATES_WINOGRAD_9X9_FROM_FEW_CHANNELS)
KERNEL(y, "winograd 9x9 to few channels", RATES_WINOGRAD_9X9_TO_FEW_CHANNELS)
