// The distance of Frechet between two normal laws (Heusel and others, 1706.08500), of which only
// the trace of (C1 C2)^(1/2) takes work. With C1 = L1 L1' and C2 = L2 L2' it is the sum of the
// singular values of L1' L2: nothing is squared, so no digits are lost, and covariances of few
// pictures, which are singular, need no care.
#include "base/threads.h"
#include "metrics/statistics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A matrix by rows.
typedef struct matrix {
    int rows, columns;
    double *at;
} matrix;

static double *row_of(const matrix *m, int i) {
    return m->at + (size_t)i * (size_t)m->columns;
}

static double dot(const double *x, const double *y, int n) {
    double sum[8] = {0};
    int i = 0;
    for (; i + 8 <= n; i += 8) {
#pragma omp simd
        for (int l = 0; l < 8; l++) sum[l] += x[i + l] * y[i + l];
    }
    for (; i < n; i++) sum[0] += x[i] * y[i];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static void add_scaled(double *y, const double *x, double factor, int n) {
#pragma omp simd
    for (int i = 0; i < n; i++) y[i] += factor * x[i];
}

// ---- C = L L' ----

static int largest(const double *x, int n) {
    int at = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[at]) at = i;
    return at;
}

// Cholesky, taking the largest of what is left of the diagonal next, until that is rounding. Row i
// of `l` becomes row i of L; the columns, as many as the rank, are cut to that number in the end.
static bool factor(const limn_statistics *of, matrix *l) {
    int n = of->size, rank = 0;
    double *left = malloc((size_t)n * sizeof *left);
    *l = (matrix){n, n, calloc((size_t)n * (size_t)n, sizeof(double))};
    for (int i = 0; left && i < n; i++) left[i] = of->covariance[(size_t)i * (size_t)n + (size_t)i];
    double rounding = left ? n * DBL_EPSILON * left[largest(left, n)] : 0;
    for (; left && l->at && rank < n; rank++) {
        int pivot = largest(left, n);
        if (!(left[pivot] > rounding)) break;
        const double *c = of->covariance + (size_t)pivot * (size_t)n, *own = row_of(l, pivot);
        double root = sqrt(left[pivot]);
        for (int i = 0; i < n; i++) {
            double *row = row_of(l, i);
            double value = left[i] < 0 ? 0 : (c[i] - dot(row, own, rank)) / root;
            row[rank] = i == pivot ? root : value;
            left[i] -= row[rank] * row[rank];
        }
        left[pivot] = -1; // done
    }
    bool made = left && l->at;
    free(left);
    for (int i = 0; made && i < n; i++)
        memmove(l->at + (size_t)i * (size_t)rank, row_of(l, i), (size_t)rank * sizeof(double));
    l->columns = rank;
    return made;
}

// ---- L1' L2 ----

typedef struct product {
    const matrix *a, *b;
    matrix *to;
} product;

// Some rows of the product at once stay in the cache.
enum { ROWS = 32 };

static void multiply_rows(void *context, int thread, int threads) {
    const product *of = context;
    for (int first = thread * ROWS; first < of->to->rows; first += threads * ROWS)
        for (int k = 0; k < of->a->rows; k++)
            for (int i = first; i < first + ROWS && i < of->to->rows; i++)
                add_scaled(row_of(of->to, i), row_of(of->b, k), row_of(of->a, k)[i],
                           of->to->columns);
}

// a' b
static bool multiply(const matrix *a, const matrix *b, int threads, matrix *to) {
    *to = (matrix){a->columns, b->columns,
                   calloc((size_t)a->columns * (size_t)b->columns + 1, sizeof(double))};
    product of = {a, b, to};
    if (to->at) limn_parallel(threads, multiply_rows, &of);
    return to->at != NULL;
}

// ---- singular values ----

// A reflection I - beta v v' that makes all of x but its first element vanish; x becomes v. Returns
// what the first element becomes.
static double reflect(double *x, int n, double *beta) {
    double square = dot(x, x, n), length = copysign(sqrt(square), x[0]);
    *beta = 0;
    if (n < 2 || square == 0) return n ? x[0] : 0;
    x[0] += length;
    *beta = 1 / (length * x[0]);
    return -length;
}

// One step of Golub and Kahan: reflections of the rows below k and of the columns behind it.
typedef struct step {
    matrix *m;
    int k;
    double *column, *sums, *row; // v of the column, v' m, v of the row k
    double beta_column, beta_row;
} step;

static void reflect_rows(void *context, int thread, int threads) {
    const step *s = context;
    size_t begin, end;
    int first = s->k + 1, n = s->m->columns - first;
    limn_share((size_t)(s->m->rows - first), thread, threads, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        double *row = row_of(s->m, first + (int)i) + first;
        add_scaled(row, s->sums, -s->beta_column * s->column[i + 1], n);
        add_scaled(row, s->row, -s->beta_row * dot(row, s->row, n), n);
    }
}

