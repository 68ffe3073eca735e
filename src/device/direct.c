// Direct convolution, forward and data gradient, in vectors of one instruction set (compiled once
// for each). Three kinds: BLOCKED and SPREAD multiply one source value into vectors of destination
// channels,
//
//   sum[p][q] += source[anchor p][one channel] * weight[tap][that channel][vector q]
//
// GATHER (few destination channels) multiplies vectors of source channels and adds lanes last,
//
//   sum[p][q] += source[anchor p][vector] * weight[destination q][tap][vector]
//
// The sums of P anchors of a row and Q destination blocks stay in registers over all taps and a
// chunk of source blocks.
#include "device/conv_rates.h"
#include "device/direct_lanes.h"

#include "base/memory.h"
#include "base/threads.h"

#include <string.h>

// Registers: 28 sums, 2 weights, 2 values of 32; 12, 2, 2 of 16; without FMA and wide registers,
// 6 sums of two registers each.
#if defined(__AVX512F__)
enum { SUMS = 28, GROUP = 4, GATHER_SUMS = 24 };
#elif defined(__AVX2__) || defined(__aarch64__)
enum { SUMS = 12, GROUP = 3, GATHER_SUMS = 12 };
#else
enum { SUMS = 6, GROUP = 1, GATHER_SUMS = 6 };
#endif

// Weights of a chunk and a group stay in the first-level cache, sums of a tile in the second.
enum { CHUNK_FLOATS = 5 * 1024, TILE_PIXELS = 512, MOST_ANCHORS = 14 };

const limn_direct_shape NAME(limn_direct_shape)[3] = {
    [LIMN_DIRECT_BLOCKED] = {LANES, SUMS, GROUP, TILE_PIXELS},
    [LIMN_DIRECT_SPREAD] = {LANES, SUMS, GROUP, TILE_PIXELS},
    [LIMN_DIRECT_GATHER] = {LANES, GATHER_SUMS, 4, TILE_PIXELS},
};

// What the innermost kernels are told. sums is [q][sum_step] vectors, of which P are used.
typedef struct strip_work {
    const float *source, *weight;
    const int *offsets;
    int taps, blocks;
    size_t block_step;
    vec *sums;
    size_t sum_step;
    bool first; // sums begin at zero
} strip_work;

typedef void tile_body(const strip_work *work);

INLINE void sums_begin(const strip_work *work, vec *sum, int P, int Q) {
#pragma GCC unroll 14
    for (int p = 0; p < P; p++)
#pragma GCC unroll 4
        for (int q = 0; q < Q; q++)
            sum[p * Q + q] =
                work->first ? (vec){0} : work->sums[(size_t)q * work->sum_step + (size_t)p];
}

INLINE void sums_end(const strip_work *work, const vec *sum, int P, int Q) {
#pragma GCC unroll 14
    for (int p = 0; p < P; p++)
#pragma GCC unroll 4
        for (int q = 0; q < Q; q++)
            work->sums[(size_t)q * work->sum_step + (size_t)p] = sum[p * Q + q];
}

// One source value times Q vectors of weights, for each of P anchors `lanes` floats apart.
INLINE void multiply(const float *source, const float *weight, vec *sum, int P, int Q, int lanes) {
    vec w[GROUP];
#pragma GCC unroll 4
    for (int q = 0; q < Q; q++) {
        w[q] = load(weight + q * LANES);
        PIN(w[q]);
    }
#pragma GCC unroll 14
    for (int p = 0; p < P; p++) {
        vec value = all(source[p * lanes]);
#pragma GCC unroll 4
        for (int q = 0; q < Q; q++) {
            sum[p * Q + q] += value * w[q];
            PIN(sum[p * Q + q]);
        }
    }
}

