// The product of two matrices for one thread, in vectors of one instruction set (compiled once for
// each). Blocks of op(A), LIMN_GEMM_ROWS x LIMN_GEMM_DEPTH, and of op(B), LIMN_GEMM_DEPTH x
// LIMN_GEMM_COLUMNS, are copied so that the innermost loop reads both in order:
//
//   sum[p][q] += A[row p][depth] * B[depth][vector q]
//
// Products with few rows or columns read the large matrix once, where it lies.
#include "device/gemm.h"
#include "device/lanes.h"

#include <string.h>

#if defined(__AVX512F__)
enum { P = 14, Q = 2 };
#define ROWS(M, Q)                                                                                 \
    M(1, Q)                                                                                        \
    M(2, Q)                                                                                        \
    M(3, Q)                                                                                        \
    M(4, Q) M(5, Q) M(6, Q) M(7, Q) M(8, Q) M(9, Q) M(10, Q) M(11, Q) M(12, Q) M(13, Q) M(14, Q)
#elif defined(__AVX2__) || defined(__aarch64__)
enum { P = 6, Q = 2 };
#define ROWS(M, Q) M(1, Q) M(2, Q) M(3, Q) M(4, Q) M(5, Q) M(6, Q)
#else
enum { P = 6, Q = 1 };
#define ROWS(M, Q) M(1, Q) M(2, Q) M(3, Q) M(4, Q) M(5, Q) M(6, Q)
#endif

enum { THIN = 4 };

// For products of long depth: the depth of a block, and the tile of sums.
#if defined(__AVX512F__)
enum { DEEP_P = 4, DEEP_Q = 6 };
#elif defined(__AVX2__) || defined(__aarch64__)
enum { DEEP_P = 3, DEEP_Q = 4 };
#else
enum { DEEP_P = 2, DEEP_Q = 2 };
#endif
enum { DEEP = 512 };

// sums[p*Q + q] for rows p and vectors q of one panel of each matrix.
typedef void panel_body(const float *a, const float *b, size_t depth, vec *sums);

INLINE void panel(const float *a, const float *b, size_t depth, vec *sums, int rows, int vectors) {
    vec sum[P * Q];
#pragma GCC unroll 28
    for (int i = 0; i < rows * vectors; i++) sum[i] = (vec){0};
    for (size_t d = 0; d < depth; d++, a += rows, b += vectors * LANES) {
        vec part[Q];
#pragma GCC unroll 2
        for (int q = 0; q < vectors; q++) {
            part[q] = load(b + q * LANES);
            PIN(part[q]);
        }
#pragma GCC unroll 14
        for (int p = 0; p < rows; p++) {
            vec value = all(a[p]);
#pragma GCC unroll 2
            for (int q = 0; q < vectors; q++) {
                sum[p * vectors + q] += value * part[q];
                PIN(sum[p * vectors + q]);
            }
        }
    }
#pragma GCC unroll 28
    for (int i = 0; i < rows * vectors; i++) sums[i] = sum[i];
}

#define PANEL(rows, vectors)                                                                       \
    static void panel_##rows##_##vectors(const float *a, const float *b, size_t depth,             \
                                         vec *sums) {                                              \
        panel(a, b, depth, sums, rows, vectors);                                                   \
    }
#define ENTRY(rows, vectors) [vectors][rows] = panel_##rows##_##vectors,

ROWS(PANEL, 1)
#if defined(__AVX2__) || defined(__aarch64__)
ROWS(PANEL, 2)
static panel_body *const panels[Q + 1][P + 1] = {ROWS(ENTRY, 1) ROWS(ENTRY, 2)};
#else
static panel_body *const panels[Q + 1][P + 1] = {ROWS(ENTRY, 1)};
#endif

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

