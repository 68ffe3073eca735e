// slice: elements start .. start + size - 1 of every axis.
#include "ops/op.h"

typedef struct slice_attr {
    int64_t start[LIMN_MAX_RANK], size[LIMN_MAX_RANK];
} slice_attr;

#define OP_NAME slice
#include "ops/moves.h"

static limn_walk view(const limn_step *step, size_t *offset) {
    const slice_attr *o = step->node->attr;
    const limn_tensor *in = &step->in[0];
    int64_t dim[LIMN_WALK_RANK] = {0}, full[LIMN_WALK_RANK], start[LIMN_WALK_RANK];
    int rank = in->shape.rank;
    for (int i = 0; i < rank; i++) {
        dim[i] = o->size[i];
        full[i] = in->shape.dim[i];
        start[i] = o->start[i];
    }
    if (in->layout == LIMN_BLOCKED) { // channels become blocks, lanes the last axis
        int lanes = limn_isa_lanes(step->isa);
        dim[1] = (dim[1] + lanes - 1) / lanes;
        full[1] = (full[1] + lanes - 1) / lanes;
        start[1] /= lanes;
        dim[4] = full[4] = lanes;
        start[4] = 0;
        rank = 5;
    }
    size_t stride[LIMN_WALK_RANK], step_to = 1;
    *offset = 0;
    for (int i = rank - 1; i >= 0; i--) {
        stride[i] = step_to;
        *offset += step_to * (size_t)start[i];
        step_to *= (size_t)full[i];
    }
    return limn_walk_strides(rank, dim, stride);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_slice;

static limn_status shape(limn_node *node) {
    const slice_attr *o = node->attr;
    const limn_shape *x = &node->input[0]->shape;
    node->shape.rank = x->rank;
    for (int i = 0; i < x->rank; i++) {
        if (o->start[i] < 0 || o->size[i] < 1 || o->start[i] > x->dim[i] - o->size[i])
            return limn_node_fail(node, "%lld elements from %lld on reach outside axis %d of %lld",
                                  (long long)o->size[i], (long long)o->start[i], i,
                                  (long long)x->dim[i]);
        node->shape.dim[i] = o->size[i];
    }
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const slice_attr *o = node->attr;
    dx[0] = limn_place(dy, o->start, node->input[0]->shape);
}

// Blocked as long as whole blocks of channels are taken.
static const char *accept(limn_step *step) {
    const slice_attr *o = step->node->attr;
    limn_tensor *in = &step->in[0];
    int lanes = limn_isa_lanes(step->isa);
    bool whole = in->layout == LIMN_BLOCKED && o->start[1] % lanes == 0 &&
                 (o->size[1] % lanes == 0 || o->start[1] + o->size[1] == in->shape.dim[1]);
    if (!whole) {
        in->layout = LIMN_PLAIN;
        in->type = LIMN_FLOAT;
    }
    step->out.layout = in->layout;
    step->out.type = in->type;
    return NULL;
}

static const limn_kernel kernel = {.name = "any layout", .accept = accept, .run = move_run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_slice(limn_node *x, const int64_t *start, const int64_t *size) {
    slice_attr attr = {0};
    for (int i = 0; i < x->shape.rank; i++) {
        attr.start[i] = start[i];
        attr.size[i] = size[i];
    }
    return LIMN_NODE(&limn_op_slice, &attr, x);
}

limn_node *limn_slice_axis(limn_node *x, int axis, int64_t start, int64_t size) {
    int64_t starts[LIMN_MAX_RANK] = {0}, sizes[LIMN_MAX_RANK];
    for (int i = 0; i < LIMN_MAX_RANK; i++) sizes[i] = x->shape.dim[i];
    if (axis >= 0 && axis < x->shape.rank) {
        starts[axis] = start;
        sizes[axis] = size;
    } else if (x->shape.rank) {
        sizes[0] = -1; // no such axis: refused by the shape rule
    }
    return limn_slice(x, starts, sizes);
}

limn_node *limn_crop(limn_node *x, int top, int left, int height, int width) {
    int64_t start[LIMN_MAX_RANK] = {0, 0, top, left};
    int64_t size[LIMN_MAX_RANK] = {x->shape.dim[0], x->shape.dim[1], height, width};
    return limn_slice(x, start, size);
}

static limn_node *crop(limn_node *const *in) {
    return limn_crop(in[0], 2, 1, 4, 5);
}
static limn_node *channels(limn_node *const *in) {
    return limn_slice_axis(in[0], 1, 16, 16);
}
static limn_node *odd_channels(limn_node *const *in) {
    return limn_slice_axis(in[0], 1, 3, 8);
}
static limn_node *vector(limn_node *const *in) {
    return limn_slice_axis(in[0], 0, 10, 20);
}

static const limn_case cases[] = {
    {.what = "crop", .build = crop, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "crop, full channels", .build = crop, .inputs = 1, .input = {{4, {1, 32, 8, 6}}}},
    {.what = "channels", .build = channels, .inputs = 1, .input = {{4, {2, 32, 5, 6}}}},
    {.what = "channels up to the end",
     .build = channels,
     .inputs = 1,
     .input = {{4, {2, 32, 3, 3}}}},
    {.what = "odd channels", .build = odd_channels, .inputs = 1, .input = {{4, {2, 12, 5, 6}}}},
    {.what = "vector", .build = vector, .inputs = 1, .input = {{1, {30}}}},
    {.what = "outside",
     .build = crop,
     .inputs = 1,
     .input = {{4, {2, 5, 5, 9}}},
     .mistake = "4 elements from 2 on reach outside axis 2 of 5"},
    {0},
};

const limn_op limn_op_slice = {
    .name = "slice",
    .formula = "y[i,j,...] = x[start0 + i, start1 + j, ...]",
    .attr_size = sizeof(slice_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(slice),
    .cases = cases,
};

#endif
