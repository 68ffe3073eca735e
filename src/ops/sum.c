// sum: y = the sum of x over a run of neighbouring axes, which stay with size 1.
#include "ops/isa.h"
#include "ops/reduce.h"

OP_PLAIN(sum) {
    limn_run run = limn_reduce_run(step);
    const real *x = step->in[0].data;
    real *y = step->out.data;
    for (size_t o = 0; o < run.outer; o++)
        for (size_t i = 0; i < run.inner; i++) {
            double sum = 0;
            for (size_t r = 0; r < run.count; r++)
                sum += (double)x[(o * run.count + r) * run.inner + i];
            y[o * run.inner + i] = (real)sum;
        }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_sum;

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_broadcast_to(dy, node->input[0]->shape);
}

// The work is cut the same way whatever the number of threads: SEGMENT neighbouring results, CHUNK
// terms; what the chunks give is added in order in double. Within a chunk, floats add up BLOCK
// terms, doubles the blocks.
enum { SEGMENT = 64, BLOCK = 128 };

typedef struct cut {
    limn_run run;
    size_t segments, chunk, chunks;
} cut;

static cut cut_up(const limn_step *step) {
    cut it = {.run = limn_reduce_run(step)};
    if (it.run.inner == 1) { // terms are neighbours: BLOCK vectors of SEGMENT terms at a time
        it.segments = 1;
        it.chunk = 16 * SEGMENT * BLOCK / 8;
    } else {
        it.segments = (it.run.inner + SEGMENT - 1) / SEGMENT;
        it.chunk = 4 * BLOCK;
        if (it.segments * it.run.outer >= 64) it.chunk = it.run.count;
    }
    it.chunks = (it.run.count + it.chunk - 1) / it.chunk;
    return it;
}

// The sum of n neighbours.
INLINE double sum_row(const float *x, size_t n) {
    double sum = 0;
    size_t i = 0;
    while (n - i >= SEGMENT) {
        float part[SEGMENT];
        for (int j = 0; j < SEGMENT; j++) part[j] = x[i + (size_t)j];
        i += SEGMENT;
        for (size_t b = 1; b < BLOCK / 4 && n - i >= SEGMENT; b++, i += SEGMENT) {
#pragma omp simd
            for (int j = 0; j < SEGMENT; j++) part[j] += x[i + (size_t)j];
        }
        for (int half = SEGMENT / 2; half > 4; half /= 2)
            for (int j = 0; j < half; j++) part[j] += part[j + half];
        for (int j = 0; j < 8; j++) sum += (double)part[j];
    }
    for (; i < n; i++) sum += (double)x[i];
    return sum;
}

// `width` results (at most SEGMENT), `rows` terms each, `stride` apart.
INLINE void sum_rows(const float *x, size_t rows, size_t stride, size_t width, double *sum) {
    for (size_t j = 0; j < width; j++) sum[j] = 0;
    for (size_t r = 0; r < rows;) {
        float part[SEGMENT] = {0};
        for (size_t b = 0; b < BLOCK && r < rows; b++, r++) {
#pragma omp simd
            for (size_t j = 0; j < width; j++) part[j] += x[r * stride + j];
        }
        for (size_t j = 0; j < width; j++) sum[j] += (double)part[j];
    }
}

// Pieces are (outer, segment, chunk); each leaves its doubles in scratch.
INLINE void pieces_body(const limn_step *step, size_t begin, size_t end) {
    cut it = cut_up(step);
    const float *x = step->in[0].data;
    double *partial = step->scratch;
    for (size_t p = begin; p < end; p++) {
        size_t chunk = p % it.chunks, segment = p / it.chunks % it.segments;
        size_t outer = p / it.chunks / it.segments, first = chunk * it.chunk;
        size_t rows = it.run.count - first < it.chunk ? it.run.count - first : it.chunk;
        const float *from = x + (outer * it.run.count + first) * it.run.inner + segment * SEGMENT;
        double *to = partial + (outer * it.chunks + chunk) * it.run.inner + segment * SEGMENT;
        size_t width = it.run.inner - segment * SEGMENT;
        if (it.run.inner == 1)
            *to = sum_row(from, rows);
        else if (it.run.inner == 8)
            sum_rows(from, rows, 8, 8, to);
        else if (it.run.inner == 16)
            sum_rows(from, rows, 16, 16, to);
        else if (width >= SEGMENT)
            sum_rows(from, rows, it.run.inner, SEGMENT, to);
        else
            sum_rows(from, rows, it.run.inner, width, to);
    }
}
VERSIONS(pieces)

static void run(const limn_step *step) {
    cut it = cut_up(step);
    limn_do_parts(step, pieces, it.run.outer * it.segments * it.chunks,
                  it.run.outer * it.run.count * it.run.inner);
    const double *partial = step->scratch;
    float *y = step->out.data;
    for (size_t o = 0; o < it.run.outer; o++)
        for (size_t i = 0; i < it.run.inner; i++) {
            double sum = 0;
            for (size_t c = 0; c < it.chunks; c++)
                sum += partial[(o * it.chunks + c) * it.run.inner + i];
            y[o * it.run.inner + i] = (float)sum;
        }
}

