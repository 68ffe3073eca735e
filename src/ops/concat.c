// concat: tensors one behind the other along an axis.
#include "ops/op.h"

#include "base/threads.h"

#include <string.h>

typedef struct concat_attr {
    int axis;
} concat_attr;

// Elements of a tensor from the axis on, in the layout it has: what is copied at once.
static size_t piece_of(const limn_step *step, const limn_tensor *tensor) {
    int axis = ((const concat_attr *)step->node->attr)->axis;
    size_t outer = 1;
    for (int i = 0; i < axis; i++) outer *= (size_t)tensor->shape.dim[i];
    if (tensor->layout == LIMN_PLAIN) return (size_t)limn_shape_count(&tensor->shape) / outer;
    if (axis > 1) { // rows and columns lie within blocks of channels
        size_t lanes = (size_t)limn_isa_lanes(step->isa), channels = (size_t)tensor->shape.dim[1];
        outer = outer / channels * ((channels + lanes - 1) / lanes);
    }
    return limn_tensor_room(tensor, step->isa) / outer;
}

static void copy(void *context, int thread, int threads) {
    const limn_step *step = context;
    size_t bytes = limn_type_bytes(step->out.type), stride = piece_of(step, &step->out) * bytes;
    size_t outer = limn_tensor_room(&step->out, step->isa) * bytes / stride, offset = 0;
    for (int i = 0; i < step->node->inputs; i++) {
        size_t piece = piece_of(step, &step->in[i]) * bytes, begin, end;
        const char *from = step->in[i].data;
        char *to = (char *)step->out.data + offset;
        offset += piece;
        if (from == to) continue; // it was made in its place
        if (outer == 1) {         // each thread a part of the one piece
            limn_share(piece, thread, threads, &begin, &end);
            memcpy(to + begin, from + begin, end - begin);
        } else {
            limn_share(outer, thread, threads, &begin, &end);
            for (size_t o = begin; o < end; o++) memcpy(to + o * stride, from + o * piece, piece);
        }
    }
}

