// Flat arrays (map.h), built once per instruction set.
#include "device/map_lanes.h"

#include <math.h>

enum { PIECE = 64 }; // vectors that are summed in float before the sum goes to double

// y[i] = f(a[i], b[i]) for all elements; `a` and `b` are named in the expression.
#define EACH(out, first, second, expression)                                                       \
    do {                                                                                           \
        for (size_t i = 0; i < count / LANES; i++) {                                               \
            vec a = get(first, type, i), b = get(second, type, i);                                 \
            (void)b;                                                                               \
            put(out, type, i, expression);                                                         \
        }                                                                                          \
        if (count % LANES) {                                                                       \
            vec a = get_tail(first, type, count), b = get_tail(second, type, count);               \
            (void)b;                                                                               \
            put_tail(out, type, count, expression);                                                \
        }                                                                                          \
    } while (0)

// The same for both types, each with code of its own.
#define EACH_TYPED(out, first, second, expression)                                                 \
    do {                                                                                           \
        if (kind == LIMN_FLOAT) {                                                                  \
            const limn_type type = LIMN_FLOAT;                                                     \
            EACH(out, first, second, expression);                                                  \
        } else {                                                                                   \
            const limn_type type = LIMN_BF16;                                                      \
            EACH(out, first, second, expression);                                                  \
        }                                                                                          \
    } while (0)

static void leaky(void *y, const void *x, limn_type kind, float slope, size_t count) {
    EACH_TYPED(y, x, x, leak(a, all(slope)));
}

static void leaky_grad(void *dx, const void *dy, const void *y, limn_type kind, float slope,
                       size_t count) {
    EACH_TYPED(dx, dy, y, choose(b > 0, a, a * slope));
}

static void add(void *y, const void *first, const void *second, limn_type kind, size_t count) {
    EACH_TYPED(y, first, second, a + b);
}

static void linear(void *y, const void *x, limn_type kind, float scale, float shift, size_t count) {
    EACH_TYPED(y, x, x, a * scale + shift);
}

static void axpy(void *y, const void *x, limn_type kind, float scale, size_t count) {
    EACH_TYPED(y, x, y, a * scale + b);
}

INLINE vec magnitude(vec x) {
    return (vec)((vec_bits)x & 0x7FFFFFFF);
}

// The sum of an expression in a[i] and b[i]; past the end both are 0 and so must be the expression.
#define SUM(first, second, expression)                                                             \
    do {                                                                                           \
        wide sum = {0};                                                                            \
        for (size_t i = 0; i < count / LANES;) {                                                   \
            size_t end = i + PIECE < count / LANES ? i + PIECE : count / LANES;                    \
            vec piece = {0};                                                                       \
            for (; i < end; i++) {                                                                 \
                vec a = get(first, type, i), b = get(second, type, i);                             \
                (void)b;                                                                           \
                piece += expression;                                                               \
            }                                                                                      \
            sum += widen(piece);                                                                   \
        }                                                                                          \
        if (count % LANES) {                                                                       \
            vec a = get_tail(first, type, count), b = get_tail(second, type, count);               \
            (void)b;                                                                               \
            sum += widen(expression);                                                              \
        }                                                                                          \
        return total(sum);                                                                         \
    } while (0)

#define SUM_TYPED(first, second, expression)                                                       \
    do {                                                                                           \
        if (kind == LIMN_FLOAT) {                                                                  \
            const limn_type type = LIMN_FLOAT;                                                     \
            SUM(first, second, expression);                                                        \
        }                                                                                          \
        const limn_type type = LIMN_BF16;                                                          \
        SUM(first, second, expression);                                                            \
    } while (0)

static double sum_of(const void *x, limn_type kind, size_t count) {
    SUM_TYPED(x, x, a);
}
static double square_sum(const void *x, limn_type kind, size_t count) {
    SUM_TYPED(x, x, a * a);
}
static double difference_squares(const void *x, const void *y, limn_type kind, size_t count) {
    SUM_TYPED(x, y, (a - b) * (a - b));
}
static double difference_absolutes(const void *x, const void *y, limn_type kind, size_t count) {
    SUM_TYPED(x, y, magnitude(a - b));
}

