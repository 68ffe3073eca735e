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

// Leaves the caller when a call failed.
#define LIMN_TRY(call)                                                                             \
    do {                                                                                           \
        limn_status try_status = (call);                                                           \
        if (try_status != LIMN_OK) return try_status;                                              \
    } while (0)

#endif
