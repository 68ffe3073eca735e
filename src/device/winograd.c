// Winograd convolution: 3x3, nearest x2 enlargement followed by 3x3 or 5x5, and 4x4 and 5x5 with
// stride 2.
//
// A block of tiles is taken through the three steps while it stays in the cache:
//
//   V[point][tile][c]  = Bt x B         for every input tile and channel
//   M[point][tile][k]  = V[point] U[point]          T x T small matrix products
//   y                  = At M A, then the tail, written only where it lies inside the map
//
// The gradient in x is the same with the filters turned by 180 degrees and c and k exchanged. The
// gradient in w is the adjoint: dU[point] = V[point]^T (A dy At)[point], summed over tiles; dw = Gt
// dU G.
//
// After nearest x2 enlargement every pixel of x is there twice, so that neighbouring taps of a
// filter meet the same pixel and can be added beforehand. Which taps those are depends on whether
// the output's row is even or odd. For 3 taps w0 w1 w2 and row i of x:
//
//   output row 2i      reads x[i-1] x[i] x[i]    = w0 x[i-1] + (w1 + w2) x[i]
//   output row 2i + 1  reads x[i] x[i] x[i+1]    = (w0 + w1) x[i] + w2 x[i+1]
//
// and likewise for columns. So even and odd rows and columns of y, the four "phases", are four
// convolutions of the small map with smaller filters, and the gradient in x is one convolution over
// the four phases of dy as if they were channels. The small map is continued by replication where
// the large one is reflected; what 5 taps see otherwise is in winograd_mirror.h. The adjoint of
// replication adds what falls one pixel outside of the map to its edge: "fold".
//
// With stride 2 it is the other way round: the even and odd rows and columns of x are four maps
// with filters of the even and odd taps, and y is one convolution over them as if they were
// channels; the gradient in x has four phases. Where filters are large, winograd_down.c comes
// first.
//
// Built once per instruction set with LIMN_LANES and LIMN_SUFFIX.
#include "device/conv_rates.h"
#include "device/winograd.h"
#include "device/winograd_filters.h"
#include "device/winograd_form.h"
#include "device/winograd_mirror.h"

#include "base/threads.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

static bool enlarges(const form *f) {
    return f->phases == 2 && !f->down;
}

// After nearest x2, reflection (which repeats the edge pixel's twin) is replication on the small
// map.
static limn_border small_border(const form *f, limn_border border) {
    return enlarges(f) && border == LIMN_BORDER_REFLECT ? LIMN_BORDER_REPLICATE : border;
}

// Where the map begins that phase `phase` reads in FORWARD and WEIGHT, in rows of x.
static int begin_x(const form *f, int top, int phase) {
    return f->down ? phase - top : f->phases == 2 ? -f->top[phase] : -top;
}

// The same in DATA, in rows of dy (of one phase of it after enlargement), where filters are turned;
// `phase` is that of dx, or of dy.
static int begin_dy(const form *f, int top, int phase) {
    return (f->down ? (phase + top) / 2 : enlarges(f) ? f->top[phase] : top) - (f->r - 1);
}

// Rows of an enlarged map that lie before the first one that is made: of a strip from its middle.
static int skipped(const form *f, const limn_conv *conv) {
    return enlarges(f) ? f->taps / 2 - conv->top : 0;
}

// Rows of x from the first one on that phase `phase` has no use for, where so many are skipped.
static int unread(int skipped, int phase) {
    return phase < skipped ? (skipped - phase + 1) / 2 : 0;
}

