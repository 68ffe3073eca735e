// log_softmax: y = x - log sum exp(x) along an axis; the largest is taken off first, so that no
// exponential overflows.
#include "ops/op.h"

#include "base/threads.h"

#include <math.h>

// One row of `count` values, `inner` apart.
static void row(const real *x, real *y, size_t count, size_t inner) {
    double largest = (double)x[0], sum = 0;
    for (size_t a = 1; a < count; a++)
        if ((double)x[a * inner] > largest) largest = (double)x[a * inner];
    for (size_t a = 0; a < count; a++) sum += exp((double)x[a * inner] - largest);
    for (size_t a = 0; a < count; a++)
        y[a * inner] = (real)((double)x[a * inner] - largest - log(sum));
}

static void rows(void *context, int thread, int threads) {
    const limn_step *step = context;
    const limn_shape *shape = &step->out.shape;
    int axis = *(const int *)step->node->attr;
    size_t count = (size_t)shape->dim[axis], inner = 1, begin, end;
    for (int i = axis + 1; i < shape->rank; i++) inner *= (size_t)shape->dim[i];
    limn_share((size_t)limn_shape_count(shape) / count, thread, threads, &begin, &end);
    for (size_t r = begin; r < end; r++) {
        size_t at = r / inner * count * inner + r % inner;
        row((const real *)step->in[0].data + at, (real *)step->out.data + at, count, inner);
    }
}

OP_PLAIN(log_softmax) {
    limn_parallel(step->threads, rows, (void *)(uintptr_t)step);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_log_softmax;

static limn_status shape(limn_node *node) {
    node->shape = node->input[0]->shape;
    int axis = *(const int *)node->attr;
    if (axis < 0 || axis >= node->shape.rank)
        return limn_node_fail(node, "it has no axis %d", axis);
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    int axis = *(const int *)node->attr;
    // dy - exp(y) sum dy
    dx[0] = limn_sub(dy, limn_mul(limn_exp(node), limn_sum(dy, LIMN_AXIS(axis), LIMN_KEEP)));
}

limn_node *limn_log_softmax(limn_node *x, int axis) {
    return LIMN_NODE(&limn_op_log_softmax, &axis, x);
}

static limn_node *last(limn_node *const *in) {
    return limn_log_softmax(in[0], in[0]->shape.rank - 1);
}
static limn_node *channels(limn_node *const *in) {
    return limn_log_softmax(in[0], 1);
}

static const limn_case cases[] = {
    {.what = "rows", .build = last, .inputs = 1, .input = {{2, {6, 20}}}, .low = -3, .high = 3},
    {.what = "channels", .build = channels, .inputs = 1, .input = {{4, {2, 5, 6, 7}}}},
    {.what = "large values",
     .build = last,
     .inputs = 1,
     .input = {{2, {4, 9}}},
     .low = 995,
     .high = 1000},
    {.what = "no such axis",
     .build = channels,
     .inputs = 1,
     .input = {{1, {7}}},
     .mistake = "it has no axis 1"},
    {0},
};

const limn_op limn_op_log_softmax = {
    .name = "log_softmax",
    .formula = "y = x - log sum exp(x) along an axis",
    .attr_size = sizeof(int),
    .shape = shape,
    .grad = grad,
    .plain = OP_PLAINS(log_softmax),
    .cases = cases,
};

#endif
