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
// Adds a JSON string, quotes included.
void limn_text_json(limn_text *text, const char *string);
void limn_text_free(limn_text *text);

// Edit distance with neighbouring swaps (optimal string alignment), capped at `limit` + 1.
int limn_text_distance(const char *a, const char *b, int limit);

// The candidate nearest to the word when it is near enough to be a slip of the hand, else NULL.
// `candidate(context, i)` returns the i-th candidate and NULL at the end.
const char *limn_text_nearest(const char *word, const char *(*candidate)(const void *, int),
                              const void *context);

// Writes a number of bytes for people: "391 MB". The buffer holds 32 characters.
const char *limn_text_bytes(char buffer[32], size_t bytes);

#endif
