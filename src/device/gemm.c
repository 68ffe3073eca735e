// The product of two matrices: how it is shared among threads. gemm_kernel.c does the work.
#include "device/gemm.h"

#include "base/memory.h"
#include "base/threads.h"

#include <string.h>

// Products of at most this many elements may be shared by depth: each thread sums its part of k
// into a matrix of its own, and these are added in order.
enum { SPLIT_FLOATS = 64 * 1024 };

typedef void part_body(const limn_gemm_part *part);

typedef struct gemm_job {
    limn_gemm_part whole;
    part_body *body;
    int rows, columns; // threads down and across C
    float *sums;       // of the parts by depth
    int parts;
} gemm_job;

size_t limn_gemm_scratch(int threads) {
    return (size_t)threads * (LIMN_GEMM_FLOATS + SPLIT_FLOATS) * sizeof(float);
}

static part_body *choose(limn_isa isa) {
    if (isa == LIMN_ISA_AUTO) isa = limn_isa_best();
#if defined(__x86_64__)
    if (isa >= LIMN_ISA_AVX512) return limn_gemm_part_avx512;
    if (isa == LIMN_ISA_AVX2) return limn_gemm_part_avx2;
#endif
    return limn_gemm_part_baseline;
}

static void grid_body(void *context, int thread, int threads) {
    const gemm_job *job = context;
    for (int index = thread; index < job->rows * job->columns; index += threads) {
        limn_gemm_part part = job->whole;
        size_t top, bottom, left, right;
        limn_share(part.m, index / job->columns, job->rows, &top, &bottom);
        limn_share(part.n, index % job->columns, job->columns, &left, &right);
        part.m = bottom - top, part.n = right - left;
        if (!part.m || !part.n) continue;
        part.a += top * part.a_row;
        part.b += left * part.b_column;
        part.c += top * part.c_row + left * part.c_column;
        part.scratch += (size_t)thread * LIMN_GEMM_FLOATS;
        job->body(&part);
    }
}

static void depth_body(void *context, int thread, int threads) {
    const gemm_job *job = context;
    for (int index = thread; index < job->parts; index += threads) {
        limn_gemm_part part = job->whole;
        size_t begin, end;
        limn_share(part.k, index, job->parts, &begin, &end);
        part.k = end - begin;
        part.a += begin * part.a_depth;
        part.b += begin * part.b_depth;
        part.c = job->sums + (size_t)index * part.m * part.n;
        part.c_row = part.n, part.c_column = 1;
        part.alpha = 1, part.beta = 0;
        part.scratch += (size_t)thread * LIMN_GEMM_FLOATS;
        job->body(&part);
    }
}

static void add_parts(const gemm_job *job) {
    const limn_gemm_part *whole = &job->whole;
    for (size_t i = 0; i < whole->m; i++)
        for (size_t j = 0; j < whole->n; j++) {
            float sum = 0;
            for (int part = 0; part < job->parts; part++)
                sum += job->sums[((size_t)part * whole->m + i) * whole->n + j];
            float *c = &whole->c[i * whole->c_row + j * whole->c_column];
            *c = whole->alpha * sum + (whole->beta != 0 ? whole->beta * *c : 0);
        }
}

// Threads down and across: each packs its rows of A and columns of B, so the half perimeter of a
// thread's rectangle should be small.
static void choose_grid(gemm_job *job, int threads) {
    double best = 0;
    for (int rows = 1; rows <= threads; rows++) {
        if (threads % rows) continue;
        int columns = threads / rows;
        if ((size_t)rows > job->whole.m || (size_t)columns > job->whole.n) continue;
        double cost = (double)job->whole.m / rows + (double)job->whole.n / columns;
        if (best == 0 || cost < best) best = cost, job->rows = rows, job->columns = columns;
    }
}

void limn_gemm(limn_isa isa, int threads, bool ta, bool tb, size_t m, size_t n, size_t k,
               float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta,
               float *c, size_t ldc, void *scratch) {
    if (!m || !n) return;
    if ((double)m * (double)n * (double)k < 64.0 * 64 * 64 || threads < 1) threads = 1;
    gemm_job job = {
        .whole = {.m = m,
                  .n = n,
                  .k = k,
                  .a = a,
                  .b = b,
                  .alpha = alpha,
                  .beta = beta,
                  .c = c,
                  .a_row = ta ? 1 : lda,
                  .a_depth = ta ? lda : 1,
                  .b_depth = tb ? 1 : ldb,
                  .b_column = tb ? ldb : 1,
                  .c_row = ldc,
                  .c_column = 1,
                  .scratch = scratch},
        .body = choose(isa),
        .rows = 1,
        .columns = 1,
        .parts = threads,
        .sums = (float *)scratch + (size_t)threads * LIMN_GEMM_FLOATS,
    };
    size_t area = SPLIT_FLOATS;
    bool small = limn_multiply(m, n, &area) && area <= SPLIT_FLOATS;
    if (threads > 1 && small && k / (size_t)threads >= 4 * LIMN_GEMM_DEPTH && k > 4 * (m + n)) {
        limn_parallel(threads, depth_body, &job);
        add_parts(&job);
        return;
    }
    choose_grid(&job, threads);
    limn_parallel(job.rows * job.columns, grid_body, &job);
}
