// The direct convolution kernels and the matrix product against plain sums in double precision.
#include "base/cpu.h"
#include "base/memory.h"
#include "device/conv.h"
#include "device/gemm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t state = 1;

static float next_random(void) {
    state = state * 1664525u + 1013904223u;
    return (float)(int32_t)state / 2147483648.0f;
}

static int below(int n) {
    return (int)((next_random() * 0.5f + 0.5f) * 0.99999f * (float)n);
}

static float round_bf16(float v) {
    uint32_t bits;
    memcpy(&bits, &v, 4);
    bits = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u;
    memcpy(&v, &bits, 4);
    return v;
}

// A plain map of floats as the kernel wants it: blocked or plain, float or bf16.
typedef struct map {
    int n, c, h, w;
    float *plain;
} map;

static size_t count(const map *m) {
    return (size_t)m->n * (size_t)m->c * (size_t)m->h * (size_t)m->w;
}

static map make(int n, int c, int h, int w, bool bf16) {
    map m = {n, c, h, w, NULL};
    m.plain = malloc(count(&m) * sizeof(float));
    for (size_t i = 0; i < count(&m); i++)
        m.plain[i] = bf16 ? round_bf16(next_random()) : next_random();
    return m;
}

static size_t stored_count(const map *m, bool plain, int lanes) {
    int c = plain ? m->c : (m->c + lanes - 1) / lanes * lanes;
    return (size_t)m->n * (size_t)c * (size_t)m->h * (size_t)m->w;
}

static size_t place(const map *m, bool plain, int lanes, int n, int c, size_t at) {
    size_t plane = (size_t)m->h * (size_t)m->w;
    if (plain) return ((size_t)n * (size_t)m->c + (size_t)c) * plane + at;
    size_t blocks = (size_t)((m->c + lanes - 1) / lanes);
    return (((size_t)n * blocks + (size_t)(c / lanes)) * plane + at) * (size_t)lanes +
           (size_t)(c % lanes);
}

static void *stored(const map *m, bool plain, int lanes, limn_type type) {
    size_t total = stored_count(m, plain, lanes), size = type == LIMN_BF16 ? 2 : 4;
    char *bytes = limn_alloc_zeroed(total * size + 64);
    size_t plane = (size_t)m->h * (size_t)m->w;
    for (int n = 0; n < m->n; n++)
        for (int c = 0; c < m->c; c++)
            for (size_t i = 0; i < plane; i++) {
                float v = m->plain[((size_t)n * (size_t)m->c + (size_t)c) * plane + i];
                uint32_t bits;
                memcpy(&bits, &v, 4);
                uint16_t half = (uint16_t)(bits >> 16);
                size_t at = place(m, plain, lanes, n, c, i);
                memcpy(bytes + at * size, type == LIMN_BF16 ? (void *)&half : (void *)&v, size);
            }
    return bytes;
}

static float fetch(const void *map_, limn_type type, size_t at) {
    if (type == LIMN_FLOAT) return ((const float *)map_)[at];
    uint32_t bits = (uint32_t)((const uint16_t *)map_)[at] << 16;
    float v;
    memcpy(&v, &bits, 4);
    return v;
}

static int border(limn_border rule, int i, int size) {
    if (i >= 0 && i < size) return i;
    if (rule == LIMN_BORDER_ZERO) return -1;
    if (rule == LIMN_BORDER_REPLICATE || size == 1) return i < 0 ? 0 : size - 1;
    while (i < 0 || i >= size) i = i < 0 ? -i : 2 * size - 2 - i;
    return i;
}

// Visits every product of the convolution: out receives, in[0] and in[1] are multiplied.
static void reference(const limn_conv *v, limn_pass pass, const float *a, const float *b,
                      double *out) {
    for (int n = 0; n < v->n; n++)
        for (int k = 0; k < v->k; k++)
            for (int c = 0; c < v->c; c++)
                for (int i = 0; i < v->oh; i++)
                    for (int p = 0; p < v->kh; p++) {
                        int y = border(v->border, i * v->stride_y + p - v->top, v->h);
                        if (y < 0) continue;
                        for (int j = 0; j < v->ow; j++)
                            for (int q = 0; q < v->kw; q++) {
                                int x = border(v->border, j * v->stride_x + q - v->left, v->w);
                                if (x < 0) continue;
                                size_t xi = (size_t)(((n * v->c + c) * v->h + y) * v->w + x);
                                size_t yi = (size_t)(((n * v->k + k) * v->oh + i) * v->ow + j);
                                size_t wi = (size_t)(((k * v->c + c) * v->kh + p) * v->kw + q);
                                if (pass == LIMN_PASS_FORWARD)
                                    out[yi] += (double)a[xi] * (double)b[wi];
                                else if (pass == LIMN_PASS_DATA)
                                    out[xi] += (double)a[yi] * (double)b[wi];
                                else
                                    out[wi] += (double)a[xi] * (double)b[yi];
                            }
                    }
}

