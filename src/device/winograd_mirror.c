// What reflection of two pixels adds to nearest x2 enlargement and 5x5: see winograd_mirror.h.
//
// A line is a map of one row: its positions lie one behind the other, so that the window of a
// product's row is a run of memory, and rows are a position apart. As on the map, even and odd
// outputs have filters of three taps: tap b of five is tap (b + phase) / 2 of a phase.
// Built once per instruction set with LIMN_LANES and LIMN_SUFFIX.
#include "device/winograd_mirror.h"

#include "base/threads.h"

enum { TAPS = 5, SMALL = 3, PHASES = 2 };

// Tap b of a side's line in the filter, and the taps of corners.
static const int first_tap[4] = {0, 20, 0, 4}, tap_step[4] = {1, 1, 5, 5};
static const int corner_tap[4] = {0, 4, 20, 24};

typedef struct job {
    const limn_conv_call *call;
    limn_pass pass;
    mirror s;
    const float *w;
    float *packed, *lines, *corners, *made, *sums; // sums: of WEIGHT
} job;

static int length_of(const mirror *s, int side) {
    return side < 2 ? s->w : s->h;
}

static float *line_of(const job *j, size_t picture, int side) {
    return j->lines + (4 * picture + (size_t)side) * j->s.line;
}

static float *made_of(const job *j, size_t picture, int side) {
    return j->made + (4 * picture + (size_t)side) * j->s.made;
}

static size_t panels(const mirror *s) {
    return (size_t)ceil_div(s->out_blocks, 2);
}

static int panel_width(const mirror *s, int k) {
    return s->out_blocks - k < 2 ? 1 : 2;
}

// --- lines that are read ---

// A blocked map of h x w pixels.
typedef struct map {
    const void *data;
    bool half;
    int blocks, h, w;
} map;

// Pixel `along` of the line `in` pixels from the edge of a side.
static vec pixel_of(const map *m, size_t picture, int block, int side, int in, int along) {
    int y = side == 0 ? in : side == 1 ? m->h - 1 - in : along;
    int x = side == 2 ? in : side == 3 ? m->w - 1 - in : along;
    size_t at =
        ((picture * (size_t)m->blocks + (size_t)block) * (size_t)m->h + (size_t)y) * (size_t)m->w +
        (size_t)x;
    return load_map(m->half, (const char *)m->data + at * LANES * (m->half ? 2 : 4));
}

// The next line inwards less the outermost, and where they end, the difference of the outer two.
static void read_differences(const job *j, const map *x, size_t picture, int side) {
    const mirror *s = &j->s;
    int length = length_of(s, side);
    float *to = line_of(j, picture, side);
    for (int at = -1; at <= length; at++) {
        int from = at < 0 ? 0 : at < length ? at : length - 1;
        for (int b = 0; b < x->blocks; b++, to += LANES)
            store(to,
                  pixel_of(x, picture, b, side, 1, from) - pixel_of(x, picture, b, side, 0, from));
    }
    if (side >= 2) return;
    const float *line = line_of(j, picture, side) + s->deep;
    for (int end = 0; end < 2; end++) {
        const float *outer = line + (end ? (size_t)(length - 1) * s->deep : 0);
        const float *inner = end ? outer - s->deep : outer + s->deep;
        float *corner = j->corners + (4 * picture + (size_t)(2 * side + end)) * s->deep;
        for (size_t i = 0; i < s->deep; i++) corner[i] = inner[i] - outer[i];
    }
}

// The outermost line, with `before` zeros at each end.
static void read_edge(const map *dy, size_t picture, int side, int length, int before, float *to) {
    size_t position = (size_t)dy->blocks * LANES;
    memset(to, 0, (size_t)before * position * sizeof *to);
    to += (size_t)before * position;
    for (int at = 0; at < length; at++)
        for (int b = 0; b < dy->blocks; b++, to += LANES)
            store(to, pixel_of(dy, picture, b, side, 0, at));
    memset(to, 0, (size_t)before * position * sizeof *to);
}

static void read_thread(void *context, int thread, int threads) {
    const job *j = context;
    const mirror *s = &j->s;
    const limn_conv_call *call = j->call;
    bool data = j->pass == LIMN_PASS_DATA;
    map x = {call->x, call->x_type == LIMN_BF16, s->in_blocks, s->h, s->w};
    map dy = {data ? call->x : call->dy, (data ? call->x_type : call->y_type) == LIMN_BF16,
              data ? s->in_blocks : s->out_blocks, 2 * s->h, 2 * s->w};
    size_t begin, end;
    limn_share(4 * (size_t)s->n, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++) {
        size_t picture = at / 4;
        int side = (int)(at % 4), length = length_of(s, side);
        if (data)
            read_edge(&dy, picture, side, 2 * length, 4, line_of(j, picture, side));
        else
            read_differences(j, &x, picture, side);
        if (j->pass == LIMN_PASS_WEIGHT)
            read_edge(&dy, picture, side, 2 * length, 0, made_of(j, picture, side));
    }
}

