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
#include "device/winograd_forms.h"
#include "device/winograd_mirror.h"
#include "device/winograd_work.h"

#include "base/threads.h"

// As begin_x, in DATA: in rows of dy (of one phase of it after enlargement), where filters are
// turned; `phase` is that of dx, or of dy.
static int begin_dy(const form *f, int top, int phase) {
    return (f->down ? (phase + top) / 2 : enlarges(f) ? f->top[phase] : top) - (f->r - 1);
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
    frame s = lay(f, conv, pass, threads);
    NAME(limn_winograd_pack)(f, conv, pass, w, packed, threads);
    if (is_mirrored(conv))
        NAME(limn_mirror_pack)(conv, pass, w, (float *)packed + own_filters(f, &s), threads);
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
    if (weight) NAME(limn_winograd_weight)(&j);
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
