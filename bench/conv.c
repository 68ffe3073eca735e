// How fast the Winograd kernels and those of the matrix unit are: GFLOP/s counted as direct
// convolution, best and median, beside oneDNN where LIMN_WITH_DNNL is set (direct, and its own
// Winograd where it has one).
//
//   conv [-i ISA] [-p forward|data|weight] [-t threads] [-r repeats] [-l layer] [-xbcg]
//        [-d seed] [-k]
//
// -x: without oneDNN, -b: bf16 maps, and kernels that round to bf16, -c: processor time instead of
//     time (busy machines; with -t 1)
// -g: regret instead: of all kernels that take a layer, the one that is chosen and the fastest,
//     milliseconds of packing and running as in training, those predicted, and their ratio
// -d: 60 layers drawn by a seed instead of those that networks have
// -k: calibration: the rates of every kernel, as src/device/conv_rates.h has them, from the layers
//     of the networks and 60 drawn by seed 7
#define _GNU_SOURCE
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "device/bf16_kernels.h"
#include "device/winograd.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef LIMN_WITH_DNNL
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#endif

typedef struct layer {
    const char *name;
    limn_conv conv;
    limn_packing packing; // once: of a loss network
} layer;

#define CONV(n_, c_, k_, side, taps, up)                                                           \
    {                                                                                              \
        .n = n_, .c = c_, .h = side, .w = side, .k = k_, .oh = (up) ? 2 * (side) : (side),         \
        .ow = (up) ? 2 * (side) : (side), .kh = taps, .kw = taps, .stride_y = 1, .stride_x = 1,    \
        .groups = 1, .top = (taps) / 2, .left = (taps) / 2, .upsample = up                         \
    }

#define MIRRORED(n_, c_, k_, side)                                                                 \
    {                                                                                              \
        .n = n_, .c = c_, .h = side, .w = side, .k = k_, .oh = 2 * (side), .ow = 2 * (side),       \
        .kh = 5, .kw = 5, .stride_y = 1, .stride_x = 1, .groups = 1, .top = 2, .left = 2,          \
        .border = LIMN_BORDER_REFLECT, .upsample = true                                            \
    }

#define HALVING(n_, c_, k_, side, taps)                                                            \
    {                                                                                              \
        .n = n_, .c = c_, .h = side, .w = side, .k = k_, .oh = (side) / 2, .ow = (side) / 2,       \
        .kh = taps, .kw = taps, .stride_y = 2, .stride_x = 2, .groups = 1, .top = 1, .left = 1     \
    }