// --- filters: matrices [panel][depth][width * LANES] ---

// FORWARD: of each side and phase, `SMALL` positions deep; DATA: of each side, twice as deep; then
// corners, one position deep.
static float *matrix_of(const job *j, int side, int phase) {
    return j->packed + (size_t)(side * PHASES + phase) * SMALL * j->s.deep * j->s.wide;
}

static float *corner_matrix(const job *j, int corner) {
    return j->packed + (size_t)(4 * PHASES * SMALL + corner) * j->s.deep * j->s.wide;
}

// Where row `depth` of block k of a matrix lies.
static size_t row_of(const mirror *s, size_t depth, int k, size_t row) {
    size_t width = (size_t)panel_width(s, k & ~1);
    return ((size_t)(k & ~1) * depth + row * width + (size_t)(k & 1)) * LANES;
}

static void pack_tap(const job *j, int side, int b, int k, size_t c, vec value) {
    const mirror *s = &j->s;
    for (int phase = 0; phase < PHASES; phase++) {
        int tap = (b + phase) / 2;
        bool data = j->pass == LIMN_PASS_DATA;
        size_t position = data ? (size_t)(2 * (2 - tap) + phase) : (size_t)tap;
        size_t depth = (data ? PHASES : 1) * SMALL * s->deep;
        float *to =
            matrix_of(j, side, data ? 0 : phase) + row_of(s, depth, k, position * s->deep + c);
        store(to, load(to) + value);
    }
}

static void pack_thread(void *context, int thread, int threads) {
    const job *j = context;
    const mirror *s = &j->s;
    bool data = j->pass == LIMN_PASS_DATA;
    size_t begin, end, out = (size_t)s->out, in = (size_t)s->in;
    limn_share(panels(s), thread, threads, &begin, &end);
    for (int k = 2 * (int)begin; k < 2 * (int)end && k < s->out_blocks; k++)
        for (size_t c = 0; c < s->deep; c++) {
            vec w[TAPS * TAPS] = {{0}};
            for (int i = 0; i < LANES && k * LANES + i < s->out && c < in; i++) {
                size_t o = (size_t)(k * LANES + i);
                const float *from = j->w + (data ? c * out + o : o * in + c) * TAPS * TAPS;
                for (int tap = 0; tap < TAPS * TAPS; tap++) w[tap][i] = from[tap];
            }
            for (int side = 0; side < 4; side++)
                for (int b = 0; b < TAPS; b++)
                    pack_tap(j, side, b, k, c, w[first_tap[side] + b * tap_step[side]]);
            for (int corner = 0; corner < 4; corner++)
                store(corner_matrix(j, corner) + row_of(s, s->deep, k, c), w[corner_tap[corner]]);
        }
}

void NAME(limn_mirror_pack)(const limn_conv *conv, limn_pass pass, const float *w, float *packed,
                            int threads) {
    job j = {.pass = pass, .s = mirror_of(conv, pass), .w = w, .packed = packed};
    memset(packed, 0, j.s.packed * sizeof *packed);
    limn_parallel(threads, pack_thread, &j);
}

// --- forward, and the gradient in x ---

// rows x panel of m (+)= a times the matrix.
static void multiply(const mirror *s, int rows, const float *a, size_t step, size_t depth,
                     const float *matrix, int k, float *m, size_t pitch, bool more) {
    size_t width = (size_t)panel_width(s, k);
    product(false, (int)width, rows, a, step, matrix + (size_t)k * depth * LANES, width * LANES, 0,
            depth, m + (size_t)k * LANES, pitch, more);
}

// y: outputs of both phases in turn, then the corners of the line's ends.
static void make_line(const job *j, size_t picture, int side, int k) {
    const mirror *s = &j->s;
    int length = length_of(s, side);
    float *to = made_of(j, picture, side);
    for (int phase = 0; phase < PHASES; phase++)
        multiply(s, length, line_of(j, picture, side), s->deep, SMALL * s->deep,
                 matrix_of(j, side, phase), k, to + (size_t)phase * s->wide, 2 * s->wide, false);
    for (int end = 0; end < 2 && side < 2; end++) {
        int corner = 2 * side + end;
        multiply(s, 1, j->corners + (4 * picture + (size_t)corner) * s->deep, s->deep, s->deep,
                 corner_matrix(j, corner), k, to + (size_t)end * (size_t)(2 * length - 1) * s->wide,
                 s->wide, true);
    }
}

