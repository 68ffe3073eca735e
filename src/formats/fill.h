// Parameters from a model file.
#ifndef LIMN_FORMATS_FILL_H
#define LIMN_FORMATS_FILL_H

#include "formats/tensors.h"
#include "nn/store.h"

// Every parameter added to the store takes the values of the tensor of its name and shape.
// LIMN_MODEL and a sentence for the first that is missing or has another shape, before any memory
// is taken: what a stranger's file says of its size is not believed.
limn_status limn_tensors_fill(const limn_tensors *set, limn_store *store);
// One parameter of a store that is ready. LIMN_MODEL where the tensor holds NaN or infinity: a
// network with one such number makes nothing but such.
limn_status limn_tensor_fill(const limn_stored *tensor, const limn_parameter *parameter,
                             limn_store *store);

#endif
