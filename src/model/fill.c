// Parameters from a model file.
#include "model/fill.h"

static limn_status find(const limn_tensors *set, const limn_parameter *it,
                        const limn_stored **tensor) {
    size_t shape[LIMN_MAX_RANK];
    for (int d = 0; d < it->shape.rank; d++) shape[d] = (size_t)it->shape.dim[d];
    return limn_tensors_get(set, it->name, it->shape.rank, shape, tensor);
}

limn_status limn_tensors_fill(const limn_tensors *set, limn_store *store) {
    const limn_stored *tensor;
    for (int i = 0; i < store->size; i++) LIMN_TRY(find(set, &store->parameters[i], &tensor));
    LIMN_TRY(limn_store_ready(store, 0, false));
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        LIMN_TRY(find(set, it, &tensor));
        limn_tensor_read(tensor, store->values + it->offset);
    }
    return LIMN_OK;
}
