// Growing text, and words that are nearly right.
#ifndef LIMN_BASE_TEXT_H
#define LIMN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

// Starts as {0}; data is NUL-terminated once anything was added. `failed` is set, and stays, when
// memory ran out.
typedef struct limn_text {
    char *data;
    size_t size, room;
    bool failed;
} limn_text;

void limn_text_add(limn_text *text, const char *bytes, size_t size);
void limn_text_print(limn_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Adds a JSON string, quotes included: a byte that belongs to no character becomes U+FFFD. Control
// characters are escaped, so that it may be shown on a terminal.
void limn_text_json(limn_text *text, const char *string);
void limn_text_free(limn_text *text);

// The length of the UTF-8 sequence at `at`, 0 when it is wrong (RFC 3629: no surrogates, nothing
// overlong, nothing above U+10FFFF).
size_t limn_utf8_length(const char *at, size_t left);
bool limn_utf8_valid(const char *bytes, size_t size);
// Every byte of a text that belongs to no character becomes '?'.
void limn_utf8_mend(char *text);

// The bytes of the control character that a text begins with; 0 when it begins with another.
size_t limn_text_control(const char *at);
// Makes a text with strangers' words in it fit for a terminal: control characters other than the
// end of a line, and bytes that belong to no character, become '?'.
void limn_text_tame(char *text);

// What is fit to print of a stranger's text, in any script: control characters, marks of direction
// and bytes that belong to no character become '?', and what is too long is cut.
typedef struct limn_shown {
    char text[72];
} limn_shown;
const char *limn_show(limn_shown *shown, const char *bytes, size_t size);
void limn_show_all(limn_text *text, const char *bytes, size_t size);           // uncut
const char *limn_show_shape(limn_shown *shown, int rank, const size_t *shape); // "[64, 3, 9, 9]"

bool limn_text_begins(const char *text, const char *with); // whether it begins with that
bool limn_text_ends(const char *text, const char *end);    // and ends in that

// Whether a word is one of those, which NULL ends.
bool limn_text_among(const char *word, const char *const *words);

// Edit distance with neighbouring swaps (optimal string alignment), capped at `limit` + 1.
int limn_text_distance(const char *a, const char *b, int limit);

// The candidate nearest to the word when it is near enough to be a slip of the hand, else NULL.
// `candidate(context, i)` returns the i-th candidate and NULL at the end.
const char *limn_text_nearest(const char *word, const char *(*candidate)(const void *, int),
                              const void *context);

// Writes a number of bytes for people: "391 MB". The buffer holds 32 characters.
const char *limn_text_bytes(char buffer[32], size_t bytes);

#endif
