// What operators on the pixels of maps share: one body for planes of single values (plain) and of
// vectors of channels (blocked). The file that includes this defines OP_NAME and
//
//   INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes)
//
// which does one plane of the output, `lanes` neighbouring values a pixel, all of type real.
#include "ops/isa.h"

// Says `each(j, l)` for all columns j and lanes l of a row: vectors of lanes, or of columns where
// there is one lane. The operands must not share memory.
#define MAPS_ROW(columns, lanes, each)                                                             \
    if (lanes == 1) {                                                                              \
        _Pragma("omp simd") for (size_t j = 0; j < columns; j++) {                                 \
            each(j, 0)                                                                             \
        }                                                                                          \
    } else {                                                                                       \
        for (size_t j = 0; j < columns; j++) {                                                     \
            _Pragma("omp simd") for (size_t l = 0; l < lanes; l++) {                               \
                each(j, l)                                                                         \
            }                                                                                      \
        }                                                                                          \
    }

// Rows and columns of in[0] and of the result, and how many planes the result has.
typedef struct maps {
    size_t count, h, w, oh, ow;
} maps;

INLINE void plane(const limn_step *step, maps m, size_t index, size_t lanes);

INLINE maps maps_of(const limn_step *step) {
    const int64_t *in = step->in[0].shape.dim, *out = step->out.shape.dim;
    size_t lanes = step->out.layout == LIMN_BLOCKED ? (size_t)limn_isa_lanes(step->isa) : 1;
    return (maps){(size_t)out[0] * (((size_t)out[1] + lanes - 1) / lanes), (size_t)in[2],
                  (size_t)in[3], (size_t)out[2], (size_t)out[3]};
}

#define MAPS_PLAIN(name) OP_PLAIN(name)

MAPS_PLAIN(OP_NAME) {
    maps m = maps_of(step);
    for (size_t p = 0; p < m.count; p++) plane(step, m, p, 1);
}

#ifndef OP_DOUBLE

INLINE void planes_body(const limn_step *step, size_t begin, size_t end) {
    maps m = maps_of(step);
    bool blocked = step->out.layout == LIMN_BLOCKED;
    for (size_t p = begin; p < end; p++) {
        if (!blocked)
            plane(step, m, p, 1);
        else if (limn_isa_lanes(step->isa) == 16)
            plane(step, m, p, 16);
        else
            plane(step, m, p, 8);
    }
}
VERSIONS(planes)

static void maps_run(const limn_step *step) {
    maps m = maps_of(step);
    size_t lanes = step->out.layout == LIMN_BLOCKED ? (size_t)limn_isa_lanes(step->isa) : 1;
    size_t larger = m.h * m.w > m.oh * m.ow ? m.h * m.w : m.oh * m.ow;
    limn_do_parts(step, planes, m.count, m.count * larger * lanes);
}

// All operands and the result float, in the layout of the first (or of any, when one is blocked).
static const char *maps_accept(limn_step *step) {
    limn_layout layout = LIMN_PLAIN;
    for (int i = 0; i < step->node->inputs; i++)
        if (step->in[i].layout == LIMN_BLOCKED) layout = LIMN_BLOCKED;
    for (int i = 0; i < step->node->inputs; i++) {
        step->in[i].layout = layout;
        step->in[i].type = LIMN_FLOAT;
    }
    step->out.layout = layout;
    return NULL;
}

static const limn_kernel maps_kernel = {
    .name = "any layout", .accept = maps_accept, .run = maps_run};
static const limn_kernel *const maps_kernels[] = {&maps_kernel, NULL};

static inline limn_status maps_check(limn_node *node) {
    node->shape = node->input[0]->shape;
    if (node->shape.rank == 4) return LIMN_OK;
    return limn_node_fail(node, "it must have four axes: pictures, channels, rows, columns");
}

#endif
