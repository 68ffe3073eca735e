// The product of two matrices in single precision.
#ifndef LIMN_DEVICE_GEMM_H
#define LIMN_DEVICE_GEMM_H

#include "base/cpu.h"

#include <stdbool.h>
#include <stddef.h>

// C = alpha * op(A) op(B) + beta * C. All matrices are stored by rows; lda, ldb, ldc are floats
// from row to row. op(A) is m x k (A is k x m when `ta`), op(B) is k x n (B is n x k when `tb`), C
// is m x n and shares no memory with A and B. With beta = 0, C is not read. `scratch` has
// limn_gemm_scratch(threads) bytes, aligned to 64. The same call with the same number of threads
// gives the same bits.
void limn_gemm(limn_isa isa, int threads, bool ta, bool tb, size_t m, size_t n, size_t k,
               float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta,
               float *c, size_t ldc, void *scratch);

// Below 1 MB a thread.
size_t limn_gemm_scratch(int threads);

// What the code for an instruction set is handed; see gemm_kernel.c. op(A)[i][p] is
// a[i*a_row + p*a_depth], op(B)[p][j] is b[p*b_depth + j*b_column], C[i][j] is
// c[i*c_row + j*c_column].
typedef struct limn_gemm_part {
    size_t m, n, k;
    const float *a, *b;
    size_t a_row, a_depth, b_depth, b_column;
    float alpha, beta;
    float *c;
    size_t c_row, c_column;
    float *scratch; // LIMN_GEMM_FLOATS
} limn_gemm_part;

enum {
    LIMN_GEMM_DEPTH = 256,
    LIMN_GEMM_ROWS = 112,
    LIMN_GEMM_COLUMNS = 512,
    LIMN_GEMM_FLOATS = LIMN_GEMM_DEPTH * (LIMN_GEMM_ROWS + LIMN_GEMM_COLUMNS)
};

void limn_gemm_part_baseline(const limn_gemm_part *part);
void limn_gemm_part_avx2(const limn_gemm_part *part);
void limn_gemm_part_avx512(const limn_gemm_part *part);

#endif