INLINE void tile_spread(const strip_work *work, int P, int Q, int lanes) {
    vec sum[SUMS];
    sums_begin(work, sum, P, Q);
    const float *weight = work->weight;
    for (int block = 0; block < work->blocks; block++) {
        const float *source = work->source + (size_t)block * work->block_step;
        for (int tap = 0; tap < work->taps; tap++) {
            const float *at = source + work->offsets[tap];
            for (int lane = 0; lane < lanes; lane += lanes == 1 ? 1 : 2) {
                multiply(at + lane, weight, sum, P, Q, lanes);
                weight += Q * LANES;
                if (lanes == 1) continue;
                multiply(at + lane + 1, weight, sum, P, Q, lanes);
                weight += Q * LANES;
            }
        }
    }
    sums_end(work, sum, P, Q);
}

INLINE void tile_gather(const strip_work *work, int P, int Q) {
    vec sum[GATHER_SUMS];
    sums_begin(work, sum, P, Q);
    const float *weight = work->weight;
    for (int block = 0; block < work->blocks; block++) {
        const float *source = work->source + (size_t)block * work->block_step;
        for (int tap = 0; tap < work->taps; tap++, weight += Q * LANES) {
            const float *at = source + work->offsets[tap];
            vec w[4];
#pragma GCC unroll 4
            for (int q = 0; q < Q; q++) w[q] = load(weight + q * LANES);
#pragma GCC unroll 14
            for (int p = 0; p < P; p++) {
                vec value = load(at + p * LANES);
#pragma GCC unroll 4
                for (int q = 0; q < Q; q++) {
                    sum[p * Q + q] += value * w[q];
                    PIN(sum[p * Q + q]);
                }
            }
        }
    }
    sums_end(work, sum, P, Q);
}

#define TILE(P, Q)                                                                                 \
    static void spread_##Q##_##P(const strip_work *work) {                                         \
        tile_spread(work, P, Q, 1);                                                                \
    }                                                                                              \
    static void blocked_##Q##_##P(const strip_work *work) {                                        \
        tile_spread(work, P, Q, LANES);                                                            \
    }
#define GATHER(P, Q)                                                                               \
    static void gather_##Q##_##P(const strip_work *work) {                                         \
        tile_gather(work, P, Q);                                                                   \
    }

#define UP_TO_3(M, Q) M(1, Q) M(2, Q) M(3, Q)
#define UP_TO_4(M, Q) UP_TO_3(M, Q) M(4, Q)
#define UP_TO_6(M, Q) UP_TO_4(M, Q) M(5, Q) M(6, Q)
#define UP_TO_7(M, Q) UP_TO_6(M, Q) M(7, Q)
#define UP_TO_8(M, Q) UP_TO_7(M, Q) M(8, Q)
#define UP_TO_9(M, Q) UP_TO_8(M, Q) M(9, Q)
#define UP_TO_12(M, Q) UP_TO_9(M, Q) M(10, Q) M(11, Q) M(12, Q)
#define UP_TO_14(M, Q) UP_TO_12(M, Q) M(13, Q) M(14, Q)

// For each Q the kernels of 1 to P anchors: EACH(TILE, ...) defines them.
#if defined(__AVX512F__)
#define TILES(M) UP_TO_14(M, 1) UP_TO_14(M, 2) UP_TO_9(M, 3) UP_TO_7(M, 4)
#define GATHERS(M) UP_TO_12(M, 1) UP_TO_12(M, 2) UP_TO_8(M, 3) UP_TO_6(M, 4)
static const int tile_most[5] = {0, 14, 14, 9, 7}, gather_most[5] = {0, 12, 12, 8, 6};
#elif defined(__AVX2__) || defined(__aarch64__)
#define TILES(M) UP_TO_12(M, 1) UP_TO_6(M, 2) UP_TO_4(M, 3)
#define GATHERS(M) UP_TO_9(M, 1) UP_TO_6(M, 2) UP_TO_4(M, 3) UP_TO_3(M, 4)
static const int tile_most[5] = {0, 12, 6, 4}, gather_most[5] = {0, 9, 6, 4, 3};
#else
#define TILES(M) UP_TO_6(M, 1)
#define GATHERS(M) UP_TO_6(M, 1) UP_TO_3(M, 2) M(1, 3) M(2, 3) M(1, 4)
static const int tile_most[5] = {0, 6}, gather_most[5] = {0, 6, 3, 2, 1};
#endif