static void fail_case(const limn_conv *v, limn_pass pass, const char *kernel, limn_isa isa,
                      int threads, limn_type xt, limn_type yt, double error) {
    fail_msg("%s %s pass %d: n %d c %d %dx%d k %d %dx%d kernel %dx%d stride %d,%d pad %d,%d "
             "border %d threads %d types %d %d: error %g",
             limn_isa_name(isa), kernel, pass, v->n, v->c, v->h, v->w, v->k, v->oh, v->ow, v->kh,
             v->kw, v->stride_y, v->stride_x, v->top, v->left, v->border, threads, xt, yt, error);
}

static void check(const limn_conv *v, limn_pass pass, const limn_conv_kernel *kernel, limn_isa isa,
                  int threads, limn_type xt, limn_type yt, bool with_tail) {
    if (kernel->decline(v, pass, xt, yt)) return;
    int lanes = limn_isa_lanes(isa);
    bool weight = pass == LIMN_PASS_WEIGHT, data = pass == LIMN_PASS_DATA;
    map x = make(v->n, v->c, v->h, v->w, xt == LIMN_BF16);
    map dy = make(v->n, v->k, v->oh, v->ow, (weight ? yt : xt) == LIMN_BF16);
    map w = make(v->k, v->c, v->kh, v->kw, false);
    map *in = data ? &dy : &x, *out = weight ? &w : data ? &x : &dy;
    double *expected = calloc(count(out), sizeof *expected);
    reference(v, pass, in->plain, weight ? dy.plain : w.plain, expected);

    float *bias = malloc((size_t)out->c * sizeof *bias);
    for (int c = 0; c < out->c; c++) bias[c] = next_random();
    map add = make(out->n, out->c, out->h, out->w, yt == LIMN_BF16);
    bool tail = with_tail && !weight;
    double largest = 0;
    for (size_t i = 0; tail && i < count(out); i++) {
        double z =
            expected[i] + (double)bias[i / ((size_t)out->h * (size_t)out->w) % (size_t)out->c];
        expected[i] = (z < 0 ? z * 0.2 : z) + (double)add.plain[i];
    }

    for (size_t i = 0; i < count(out); i++)
        if (fabs(expected[i]) > largest) largest = fabs(expected[i]);

    void *from = stored(in, kernel->plain_x, lanes, xt);
    void *second = weight ? stored(&dy, kernel->plain_y, lanes, yt) : NULL;
    void *added = stored(&add, kernel->plain_y, lanes, yt);
    size_t total = weight ? count(out) : stored_count(out, kernel->plain_y, lanes);
    limn_type out_type = weight ? LIMN_FLOAT : yt;
    size_t size = out_type == LIMN_BF16 ? 2 : 4, guard = 64;
    unsigned char *result = limn_alloc(total * size + guard);
    memset(result, 0xc5, total * size + guard);
    size_t room = kernel->scratch_bytes(v, pass, threads), packing = kernel->packed_bytes(v, pass);
    unsigned char *scratch = limn_alloc(room + guard), *packed = limn_alloc(packing + guard);
    memset(scratch, 0xff, room + guard); // NaN
    memset(packed, 0xff, packing + guard);
    if (!weight) kernel->pack(v, pass, w.plain, packed, threads);
    limn_conv_call call = {.conv = v,
                           .pass = pass,
                           .threads = threads,
                           .x = from,
                           .dy = second,
                           .packed = packed,
                           .y = result,
                           .x_type = xt,
                           .y_type = yt,
                           .scratch = scratch};
    if (tail) call.tail = (limn_tail){bias, true, 0.2f, added};
    kernel->run(&call);

    double worst = 0, unit = largest > 1 ? largest : 1;
    bool plain = weight || kernel->plain_y;
    for (int n = 0; n < out->n; n++)
        for (int c = 0; c < out->c; c++)
            for (size_t i = 0; i < (size_t)out->h * (size_t)out->w; i++) {
                size_t at =
                    ((size_t)n * (size_t)out->c + (size_t)c) * (size_t)out->h * (size_t)out->w + i;
                double got = (double)fetch(result, out_type, place(out, plain, lanes, n, c, i));
                double error = fabs(got - expected[at]) / unit;
                if (!(error <= worst)) worst = error;
            }
    double allowed = out_type == LIMN_BF16 ? 4e-3 : 6e-6;
    if (!(worst <= allowed)) fail_case(v, pass, kernel->name, isa, threads, xt, yt, worst);
    if (!plain) // lanes past the last channel
        for (int n = 0; n < out->n; n++)
            for (int c = out->c; c % lanes; c++)
                for (size_t i = 0; i < (size_t)out->h * (size_t)out->w; i++)
                    if (fetch(result, out_type, place(out, false, lanes, n, c, i)) != 0)
                        fail_case(v, pass, "lanes past the end", isa, threads, xt, yt, 0);
    for (size_t i = 0; i < guard; i++) {
        assert_int_equal(result[total * size + i], 0xc5);
        assert_int_equal(scratch[room + i], 0xff);
        assert_int_equal(packed[packing + i], 0xff);
    }
    limn_free(from), limn_free(second), limn_free(added), limn_free(result), limn_free(scratch);
    limn_free(packed), free(x.plain), free(dy.plain), free(w.plain), free(add.plain);
    free(expected), free(bias);
}