static const layer layers[] = {
    {"128>128 128x128", CONV(1, 128, 128, 128, 3, false)},
    {"64>64 256x256", CONV(1, 64, 64, 256, 3, false)},
    {"128>64 256x256", CONV(1, 128, 64, 256, 3, false)},
    {"64>32 512x512", CONV(1, 64, 32, 512, 3, false)},
    {"256>256 64x64", CONV(1, 256, 256, 64, 3, false)},
    {"512>512 32x32 n4", CONV(4, 512, 512, 32, 3, false)},
    {"2x 128>64 128x128", CONV(1, 128, 64, 128, 3, true)},
    {"2x 64>32 256x256", CONV(1, 64, 32, 256, 3, true)},
    {"9x9 3>32 512x512", CONV(1, 3, 32, 512, 9, false)},
    {"9x9 32>3 512x512", CONV(1, 32, 3, 512, 9, false)},
    {"512>512 8x8", CONV(1, 512, 512, 8, 3, false)},
    {"/2 512>1024 8x8 n63", HALVING(63, 512, 1024, 8, 5)},
    {"/2 256>512 8x8 n63", HALVING(63, 256, 512, 8, 5)},
    {"/2 128>256 16x16 n63", HALVING(63, 128, 256, 16, 5)},
    {"/2 64>128 32x32 n63", HALVING(63, 64, 128, 32, 5)},
    {"/2 5x5 3>128 64x64 n63", HALVING(63, 3, 128, 64, 5)},
    {"32>32 28x28 n8", CONV(8, 32, 32, 28, 3, false)},
    {"vgg 64>64 28x28 n16", CONV(16, 64, 64, 28, 3, false), LIMN_PACKED_ONCE},
    {"vgg 128>128 14x14 n16", CONV(16, 128, 128, 14, 3, false), LIMN_PACKED_ONCE},
    {"vgg 256>256 7x7 n16", CONV(16, 256, 256, 7, 3, false), LIMN_PACKED_ONCE},
    {"vgg 512>512 4x4 n16", CONV(16, 512, 512, 4, 3, false), LIMN_PACKED_ONCE},
    {"vgg 512>512 2x2 n16", CONV(16, 512, 512, 2, 3, false), LIMN_PACKED_ONCE},
    {"32>32 128x128 n2", CONV(2, 32, 32, 128, 3, false)},
    {"2x 5x5 256>256 32x32 n2", MIRRORED(2, 256, 256, 32)},
    {"2x 5x5 256>128 64x64 n2", MIRRORED(2, 256, 128, 64)},
    {"2x 5x5 128>64 128x128 n2", MIRRORED(2, 128, 64, 128)},
    {"/2 4x4 64>128 192x192 n2", HALVING(2, 64, 128, 192, 4)},
    {"/2 4x4 256>256 48x48 n2", HALVING(2, 256, 256, 48, 4)},
    {"/2 4x4 3>32 128x128 n2", HALVING(2, 3, 32, 128, 4)},
    {"/2 4x4 32>64 64x64 n2", HALVING(2, 32, 64, 64, 4)},
    {"/2 4x4 64>128 32x32 n2", HALVING(2, 64, 128, 32, 4)},
    {"/2 4x4 128>256 16x16 n2", HALVING(2, 128, 256, 16, 4)},
    {"/2 3x3 32>64 512x512", HALVING(1, 32, 64, 512, 3)},
    {"/2 3x3 64>128 256x256", HALVING(1, 64, 128, 256, 3)},
    {"3>64 256x256", CONV(1, 3, 64, 256, 3, false)},
    {"128>256 64x64", CONV(1, 128, 256, 64, 3, false)},
    {"256>512 32x32", CONV(1, 256, 512, 32, 3, false)},
    {"7x7 32>3 128x128 n2", CONV(2, 32, 3, 128, 7, false)},
    {"7x7 3>32 128x128 n2", CONV(2, 3, 32, 128, 7, false)},
    {"1x1 256>1 8x8 n2", CONV(2, 256, 1, 8, 1, false)},
    {"/2 4x4 64>256 128x128", HALVING(1, 64, 256, 128, 4)},
    {"/2 4x4 128>512 64x64", HALVING(1, 128, 512, 64, 4)},
    {"/2 4x4 256>1024 32x32", HALVING(1, 256, 1024, 32, 4)},
    {"/2 4x4 512>512 16x16", HALVING(1, 512, 512, 16, 4)},
    {"/2 4x4 512>1024 8x8", HALVING(1, 512, 1024, 8, 4)},
    {"/2 4x4 512>512 4x4", HALVING(1, 512, 512, 4, 4)},
    {"/2 4x4 512>512 2x2", HALVING(1, 512, 512, 2, 4)},
};
enum { LAYERS = sizeof layers / sizeof *layers, PEERS = 12, RUNS = 200, BLOCKS = 128 };

// ---- layers by chance ----

enum { DRAWN = 60 };
static char drawn_names[DRAWN][64];

// From `least` to `most`, small ones as likely as large ones.
static int draw(limn_random *stream, int least, int most) {
    double share = limn_random_unit(stream, 0);
    stream->sample++;
    return (int)(least * pow((most + 0.999) / least, share));
}

