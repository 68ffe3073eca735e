// A file in memory that libvips writes, with its seeking and reading back.
//
// Not every saver of libvips tells when its target failed for a moment only. Memory that runs out
// is remembered here; all else is written when the file is whole, by code that looks.
#ifndef LIMN_IMAGE_SINK_H
#define LIMN_IMAGE_SINK_H

#include "image/vips.h"

#include <stdbool.h>
#include <stddef.h>

// Starts as {0}; the bytes are freed with free().
typedef struct limn_sink {
    unsigned char *bytes;
    size_t size, room, at;
    bool failed; // for want of memory; nothing more is taken then
} limn_sink;

// Adds at the place where libvips is, or would be. False where it failed, now or before.
bool limn_sink_put(limn_sink *sink, const void *bytes, size_t size);

// What libvips is to write to; the sink outlives it. NULL where there is no memory.
VipsTarget *limn_sink_target(limn_sink *sink);

#endif
