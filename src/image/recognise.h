// What a file is, by its bytes.
#ifndef LIMN_IMAGE_RECOGNISE_H
#define LIMN_IMAGE_RECOGNISE_H

#include "base/status.h"
#include "limn/picture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the content looks like, "a JPEG picture", and what to do about it where that is a sentence
// of its own. `what` is NULL when it is no known format; `format` is set for pictures that limn
// reads.
typedef struct limn_recognised {
    const char *what, *advice;
    limn_format format;
} limn_recognised;
limn_recognised limn_look(const unsigned char *bytes, size_t size);

// The format of a file that limn reads; any other is refused with a sentence that names what the
// content looks like.
limn_status limn_recognise(const unsigned char *bytes, size_t size, const char *name,
                           limn_format *format);

// Whether a file has less bytes than its own structure announces; `directory`: of a TIFF file, the
// one that counts, or 0.
bool limn_ends_early(const unsigned char *bytes, size_t size, limn_format format,
                     uint64_t directory);

// What a file is that is whole but of a kind that is not read: "with 12 bits a channel". NULL: that
// cannot be told, so that it is damaged.
const char *limn_unread_kind(const unsigned char *bytes, size_t size, limn_format format,
                             uint64_t directory);

// The scans of a JPEG file: each is a pass over the whole picture, however few bytes it has.
int limn_jpeg_scans(const unsigned char *bytes, size_t size);
// Whether a progressive one ends before the scans that make it sharp.
bool limn_jpeg_lacks_scans(const unsigned char *bytes, size_t size);

#endif