TILES(TILE)
GATHERS(GATHER)

#define SPREAD_ENTRY(P, Q) [Q][P] = spread_##Q##_##P,
#define BLOCKED_ENTRY(P, Q) [Q][P] = blocked_##Q##_##P,
#define GATHER_ENTRY(P, Q) [Q][P] = gather_##Q##_##P,

static tile_body *const bodies[3][5][MOST_ANCHORS + 1] = {
    [LIMN_DIRECT_BLOCKED] = {TILES(BLOCKED_ENTRY)},
    [LIMN_DIRECT_SPREAD] = {TILES(SPREAD_ENTRY)},
    [LIMN_DIRECT_GATHER] = {GATHERS(GATHER_ENTRY)},
};

static size_t packed_bytes(const limn_conv *conv, limn_pass pass, limn_direct_kind kind) {
    if (pass == LIMN_PASS_WEIGHT) return 0;
    limn_direct_plan plan;
    limn_direct_plan_make(&plan, conv, pass, kind, &NAME(limn_direct_shape)[kind], 1);
    return direct_phase_floats(&plan, kind, conv->kh * conv->kw) * sizeof(float);
}

// Scratch of a thread: the strip, then the sums of a tile for a group.
static size_t thread_floats(const limn_direct_plan *plan) {
    return plan->strip + (size_t)TILE_PIXELS * (size_t)plan->group * LANES;
}

static size_t scratch_bytes(const limn_conv *conv, limn_pass pass, limn_direct_kind kind,
                            int threads) {
    if (pass == LIMN_PASS_WEIGHT) return NAME(limn_direct_weight_scratch)(conv, kind, threads);
    limn_direct_plan plan;
    limn_direct_plan_make(&plan, conv, pass, kind, &NAME(limn_direct_shape)[kind], threads);
    return thread_floats(&plan) * sizeof(float) * (size_t)threads;
}

// A strip's element and the sums of an anchor are whole vectors, even where channels are fewer and
// where, in the end, lanes are added up to one number.
static limn_conv_cost cost(const limn_conv *conv, limn_pass pass, limn_direct_kind kind) {
    limn_direct_plan plan;
    limn_direct_plan_make(&plan, conv, pass, kind, &NAME(limn_direct_shape)[kind], 1);
    double anchors = (double)plan.grid.n * plan.grid.h * plan.grid.w;
    double source = (double)plan.source_blocks * plan.source_lanes;
    double dest = (double)plan.dest_blocks * (kind == LIMN_DIRECT_GATHER ? 1 : LANES);
    double filters = source * dest * conv->kh * conv->kw;
    double strips = (double)limn_direct_tiles(&plan) * (double)plan.strip;
    if (pass == LIMN_PASS_WEIGHT) strips *= plan.source_blocks;
    double made = (double)conv->n * plan.dest_h * plan.dest_w * plan.dest_blocks * LANES;
    return (limn_conv_cost){
        .products = anchors * filters, .moved = strips + made, .filters = filters};
}

typedef struct run_job {
    const limn_direct_plan *plan;
    const limn_conv_call *call;
    limn_direct_kind kind;
    int parts;  // of the destination blocks, when there are fewer tiles than threads
    int chunks; // of the source blocks
    int offsets[LIMN_DIRECT_TAPS];
} run_job;

// Where P sums of one destination block go: picture n, row i, columns j, j + step, ...
typedef struct place {
    int n, block, i, j, step, count;
} place;

// No activation is a slope of 1.
INLINE vec activate(vec v, vec slope) {
    vec_bits negative = (vec_bits)(v < 0);
    vec low = v * slope;
    return (vec)(((vec_bits)low & negative) | ((vec_bits)v & ~negative));
}

