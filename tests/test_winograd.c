// The Winograd kernels, and those of the matrix unit, against convolution from its definition in
// double precision.
#define _GNU_SOURCE
#include "base/bf16.h"
#include "base/memory.h"
#include "device/bf16_kernels.h"
#include "device/winograd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <cmocka.h>

static const struct set {
    limn_isa isa;
    const limn_conv_kernel *const *kernels;
} sets[] = {
    {LIMN_ISA_BASELINE, limn_winograd_baseline},
    {LIMN_ISA_AVX2, limn_winograd_avx2},
    {LIMN_ISA_AVX512, limn_winograd_avx512},
    {LIMN_ISA_AVX512_BF16, limn_bf16_dots},
    {LIMN_ISA_AMX, limn_bf16_amx},
};

static unsigned seed;
static float noise(void) {
    float sum = 0;
    for (int i = 0; i < 4; i++) {
        seed = seed * 1664525u + 1013904223u;
        sum += (float)(seed >> 8) / (float)(1 << 24) - 0.5f;
    }
    return sum;
}

// --- maps ---

// A map: what it holds, after rounding to its type, and how a kernel stores it.
typedef struct map {
    int n, c, h, w;
    limn_type type;
    float *plain;
    void *stored;
    int lanes; // 1: plain
} map;

static size_t count_of(const map *m) {
    return (size_t)m->n * (size_t)m->c * (size_t)m->h * (size_t)m->w;
}

static map new_map(int n, int c, int h, int w, limn_type type) {
    map m = {.n = n, .c = c, .h = h, .w = w, .type = type};
    m.plain = malloc(count_of(&m) * sizeof(float));
    for (size_t i = 0; i < count_of(&m); i++) {
        float value = noise();
        m.plain[i] = type == LIMN_BF16 ? limn_bf16_float(limn_bf16(value)) : value;
    }
    return m;
}

static size_t channels_stored(const map *m) {
    return (size_t)((m->c + m->lanes - 1) / m->lanes * m->lanes);
}

// Where element (n, c, y, x) is stored.
static size_t stored_at(const map *m, int n, int c, int y, int x) {
    size_t l = (size_t)m->lanes, blocks = channels_stored(m) / l;
    return ((((size_t)n * blocks + (size_t)c / l) * (size_t)m->h + (size_t)y) * (size_t)m->w +
            (size_t)x) *
               l +
           (size_t)c % l;
}

// filled: with what it holds, lanes past the last channel zero; otherwise with ones in every bit.
static void lay_out(map *m, int lanes, bool filled) {
    m->lanes = lanes;
    size_t bytes =
        (size_t)m->n * channels_stored(m) * (size_t)(m->h * m->w) * (m->type == LIMN_BF16 ? 2 : 4);
    m->stored = limn_alloc_zeroed(bytes);
    if (!filled) memset(m->stored, 0xff, bytes);
    size_t at = 0;
    for (int n = 0; n < m->n && filled; n++)
        for (int c = 0; c < m->c; c++)
            for (int y = 0; y < m->h; y++)
                for (int x = 0; x < m->w; x++, at++) {
                    size_t to = stored_at(m, n, c, y, x);
                    if (m->type == LIMN_BF16)
                        ((uint16_t *)m->stored)[to] = limn_bf16(m->plain[at]);
                    else
                        ((float *)m->stored)[to] = m->plain[at];
                }
}

static double stored_value(const map *m, int n, int c, int y, int x) {
    size_t at = stored_at(m, n, c, y, x);
    return m->type == LIMN_BF16 ? (double)limn_bf16_float(((uint16_t *)m->stored)[at])
                                : (double)((float *)m->stored)[at];
}

// --- the definition ---

static int edge(int i, int n, limn_border border) {
    if (i >= 0 && i < n) return i;
    if (border == LIMN_BORDER_ZERO) return -1;
    if (border == LIMN_BORDER_REPLICATE) return i < 0 ? 0 : n - 1;
    return i < 0 ? -i : 2 * n - 2 - i;
}

