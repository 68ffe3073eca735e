// What softmax and log_softmax share: rows of exponentials along an axis; the largest is taken off
// first, so that none overflows. The file that includes this defines OP_NAME, OP_SELF (its limn_op)
// and OP_VALUE(x, sum): of what is left of an element, and the sum of the row's exponentials.
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
        y[a * inner] = (real)OP_VALUE((double)x[a * inner] - largest, sum);
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

#define SOFTMAX_PLAIN(name) OP_PLAIN(name)

SOFTMAX_PLAIN(OP_NAME) {
    limn_parallel(step->threads, rows, (void *)(uintptr_t)step);
}

#ifndef OP_DOUBLE

extern const limn_op OP_SELF;

static limn_node *along(limn_node *x, int axis) {
    return LIMN_NODE(&OP_SELF, &axis, x);
}

static limn_status shape(limn_node *node) {
    node->shape = node->input[0]->shape;
    int axis = *(const int *)node->attr;
    if (axis < 0 || axis >= node->shape.rank)
        return limn_node_fail(node, "it has no axis %d", axis);
    return LIMN_OK;
}

static limn_node *last(limn_node *const *in) {
    return along(in[0], in[0]->shape.rank - 1);
}
static limn_node *channels(limn_node *const *in) {
    return along(in[0], 1);
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

#endif
