// The kernels of an operator on single elements. The file that includes this defines OP_NAME,
// OP_VALUE(x) (an expression of type real), OP_ZERO_STAYS (whether f(0) = 0), OP_HALF where 16-bit
// maps give a 16-bit map (otherwise they give floats), OP_FAST(x) where the kernel computes floats
// in another way than the plain one, and OP_ATTR, the operator's own options, which the expressions
// see as `o`, where it has any.
#include "ops/elementwise.h"

#ifndef OP_HALF
#define OP_HALF false
#endif
#ifndef OP_FAST
#define OP_FAST(x) OP_VALUE(x)
#endif

#define UNARY_PLAIN(name) OP_PLAIN(name)

UNARY_PLAIN(OP_NAME) {
#ifdef OP_ATTR
    const OP_ATTR o = *(const OP_ATTR *)step->node->attr;
#endif
    const real *x = step->in[0].data;
    real *y = step->out.data;
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    for (size_t i = 0; i < count; i++) y[i] = OP_VALUE(x[i]);
}

#ifndef OP_DOUBLE

INLINE void unary_body(const limn_step *step, size_t begin, size_t end) {
#ifdef OP_ATTR
    const OP_ATTR o = *(const OP_ATTR *)step->node->attr;
#endif
    const void *x = step->in[0].data;
    void *y = step->out.data;
    begin *= 64; // pieces of 64 elements
    end *= 64;
    size_t room = limn_tensor_room(&step->out, step->isa);
    if (end > room) end = room;
    if (step->in[0].type == LIMN_BF16) {
#pragma omp simd
        for (size_t i = begin; i < end; i++) {
            float v = load(x, LIMN_BF16, i);
            store(y, OP_HALF ? LIMN_BF16 : LIMN_FLOAT, i, OP_FAST(v));
        }
    } else {
#pragma omp simd
        for (size_t i = begin; i < end; i++) {
            float v = load(x, LIMN_FLOAT, i);
            store(y, LIMN_FLOAT, i, OP_FAST(v));
        }
    }
}
VERSIONS(unary)

static void unary_run(const limn_step *step) {
    size_t room = limn_tensor_room(&step->out, step->isa);
    limn_do_parts(step, unary, (room + 63) / 64, room);
}

static const char *unary_accept(limn_step *step) {
#ifdef OP_ATTR
    const OP_ATTR o = *(const OP_ATTR *)step->node->attr;
    (void)o;
#endif
    return limn_accept_unary(step, OP_ZERO_STAYS, OP_HALF);
}

static const limn_kernel unary_kernel = {
    .name = "any layout", .accept = unary_accept, .run = unary_run};
static const limn_kernel *const unary_kernels[] = {&unary_kernel, NULL};

#endif