// Calls for every product of the convolution: y += x * w by one of three meanings.
static void define(const limn_conv *v, const float *x, const float *w, const float *dy, double *sum,
                   limn_pass pass) {
    int scale = v->upsample ? 2 : 1;
    for (int n = 0; n < v->n; n++)
        for (int k = 0; k < v->k; k++)
            for (int i = 0; i < v->oh; i++)
                for (int j = 0; j < v->ow; j++) {
                    size_t at =
                        (((size_t)n * (size_t)v->k + (size_t)k) * (size_t)v->oh + (size_t)i) *
                            (size_t)v->ow +
                        (size_t)j;
                    for (int a = 0; a < v->kh; a++)
                        for (int b = 0; b < v->kw; b++) {
                            int row = edge(i * v->stride_y + a - v->top, v->h * scale, v->border);
                            int column =
                                edge(j * v->stride_x + b - v->left, v->w * scale, v->border);
                            if (row < 0 || column < 0) continue;
                            for (int c = 0; c < v->c; c++) {
                                size_t from =
                                    (((size_t)n * (size_t)v->c + (size_t)c) * (size_t)v->h +
                                     (size_t)(row / scale)) *
                                        (size_t)v->w +
                                    (size_t)(column / scale);
                                size_t tap =
                                    (((size_t)k * (size_t)v->c + (size_t)c) * (size_t)v->kh +
                                     (size_t)a) *
                                        (size_t)v->kw +
                                    (size_t)b;
                                if (pass == LIMN_PASS_FORWARD)
                                    sum[at] += (double)x[from] * (double)w[tap];
                                else if (pass == LIMN_PASS_DATA)
                                    sum[from] += (double)dy[at] * (double)w[tap];
                                else
                                    sum[tap] += (double)x[from] * (double)dy[at];
                            }
                        }
                }
}

typedef struct trial {
    limn_conv conv;
    limn_pass pass;
    limn_type x_type, y_type;
    int tail;      // bits: bias, act, add
    map x, y, add; // of the convolution; DATA reads y and writes x
    float *w, *bias;
    size_t taps;
    double *sum; // what is wanted, before the tail
} trial;

static double worst[2]; // of F(6x6), of the others

static map *result_of(trial *t) {
    return t->pass == LIMN_PASS_DATA ? &t->x : &t->y;
}

static void prepare(trial *t) {
    const limn_conv *v = &t->conv;
    bool data = t->pass == LIMN_PASS_DATA;
    t->x = new_map(v->n, v->c, v->h, v->w, data ? t->y_type : t->x_type);
    t->y = new_map(v->n, v->k, v->oh, v->ow, data ? t->x_type : t->y_type);
    const map *result = result_of(t);
    t->add = new_map(result->n, result->c, result->h, result->w, t->y_type);
    t->taps = (size_t)v->k * (size_t)v->c * (size_t)v->kh * (size_t)v->kw;
    t->w = malloc(t->taps * sizeof(float));
    t->bias = malloc((size_t)result->c * sizeof(float));
    for (size_t i = 0; i < t->taps; i++) t->w[i] = noise();
    for (int i = 0; i < result->c; i++) t->bias[i] = noise();
    t->sum = calloc(t->pass == LIMN_PASS_WEIGHT ? t->taps : count_of(result), sizeof(double));
    define(v, t->x.plain, t->w, t->y.plain, t->sum, t->pass);
}

static void release(trial *t) {
    free(t->x.plain), free(t->y.plain), free(t->add.plain);
    free(t->w), free(t->bias), free(t->sum);
}

