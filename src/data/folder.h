// The pictures of a folder, sorted by bytes.
#ifndef LIMN_DATA_FOLDER_H
#define LIMN_DATA_FOLDER_H

#include "base/memory.h"
#include "base/status.h"

typedef struct limn_folder {
    char **paths;
    int count;
    limn_arena arena;
} limn_folder;

// Every file below `path` whose name ends like a picture's, at any depth. LIMN_INPUT and a sentence
// when the folder is not there or holds none.
limn_status limn_folder_read(const char *path, limn_folder *folder);
void limn_folder_free(limn_folder *folder);

#endif
