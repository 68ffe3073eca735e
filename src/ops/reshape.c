// reshape: the same elements in the same order, under another shape.
#include "ops/op.h"

#define OP_NAME reshape
#include "ops/moves.h"

static limn_walk view(const limn_step *step, size_t *offset) {
    *offset = 0;
    int64_t count = limn_shape_count(&step->out.shape);
    return limn_walk_strides(1, &count, &(size_t){1});
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_reshape;

// A size of -1 is what is left over.
static limn_status shape(limn_node *node) {
    const limn_shape *wanted = node->attr;
    int64_t count = limn_shape_count(&node->input[0]->shape), known = 1;
    int open = -1;
    bool fits = true;
    for (int i = 0; i < wanted->rank && fits; i++) {
        if (wanted->dim[i] == -1 && open < 0) {
            open = i;
            continue;
        }
        fits = wanted->dim[i] > 0 && !__builtin_mul_overflow(known, wanted->dim[i], &known);
    }
    if (fits) fits = open >= 0 ? count % known == 0 : count == known;
    if (!fits)
        return limn_node_fail(node, "its %lld elements cannot be laid out as %s", (long long)count,
                              limn_shape_text(wanted));
    node->shape = *wanted;
    if (open >= 0) node->shape.dim[open] = count / known;
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_reshape(dy, node->input[0]->shape);
}

static const char *accept(limn_step *step) {
    step->in[0].layout = LIMN_PLAIN;
    step->in[0].type = LIMN_FLOAT;
    step->in_place = true;
    return NULL;
}

static void run(const limn_step *step) {
    if (step->out.data != step->in[0].data) move_run(step);
}

static const limn_kernel kernel = {.name = "in place", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_reshape(limn_node *x, limn_shape shape) {
    if (limn_shape_equal(&x->shape, &shape)) return x;
    return LIMN_NODE(&limn_op_reshape, &shape, x);
}

static limn_node *flat(limn_node *const *in) {
    return limn_reshape(in[0], LIMN_SHAPE(2, -1));
}
static limn_node *number(limn_node *const *in) {
    return limn_reshape(in[0], (limn_shape){0});
}
static limn_node *wrong(limn_node *const *in) {
    return limn_reshape(in[0], LIMN_SHAPE(7, 9));
}

static const limn_case cases[] = {
    {.what = "flat", .build = flat, .inputs = 1, .input = {{4, {2, 3, 4, 5}}}},
    {.what = "a number", .build = number, .inputs = 1, .input = {{4, {1, 1, 1, 1}}}},
    {.what = "other count",
     .build = wrong,
     .inputs = 1,
     .input = {{2, {8, 8}}},
     .mistake = "its 64 elements cannot be laid out as [7, 9]"},
    {0},
};

const limn_op limn_op_reshape = {
    .name = "reshape",
    .formula = "y = x under another shape",
    .attr_size = sizeof(limn_shape),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(reshape),
    .cases = cases,
};

#endif
