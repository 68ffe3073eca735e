// total_variation: y = half the sum of squared differences to the right and to the lower neighbour,
// without the last row and column.
#include "ops/isa.h"
#include "ops/op.h"

typedef struct planes {
    size_t count, h, w;
} planes;

static planes planes_of(const limn_step *step) {
    const int64_t *d = step->in[0].shape.dim;
    return (planes){(size_t)(d[0] * d[1]), (size_t)d[2], (size_t)d[3]};
}

OP_PLAIN(total_variation) {
    planes m = planes_of(step);
    const real *x = step->in[0].data;
    double sum = 0;
    for (size_t p = 0; p < m.count; p++, x += m.h * m.w)
        for (size_t i = 0; i + 1 < m.h; i++)
            for (size_t j = 0; j + 1 < m.w; j++) {
                const real *at = x + i * m.w + j;
                double right = (double)(at[0] - at[1]), down = (double)(at[0] - at[m.w]);
                sum += right * right + down * down;
            }
    *(real *)step->out.data = (real)(sum / 2);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_total_variation, limn_op_total_variation_gradient;

static limn_status shape(limn_node *node) {
    if (node->input[0]->shape.rank != 4)
        return limn_node_fail(node, "x must be [pictures, channels, rows, columns]");
    node->shape = LIMN_SHAPE(1);
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    if (wanted[0]) dx[0] = LIMN_NODE(&limn_op_total_variation_gradient, NULL, dy, node->input[0]);
}

// Rows of all planes, each with a sum of its own.
INLINE void rows_body(const limn_step *step, size_t begin, size_t end) {
    planes m = planes_of(step);
    double *sums = step->scratch;
    for (size_t r = begin; r < end; r++) {
        const float *x = (const float *)step->in[0].data + r * m.w;
        float sum = 0;
        size_t columns = r % m.h + 1 < m.h ? m.w - 1 : 0;
#pragma omp simd reduction(+ : sum)
        for (size_t j = 0; j < columns; j++) {
            float right = x[j] - x[j + 1], down = x[j] - x[j + m.w];
            sum += right * right + down * down;
        }
        sums[r] = (double)sum;
    }
}
VERSIONS(rows)

static void run(const limn_step *step) {
    planes m = planes_of(step);
    limn_do_parts(step, rows, m.count * m.h, m.count * m.h * m.w);
    const double *sums = step->scratch;
    double sum = 0;
    for (size_t r = 0; r < m.count * m.h; r++) sum += sums[r];
    *(float *)step->out.data = (float)(sum / 2);
}

static const char *accept(limn_step *step) {
    planes m = planes_of(step);
    step->in[0].layout = LIMN_PLAIN;
    step->in[0].type = LIMN_FLOAT;
    step->scratch_bytes = m.count * m.h * sizeof(double);
    return NULL;
}

static const limn_kernel kernel = {.name = "one pass", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_total_variation(limn_node *x) {
    return LIMN_NODE(&limn_op_total_variation, NULL, x);
}

static limn_node *build(limn_node *const *in) {
    return limn_total_variation(in[0]);
}

static const limn_case cases[] = {
    {.what = "a map", .build = build, .inputs = 1, .input = {{4, {2, 3, 7, 9}}}},
    {.what = "many pixels", .build = build, .inputs = 1, .input = {{4, {1, 3, 65, 130}}}},
    {.what = "one row", .build = build, .inputs = 1, .input = {{4, {1, 2, 1, 5}}}},
    {.what = "one column", .build = build, .inputs = 1, .input = {{4, {1, 2, 5, 1}}}},
    {.what = "of rank 2",
     .build = build,
     .inputs = 1,
     .input = {{2, {5, 1}}},
     .mistake = "x must be [pictures, channels, rows, columns]"},
    {0},
};

const limn_op limn_op_total_variation = {
    .name = "total_variation",
    .formula = "y = sum of ((x[i,j] - x[i,j+1])^2 + (x[i,j] - x[i+1,j])^2) / 2",
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(total_variation),
    .cases = cases,
};

#endif
