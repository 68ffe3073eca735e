// Pictures, numbers and measurements for the tests of metrics.
#ifndef LIMN_TESTS_METRIC_SAMPLES_H
#define LIMN_TESTS_METRIC_SAMPLES_H

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/random.h"
#include "formula_pictures.h"
#include "formats/safetensors.h"
#include "metrics/metric.h"
#include "nn/net.h"
#include "own_folder.h"

static inline limn_picture *make(int smooth, int changed, int width, int height) {
    limn_picture *picture;
    assert_int_equal(limn_picture_new(width, height, LIMN_RGB, &picture), LIMN_OK);
    float *to = picture->rgb;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) *to++ = value_at(smooth, changed, y, x, c);
    return picture;
}

static inline void write_picture(int smooth, int changed, int width, int height, const char *path) {
    limn_picture *picture = make(smooth, changed, width, height);
    if (limn_picture_write(picture, path,
                           LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING)))
        fail_msg("%s", limn_message());
    limn_picture_free(picture);
}

// As the script has it.
static inline double noise(const char *name, uint32_t i) {
    uint32_t h = i * 2654435761u + limn_purpose(name);
    h = (h ^ h >> 15) * 2246822519u;
    h = (h ^ h >> 13) * 3266489917u;
    return (h ^ h >> 16) / 2147483648.0 - 1;
}

static inline void fill_store(limn_store *store) {
    assert_int_equal(limn_store_ready(store, 0, false), LIMN_OK);
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        double base = 0, amplitude = 0.1;
        if (it->shape.rank == 4)
            amplitude = sqrt(6.0 * (double)it->shape.dim[0] / (double)it->count);
        else if (limn_text_ends(it->name, "bn.weight"))
            base = 1, amplitude = 0.2;
        else if (limn_text_ends(it->name, "bn.running_var"))
            base = 1, amplitude = 0.5;
        for (size_t k = 0; k < it->count; k++)
            store->values[it->offset + k] =
                (float)(base + amplitude * noise(it->name, (uint32_t)k));
    }
}

static inline void expect_near(double value, double wanted, double within) {
    if (!(fabs(value - wanted) <= within)) fail_msg("%.15g, not %.15g", value, wanted);
}

static inline void expect_message(const char *part) {
    if (!strstr(limn_message(), part))
        fail_msg("\"%s\" says nothing of \"%s\"", limn_message(), part);
}

static inline void add(limn_tensors *set, const char *name, const float *values, int rank, size_t a,
                       size_t b) {
    size_t shape[4] = {a, b, 1, 1};
    assert_int_equal(limn_tensors_add(set, name, LIMN_ELEMENT_F32, rank, shape, values), LIMN_OK);
}

static inline const limn_metric *find(const char *name) {
    for (int i = 0; limn_metrics[i]; i++)
        if (!strcmp(limn_metrics[i]->name, name)) return limn_metrics[i];
    fail_msg("no metric is named %s", name);
    return NULL;
}

// A measurement over files, with the metric's default options changed by words.
typedef struct measured {
    limn_measuring it;
    limn_parsed parsed;
    max_align_t options[64];
} measured;

static inline limn_status measure(const struct limn_measuring_hooks *hooks, measured *m,
                                  const char *name, const char *a, const char *b, int count,
                                  char *const *words) {
    *m = (measured){
        .it = {.metric = find(name), .options = m->options, .paths = {a, b}, .hooks = hooks}};
    m->it.plan.threads = 2;
    assert_true(m->it.metric->options_size <= sizeof m->options);
    limn_status status =
        limn_options_parse(m->it.metric->groups, count, words, m->options, &m->parsed);
    if (status == LIMN_OK) status = limn_measure(&m->it);
    limn_parsed_free(&m->parsed);
    return status;
}
#define MEASURE_WITH(hooks, m, name, a, b, ...)                                                    \
    measure(hooks, m, name, a, b, (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)),         \
            (char *[]){__VA_ARGS__})
#define MEASURE(...) MEASURE_WITH(NULL, __VA_ARGS__)

static inline const limn_fact *fact(const measured *m, const char *name) {
    for (int i = 0; i < m->it.fact_count; i++)
        if (!strcmp(m->it.facts[i].name, name)) return &m->it.facts[i];
    fail_msg("nothing is said of %s", name);
    return NULL;
}

#endif
