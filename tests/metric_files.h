// Where tests of metrics find what ships and what is shared.
#ifndef LIMN_TESTS_METRIC_FILES_H
#define LIMN_TESTS_METRIC_FILES_H

#include "metric_samples.h"

// Absolute, since tests change their folder; empty: it is not there.
static char shared_path[PATH_MAX];

static inline void find_shared(void) {
    const char *given = getenv("LIMN_SHARED");
    if (!realpath(given ? given : "../shared", shared_path)) *shared_path = 0;
}

static inline void skip_without_shared(const char *file) {
    if (*shared_path) return;
    print_message("skipped: %s is not there (set LIMN_SHARED)\n", file);
    skip();
}

#endif
