// Growing text, and words that are nearly right.
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(limn_text *text, size_t more) {
    if (text->failed) return false;
    if (more >= (size_t)1 << 40) return !(text->failed = true);
    size_t need = text->size + more + 1;
    if (need <= text->room) return true;
    size_t room = need > 2 * text->room ? need : 2 * text->room;
    char *data = realloc(text->data, room);
    if (!data) return !(text->failed = true);
    text->data = data;
    text->room = room;
    return true;
}

void limn_text_add(limn_text *text, const char *bytes, size_t size) {
    if (!grow(text, size)) return;
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = 0;
}

void limn_text_print(limn_text *text, const char *format, ...) {
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (size >= 0 && grow(text, (size_t)size)) {
        vsnprintf(text->data + text->size, (size_t)size + 1, format, again);
        text->size += (size_t)size;
    }
    va_end(again);
}

void limn_text_json(limn_text *text, const char *string) {
    limn_text_add(text, "\"", 1);
    for (size_t left = strlen(string), length; left; string += length, left -= length) {
        unsigned char c = (unsigned char)*string;
        length = limn_utf8_length(string, left);
        if (c == '"' || c == '\\')
            limn_text_print(text, "\\%c", c);
        else if (limn_text_control(string))
            limn_text_print(text, "\\u%04x", length == 2 ? (unsigned char)string[1] : c);
        else if (length)
            limn_text_add(text, string, length);
        else
            limn_text_print(text, "\xEF\xBF\xBD"), length = 1;
    }
    limn_text_add(text, "\"", 1);
}

void limn_text_free(limn_text *text) {
    free(text->data);
    *text = (limn_text){0};
}

// ---- UTF-8 ----

size_t limn_utf8_length(const char *bytes, size_t left) {
    const unsigned char *at = (const unsigned char *)bytes;
    if (at[0] < 0x80) return 1;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < length) return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if (at[0] == 0xe0 && at[1] < 0xa0) return 0;
    if (at[0] == 0xed && at[1] > 0x9f) return 0;
    if (at[0] == 0xf0 && at[1] < 0x90) return 0;
    if (at[0] == 0xf4 && at[1] > 0x8f) return 0;
    return length;
}

bool limn_utf8_valid(const char *bytes, size_t size) {
    for (size_t i = 0; i < size;) {
        size_t length = limn_utf8_length(bytes + i, size - i);
        if (!length) return false;
        i += length;
    }
    return true;
}

void limn_utf8_mend(char *text) {
    for (size_t left = strlen(text); left;) {
        size_t length = limn_utf8_length(text, left);
        if (!length) *text = '?';
        if (!length) length = 1;
        text += length;
        left -= length;
    }
}

// C0, DEL, and C1 as UTF-8 has it: U+0080 to U+009F.
size_t limn_text_control(const char *at) {
    unsigned char first = (unsigned char)at[0];
    if ((first && first < 0x20) || first == 0x7f) return 1;
    return first == 0xc2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xa0 ? 2 : 0;
}

void limn_text_tame(char *text) {
    limn_utf8_mend(text);
    for (; *text; text++) {
        size_t size = limn_text_control(text);
        if (!size || *text == '\n') continue;
        memset(text, '?', size);
    }
}

bool limn_text_begins(const char *text, const char *with) {
    return !strncmp(text, with, strlen(with));
}

bool limn_text_ends(const char *text, const char *end) {
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && !strcmp(text + size - tail, end);
}

bool limn_text_among(const char *word, const char *const *words) {
    for (; *words; words++)
        if (!strcmp(word, *words)) return true;
    return false;
}

// ---- words that are nearly right ----

static int least(int a, int b) {
    return a < b ? a : b;
}

int limn_text_distance(const char *a, const char *b, int limit) {
    enum { LONGEST = 63 };
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) return strcmp(a, b) ? limit + 1 : 0;
    int row[3][LONGEST + 1];
    for (size_t j = 0; j <= m; j++) row[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int change = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(change, 1 + least(last[j], now[j - 1]));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return least(row[n % 3][m], limit + 1);
}

const char *limn_text_nearest(const char *word, const char *(*candidate)(const void *, int),
                              const void *context) {
    int limit = strlen(word) < 5 ? 1 : 2, best = limit + 1;
    const char *nearest = NULL, *other;
    for (int i = 0; (other = candidate(context, i)); i++) {
        int distance = limn_text_distance(word, other, limit);
        if (distance < best) best = distance, nearest = other;
    }
    return nearest;
}

const char *limn_text_bytes(char buffer[32], size_t bytes) {
    const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
    double value = (double)bytes;
    int unit = 0;
    while (value >= 1000 && unit < 4) value /= 1000, unit++;
    snprintf(buffer, 32, value < 10 && unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return buffer;
}

// The bytes of a character that may be shown; 0: those of another, or of none. The marks of
// direction (U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069) would turn the words around a
// name.
static size_t shown_length(const char *at, size_t left) {
    static const char *const marks[][2] = {{"\xE2\x80\x8E", "\xE2\x80\x8F"},
                                           {"\xE2\x80\xA8", "\xE2\x80\xAE"},
                                           {"\xE2\x81\xA6", "\xE2\x81\xA9"}};
    size_t length = limn_utf8_length(at, left);
    if (!length || !*at || limn_text_control(at)) return 0;
    for (size_t i = 0; length == 3 && i < sizeof marks / sizeof *marks; i++)
        if (memcmp(at, marks[i][0], 3) >= 0 && memcmp(at, marks[i][1], 3) <= 0) return 0;
    return length;
}

const char *limn_show(limn_shown *shown, const char *bytes, size_t size) {
    size_t room = sizeof shown->text - 4, used = 0, at = 0;
    while (at < size) {
        size_t length = shown_length(bytes + at, size - at);
        if (used + (length ? length : 1) > room) break;
        if (length)
            memcpy(shown->text + used, bytes + at, length);
        else
            shown->text[used] = '?';
        used += length ? length : 1;
        at += length ? length : 1;
    }
    memcpy(shown->text + used, at < size ? "..." : "", at < size ? 4 : 1);
    return shown->text;
}

void limn_show_all(limn_text *text, const char *bytes, size_t size) {
    for (size_t at = 0, length; at < size; at += length ? length : 1) {
        length = shown_length(bytes + at, size - at);
        limn_text_add(text, length ? bytes + at : "?", length ? length : 1);
    }
}

const char *limn_show_shape(limn_shown *shown, int rank, const size_t *shape) {
    size_t used = 0, room = sizeof shown->text;
    used += (size_t)snprintf(shown->text, room, "[");
    for (int i = 0; i < rank && used + 26 < room; i++)
        used += (size_t)snprintf(shown->text + used, room - used, i ? ", %zu" : "%zu", shape[i]);
    snprintf(shown->text + used, room - used, "]");
    return shown->text;
}
