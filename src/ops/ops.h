// All operators as functions that build nodes.
#ifndef LIMN_OPS_OPS_H
#define LIMN_OPS_OPS_H

#include "ops/basic.h"
#include "ops/conv.h"
#include "ops/norm.h"
#include "ops/profile.h"

// The gradients of a one-element node `loss` by each of `wrt`, as nodes of the same graph, into
// `gradient`: NULL where the loss does not depend on wrt[i].
limn_status limn_gradients(limn_node *loss, limn_node *const *wrt, int count, limn_node **gradient);
// The same, starting from a given gradient `dy` of the node `y`.
limn_status limn_gradients_from(limn_node *y, limn_node *dy, limn_node *const *wrt, int count,
                                limn_node **gradient);

// Every operator, in the order of src/ops/LIST; NULL at the end.
extern const limn_op *const limn_ops[];

#endif
