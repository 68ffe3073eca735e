// distance: y = scale * sum over all elements of f(a - b), f(d) = d^2 or |d|; b a map or a number.
// One pass over the maps: no difference is stored.
#include "ops/distance.h"

OP_PLAIN(distance) {
    const distance_attr *o = step->node->attr;
    const real *a = step->in[0].data, *b = step->node->inputs > 1 ? step->in[1].data : NULL;
    size_t count = (size_t)limn_shape_count(&step->in[0].shape);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)a[i] - (b ? (double)b[i] : (double)o->target);
        sum += o->form == LIMN_SQUARES ? d * d : d < 0 ? -d : d;
    }
    *(real *)step->out.data = (real)(o->scale * sum);
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_distance, limn_op_distance_gradient;

static limn_status shape(limn_node *node) {
    node->shape = LIMN_SHAPE(1);
    return distance_check(node, 0);
}

static limn_node *gradient_by(limn_node *node, limn_node *dy, limn_node *a, limn_node *b) {
    return limn_node_new(node->graph, &limn_op_distance_gradient, node->attr, b ? 3 : 2,
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

INLINE void parts_body(const limn_step *step, size_t begin, size_t end) {
    distance_maps m = distance_maps_of(step, 0);
    bool squares = ((const distance_attr *)step->node->attr)->form == LIMN_SQUARES;
    size_t room = limn_tensor_room(&step->in[0], step->isa);
    for (size_t p = begin; p < end; p++) {
        size_t first = p * PART, last = first + PART < room ? first + PART : room;
        double *to = (double *)step->scratch + p;
#define SUM(type_a, kind)                                                                          \
    *to = squares ? sum_part(&m, LIMN_SQUARES, type_a, kind, first, last)                          \
                  : sum_part(&m, LIMN_ABSOLUTE, type_a, kind, first, last)
        DISTANCE_TYPES(m, SUM);
    }
}
VERSIONS(parts)

static size_t part_count(const limn_step *step) {
    return (limn_tensor_room(&step->in[0], step->isa) + PART - 1) / PART;
}

static void run(const limn_step *step) {
    size_t count = part_count(step);
    limn_do_parts(step, parts, count, count * PART);
    const double *part = step->scratch;
    double sum = 0;
    for (size_t p = 0; p < count; p++) sum += part[p];
    *(float *)step->out.data = (float)(((const distance_attr *)step->node->attr)->scale * sum);
}

static const char *accept(limn_step *step) {
    distance_accept(step, 0);
    step->scratch_bytes = part_count(step) * sizeof(double);
    return NULL;
}

static const limn_kernel kernel = {.name = "one pass", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

limn_node *limn_distance(limn_node *a, limn_node *b, limn_distance_form form, double scale) {
    return LIMN_NODE(&limn_op_distance, (&(distance_attr){form, 0, scale}), a, b);
}

limn_node *limn_distance_to(limn_node *a, double target, limn_distance_form form, double scale) {
    return LIMN_NODE(&limn_op_distance, (&(distance_attr){form, (float)target, scale}), a);
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
    .formula = "y = scale * sum of f(a - b), f(d) = d^2 or |d|",
    .attr_size = sizeof(distance_attr),
    .shape = shape,
    .grad = grad,
    .kernels = kernels,
    .plain = OP_PLAINS(distance),
    .cases = cases,
};

#endif