// Copies `depth` x `count` elements into panels: rows of `width` elements, one after the other,
// filled up with zeros where `width` is more than `count`.
static void pack_panel(const float *from, size_t step, size_t depth_step, size_t count,
                       size_t width, size_t depth, float *to) {
    if (step == 1) {
        for (size_t d = 0; d < depth; d++)
            memcpy(to + d * width, from + d * depth_step, count * sizeof *to);
    } else if (depth_step == 1) {
        for (size_t i = 0; i < count; i++)
            for (size_t d = 0; d < depth; d++) to[d * width + i] = from[i * step + d];
    } else {
        for (size_t d = 0; d < depth; d++)
            for (size_t i = 0; i < count; i++) to[d * width + i] = from[d * depth_step + i * step];
    }
    for (size_t i = count; i < width; i++)
        for (size_t d = 0; d < depth; d++) to[d * width + i] = 0;
}

// Row piece i of `count` rows in panels of at most P.
static size_t piece_begin(size_t count, size_t piece) {
    size_t pieces = (count + P - 1) / P;
    return count * piece / pieces;
}

static void write_panel(const limn_gemm_part *part, float beta, const vec *sums, size_t row,
                        size_t rows, size_t column, size_t columns, size_t vectors) {
    for (size_t p = 0; p < rows; p++) {
        float *c = part->c + (row + p) * part->c_row + column * part->c_column;
        const float *from = (const float *)&sums[p * vectors];
        for (size_t j = 0; j < columns; j += LANES) {
            if (j + LANES <= columns && part->c_column == 1) {
                vec v = all(part->alpha) * load(from + j);
                store(c + j, beta != 0 ? v + all(beta) * load(c + j) : v);
                continue;
            }
            for (size_t i = j; i < columns && i < j + LANES; i++) {
                float *out = c + i * part->c_column;
                *out = part->alpha * from[i] + (beta != 0 ? beta * *out : 0);
            }
        }
    }
}

// One block of A against one block of B, both packed.
static void multiply_blocks(const limn_gemm_part *part, const float *a, const float *b, size_t row,
                            size_t rows, size_t column, size_t columns, size_t depth, float beta) {
    size_t pieces = (rows + P - 1) / P;
    for (size_t j = 0; j < columns; j += Q * LANES) {
        size_t width = least(columns - j, Q * LANES), vectors = (width + LANES - 1) / LANES;
        for (size_t piece = 0; piece < pieces; piece++) {
            size_t first = piece_begin(rows, piece), count = piece_begin(rows, piece + 1) - first;
            vec sums[P * Q];
            panels[vectors][count](a + first * depth, b + j * depth, depth, sums);
            write_panel(part, beta, sums, row + first, count, column + j, width, vectors);
        }
    }
}

static void thick(const limn_gemm_part *part) {
    float *a = part->scratch, *b = a + LIMN_GEMM_ROWS * LIMN_GEMM_DEPTH;
    for (size_t column = 0; column < part->n; column += LIMN_GEMM_COLUMNS) {
        size_t columns = least(part->n - column, LIMN_GEMM_COLUMNS);
        for (size_t d = 0; d < part->k; d += LIMN_GEMM_DEPTH) {
            size_t depth = least(part->k - d, LIMN_GEMM_DEPTH);
            for (size_t j = 0; j < columns; j += Q * LANES) {
                size_t width = least(columns - j, Q * LANES);
                pack_panel(part->b + d * part->b_depth + (column + j) * part->b_column,
                           part->b_column, part->b_depth, width,
                           (width + LANES - 1) / LANES * LANES, depth, b + j * depth);
            }
            for (size_t row = 0; row < part->m; row += LIMN_GEMM_ROWS) {
                size_t rows = least(part->m - row, LIMN_GEMM_ROWS), pieces = (rows + P - 1) / P;
                for (size_t piece = 0; piece < pieces; piece++) {
                    size_t first = piece_begin(rows, piece);
                    size_t count = piece_begin(rows, piece + 1) - first;
                    pack_panel(part->a + (row + first) * part->a_row + d * part->a_depth,
                               part->a_row, part->a_depth, count, count, depth, a + first * depth);
                }
                multiply_blocks(part, a, b, row, rows, column, columns, depth, d ? 1 : part->beta);
            }
        }
    }
}

