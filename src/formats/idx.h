// IDX files, as MNIST comes in: two zero bytes, the type of the values (8: unsigned bytes, the only
// one read), the number of dimensions, each dimension in four bytes with the highest first, the
// values. Packed by gzip or not.
#ifndef LIMN_FORMATS_IDX_H
#define LIMN_FORMATS_IDX_H

#include "base/file.h"
#include "base/status.h"

#include <stddef.h>

enum { LIMN_IDX_RANK = 4 };

typedef struct limn_idx {
    int rank;
    size_t shape[LIMN_IDX_RANK];
    size_t count; // of all values
    const unsigned char *values;
    unsigned char *unpacked; // where they were packed
    limn_file file;          // where it was opened by name
} limn_idx;

// Reads such bytes, which must stay while values are in use. LIMN_INPUT and a sentence: another
// kind of file, cut, or longer than its header says; LIMN_MEMORY. Free it after success only.
limn_status limn_idx_parse(const unsigned char *bytes, size_t size, limn_idx *idx);
limn_status limn_idx_open(const char *path, limn_idx *idx);
void limn_idx_free(limn_idx *idx);

#endif
