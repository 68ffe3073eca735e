// Training MUNIT, for its file and its tests.
#ifndef LIMN_METHODS_MUNIT_H
#define LIMN_METHODS_MUNIT_H

#include "methods/exemplar.h"

typedef struct limn_munit_options {
    limn_exemplar_options shared;
    double perceptual;
    const char *layer; // of the loss network
} limn_munit_options;

typedef struct limn_munit {
    const limn_munit_options *options;
    limn_exemplar shared;
    limn_loss_network loss;
} limn_munit;

extern const limn_method limn_method_munit;

#endif
