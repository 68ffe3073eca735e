// What tests that are compared with tests/reference/ share: numbers by a formula, and how near
// others are to them.
#ifndef LIMN_TESTS_FORMULA_SAMPLES_H
#define LIMN_TESTS_FORMULA_SAMPLES_H

#include "limn/status.h"

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

static inline float *training_floats(size_t count) {
    float *floats = calloc(count, sizeof *floats);
    assert_non_null(floats);
    return floats;
}

#endif
