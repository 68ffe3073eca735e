// What a file is, by its bytes.
#ifndef LIMN_IMAGE_RECOGNISE_H
#define LIMN_IMAGE_RECOGNISE_H

#include "base/status.h"
#include "limn/picture.h"

#include <stdbool.h>
#include <stddef.h>

// The format of a file that limn reads; any other is refused with a sentence that names what the
// content looks like.
limn_status limn_recognise(const unsigned char *bytes, size_t size, const char *name,
                           limn_format *format);

// Whether a file has less bytes than its own structure announces.
bool limn_ends_early(const unsigned char *bytes, size_t size, limn_format format);

// The scans of a JPEG file: each is a pass over the whole picture, however few bytes it has.
int limn_jpeg_scans(const unsigned char *bytes, size_t size);

#endif