INLINE vec square_root(vec x) {
    for (int l = 0; l < LANES; l++) x[l] = sqrtf(x[l]);
    return x;
}

INLINE vec adam_step(const limn_adam_run *by, vec p, vec g, vec *m, vec *v) {
    g = by->scale * g + by->decay * p;
    *m = by->beta1 * *m + (1 - by->beta1) * g;
    *v = by->beta2 * *v + (1 - by->beta2) * (g * g);
    return p - by->rate * *m / (square_root(*v) / by->root + by->eps);
}

static void adam(const limn_adam_run *by, float *p, const float *g, float *m, float *v,
                 size_t count) {
    const limn_type type = LIMN_FLOAT;
    for (size_t i = 0; i < count / LANES; i++) {
        vec nm = get(m, type, i), nv = get(v, type, i);
        put(p, type, i, adam_step(by, get(p, type, i), get(g, type, i), &nm, &nv));
        put(m, type, i, nm);
        put(v, type, i, nv);
    }
    if (count % LANES == 0) return;
    vec nm = get_tail(m, type, count), nv = get_tail(v, type, count);
    put_tail(p, type, count,
             adam_step(by, get_tail(p, type, count), get_tail(g, type, count), &nm, &nv));
    put_tail(m, type, count, nm);
    put_tail(v, type, count, nv);
}

static double variation(const float *x, const float *below, size_t columns) {
    double sum = columns > 1 ? difference_squares(x + 1, x, LIMN_FLOAT, columns - 1) : 0;
    return below ? sum + difference_squares(below, x, LIMN_FLOAT, columns) : sum;
}

// d/dx[j] of the sum = 2 (sum over the two to four neighbours of x[j] - neighbour)
INLINE float variation_end(const float *above, const float *x, const float *below, size_t columns,
                           size_t j) {
    float sum = 0;
    if (j > 0) sum += x[j] - x[j - 1];
    if (j + 1 < columns) sum += x[j] - x[j + 1];
    if (above) sum += x[j] - above[j];
    if (below) sum += x[j] - below[j];
    return sum;
}

static void variation_grad(float *dx, const float *above, const float *x, const float *below,
                           float scale, size_t columns) {
    const limn_type type = LIMN_FLOAT;
    const float *up = above ? above : x, *down = below ? below : x; // x - x is nothing
    size_t j = 1;
    if (columns) dx[0] = 2 * scale * variation_end(above, x, below, columns, 0);
    for (; j + LANES + 1 <= columns; j += LANES) {
        vec here = get(x + j, type, 0);
        vec sum = (here - get(x + j - 1, type, 0)) + (here - get(x + j + 1, type, 0)) +
                  (here - get(up + j, type, 0)) + (here - get(down + j, type, 0));
        put(dx + j, type, 0, 2 * scale * sum);
    }
    for (; j < columns; j++) dx[j] = 2 * scale * variation_end(above, x, below, columns, j);
}

const limn_map FOR_ISA(limn_map_) = {
    .lanes = LANES,
    .moments = FOR_ISA(limn_map_moments_),
    .norm = FOR_ISA(limn_map_norm_),
    .norm_sums = FOR_ISA(limn_map_norm_sums_),
    .norm_data = FOR_ISA(limn_map_norm_data_),
    .gram = FOR_ISA(limn_map_gram_),
    .gram_data = FOR_ISA(limn_map_gram_data_),
    .leaky = leaky,
    .leaky_grad = leaky_grad,
    .add = add,
    .linear = linear,
    .axpy = axpy,
    .sum = sum_of,
    .square_sum = square_sum,
    .difference_squares = difference_squares,
    .difference_absolutes = difference_absolutes,
    .adam = adam,
    .variation = variation,
    .variation_grad = variation_grad,
};
