// The matrix products between Winograd's transforms.
//
// Built once per instruction set with LIMN_LANES and LIMN_SUFFIX.
#include "device/winograd_vector.h"

// m[i][0 .. width * LANES) (+)= sum_t a[i * across + t * along] * b[t * b_step ..]: `rows` rows of
// m, `pitch` apart. fetch: b + ahead is brought into the second-level cache meanwhile.
INLINE void product_rows(int rows, int width, bool fetch, const float *a, size_t across,
                         size_t along, const float *b, size_t b_step, size_t ahead, size_t depth,
                         float *m, size_t pitch, bool more) {
    vec sum[ROWS][2];
    const float *at[(ROWS + 2) / 3];
    UNROLL for (int i = 0; i < rows; i += 3) at[i / 3] = a + (size_t)i * across;
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int j = 0; j < width; j++) sum[i][j] = (vec){0};
    }
    for (size_t s = 0; s < depth; s++) {
        vec w[2];
        UNROLL for (int j = 0; j < width; j++) w[j] = load(b + j * LANES);
        UNROLL for (int j = 0; j < width && fetch; j += 16 / LANES)
            __builtin_prefetch(b + ahead + j * LANES, 0, 2);
        UNROLL for (int i = 0; i < rows; i++) {
            vec value = all(at[i / 3][(size_t)(i % 3) * across]);
            UNROLL for (int j = 0; j < width; j++) sum[i][j] += value * w[j];
        }
        UNROLL for (int i = 0; i < rows; i += 3) at[i / 3] += along;
        b += b_step;
    }
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int j = 0; j < width; j++) {
            float *to = m + (size_t)i * pitch + j * LANES;
            store(to, more ? load(to) + sum[i][j] : sum[i][j]);
        }
    }
}

typedef void product_kernel(const float *a, size_t step_a, const float *b, size_t step_b,
                            size_t ahead, size_t depth, float *m, size_t pitch, bool more);

// a[row][depth], rows step_a apart, against packed b; and a[depth][row], depth step_a apart.
#define PRODUCT(n)                                                                                 \
    static void wide_##n(const float *a, size_t step_a, const float *b, size_t step_b,             \
                         size_t ahead, size_t depth, float *m, size_t pitch, bool more) {          \
        product_rows(n, 2, true, a, step_a, 1, b, step_b, ahead, depth, m, pitch, more);           \
    }                                                                                              \
    static void slim_##n(const float *a, size_t step_a, const float *b, size_t step_b,             \
                         size_t ahead, size_t depth, float *m, size_t pitch, bool more) {          \
        product_rows(n, 1, true, a, step_a, 1, b, step_b, ahead, depth, m, pitch, more);           \
    }                                                                                              \
    static void wide_across_##n(const float *a, size_t step_a, const float *b, size_t step_b,      \
                                size_t ahead, size_t depth, float *m, size_t pitch, bool more) {   \
        product_rows(n, 2, false, a, 1, step_a, b, step_b, ahead, depth, m, pitch, more);          \
    }                                                                                              \
    static void slim_across_##n(const float *a, size_t step_a, const float *b, size_t step_b,      \
                                size_t ahead, size_t depth, float *m, size_t pitch, bool more) {   \
        product_rows(n, 1, false, a, 1, step_a, b, step_b, ahead, depth, m, pitch, more);          \
    }
#define PRODUCT_NAMES(n)                                                                           \
    {                                                                                              \
        {slim_##n, wide_##n}, {                                                                    \
            slim_across_##n, wide_across_##n                                                       \
        }                                                                                          \
    }
PRODUCT(1)
PRODUCT(2)
PRODUCT(3)
#if ROWS >= 6
PRODUCT(4)
PRODUCT(5)
PRODUCT(6)
#endif
#if ROWS >= 12
PRODUCT(7)
PRODUCT(8)
PRODUCT(9)
PRODUCT(10)
PRODUCT(11)
PRODUCT(12)
#endif

// By rows - 1, across, width - 1.
static product_kernel *const products[ROWS][2][2] = {
    PRODUCT_NAMES(1),  PRODUCT_NAMES(2),  PRODUCT_NAMES(3),
#if ROWS >= 6
    PRODUCT_NAMES(4),  PRODUCT_NAMES(5),  PRODUCT_NAMES(6),
#endif
#if ROWS >= 12
    PRODUCT_NAMES(7),  PRODUCT_NAMES(8),  PRODUCT_NAMES(9),
    PRODUCT_NAMES(10), PRODUCT_NAMES(11), PRODUCT_NAMES(12),
#endif
};

// Products longer than this are added up in pieces, which keeps rounding errors from growing with
// depth.
#define PIECE 128

void product(bool across, int width, int rows, const float *a, size_t step_a, const float *b,
             size_t step_b, size_t ahead, size_t depth, float *m, size_t pitch, bool more) {
    int left = rows, count;
    for (; left > 0; left -= count) {
        // The last pieces are of nearly equal height: 13 rows go as 7 and 6, not as 12 and 1.
        count = left <= ROWS ? left : left < 2 * ROWS ? (left + 1) / 2 : ROWS;
        product_kernel *const kernel = products[count - 1][across][width - 1];
        for (size_t done = 0; done < depth; done += PIECE) {
            size_t piece = depth - done < PIECE ? depth - done : PIECE;
            kernel(a + done * (across ? step_a : 1), step_a, b + done * step_b, step_b, ahead,
                   piece, m, pitch, more || done);
        }
        a += (size_t)count * (across ? 1 : step_a);
        m += (size_t)count * pitch;
        ahead = 0;
    }
}
