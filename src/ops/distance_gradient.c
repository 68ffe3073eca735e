// distance_gradient: dx = dy scale f'(a - b), f'(d) = 2 d or the sign of d; b a map or a number.
#include "ops/distance.h"

OP_PLAIN(distance_gradient) {
    const distance_attr *o = step->node->attr;
    const real *dy = step->in[0].data, *a = step->in[1].data;
    const real *b = step->node->inputs > 2 ? step->in[2].data : NULL;
    real *dx = step->out.data;
    size_t rows = distance_rows(o, &step->out.shape);
    size_t count = (size_t)limn_shape_count(&step->out.shape) / rows;
    for (size_t row = 0; row < rows; row++, a += count, dx += count) {
        size_t partner = distance_partner(o, row, rows);
        const real *other = b ? b + partner * count : NULL;
        real factor = (real)((double)dy[o->by_b ? partner : row] * o->scale);
        for (size_t i = 0; i < count; i++) {
            real d = a[i] - (other ? other[i] : (real)o->target);
            dx[i] = factor * (o->form == LIMN_SQUARES ? 2 * d : (real)((d > 0) - (d < 0)));
        }
    }
}

#ifndef OP_DOUBLE

static limn_status shape(limn_node *node) {
    node->shape = node->input[1]->shape;
    return distance_check(node, 1);
}

INLINE void each(const distance_maps *m, limn_distance_form form, limn_type type_a, int kind,
                 float factor, float *dx, size_t begin, size_t end) {
#pragma omp simd
    for (size_t i = begin; i < end; i++) {
        float d = distance_at(m, type_a, kind, i);
        float sign = d > 0 ? factor : d < 0 ? -factor : 0;
        dx[i] = form == LIMN_SQUARES ? 2 * factor * d : sign;
    }
}

enum { PIECE = 64 }; // elements of a row

INLINE distance_cut cut_of(const limn_step *step) {
    return distance_cut_of(step, &step->out, PIECE);
}

INLINE void row_body(const limn_step *step, size_t row, size_t begin, size_t end) {
    const distance_attr *o = step->node->attr;
    distance_maps m = distance_maps_of(step, 1);
    distance_cut cut = cut_of(step);
    size_t partner = distance_partner(o, row, cut.rows), room = cut.room;
    float dy = ((const float *)step->in[0].data)[o->by_b ? partner : row];
    float factor = (float)((double)dy * o->scale), *dx = step->out.data;
    m.shift = (partner - row) * room;
    begin = row * room + begin * PIECE;
    end = row * room + (end * PIECE < room ? end * PIECE : room);
#define EACH(type_a, kind)                                                                         \
    o->form == LIMN_SQUARES ? each(&m, LIMN_SQUARES, type_a, kind, factor, dx, begin, end)         \
                            : each(&m, LIMN_ABSOLUTE, type_a, kind, factor, dx, begin, end)
    DISTANCE_TYPES(m, EACH);
}

INLINE void pieces_body(const limn_step *step, size_t begin, size_t end) {
    size_t pieces = cut_of(step).parts;
    while (begin < end) {
        size_t row = begin / pieces, first = row * pieces;
        size_t last = end < first + pieces ? end : first + pieces;
        row_body(step, row, begin - first, last - first);
        begin = last;
    }
}
VERSIONS(pieces)

static void run(const limn_step *step) {
    distance_cut cut = cut_of(step);
    limn_do_parts(step, pieces, cut.rows * cut.parts, cut.rows * cut.room);
}

static const char *accept(limn_step *step) {
    distance_accept(step, 1);
    step->in[0].layout = LIMN_PLAIN;
    step->in[0].type = LIMN_FLOAT;
    step->out.layout = step->in[1].layout;
    return NULL;
}

static const limn_kernel kernel = {.name = "one pass", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

static limn_node *of_squares(limn_node *const *in) {
    limn_node *dx, *loss = limn_distance(in[0], in[1], LIMN_SQUARES, 0.5);
    return limn_gradients(loss, in, 1, &dx) == LIMN_OK ? dx : limn_graph_broken(in[0]->graph);
}

// By b, each picture weighed by its distance.
static limn_node *of_each(limn_node *const *in) {
    limn_node *dx[2], *loss = limn_distances(in[0], in[1], 1, LIMN_SQUARES, 0.5);
    return limn_gradients_from(loss, loss, in, 2, dx) == LIMN_OK ? dx[1]
                                                                 : limn_graph_broken(in[0]->graph);
}

static const limn_case cases[] = {
    {.what = "squares",
     .build = of_squares,
     .inputs = 2,
     .input = {{4, {2, 5, 7, 9}}, {4, {2, 5, 7, 9}}},
     .rough = true},
    {.what = "of each, turned",
     .build = of_each,
     .inputs = 2,
     .input = {{4, {3, 5, 7, 9}}, {4, {3, 5, 7, 9}}},
     .rough = true},
    {0},
};

const limn_op limn_op_distance_gradient = {
    .name = "distance_gradient",
    .formula = "dx = dy scale f'(a - b)",
    .attr_size = sizeof(distance_attr),
    .shape = shape,
    .no_grad = true,
    .kernels = kernels,
    .plain = OP_PLAINS(distance_gradient),
    .cases = cases,
};

#endif