// No more work than a second takes.
static layer draw_layer(limn_random *stream, char *name) {
    for (;;) {
        int n = draw(stream, 1, 64), c = draw(stream, 3, 512), k = draw(stream, 3, 512);
        int side = draw(stream, 4, 512), taps = draw(stream, 1, 9), stride = draw(stream, 1, 2);
        int out = (side + 2 * (taps / 2) - taps) / stride + 1;
        double products = (double)n * c * k * out * out * taps * taps;
        if (products > 4e9 || (double)n * (c + k) * side * side > 1e8) continue;
        snprintf(name, 64, "%dx%d /%d %d>%d %dx%d n%d", taps, taps, stride, c, k, side, side, n);
        return (layer){name,
                       {.n = n,
                        .c = c,
                        .h = side,
                        .w = side,
                        .k = k,
                        .oh = out,
                        .ow = out,
                        .kh = taps,
                        .kw = taps,
                        .stride_y = stride,
                        .stride_x = stride,
                        .groups = 1,
                        .top = taps / 2,
                        .left = taps / 2}};
    }
}

static const layer *draw_layers(int seed, layer drawn[DRAWN]) {
    limn_random stream = {.seed = (uint64_t)seed, .purpose = limn_purpose("layers")};
    for (int i = 0; i < DRAWN; i++) drawn[i] = draw_layer(&stream, drawn_names[i]);
    return drawn;
}

static clockid_t watch = CLOCK_MONOTONIC;

