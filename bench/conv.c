// How fast the Winograd kernels and those of the matrix unit are: GFLOP/s counted as direct
// convolution, best and median, beside oneDNN where LIMN_WITH_DNNL is set (direct, and its own
// Winograd where it has one).
//
//   conv [-i avx2|avx512|amx] [-p forward|data|weight] [-t threads] [-r repeats] [-l layer] [-xbc]
//
// -x: without oneDNN, -b: bf16 maps, -c: processor time instead of time (busy machines; with -t 1)
#define _GNU_SOURCE
#include "base/memory.h"
#include "base/threads.h"
#include "device/amx.h"
#include "device/winograd.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef LIMN_WITH_DNNL
#include <oneapi/dnnl/dnnl.h>
#endif

typedef struct layer {
    const char *name;
    limn_conv conv;
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

#define HALVED(n_, c_, k_, side)                                                                   \
    {                                                                                              \
        .n = n_, .c = c_, .h = side, .w = side, .k = k_, .oh = (side) / 2, .ow = (side) / 2,       \
        .kh = 4, .kw = 4, .stride_y = 2, .stride_x = 2, .groups = 1, .top = 1, .left = 1           \
    }

#define HALVING(n_, c_, k_, side)                                                                  \
    {                                                                                              \
        .n = n_, .c = c_, .h = side, .w = side, .k = k_, .oh = (side) / 2, .ow = (side) / 2,       \
        .kh = 5, .kw = 5, .stride_y = 2, .stride_x = 2, .groups = 1, .top = 1, .left = 1           \
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
    {"/2 512>1024 8x8 n63", HALVING(63, 512, 1024, 8)},
    {"/2 256>512 8x8 n63", HALVING(63, 256, 512, 8)},
    {"/2 128>256 16x16 n63", HALVING(63, 128, 256, 16)},
    {"/2 64>128 32x32 n63", HALVING(63, 64, 128, 32)},
    {"32>32 128x128 n2", CONV(2, 32, 32, 128, 3, false)},
    {"2x 5x5 256>256 32x32 n2", MIRRORED(2, 256, 256, 32)},
    {"2x 5x5 256>128 64x64 n2", MIRRORED(2, 256, 128, 64)},
    {"2x 5x5 128>64 128x128 n2", MIRRORED(2, 128, 64, 128)},
    {"/2 4x4 64>128 192x192 n2", HALVED(2, 64, 128, 192)},
    {"/2 4x4 256>256 48x48 n2", HALVED(2, 256, 256, 48)},
};
enum { LAYERS = sizeof layers / sizeof *layers, PEERS = 8, RUNS = 200 };

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
    const limn_conv_kernel *kernel;
#ifdef LIMN_WITH_DNNL
    dnnl_primitive_t primitive;
    dnnl_stream_t stream;
    dnnl_exec_arg_t args[3];
#endif
    double times[RUNS];
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

// As in a plan, whose memory is one block on huge pages.
static void *block(size_t bytes) {
    return limn_alloc(bytes < (size_t)4 << 20 ? (size_t)4 << 20 : bytes);
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
    size_t x = (size_t)v->n * (size_t)(v->c + 16) * (size_t)v->h * (size_t)v->w;
    size_t y = (size_t)v->n * (size_t)(v->k + 16) * (size_t)v->oh * (size_t)v->ow;
    size_t taps = (size_t)v->k * (size_t)v->c * (size_t)(v->kh * v->kw);
    float *w = filled(taps);
    void *packed = block(kernel->packed_bytes(v, pass));
    p->name = kernel->name;
    p->kernel = kernel;
    if (pass != LIMN_PASS_WEIGHT) {
        double best = 1e9;
        for (int i = 0; i < 3; i++) {
            double start = now();
            kernel->pack(v, pass, w, packed, threads);
            double spent = now() - start;
            if (spent < best) best = spent;
        }
        printf("    pack %s %.2f ms\n", kernel->name, 1e3 * best);
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

static void bench(const layer *l, limn_pass pass, const limn_conv_kernel *const *kernels,
                  int threads, int repeats, bool dnnl, limn_type type) {
    static const char *const passes[] = {"forward", "data", "weight"};
    static peer peers[PEERS];
    memset(peers, 0, sizeof peers);
    const limn_conv *v = &l->conv;
    int count = 0;
    printf("%s %s\n", l->name, passes[pass]);
    for (int i = 0; kernels[i] && count < PEERS - 2; i++)
        if (add_ours(&peers[count], kernels[i], v, pass, threads, type)) count++;
#ifdef LIMN_WITH_DNNL
    if (dnnl && add_dnnl(&peers[count], v, pass, dnnl_convolution_direct)) count++;
    if (dnnl && add_dnnl(&peers[count], v, pass, dnnl_convolution_winograd)) count++;
#endif
    (void)dnnl;
    for (int i = 0; i < count; i++) run(&peers[i]);
    for (int r = 0; r < repeats; r++)
        for (int i = 0; i < count; i++) {
            double start = now();
            run(&peers[i]);
            peers[i].times[r] = now() - start;
        }
    double work = 2. * v->n * v->k * v->oh * v->ow * v->c * v->kh * v->kw * 1e-9;
    for (int i = 0; i < count; i++) {
        qsort(peers[i].times, (size_t)repeats, sizeof(double), less);
        double best = peers[i].times[0], median = peers[i].times[repeats / 2];
        printf("    %-18s best %6.0f median %6.0f GFLOP/s   %.3f ms\n", peers[i].name, work / best,
               work / median, 1e3 * best);
    }
    fflush(stdout);
}

int main(int count, char **words) {
    limn_isa isa = limn_isa_best();
    int threads = limn_threads_available(), repeats = 15, only = -1, pass = -1, option;
    bool dnnl = true;
    limn_type type = LIMN_FLOAT;
    while ((option = getopt(count, words, "i:p:t:r:l:xbc")) != -1) {
        if (option == 'i' && !limn_isa_find(optarg, &isa)) return 2;
        if (option == 'p') pass = *optarg == 'f' ? 0 : *optarg == 'd' ? 1 : 2;
        if (option == 't') threads = atoi(optarg);
        if (option == 'r') repeats = atoi(optarg);
        if (option == 'l') only = atoi(optarg);
        if (option == 'x') dnnl = false;
        if (option == 'c') watch = CLOCK_PROCESS_CPUTIME_ID;
        if (option == 'b') type = LIMN_BF16;
    }
    if (repeats > RUNS || repeats < 1) repeats = RUNS;
    const limn_conv_kernel *const *kernels = isa == LIMN_ISA_AMX      ? limn_amx
                                             : isa >= LIMN_ISA_AVX512 ? limn_winograd_avx512
                                             : isa == LIMN_ISA_AVX2   ? limn_winograd_avx2
                                                                      : limn_winograd_baseline;
    omp_set_num_threads(threads);
    if (watch == CLOCK_MONOTONIC) limn_threads_bind(threads);
#ifdef LIMN_WITH_DNNL
    if (isa == LIMN_ISA_AVX2) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2);
    if (isa == LIMN_ISA_AVX512) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core);
    dnnl_engine_create(&engine, dnnl_cpu, 0);
#endif
    for (int i = 0; i < LAYERS; i++)
        for (int p = 0; p < 3; p++)
            if ((only < 0 || only == i) && (pass < 0 || pass == p))
                bench(&layers[i], (limn_pass)p, kernels, threads, repeats, dnnl, type);
    return 0;
}
