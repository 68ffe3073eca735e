// place: zeros of a given shape, with x in them from `start` on: the adjoint of slice.
#include "ops/op.h"

#include "base/threads.h"

#include <string.h>

typedef struct place_attr {
    limn_shape shape;
    int64_t start[LIMN_MAX_RANK];
} place_attr;

static void rows_part(void *context, int thread, int threads) {
    const limn_step *step = context;
    const place_attr *o = step->node->attr;
    const limn_shape *x = &step->in[0].shape, *y = &step->out.shape;
    int last = y->rank - 1;
    size_t columns = (size_t)y->dim[last], taken = (size_t)x->dim[last];
    size_t begin, end;
    limn_share((size_t)limn_shape_count(y) / columns, thread, threads, &begin, &end);
    for (size_t row = begin; row < end; row++) {
        size_t rest = row, from = 0, step_to = 1;
        bool inside = true;
        for (int i = last - 1; i >= 0; i--) {
            int64_t at = (int64_t)(rest % (size_t)y->dim[i]) - o->start[i];
            rest /= (size_t)y->dim[i];
            inside &= at >= 0 && at < x->dim[i];
            if (inside) from += step_to * (size_t)at;
            step_to *= (size_t)x->dim[i];
        }
        real *to = (real *)step->out.data + row * columns;
        memset(to, 0, columns * sizeof *to);
        if (inside)
            memcpy(to + o->start[last], (const real *)step->in[0].data + from * taken,
                   taken * sizeof *to);
    }
}

OP_PLAIN(place) {
    limn_parallel(step->threads, rows_part, (void *)(uintptr_t)step);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_place;

static limn_status shape(limn_node *node) {
    const place_attr *o = node->attr;
    const limn_shape *x = &node->input[0]->shape;
    bool fits = x->rank == o->shape.rank && x->rank > 0;
    for (int i = 0; fits && i < x->rank; i++)
        fits = o->start[i] >= 0 && o->start[i] <= o->shape.dim[i] - x->dim[i];
    if (!fits)
        return limn_node_fail(node, "it does not fit into %s at that place",
                              limn_shape_text(&o->shape));
    node->shape = o->shape;
    return LIMN_OK;
}

static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    const place_attr *o = node->attr;
    dx[0] = limn_slice(dy, o->start, node->input[0]->shape.dim);
}

// Within the pixels of pictures, padding with zeros does the same in any layout.
static limn_node *as_pad(limn_node *x, const int64_t *start, const limn_shape *shape) {
    const int64_t *from = x->shape.dim, *to = shape->dim;
    if (shape->rank != 4 || x->shape.rank != 4 || from[0] != to[0] || from[1] != to[1]) return NULL;
    limn_pad_options pad = {.top = (int)start[2],
                            .left = (int)start[3],
                            .bottom = (int)(to[2] - from[2] - start[2]),
                            .right = (int)(to[3] - from[3] - start[3])};
    return limn_pad(x, pad);
}

limn_node *limn_place(limn_node *x, const int64_t *start, limn_shape shape) {
    limn_node *padded = as_pad(x, start, &shape);
    if (padded) return padded;
    place_attr attr = {.shape = shape};
    for (int i = 0; i < shape.rank; i++) attr.start[i] = start[i];
    return LIMN_NODE(&limn_op_place, &attr, x);
}

static limn_node *build(limn_node *const *in) {
    return limn_place(in[0], (int64_t[]){1, 3, 0, 2}, LIMN_SHAPE(3, 9, 4, 7));
}

static const limn_case cases[] = {
    {.what = "all axes", .build = build, .inputs = 1, .input = {{4, {2, 5, 4, 3}}}},
    {.what = "too large",
     .build = build,
     .inputs = 1,
     .input = {{4, {2, 7, 4, 3}}},
     .mistake = "does not fit into [3, 9, 4, 7]"},
    {0},
};

const limn_op limn_op_place = {
    .name = "place",
    .formula = "y[start0 + i, start1 + j, ...] = x[i,j,...], 0 elsewhere",
    .attr_size = sizeof(place_attr),
    .shape = shape,
    .grad = grad,
    .plain = OP_PLAINS(place),
    .cases = cases,
};

#endif
