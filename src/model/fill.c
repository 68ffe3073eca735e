// Parameters from a model file.
#include "model/fill.h"

limn_status limn_tensors_fill(const limn_tensors *set, limn_store *store) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        size_t shape[LIMN_MAX_RANK];
        for (int d = 0; d < it->shape.rank; d++) shape[d] = (size_t)it->shape.dim[d];
        const limn_stored *tensor;
        LIMN_TRY(limn_tensors_get(set, it->name, it->shape.rank, shape, &tensor));
        limn_tensor_read(tensor, store->values + it->offset);
    }
    return LIMN_OK;
}
