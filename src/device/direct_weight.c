// Direct convolution, the gradient of the weights, in vectors of one instruction set (compiled once
// for each). For every tap the sum over pixels of a value times a vector:
//
//   BLOCKED  sum[p][q] += x[pixel + tap][lane p] * dy[pixel][vector q]
//   SPREAD   sum[p][q] += x[pixel + tap p]       * dy[pixel][vector q]
//   GATHER   sum[p][q] += dy[pixel][channel p]   * x[pixel + tap q][vector]
//
// P x Q sums stay in registers over the pixels of a tile and are then added to a buffer of
//
//   BLOCKED, SPREAD  [source block][tap][source lane][destination block] vectors of destinations
//   GATHER           [source block][tap][destination] vectors of sources
//
// Threads are `columns` by `rows`: columns share the source blocks, rows share the tiles and have
// a buffer each, which are added in order at the end. So the result depends on the number of
// threads alone.
#include "device/direct_lanes.h"

#include "base/memory.h"
#include "base/threads.h"

#include <string.h>

enum { MOST = 8 };

typedef struct tile_work {
    const float *value, *vector;        // of pixel 0
    const size_t *value_at, *vector_at; // offsets of P values and Q vectors
    size_t value_row, vector_row;       // steps from row to row
    size_t value_picture, vector_picture;
    limn_direct_extent extent;
    vec *sums;
    size_t p_step, q_step; // of the sums
    bool first;
} tile_work;

typedef void tile_body(const tile_work *work);

INLINE void multiply(const float *const *value, const float *const *vector, size_t v, size_t w,
                     vec *sum, int P, int Q, int lanes) {
    vec part[MOST];
#pragma GCC unroll 8
    for (int q = 0; q < Q; q++) part[q] = load(vector[q] + w);
#pragma GCC unroll 16
    for (int p = 0; p < P; p++) {
        vec one = all(lanes == 1 ? value[p][v] : value[0][v + (size_t)p]);
#pragma GCC unroll 8
        for (int q = 0; q < Q; q++) {
            sum[p * Q + q] += one * part[q];
            PIN(sum[p * Q + q]);
        }
    }
}

// With lanes > 1 the P values are neighbours. `lanes` is the step from value to value.
INLINE void tile(const tile_work *work, int P, int Q, int lanes) {
    vec sum[28];
#pragma GCC unroll 16
    for (int p = 0; p < P; p++)
#pragma GCC unroll 8
        for (int q = 0; q < Q; q++)
            sum[p * Q + q] = work->first
                                 ? (vec){0}
                                 : work->sums[(size_t)p * work->p_step + (size_t)q * work->q_step];
    for (int n = 0; n < work->extent.n; n++) {
        for (int i = 0; i < work->extent.h; i++) {
            const float *value[MOST], *vector[MOST];
            const float *v =
                work->value + (size_t)n * work->value_picture + (size_t)i * work->value_row;
            const float *w =
                work->vector + (size_t)n * work->vector_picture + (size_t)i * work->vector_row;
            value[0] = v + work->value_at[0];
            if (lanes == 1)
#pragma GCC unroll 8
                for (int p = 1; p < P; p++) value[p] = v + work->value_at[p];
#pragma GCC unroll 8
            for (int q = 0; q < Q; q++) vector[q] = w + work->vector_at[q];
            for (size_t j = 0; j < (size_t)work->extent.w; j++)
                multiply(value, vector, j * (size_t)lanes, j * LANES, sum, P, Q, lanes);
        }
    }
#pragma GCC unroll 16
    for (int p = 0; p < P; p++)
#pragma GCC unroll 8
        for (int q = 0; q < Q; q++)
            work->sums[(size_t)p * work->p_step + (size_t)q * work->q_step] = sum[p * Q + q];
}

#define BLOCKED(P, Q)                                                                              \
    static void blocked_##P##_##Q(const tile_work *work) {                                         \
        tile(work, P, Q, LANES);                                                                   \
    }
#define PLAIN(P, Q)                                                                                \
    static void plain_##P##_##Q(const tile_work *work) {                                           \
        tile(work, P, Q, 1);                                                                       \
    }
#define BLOCKED_ENTRY(P, Q) [P][Q] = blocked_##P##_##Q,
#define PLAIN_ENTRY(P, Q) [P][Q] = plain_##P##_##Q,