// The matrix, of at least as many rows as columns, becomes one of a diagonal d and the e beside it:
// only those are kept. `room`: rows + 2 columns numbers.
static void make_bidiagonal(matrix *m, double *d, double *e, double *room, int threads) {
    step s = {.m = m, .column = room, .sums = room + m->rows};
    s.row = s.sums + m->columns;
    for (s.k = 0; s.k < m->columns; s.k++) {
        int rows = m->rows - s.k, n = m->columns - s.k - 1;
        for (int i = 0; i < rows; i++) s.column[i] = row_of(m, s.k + i)[s.k];
        d[s.k] = reflect(s.column, rows, &s.beta_column);
        memset(s.sums, 0, (size_t)n * sizeof(double));
        for (int i = 0; i < rows; i++)
            add_scaled(s.sums, row_of(m, s.k + i) + s.k + 1, s.column[i], n);
        memcpy(s.row, row_of(m, s.k) + s.k + 1, (size_t)n * sizeof(double));
        add_scaled(s.row, s.sums, -s.beta_column * s.column[0], n);
        if (n) e[s.k] = reflect(s.row, n, &s.beta_row);
        limn_parallel(n > 256 ? threads : 1, reflect_rows, &s);
    }
}

// Turns (y, z) into (length, 0).
typedef struct turn {
    double c, s, length;
} turn;

static turn turn_to(double y, double z) {
    double length = hypot(y, z);
    return length == 0 ? (turn){1, 0, 0} : (turn){y / length, z / length, length};
}

// What to shift B' B by: the eigenvalue of its last 2x2 that is nearer to its last number.
static double find_shift(const double *d, const double *e, int first, int last) {
    double above = last - 1 > first ? e[last - 2] : 0;
    double a = d[last - 1] * d[last - 1] + above * above, b = d[last - 1] * e[last - 1];
    double c = d[last] * d[last] + e[last - 1] * e[last - 1], half = (a - c) / 2;
    double beside = half + copysign(hypot(half, b), half);
    return beside == 0 ? c : c - b * b / beside;
}

// One implicit QR step on the rows first..last (Golub and Van Loan, 8.6.2): a turn of two columns
// puts a number below the diagonal, a turn of two rows brings it above, and so on to the end.
static void chase(double *d, double *e, int first, int last, double shift) {
    double y = d[first] * d[first] - shift, z = d[first] * e[first];
    for (int k = first; k < last; k++) {
        turn t = turn_to(y, z);
        if (k > first) e[k - 1] = t.length;
        y = t.c * d[k] + t.s * e[k];
        e[k] = t.c * e[k] - t.s * d[k];
        z = t.s * d[k + 1];
        d[k + 1] *= t.c;
        t = turn_to(y, z);
        d[k] = t.length;
        y = t.c * e[k] + t.s * d[k + 1];
        d[k + 1] = t.c * d[k + 1] - t.s * e[k];
        if (k + 1 == last) break;
        z = t.s * e[k + 1];
        e[k + 1] *= t.c;
    }
    e[last - 1] = y;
}

// The sum of the singular values of a bidiagonal matrix, which is destroyed; each is right to a
// rounding of the largest. False: they do not settle.
static bool sum_singular(double *d, double *e, int n, double *sum) {
    double norm = 0;
    for (int i = 0; i < n; i++) norm = fmax(norm, fabs(d[i]) + (i + 1 < n ? fabs(e[i]) : 0));
    double rounding = DBL_EPSILON * norm;
    int turns = 0;
    for (int last = n - 1; last > 0 && turns < 60 * n; turns++) {
        if (fabs(e[last - 1]) <= rounding) {
            last--;
            continue;
        }
        int first = last - 1;
        while (first > 0 && fabs(e[first - 1]) > rounding) first--;
        bool singular = false; // a zero on the diagonal goes when nothing is shifted
        for (int i = first; i <= last; i++) singular |= fabs(d[i]) <= rounding;
        chase(d, e, first, last, singular ? 0 : find_shift(d, e, first, last));
    }
    *sum = 0;
    for (int i = 0; i < n; i++) *sum += fabs(d[i]);
    return turns < 60 * n || n == 0;
}

// ---- the distance ----

static bool cross(const matrix *l, const limn_statistics *a, int threads, double *trace) {
    const matrix *tall = l[0].columns >= l[1].columns ? &l[0] : &l[1];
    const matrix *narrow = tall == &l[0] ? &l[1] : &l[0];
    int n = narrow->columns;
    matrix m = {0};
    double *room = malloc(((size_t)tall->columns + 4 * (size_t)a->size) * sizeof *room);
    bool made = room && multiply(tall, narrow, threads, &m);
    if (made) {
        double *d = room, *e = room + n;
        make_bidiagonal(&m, d, e, room + 2 * n, threads);
        made = sum_singular(d, e, n, trace);
    }
    free(room);
    free(m.at);
    return made;
}

limn_status limn_frechet(const limn_statistics *a, const limn_statistics *b, int threads,
                         double *value) {
    matrix l[2] = {{0}, {0}};
    double sum = 0, trace = 0;
    size_t n = (size_t)a->size;
    bool made = factor(a, &l[0]) && factor(b, &l[1]) && cross(l, a, threads, &trace);
    for (int i = 0; i < 2; i++) free(l[i].at);
    if (!made)
        return limn_fail(LIMN_MEMORY, "there is no memory for the covariances of %d features",
                         a->size);
    for (size_t i = 0; i < n; i++) {
        double apart = a->mean[i] - b->mean[i];
        sum += apart * apart + a->covariance[i * n + i] + b->covariance[i * n + i];
    }
    // It is no less than zero, but for rounding, of which covariances in 32-bit floats have most.
    double distance = sum - 2 * trace;
    if (distance < -1e-3 * sum)
        return limn_fail(LIMN_INPUT,
                         "one of the two covariances is none: the distance would be "
                         "%g, below zero",
                         distance);
    *value = fmax(0, distance);
    return LIMN_OK;
}
