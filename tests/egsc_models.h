// Models of EGSC-IT and UNIT that the tests make, as they are after no training.
#ifndef LIMN_TESTS_EGSC_MODELS_H
#define LIMN_TESTS_EGSC_MODELS_H

#include "egsc_samples.h"
#include "limn/limn.h"

static const limn_egsc_shape usual = {.size = 20,
                                      .width = 4,
                                      .downsamplings = 2,
                                      .mask = true,
                                      .sharing = true,
                                      .noise_deviation = 1,
                                      .styles = {0, 0}};

static inline limn_model *model_of(limn_egsc_shape shape) {
    static const char *const names[] = {"A", "B"};
    limn_model *model;
    good(limn_model_new(&limn_kind_egsc_it, &shape, names, 2, &model));
    return model;
}

#endif
