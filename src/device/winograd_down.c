// Winograd convolution of 5x5 and 4x4 with stride 2, as F(4x4, 3x3) or F(5x5, 2x2) of four pieces.
//
// The even and odd rows and columns of x are four maps with the filters' even and odd taps (3x3
// with zeros where there are but two; 2x2), and y is the sum of four convolutions. The gradient in
// x is the other way round: each piece of dx is a convolution of dy with one piece of the filter,
// turned.
//
//   V[piece][chunk][point][tile][c]    transformed map, in the memory of all threads
//   U[point][c][k]                     transformed filter, of one chunk of channels and one panel
//   M[panel][point][tile][k]           their products, summed over chunks (and pieces of x)
//
// Transformed filters are 5.8 (9) times as large as filters: of 512 to 1024 channels 300 MB, which
// take as long to be written and read as to be multiplied where maps are small. Here they are made
// of the filters where they are wanted, in the second-level cache, and never stored ("late"): for
// each group of tiles once, which costs a fifteenth of the products. V is read once for each group
// of panels. For small filters winograd.c, whose V stays in the cache, is faster.
//
// Built once per instruction set with LIMN_LANES and LIMN_SUFFIX.
#include "device/conv_rates.h"
#include "device/winograd.h"
#include "device/winograd_filters.h"
#include "device/winograd_tiles.h"

#include "base/threads.h"

#define T 6
#define POINTS 36
#define PIECES 4
#define CHUNK 32              // channels of a chunk: two or four vectors
#define WIDE (4 * LANES)      // channels of a group of panels
#define PANEL (2 * LANES)     // channels of a panel
#define PANELS (WIDE / PANEL) // panels of a group
#define GROUP 64              // tiles whose M stays in the second-level cache
#define V_BYTES ((size_t)24 << 20)
#define STORED_LEAST ((size_t)6 << 20) // of transformed filters that are not worth storing
#define TAPS_MOST 3                    // of a piece, in a direction

READER(read_6, 6, 6, false, false)
READER(read_6_half, 6, 6, false, true)
WRITER(write_6_4, 6, 4, false)
WRITER(write_6_4_half, 6, 4, true)
WRITER(write_6_5, 6, 5, false)
WRITER(write_6_5_half, 6, 5, true)
static tile_reader *const read[2] = {read_6, read_6_half};
static tile_writer *const write[2][2] = {{write_6_4, write_6_4_half}, {write_6_5, write_6_5_half}};

// The problem as the pass sees it.
typedef struct frame {
    int m, r, taps;   // F(m, r); of the filter, in a direction
    size_t all;       // its taps
    int in, out;      // channels read and written
    int out_h, out_w; // the grid of tiles: y, and each piece of x
    int in_blocks, out_blocks, chunks, panels;
    int tiles_y, tiles_x;
    size_t tiles, block; // all, and those that V holds
    size_t plane, chunk; // of V, in floats: points and chunks lie so far apart
    size_t plane_m;      // of M
} frame;

static frame lay(const limn_conv *conv, limn_pass pass) {
    bool data = pass == LIMN_PASS_DATA;
    frame s = {.m = conv->kh == 4 ? 5 : 4,
               .r = conv->kh == 4 ? 2 : 3,
               .taps = conv->kh,
               .all = (size_t)(conv->kh * conv->kh),
               .in = data ? conv->k : conv->c,
               .out = data ? conv->c : conv->k,
               .out_h = data ? conv->h / 2 : conv->oh,
               .out_w = data ? conv->w / 2 : conv->ow};
    s.in_blocks = ceil_div(s.in, LANES);
    s.out_blocks = ceil_div(s.out, LANES);
    s.chunks = ceil_div(s.in_blocks * LANES, CHUNK);
    s.panels = ceil_div(s.out_blocks, 2);
    s.tiles_y = ceil_div(s.out_h, s.m);
    s.tiles_x = ceil_div(s.out_w, s.m);
    s.tiles = (size_t)conv->n * (size_t)s.tiles_y * (size_t)s.tiles_x;
    // Blocks of equal size, of whole groups.
    size_t tile_bytes = (size_t)PIECES * POINTS * (size_t)s.chunks * CHUNK * sizeof(float);
    size_t most = V_BYTES / tile_bytes > GROUP ? V_BYTES / tile_bytes : GROUP;
    size_t blocks = (s.tiles + most - 1) / most;
    s.block = (s.tiles + blocks - 1) / blocks;
    if (s.block > GROUP) s.block = (s.block + GROUP - 1) / GROUP * GROUP;
    s.plane = odd_lines(s.block * CHUNK);
    s.chunk = POINTS * s.plane;
    s.plane_m = odd_lines((s.block < GROUP ? s.block : GROUP) * PANEL);
    return s;
}

