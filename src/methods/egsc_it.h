// Training EGSC-IT, for its file and its tests.
#ifndef LIMN_METHODS_EGSC_IT_H
#define LIMN_METHODS_EGSC_IT_H

#include "methods/egsc.h"

// The terms of semantic consistency; `it` has a loss network.
void limn_egsc_teach_consistency(limn_egsc *it, limn_update *update, limn_egsc_inputs in,
                                 limn_node *const made[LIMN_TWO_DOMAINS]);

extern const limn_method limn_method_egsc_it;

#endif
