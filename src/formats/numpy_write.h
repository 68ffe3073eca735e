// Writing arrays as NumPy does.
#ifndef LIMN_FORMATS_NUMPY_WRITE_H
#define LIMN_FORMATS_NUMPY_WRITE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

// An array of doubles, row after row. The name has no ".npy", and rank is 1 or 2.
typedef struct limn_numpy_item {
    const char *name;
    int rank;
    size_t shape[2];
    const double *values;
} limn_numpy_item;

// An .npz archive, not compressed. LIMN_USAGE when the file is there and `replace` is false,
// LIMN_IO, LIMN_MEMORY, or LIMN_ERROR where an archive would have 4 GB and more.
limn_status limn_numpy_write(const char *path, const limn_numpy_item *items, int count,
                             bool replace);

#endif