typedef struct job {
    const limn_conv_call *call;
    frame s;
    size_t first; // tile of the block, and how many it has
    int count;
    size_t next;     // item to be taken
    float *v, *own;  // own: u and m of the first thread
    size_t own_size; // floats a thread
} job;

// The next of so many items; false: all are taken.
static bool take(job *j, size_t items, size_t *item) {
    *item = __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED);
    return *item < items;
}

static float *v_of(const job *j, int piece, int chunk) {
    return j->v + ((size_t)piece * (size_t)j->s.chunks + (size_t)chunk) * j->s.chunk;
}

static int chunk_depth(const frame *s, int chunk) {
    int left = s->in_blocks * LANES - chunk * CHUNK;
    return left < CHUNK ? left : CHUNK;
}

// --- the map that is read ---

// Piece (py, px) of x, or of dy what makes that piece of dx.
static source piece_of(const limn_conv_call *call, const frame *s, int py, int px) {
    const limn_conv *conv = call->conv;
    bool half = call->x_type == LIMN_BF16, data = call->pass == LIMN_PASS_DATA;
    return (source){.data = call->x,
                    .half = half,
                    .blocks = s->in_blocks,
                    .h = data ? conv->oh : conv->h,
                    .w = data ? conv->ow : conv->w,
                    .m = s->m,
                    .size = T,
                    .step = data ? 1 : 2,
                    .offset_y = data ? (py + conv->top) / 2 - (s->r - 1) : py - conv->top,
                    .offset_x = data ? (px + conv->left) / 2 - (s->r - 1) : px - conv->left,
                    .read = read[half],
                    .border = conv->border};
}

static void read_thread(void *context, int thread, int threads) {
    enum { TILES = 16 };
    job *j = context;
    const frame *s = &j->s;
    size_t pieces_of_block = (size_t)ceil_div(j->count, TILES), item;
    size_t maps = (size_t)PIECES * (size_t)s->chunks;
    (void)thread, (void)threads;
    while (take(j, pieces_of_block * maps, &item)) {
        int map = (int)(item / pieces_of_block), piece = map / s->chunks, chunk = map % s->chunks;
        int begin = (int)(item % pieces_of_block) * TILES;
        int count = j->count - begin < TILES ? j->count - begin : TILES;
        tile tiles[TILES];
        list_tiles(s->tiles_y, s->tiles_x, j->first + (size_t)begin, count, tiles);
        source from = piece_of(j->call, s, piece / 2, piece % 2);
        from.first = chunk * CHUNK / LANES;
        from.count = chunk_depth(s, chunk) / LANES;
        read_tiles(&from, tiles, count, v_of(j, piece, chunk) + (size_t)begin * CHUNK, CHUNK,
                   s->plane);
    }
}

// --- filters ---

// Packed: [block of k][c][tap][k]. Which tap of the filter tap (a, b) of a piece is; -1: none.
static int tap_at(const limn_conv *conv, limn_pass pass, int piece, int a, int b) {
    bool data = pass == LIMN_PASS_DATA; // piece 0 of dx meets odd taps where padding is odd
    int row = 2 * a + (piece / 2 ^ (data ? conv->top & 1 : 0));
    int column = 2 * b + (piece % 2 ^ (data ? conv->left & 1 : 0));
    return row < conv->kh && column < conv->kw ? row * conv->kw + column : -1;
}

typedef struct points {
    float rows[TILE_MAX][5]; // the same for columns
    int at[TAPS_MOST * TAPS_MOST];
} points;

static points points_for(const limn_conv *conv, const frame *s, limn_pass pass, int piece) {
    points p;
    double g[TILE_MAX][4];
    int r = s->r;
    filter_transform(T, r, g);
    for (int i = 0; i < T; i++)
        for (int a = 0; a < r; a++)
            p.rows[i][a] = (float)g[i][pass == LIMN_PASS_DATA ? r - 1 - a : a];
    for (int a = 0; a < r * r; a++) p.at[a] = tap_at(conv, pass, piece, a / r, a % r);
    return p;
}

