// Directories of tags: TIFF files, whole or cut, and the EXIF of other files, which is made alike.
// TIFF 6.0, and BigTIFF.
#ifndef LIMN_IMAGE_TIFF_H
#define LIMN_IMAGE_TIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct limn_tiff {
    const unsigned char *bytes;
    size_t size;
    bool big_endian, wide; // wide: BigTIFF, counts and offsets of 8 bytes
} limn_tiff;

enum { LIMN_TIFF_ASCII = 2, LIMN_TIFF_SHORT = 3, LIMN_TIFF_LONG = 4, LIMN_TIFF_RATIONAL = 5 };

// What a directory says of one tag: values of `size` bytes each (0: of a type unknown here), and
// where they are.
typedef struct limn_tag {
    unsigned tag, type, size;
    uint64_t count, at;
} limn_tag;

// Whether the bytes begin as such a file does.
bool limn_tiff_open(const unsigned char *bytes, size_t size, limn_tiff *tiff);

// Whether `count` values of `each` bytes lie inside the file.
bool limn_tiff_holds(const limn_tiff *tiff, uint64_t at, uint64_t count, uint64_t each);

// An unsigned number of 1 to 8 bytes; behind the end of the file everything is 0.
uint64_t limn_tiff_number(const limn_tiff *tiff, uint64_t at, unsigned size);

// The first directory and the one after another, as places in the file; 0: there is none.
uint64_t limn_tiff_first(const limn_tiff *tiff);
uint64_t limn_tiff_next(const limn_tiff *tiff, uint64_t directory);

// How many entries a directory has, if all of it lies inside the file; else 0.
uint64_t limn_tiff_count(const limn_tiff *tiff, uint64_t directory);
limn_tag limn_tiff_entry(const limn_tiff *tiff, uint64_t directory, uint64_t index);

// The entry of a tag whose values lie inside the file; false where there is none.
bool limn_tiff_find(const limn_tiff *tiff, uint64_t directory, unsigned tag, limn_tag *entry);
// One of its values as a whole number.
uint64_t limn_tiff_value(const limn_tiff *tiff, const limn_tag *entry, uint64_t index);
// The first, or `otherwise` where there is none.
uint64_t limn_tiff_get(const limn_tiff *tiff, uint64_t directory, unsigned tag, uint64_t otherwise);

// Whether a directory, or what it points to, reaches behind the end of the file; 0: the first.
bool limn_tiff_ends_early(const unsigned char *bytes, size_t size, uint64_t directory);

#endif
