// Training DSMAP, for its file and its tests.
#ifndef LIMN_METHODS_DSMAP_H
#define LIMN_METHODS_DSMAP_H

#include "methods/exemplar.h"

// Which translations the contextual loss is asked of.
typedef enum limn_contextual_of {
    LIMN_CONTEXTUAL_EXEMPLAR,
    LIMN_CONTEXTUAL_ALL,
    LIMN_CONTEXTUAL_NONE,
} limn_contextual_of;

typedef struct limn_dsmap_options {
    limn_exemplar_options shared;
    int contextual;    // limn_contextual_of
    const char *layer; // of the loss network; NULL: by the size of the pictures
    bool mapping, skip;
    int64_t content_steps;
    double domain, contextual_weight;
} limn_dsmap_options;

typedef struct limn_dsmap {
    const limn_dsmap_options *options;
    limn_exemplar shared;
    limn_loss_network loss;
    const char *layer; // of it
} limn_dsmap;

extern const limn_method limn_method_dsmap;

#endif
