// Failing with a sentence.
#ifndef LIMN_BASE_STATUS_H
#define LIMN_BASE_STATUS_H

#include "limn/status.h"

// Remembers the sentence for this thread and returns the status, so that `return limn_fail(...)`
// is all a failing function needs.
limn_status limn_fail(limn_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Puts what was being done before the sentence already remembered ("photo.jpg: " ...), and returns
// the status it was given.
limn_status limn_fail_in(limn_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// At the beginning of a public function: refuses NULL where something is needed, as in
// LIMN_NEED(model && path). LIMN_GIVE is for those that make something: NULL until it is there.
#define LIMN_NEED(things)                                                                          \
    do {                                                                                           \
        if (!(things))                                                                             \
            return limn_fail(LIMN_USAGE, "%s was given NULL where it needs something: %s.",        \
                             __func__, #things);                                                   \
    } while (0)
#define LIMN_GIVE(result, things)                                                                  \
    do {                                                                                           \
        if (result) *(result) = NULL;                                                              \
        LIMN_NEED((result) && (things));                                                           \
    } while (0)

// Refuses what is no value of an enum of a public header, whose values go from 0 to `last`.
limn_status limn_check_value(const char *type, int value, int last);

// Leaves the caller when a call failed.
#define LIMN_TRY(call)                                                                             \
    do {                                                                                           \
        limn_status try_status = (call);                                                           \
        if (try_status != LIMN_OK) return try_status;                                              \
    } while (0)

#endif
