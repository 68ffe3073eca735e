// What sum, max and min share: a run of neighbouring axes becomes one of size 1 each.
#ifndef LIMN_OPS_REDUCE_H
#define LIMN_OPS_REDUCE_H

#include "ops/op.h"

typedef struct reduce_attr {
    int first, last; // axes
} reduce_attr;

// A tensor seen as [outer][count][inner], in the layout it has.
typedef struct limn_run {
    size_t outer, count, inner;
} limn_run;
limn_run limn_reduce_run(const limn_step *step);

limn_status limn_reduce_shape(limn_node *node);
// Keeps x blocked where the run of axes does not split the channels; with `zero_counts` false the
// zeros in spare lanes may not take part.
const char *limn_reduce_accept(limn_step *step, bool zero_counts);
// A node for each run of neighbours in `axes`, the last one first, then the axes dropped.
limn_node *limn_reduce(const limn_op *op, limn_node *x, unsigned axes, limn_axes keep);

#endif
