// The pictures that results are made from. No result replaces one of them, whatever the two are
// called: --force is for results.
#ifndef LIMN_APP_ORIGINALS_H
#define LIMN_APP_ORIGINALS_H

#include "base/status.h"

#include <stddef.h>
#include <sys/types.h>

// What a file is by any name.
typedef struct limn_original {
    dev_t device;
    ino_t number;
} limn_original;

typedef struct limn_originals {
    limn_original *items;
    size_t count, room;
    size_t sorted; // so many, the first
} limn_originals;

// NULL, and what is not there: nothing to add.
limn_status limn_originals_add(limn_originals *originals, const char *path);
// Fails with LIMN_USAGE where a result of this name would replace one of them.
limn_status limn_originals_check(limn_originals *originals, const char *output);
void limn_originals_free(limn_originals *originals);

#endif