// The largest error of a map, as a part of the largest sum; lanes past the channels must be zero.
static double map_error(trial *t) {
    const map *m = result_of(t);
    double largest = 1e-30, error = 0;
    size_t at = 0;
    for (int n = 0; n < m->n; n++)
        for (int c = 0; c < m->c; c++)
            for (int y = 0; y < m->h; y++)
                for (int x = 0; x < m->w; x++, at++) {
                    largest = fmax(largest, fabs(t->sum[at]));
                    double want = t->sum[at] + (t->tail & 1 ? (double)t->bias[c] : 0);
                    if (t->tail & 2 && want < 0) want *= (double)0.2f;
                    if (t->tail & 4) want += (double)t->add.plain[at];
                    double off = fabs(want - stored_value(m, n, c, y, x));
                    if (m->type == LIMN_BF16) off -= fabs(want) / 256;
                    if (!(off < INFINITY)) off = INFINITY;
                    error = fmax(error, off);
                }
    for (int c = m->c; c < (int)channels_stored(m); c++)
        for (int n = 0; n < m->n; n++)
            for (int y = 0; y < m->h; y++)
                for (int x = 0; x < m->w; x++) assert_true(stored_value(m, n, c, y, x) == 0);
    return error / largest;
}

static double weight_error(const trial *t, const float *dw) {
    double largest = 1e-30, error = 0;
    for (size_t i = 0; i < t->taps; i++) {
        double off = fabs(t->sum[i] - (double)dw[i]);
        error = fmax(error, off < INFINITY ? off : INFINITY);
        largest = fmax(largest, fabs(t->sum[i]));
    }
    return error / largest;
}

static double error_of(const limn_conv_kernel *kernel, int lanes, trial *t, int threads) {
    const limn_conv *v = &t->conv;
    bool data = t->pass == LIMN_PASS_DATA, weight = t->pass == LIMN_PASS_WEIGHT;
    int in = kernel->plain_x ? 1 : lanes, out = kernel->plain_y ? 1 : lanes;
    lay_out(&t->x, data ? out : in, !data);
    lay_out(&t->y, data ? in : out, data || weight);
    lay_out(&t->add, out, true);
    float *dw = malloc(t->taps * sizeof(float));
    // Guard bytes behind the memory a kernel asks for.
    size_t packed_bytes = kernel->packed_bytes(v, t->pass);
    size_t scratch_bytes = kernel->scratch_bytes(v, t->pass, threads);
    char *packed = limn_alloc(packed_bytes + 64), *scratch = limn_alloc(scratch_bytes + 64);
    memset(packed, 0xff, packed_bytes + 64);
    memset(scratch, 0xff, scratch_bytes + 64);
    memset(dw, 0xff, t->taps * sizeof(float));
    if (!weight) kernel->pack(v, t->pass, t->w, packed, threads);
    limn_conv_call call = {.conv = v,
                           .pass = t->pass,
                           .threads = threads,
                           .x = data ? t->y.stored : t->x.stored,
                           .dy = t->y.stored,
                           .packed = packed,
                           .y = weight ? (void *)dw : result_of(t)->stored,
                           .x_type = t->x_type,
                           .y_type = t->y_type,
                           .scratch = scratch};
    if (!weight)
        call.tail = (limn_tail){t->tail & 1 ? t->bias : NULL, t->tail & 2, 0.2f,
                                t->tail & 4 ? t->add.stored : NULL};
    kernel->run(&call);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal((unsigned char)scratch[scratch_bytes + i], 0xff);
        assert_int_equal((unsigned char)packed[packed_bytes + i], 0xff);
    }
    double error = weight ? weight_error(t, dw) : map_error(t);
    free(dw), limn_free(packed), limn_free(scratch);
    limn_free(t->x.stored), limn_free(t->y.stored), limn_free(t->add.stored);
    return error;
}

// Adds to `taken` how many exact kernels took it: those that round to bf16 stand for none of these.
static void try_all(trial *t, int *taken) {
    static int turn;
    prepare(t);
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        if (sets[s].isa > limn_isa_best()) continue;
        for (int i = 0; sets[s].kernels[i]; i++) {
            const limn_conv_kernel *kernel = sets[s].kernels[i];
            if (kernel->decline(&t->conv, t->pass, t->x_type, t->y_type)) continue;
            // One thread and two by turns: waiting threads cost time on a busy machine.
            int threads = 1 + turn++ % 2;
            double error = error_of(kernel, limn_isa_lanes(sets[s].isa), t, threads);
            const limn_conv *v = &t->conv;
            int which = !!strcmp(kernel->name, "winograd f6x6");
            worst[which] = fmax(worst[which], error);
            if (error > (kernel->approximate ? 1e-2 : 3e-5))
                fail_msg("%s %s pass %d: n %d c %d %dx%d k %d %dx%d taps %d pad %d,%d border %d "
                         "types %d %d tail %d threads %d: error %g",
                         limn_isa_name(sets[s].isa), kernel->name, t->pass, v->n, v->c, v->h, v->w,
                         v->k, v->oh, v->ow, v->kh, v->top, v->left, v->border, t->x_type,
                         t->y_type, t->tail, threads, error);
            *taken += !kernel->approximate;
        }
    }
    release(t);
}