#define FIRST_4(M, Q) M(1, Q) M(2, Q) M(3, Q) M(4, Q)
#define FIRST_6(M, Q) FIRST_4(M, Q) M(5, Q) M(6, Q)
#define FIRST_7(M, Q) FIRST_6(M, Q) M(7, Q)
#define FIRST_8(M, Q) FIRST_7(M, Q) M(8, Q)
#define LAST_3(M, P) M(P, 1) M(P, 2) M(P, 3)
#define LAST_4(M, P) LAST_3(M, P) M(P, 4)
#define LAST_6(M, P) LAST_4(M, P) M(P, 5) M(P, 6)
#define LAST_8(M, P) LAST_6(M, P) M(P, 7) M(P, 8)

// The P and Q that the registers hold: for BLOCKED P[Q]; for SPREAD the taps P at most for each Q;
// for GATHER the taps Q at most for each P.
#if defined(__AVX512F__)
#define BLOCKEDS(M) M(16, 1) M(8, 2) M(8, 3)
#define SPREADS(M) FIRST_8(M, 1) FIRST_8(M, 2) FIRST_8(M, 3)
#define GATHERS(M) LAST_8(M, 1) LAST_8(M, 2) LAST_8(M, 3) LAST_6(M, 4)
enum { GROUP = 3 };
static const int lanes_at_once[] = {0, 16, 8, 8}, spread_most[] = {0, 8, 8, 8},
                 gather_most[] = {0, 8, 8, 8, 6};
#elif defined(__AVX2__) || defined(__aarch64__)
#define BLOCKEDS(M) M(8, 1) M(4, 2) M(4, 3)
#define SPREADS(M) FIRST_8(M, 1) FIRST_6(M, 2) FIRST_4(M, 3)
#define GATHERS(M) LAST_8(M, 1) LAST_6(M, 2) LAST_4(M, 3) LAST_3(M, 4)
enum { GROUP = 3 };
static const int lanes_at_once[] = {0, 8, 4, 4}, spread_most[] = {0, 8, 6, 4},
                 gather_most[] = {0, 8, 6, 4, 3};
#else
#define BLOCKEDS(M) M(4, 1)
#define SPREADS(M) FIRST_4(M, 1)
#define GATHERS(M) LAST_4(M, 1) M(2, 1) M(2, 2) M(3, 1) M(4, 1)
enum { GROUP = 1 };
static const int lanes_at_once[] = {0, 4}, spread_most[] = {0, 4}, gather_most[] = {0, 4, 2, 1, 1};
#endif

BLOCKEDS(BLOCKED)
static tile_body *const blocked_bodies[LANES + 1][4] = {BLOCKEDS(BLOCKED_ENTRY)};

// SPREAD and GATHER share a body: P values by pointers, Q vectors by pointers.
#define SPREAD(P, Q)                                                                               \
    static void spread_##P##_##Q(const tile_work *work) {                                          \
        tile(work, P, Q, 1);                                                                       \
    }
#define SPREAD_ENTRY(P, Q) [P][Q] = spread_##P##_##Q,
SPREADS(SPREAD)
GATHERS(PLAIN)
static tile_body *const spread_bodies[MOST + 1][4] = {SPREADS(SPREAD_ENTRY)};
static tile_body *const gather_bodies[5][MOST + 1] = {GATHERS(PLAIN_ENTRY)};

typedef struct weight_job {
    const limn_conv_call *call;
    limn_direct_plan plan;
    limn_direct_kind kind;
    int taps, columns, rows;
    size_t offsets[LIMN_DIRECT_TAPS];
    size_t buffer;        // floats of one row of threads
    size_t thread_floats; // the strip and the tile of dy of one thread
} weight_job;

static void prepare(weight_job *job, const limn_conv *conv, limn_direct_kind kind, int threads) {
    limn_direct_plan *plan = &job->plan;
    limn_direct_plan_make(plan, conv, LIMN_PASS_WEIGHT, kind, &NAME(limn_direct_shape)[kind],
                          threads);
    job->kind = kind;
    job->taps = conv->kh * conv->kw;
    for (int t = 0; t < job->taps; t++)
        job->offsets[t] = plan->slot_y[t] * plan->row_step +
                          (size_t)(plan->slot_x[t] % plan->step_x) * plan->part_step +
                          (size_t)(plan->slot_x[t] / plan->step_x * plan->source_lanes);
    job->columns = 1;
    for (int d = 2; d <= threads; d++)
        if (threads % d == 0 && (plan->source_blocks % d == 0 || plan->source_blocks >= 4 * d))
            job->columns = d;
    job->rows = threads / job->columns;
    size_t vectors = (size_t)plan->source_blocks * (size_t)job->taps * (size_t)plan->dest_blocks;
    if (kind != LIMN_DIRECT_GATHER) vectors *= (size_t)plan->source_lanes;
    job->buffer = vectors * LANES;
    size_t width = kind == LIMN_DIRECT_GATHER ? 1 : LANES;
    size_t pixels = (size_t)(plan->tile.n * plan->tile.h * plan->tile.w);
    job->thread_floats =
        plan->strip + limn_round_up(pixels * (size_t)plan->dest_blocks * width, LANES);
}