// Phase (py, px) of x.
static source read_x(const form *f, const limn_conv_call *call, const frame *s, int py, int px) {
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

// dy, for phase (py, px) of the gradient in x, or that phase of it.
static source read_dy(const form *f, const limn_conv_call *call, const frame *s, int py, int px) {
    const limn_conv *conv = call->conv;
    bool half = call->x_type == LIMN_BF16, piece = enlarges(f);
    int y = s->first_y + begin_dy(f, conv->top, py), x = s->first_x + begin_dy(f, conv->left, px);
    return (source){.data = call->x,
                    .half = half,
                    .blocks = s->in_blocks,
                    .count = s->in_blocks,
                    .h = conv->oh,
                    .w = conv->ow,
                    .m = f->m,
                    .size = f->t,
                    .step = piece ? 2 : 1,
                    .offset_y = piece ? 2 * y + py : y,
                    .offset_x = piece ? 2 * x + px : x,
                    .read = f->read[half]};
}

// --- forward, and the gradient in x ---

// Reads the block for result `phase` into V.
static void read_block(const form *f, const limn_conv_call *call, const frame *s, int phase,
                       const tile *tiles, int count, float *v) {
    for (int piece = 0; piece < s->pieces; piece++) {
        int at = s->pieces > 1 ? piece : phase, py = at / f->phases, px = at % f->phases;
        source from = call->pass == LIMN_PASS_FORWARD ? read_x(f, call, s, py, px)
                                                      : read_dy(f, call, s, py, px);
        read_tiles(&from, tiles, count, v + (size_t)piece * (size_t)s->in_blocks * LANES, s->pitch,
                   s->plane);
    }
}

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

// How the edges of the map are written that FORWARD and DATA make.
static edges edges_of(const job *j, int k) {
    edges e = {
        .write = j->form->write[0], .fold = j->s.fold, .back = j->call->pass == LIMN_PASS_DATA};
    if (!j->mirror) return e;
    mirror m = mirror_of(j->call->conv, j->call->pass);
    e.lines = mirror_line(&m, j->call->pass, j->mirror, 0, 0) + k * LANES;
    e.picture = 4 * m.made;
    e.side = m.made;
    e.position = m.wide;
    return e;
}

static void write_block(const job *j, int phase, const tile *tiles, int count, int k,
                        const float *m) {
    const form *f = j->form;
    const frame *s = &j->s;
    const limn_conv *conv = j->call->conv;
    bool data = j->call->pass == LIMN_PASS_DATA;
    int step = s->pieces > 1 ? 1 : f->phases, row = phase / f->phases;
    int before = data ? 0 : skipped(f, conv);
    sink to = sink_for(j->call, s->out, data ? conv->h : conv->oh, s->out_w * step, k);
    edges at_edges = edges_of(j, k);
    to.m = f->m;
    to.step = step;
    to.offset_y = row + 2 * unread(before, row) - before + s->first_y;
    to.offset_x = phase % f->phases + s->first_x;
    to.write = f->write[to.half];
    if (at_edges.fold || at_edges.lines) to.edges = &at_edges;
    write_tiles(&to, tiles, count, m, s->pitch_m, s->plane_m);
}

// Whether all phases read the same tiles.
static bool read_once(const form *f) {
    return enlarges(f) && f->top[0] == f->top[1];
}

// Panels [k_begin, k_end) (in vectors) of a block of tiles.
static void block_part(const job *j, const tile *tiles, int count, int k_begin, int k_end, float *v,
                       float *m) {
    const form *f = j->form;
    const frame *s = &j->s;
    int points = f->t * f->t, result_count = results(f, s);
    for (int phase = 0; phase < result_count; phase++) {
        const float *filters = (const float *)j->call->packed + (size_t)phase * s->filters;
        if (phase == 0 || !read_once(f)) read_block(f, j->call, s, phase, tiles, count, v);
        for (int k = k_begin; k < k_end; k += 2 * s->group) {
            int end = k + 2 * s->group < k_end ? k + 2 * s->group : k_end;
            for (int point = 0; point < points; point++)
                for (int panel = k; panel < end; panel += 2) {
                    int width = s->out_blocks - panel < 2 ? 1 : 2;
                    size_t ahead = s->depth * (size_t)(s->group > 1 ? 2 * points : width) * LANES;
                    product(false, width, count, v + (size_t)point * s->plane, s->pitch,
                            filters + filter_at(f, s, panel, point), (size_t)width * LANES, ahead,
                            s->depth, m + (size_t)point * s->plane_m + (size_t)(panel - k) * LANES,
                            s->pitch_m, false);
                }
            for (int panel = k; panel < end; panel++)
                write_block(j, phase, tiles, count, panel, m + (size_t)(panel - k) * LANES);
        }
    }
}

static void forward_thread(void *context, int thread, int threads) {
    job *j = context;
    const frame *s = &j->s;
    float *v = j->v + (size_t)thread * (j->v_size + j->m_size), *m = v + j->v_size;
    size_t blocks = (s->tiles + (size_t)s->block - 1) / (size_t)s->block;
    size_t items = blocks * (size_t)s->parts;
    int panels = ceil_div(s->out_blocks, 2);
    (void)threads;
    for (;;) {
        size_t item = __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED);
        if (item >= items) return;
        size_t block = item / (size_t)s->parts, part = item % (size_t)s->parts, begin, end;
        limn_share((size_t)panels, (int)part, s->parts, &begin, &end);
        size_t first = block * (size_t)s->block;
        int count =
            (int)(s->tiles - first < (size_t)s->block ? s->tiles - first : (size_t)s->block);
        tile tiles[BLOCK_MAX];
        list_tiles(s->tiles_y, s->tiles_x, first, count, tiles);
        int k_end = 2 * (int)end < s->out_blocks ? 2 * (int)end : s->out_blocks;
        block_part(j, tiles, count, 2 * (int)begin, k_end, v, m);
    }
}

