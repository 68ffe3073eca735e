// A model in memory: a network, its parameters, what its file says of it.
#ifndef LIMN_METHODS_MODEL_H
#define LIMN_METHODS_MODEL_H

#include "limn/model.h"
#include "methods/network.h"

typedef struct limn_ready { // the plan made last, for pictures of one size
    limn_net net;
    limn_plan *plan;
    limn_node *x, *y;
    int width, height; // of the network's input, so after padding
    limn_translate_options options;
    size_t limit;
} limn_ready;

struct limn_model {
    const limn_network *network;
    limn_network_options options;
    limn_store store;
    limn_arena arena;
    char **keys, **values; // metadata
    int metadata_count;
    limn_ready ready;
};

// Adds to, or replaces in, what the model's file will say.
limn_status limn_model_describe(limn_model *model, const char *key, const char *value);

// A model around a network, with parameters as a function of the seed.
limn_status limn_model_new(const limn_network *network, limn_network_options options, uint64_t seed,
                           limn_model **model);

#endif
