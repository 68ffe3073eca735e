// distance: y = scale * sum over all elements of f(a - b), f(d) = d^2 or |d|; b a map or a number.
// Or that of each picture. One pass over the maps: no difference is stored.
#include "ops/distance.h"

OP_PLAIN(distance) {
    const distance_attr *o = step->node->attr;
    const real *a = step->in[0].data, *b = step->node->inputs > 1 ? step->in[1].data : NULL;
    size_t rows = distance_rows(o, &step->in[0].shape);
    size_t count = (size_t)limn_shape_count(&step->in[0].shape) / rows;
    for (size_t row = 0; row < rows; row++, a += count) {
        const real *other = b ? b + distance_partner(o, row, rows) * count : NULL;
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            double d = (double)a[i] - (other ? (double)other[i] : (double)o->target);
            sum += o->form == LIMN_SQUARES ? d * d : d < 0 ? -d : d;
        }
        ((real *)step->out.data)[row] = (real)(o->scale * sum);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_distance, limn_op_distance_gradient;

static limn_status shape(limn_node *node) {
    LIMN_TRY(distance_check(node, 0));
    node->shape = LIMN_SHAPE((int64_t)distance_rows(node->attr, &node->input[0]->shape));
    return LIMN_OK;
}

static limn_node *gradient_by(limn_node *node, limn_node *dy, limn_node *a, limn_node *b) {
    distance_attr by = *(const distance_attr *)node->attr;
    by.by_b = a != node->input[0];
    if (by.by_b && by.turn) by.turn = a->shape.dim[0] - by.turn;
    return limn_node_new(node->graph, &limn_op_distance_gradient, &by, b ? 3 : 2,
                         (limn_node *const[]){dy, a, b});
}

// f is even: the gradient by b is that by a with the two exchanged.
static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    limn_node *a = node->input[0], *b = node->inputs > 1 ? node->input[1] : NULL;
    if (wanted[0]) dx[0] = gradient_by(node, dy, a, b);
    if (b && wanted[1]) dx[1] = gradient_by(node, dy, b, a);
}

// Parts are the same whatever the number of threads. Floats add up BLOCK terms, doubles the rest.
enum { PART = 8192, WIDE = 32, BLOCK = 32 };

INLINE double sum_part(const distance_maps *m, limn_distance_form form, limn_type type_a, int kind,
                       size_t begin, size_t end) {
    double sum = 0;
    size_t i = begin;
    while (end - i >= WIDE) {
        float part[WIDE] = {0};
        for (size_t b = 0; b < BLOCK && end - i >= WIDE; b++, i += WIDE) {
#pragma omp simd
            for (size_t j = 0; j < WIDE; j++) {
                float d = distance_at(m, type_a, kind, i + j);
                part[j] += form == LIMN_SQUARES ? d * d : d < 0 ? -d : d;
            }
        }
        for (size_t j = 0; j < WIDE; j++) sum += (double)part[j];
    }
    for (; i < end; i++) {
        float d = distance_at(m, type_a, kind, i);
        sum += (double)(form == LIMN_SQUARES ? d * d : d < 0 ? -d : d);
    }
    return sum;
}

INLINE distance_cut cut_of(const limn_step *step) {
    return distance_cut_of(step, &step->in[0], PART);
}

INLINE void parts_body(const limn_step *step, size_t begin, size_t end) {
    const distance_attr *o = step->node->attr;
    distance_maps m = distance_maps_of(step, 0);
    bool squares = o->form == LIMN_SQUARES;
    distance_cut cut = cut_of(step);
    for (size_t p = begin; p < end; p++) {
        size_t row = p / cut.parts, at = p % cut.parts * PART, rest = cut.room - at;
        size_t first = row * cut.room + at, last = first + (rest < PART ? rest : PART);
        double *to = (double *)step->scratch + p;
        m.shift = (distance_partner(o, row, cut.rows) - row) * cut.room;
#define SUM(type_a, kind)                                                                          \
    *to = squares ? sum_part(&m, LIMN_SQUARES, type_a, kind, first, last)                          \
                  : sum_part(&m, LIMN_ABSOLUTE, type_a, kind, first, last)
        DISTANCE_TYPES(m, SUM);
    }
}
VERSIONS(parts)

static void run(const limn_step *step) {
    distance_cut cut = cut_of(step);
    limn_do_parts(step, parts, cut.rows * cut.parts, cut.rows * cut.room);
    const double *part = step->scratch;
    for (size_t row = 0; row < cut.rows; row++) {
        double sum = 0;
        for (size_t p = 0; p < cut.parts; p++) sum += *part++;
        ((float *)step->out.data)[row] =
            (float)(((const distance_attr *)step->node->attr)->scale * sum);
    }
}