static void finish_blocked(const run_job *job, const place *at, const vec *sums) {
    const limn_direct_plan *plan = job->plan;
    const limn_conv_call *call = job->call;
    size_t row =
        ((size_t)at->n * (size_t)plan->dest_blocks + (size_t)at->block) * (size_t)plan->dest_h +
        (size_t)at->i;
    size_t index = (row * (size_t)plan->dest_w + (size_t)at->j) * LANES;
    size_t step = (size_t)at->step * LANES;
    const limn_tail tail = call->tail; // a copy, so that stores cannot change it
    float values[LANES] = {0};
    if (tail.bias) {
        int first = at->block * LANES, count = least(LANES, plan->dest_channels - first);
        memcpy(values, tail.bias + first, (size_t)count * sizeof *values);
    }
    vec bias = load(values), slope = all(tail.act ? tail.slope : 1);
    if (call->y_type == LIMN_BF16) {
        const uint16_t *add = tail.add;
        uint16_t *y = call->y;
        for (int p = 0; p < at->count; p++, index += step) {
            vec v = activate(sums[p] + bias, slope);
            store_half(y + index, add ? v + load_half(add + index) : v);
        }
        return;
    }
    const float *add = tail.add;
    float *y = call->y;
    for (int p = 0; p < at->count; p++, index += step) {
        vec v = activate(sums[p] + bias, slope);
        store(y + index, add ? v + load(add + index) : v);
    }
}

INLINE float lanes_sum(vec v) {
    float part[LANES];
    store(part, v);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) part[i] += part[i + half];
    return part[0];
}

static void finish_plain(const run_job *job, const place *at, const vec *sums) {
    const limn_direct_plan *plan = job->plan;
    const limn_tail *tail = &job->call->tail;
    size_t row =
        ((size_t)at->n * (size_t)plan->dest_channels + (size_t)at->block) * (size_t)plan->dest_h +
        (size_t)at->i;
    size_t index = row * (size_t)plan->dest_w + (size_t)at->j;
    float bias = tail->bias ? tail->bias[at->block] : 0;
    for (int p = 0; p < at->count; p++, index += (size_t)at->step) {
        float v = lanes_sum(sums[p]) + bias;
        if (tail->act && v < 0) v *= tail->slope;
        if (tail->add) v += ((const float *)tail->add)[index];
        ((float *)job->call->y)[index] = v;
    }
}

// The anchors of first .. first + count whose destination first*step + shift lies in 0 .. size.
static void clip(int first, int count, int step, int shift, int size, int *begin, int *end) {
    int low = shift < 0 ? ceil_div(-shift, step) : 0;
    int high = size > shift ? ceil_div(size - shift, step) : 0;
    *begin = low > first ? low : first;
    *end = least(first + count, high);
}

// One row of anchors of a phase, a group and a chunk.
typedef struct row_work {
    limn_direct_extent first;
    int row; // of the tile
    int group_first, group;
    const float *strip;
    vec *sums;
    bool last;
} row_work;

static void run_row(const run_job *job, const limn_direct_phase *phase, row_work *row, int begin,
                    int end, int picture, strip_work *work) {
    const limn_direct_plan *plan = job->plan;
    const int *most = job->kind == LIMN_DIRECT_GATHER ? gather_most : tile_most;
    tile_body *const *body = bodies[job->kind][row->group];
    int count = end - begin, pieces = ceil_div(count, most[row->group]);
    const float *source = row->strip + (size_t)picture * plan->picture_step +
                          (size_t)(row->row * plan->step_y) * plan->row_step;
    work->sum_step = (size_t)(plan->tile.n * plan->tile.h * plan->tile.w);
    for (int piece = 0; piece < pieces; piece++) {
        int low = begin + count * piece / pieces, high = begin + count * (piece + 1) / pieces;
        int column = low - row->first.w;
        work->source = source + (size_t)(column * plan->source_lanes);
        work->sums = row->sums + (picture * plan->tile.h + row->row) * plan->tile.w + column;
        body[high - low](work);
        if (!row->last) continue;
        place at = {.n = row->first.n + picture,
                    .i = (row->first.h + row->row) * plan->dest_step_y + phase->row,
                    .j = low * plan->dest_step_x + phase->column,
                    .step = plan->dest_step_x,
                    .count = high - low};
        for (int q = 0; q < row->group; q++) {
            at.block = row->group_first + q;
            const vec *sums = work->sums + (size_t)q * work->sum_step;
            if (job->kind == LIMN_DIRECT_GATHER)
                finish_plain(job, &at, sums);
            else
                finish_blocked(job, &at, sums);
        }
    }
}