// --- gradient in w ---

// Items: tile by tile, first x then dy.
static void weight_read(void *context, int thread, int threads) {
    job *j = context;
    const form *f = j->form;
    const frame *s = &j->s;
    size_t begin, end;
    limn_share((size_t)j->count, thread, threads, &begin, &end);
    int phase = (int)j->next, py = phase / f->phases, px = phase % f->phases;
    source from = read_x(f, j->call, s, py, px);
    read_tiles(&from, j->tiles + begin, (int)(end - begin), j->v + begin * s->pitch, s->pitch,
               s->plane);
    bool half = j->call->y_type == LIMN_BF16;
    source dy = {.data = j->call->dy,
                 .half = half,
                 .blocks = s->out_blocks,
                 .count = s->out_blocks,
                 .h = j->call->conv->oh,
                 .w = j->call->conv->ow,
                 .m = f->m,
                 .size = f->m,
                 .step = f->down ? 1 : f->phases,
                 .offset_y = f->down ? 0 : py,
                 .offset_x = f->down ? 0 : px,
                 .read = f->spread[half]};
    read_tiles(&dy, j->tiles + begin, (int)(end - begin), j->m + begin * s->pitch_m, s->pitch_m,
               s->plane_m);
}

// Points and panels are shared by the threads, so that nothing is added up between them.
static void weight_product(void *context, int thread, int threads) {
    job *j = context;
    const form *f = j->form;
    const frame *s = &j->s;
    size_t panels = (size_t)ceil_div(s->out_blocks, 2), begin, end;
    limn_share((size_t)f->t * (size_t)f->t * panels, thread, threads, &begin, &end);
    for (size_t item = begin; item < end; item++) {
        int point = (int)(item / panels), k = 2 * (int)(item % panels);
        int width = s->out_blocks - k < 2 ? 1 : 2;
        product(true, width, s->in, j->v + (size_t)point * s->plane, s->pitch,
                j->m + (size_t)point * s->plane_m + (size_t)k * LANES, s->pitch_m, 0,
                (size_t)j->count, j->filters + filter_at(f, s, k, point), (size_t)width * LANES,
                j->more);
    }
}

// Rows and columns of the filter that a phase is made of: with stride 2 every second.
static int taps_across(const form *f) {
    return f->down ? f->r : f->taps;
}

// Where in the filter they are, row by row; -1: past its end.
static void own_taps(const form *f, int py, int px, int at[25]) {
    int across = taps_across(f);
    for (int a = 0; a < across; a++)
        for (int b = 0; b < across; b++) {
            int row = f->down ? f->phases * a + py : a, column = f->down ? f->phases * b + px : b;
            bool inside = row < f->taps && column < f->taps;
            at[a * across + b] = inside ? row * f->taps + column : -1;
        }
}

