// Parameters from a model file.
#include "formats/fill.h"

#include <float.h>
#include <math.h>

static limn_status find(const limn_tensors *set, const limn_parameter *it,
                        const limn_stored **tensor) {
    size_t shape[LIMN_MAX_RANK];
    for (int d = 0; d < it->shape.rank; d++) shape[d] = (size_t)it->shape.dim[d];
    return limn_tensors_get(set, it->name, it->shape.rank, shape, tensor);
}

static bool all_finite(const float *values, size_t count) {
    bool fine = true;
    for (size_t i = 0; i < count; i++) fine &= fabsf(values[i]) <= FLT_MAX; // NaN is not
    return fine;
}

limn_status limn_tensor_fill(const limn_stored *tensor, const limn_parameter *it,
                             limn_store *store) {
    float *values = store->values + it->offset;
    limn_tensor_read(tensor, values);
    if (all_finite(values, it->count)) return LIMN_OK;
    return limn_fail(
        LIMN_MODEL,
        "parameter %s holds numbers that are none (NaN or infinite): its training went "
        "wrong, or the file is damaged; take another file",
        it->name);
}

limn_status limn_tensors_fill(const limn_tensors *set, limn_store *store) {
    const limn_stored *tensor;
    for (int i = 0; i < store->size; i++) LIMN_TRY(find(set, &store->parameters[i], &tensor));
    LIMN_TRY(limn_store_ready(store, 0, false));
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        LIMN_TRY(find(set, it, &tensor));
        if (tensor->bytes || !tensor->count) LIMN_TRY(limn_tensor_fill(tensor, it, store));
    }
    return LIMN_OK;
}
