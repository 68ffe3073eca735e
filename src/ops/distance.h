// What distance and its gradient share: f(a - b), of a map and another or a number.
#ifndef LIMN_OPS_DISTANCE_H
#define LIMN_OPS_DISTANCE_H

#include "ops/elementwise.h"
#include "ops/op.h"

// distance: inputs a [, b]          distance_gradient: inputs dy, a [, b]
typedef struct distance_attr {
    limn_distance_form form;
    float target; // where there is no b
    double scale;
    bool each;    // a sum for each picture, not one for all
    int64_t turn; // each: picture i of a has picture (i + turn) modulo n of b, 0 <= turn < n
    bool by_b;    // the gradient of each is by what was b
} distance_attr;

// What is added up to one number: all of a map, or a picture of it.
static inline size_t distance_rows(const distance_attr *o, const limn_shape *a) {
    return o->each ? (size_t)a->dim[0] : 1;
}
// The row of b that row `row` of a is compared with.
static inline size_t distance_partner(const distance_attr *o, size_t row, size_t rows) {
    return o->each ? (row + (size_t)o->turn) % rows : row;
}

// How the rows of a map are cut up among threads.
typedef struct distance_cut {
    size_t rows, room, parts; // elements and parts of a row
} distance_cut;

INLINE distance_cut distance_cut_of(const limn_step *step, const limn_tensor *map, size_t part) {
    distance_cut cut = {.rows = distance_rows(step->node->attr, &map->shape)};
    cut.room = limn_tensor_room(map, step->isa) / cut.rows;
    cut.parts = (cut.room + part - 1) / part;
    return cut;
}

// Both maps in one layout, blocked where spare lanes give nothing; each in the type it has.
// `first`: which input is a.
static inline void distance_accept(limn_step *step, int first) {
    const distance_attr *o = step->node->attr;
    limn_tensor *in = step->in + first;
    int count = step->node->inputs - first;
    bool blocked = in[0].layout == LIMN_BLOCKED || (count > 1 && in[1].layout == LIMN_BLOCKED);
    bool spare = in[0].shape.rank == 4 && in[0].shape.dim[1] % limn_isa_lanes(step->isa);
    if (count == 1 && o->target != 0 && spare) blocked = false;
    for (int i = 0; i < count; i++) {
        limn_layout layout = blocked ? LIMN_BLOCKED : LIMN_PLAIN;
        if (in[i].layout != layout) in[i].type = LIMN_FLOAT;
        in[i].layout = layout;
    }
}

// The maps of a step as a kernel reads them.
typedef struct distance_maps {
    const void *a, *b; // b: NULL where it is a number
    limn_type type_a, type_b;
    float target;
    size_t shift; // from an element of a to that of b, modulo the range of a size
} distance_maps;

static inline distance_maps distance_maps_of(const limn_step *step, int first) {
    const limn_tensor *in = step->in + first;
    bool two = step->node->inputs > first + 1;
    return (distance_maps){.a = in[0].data,
                           .b = two ? in[1].data : NULL,
                           .type_a = in[0].type,
                           .type_b = two ? in[1].type : LIMN_FLOAT,
                           .target = ((const distance_attr *)step->node->attr)->target};
}

// a - b at element i, of known types; kind: 0 a number, 1 a float, 2 bf16.
INLINE float distance_at(const distance_maps *m, limn_type type_a, int kind, size_t i) {
    float a = load(m->a, type_a, i);
    return a -
           (kind == 0 ? m->target : load(m->b, kind == 2 ? LIMN_BF16 : LIMN_FLOAT, i + m->shift));
}

// Says `call(type_a, kind)` with constants.
#define DISTANCE_TYPES(m, call)                                                                    \
    do {                                                                                           \
        int kind = !(m).b ? 0 : (m).type_b == LIMN_BF16 ? 2 : 1;                                   \
        if ((m).type_a == LIMN_BF16 && kind == 0)                                                  \
            call(LIMN_BF16, 0);                                                                    \
        else if ((m).type_a == LIMN_BF16 && kind == 1)                                             \
            call(LIMN_BF16, 1);                                                                    \
        else if ((m).type_a == LIMN_BF16)                                                          \
            call(LIMN_BF16, 2);                                                                    \
        else if (kind == 0)                                                                        \
            call(LIMN_FLOAT, 0);                                                                   \
        else if (kind == 1)                                                                        \
            call(LIMN_FLOAT, 1);                                                                   \
        else                                                                                       \
            call(LIMN_FLOAT, 2);                                                                   \
    } while (0)

static inline limn_status distance_check(limn_node *node, int first) {
    const limn_shape *a = &node->input[first]->shape;
    const distance_attr *o = node->attr;
    if (o->each && (!a->rank || o->turn < 0 || o->turn >= a->dim[0]))
        return limn_node_fail(node, "there is no picture %lld of %s", (long long)o->turn,
                              limn_shape_text(a));
    if (node->inputs == first + 1 || limn_shape_equal(a, &node->input[first + 1]->shape))
        return LIMN_OK;
    return limn_node_fail(node, "both must have one shape, not %s and %s", limn_shape_text(a),
                          limn_shape_text(&node->input[first + 1]->shape));
}

#endif
