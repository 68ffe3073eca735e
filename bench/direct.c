// Times the direct convolution kernels of one instruction set: direct [isa [layer]]. A line a
// layer, for each pass: kernel, best time, GFLOP/s, part of the multiply-add ceiling measured
// between runs, and in brackets oneDNN's time over ours. THREADS=1 counts processor time, for busy
// machines.
#include "base/cpu.h"
#include "base/memory.h"
#include "base/threads.h"
#include "device/conv.h"
#include "device/gemm.h"
#ifdef LIMN_WITH_DNNL
#include "onednn.h"

#include <omp.h>
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct layer {
    const char *name;
    limn_conv conv;
} layer;

#define SQUARE(title, batch, in, size, out, small, kernel, stride, pad)                            \
    {                                                                                              \
        title, {                                                                                   \
            .n = batch, .c = in, .h = size, .w = size, .k = out, .oh = small, .ow = small,         \
            .kh = kernel, .kw = kernel, .stride_y = stride, .stride_x = stride, .groups = 1,       \
            .top = pad, .left = pad                                                                \
        }                                                                                          \
    }

static const layer layers[] = {
    SQUARE("3x3 s2 32-64 512", 1, 32, 512, 64, 256, 3, 2, 1),
    SQUARE("3x3 s2 64-128 256", 1, 64, 256, 128, 128, 3, 2, 1),
    SQUARE("4x4 s2 64-128 256", 1, 64, 256, 128, 128, 4, 2, 1),
    SQUARE("5x5 s2 128-256 16 b64", 64, 128, 16, 256, 8, 5, 2, 2),
    SQUARE("1x1 256-256 64", 1, 256, 64, 256, 64, 1, 1, 0),
    SQUARE("7x7 3-64 192", 1, 3, 192, 64, 192, 7, 1, 3),
    SQUARE("7x7 64-3 192", 1, 64, 192, 3, 192, 7, 1, 3),
    SQUARE("4x4 s2 3-64 256", 1, 3, 256, 64, 128, 4, 2, 1),
    SQUARE("4x4 512-1 31", 4, 512, 31, 1, 30, 4, 1, 1),
    SQUARE("4x4 s2 256-512 32", 1, 256, 32, 512, 16, 4, 2, 1),
};

