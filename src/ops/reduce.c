// What sum, max and min share.
#include "ops/reduce.h"

static size_t product(const limn_shape *shape, int begin, int end) {
    size_t count = 1;
    for (int i = begin; i < end; i++) count *= (size_t)shape->dim[i];
    return count;
}

limn_run limn_reduce_run(const limn_step *step) {
    const reduce_attr *o = step->node->attr;
    const limn_tensor *in = &step->in[0];
    if (in->layout == LIMN_PLAIN)
        return (limn_run){product(&in->shape, 0, o->first),
                          product(&in->shape, o->first, o->last + 1),
                          product(&in->shape, o->last + 1, in->shape.rank)};
    limn_shape shape = in->shape; // n, C, h, w, and lanes that are inside as long as C is
    int64_t lanes = limn_isa_lanes(step->isa);
    shape.dim[1] = (shape.dim[1] + lanes - 1) / lanes;
    limn_run run = {product(&shape, 0, o->first), product(&shape, o->first, o->last + 1),
                    product(&shape, o->last + 1, 4)};
    if (o->first <= 1 && o->last == 3)
        run.count *= (size_t)lanes;
    else
        run.inner *= (size_t)lanes;
    return run;
}

limn_status limn_reduce_shape(limn_node *node) {
    const reduce_attr *o = node->attr;
    node->shape = node->input[0]->shape;
    if (o->first < 0 || o->first > o->last || o->last >= node->shape.rank)
        return limn_node_fail(node, "axes %d to %d are to go, and it has %d", o->first, o->last,
                              node->shape.rank);
    for (int i = o->first; i <= o->last; i++) node->shape.dim[i] = 1;
    return LIMN_OK;
}

const char *limn_reduce_accept(limn_step *step, bool zero_counts) {
    const reduce_attr *o = step->node->attr;
    limn_tensor *in = &step->in[0];
    bool over_channels = o->first <= 1 && o->last >= 1;
    bool blocked = in->layout == LIMN_BLOCKED && (!over_channels || o->last == 3);
    if (over_channels && !zero_counts && in->shape.dim[1] % limn_isa_lanes(step->isa))
        blocked = false;
    in->layout = blocked ? LIMN_BLOCKED : LIMN_PLAIN;
    in->type = LIMN_FLOAT;
    step->out.layout = blocked && !over_channels ? LIMN_BLOCKED : LIMN_PLAIN;
    return NULL;
}

limn_node *limn_reduce(const limn_op *op, limn_node *x, unsigned axes, limn_axes keep) {
    int rank = x->shape.rank;
    if (axes != LIMN_ALL_AXES && axes >> rank)
        return LIMN_NODE(op, (&(reduce_attr){31 - __builtin_clz(axes), 31 - __builtin_clz(axes)}),
                         x); // refused by the shape rule
    limn_node *y = x;
    for (int last = rank - 1; last >= 0; last--) {
        if (!(axes >> last & 1)) continue;
        int first = last;
        while (first > 0 && axes >> (first - 1) & 1) first--;
        y = LIMN_NODE(op, (&(reduce_attr){first, last}), y);
        last = first;
    }
    if (keep == LIMN_KEEP) return y;
    limn_shape left = {0};
    for (int i = 0; i < rank; i++)
        if (!(axes >> i & 1)) left.dim[left.rank++] = x->shape.dim[i];
    return limn_reshape(y, left);
}