// Few rows (m <= THIN), with the columns of op(B) neighbours in memory: vectors along them.
INLINE void thin_across(const limn_gemm_part *part, size_t column, int m, int vectors) {
    vec sum[THIN * 4];
#pragma GCC unroll 16
    for (int i = 0; i < m * vectors; i++) sum[i] = (vec){0};
    const float *b = part->b + column;
    for (size_t d = 0; d < part->k; d++, b += part->b_depth)
#pragma GCC unroll 4
        for (int q = 0; q < vectors; q++) {
            vec value = load(b + q * LANES);
#pragma GCC unroll 4
            for (int p = 0; p < m; p++)
                sum[p * vectors + q] +=
                    value * all(part->a[(size_t)p * part->a_row + d * part->a_depth]);
        }
    write_panel(part, part->beta, sum, 0, (size_t)m, column, (size_t)(vectors * LANES),
                (size_t)vectors);
}

static float dot(const limn_gemm_part *part, size_t i, size_t j) {
    const float *a = part->a + i * part->a_row, *b = part->b + j * part->b_column;
    float total = 0;
    size_t d = 0;
    if (part->a_depth == 1 && part->b_depth == 1) {
        vec sum[4] = {0};
        for (; d + 4 * LANES <= part->k; d += 4 * LANES)
#pragma GCC unroll 4
            for (size_t v = 0; v < 4; v++)
                sum[v] += load(a + d + v * LANES) * load(b + d + v * LANES);
        float lanes[LANES];
        store(lanes, (sum[0] + sum[1]) + (sum[2] + sum[3]));
        for (int l = 0; l < LANES; l++) total += lanes[l];
    }
    for (; d < part->k; d++) total += a[d * part->a_depth] * b[d * part->b_depth];
    return total;
}

static void thin(const limn_gemm_part *part) {
    size_t j = 0;
    if (part->b_column == 1)
        for (; j + 4 * LANES <= part->n; j += 4 * LANES) switch (part->m) {
            case 1: thin_across(part, j, 1, 4); break;
            case 2: thin_across(part, j, 2, 4); break;
            case 3: thin_across(part, j, 3, 4); break;
            default: thin_across(part, j, 4, 4); break;
            }
    for (; j < part->n; j++)
        for (size_t i = 0; i < part->m; i++) {
            float *c = part->c + i * part->c_row + j * part->c_column;
            *c = part->alpha * dot(part, i, j) + (part->beta != 0 ? part->beta * *c : 0);
        }
}

// Long sums over depth of which both matrices have neighbours in memory (Gram matrices, linear
// layers): vectors along the depth, lanes added last, so nothing is transposed. Rows past the last
// repeat it and are not stored.
INLINE void deep_tile(const float *const *a, const float *const *b, size_t depth, bool first,
                      vec *sums) {
    vec sum[DEEP_P * DEEP_Q];
#pragma GCC unroll 24
    for (int i = 0; i < DEEP_P * DEEP_Q; i++) sum[i] = first ? (vec){0} : sums[i];
    for (size_t d = 0; d < depth; d += LANES) {
        vec part[DEEP_P];
#pragma GCC unroll 4
        for (int p = 0; p < DEEP_P; p++) {
            part[p] = load(a[p] + d);
            PIN(part[p]);
        }
#pragma GCC unroll 6
        for (int q = 0; q < DEEP_Q; q++) {
            vec value = load(b[q] + d);
#pragma GCC unroll 4
            for (int p = 0; p < DEEP_P; p++) {
                sum[p * DEEP_Q + q] += part[p] * value;
                PIN(sum[p * DEEP_Q + q]);
            }
        }
    }
#pragma GCC unroll 24
    for (int i = 0; i < DEEP_P * DEEP_Q; i++) sums[i] = sum[i];
}

static float lanes_sum(const vec *v) {
    const float *lanes = (const float *)v;
    float part[LANES / 2];
    for (int l = 0; l < LANES / 2; l++) part[l] = lanes[l] + lanes[l + LANES / 2];
    for (int half = LANES / 4; half; half /= 2)
        for (int l = 0; l < half; l++) part[l] += part[l + half];
    return part[0];
}