static const char *accept(limn_step *step) {
    limn_reduce_accept(step, true);
    cut it = cut_up(step);
    step->scratch_bytes = it.run.outer * it.chunks * it.run.inner * sizeof(double);
    return NULL;
}

static const limn_kernel kernel = {.name = "cut up", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_sum(limn_node *x, unsigned axes, limn_axes keep) {
    return limn_reduce(&limn_op_sum, x, axes, keep);
}

limn_node *limn_mean(limn_node *x, unsigned axes, limn_axes keep) {
    double count = 1;
    for (int i = 0; i < x->shape.rank; i++)
        if (axes >> i & 1) count *= (double)x->shape.dim[i];
    return limn_scale(limn_sum(x, axes, keep), 1 / count);
}

limn_node *limn_sum_to(limn_node *x, limn_shape shape) {
    if (limn_shape_equal(&x->shape, &shape)) return x;
    int extra = x->shape.rank - shape.rank;
    unsigned axes = 0;
    for (int i = 0; i < x->shape.rank; i++)
        if (i < extra || (x->shape.dim[i] != 1 && shape.dim[i - extra] == 1)) axes |= LIMN_AXIS(i);
    return limn_reshape(limn_sum(x, axes, LIMN_KEEP), shape);
}

static limn_node *all(limn_node *const *in) {
    return limn_sum(in[0], LIMN_ALL_AXES, LIMN_DROP);
}
static limn_node *spatial(limn_node *const *in) {
    return limn_sum(in[0], LIMN_SPATIAL, LIMN_KEEP);
}
static limn_node *spatial_mean(limn_node *const *in) {
    return limn_mean(in[0], LIMN_SPATIAL, LIMN_KEEP);
}
static limn_node *per_picture(limn_node *const *in) {
    return limn_sum(in[0], LIMN_AXIS(1) | LIMN_SPATIAL, LIMN_DROP);
}
static limn_node *per_channel(limn_node *const *in) {
    return limn_sum(in[0], LIMN_AXIS(0) | LIMN_SPATIAL, LIMN_KEEP);
}
static limn_node *channels(limn_node *const *in) {
    return limn_sum(in[0], LIMN_AXIS(1), LIMN_KEEP);
}
static limn_node *pictures(limn_node *const *in) {
    return limn_sum(in[0], LIMN_AXIS(0), LIMN_KEEP);
}
static limn_node *rows_only(limn_node *const *in) {
    return limn_sum(in[0], LIMN_AXIS(2), LIMN_KEEP);
}
static limn_node *columns_only(limn_node *const *in) {
    return limn_sum(in[0], LIMN_AXIS(3), LIMN_KEEP);
}
static limn_node *to_shape(limn_node *const *in) {
    return limn_sum_to(in[0], LIMN_SHAPE(5, 1, 9));
}
static limn_node *no_axis(limn_node *const *in) {
    return limn_sum(in[0], LIMN_AXIS(4), LIMN_KEEP);
}

#define SMALL                                                                                      \
    {                                                                                              \
        {                                                                                          \
            4, {                                                                                   \
                2, 5, 7, 9                                                                         \
            }                                                                                      \
        }                                                                                          \
    }
#define LARGE                                                                                      \
    {                                                                                              \
        {                                                                                          \
            4, {                                                                                   \
                2, 32, 60, 70                                                                      \
            }                                                                                      \
        }                                                                                          \
    }
static const limn_case cases[] = {
    {.what = "all", .build = all, .inputs = 1, .input = SMALL, .low = -0.5, .high = 1},
    {.what = "all of many", .build = all, .inputs = 1, .input = LARGE, .low = 0.1, .high = 1},
    {.what = "pixels", .build = spatial, .inputs = 1, .input = SMALL},
    {.what = "many pixels", .build = spatial, .inputs = 1, .input = LARGE, .low = 0.1, .high = 1},
    {.what = "mean of pixels", .build = spatial_mean, .inputs = 1, .input = SMALL},
    {.what = "pictures apart", .build = per_picture, .inputs = 1, .input = SMALL},
    {.what = "channels apart", .build = per_channel, .inputs = 1, .input = SMALL},
    {.what = "over channels", .build = channels, .inputs = 1, .input = SMALL},
    {.what = "over pictures", .build = pictures, .inputs = 1, .input = SMALL},
    {.what = "over rows", .build = rows_only, .inputs = 1, .input = SMALL},
    {.what = "over columns", .build = columns_only, .inputs = 1, .input = SMALL},
    {.what = "to a shape", .build = to_shape, .inputs = 1, .input = SMALL},
    {.what = "no such axis",
     .build = no_axis,
     .inputs = 1,
     .input = SMALL,
     .mistake = "axes 4 to 4 are to go, and it has 4"},
    {0},
};

const limn_op limn_op_sum = {
    .name = "sum",
    .formula = "y = sum of x over axes",
    .attr_size = sizeof(reduce_attr),
    .shape = limn_reduce_shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(sum),
    .cases = cases,
};

#endif