size_t NAME(limn_direct_weight_scratch)(const limn_conv *conv, limn_direct_kind kind, int threads) {
    weight_job job;
    prepare(&job, conv, kind, threads);
    return (job.buffer * (size_t)job.rows + job.thread_floats * (size_t)threads) * sizeof(float);
}

// The dy of a tile, as floats: where it begins and how it is stepped through.
typedef struct dy_view {
    const float *at;
    size_t row, picture, block;
} dy_view;

static dy_view view_dy(const weight_job *job, limn_direct_extent first, limn_direct_extent extent,
                       float *room) {
    const limn_direct_plan *plan = &job->plan;
    size_t width = job->kind == LIMN_DIRECT_GATHER ? 1 : LANES;
    dy_view dy = {.row = (size_t)plan->dest_w * width};
    dy.block = dy.row * (size_t)plan->dest_h;
    dy.picture = dy.block * (size_t)plan->dest_blocks;
    size_t from = (size_t)first.n * dy.picture + (size_t)first.h * dy.row + (size_t)first.w * width;
    if (job->call->y_type == LIMN_FLOAT) {
        dy.at = (const float *)job->call->dy + from;
        return dy;
    }
    dy_view copy = {.at = room, .row = (size_t)extent.w * width};
    copy.picture = copy.row * (size_t)extent.h;
    copy.block = copy.picture * (size_t)extent.n;
    for (int b = 0; b < plan->dest_blocks; b++)
        for (int n = 0; n < extent.n; n++)
            for (int i = 0; i < extent.h; i++) {
                const uint16_t *halves = (const uint16_t *)job->call->dy + from +
                                         (size_t)n * dy.picture + (size_t)b * dy.block +
                                         (size_t)i * dy.row;
                for (int j = 0; j < extent.w; j++, room += LANES)
                    store(room, load_half(halves + j * LANES));
            }
    return copy;
}

// All taps of one source block and one group of destination blocks over a tile.
static void blocked_group(const weight_job *job, tile_work *work, int group, vec *sums) {
    const limn_direct_plan *plan = &job->plan;
    size_t blocks = (size_t)plan->dest_blocks;
    int P = lanes_at_once[group], lanes = plan->source_lanes;
    work->p_step = blocks;
    work->q_step = 1;
    for (int t = 0; t < job->taps; t++)
        for (int lane = 0; lane < lanes; lane += P) {
            size_t at = job->offsets[t] + (size_t)lane;
            work->value_at = &at;
            work->sums = sums + (size_t)(t * lanes + lane) * blocks;
            blocked_bodies[P][group](work);
        }
}

static void spread_group(const weight_job *job, tile_work *work, int group, vec *sums) {
    size_t blocks = (size_t)job->plan.dest_blocks;
    int pieces = ceil_div(job->taps, spread_most[group]);
    work->p_step = blocks;
    work->q_step = 1;
    for (int piece = 0; piece < pieces; piece++) {
        int t = job->taps * piece / pieces, end = job->taps * (piece + 1) / pieces;
        work->value_at = job->offsets + t;
        work->sums = sums + (size_t)t * blocks;
        spread_bodies[end - t][group](work);
    }
}

static void gather_taps(const weight_job *job, tile_work *work, vec *sums) {
    int count = job->plan.dest_channels, pieces = ceil_div(job->taps, gather_most[count]);
    work->p_step = 1;
    work->q_step = (size_t)count;
    for (int piece = 0; piece < pieces; piece++) {
        int t = job->taps * piece / pieces, end = job->taps * (piece + 1) / pieces;
        work->vector_at = job->offsets + t;
        work->sums = sums + t * count;
        gather_bodies[count][end - t](work);
    }
}