static limn_conv shape(int n, int c, int h, int w, int k, int taps, int top, int left, int oh,
                       int ow, limn_border border, bool up) {
    return (limn_conv){.n = n,
                       .c = c,
                       .h = h,
                       .w = w,
                       .k = k,
                       .oh = oh,
                       .ow = ow,
                       .kh = taps,
                       .kw = taps,
                       .stride_y = 1,
                       .stride_x = 1,
                       .groups = 1,
                       .top = top,
                       .left = left,
                       .border = border,
                       .upsample = up};
}

// Every pass and border, both types in turn, with and without a tail.
static int passes(limn_conv conv) {
    int taken = 0, turn = 0;
    for (int border = 0; border < 3; border++) {
        conv.border = (limn_border)border;
        int up = conv.upsample ? 2 : 1;
        int after_y = (conv.oh - 1) * conv.stride_y + conv.kh - conv.top - conv.h * up;
        int after_x = (conv.ow - 1) * conv.stride_x + conv.kw - conv.left - conv.w * up;
        int most = conv.top > conv.left ? conv.top : conv.left;
        if (after_y > most) most = after_y;
        if (after_x > most) most = after_x;
        int least = (conv.h < conv.w ? conv.h : conv.w) * up;
        if (border == LIMN_BORDER_REFLECT && most >= least) continue;
        for (int pass = 0; pass < 3; pass++)
            for (int type = 0; type < 4; type++, turn++) {
                trial t = {.conv = conv,
                           .pass = (limn_pass)pass,
                           .x_type = type & 1 ? LIMN_BF16 : LIMN_FLOAT,
                           type & 2 ? LIMN_BF16 : LIMN_FLOAT,
                           turn % 8};
                try_all(&t, &taken);
            }
    }
    return taken;
}

static void test_three(void **state) {
    (void)state;
    for (int size = 1; size <= 9; size++)
        passes(shape(1, 3, size, size, 5, 3, 1, 1, size, size, 0, false));
    passes(shape(1, 1, 13, 7, 1, 3, 1, 1, 13, 7, 0, false));
    passes(shape(2, 19, 14, 23, 37, 3, 1, 1, 14, 23, 0, false));
    passes(shape(3, 33, 12, 12, 70, 3, 1, 1, 12, 12, 0, false));
    passes(shape(1, 8, 25, 18, 16, 3, 0, 0, 23, 16, 0, false));
    passes(shape(2, 16, 11, 10, 24, 3, 2, 2, 13, 12, 0, false));
    passes(shape(1, 5, 11, 10, 9, 3, 2, 0, 11, 10, 0, false));
    passes(shape(1, 5, 11, 10, 9, 3, 0, 1, 10, 9, 0, false));
    passes(shape(1, 130, 5, 6, 129, 3, 1, 1, 5, 6, 0, false));
    assert_true(passes(shape(1, 16, 40, 50, 32, 3, 1, 1, 40, 50, 0, false)) > 0);
}

// Instruction sets of this processor, as Winograd knows them.
static int sets_here(void) {
    int count = 0;
    for (int i = 0; i < 3; i++) count += sets[i].isa <= limn_isa_best();
    return count;
}