// All anchors of the tile for one phase and one group of destination blocks.
static void run_phase(const run_job *job, const limn_direct_phase *phase, limn_direct_extent first,
                      limn_direct_extent extent, int number, const float *strip, vec *sums) {
    const limn_direct_plan *plan = job->plan;
    int group_first = direct_group_begin(plan, number);
    int group = direct_group_begin(plan, number + 1) - group_first;
    int top, bottom, begin, end;
    clip(first.h, extent.h, plan->dest_step_y, phase->row, plan->dest_h, &top, &bottom);
    clip(first.w, extent.w, plan->dest_step_x, phase->column, plan->dest_w, &begin, &end);
    if (begin >= end) return;
    const float *weight = (const float *)job->call->packed +
                          direct_phase_floats(plan, job->kind, phase->first_tap) +
                          direct_slab_floats(plan, job->kind, phase->taps, group_first);
    size_t piece =
        direct_slab_floats(plan, job->kind, phase->taps, group) / (size_t)plan->source_blocks;
    row_work row = {.first = first, .group_first = group_first, .group = group, .sums = sums};
    strip_work work = {.offsets = job->offsets + phase->first_tap,
                       .taps = phase->taps,
                       .block_step = plan->block_step};
    for (int chunk = 0; chunk < job->chunks; chunk++) {
        int low = plan->source_blocks * chunk / job->chunks;
        int high = plan->source_blocks * (chunk + 1) / job->chunks;
        work.weight = weight + (size_t)low * piece;
        work.blocks = high - low;
        work.first = chunk == 0;
        row.strip = strip + (size_t)low * plan->block_step;
        row.last = chunk == job->chunks - 1;
        for (int n = 0; n < extent.n; n++)
            for (int i = top; i < bottom; i++) {
                row.row = i - first.h;
                run_row(job, phase, &row, begin, end, n, &work);
            }
    }
}

static void run_body(void *context, int thread, int threads) {
    const run_job *job = context;
    const limn_direct_plan *plan = job->plan;
    float *strip = (float *)job->call->scratch + (size_t)thread * thread_floats(plan);
    vec *sums = (vec *)(strip + plan->strip);
    size_t begin, end, parts = (size_t)job->parts, loaded = SIZE_MAX;
    limn_share(limn_direct_tiles(plan) * parts, thread, threads, &begin, &end);
    for (size_t task = begin; task < end; task++) {
        limn_direct_extent first, extent;
        limn_direct_tile(plan, task / parts, &first, &extent);
        if (task / parts != loaded) NAME(limn_direct_strip)
        (plan, job->call->x, job->call->x_type, first, extent, 0, plan->source_blocks, strip);
        loaded = task / parts;
        size_t low, high;
        limn_share((size_t)direct_groups(plan), (int)(task % parts), job->parts, &low, &high);
        for (size_t group = low; group < high; group++)
            for (int p = 0; p < plan->phases; p++)
                run_phase(job, &plan->phase[p], first, extent, (int)group, strip, sums);
    }
}