static double now(int threads) {
    struct timespec t;
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// The rate of multiply-adds that touch no memory, in GFLOP/s: what a kernel is measured against.
#define ADDS(v)                                                                                    \
    v("0") v("1") v("2") v("3") v("4") v("5") v("6") v("7") v("8") v("9") v("10") v("11")
#define WIDE(r) "vfmadd231ps %%zmm12, %%zmm13, %%zmm" r "\n"
#define NARROW(r) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" r "\n"
#define CLOBBER                                                                                    \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",       \
        "xmm11", "xmm12", "xmm13"

__attribute__((target("avx512f"))) static void wide(void) {
    __asm__ volatile("vpxorq %%zmm12, %%zmm12, %%zmm12\nvpxorq %%zmm13, %%zmm13, %%zmm13\n" ADDS(
                         WIDE) ADDS(WIDE)::
                         : CLOBBER);
}

__attribute__((target("avx2,fma"))) static void narrow(void) {
    __asm__ volatile("vxorps %%ymm12, %%ymm12, %%ymm12\nvxorps %%ymm13, %%ymm13, %%ymm13\n" ADDS(
                         NARROW) ADDS(NARROW)::
                         : CLOBBER);
}

static void ceiling_body(void *context, int thread, int threads) {
    (void)thread, (void)threads;
    bool is_wide = *(bool *)context;
    for (int i = 0; i < 20000; i++) is_wide ? wide() : narrow();
}

static double ceiling(int lanes, int threads) {
    bool is_wide = lanes == 16;
    double start = now(threads);
    limn_parallel(threads, ceiling_body, &is_wide);
    return 20000.0 * 24 * 2e-9 * lanes * threads / (now(threads) - start);
}

static float *noise(size_t n) {
    float *v = limn_alloc(n * sizeof *v);
    uint32_t s = 1;
    for (size_t i = 0; i < n; i++)
        s = s * 1664525u + 1013904223u, v[i] = (float)(s >> 8) * 0x1p-24f;
    return v;
}

static size_t most(size_t a, size_t b) {
    return a > b ? a : b;
}

static double time_kernel(const limn_conv *v, limn_pass pass, const limn_conv_kernel *kernel,
                          int threads, int lanes, double *peak, double *judge) {
    size_t x = (size_t)v->n * limn_round_up((size_t)v->c, 16) * (size_t)v->h * (size_t)v->w;
    size_t y = (size_t)v->n * limn_round_up((size_t)v->k, 16) * (size_t)v->oh * (size_t)v->ow;
    size_t w = (size_t)v->c * (size_t)v->k * (size_t)v->kh * (size_t)v->kw;
    float *maps[3] = {noise(x), noise(y), noise(w)};
    void *packed = limn_alloc(kernel->packed_bytes(v, pass) + 64);
    void *scratch = limn_alloc(kernel->scratch_bytes(v, pass, threads) + 64);
    float *result = limn_alloc(most(most(x, y), w) * sizeof *result);
    if (pass != LIMN_PASS_WEIGHT) kernel->pack(v, pass, maps[2], packed, threads);
    limn_conv_call call = {.conv = v,
                           .pass = pass,
                           .threads = threads,
                           .x = maps[pass == LIMN_PASS_DATA],
                           .dy = maps[1],
                           .packed = packed,
                           .y = result,
                           .scratch = scratch};
#ifdef LIMN_WITH_DNNL
    limn_onednn *other = NULL;
    if (limn_onednn_new(v, pass, kernel->plain_x && v->c <= 4, false, lanes, &other))
        fprintf(stderr, "%s\n", limn_message());
    void *second = pass == LIMN_PASS_WEIGHT ? maps[1] : result;
#endif
    *judge = 1e9;
    double best = 1e9, begin = now(threads);
    for (int i = 0; i < 40 && (i < 3 || now(threads) - begin < 0.25); i++) {
        double start = now(threads);
        kernel->run(&call);
        double time = now(threads) - start;
        if (time < best) best = time;
#ifdef LIMN_WITH_DNNL
        if (other && (i == 0 || *judge < 0.2)) {
            start = now(threads);
            limn_onednn_run(other, (void *)call.x, second);
            time = now(threads) - start;
            if (time < *judge) *judge = time;
        }
#endif
        double rate = ceiling(lanes, threads);
        if (rate > *peak) *peak = rate;
    }
    for (int i = 0; i < 3; i++) limn_free(maps[i]);
#ifdef LIMN_WITH_DNNL
    limn_onednn_free(other);
#endif
    limn_free(packed), limn_free(scratch), limn_free(result);
    return best;
}

static const limn_conv_kernel *find(limn_isa isa, const limn_conv *v, limn_pass pass) {
    const limn_conv_kernel *kernel;
    for (int i = 0; (kernel = limn_conv_kernel_at(isa, i)); i++)
        if (!strncmp(kernel->name, "direct", 6) &&
            !kernel->decline(v, pass, LIMN_FLOAT, LIMN_FLOAT))
            return kernel;
    return NULL;
}

// C = op(A) op(B) of sizes that networks have.
static void time_products(limn_isa isa, int threads) {
    static const struct {
        const char *name;
        bool ta, tb;
        size_t m, n, k;
    } products[] = {
        {"512 x 512 x 512", false, false, 512, 512, 512},
        {"batch 64: 8192 to 100", false, true, 64, 100, 8192},
        {"Gram 64 of 65536", false, true, 64, 64, 65536},
        {"Gram 256 of 4096", false, true, 256, 256, 4096},
        {"matrix 2048 x 2048, vector", false, false, 2048, 1, 2048},
    };
    double peak = 0;
    for (int i = 0; i < (int)(sizeof products / sizeof *products); i++) {
        size_t m = products[i].m, n = products[i].n, k = products[i].k;
        float *a = noise(m * k), *b = noise(k * n), *c = noise(m * n);
        void *scratch = limn_alloc(limn_gemm_scratch(threads));
        double best = 1e9;
        for (int run = 0; run < 30; run++) {
            double start = now(threads);
            limn_gemm(isa, threads, products[i].ta, products[i].tb, m, n, k, 1, a,
                      products[i].ta ? m : k, b, products[i].tb ? k : n, 0, c, n, scratch);
            double time = now(threads) - start, rate = ceiling(limn_isa_lanes(isa), threads);
            if (time < best) best = time;
            if (rate > peak) peak = rate;
        }
        double work = 2e-9 * (double)m * (double)n * (double)k;
        printf("%-28s %8.3f ms %6.1f GFLOP/s %3.0f %% of %.0f\n", products[i].name, best * 1e3,
               work / best, 100 * work / best / peak, peak);
        limn_free(a), limn_free(b), limn_free(c), limn_free(scratch);
    }
}

int main(int count, char **words) {
    limn_isa isa = limn_isa_best();
    if (count > 1 && !limn_isa_find(words[1], &isa)) return 2;
    int threads = limn_threads_available();
    if (getenv("THREADS")) threads = atoi(getenv("THREADS"));
    if (threads > 1) limn_threads_bind(threads);
    double peak = 0, judge = 0;
#ifdef LIMN_WITH_DNNL
    omp_set_num_threads(threads);
    limn_onednn_limit(limn_isa_lanes(isa));
#endif
    for (int i = 0; i < (int)(sizeof layers / sizeof *layers); i++) {
        const limn_conv *v = &layers[i].conv;
        if (count > 2 && !strstr(layers[i].name, words[2])) continue;
        double work = 2e-9 * v->n * v->k * (double)v->c * v->oh * v->ow * v->kh * v->kw;
        printf("%-24s", layers[i].name);
        for (int pass = 0; pass < 3; pass++) {
            const limn_conv_kernel *kernel = find(isa, v, (limn_pass)pass);
            if (!kernel) continue;
            double time = time_kernel(v, (limn_pass)pass, kernel, threads, limn_isa_lanes(isa),
                                      &peak, &judge);
            printf("  %7s %8.3f ms %5.1f G %3.0f %% (%.2f)", kernel->name + 6, time * 1e3,
                   work / time, 100 * work / time / peak, judge / time);
            fflush(stdout);
        }
        printf("  of %.0f\n", peak);
    }
    if (count <= 2 || strstr("products", words[2])) time_products(isa, threads);
    return 0;
}