// Every border, pass and type is taken by every instruction set; one pixel cannot be reflected.
static void test_enlarged(void **state) {
    (void)state;
    for (int size = 1; size <= 13; size++)
        for (int taps = 3; taps <= 5; taps += 2) {
            int taken = passes(shape(1, 5, size, size + 1, 6, taps, taps / 2, taps / 2, 2 * size,
                                     2 * size + 2, 0, true));
            int borders = size == 1 && taps == 5 ? 2 : 3;
            assert_true(taken >= borders * 3 * 4 * sets_here());
        }
    assert_true(passes(shape(2, 19, 13, 11, 37, 3, 1, 1, 26, 22, 0, true)) > 0);
    assert_true(passes(shape(2, 19, 13, 11, 37, 5, 2, 2, 26, 22, 0, true)) > 0);
    passes(shape(1, 34, 21, 26, 18, 3, 1, 1, 42, 52, 0, true));
}

// Strips of an enlarged map: the first, those from its middle that begin at either row of a pixel,
// the last.
static void test_enlarged_strips(void **state) {
    (void)state;
    int each = 3 * 4 * sets_here(); // borders, types
    for (int rows = 1; rows <= 14; rows++)
        for (int top = -1; top <= 1; top++)
            assert_true(passes(shape(1, 19, 8, 6, 18, 3, top, 1, rows, 12, 0, true)) >= each);
    assert_true(passes(shape(2, 33, 8, 13, 34, 3, 0, 1, 15, 26, 0, true)) >= each);
}

static limn_conv halving(int n, int c, int h, int w, int k, int top, int left) {
    int oh = (h + 1) / 2, ow = (w + 1) / 2;
    limn_conv conv = shape(n, c, h, w, k, 5, top, left, oh, ow, 0, false);
    conv.stride_y = conv.stride_x = 2;
    return conv;
}

static limn_conv halving4(int n, int c, int h, int w, int k, int top, int left) {
    limn_conv conv = halving(n, c, h, w, k, top, left);
    conv.kh = conv.kw = 4;
    conv.oh = (h + 2 * top - 4) / 2 + 1, conv.ow = (w + 2 * left - 4) / 2 + 1;
    return conv;
}

// Filters made late, and where there are many tiles, stored.
static void test_halved4(void **state) {
    (void)state;
    int one = 4 * sets_here(); // types of a pass and border; the gradient in x has no border
    for (int rest = 0; rest < 3; rest++)
        assert_true(passes(halving4(1, 119, 26 - 2 * rest, 18, 99, 1, 1)) >= (3 + 1) * one);
    assert_true(passes(halving4(2, 19, 74, 82, 35, 1, 1)) >= (3 + 1 + 3) * one);
    assert_true(passes(halving4(1, 17, 40, 30, 18, 1, 1)) > 0);
    assert_true(passes(halving4(1, 137, 22, 21, 86, 0, 0)) > 0);
    assert_true(passes(halving4(2, 18, 41, 82, 33, 1, 0)) > 0);
}

static limn_conv halving3(int n, int c, int h, int w, int k, int top, int left) {
    limn_conv conv = halving(n, c, h, w, k, top, left);
    conv.kh = conv.kw = 3;
    return conv;
}

static void test_halved3(void **state) {
    (void)state;
    int one = 4 * sets_here();
    for (int size = 6; size <= 14; size += 2)
        assert_true(passes(halving3(1, 17, size, 36 - size, 18, 1, 1)) >= (3 + 1) * one);
    assert_true(passes(halving3(2, 19, 41, 32, 35, 1, 0)) >= 3 * one);
    assert_true(passes(halving3(1, 5, 62, 61, 16, 0, 0)) > 0);
}

static void test_halved(void **state) {
    (void)state;
    assert_true(passes(halving(3, 16, 8, 8, 16, 1, 1)) > 0);
    assert_true(passes(halving(2, 19, 16, 32, 37, 1, 1)) > 0);
    assert_true(passes(halving(1, 133, 22, 15, 98, 2, 1)) > 0);
    assert_true(passes(halving(1, 117, 14, 16, 113, 0, 2)) > 0);
    assert_true(passes(halving(1, 17, 14, 16, 33, 0, 2)) > 0);
}