// H = G take, t x taps, of one phase: filters to points in one step; turned for the gradient in x.
static void phase_transform(const form *f, int phase, bool turned, float h[TILE_MAX][5]) {
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

// dw += Ht dU H over channels of x; blocks of k are shared by the threads, and where there are few,
// channels.
static void weight_finish(void *context, int thread, int threads) {
    job *j = context;
    const form *f = j->form;
    const frame *s = &j->s;
    float rows[TILE_MAX][5], columns[TILE_MAX][5], *dw = j->call->y;
    int phase = (int)j->next, across = taps_across(f), at_tap[25];
    bool more = phase && !f->down; // taps of two phases meet
    size_t begin, end, taps = (size_t)(f->taps * f->taps), in = (size_t)s->in;
    own_taps(f, phase / f->phases, phase % f->phases, at_tap);
    phase_transform(f, phase / f->phases, false, rows);
    phase_transform(f, phase % f->phases, false, columns);
    limn_share((size_t)s->out_blocks * in, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++) {
        int k = (int)(at / in), width = s->out_blocks - (k & ~1) < 2 ? 1 : 2;
        size_t c = at % in, stride = s->depth * (size_t)width * LANES;
        const float *from =
            j->filters + filter_at(f, s, k & ~1, 0) + (c * (size_t)width + (size_t)(k & 1)) * LANES;
        vec sums[25];
        if (across == 2)
            taps_of(6, 2, rows, columns, from, stride, sums);
        else if (across == 3)
            taps_of(6, 3, rows, columns, from, stride, sums);
        else
            taps_of(6, 5, rows, columns, from, stride, sums);
        int left = s->out - k * LANES, count = left < LANES ? left : LANES;
        for (int tap = 0; tap < across * across; tap++) {
            if (at_tap[tap] < 0) continue;
            float *to = dw + ((size_t)k * LANES * in + c) * taps + at_tap[tap];
            if (more) sums[tap] += side_by_side(to, in * taps, count);
            set_apart(to, in * taps, count, sums[tap]);
        }
    }
}

static void run_weight(job *j) {
    const limn_conv_call *call = j->call;
    for (size_t phase = 0; phase < (size_t)results(j->form, &j->s); phase++) {
        j->next = phase;
        for (size_t first = 0; first < j->s.tiles; first += (size_t)j->s.block) {
            size_t left = j->s.tiles - first;
            tile tiles[BLOCK_MAX];
            j->count = (int)(left < (size_t)j->s.block ? left : (size_t)j->s.block);
            list_tiles(j->s.tiles_y, j->s.tiles_x, first, j->count, tiles);
            j->tiles = tiles;
            j->more = first > 0;
            limn_parallel(call->threads, weight_read, j);
            limn_parallel(call->threads, weight_product, j);
        }
        limn_parallel(call->threads, weight_finish, j);
    }
}

// --- filters ---

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

// --- kernels ---

// Floats of all transformed filters.
static size_t own_filters(const form *f, const frame *s) {
    return s->filters * (size_t)results(f, s);
}

static size_t form_packed(const form *f, const limn_conv *conv, limn_pass pass) {
    if (pass == LIMN_PASS_WEIGHT) return 0;
    frame s = lay(f, conv, pass, 1);
    size_t more = is_mirrored(conv) ? mirror_of(conv, pass).packed : 0;
    return (own_filters(f, &s) + more) * sizeof(float);
}

static void form_pack(const form *f, const limn_conv *conv, limn_pass pass, const float *w,
                      void *packed, int threads) {
    bool data = pass == LIMN_PASS_DATA, halves = data && f->down;
    pack_job p = {.form = f,
                  .s = lay(f, conv, pass, threads),
                  .turned = data,
                  .odd_y = halves ? conv->top & 1 : 0,
                  .odd_x = halves ? conv->left & 1 : 0,
                  .w = w,
                  .packed = packed};
    limn_parallel(threads, pack_thread, &p);
    if (is_mirrored(conv))
        NAME(limn_mirror_pack)(conv, pass, w, p.packed + own_filters(f, &p.s), threads);
}

static size_t own_scratch(const form *f, const frame *s, limn_pass pass, int threads) {
    size_t each = (size_t)f->t * (size_t)f->t * (s->plane + s->plane_m);
    return pass == LIMN_PASS_WEIGHT ? each + s->filters : each * (size_t)threads;
}

static size_t form_scratch(const form *f, const limn_conv *conv, limn_pass pass, int threads) {
    frame s = lay(f, conv, pass, threads);
    size_t more = is_mirrored(conv) ? mirror_of(conv, pass).scratch : 0;
    return (own_scratch(f, &s, pass, threads) + more) * sizeof(float);
}

static void form_run(const form *f, const limn_conv_call *call) {
    job j = {.form = f, .call = call, .s = lay(f, call->conv, call->pass, call->threads)};
    size_t points = (size_t)f->t * (size_t)f->t;
    j.v_size = points * j.s.plane;
    j.m_size = points * j.s.plane_m;
    j.v = call->scratch;
    j.m = j.v + j.v_size;
    j.filters = j.m + j.m_size;
    bool weight = call->pass == LIMN_PASS_WEIGHT;
    if (is_mirrored(call->conv)) j.mirror = j.v + own_scratch(f, &j.s, call->pass, call->threads);
    if (weight) run_weight(&j);
    if (j.mirror) NAME(limn_mirror_run)
    (call, weight ? NULL : (const float *)call->packed + own_filters(f, &j.s), j.mirror);
    if (!weight) limn_parallel(call->threads, forward_thread, &j);
}

// Filters are read from memory once, at least.
static limn_conv_cost form_cost(const form *f, const limn_conv *conv, limn_pass pass) {
    frame s = lay(f, conv, pass, 1);
    double points = (double)f->t * f->t, tiles = (double)s.tiles, made = results(f, &s);
    double in = (double)s.pieces * s.in_blocks * LANES, out = (double)s.out_blocks * LANES;
    double reads = read_once(f) && pass != LIMN_PASS_WEIGHT ? 1 : made;
    double filters = (double)own_filters(f, &s);
    return (limn_conv_cost){.products = points * tiles * (double)s.depth * out * made,
                            .moved = points * tiles * (in * reads + out * made) + filters,
                            .filters = filters};
}

static const char *form_decline(const form *f, const limn_conv *conv, limn_pass pass, limn_type x,
                                limn_type y) {
    if (conv->kh != f->taps || conv->kw != f->taps) return "another filter size";
    int stride = f->down ? f->phases : 1;
    if (conv->stride_x != stride || conv->stride_y != stride) return "another stride";
    if (conv->groups != 1) return "groups";
    // Then transforms are all of the time, and the direct kernels for few channels need none.
    if (pass == LIMN_PASS_WEIGHT && (conv->c <= 4 || conv->k <= 4)) return "few channels";
    if (x == LIMN_DOUBLE || y == LIMN_DOUBLE) return "double precision";
    if (conv->upsample != (f->phases == 2 && !f->down)) return "enlargement before it or not";
    if (pass == LIMN_PASS_DATA && conv->border != LIMN_BORDER_ZERO && !conv->upsample)
        return "a border other than zero";
    if (conv->upsample) {
        int pad = f->taps / 2, before = pad - conv->top;
        bool strip = pass == LIMN_PASS_FORWARD && f->taps == 3 && before >= 0 && before <= 2;
        if ((before && !strip) || conv->left != pad) return "other padding";
        if (strip ? conv->oh > 2 * conv->h - before : conv->oh != 2 * conv->h)
            return "another number of rows";
        if (conv->ow != 2 * conv->w) return "another number of columns";
        if (is_mirrored(conv) && (conv->h < 2 || conv->w < 2)) return "a single row or column";
    } else if (conv->top < 0 || conv->top > 2 || conv->left < 0 || conv->left > 2) {
        return "padding over 2";
    }
    return NULL;
}

static const char *six_decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    if (pass != LIMN_PASS_FORWARD) return "a gradient";
    return form_decline(&f6, conv, pass, x, y);
}

