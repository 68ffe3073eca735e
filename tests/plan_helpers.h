// What the tests of the planner share.
#ifndef LIMN_TESTS_PLAN_HELPERS_H
#define LIMN_TESTS_PLAN_HELPERS_H

#include "ops/conv_op.h"
#include "ops/ops.h"
#include "plan/plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline void assert_words(const char *words) {
    if (!strstr(limn_message(), words)) fail_msg("\"%s\" is not in \"%s\"", words, limn_message());
}

static inline limn_plan *plan_of(limn_node *const *outputs, int count, limn_plan_options options) {
    limn_plan *plan;
    options.guard = true;
    if (limn_plan_new(outputs, count, options, &plan) != LIMN_OK) fail_msg("%s", limn_message());
    return plan;
}

static inline void run(limn_plan *plan) {
    if (limn_plan_run(plan) != LIMN_OK) fail_msg("%s", limn_message());
}

static inline float first_of(const limn_plan *plan, int index) {
    return *(const float *)limn_plan_output(plan, index);
}

#endif
