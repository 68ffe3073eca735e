// What a network that is to be trained starts from.
#include "methods/start.h"

#include <stdlib.h>
#include <string.h>

static limn_status load(const char *path, const limn_network *network, limn_network_options shape,
                        limn_model **model) {
    LIMN_TRY(limn_model_load(path, (limn_model_options){0}, model));
    const limn_model *it = *model;
    if (it->network == network && it->options.width == shape.width &&
        it->options.scale == shape.scale)
        return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--init %s: it is a %s of width %d and scale %d, and a %s of width %d and "
                     "scale %d is to be trained",
                     path, it->network->name, it->options.width, it->options.scale, network->name,
                     shape.width, shape.scale);
}

limn_status limn_start(limn_trainer *trainer, const char *init, const limn_network *network,
                       limn_network_options shape, limn_model **model, bool *from_chance) {
    if (trainer->resumes) init = "none"; // a checkpoint has the values
    bool any = !strcmp(init, "auto");
    if (from_chance) *from_chance = false;
    if (!any && strcmp(init, "none")) return load(init, network, shape, model);
    const limn_train_hooks *hooks = &trainer->hooks;
    char *base = any && hooks->base
                     ? hooks->base(hooks->context, network->name, shape.width, shape.scale)
                     : NULL;
    if (!base && from_chance) *from_chance = true;
    if (!base) return limn_model_new(network, shape, (uint64_t)trainer->common.seed, model);
    limn_trainer_say(trainer, "starting from %s", base);
    limn_status status = load(base, network, shape, model);
    free(base);
    return status;
}
