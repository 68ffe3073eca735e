// Vectors, one-dimensional Winograd transforms, and the matrix product, of one instruction set.
//
// Compiled once per instruction set: LIMN_LANES (8 or 16) floats a vector.
//
// F(m, r) makes m outputs of a filter of r taps from T = m + r - 1 inputs with T products
//
//   y = At [(G g) . (Bt d)]        (Winograd 1980; Lavin and Gray 2016)
//
// For finite points p_0 .. p_(T-2) and the point at infinity (Toom and Cook):
//
//   At[i][j] = p_j^i, last column (0 .. 0 1);     G[j][i] = p_j^i / prod_(l != j) (p_j - p_l), last
//   row (0 .. 0 1);   Bt row j = coefficients of prod_(l != j) (x - p_l), last row prod_l (x -
//   p_l).
//
// The points come as 0 and pairs +-a, so that sums of even and of odd terms are shared.
#ifndef LIMN_DEVICE_WINOGRAD_VECTOR_H
#define LIMN_DEVICE_WINOGRAD_VECTOR_H

#include "device/conv.h"
#include "device/lanes.h"

#define TILE_MAX 8 // largest T

// LANES elements of a map, float or bf16.
INLINE vec load_map(bool half, const char *from) {
    return half ? load_half(from) : load(from);
}
INLINE void store_map(bool half, char *to, vec value) {
    if (half)
        store_half(to, value);
    else
        store(to, value);
}

// The squares of the pairs of points, by T: 6 or 8. POINT_x is the point itself.
#define A6 0.75f
#define B6 1.5f
#define A8 0.5f
#define B8 1.0f
#define C8 2.0f

// o = Bt d.
INLINE void transform_in(int t, const vec *d, vec *o) {
    if (t == 6) {
        const float a = A6 * A6, b = B6 * B6;
        vec even_a = d[4] - b * d[2], odd_a = A6 * (d[3] - b * d[1]);
        vec even_b = d[4] - a * d[2], odd_b = B6 * (d[3] - a * d[1]);
        o[0] = d[4] - (a + b) * d[2] + a * b * d[0];
        o[1] = even_a + odd_a;
        o[2] = even_a - odd_a;
        o[3] = even_b + odd_b;
        o[4] = even_b - odd_b;
        o[5] = d[5] - (a + b) * d[3] + a * b * d[1];
    } else {
        const float a = A8 * A8, b = B8 * B8, c = C8 * C8;
        const float sum = a + b + c, pair = a * b + a * c + b * c;
        vec even_a = d[6] - (b + c) * d[4] + b * c * d[2];
        vec odd_a = A8 * (d[5] - (b + c) * d[3] + b * c * d[1]);
        vec even_b = d[6] - (a + c) * d[4] + a * c * d[2];
        vec odd_b = B8 * (d[5] - (a + c) * d[3] + a * c * d[1]);
        vec even_c = d[6] - (a + b) * d[4] + a * b * d[2];
        vec odd_c = C8 * (d[5] - (a + b) * d[3] + a * b * d[1]);
        o[0] = d[6] - sum * d[4] + pair * d[2] - a * b * c * d[0];
        o[1] = even_a + odd_a;
        o[2] = even_a - odd_a;
        o[3] = even_b + odd_b;
        o[4] = even_b - odd_b;
        o[5] = even_c + odd_c;
        o[6] = even_c - odd_c;
        o[7] = d[7] - sum * d[5] + pair * d[3] - a * b * c * d[1];
    }
}

// o = At d: t values to m.
INLINE void transform_out(int t, int m, const vec *d, vec *o) {
    const float points[3] = {t == 6 ? A6 : A8, t == 6 ? B6 : B8, C8};
    int pairs = t / 2 - 1;
    vec sum[3], difference[3];
    UNROLL for (int p = 0; p < pairs; p++) {
        sum[p] = d[2 * p + 1] + d[2 * p + 2];
        difference[p] = d[2 * p + 1] - d[2 * p + 2];
    }
    float power[3] = {1, 1, 1};
    UNROLL for (int i = 0; i < m; i++) {
        vec value = i == 0 ? d[0] : i == m - 1 ? d[t - 1] : (vec){0};
        if (i == 0 || i == m - 1) {
            UNROLL for (int p = 0; p < pairs; p++) value +=
                power[p] * (i % 2 ? difference[p] : sum[p]);
        } else {
            value = power[0] * (i % 2 ? difference[0] : sum[0]);
            UNROLL for (int p = 1; p < pairs; p++) value +=
                power[p] * (i % 2 ? difference[p] : sum[p]);
        }
        o[i] = value;
        UNROLL for (int p = 0; p < pairs; p++) power[p] *= points[p];
    }
}

// o = A d, the adjoint of transform_out: m values to t.
INLINE void transform_spread(int t, int m, const vec *d, vec *o) {
    const float points[3] = {t == 6 ? A6 : A8, t == 6 ? B6 : B8, C8};
    int pairs = t / 2 - 1;
    UNROLL for (int p = 0; p < pairs; p++) {
        vec even = d[0], odd = points[p] * d[1];
        float power = points[p];
        UNROLL for (int i = 2; i < m; i++) {
            power *= points[p];
            if (i % 2)
                odd += power * d[i];
            else
                even += power * d[i];
        }
        o[2 * p + 1] = even + odd;
        o[2 * p + 2] = even - odd;
    }
    o[0] = d[0];
    o[t - 1] = d[m - 1];
}

