// The pictures of a folder, sorted by bytes.
#ifndef LIMN_DATA_FOLDER_H
#define LIMN_DATA_FOLDER_H

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "limn/picture.h"

// Pictures of kinds that limn does not read, counted: nobody shall wonder where they are.
enum { LIMN_KINDS_LEFT = 13 };
typedef struct limn_left_alone {
    int count[LIMN_KINDS_LEFT];
} limn_left_alone;

// Counts a file where its ending is that of such a kind.
void limn_left_alone_add(limn_left_alone *left, const char *path);
// "1 .heic, 2 .nef"; nothing where there were none.
void limn_left_alone_print(const limn_left_alone *left, limn_text *text);

// The format that a file of a folder is taken for: by the ending of its name or, where it has none,
// by its first bytes. LIMN_FORMAT_NONE: it is no picture that limn reads.
limn_format limn_folder_format(const char *path);

typedef struct limn_folder {
    char **paths;
    int count;
    int top; // bytes before the relative names of the last folder added
    limn_left_alone left;
    int unlisted;    // folders below whose pictures are missing, since they cannot be listed;
    const char *why; // the sentence of the first, or NULL
    limn_arena arena;
} limn_folder;

// Every file below `path` that is taken for a picture, at any depth, but the sheets of runs that
// lie there. LIMN_INPUT and a sentence when the folder is not there, cannot be listed or holds
// none.
limn_status limn_folder_read(const char *path, limn_folder *folder);
// Adds those of another folder behind what is there.
limn_status limn_folder_add(const char *path, limn_folder *folder);
void limn_folder_free(limn_folder *folder);

#endif
