// Large maps between two convolutions, in strips of rows.
#ifndef LIMN_OPS_STRIPS_H
#define LIMN_OPS_STRIPS_H

#include "graph/graph.h"

// Where a convolution reads the norm of another one's result, and that is larger than `bytes` (of
// floats) and than what is before and behind: an equal node that makes it in strips of about so
// many. Otherwise `second`, the node itself.
limn_node *limn_conv_strips(limn_node *second, const int *uses, size_t bytes);

// A map of `height` rows, those of x from row `from` on, the others as in `before`; NULL: zeros.
limn_node *limn_insert(limn_node *before, limn_node *x, int64_t from, int64_t height);

// The moments of a map from those of its parts, up to LIMN_MAX_INPUTS of so many elements each.
limn_node *limn_moments_joined(limn_node *const *part, const double *elements, int count);

#endif