static int passes_taken = 0;

static void check_kernel(const limn_conv *v, const limn_conv_kernel *kernel, limn_isa isa,
                         int number) {
    for (int pass = 0; pass < 3; pass++) {
        int threads = 1 + (number + pass) % 3;
        passes_taken += !kernel->decline(v, (limn_pass)pass, LIMN_FLOAT, LIMN_FLOAT);
        check(v, (limn_pass)pass, kernel, isa, threads, LIMN_FLOAT, LIMN_FLOAT, number % 2);
        limn_type xt = number % 3 ? LIMN_BF16 : LIMN_FLOAT;
        limn_type yt = number % 3 == 1 ? LIMN_FLOAT : LIMN_BF16;
        if (number % 4 == 0)
            check(v, (limn_pass)pass, kernel, isa, threads, xt, yt, number % 8 == 0);
    }
}

static void check_all(const limn_conv *v, int number) {
    for (limn_isa isa = LIMN_ISA_BASELINE; isa <= limn_isa_best(); isa++) {
        if (isa > LIMN_ISA_AVX512) continue; // the same kernels
        const limn_conv_kernel *kernel;
        for (int i = 0; (kernel = limn_conv_kernel_at(isa, i)); i++)
            if (!strncmp(kernel->name, "direct", 6)) check_kernel(v, kernel, isa, number);
    }
}

static limn_conv sized(limn_conv v, int bottom, int right) {
    v.groups = 1;
    v.oh = (v.h + v.top + bottom - v.kh) / v.stride_y + 1;
    v.ow = (v.w + v.left + right - v.kw) / v.stride_x + 1;
    return v;
}

static void test_layers(void **unused) {
    (void)unused;
    static const limn_conv cases[] = {
        {.n = 1,
         .c = 32,
         .h = 16,
         .w = 40,
         .k = 64,
         .kh = 3,
         .kw = 3,
         .stride_y = 2,
         .stride_x = 2,
         .top = 1,
         .left = 1},
        {.n = 2,
         .c = 35,
         .h = 17,
         .w = 19,
         .k = 50,
         .kh = 4,
         .kw = 4,
         .stride_y = 2,
         .stride_x = 2,
         .top = 1,
         .left = 1},
        {.n = 3,
         .c = 130,
         .h = 8,
         .w = 8,
         .k = 70,
         .kh = 5,
         .kw = 5,
         .stride_y = 2,
         .stride_x = 2,
         .top = 2,
         .left = 2},
        {.n = 1,
         .c = 60,
         .h = 9,
         .w = 33,
         .k = 100,
         .kh = 1,
         .kw = 1,
         .stride_y = 1,
         .stride_x = 1},
        {.n = 1, .c = 20, .h = 9, .w = 9, .k = 20, .kh = 1, .kw = 1, .stride_y = 2, .stride_x = 2},
        {.n = 2,
         .c = 3,
         .h = 21,
         .w = 30,
         .k = 64,
         .kh = 7,
         .kw = 7,
         .stride_y = 1,
         .stride_x = 1,
         .top = 3,
         .left = 3,
         .border = LIMN_BORDER_REFLECT},
        {.n = 2,
         .c = 3,
         .h = 21,
         .w = 30,
         .k = 64,
         .kh = 7,
         .kw = 7,
         .stride_y = 1,
         .stride_x = 1,
         .top = 3,
         .left = 3},
        {.n = 2,
         .c = 64,
         .h = 21,
         .w = 30,
         .k = 3,
         .kh = 7,
         .kw = 7,
         .stride_y = 1,
         .stride_x = 1,
         .top = 3,
         .left = 3},
        {.n = 5, .c = 512, .h = 4, .w = 4, .k = 1, .kh = 4, .kw = 4, .stride_y = 1, .stride_x = 1},
        {.n = 2,
         .c = 300,
         .h = 4,
         .w = 4,
         .k = 200,
         .kh = 3,
         .kw = 3,
         .stride_y = 1,
         .stride_x = 1,
         .top = 1,
         .left = 1},
        {.n = 1,
         .c = 9,
         .h = 20,
         .w = 600,
         .k = 17,
         .kh = 3,
         .kw = 3,
         .stride_y = 1,
         .stride_x = 1,
         .top = 1,
         .left = 1},
    };
    for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++)
        for (int variant = 0; variant < 2; variant++) {
            limn_conv v = sized(cases[i], cases[i].top, cases[i].left);
            check_all(&v, i * 2 + variant);
        }
}

