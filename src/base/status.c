// The sentence of the last failure, one a thread.
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char sentence[2048] = "no failure yet";

const char *limn_message(void) {
    return sentence;
}

const char *limn_version(void) {
    return LIMN_VERSION;
}

limn_status limn_fail(limn_status status, const char *format, ...) {
    char text[sizeof sentence]; // the arguments may point into the old sentence
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    memcpy(sentence, text, sizeof sentence);
    return status;
}

limn_status limn_fail_in(limn_status status, const char *format, ...) {
    char text[sizeof sentence];
    va_list list;
    va_start(list, format);
    int used = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (used < 0) used = 0;
    if ((size_t)used < sizeof text) {
        size_t room = sizeof text - (size_t)used, length = strlen(sentence);
        if (length >= room) length = room - 1;
        memcpy(text + used, sentence, length);
        text[(size_t)used + length] = 0;
    }
    memcpy(sentence, text, sizeof sentence);
    return status;
}
