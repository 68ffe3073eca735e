// Copying directories of tags from one file into another: what is said of a photograph, not how
// its pixels lie.
#ifndef LIMN_IMAGE_EXIF_H
#define LIMN_IMAGE_EXIF_H

#include "image/sink.h"
#include "image/tiff.h"

typedef enum limn_directory {
    LIMN_DIRECTORY_MAIN,
    LIMN_DIRECTORY_EXIF,
    LIMN_DIRECTORY_GPS,
    LIMN_DIRECTORY_INTEROP,
} limn_directory;

// A tag to set, beside those that are copied and before them: `count` bytes as they are, or one
// number, of a RATIONAL two.
typedef struct limn_tag_set {
    limn_directory in;
    unsigned tag, type;
    size_t count;
    const void *bytes; // NULL: the number
    uint32_t number[2];
    bool only_if_there; // where the tag is copied already
} limn_tag_set;

// Where a directory is copied from. Of `all` every tag of the main directory is taken, otherwise
// those that speak of the photograph; below it, in EXIF and GPS, all are. The resolution is
// set, not copied.
typedef struct limn_tags_from {
    const limn_tiff *tiff; // NULL: from nowhere
    uint64_t directory;
    bool all;
} limn_tags_from;

typedef struct limn_tags {
    limn_tags_from from[2]; // the first that has a tag counts
    const limn_tag_set *set;
    size_t set_count;
    unsigned without;    // a tag that is not copied; 0: none
    bool big_endian;     // numbers of the copy
    uint64_t base, next; // the place of the sink's first byte in the file; the next directory
} limn_tags;

// Adds a main directory with all below it to the sink, at its end. Returns its place in the file; 0
// where it would be empty, or sink->failed.
uint64_t limn_tags_put(const limn_tags *tags, limn_sink *sink);

// The same as a block of its own, as other files hold their EXIF; `base` is not used.
bool limn_tags_block(const limn_tags *tags, limn_sink *sink);

#endif