static const char *four_decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    return form_decline(&f4, conv, pass, x, y);
}

static const char *up3_decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    return form_decline(&up3, conv, pass, x, y);
}

static const char *up5_decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    return form_decline(&up5, conv, pass, x, y);
}

static const char *down_decline(const form *f, const limn_conv *conv, limn_pass pass, limn_type x,
                                limn_type y) {
    const char *why = form_decline(f, conv, pass, x, y);
    bool odd = pass == LIMN_PASS_DATA && (conv->h % 2 || conv->w % 2);
    return why ? why : odd ? "an odd size" : NULL;
}

static const char *down3_decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    if (pass == LIMN_PASS_WEIGHT) return "the gradient in w"; // no fewer products that count
    return down_decline(&down3, conv, pass, x, y);
}

static const char *down4_decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    return down_decline(&down4, conv, pass, x, y);
}

static const char *down5_decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    return down_decline(&down5, conv, pass, x, y);
}

const char *NAME(limn_winograd_down_decline)(const limn_conv *conv, limn_pass pass, limn_type x,
                                             limn_type y) {
    return down_decline(conv->kh == 4 ? &down4 : &down5, conv, pass, x, y);
}

// The rest of a kernel only passes its form on.
#define KERNEL(id, words, f, refuse, ...)                                                          \
    static size_t id##_packed(const limn_conv *conv, limn_pass pass) {                             \
        return form_packed(f, conv, pass);                                                         \
    }                                                                                              \
    static size_t id##_scratch(const limn_conv *conv, limn_pass pass, int threads) {               \
        return form_scratch(f, conv, pass, threads);                                               \
    }                                                                                              \
    static void id##_pack(const limn_conv *conv, limn_pass pass, const float *w, void *packed,     \
                          int threads) {                                                           \
        form_pack(f, conv, pass, w, packed, threads);                                              \
    }                                                                                              \
    static void id##_run(const limn_conv_call *call) {                                             \
        form_run(f, call);                                                                         \
    }                                                                                              \
    static limn_conv_cost id##_cost(const limn_conv *conv, limn_pass pass) {                       \
        return form_cost(f, conv, pass);                                                           \
    }                                                                                              \
    static const limn_conv_kernel id##_kernel = {.name = words,                                    \
                                                 .decline = refuse,                                \
                                                 .packed_bytes = id##_packed,                      \
                                                 .scratch_bytes = id##_scratch,                    \
                                                 .pack = id##_pack,                                \
                                                 .run = id##_run,                                  \
                                                 .cost = id##_cost,                                \
                                                 .rates = __VA_ARGS__};