// Adds a tile's part for one source block, whose strip is ready.
static void add_block(const weight_job *job, const float *strip, const dy_view *dy, vec *sums,
                      limn_direct_extent extent, bool begin) {
    const limn_direct_plan *plan = &job->plan;
    size_t at[4];
    tile_work work = {.extent = extent, .first = begin};
    size_t strip_row = plan->row_step * (size_t)plan->step_y;
    if (job->kind == LIMN_DIRECT_GATHER) {
        for (int k = 0; k < plan->dest_channels; k++) at[k] = (size_t)k * dy->block;
        work.value = dy->at, work.value_row = dy->row, work.value_picture = dy->picture;
        work.value_at = at;
        work.vector = strip, work.vector_row = strip_row, work.vector_picture = plan->picture_step;
        gather_taps(job, &work, sums);
        return;
    }
    work.value = strip, work.value_row = strip_row, work.value_picture = plan->picture_step;
    work.vector_row = dy->row, work.vector_picture = dy->picture;
    work.vector_at = at;
    int groups = ceil_div(plan->dest_blocks, GROUP);
    for (int g = 0; g < groups; g++) {
        int low = plan->dest_blocks * g / groups, high = plan->dest_blocks * (g + 1) / groups;
        for (int q = 0; q < high - low; q++) at[q] = (size_t)q * dy->block;
        work.vector = dy->at + (size_t)low * dy->block;
        if (job->kind == LIMN_DIRECT_SPREAD)
            spread_group(job, &work, high - low, sums + low);
        else
            blocked_group(job, &work, high - low, sums + low);
    }
}

static void weight_part(const weight_job *job, int part, float *room) {
    const limn_direct_plan *plan = &job->plan;
    int column = part % job->columns, row = part / job->columns;
    size_t begin, end, low, high;
    limn_share((size_t)plan->source_blocks, column, job->columns, &begin, &end);
    limn_share(limn_direct_tiles(plan), row, job->rows, &low, &high);
    float *buffer = (float *)job->call->scratch + (size_t)row * job->buffer;
    size_t piece = job->buffer / (size_t)plan->source_blocks;
    if (low == high) memset(buffer + begin * piece, 0, (end - begin) * piece * sizeof *buffer);
    for (size_t index = low; index < high; index++) {
        limn_direct_extent first, extent;
        limn_direct_tile(plan, index, &first, &extent);
        dy_view dy = view_dy(job, first, extent, room + plan->strip);
        for (size_t block = begin; block < end; block++) {
            NAME(limn_direct_strip)
            (plan, job->call->x, job->call->x_type, first, extent, (int)block, 1, room);
            add_block(job, room, &dy, (vec *)(buffer + block * piece), extent, index == low);
        }
    }
}

static void weight_body(void *context, int thread, int threads) {
    const weight_job *job = context;
    float *room = (float *)job->call->scratch + job->buffer * (size_t)job->rows +
                  job->thread_floats * (size_t)thread;
    for (int part = thread; part < job->columns * job->rows; part += threads)
        weight_part(job, part, room);
}

// The sum of the buffers for `taps` vectors `step` vectors apart, from vector `at` on.
static void add_buffers(const weight_job *job, size_t at, size_t step, float *to) {
    const float *from = (const float *)job->call->scratch + at * LANES;
    for (int t = 0; t < job->taps; t++, from += step * LANES) {
        vec sum = load(from);
        for (int row = 1; row < job->rows; row++) sum += load(from + (size_t)row * job->buffer);
        store(to + t * LANES, sum);
    }
}

// Writes dw[k][c][tap] a vector of k at once (of c for GATHER), so that whole lines are read.
static void write_body(void *context, int thread, int threads) {
    const weight_job *job = context;
    const limn_direct_plan *plan = &job->plan;
    bool gather = job->kind == LIMN_DIRECT_GATHER;
    size_t taps = (size_t)job->taps, lanes = gather ? 1 : (size_t)plan->source_lanes;
    size_t dests = (size_t)plan->dest_channels, sources = (size_t)plan->source_channels;
    size_t blocks = (size_t)plan->dest_blocks, begin, end;
    float *dw = job->call->y, sums[LIMN_DIRECT_TAPS * LANES];
    // An item is a source channel, or a block of them for GATHER.
    limn_share(gather ? (size_t)plan->source_blocks : sources, thread, threads, &begin, &end);
    for (size_t item = begin; item < end; item++)
        for (size_t block = 0; block < blocks; block++) {
            size_t first = (item / lanes * taps * lanes + item % lanes) * blocks + block;
            add_buffers(job, first, lanes * blocks, sums);
            for (size_t l = 0; l < LANES; l++) {
                size_t k = gather ? block : block * LANES + l, c = gather ? item * LANES + l : item;
                if (k >= dests || c >= sources) break;
                float *to = dw + (k * sources + c) * taps;
                for (size_t t = 0; t < taps; t++) to[t] = sums[t * LANES + l];
            }
        }
}

void NAME(limn_direct_weight_run)(const limn_conv_call *call, limn_direct_kind kind) {
    weight_job job = {.call = call};
    prepare(&job, call->conv, kind, call->threads);
    limn_parallel(call->threads, weight_body, &job);
    limn_parallel(call->threads, write_body, &job);
}