// U of one channel and vector, r taps in a direction, from its packed filter.
INLINE void points_at(int r, const points *p, const float *w, float *u, size_t stride) {
    vec taps[TAPS_MOST * TAPS_MOST];
    UNROLL for (int i = 0; i < r * r; i++) taps[i] =
        p->at[i] < 0 ? (vec){0} : load(w + p->at[i] * LANES);
    points_of(T, r, false, p->rows, p->rows, taps, u, stride);
}

// U of a panel, `width` vectors, and a chunk.
static void make_filters(const job *j, const points *p, int chunk, int k, int width, float *u) {
    const frame *s = &j->s;
    int depth = chunk_depth(s, chunk);
    size_t stride = (size_t)CHUNK * (size_t)width * LANES;
    for (int half = 0; half < width; half++) {
        const float *w =
            (const float *)j->call->packed +
            (((size_t)(k + half) * (size_t)s->in_blocks * LANES + (size_t)chunk * CHUNK) * s->all *
             LANES);
        for (int c = 0; c < depth; c++, w += s->all * LANES) {
            float *to = u + (c * width + half) * LANES;
            if (s->r == 2)
                points_at(2, p, w, to, stride);
            else
                points_at(3, p, w, to, stride);
        }
    }
}

typedef struct pack_job {
    const limn_conv *conv;
    limn_pass pass;
    frame s;
    const float *w;
    float *packed;
} pack_job;

static void pack_thread(void *context, int thread, int threads) {
    const pack_job *p = context;
    const frame *s = &p->s;
    bool data = p->pass == LIMN_PASS_DATA;
    size_t deep = (size_t)s->in_blocks * LANES, begin, end;
    size_t taps = s->all, step_k = taps * (data ? 1 : (size_t)s->in);
    size_t step_c = taps * (data ? (size_t)s->out : 1);
    limn_share((size_t)s->out_blocks * deep, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++) {
        size_t k = at / deep * LANES, c = at % deep;
        float *to = p->packed + at * taps * LANES;
        size_t left = (size_t)s->out - k, inside = c < (size_t)s->in ? left : 0;
        const float *from = p->w + (inside ? k * step_k + c * step_c : 0);
        int count = (int)(inside < LANES ? inside : LANES);
        for (size_t tap = 0; tap < taps; tap++)
            store(to + tap * LANES, side_by_side(from + tap, step_k, count));
    }
}

// --- forward, and the gradient in x ---

// M of tiles [begin, begin + count) of the block and panels [panel, end), over all channels of a
// piece.
static void multiply_piece(const job *j, int piece, int begin, int count, int panel, int end,
                           bool more, float *u, float *m) {
    const frame *s = &j->s;
    points p = points_for(j->call->conv, s, j->call->pass, piece);
    for (int chunk = 0; chunk < s->chunks; chunk++) {
        const float *v = v_of(j, piece, chunk) + (size_t)begin * CHUNK;
        for (int at = panel; at < end; at++) {
            int width = s->out_blocks - 2 * at < 2 ? 1 : 2;
            make_filters(j, &p, chunk, 2 * at, width, u);
            float *sums = m + (size_t)(at - panel) * POINTS * s->plane_m;
            for (int point = 0; point < POINTS; point++)
                product(false, width, count, v + (size_t)point * s->plane, CHUNK,
                        u + point * CHUNK * width * LANES, (size_t)width * LANES, 0,
                        (size_t)chunk_depth(s, chunk), sums + (size_t)point * s->plane_m, PANEL,
                        more || chunk);
        }
    }
}

// piece: of dx.
static void write_panels(const job *j, int piece, int begin, int count, int panel, int end,
                         const float *m) {
    const frame *s = &j->s;
    int step = j->call->pass == LIMN_PASS_DATA ? 2 : 1;
    tile tiles[GROUP];
    list_tiles(s->tiles_y, s->tiles_x, j->first + (size_t)begin, count, tiles);
    for (int k = 2 * panel; k < 2 * end && k < s->out_blocks; k++) {
        sink to = sink_for(j->call, s->out, s->out_h * step, s->out_w * step, k);
        to.m = s->m;
        to.step = step;
        to.offset_y = piece / 2;
        to.offset_x = piece % 2;
        to.write = write[s->r == 2][to.half];
        write_tiles(&to, tiles, count,
                    m + (size_t)(k / 2 - panel) * POINTS * s->plane_m + (size_t)(k % 2) * LANES,
                    PANEL, s->plane_m);
    }
}