OP_PLAIN(concat) {
    limn_parallel(step->threads, copy, (void *)(uintptr_t)step);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_concat;

static limn_status shape(limn_node *node) {
    int axis = ((const concat_attr *)node->attr)->axis;
    node->shape = node->input[0]->shape;
    if (axis < 0 || axis >= node->shape.rank)
        return limn_node_fail(node, "there is no axis %d to put them together along", axis);
    for (int i = 1; i < node->inputs; i++) {
        const limn_shape *x = &node->input[i]->shape;
        bool fits = x->rank == node->shape.rank;
        for (int k = 0; fits && k < x->rank; k++)
            fits = k == axis || x->dim[k] == node->shape.dim[k];
        if (!fits)
            return limn_node_fail(node, "number %d does not fit: only axis %d may differ", i + 1,
                                  axis);
        node->shape.dim[axis] += x->dim[axis];
    }
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    int axis = ((const concat_attr *)node->attr)->axis;
    int64_t start = 0;
    for (int i = 0; i < node->inputs; i++) {
        int64_t size = node->input[i]->shape.dim[axis];
        if (wanted[i]) dx[i] = limn_slice_axis(dy, axis, start, size);
        start += size;
    }
}

// Blocked where an input is, and only the last one has spare lanes in the middle of the channels.
static const char *accept(limn_step *step) {
    int axis = ((const concat_attr *)step->node->attr)->axis, inputs = step->node->inputs;
    int lanes = limn_isa_lanes(step->isa);
    bool blocked = false, half = step->out.shape.rank == 4;
    for (int i = 0; i < inputs; i++) {
        blocked |= step->in[i].layout == LIMN_BLOCKED;
        half &= step->in[i].type == LIMN_BF16;
    }
    for (int i = 0; i + 1 < inputs && axis == 1; i++)
        if (step->in[i].shape.dim[1] % lanes) blocked = false;
    step->out.layout = blocked ? LIMN_BLOCKED : LIMN_PLAIN;
    step->out.type = blocked && half ? LIMN_BF16 : LIMN_FLOAT;
    for (int i = 0; i < inputs; i++) {
        step->in[i].layout = step->out.layout;
        step->in[i].type = step->out.type;
    }
    step->joins = piece_of(step, &step->out) == limn_tensor_room(&step->out, step->isa);
    return NULL;
}

static void run(const limn_step *step) {
    limn_parallel(step->threads, copy, (void *)(uintptr_t)step);
}

static const limn_kernel kernel = {.name = "any layout", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_concat(limn_node *const *x, int count, int axis) {
    if (count > LIMN_MAX_INPUTS) { // the first few become one
        limn_node *rest[LIMN_MAX_INPUTS];
        limn_node *first = limn_concat(x, LIMN_MAX_INPUTS, axis);
        while (count - LIMN_MAX_INPUTS >= LIMN_MAX_INPUTS) {
            x += LIMN_MAX_INPUTS - 1;
            count -= LIMN_MAX_INPUTS - 1;
            rest[0] = first;
            for (int i = 1; i < LIMN_MAX_INPUTS; i++) rest[i] = x[i];
            first = limn_concat(rest, LIMN_MAX_INPUTS, axis);
        }
        rest[0] = first;
        for (int i = LIMN_MAX_INPUTS; i < count; i++) rest[i - LIMN_MAX_INPUTS + 1] = x[i];
        return count > LIMN_MAX_INPUTS ? limn_concat(rest, count - LIMN_MAX_INPUTS + 1, axis)
                                       : first;
    }
    return limn_node_new(x[0]->graph, &limn_op_concat, &(concat_attr){axis}, count, x);
}

static limn_node *channels(limn_node *const *in) {
    return limn_concat(in, 2, 1);
}
static limn_node *three_pictures(limn_node *const *in) {
    return limn_concat(in, 3, 0);
}
static limn_node *columns(limn_node *const *in) {
    return limn_concat(in, 2, 3);
}
static limn_node *eighteen(limn_node *const *in) {
    limn_node *many[18];
    for (int i = 0; i < 18; i++) many[i] = in[i % 2];
    return limn_concat(many, 18, 1);
}
static limn_node *fifteen(limn_node *const *in) {
    limn_node *many[15];
    for (int i = 0; i < 15; i++) many[i] = in[i % 2];
    return limn_concat(many, 15, 0);
}

#define TWO(f, ...) .build = f, .inputs = 2, .input = {__VA_ARGS__}
static const limn_case cases[] = {
    {.what = "odd channels", TWO(channels, {4, {2, 5, 6, 7}}, {4, {2, 3, 6, 7}})},
    {.what = "full channels", TWO(channels, {4, {2, 16, 6, 7}}, {4, {2, 5, 6, 7}})},
    {.what = "pictures",
     .build = three_pictures,
     .inputs = 3,
     .input = {{4, {2, 5, 6, 7}}, {4, {1, 5, 6, 7}}, {4, {2, 5, 6, 7}}}},
    {.what = "columns", TWO(columns, {4, {2, 5, 6, 7}}, {4, {2, 5, 6, 2}})},
    {.what = "vectors",
     .build = three_pictures,
     .inputs = 3,
     .input = {{1, {7}}, {1, {9}}, {1, {2}}}},
    {.what = "eighteen", TWO(eighteen, {2, {3, 2}}, {2, {3, 4}})},
    {.what = "fifteen", TWO(fifteen, {2, {3, 4}}, {2, {2, 4}})},
    {.what = "other size",
     TWO(channels, {4, {2, 5, 6, 7}}, {4, {2, 3, 6, 8}}),
     .mistake = "number 2 does not fit: only axis 1 may differ"},
    {0},
};

const limn_op limn_op_concat = {
    .name = "concat",
    .formula = "y = x0, x1, ... along an axis",
    .attr_size = sizeof(concat_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(concat),
    .cases = cases,
};

#endif
