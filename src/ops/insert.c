// insert: a map of `height` rows with those of x from row `from` on; the others are those of
// `before`, or zero. Maps that are made in strips grow so in one place.
#include "ops/op.h"
#include "ops/strips.h"

#include "base/threads.h"

#include <string.h>

typedef struct insert_attr {
    int64_t from, height;
} insert_attr;

// Whole rows of planes or blocks, in the layout and type that all three have.
static void rows_part(void *context, int thread, int threads) {
    const limn_step *step = context;
    const insert_attr *o = step->node->attr;
    int inputs = step->node->inputs;
    const limn_tensor *x = &step->in[inputs - 1], *y = &step->out;
    size_t height = (size_t)o->height, taken = (size_t)x->shape.dim[2], from = (size_t)o->from;
    size_t row = (size_t)y->shape.dim[3] * limn_type_bytes(y->type), begin, end;
    if (y->layout == LIMN_BLOCKED) row *= (size_t)limn_isa_lanes(step->isa);
    const char *before = inputs == 2 ? step->in[0].data : NULL;
    limn_share(limn_tensor_bytes(y, step->isa) / row, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++) {
        size_t plane = at / height, line = at % height;
        char *to = (char *)y->data + at * row;
        if (line >= from && line < from + taken)
            memcpy(to, (const char *)x->data + (plane * taken + line - from) * row, row);
        else if (!before)
            memset(to, 0, row);
        else if (before != y->data)
            memcpy(to, before + at * row, row);
    }
}

OP_PLAIN(insert) {
    limn_parallel(step->threads, rows_part, (void *)(uintptr_t)step);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_insert;

static limn_status shape(limn_node *node) {
    const insert_attr *o = node->attr;
    const limn_shape *x = &node->input[node->inputs - 1]->shape;
    if (x->rank != 4) return limn_node_fail(node, "x must be [pictures, channels, rows, columns]");
    if (o->from < 0 || o->from > o->height - x->dim[2])
        return limn_node_fail(node, "%lld rows from row %lld on reach outside of %lld",
                              (long long)x->dim[2], (long long)o->from, (long long)o->height);
    node->shape = *x;
    node->shape.dim[2] = o->height;
    if (node->inputs == 2 && !limn_shape_equal(&node->shape, &node->input[0]->shape))
        return limn_node_fail(node, "what was there before must be %s",
                              limn_shape_text(&node->shape));
    return LIMN_OK;
}

// The map goes on in the form that it began in; one of few channels is plain, since most of its
// lanes would be empty.
static const char *accept(limn_step *step) {
    if (2 * step->out.shape.dim[1] <= limn_isa_lanes(step->isa)) {
        step->in[0].layout = LIMN_PLAIN;
        step->in[0].type = LIMN_FLOAT;
    }
    step->in_place = step->node->inputs == 2;
    step->in[1].layout = step->out.layout = step->in[0].layout;
    step->in[1].type = step->out.type = step->in[0].type;
    return NULL;
}

static void run(const limn_step *step) {
    limn_parallel(step->threads, rows_part, (void *)(uintptr_t)step);
}

static const limn_kernel kernel = {.name = "any layout", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_insert(limn_node *before, limn_node *x, int64_t from, int64_t height) {
    const insert_attr attr = {from, height};
    return before ? LIMN_NODE(&limn_op_insert, &attr, before, x)
                  : LIMN_NODE(&limn_op_insert, &attr, x);
}

static limn_node *first(limn_node *const *in) {
    return limn_insert(NULL, in[0], 2, 7);
}
static limn_node *next(limn_node *const *in) {
    return limn_insert(in[0], in[1], 1, 5);
}
static limn_node *chain(limn_node *const *in) {
    return limn_insert(limn_insert(NULL, in[0], 0, 5), in[1], 3, 5);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"into nothing", first, 1, {S(2, 5, 3, 4)}, .rough = true},
    {"into a map", next, 2, {S(2, 18, 5, 4), S(2, 18, 2, 4)}, .rough = true},
    {"one after the other", chain, 2, {S(1, 35, 3, 6), S(1, 35, 2, 6)}, .rough = true},
    {"too many rows",
     first,
     1,
     {S(2, 5, 6, 4)},
     .mistake = "6 rows from row 2 on reach outside of 7"},
    {"into another",
     next,
     2,
     {S(2, 5, 5, 4), S(2, 4, 2, 4)},
     .mistake = "what was there before must be [2, 4, 5, 4]"},
    {"no map", first, 1, {S(5, 6)}, .mistake = "x must be [pictures, channels, rows, columns]"},
    {0},
};
#undef S

const limn_op limn_op_insert = {
    .name = "insert",
    .formula = "y[n,c,from + i,j] = x[n,c,i,j], elsewhere before[n,c,i,j], or 0",
    .attr_size = sizeof(insert_attr),
    .shape = shape,
    .no_grad = true,
    .kernels = kernels,
    .plain = OP_PLAINS(insert),
    .cases = cases,
};

#endif
