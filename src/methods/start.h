// What a network that is to be trained starts from.
#ifndef LIMN_METHODS_START_H
#define LIMN_METHODS_START_H

#include "methods/model.h"
#include "train/trainer.h"

// init: "none" for chance (by the run's seed), "auto" for a model that ships, or chance where none
// has this shape, or a model file, which must have it (LIMN_USAGE). from_chance may be NULL.
limn_status limn_start(limn_trainer *trainer, const char *init, const limn_network *network,
                       limn_network_options shape, limn_model **model, bool *from_chance);

#endif
