// broadcast_to: y is x repeated along its axes of size 1 and along new axes in front.
#include "ops/op.h"

#define OP_NAME broadcast_to
#include "ops/moves.h"

static limn_walk view(const limn_step *step, size_t *offset) {
    *offset = 0;
    return limn_walk_broadcast(step, 1);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_broadcast_to;

static limn_status shape(limn_node *node) {
    const limn_shape *x = &node->input[0]->shape, *y = node->attr;
    bool fits = x->rank <= y->rank;
    for (int i = 1; fits && i <= x->rank; i++)
        fits = x->dim[x->rank - i] == 1 || x->dim[x->rank - i] == y->dim[y->rank - i];
    if (!fits)
        return limn_node_fail(node, "it cannot be repeated to %s: each size must be equal or 1",
                              limn_shape_text(y));
    node->shape = *y;
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_sum_to(dy, node->input[0]->shape);
}

static const char *accept(limn_step *step) {
    limn_tensor *in = &step->in[0];
    if (in->layout == LIMN_BLOCKED &&
        (step->out.shape.rank != 4 || in->shape.dim[1] != step->out.shape.dim[1])) {
        in->layout = LIMN_PLAIN;
        in->type = LIMN_FLOAT;
    }
    step->out.layout = in->layout;
    step->out.type = in->type;
    return NULL;
}

static const limn_kernel kernel = {.name = "any layout", .accept = accept, .run = move_run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_broadcast_to(limn_node *x, limn_shape shape) {
    if (limn_shape_equal(&x->shape, &shape)) return x;
    return LIMN_NODE(&limn_op_broadcast_to, &shape, x);
}

static limn_node *build(limn_node *const *in) {
    return limn_broadcast_to(in[0], LIMN_SHAPE(2, 5, 6, 7));
}

static const limn_case cases[] = {
    {.what = "a number", .build = build, .inputs = 1},
    {.what = "over the pixels", .build = build, .inputs = 1, .input = {{4, {2, 5, 1, 1}}}},
    {.what = "over channels", .build = build, .inputs = 1, .input = {{4, {1, 1, 6, 7}}}},
    {.what = "over pictures", .build = build, .inputs = 1, .input = {{3, {5, 6, 7}}}},
    {.what = "a column", .build = build, .inputs = 1, .input = {{2, {6, 1}}}},
    {.what = "another size",
     .build = build,
     .inputs = 1,
     .input = {{4, {2, 4, 1, 1}}},
     .mistake = "cannot be repeated to [2, 5, 6, 7]"},
    {0},
};

const limn_op limn_op_broadcast_to = {
    .name = "broadcast_to",
    .formula = "y = x, repeated to a shape",
    .attr_size = sizeof(limn_shape),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(broadcast_to),
    .cases = cases,
};

#endif
