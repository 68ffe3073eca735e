// Parameters from a model file.
#ifndef LIMN_MODEL_FILL_H
#define LIMN_MODEL_FILL_H

#include "model/tensors.h"
#include "nn/store.h"

// Every parameter of the store takes the values of the tensor of its name and shape; LIMN_MODEL and
// a sentence for the first that is missing or has another shape. The store must be ready.
limn_status limn_tensors_fill(const limn_tensors *set, limn_store *store);

#endif