static double now(void) {
    struct timespec t;
    clock_gettime(watch, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int less(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Something that does the layer's work once.
typedef struct peer {
    const char *name;
    limn_conv_call call;
    limn_packing counted; // whether packing counts
    limn_isa isa;
    const limn_conv_kernel *kernel;
#ifdef LIMN_WITH_DNNL
    dnnl_primitive_t primitive;
    dnnl_stream_t stream;
    dnnl_exec_arg_t args[3];
#endif
    double packing, times[RUNS];
} peer;

static void run(peer *p) {
    if (p->kernel) {
        p->kernel->run(&p->call);
        return;
    }
#ifdef LIMN_WITH_DNNL
    dnnl_primitive_execute(p->primitive, p->stream, 3, p->args);
    dnnl_stream_wait(p->stream);
#endif
}

static void *blocks[BLOCKS]; // of one layer
static int block_count;

// As in a plan, whose memory is one block on huge pages.
static void *block(size_t bytes) {
    if (block_count == BLOCKS) abort();
    return blocks[block_count++] = limn_alloc(bytes < (size_t)4 << 20 ? (size_t)4 << 20 : bytes);
}

static void free_blocks(void) {
    while (block_count > 0) limn_free(blocks[--block_count]);
}

static float *filled(size_t count) {
    float *data = block(count * sizeof(float));
    for (size_t i = 0; i < count; i++)
        data[i] = (float)(int)(i * 2654435761u >> 20 & 1023) / 1024 - 0.5f;
    return data;
}

#ifdef LIMN_WITH_DNNL
static dnnl_engine_t engine;

static dnnl_memory_t some(const_dnnl_primitive_desc_t desc, dnnl_query_t what) {
    const dnnl_memory_desc_t *md = dnnl_primitive_desc_query_md(desc, what, 0);
    dnnl_memory_t memory = NULL;
    dnnl_memory_create(&memory, md, engine, filled(dnnl_memory_desc_get_size(md) / 4));
    return memory;
}

static bool add_dnnl(peer *p, const limn_conv *v, limn_pass pass, dnnl_alg_kind_t kind) {
    if (v->upsample) return false;
    dnnl_memory_desc_t x, w, y;
    dnnl_dims_t xs = {v->n, v->c, v->h, v->w}, ws = {v->k, v->c, v->kh, v->kw};
    dnnl_dims_t ys = {v->n, v->k, v->oh, v->ow}, stride = {v->stride_y, v->stride_x},
                before = {v->top, v->left};
    dnnl_dims_t after = {(v->oh - 1) * v->stride_y + v->kh - v->top - v->h,
                         (v->ow - 1) * v->stride_x + v->kw - v->left - v->w};
    dnnl_memory_desc_init_by_tag(&x, 4, xs, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&w, 4, ws, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&y, 4, ys, dnnl_f32, dnnl_format_tag_any);
    dnnl_convolution_desc_t forward, desc;
    dnnl_convolution_forward_desc_init(&forward, dnnl_forward_training, kind, &x, &w, NULL, &y,
                                       stride, before, after);
    desc = forward;
    if (pass == LIMN_PASS_DATA)
        dnnl_convolution_backward_data_desc_init(&desc, kind, &x, &w, &y, stride, before, after);
    if (pass == LIMN_PASS_WEIGHT)
        dnnl_convolution_backward_weights_desc_init(&desc, kind, &x, &w, NULL, &y, stride, before,
                                                    after);
    dnnl_primitive_desc_t hint = NULL, made = NULL;
    if (dnnl_primitive_desc_create(&hint, &forward, NULL, engine, NULL)) return false;
    if (dnnl_primitive_desc_create(&made, &desc, NULL, engine, hint)) return false;
    if (dnnl_primitive_create(&p->primitive, made)) return false;
    dnnl_stream_create(&p->stream, engine, dnnl_stream_default_flags);
    dnnl_query_t src = pass == LIMN_PASS_DATA ? dnnl_query_diff_src_md : dnnl_query_src_md;
    dnnl_query_t filter =
        pass == LIMN_PASS_WEIGHT ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
    dnnl_query_t dst = pass == LIMN_PASS_FORWARD ? dnnl_query_dst_md : dnnl_query_diff_dst_md;
    p->args[0] = (dnnl_exec_arg_t){pass == LIMN_PASS_DATA ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC,
                                   some(made, src)};
    p->args[1] = (dnnl_exec_arg_t){
        pass == LIMN_PASS_WEIGHT ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, some(made, filter)};
    p->args[2] = (dnnl_exec_arg_t){pass == LIMN_PASS_FORWARD ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST,
                                   some(made, dst)};
    p->name = kind == dnnl_convolution_winograd ? "oneDNN winograd" : "oneDNN direct";
    return true;
}
#endif

static bool add_ours(peer *p, const limn_conv_kernel *kernel, const limn_conv *v, limn_pass pass,
                     int threads, limn_type type) {
    if (kernel->decline(v, pass, type, type)) return false;
    if (kernel->approximate && type == LIMN_FLOAT) return false;
    size_t x = (size_t)v->n * (size_t)(v->c + 16) * (size_t)v->h * (size_t)v->w;
    size_t y = (size_t)v->n * (size_t)(v->k + 16) * (size_t)v->oh * (size_t)v->ow;
    size_t taps = (size_t)v->k * (size_t)v->c * (size_t)(v->kh * v->kw);
    float *w = filled(taps);
    void *packed = block(kernel->packed_bytes(v, pass));
    p->name = kernel->name;
    p->kernel = kernel;
    for (int i = 0; i < 3 && pass != LIMN_PASS_WEIGHT; i++) {
        double start = now();
        kernel->pack(v, pass, w, packed, threads);
        double spent = now() - start;
        if (i == 0 || spent < p->packing) p->packing = spent;
    }
    p->call = (limn_conv_call){.conv = v,
                               .pass = pass,
                               .threads = threads,
                               .packed = packed,
                               .x = pass == LIMN_PASS_DATA ? filled(y) : filled(x),
                               .dy = filled(y),
                               .y = pass == LIMN_PASS_DATA     ? filled(x)
                                    : pass == LIMN_PASS_WEIGHT ? w
                                                               : filled(y),
                               .x_type = type,
                               .y_type = type,
                               .scratch = block(kernel->scratch_bytes(v, pass, threads))};
    return true;
}

typedef struct job {
    const limn_conv_kernel *kernels[32];
    limn_isa isa;
    int threads, repeats;
    bool dnnl, regret, calibrate;
    limn_type type;
    double ratios, worst; // regret: their sum, the largest
    int count;
} job;

// ---- calibration ----

// What was seen of a kernel: times as sums of costs.
typedef struct seen {
    const limn_conv_kernel *kernel;
    bool weight;
    double cost[3], seconds;
} seen;

static seen all_seen[8192];
static int seen_count;

static void note_seen(const peer *p) {
    const limn_conv_call *call = &p->call;
    limn_conv_cost cost = p->kernel->cost(call->conv, call->pass);
    bool weight = call->pass == LIMN_PASS_WEIGHT;
    if (seen_count + 2 > (int)(sizeof all_seen / sizeof *all_seen)) abort();
    all_seen[seen_count++] = (seen){
        p->kernel, weight, {cost.products, cost.moved, weight ? cost.filters : 0}, p->times[0]};
    if (!weight)
        all_seen[seen_count++] = (seen){p->kernel, false, {0, 0, cost.filters}, p->packing};
}

// The rates, none below 0, with the least squares of relative errors: one rate after the other.
static void fit(const limn_conv_kernel *kernel, bool weight, double rate[3]) {
    rate[0] = rate[1] = rate[2] = 1e-12;
    for (int round = 0; round < 2000; round++)
        for (int i = 0; i < 3; i++) {
            double up = 0, down = 0;
            for (int s = 0; s < seen_count; s++) {
                const seen *it = &all_seen[s];
                if (it->kernel != kernel || it->weight != weight || it->cost[i] <= 0) continue;
                double other = 0;
                for (int o = 0; o < 3; o++) other += o == i ? 0 : it->cost[o] * rate[o];
                double scale = it->cost[i] / it->seconds;
                up += scale * (1 - other / it->seconds);
                down += scale * scale;
            }
            rate[i] = down > 0 && up > 0 ? up / down : 0;
        }
}

static void print_name(const char *name) {
    printf("#define RATES_");
    for (; *name; name++)
        putchar(isalnum((unsigned char)*name) ? toupper((unsigned char)*name) : '_');
}

static void print_rates_of(limn_isa isa) {
    const limn_conv_kernel *kernel;
    for (int i = 0; (kernel = limn_conv_kernel_at(isa, i)); i++) {
        if (!kernel->cost) continue;
        print_name(kernel->name);
        for (int weight = 0; weight < 2; weight++) {
            double rate[3];
            fit(kernel, weight, rate);
            printf("%s{%.4g, %.4g, %.4g}", weight ? ", " : " {", 1e9 * rate[0], 1e9 * rate[1],
                   1e9 * rate[2]);
        }
        printf("}\n");
    }
}

static double best_of(const peer *p) {
    return p->times[0] + (p->counted == LIMN_PACKED_ONCE ? 0 : p->packing);
}

static double predicted(const peer *p) {
    return limn_conv_seconds(p->kernel, p->isa, p->call.conv, p->call.pass, p->counted);
}

static void print_regret(job *it, const peer *peers, int count) {
    const peer *best = peers, *chosen = peers;
    for (int i = 1; i < count; i++) {
        if (best_of(&peers[i]) < best_of(best)) best = &peers[i];
        if (limn_conv_is_faster(predicted(&peers[i]), predicted(chosen))) chosen = &peers[i];
    }
    double ratio = best_of(chosen) / best_of(best);
    printf("    %s %.3f ms (%.3f), best %s %.3f ms (%.3f): %.2f\n", chosen->name,
           1e3 * best_of(chosen), 1e3 * predicted(chosen), best->name, 1e3 * best_of(best),
           1e3 * predicted(best), ratio);
    it->ratios += ratio;
    it->worst = ratio > it->worst ? ratio : it->worst;
    it->count++;
}

static void print_rates(const job *it, const limn_conv *v, const peer *peers, int count) {
    double work = 2. * v->n * v->k * v->oh * v->ow * v->c * v->kh * v->kw * 1e-9;
    for (int i = 0; i < count; i++) {
        double best = peers[i].times[0], median = peers[i].times[it->repeats / 2];
        printf("    %-18s best %6.0f median %6.0f GFLOP/s   %.3f ms", peers[i].name, work / best,
               work / median, 1e3 * best);
        if (peers[i].packing > 0) printf("   packing %.2f ms", 1e3 * peers[i].packing);
        printf("\n");
    }
}

static void bench(job *it, const layer *l, limn_pass pass) {
    static const char *const passes[] = {"forward", "data", "weight"};
    static peer peers[PEERS];
    memset(peers, 0, sizeof peers);
    const limn_conv *v = &l->conv;
    int count = 0;
    if (!it->calibrate) printf("%s %s\n", l->name, passes[pass]);
    for (int i = 0; it->kernels[i] && count < PEERS - 2; i++)
        if (add_ours(&peers[count], it->kernels[i], v, pass, it->threads, it->type)) count++;
#ifdef LIMN_WITH_DNNL
    if (it->dnnl && add_dnnl(&peers[count], v, pass, dnnl_convolution_direct)) count++;
    if (it->dnnl && add_dnnl(&peers[count], v, pass, dnnl_convolution_winograd)) count++;
#endif
    for (int i = 0; i < count; i++) peers[i].counted = l->packing, peers[i].isa = it->isa;
    for (int i = 0; i < count; i++) run(&peers[i]);
    for (int r = 0; r < it->repeats; r++)
        for (int i = 0; i < count; i++) {
            double start = now();
            run(&peers[i]);
            peers[i].times[r] = now() - start;
        }
    for (int i = 0; i < count; i++)
        qsort(peers[i].times, (size_t)it->repeats, sizeof(double), less);
    for (int i = 0; i < count && it->calibrate; i++) note_seen(&peers[i]);
    if (!it->regret)
        print_rates(it, v, peers, count);
    else if (count && !it->calibrate)
        print_regret(it, peers, count);
    fflush(stdout);
    free_blocks();
}

// Those of Winograd and the matrix unit; for the regret all, in the order in which they are
// offered.
static void take_kernels(job *it) {
    limn_isa isa = it->isa;
    const limn_conv_kernel *const *own = isa == LIMN_ISA_AMX      ? limn_bf16_amx
                                         : isa >= LIMN_ISA_AVX512 ? limn_winograd_avx512
                                         : isa == LIMN_ISA_AVX2   ? limn_winograd_avx2
                                                                  : limn_winograd_baseline;
    for (int i = 0; i < 31; i++) {
        it->kernels[i] = it->regret ? limn_conv_kernel_at(isa, i) : own[i];
        if (!it->kernels[i]) return;
    }
}

int main(int count, char **words) {
    job it = {
        .isa = limn_isa_best(), .threads = limn_threads_available(), .repeats = 15, .dnnl = true};
    int only = -1, pass = -1, option, known = LAYERS;
    const layer *list = layers;
    static layer drawn[DRAWN];
    while ((option = getopt(count, words, "i:p:t:r:l:d:xbcgk")) != -1) {
        if (option == 'i' && !limn_isa_find(optarg, &it.isa)) return 2;
        if (option == 'p') pass = *optarg == 'f' ? 0 : *optarg == 'd' ? 1 : 2;
        if (option == 't') it.threads = atoi(optarg);
        if (option == 'r') it.repeats = atoi(optarg);
        if (option == 'l') only = atoi(optarg);
        if (option == 'g') it.regret = true;
        if (option == 'k') it.regret = it.calibrate = true;
        if (option == 'x') it.dnnl = false;
        if (option == 'c') watch = CLOCK_PROCESS_CPUTIME_ID;
        if (option == 'b') it.type = LIMN_BF16;
        if (option == 'd') list = draw_layers(atoi(optarg), drawn), known = DRAWN;
    }
    if (it.repeats > RUNS || it.repeats < 1) it.repeats = RUNS;
    it.dnnl &= !it.regret;
    take_kernels(&it);
    if (watch == CLOCK_MONOTONIC) limn_threads_bind(it.threads);
#ifdef LIMN_WITH_DNNL
    omp_set_num_threads(it.threads);
    if (it.isa == LIMN_ISA_AVX2) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2);
    if (it.isa == LIMN_ISA_AVX512) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core);
    dnnl_engine_create(&engine, dnnl_cpu, 0);
#endif
    for (int i = 0; i < known; i++)
        for (int p = 0; p < 3; p++)
            if ((only < 0 || only == i) && (pass < 0 || pass == p))
                bench(&it, &list[i], (limn_pass)p);
    if (it.calibrate) {
        draw_layers(7, drawn);
        for (int i = 0; i < DRAWN; i++)
            for (int p = 0; p < 3; p++) bench(&it, &drawn[i], (limn_pass)p);
        print_rates_of(it.isa);
    }
    if (it.count)
        printf("regret of %d: mean %.3f, worst %.3f\n", it.count, it.ratios / it.count, it.worst);
    return 0;
}
