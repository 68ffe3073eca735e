// The sentence of the last failure, one a thread.
#include "base/status.h"

#include "base/text.h"

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

// Takes the character away that the end of the room cut in two.
static void take_half_away(char *text) {
    size_t end = strlen(text), at = end;
    while (at && end - at < 3 && ((unsigned char)text[at - 1] & 0xC0) == 0x80) at--;
    if (at && !limn_utf8_length(text + at - 1, end - at + 1)) text[at - 1] = 0;
}

limn_status limn_fail(limn_status status, const char *format, ...) {
    char text[sizeof sentence]; // the arguments may point into the old sentence
    va_list list;
    va_start(list, format);
    int size = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (size >= (int)sizeof text) take_half_away(text);
    memcpy(sentence, text, sizeof sentence);
    return status;
}

limn_status limn_check_value(const char *type, int value, int last) {
    if (value >= 0 && value <= last) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "%d is no value of %s: its values go from 0 to %d.", value, type,
                     last);
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
        if (length < strlen(sentence)) take_half_away(text);
    } else {
        take_half_away(text);
    }
    memcpy(sentence, text, sizeof sentence);
    return status;
}