// Items: a group of tiles and one of panels.
static void multiply_thread(void *context, int thread, int threads) {
    job *j = context;
    const frame *s = &j->s;
    bool data = j->call->pass == LIMN_PASS_DATA;
    float *u = j->own + (size_t)thread * j->own_size, *m = u + POINTS * CHUNK * PANEL;
    size_t groups = (size_t)ceil_div(j->count, GROUP), item;
    (void)threads;
    while (take(j, groups * (size_t)ceil_div(s->panels, PANELS), &item)) {
        int begin = (int)(item % groups) * GROUP, panel = (int)(item / groups) * PANELS;
        int count = j->count - begin < GROUP ? j->count - begin : GROUP;
        int end = panel + PANELS < s->panels ? panel + PANELS : s->panels;
        for (int piece = 0; piece < PIECES; piece++) {
            multiply_piece(j, piece, begin, count, panel, end, piece && !data, u, m);
            if (data || piece == PIECES - 1)
                write_panels(j, data ? piece : 0, begin, count, panel, end, m);
        }
    }
}

// --- the kernel ---

static size_t packed_bytes(const limn_conv *conv, limn_pass pass) {
    frame s = lay(conv, pass);
    return (size_t)s.out_blocks * LANES * (size_t)s.in_blocks * LANES * s.all * sizeof(float);
}

static void pack(const limn_conv *conv, limn_pass pass, const float *w, void *packed, int threads) {
    pack_job p = {conv, pass, lay(conv, pass), w, packed};
    limn_parallel(threads, pack_thread, &p);
}

static size_t v_floats(const frame *s) {
    return (size_t)PIECES * (size_t)s->chunks * s->chunk;
}

static size_t own_floats(const frame *s) {
    return POINTS * (CHUNK * PANEL + PANELS * s->plane_m);
}

static size_t scratch_bytes(const limn_conv *conv, limn_pass pass, int threads) {
    frame s = lay(conv, pass);
    return (v_floats(&s) + (size_t)threads * own_floats(&s)) * sizeof(float);
}

static void run(const limn_conv_call *call) {
    job j = {.call = call, .s = lay(call->conv, call->pass), .v = call->scratch};
    j.own = j.v + v_floats(&j.s);
    j.own_size = own_floats(&j.s);
    for (; j.first < j.s.tiles; j.first += j.s.block) {
        size_t left = j.s.tiles - j.first;
        j.count = (int)(left < j.s.block ? left : j.s.block);
        j.next = 0;
        limn_parallel(call->threads, read_thread, &j);
        j.next = 0;
        limn_parallel(call->threads, multiply_thread, &j);
    }
}

static limn_conv_cost cost(const limn_conv *conv, limn_pass pass) {
    frame s = lay(conv, pass);
    double tiles = (double)s.tiles, in = (double)s.chunks * CHUNK, out = (double)s.panels * PANEL;
    double groups =
        (double)((s.block + GROUP - 1) / GROUP) * (double)((s.tiles + s.block - 1) / s.block);
    bool data = pass == LIMN_PASS_DATA;
    return (limn_conv_cost){.products = PIECES * POINTS * tiles * in * out,
                            .moved = POINTS * (tiles * (PIECES * in + (data ? PIECES : 1) * out) +
                                               groups * PIECES * in * out),
                            .filters = (double)packed_bytes(conv, pass) / sizeof(float)};
}

static const char *decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    if (pass == LIMN_PASS_WEIGHT) return "a gradient in w";
    const char *why = NAME(limn_winograd_down_decline)(conv, pass, x, y);
    if (why) return why;
    frame s = lay(conv, pass);
    size_t stored = (size_t)PIECES * POINTS * (size_t)s.in * (size_t)s.out * sizeof(float);
    return stored < STORED_LEAST ? "small filters" : NULL;
}

const limn_conv_kernel NAME(limn_winograd_down) = {.name = "winograd /2 late",
                                                   .decline = decline,
                                                   .packed_bytes = packed_bytes,
                                                   .scratch_bytes = scratch_bytes,
                                                   .pack = pack,
                                                   .run = run,
                                                   .cost = cost,
                                                   .rates = RATES_WINOGRAD__2_LATE};
