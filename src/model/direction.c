// One direction of a model between two domains: half of the file, where that is all one needs.
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

// "cat to dog"
static void print_direction(const limn_model *model, limn_text *text) {
    int from = limn_kind_first(model->kind, model->shape, LIMN_READ);
    int to = limn_kind_first(model->kind, model->shape, LIMN_DRAW);
    limn_text_print(text, "%s to %s", limn_model_domain(model, from), limn_model_domain(model, to));
}

limn_status limn_model_check_part(const limn_model *model, limn_part part, int domain) {
    static const char *const lost[] = {[LIMN_READ] = "reads no pictures of",
                                       [LIMN_STYLE] = "reads no looks of",
                                       [LIMN_DRAW] = "draws nothing in"};
    if (limn_kind_holds(model->kind, model->shape, part, domain)) return LIMN_OK;
    limn_text kept = {0};
    print_direction(model, &kept);
    limn_fail(LIMN_USAGE,
              "the model keeps the direction %s alone (limn convert --only), and %s %s. Take the "
              "model that it was made from",
              kept.data ? kept.data : "", lost[part], limn_model_domain(model, domain));
    limn_text_free(&kept);
    return LIMN_USAGE;
}

// The shape of the part; LIMN_USAGE where that direction is not there.
static limn_status narrow(const limn_model *whole, const char *direction, void *shape) {
    const limn_kind *kind = whole->kind;
    const limn_option_group groups[] = {{"shape", kind->shape, 0}, {0}};
    limn_parsed parsed = {0};
    memcpy(shape, whole->shape, kind->shape_size);
    limn_status status = limn_options_set(groups, "direction", direction, shape, &parsed);
    limn_parsed_free(&parsed);
    LIMN_TRY(status);
    LIMN_TRY(limn_model_check_part(whole, LIMN_READ, limn_kind_first(kind, shape, LIMN_READ)));
    return limn_model_check_part(whole, LIMN_DRAW, limn_kind_first(kind, shape, LIMN_DRAW));
}

static limn_status take_part(const limn_model *whole, const void *shape, limn_model **part) {
    LIMN_TRY(limn_model_new(whole->kind, shape, whole->domains, whole->domain_count, part));
    LIMN_TRY(limn_store_ready(&(*part)->store, 0, false));
    limn_store_copy(&(*part)->store, &whole->store);
    for (size_t i = 0; i < whole->told.metadata_count; i++)
        LIMN_TRY(
            limn_model_describe(*part, whole->told.metadata[i].key, whole->told.metadata[i].value));
    return LIMN_OK;
}

limn_status limn_model_keep_direction(limn_model **model, const char *direction) {
    const limn_kind *kind = (*model)->kind;
    if (!kind->holds)
        return limn_fail(LIMN_USAGE,
                         "--only %s: a model of network %s is not made of two directions. Leave it "
                         "out.",
                         direction, kind->name);
    limn_model *part = NULL;
    void *shape = limn_kind_shape(kind);
    if (!shape) return limn_fail(LIMN_MEMORY, "there is no memory for a model");
    limn_status status = narrow(*model, direction, shape);
    if (status == LIMN_OK) status = take_part(*model, shape, &part);
    free(shape);
    if (status == LIMN_OK) {
        limn_model_free(*model);
        *model = part;
        return LIMN_OK;
    }
    limn_model_free(part);
    return limn_fail_in(status, "--only %s: ", direction);
}