KERNEL(six, "winograd f6x6", &f6, six_decline, RATES_WINOGRAD_F6X6)
KERNEL(four, "winograd f4x4", &f4, four_decline, RATES_WINOGRAD_F4X4)
KERNEL(up3, "winograd 2x f5x5", &up3, up3_decline, RATES_WINOGRAD_2X_F5X5)
KERNEL(up5, "winograd 2x f4x4", &up5, up5_decline, RATES_WINOGRAD_2X_F4X4)
KERNEL(down3, "winograd /2 3x3", &down3, down3_decline, RATES_WINOGRAD__2_3X3)
KERNEL(down4, "winograd /2 f5x5", &down4, down4_decline, RATES_WINOGRAD__2_F5X5)
KERNEL(down5, "winograd /2 f4x4", &down5, down5_decline, RATES_WINOGRAD__2_F4X4)

const limn_conv_kernel *const NAME(limn_winograd)[] = {
    &four_kernel,
    &six_kernel,
    &up3_kernel,
    &up5_kernel,
    &NAME(limn_winograd_down), // before those that store up to 5.8 times the filters
    &down3_kernel,
    &down4_kernel,
    &down5_kernel,
    &NAME(limn_winograd_plain_x),
    &NAME(limn_winograd_plain_y),
    NULL,
};
