// transpose: axis i of the result is axis order[i] of x.
#include "ops/op.h"

typedef struct transpose_attr {
    int order[LIMN_MAX_RANK];
} transpose_attr;

#define OP_NAME transpose
#include "ops/moves.h"

static limn_walk view(const limn_step *step, size_t *offset) {
    const transpose_attr *o = step->node->attr;
    const limn_shape *x = &step->in[0].shape;
    size_t from[LIMN_MAX_RANK], stride[LIMN_MAX_RANK], step_to = 1;
    for (int i = x->rank - 1; i >= 0; i--) {
        from[i] = step_to;
        step_to *= (size_t)x->dim[i];
    }
    for (int i = 0; i < x->rank; i++) stride[i] = from[o->order[i]];
    *offset = 0;
    return limn_walk_strides(x->rank, step->out.shape.dim, stride);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_transpose;

static limn_status shape(limn_node *node) {
    const transpose_attr *o = node->attr;
    const limn_shape *x = &node->input[0]->shape;
    unsigned seen = 0;
    node->shape.rank = x->rank;
    for (int i = 0; i < x->rank; i++) {
        if (o->order[i] < 0 || o->order[i] >= x->rank || seen >> o->order[i] & 1)
            return limn_node_fail(node,
                                  "axis %d of the result is to be axis %d: name each of the "
                                  "%d axes once",
                                  i, o->order[i], x->rank);
        seen |= 1u << o->order[i];
        node->shape.dim[i] = x->dim[o->order[i]];
    }
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const transpose_attr *o = node->attr;
    int back[LIMN_MAX_RANK] = {0};
    for (int i = 0; i < node->shape.rank; i++) back[o->order[i]] = i;
    dx[0] = limn_transpose(dy, back);
}

static const char *accept(limn_step *step) {
    step->in[0].layout = LIMN_PLAIN;
    step->in[0].type = LIMN_FLOAT;
    return NULL;
}

static const limn_kernel kernel = {.name = "rows", .accept = accept, .run = move_run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_transpose(limn_node *x, const int *order) {
    transpose_attr attr = {{0}};
    for (int i = 0; i < x->shape.rank; i++) attr.order[i] = order[i];
    return LIMN_NODE(&limn_op_transpose, &attr, x);
}

// [n, c f f, h, w] -> [n, c, f, f, h, w] -> [n, c, h, f, w, f] -> [n, c, h f, w f]
limn_node *limn_pixel_shuffle(limn_node *x, int factor) {
    const int64_t *dim = x->shape.dim;
    int64_t f = factor, c = f > 0 && dim[1] % (f * f) == 0 ? dim[1] / (f * f) : -1;
    if (x->shape.rank != 4 || c < 1) // a shape that is refused with both in the sentence
        return limn_reshape(x, LIMN_SHAPE(dim[0], 0, f, f));
    limn_node *split = limn_reshape(x, LIMN_SHAPE(dim[0], c, f, f, dim[2], dim[3]));
    split = limn_transpose(split, (int[]){0, 1, 4, 2, 5, 3});
    return limn_reshape(split, LIMN_SHAPE(dim[0], c, dim[2] * f, dim[3] * f));
}

static limn_node *swap(limn_node *const *in) {
    return limn_transpose(in[0], (int[]){1, 0});
}
static limn_node *last(limn_node *const *in) {
    return limn_transpose(in[0], (int[]){0, 2, 3, 1});
}
static limn_node *twice(limn_node *const *in) {
    return limn_transpose(in[0], (int[]){0, 0});
}
static limn_node *shuffle(limn_node *const *in) {
    return limn_pixel_shuffle(in[0], 2);
}

static const limn_case cases[] = {
    {.what = "matrix", .build = swap, .inputs = 1, .input = {{2, {37, 50}}}},
    {.what = "channels last", .build = last, .inputs = 1, .input = {{4, {2, 5, 6, 7}}}},
    {.what = "pixel shuffle", .build = shuffle, .inputs = 1, .input = {{4, {2, 8, 3, 5}}}},
    {.what = "an axis twice",
     .build = twice,
     .inputs = 1,
     .input = {{2, {3, 4}}},
     .mistake = "axis 1 of the result is to be axis 0"},
    {.what = "pixel shuffle of 6 channels",
     .build = shuffle,
     .inputs = 1,
     .input = {{4, {2, 6, 3, 5}}},
     .mistake = "cannot be laid out as [2, 0, 2, 2]"},
    {0},
};

const limn_op limn_op_transpose = {
    .name = "transpose",
    .formula = "axis i of y is axis order[i] of x",
    .attr_size = sizeof(transpose_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(transpose),
    .cases = cases,
};

#endif
