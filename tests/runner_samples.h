// What the tests of runners and of styles share: models, runners and pictures.
#ifndef LIMN_TESTS_RUNNER_SAMPLES_H
#define LIMN_TESTS_RUNNER_SAMPLES_H

#include "base/random.h"
#include "limn/limn.h"
#include "model/runner.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY(x) (sizeof(x) / sizeof *(x))
#define KEPT(name) "tests/kept/" name ".safetensors"
#define PHOTO "examples/chelsea.jpg"
#define OTHER_PHOTO "docs/before-after.jpg"

static inline void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static inline void refused(limn_status found, limn_status wanted, const char *words) {
    if (found != wanted) fail_msg("status %d: %s", found, found ? limn_message() : "");
    if (!strstr(limn_message(), words)) fail_msg("%s, and not: %s", limn_message(), words);
}

// ---- models, runners and pictures ----

static inline limn_model *load(const char *path) {
    limn_model *model;
    good(limn_model_load(path, NULL, &model));
    return model;
}

static inline limn_runner *open_with(const limn_model *model, limn_run_options options) {
    limn_runner *runner;
    options.size = sizeof options;
    if (!options.threads) options.threads = 1;
    good(limn_runner_open(model, &options, &runner));
    return runner;
}

// As the program computes with --isa baseline.
static inline limn_runner *open_plain(const limn_model *model) {
    return open_with(model, (limn_run_options){.isa = "baseline"});
}

static inline limn_picture *noise(int width, int height, limn_planes planes) {
    limn_picture *picture;
    good(limn_picture_new(width, height, planes, &picture));
    limn_random stream = {.seed = 4, .purpose = limn_purpose("runner"), .sample = (uint32_t)width};
    limn_random_uniform(&stream, 0, 255, picture->rgb, 3 * (size_t)width * (size_t)height);
    for (int i = 0; i < width * height && picture->alpha; i++)
        picture->alpha[i] = (float)(i % width) / (float)width;
    return picture;
}

static inline limn_picture *plain(int width, int height) {
    limn_picture *picture;
    good(limn_picture_new(width, height, LIMN_RGB, &picture));
    for (int i = 0; i < 3 * width * height; i++)
        picture->rgb[i] = (float)(40 + 70 * (i / (width * height)));
    return picture;
}

static inline limn_picture *read_photo(void) {
    limn_picture *picture;
    good(limn_picture_read(PHOTO, NULL, &picture));
    return picture;
}

static inline limn_picture *translated(limn_runner *runner, const limn_picture *picture,
                                       const limn_style *style) {
    limn_picture *result;
    good(limn_translate(runner, picture, NULL, style, &result));
    return result;
}

static inline limn_style *domain_of(limn_runner *runner, const char *name) {
    limn_style *style;
    good(limn_style_domain(runner, name, &style));
    return style;
}

// The domain of the models that have some.
static inline limn_style *some_style(const limn_model *model, limn_runner *runner) {
    return model->kind->styles ? domain_of(runner, "openmoji") : NULL;
}

static inline void check_same(const limn_picture *a, const limn_picture *b, double tolerance) {
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    for (size_t i = 0; i < 3 * (size_t)a->width * (size_t)a->height; i++)
        if (!(fabs((double)a->rgb[i] - (double)b->rgb[i]) <= tolerance))
            fail_msg("value %zu: %g, not %g", i, (double)a->rgb[i], (double)b->rgb[i]);
}

#endif
