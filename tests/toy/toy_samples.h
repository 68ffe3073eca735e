// A model of the kind toy whose values come from chance: its looks differ as those of a trained
// one.
#ifndef LIMN_TESTS_TOY_SAMPLES_H
#define LIMN_TESTS_TOY_SAMPLES_H

#include "../program_samples.h"
#include "model/model.h"

static inline void save_toy(const char *path) {
    static const char *const domains[] = {"A", "B"};
    const limn_kind *kind = limn_kind_find("toy");
    limn_model *model;
    assert_non_null(kind);
    void *shape = limn_kind_shape(kind);
    good(limn_model_new(kind, shape, domains, 2, &model));
    good(limn_store_ready(&model->store, 1, false));
    good(limn_model_save(model, path, LIMN_FLOATS, LIMN_REPLACE_EXISTING));
    limn_model_free(model);
    free(shape);
}

static inline limn_style *style_read(limn_runner *runner, const limn_picture *of, const char *to) {
    limn_style *style;
    good(limn_style_read(runner, of, to, &style));
    return style;
}
static inline limn_style *style_by_chance(limn_runner *runner, const char *to, uint64_t seed,
                                          int k) {
    limn_style *style;
    good(limn_style_random(runner, to, seed, k, &style));
    return style;
}
static inline limn_style *style_mix(const limn_style *a, const limn_style *b, double part) {
    limn_style *style;
    good(limn_style_mix(a, b, part, &style));
    return style;
}

#endif