static const char *accept(limn_step *step) {
    distance_accept(step, 0);
    distance_cut cut = cut_of(step);
    step->scratch_bytes = cut.rows * cut.parts * sizeof(double);
    return NULL;
}

static const limn_kernel kernel = {.name = "one pass", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_distance(limn_node *a, limn_node *b, limn_distance_form form, double scale) {
    distance_attr attr = {.form = form, .scale = scale};
    return LIMN_NODE(&limn_op_distance, &attr, a, b);
}

limn_node *limn_distance_to(limn_node *a, double target, limn_distance_form form, double scale) {
    distance_attr attr = {.form = form, .target = (float)target, .scale = scale};
    return LIMN_NODE(&limn_op_distance, &attr, a);
}

limn_node *limn_distances(limn_node *a, limn_node *b, int64_t turn, limn_distance_form form,
                          double scale) {
    distance_attr attr = {.form = form, .scale = scale, .each = true, .turn = turn};
    return LIMN_NODE(&limn_op_distance, &attr, a, b);
}

static limn_node *squares(limn_node *const *in) {
    return limn_distance(in[0], in[1], LIMN_SQUARES, 0.25);
}
static limn_node *absolute(limn_node *const *in) {
    return limn_distance(in[0], limn_scale(in[1], 0.4), LIMN_ABSOLUTE, 0.25);
}
static limn_node *to_one(limn_node *const *in) {
    return limn_distance_to(in[0], 1, LIMN_SQUARES, 0.25);
}
static limn_node *to_zero(limn_node *const *in) {
    return limn_distance_to(in[0], 0, LIMN_SQUARES, 0.25);
}
static limn_node *of_one(limn_node *const *in) {
    return limn_distance_to(in[0], 1.5, LIMN_ABSOLUTE, 2);
}
static limn_node *each(limn_node *const *in) {
    return limn_distances(in[0], in[1], 0, LIMN_SQUARES, 0.25);
}
static limn_node *each_turned(limn_node *const *in) {
    return limn_distances(in[0], limn_scale(in[1], 0.4), 2, LIMN_SQUARES, 0.25);
}
static limn_node *absolute_turned(limn_node *const *in) {
    return limn_distances(in[0], limn_scale(in[1], 0.4), 1, LIMN_ABSOLUTE, 0.25);
}

#define S LIMN_SHAPE
static const limn_case cases[] = {
    {"squares", squares, 2, {S(2, 5, 7, 9), S(2, 5, 7, 9)}},
    {"squares, full channels", squares, 2, {S(1, 32, 40, 30), S(1, 32, 40, 30)}},
    {"squares of vectors", squares, 2, {S(1000), S(1000)}},
    {"absolute", absolute, 2, {S(1, 2, 5, 3), S(1, 2, 5, 3)}},
    {"absolute, many", absolute, 2, {S(2, 19, 31, 15), S(2, 19, 31, 15)}, .rough = true},
    {"squares to a number", to_one, 1, {S(2, 5, 7, 9)}},
    {"squares to a number, full channels", to_one, 1, {S(1, 32, 12, 30)}},
    {"squares to zero", to_zero, 1, {S(2, 21, 7, 9)}},
    {"absolute to a number", of_one, 1, {S(3, 1, 6, 6)}},
    {"each", each, 2, {S(3, 5, 7, 9), S(3, 5, 7, 9)}},
    {"each, turned", each_turned, 2, {S(3, 21, 4, 7), S(3, 21, 4, 7)}},
    {"each, many, turned", each_turned, 2, {S(5, 19, 31, 17), S(5, 19, 31, 17)}, .rough = true},
    {"each absolute, turned", absolute_turned, 2, {S(2, 1, 5, 3), S(2, 1, 5, 3)}},
    {"of vectors", each, 2, {S(4, 37), S(4, 37)}},
    {"turned too far",
     each_turned,
     2,
     {S(2, 3, 8, 8), S(2, 3, 8, 8)},
     .mistake = "there is no picture 2 of [2, 3, 8, 8]"},
    {"two shapes",
     squares,
     2,
     {S(1, 3, 8, 8), S(1, 3, 8, 9)},
     .mistake = "both must have one shape, not [1, 3, 8, 8] and [1, 3, 8, 9]"},
    {0},
};
#undef S

const limn_op limn_op_distance = {
    .name = "distance",
    .formula = "y = scale * sum of f(a - b), f(d) = d^2 or |d|, or of each picture",
    .attr_size = sizeof(distance_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(distance),
    .cases = cases,
};

#endif
