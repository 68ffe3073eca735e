// What operators on single elements share: broadcast views, what they accept.
#ifndef LIMN_OPS_ELEMENTWISE_H
#define LIMN_OPS_ELEMENTWISE_H

#include "ops/isa.h"
#include "plan/element.h"

enum { LIMN_WALK_RANK = LIMN_MAX_RANK + 1 };

// How up to two operands lie along the axes of a result that is walked front to back. Axes of one
// element are gone, and neighbours that all operands walk alike are joined.
typedef struct limn_walk {
    int rank; // at least 2
    size_t dim[LIMN_WALK_RANK];
    size_t stride[2][LIMN_WALK_RANK];
    size_t count;
} limn_walk;

// The walk of `operands` tensors broadcast to the step's output, in the layouts they have.
limn_walk limn_walk_broadcast(const limn_step *step, int operands);
// A walk along given strides of one operand.
limn_walk limn_walk_strides(int rank, const int64_t *dim, const size_t *stride);

// The offset of an operand at row `row`: the walk without its last axis, counted through.
static inline size_t limn_walk_row(const limn_walk *walk, int operand, size_t row) {
    size_t offset = 0;
    for (int i = walk->rank - 2; i >= 0; i--) {
        offset += row % walk->dim[i] * walk->stride[operand][i];
        row /= walk->dim[i];
    }
    return offset;
}

// The same for any element: for plain kernels.
static inline size_t limn_walk_at(const limn_walk *walk, int operand, size_t element) {
    size_t last = walk->dim[walk->rank - 1];
    return limn_walk_row(walk, operand, element / last) +
           element % last * walk->stride[operand][walk->rank - 1];
}

// Whether any lane of the blocked tensor lies past the last channel.
bool limn_has_spare_lanes(const limn_step *step);

// Accepts one operand in any layout and type; `zero_stays` says that f(0) = 0, `half` that the
// result is 16-bit when the operand is.
const char *limn_accept_unary(limn_step *step, bool zero_stays, bool half);
// Accepts two operands, broadcast. `zero` says what keeps spare lanes zero: 0 nothing, 1 both
// operands being zero there, 2 one of them (a product). `half`: the result is 16-bit when one of
// them is.
const char *limn_accept_binary(limn_step *step, int zero, bool half);

limn_status limn_unary_shape(limn_node *node);  // the shape of the one input
limn_status limn_binary_shape(limn_node *node); // broadcast of two inputs
// Reads what a broadcast_to repeats, where the result has the same shape without it.
limn_node *limn_binary_rewrite(limn_node *node, const int *uses);
// The gradient of a broadcast operand: summed to its shape.
limn_node *limn_unbroadcast(limn_node *dx, const limn_node *input);

#endif
