// What the tests of the networks of paired translation share: their shapes, and models of them.
#ifndef LIMN_TESTS_PAIRED_SHAPES_H
#define LIMN_TESTS_PAIRED_SHAPES_H

#include "kinds/resnet.h"
#include "kinds/srresnet.h"
#include "kinds/unet.h"
#include "runner_samples.h"

// Without values.
static inline limn_model *blank_of(const char *kind, const void *shape) {
    limn_model *model;
    good(limn_model_new(limn_kind_find(kind), shape, NULL, 0, &model));
    return model;
}

static inline limn_model *model_of(const char *kind, const void *shape) {
    limn_model *model = blank_of(kind, shape);
    good(limn_store_ready(&model->store, 1, false));
    return model;
}

static inline limn_resnet_shape resnet(int form, int64_t width, int64_t blocks, int norm) {
    return (limn_resnet_shape){.width = width,
                               .blocks = blocks,
                               .channels = 3,
                               .out = 3,
                               .size = 256,
                               .form = form,
                               .norm = norm};
}

static inline limn_unet_shape unet(int64_t depth, int64_t width, int norm) {
    return (limn_unet_shape){.width = width,
                             .depth = depth,
                             .channels = 3,
                             .out = 3,
                             .size = 1 << depth,
                             .norm = norm,
                             .statistics = LIMN_PAIRED_PICTURE};
}

#endif
