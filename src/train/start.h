// What a network that is to be trained starts from.
#ifndef LIMN_TRAIN_START_H
#define LIMN_TRAIN_START_H

#include "train/trainer.h"

// init: "none" for chance (by the run's seed), "auto" for a model of the shelf, or chance where
// none has this shape, or a model: a file, a run, a name on the shelf, which must have it but for
// how much it enlarges (LIMN_USAGE). The trainer's model is made, of a kind without domains, and
// has values. from_chance may be NULL.
limn_status limn_start(limn_trainer *trainer, const char *init, const limn_kind *kind,
                       const void *shape, bool *from_chance);

// How far a model, of the kind and shape that are to be trained, is from what is to be learnt.
typedef limn_status limn_distance_of(limn_trainer *trainer, limn_model *model, double *distance);
// The same; "auto" is the nearest model of the shelf. It is said and settled as the value of
// --init.
limn_status limn_start_nearest(limn_trainer *trainer, const char *init, const limn_kind *kind,
                               const void *shape, limn_distance_of *distance_of);

// The same for a kind with domains; "auto" is chance.
limn_status limn_start_between(limn_trainer *trainer, const char *init, const limn_kind *kind,
                               const void *shape, const char *const *domains, int count);

#endif