// `count` rows of `depth` floats side by side, filled up with zeros to whole vectors.
static void copy_rows(const float *from, size_t step, size_t count, size_t depth, float *to) {
    for (size_t i = 0; i < count; i++, to += DEEP) {
        memcpy(to, from + i * step, depth * sizeof *to);
        for (size_t d = depth; d % LANES; d++) to[d] = 0;
    }
}

static size_t tiles(size_t count, size_t tile) {
    return (count + tile - 1) / tile;
}

// The sums of a row of tiles: vectors [tile across][DEEP_P][DEEP_Q].
static void deep_row(const limn_gemm_part *part, const float *a, const float *b, size_t row,
                     size_t depth, bool first, vec *sums) {
    const float *rows[DEEP_P];
    for (size_t p = 0; p < DEEP_P; p++) rows[p] = a + least(p, part->m - row - 1) * DEEP;
    for (size_t column = 0; column < part->n; column += DEEP_Q, sums += DEEP_P * DEEP_Q) {
        const float *columns[DEEP_Q];
        for (size_t q = 0; q < DEEP_Q; q++)
            columns[q] = b + (column + least(q, part->n - column - 1)) * DEEP;
        deep_tile(rows, columns, depth, first, sums);
    }
}

static size_t deep_sums(const limn_gemm_part *part) {
    return tiles(part->m, DEEP_P) * tiles(part->n, DEEP_Q) * DEEP_P * DEEP_Q * LANES;
}

// Whether the sums and a block of each matrix find room.
static bool is_deep(const limn_gemm_part *part) {
    if (part->a_depth != 1 || part->b_depth != 1 || part->k < 4 * DEEP) return false;
    if (part->m > LIMN_GEMM_FLOATS / LANES || part->n > LIMN_GEMM_FLOATS / LANES) return false;
    return deep_sums(part) + (DEEP_P + part->n) * DEEP <= LIMN_GEMM_FLOATS;
}

static void deep(const limn_gemm_part *part) {
    size_t across = tiles(part->n, DEEP_Q);
    vec *sums = (vec *)part->scratch;
    float *a = part->scratch + deep_sums(part), *b = a + DEEP_P * DEEP;
    for (size_t d = 0; d < part->k; d += DEEP) {
        size_t depth = least(part->k - d, DEEP);
        copy_rows(part->b + d, part->b_column, part->n, depth, b);
        for (size_t row = 0; row < part->m; row += DEEP_P) {
            copy_rows(part->a + row * part->a_row + d, part->a_row, least(DEEP_P, part->m - row),
                      depth, a);
            deep_row(part, a, b, row, depth, d == 0, sums + row * across * DEEP_Q);
        }
    }
    for (size_t i = 0; i < part->m; i++)
        for (size_t j = 0; j < part->n; j++) {
            size_t tile = i / DEEP_P * across + j / DEEP_Q;
            float dot = lanes_sum(&sums[(tile * DEEP_P + i % DEEP_P) * DEEP_Q + j % DEEP_Q]);
            float *c = part->c + i * part->c_row + j * part->c_column;
            *c = part->alpha * dot + (part->beta != 0 ? part->beta * *c : 0);
        }
}

void NAME(limn_gemm_part)(const limn_gemm_part *part) {
    limn_gemm_part turned = *part;
    if (part->m > THIN && part->n <= THIN) { // the transpose has few rows
        turned.m = part->n, turned.n = part->m;
        turned.a = part->b, turned.a_row = part->b_column, turned.a_depth = part->b_depth;
        turned.b = part->a, turned.b_column = part->a_row, turned.b_depth = part->a_depth;
        turned.c_row = part->c_column, turned.c_column = part->c_row;
    }
    bool contiguous = turned.b_column == 1 || (turned.b_depth == 1 && turned.a_depth == 1);
    if (turned.m <= THIN && (contiguous || !turned.k))
        thin(&turned);
    else if (!part->k)
        thin(part);
    else if (is_deep(part))
        deep(part);
    else
        thick(part);
}
