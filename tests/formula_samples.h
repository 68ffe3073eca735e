// What tests that are compared with tests/reference/ share: numbers by a formula, and how near
// others are to them.
#ifndef LIMN_TESTS_FORMULA_SAMPLES_H
#define LIMN_TESTS_FORMULA_SAMPLES_H

#include "limn/status.h"
#include "nn/update.h"

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

static inline void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static inline void near(const char *what, double found, double wanted, double tolerance) {
    if (!(fabs(found - wanted) <= tolerance)) fail_msg("%s: %.9g, not %.9g", what, found, wanted);
}

// The numbers that the programs of tests/reference/ make by the same formula.
static inline void by_formula(float *to, size_t count, int number, double base, double amplitude) {
    for (size_t i = 0; i < count; i++) {
        double u = 43758.5453 * sin(12.9898 * (double)(i + 1) + 78.233 * number);
        to[i] = (float)(base + amplitude * (2 * (u - floor(u)) - 1));
    }
}

// All parameters whose names begin so.
static inline void set_all(limn_store *store, const char *prefix, float value) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *at = &store->parameters[i];
        if (strncmp(at->name, prefix, strlen(prefix))) continue;
        for (size_t k = 0; k < at->count; k++) store->values[at->offset + k] = value;
    }
}

// Of the terms whose names begin so, as they count.
static inline double sum_of(const limn_update *update, const char *prefix) {
    double sum = 0;
    for (int i = 0; i < update->term_count; i++)
        if (!strncmp(update->terms[i].name, prefix, strlen(prefix)))
            sum += update->terms[i].weight * update->terms[i].value;
    return sum;
}

static inline float *training_floats(size_t count) {
    float *floats = calloc(count, sizeof *floats);
    assert_non_null(floats);
    return floats;
}

#endif
