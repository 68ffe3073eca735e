// The decoded pictures of a small set, held as bytes, so that each file is read once.
//
// Only pictures whose colours are whole numbers are kept, as those of solid 8-bit files are: what
// comes out is what was put in, to the last bit. A set that is not small is not kept at all.
#ifndef LIMN_DATA_KEPT_H
#define LIMN_DATA_KEPT_H

#include "limn/picture.h"

typedef struct limn_kept limn_kept;

// For so many files and bytes. NULL where nothing is to be kept or there is no memory for a list.
limn_kept *limn_kept_new(int files, size_t most);
void limn_kept_free(limn_kept *kept); // NULL is fine, here and below

// *picture is NULL where the file is not among them. LIMN_MEMORY.
limn_status limn_kept_find(limn_kept *kept, int file, limn_picture **picture);
// Keeps a picture, if it can be; where the set turns out to be larger, all are let go, and none is
// kept any more.
void limn_kept_add(limn_kept *kept, int file, const limn_picture *picture);

#endif