// Filters of over a million numbers, more tiles than a block and a group hold, panels in two
// groups.
static void test_late(void **state) {
    (void)state;
    int taken = 0;
    trial forward = {.conv = halving(66, 550, 6, 6, 78, 1, 1),
                     .pass = LIMN_PASS_FORWARD,
                     .x_type = LIMN_FLOAT,
                     .y_type = LIMN_BF16,
                     .tail = 7};
    trial data = {.conv = halving(66, 78, 6, 6, 550, 2, 1),
                  .pass = LIMN_PASS_DATA,
                  .x_type = LIMN_BF16,
                  .y_type = LIMN_FLOAT};
    try_all(&forward, &taken);
    try_all(&data, &taken);
    assert_true(taken >= 4);
}

// Pictures side by side, in one strip and in several.
static void test_many(void **state) {
    (void)state;
    assert_true(passes(halving(35, 17, 8, 8, 33, 1, 1)) > 0);
    assert_true(passes(halving(66, 16, 5, 7, 16, 2, 1)) > 0);
    assert_true(passes(shape(33, 34, 4, 3, 18, 3, 1, 1, 4, 3, 0, false)) > 0);
    // Filters taken in parts; sums that go on from strip to strip.
    int taken = 0;
    for (int pass = 0; pass < 2; pass++) {
        trial t = {.conv = halving(17, pass ? 18 : 300, 4, 4, pass ? 300 : 18, 1, 1),
                   .pass = (limn_pass)pass,
                   .x_type = LIMN_BF16,
                   .y_type = LIMN_BF16};
        try_all(&t, &taken);
    }
    trial strips = {.conv = shape(33, 160, 28, 28, 16, 1, 0, 0, 28, 28, 0, false),
                    .pass = LIMN_PASS_WEIGHT,
                    .x_type = LIMN_BF16,
                    .y_type = LIMN_BF16};
    try_all(&strips, &taken);
    for (int pass = 0; pass < 3; pass++) {
        trial t = {.conv = shape(33, 17, 24, 24, 17, 3, 1, 1, 24, 24, 0, false),
                   .pass = (limn_pass)pass,
                   .x_type = LIMN_BF16,
                   .y_type = LIMN_BF16};
        try_all(&t, &taken);
    }
}

static void test_nine(void **state) {
    (void)state;
    for (int size = 5; size <= 8; size++)
        passes(shape(1, 3, size, size, 5, 9, 4, 4, size, size, 0, false));
    passes(shape(1, 3, 1, 2, 5, 9, 4, 4, 1, 2, 0, false));
    passes(shape(1, 5, 2, 1, 3, 9, 4, 4, 2, 1, 0, false));
    assert_true(passes(shape(2, 3, 21, 41, 35, 9, 4, 4, 21, 41, 0, false)) > 0);
    assert_true(passes(shape(2, 35, 41, 21, 3, 9, 4, 4, 41, 21, 0, false)) > 0);
    passes(shape(1, 1, 19, 18, 16, 7, 3, 3, 19, 18, 0, false));
    passes(shape(1, 16, 19, 18, 4, 7, 3, 3, 19, 18, 0, false));
    passes(shape(1, 4, 19, 18, 24, 5, 0, 4, 15, 18, 0, false));
    passes(shape(1, 24, 19, 18, 2, 5, 4, 0, 19, 14, 0, false));
}

static void test_large(void **state) {
    (void)state;
    for (int c = 64; c <= 512; c *= 2) {
        int taken = 0;
        memset(worst, 0, sizeof worst);
        trial t = {.conv = shape(1, c, 24, 24, 32, 3, 1, 1, 24, 24, 0, false)};
        try_all(&t, &taken);
        printf("c %d: largest error F(6x6) %.2g, F(4x4) %.2g\n", c, worst[0], worst[1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three),
        cmocka_unit_test(test_enlarged),
        cmocka_unit_test(test_enlarged_strips),
        cmocka_unit_test(test_halved4),
        cmocka_unit_test(test_halved3),
        cmocka_unit_test(test_halved),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_nine),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