static void test_ragged(void **unused) {
    (void)unused;
    for (int i = 0; i < 100; i++) {
        static const int few[] = {1, 2, 3, 4, 5, 6, 8};
        limn_conv v = {.n = 1 + below(3), .h = 1 + below(14), .w = 1 + below(30)};
        v.c = below(3) ? 1 + below(40) : few[below(7)];
        v.k = below(3) ? 1 + below(70) : few[below(7)];
        v.kh = 1 + below(9), v.kw = 1 + below(9);
        v.stride_y = 1 + below(4), v.stride_x = 1 + below(4);
        if (below(2)) v.stride_x = v.stride_y, v.kh = v.kw;
        v.top = below(v.kh), v.left = below(v.kw);
        v.border = (limn_border)below(3);
        int bottom = below(v.kh), right = below(v.kw);
        if (v.h + v.top + bottom < v.kh || v.w + v.left + right < v.kw) continue;
        v = sized(v, bottom, right);
        check_all(&v, i);
    }
    assert_true(passes_taken > 300);
}

static float *numbers(size_t n) {
    float *v = malloc((n + 1) * sizeof *v);
    for (size_t i = 0; i < n; i++) v[i] = next_random();
    return v;
}

static void check_product(limn_isa isa, int threads, bool ta, bool tb, size_t m, size_t n, size_t k,
                          float beta) {
    size_t lda = (ta ? m : k) + (size_t)below(3), ldb = (tb ? k : n) + (size_t)below(3);
    size_t ldc = n + (size_t)below(3);
    float *a = numbers(lda * (ta ? k : m)), *b = numbers(ldb * (tb ? n : k));
    float *c = numbers(ldc * m), *before = malloc((ldc * m + 1) * sizeof *before);
    memcpy(before, c, ldc * m * sizeof *c);
    size_t room = limn_gemm_scratch(threads);
    unsigned char *scratch = limn_alloc(room + 64);
    memset(scratch, 0xff, room + 64);
    if (beta == 0)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) c[i * ldc + j] = NAN; // must not be read
    limn_gemm(isa, threads, ta, tb, m, n, k, 0.75f, a, lda, b, ldb, beta, c, ldc, scratch);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < ldc; j++) {
            double sum = 0, size = 1;
            for (size_t d = 0; j < n && d < k; d++) {
                double product = (double)a[ta ? d * lda + i : i * lda + d] *
                                 (double)b[tb ? j * ldb + d : d * ldb + j];
                sum += product, size += fabs(product);
            }
            double expected = (double)before[i * ldc + j];
            if (j < n) expected = 0.75 * sum + (double)beta * expected;
            if (!(fabs((double)c[i * ldc + j] - expected) <= 1e-6 * size))
                fail_msg("%s product %zu x %zu x %zu, ta %d tb %d, threads %d: [%zu][%zu] is %g, "
                         "not %g",
                         limn_isa_name(isa), m, n, k, ta, tb, threads, i, j, (double)c[i * ldc + j],
                         expected);
        }
    for (size_t i = 0; i < 64; i++) assert_int_equal(scratch[room + i], 0xff);
    limn_free(scratch), free(a), free(b), free(c), free(before);
}

static void test_products(void **unused) {
    (void)unused;
    static const size_t sizes[][3] = {
        {1, 1, 1},    {1, 130, 70},   {130, 1, 70},   {3, 300, 9},   {300, 4, 513},
        {2, 2, 5000}, {64, 64, 9000}, {64, 100, 700}, {17, 33, 257}, {115, 530, 260},
        {5, 7, 0},    {1, 5, 0},      {29, 31, 37},   {225, 48, 64}};
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++)
        for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++)
            for (int form = 0; form < 4; form++)
                check_product((limn_isa)isa, 1 + (i + form) % 3, form & 1, form & 2, sizes[i][0],
                              sizes[i][1], sizes[i][2], (i + form) % 2 ? 0 : 0.5f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_products),
                                       cmocka_unit_test(test_layers),
                                       cmocka_unit_test(test_ragged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