static void run(const limn_conv_call *call, limn_direct_kind kind) {
    if (call->pass == LIMN_PASS_WEIGHT) {
        NAME(limn_direct_weight_run)(call, kind);
        return;
    }
    limn_direct_plan plan;
    limn_direct_plan_make(&plan, call->conv, call->pass, kind, &NAME(limn_direct_shape)[kind],
                          call->threads);
    run_job job = {.plan = &plan, .call = call, .kind = kind};
    int taps = call->conv->kh * call->conv->kw, most = 0;
    for (int t = 0; t < taps; t++)
        job.offsets[t] =
            (int)(plan.slot_y[t] * plan.row_step + plan.slot_x[t] % plan.step_x * plan.part_step +
                  (size_t)(plan.slot_x[t] / plan.step_x * plan.source_lanes));
    for (int p = 0; p < plan.phases; p++)
        if (plan.phase[p].taps > most) most = plan.phase[p].taps;
    size_t slab = direct_slab_floats(&plan, kind, most, plan.group);
    job.chunks = least((int)((slab + CHUNK_FLOATS - 1) / CHUNK_FLOATS), plan.source_blocks);
    if (job.chunks < 1) job.chunks = 1;
    size_t tiles = limn_direct_tiles(&plan), threads = (size_t)call->threads;
    job.parts =
        tiles < threads ? least((int)((threads + tiles - 1) / tiles), direct_groups(&plan)) : 1;
    limn_parallel(call->threads, run_body, &job);
}

static const char *decline(const limn_conv *conv, limn_pass pass, limn_direct_kind kind,
                           limn_type x, limn_type y) {
    if (x == LIMN_DOUBLE || y == LIMN_DOUBLE) return "double";
    int source = pass == LIMN_PASS_DATA ? conv->k : conv->c;
    int dest = pass == LIMN_PASS_DATA ? conv->c : conv->k;
    if (kind == LIMN_DIRECT_SPREAD && source > 8) return "more than 8 channels in";
    if (kind == LIMN_DIRECT_GATHER && dest > 4) return "more than 4 channels out";
    if (kind == LIMN_DIRECT_GATHER && y == LIMN_BF16) return "plain bf16 out";
    return limn_direct_decline(conv, pass);
}

// The functions of the contract for one kind.
#define KERNEL(kind, upper, title, plain_source, plain_dest, ...)                                  \
    static const char *kind##_decline(const limn_conv *conv, limn_pass pass, limn_type x,          \
                                      limn_type y) {                                               \
        return decline(conv, pass, upper, x, y);                                                   \
    }                                                                                              \
    static size_t kind##_packed(const limn_conv *conv, limn_pass pass) {                           \
        return packed_bytes(conv, pass, upper);                                                    \
    }                                                                                              \
    static size_t kind##_scratch(const limn_conv *conv, limn_pass pass, int threads) {             \
        return scratch_bytes(conv, pass, upper, threads);                                          \
    }                                                                                              \
    static void kind##_pack(const limn_conv *conv, limn_pass pass, const float *w, void *packed,   \
                            int threads) {                                                         \
        NAME(limn_direct_pack)(conv, pass, upper, w, packed, threads);                             \
    }                                                                                              \
    static void kind##_run(const limn_conv_call *call) {                                           \
        run(call, upper);                                                                          \
    }                                                                                              \
    static limn_conv_cost kind##_cost(const limn_conv *conv, limn_pass pass) {                     \
        return cost(conv, pass, upper);                                                            \
    }                                                                                              \
    static const limn_conv_kernel kind##_kernel = {                                                \
        .name = title,                                                                             \
        .plain_x = plain_source,                                                                   \
        .plain_y = plain_dest,                                                                     \
        .decline = kind##_decline,                                                                 \
        .packed_bytes = kind##_packed,                                                             \
        .scratch_bytes = kind##_scratch,                                                           \
        .pack = kind##_pack,                                                                       \
        .run = kind##_run,                                                                         \
        .cost = kind##_cost,                                                                       \
        .rates = __VA_ARGS__,                                                                      \
    };

KERNEL(spread, LIMN_DIRECT_SPREAD, "direct spread", true, false, RATES_DIRECT_SPREAD)
KERNEL(gather, LIMN_DIRECT_GATHER, "direct gather", false, true, RATES_DIRECT_GATHER)
KERNEL(blocked, LIMN_DIRECT_BLOCKED, "direct", false, false, RATES_DIRECT)

const limn_conv_kernel *const NAME(limn_direct)[] = {&spread_kernel, &gather_kernel,
                                                     &blocked_kernel, NULL};
