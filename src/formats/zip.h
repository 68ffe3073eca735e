// Reading zip archives that lie in memory: strict, with members used in place when they are stored.
// (libzip does not say where a member lies, so that neither overlaps could be refused nor copies of
// hundreds of megabytes avoided; zlib does the inflating.)
#ifndef LIMN_FORMATS_ZIP_H
#define LIMN_FORMATS_ZIP_H

#include "formats/tensors.h"

typedef struct limn_zip_member {
    const char *name; // not ended by a zero
    size_t name_size;
    size_t size, packed; // bytes, inflated and in the file
    size_t start;        // of the local header
    const unsigned char *data;
    uint32_t crc;
    unsigned method, flags;
} limn_zip_member;

typedef struct limn_zip {
    limn_zip_member *members; // by name
    size_t count;
    size_t inflated; // bytes so far
    size_t memory;   // bytes that may be: of what was free when the archive was opened
} limn_zip;

limn_status limn_zip_open(const unsigned char *bytes, size_t size, limn_zip *zip);
void limn_zip_close(limn_zip *zip);
const limn_zip_member *limn_zip_find(const limn_zip *zip, const char *name, size_t size);

// The member's bytes, of which there may be `most`: in place, or inflated into memory that belongs
// to the set: LIMN_MEMORY where the archive's members would take more than may be. The checksum is
// verified where there is one.
limn_status limn_zip_read(limn_zip *zip, const limn_zip_member *member, size_t most,
                          limn_tensors *set, const unsigned char **bytes);

#endif