// dx: what the line gives, with what lies before and behind it added to its ends; the corner's
// share goes to the second position of a line, and is taken from the first.
static void make_line_back(const job *j, size_t picture, int side, int k) {
    const mirror *s = &j->s;
    int length = length_of(s, side);
    size_t depth = PHASES * SMALL * s->deep;
    float *to = made_of(j, picture, side);
    multiply(s, length + 2, line_of(j, picture, side), 2 * s->deep, depth, matrix_of(j, side, 0), k,
             to, s->wide, false);
    for (int end = 0; end < 2; end++) {
        int corner = 2 * side + end;
        ptrdiff_t step = end ? -(ptrdiff_t)s->wide : (ptrdiff_t)s->wide;
        float *outside = to + (end ? (size_t)(length + 1) * s->wide : 0) + (size_t)k * LANES;
        float *share = j->corners + (4 * picture + (size_t)(corner & 3)) * s->wide;
        const float *pixel =
            line_of(j, picture, side) + (size_t)(end ? 2 * length + 3 : 4) * s->deep;
        if (side < 2)
            multiply(s, 1, pixel, s->deep, s->deep, corner_matrix(j, corner), k, share, s->wide,
                     false);
        for (int i = 0; i < panel_width(s, k) * LANES; i++) {
            float more = side < 2 ? share[(size_t)k * LANES + (size_t)i] : 0;
            outside[step + i] += outside[i] - more;
            outside[2 * step + i] += more;
        }
    }
}

static void make_thread(void *context, int thread, int threads) {
    const job *j = context;
    size_t begin, end, across = panels(&j->s);
    limn_share(4 * (size_t)j->s.n * across, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++) {
        int k = 2 * (int)(at % across), side = (int)(at / across % 4);
        size_t picture = at / across / 4;
        if (j->pass == LIMN_PASS_DATA)
            make_line_back(j, picture, side, k);
        else
            make_line(j, picture, side, k);
    }
}

// --- gradient in w: sums [side][tap][phase][c][k], then [corner][c][k] ---

static void sum_thread(void *context, int thread, int threads) {
    enum { LINES = 4 * SMALL * PHASES };
    const job *j = context;
    const mirror *s = &j->s;
    size_t begin, end, across = panels(s);
    limn_share((LINES + 4) * across, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++) {
        int k = 2 * (int)(at % across), sum = (int)(at / across), width = panel_width(s, k);
        float *to = j->sums + (size_t)sum * (size_t)s->in * s->wide + (size_t)k * LANES;
        if (sum >= LINES) {
            int corner = sum - LINES, side = corner / 2;
            size_t last = corner % 2 ? (size_t)(2 * length_of(s, side) - 1) * s->wide : 0;
            product(true, width, s->in, j->corners + (size_t)corner * s->deep, 4 * s->deep,
                    made_of(j, 0, side) + last + (size_t)k * LANES, 4 * s->made, 0, (size_t)s->n,
                    to, s->wide, false);
            continue;
        }
        int side = sum / (SMALL * PHASES), tap = sum / PHASES % SMALL, phase = sum % PHASES;
        for (size_t picture = 0; picture < (size_t)s->n; picture++)
            product(true, width, s->in, line_of(j, picture, side) + (size_t)tap * s->deep, s->deep,
                    made_of(j, picture, side) + (size_t)phase * s->wide + (size_t)k * LANES,
                    2 * s->wide, 0, (size_t)length_of(s, side), to, s->wide, picture > 0);
    }
}

static void add_thread(void *context, int thread, int threads) {
    const job *j = context;
    const mirror *s = &j->s;
    size_t begin, end, in = (size_t)s->in, whole = in * s->wide;
    limn_share((size_t)s->out, thread, threads, &begin, &end);
    for (size_t k = begin; k < end; k++)
        for (size_t c = 0; c < in; c++) {
            float *dw = (float *)j->call->y + (k * in + c) * TAPS * TAPS;
            const float *sum = j->sums + c * s->wide + k;
            for (int side = 0; side < 4; side++, sum += SMALL * PHASES * whole)
                for (int b = 0; b < TAPS; b++)
                    for (int phase = 0; phase < PHASES; phase++)
                        dw[first_tap[side] + b * tap_step[side]] +=
                            sum[(size_t)((b + phase) / 2 * PHASES + phase) * whole];
            for (int corner = 0; corner < 4; corner++, sum += whole) dw[corner_tap[corner]] += *sum;
        }
}

void NAME(limn_mirror_run)(const limn_conv_call *call, const float *packed, float *scratch) {
    job j = {.call = call,
             .pass = call->pass,
             .s = mirror_of(call->conv, call->pass),
             .packed = (float *)(uintptr_t)packed,
             .lines = scratch};
    j.corners = j.lines + j.s.lines;
    j.made = j.corners + j.s.corners;
    j.sums = j.made + j.s.all_made;
    limn_parallel(call->threads, read_thread, &j);
    if (j.pass == LIMN_PASS_WEIGHT) {
        limn_parallel(call->threads, sum_thread, &j);
        limn_parallel(call->threads, add_thread, &j);
    } else {
        limn_parallel(call->threads, make_thread, &j);
    }
}
