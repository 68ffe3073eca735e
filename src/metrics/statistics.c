// Mean and covariance of features.
#include "metrics/statistics.h"

#include "base/threads.h"
#include "formats/numpy_write.h"

#include <stdlib.h>

typedef struct covariance {
    const double *centred; // [count][size]
    int count;
    limn_statistics *to;
} covariance;

// Some rows of the covariance at once: they stay in the cache while all pictures pass by.
enum { ROWS = 32 };

static void add_rows(const covariance *of, size_t first) {
    size_t n = (size_t)of->to->size, end = first + ROWS < n ? first + ROWS : n;
    for (size_t k = 0; k < (size_t)of->count; k++) {
        const double *x = of->centred + k * n;
        for (size_t i = first; i < end; i++) {
            double *row = of->to->covariance + i * n, factor = x[i];
#pragma omp simd
            for (size_t j = first; j < n; j++) row[j] += factor * x[j];
        }
    }
}

static void compute(void *context, int thread, int threads) {
    const covariance *of = context;
    size_t step = (size_t)threads * ROWS;
    for (size_t first = (size_t)thread * ROWS; first < (size_t)of->to->size; first += step)
        add_rows(of, first);
}

// Only what lies right of the diagonal, and a little more, has been added up.
static void finish(limn_statistics *it, int count) {
    size_t n = (size_t)it->size;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            it->covariance[i * n + j] = it->covariance[j * n + i] =
                it->covariance[i * n + j] / (count - 1);
}

limn_status limn_statistics_of(const float *rows, int count, int size, int threads,
                               limn_statistics *it) {
    size_t n = (size_t)size, all = n * (size_t)count;
    LIMN_TRY(limn_statistics_new(size, it));
    double *centred = malloc(all * sizeof *centred);
    if (!centred) {
        limn_statistics_free(it);
        return limn_fail(LIMN_MEMORY, "there is no memory for the features of %d pictures", count);
    }
    for (size_t i = 0; i < all; i++) it->mean[i % n] += (double)rows[i] / count;
    for (size_t i = 0; i < all; i++) centred[i] = (double)rows[i] - it->mean[i % n];
    covariance of = {centred, count, it};
    limn_parallel(threads, compute, &of);
    free(centred);
    finish(it, count);
    return LIMN_OK;
}

limn_status limn_statistics_write(const limn_statistics *it, const char *path, bool replace) {
    size_t n = (size_t)it->size;
    const limn_numpy_item items[] = {{"mu", 1, {n}, it->mean},
                                     {"sigma", 2, {n, n}, it->covariance}};
    return limn_numpy_write(path, items, 2, replace);
}