// A tile of `size` x `size` vectors at rows[i] + j * step, transformed to T x T at v, `plane`
// apart. spread: by A from m x m (size = m), otherwise by Bt from T x T.
INLINE void tile_in(int t, int size, bool spread, bool half, const char *const *rows, size_t step,
                    float *v, size_t plane) {
    vec middle[TILE_MAX][TILE_MAX], d[TILE_MAX], o[TILE_MAX];
    UNROLL for (int j = 0; j < size; j++) {
        UNROLL for (int i = 0; i < size; i++) d[i] = load_map(half, rows[i] + (size_t)j * step);
        if (spread)
            transform_spread(t, size, d, o);
        else
            transform_in(t, d, o);
        UNROLL for (int i = 0; i < t; i++) middle[i][j] = o[i];
    }
    UNROLL for (int i = 0; i < t; i++) {
        if (spread)
            transform_spread(t, size, middle[i], o);
        else
            transform_in(t, middle[i], o);
        UNROLL for (int j = 0; j < t; j++) store(v + (size_t)(i * t + j) * plane, o[j]);
    }
}

// Where one tile of outputs goes, and what is done to it on the way.
typedef struct place {
    char *y;            // first element
    const char *add;    // the same place in the map that is added, or NULL
    size_t row, column; // bytes from one to the next
    int rows, columns;  // how many of the m are inside the map
    const float *bias;  // LANES values
    float slope;        // of the negative side: 1 keeps all
} place;

// act(value + bias) + add.
INLINE vec with_tail(bool half, vec value, vec bias, float slope, const char *add) {
    value += bias;
    if (slope != 1) {
        vec_mask keep = value > 0;
        value = (vec)(((vec_mask)value & keep) | ((vec_mask)(value * slope) & ~keep));
    }
    return add ? value + load_map(half, add) : value;
}

// The T x T products at p, `plane` apart, to m x m outputs; `whole`: all of them lie inside the
// map.
INLINE void tile_part(int t, int m, bool half, bool whole, bool add, const float *p, size_t plane,
                      const place *to) {
    vec middle[TILE_MAX][TILE_MAX], d[TILE_MAX], o[TILE_MAX];
    UNROLL for (int j = 0; j < t; j++) {
        UNROLL for (int i = 0; i < t; i++) d[i] = load(p + (size_t)(i * t + j) * plane);
        transform_out(t, m, d, o);
        UNROLL for (int i = 0; i < m; i++) middle[i][j] = o[i];
    }
    vec bias = load(to->bias);
    UNROLL for (int i = 0; i < m; i++) {
        if (!whole && i >= to->rows) return;
        transform_out(t, m, middle[i], o);
        UNROLL for (int j = 0; j < m; j++) {
            if (!whole && j >= to->columns) break;
            size_t offset = (size_t)i * to->row + (size_t)j * to->column;
            store_map(half, to->y + offset,
                      with_tail(half, o[j], bias, to->slope, add ? to->add + offset : NULL));
        }
    }
}

INLINE void tile_out(int t, int m, bool half, const float *p, size_t plane, const place *to) {
    bool whole = to->rows >= m && to->columns >= m;
    if (whole && to->add)
        tile_part(t, m, half, true, true, p, plane, to);
    else if (whole)
        tile_part(t, m, half, true, false, p, plane, to);
    else if (to->add)
        tile_part(t, m, half, false, true, p, plane, to);
    else
        tile_part(t, m, half, false, false, p, plane, to);
}

// Rows of the product held in registers, two vectors wide.
#if defined(__AVX512F__)
#define ROWS 12
#elif defined(__AVX2__) || defined(__ARM_NEON)
#define ROWS 6
#else
#define ROWS 3
#endif

// m (rows x width vectors) (+)= A B over `depth` (winograd_product.c). b + ahead: what is likely to
// be wanted next.
#define product NAME(limn_winograd_product)
void product(bool across, int width, int rows, const float *a, size_t step_a, const float *b,
             size_t step_b, size_t ahead, size_t depth, float *m, size_t pitch, bool more);

// G of F(m, r), t x r.
static inline void filter_transform(int t, int r, double g[TILE_MAX][4]) {
    const double six[5] = {0, A6, -A6, B6, -B6}, eight[7] = {0, A8, -A8, B8, -B8, C8, -C8};
    const double *points = t == 6 ? six : eight;
    for (int j = 0; j < t - 1; j++) {
        double value = 1;
        for (int l = 0; l < t - 1; l++)
            if (l != j) value /= points[j] - points[l];
        for (int i = 0; i < r; i++, value *= points[j]) g[j][i] = value;
    }
    for (int i = 0; i < r; i++) g[t - 1][i] = i == r - 1;
}

// --- sizes and edges ---

static inline int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

// An odd number of cache lines, so that the T x T planes fall into different cache sets.
static inline size_t odd_lines(size_t floats) {
    return ((floats + 15) / 16 | 1) * 16;
}

// Between rows: off large powers of two, for the same reason.
static inline size_t row_pitch(size_t floats) {
    return floats % 256 ? floats : floats + (LANES > 16 ? LANES : 16);
}

// Where position i of a line of n lies, -1: nowhere. Positions that only make outputs past the edge
// may be anywhere.
static inline int edge(int i, int n, limn_border border) {
    if (i >= 0 && i < n) return i;
    if (border == LIMN_BORDER_ZERO) return -1;
    if (border == LIMN_BORDER_REFLECT) i = i < 0 ? -i : 2 * n - 2 - i;
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

#endif
