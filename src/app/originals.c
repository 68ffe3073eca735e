// Pictures that no result replaces, known by device and number: links and other ways to write a
// path make no difference.
#include "app/originals.h"

#include "base/memory.h"

#include <stdlib.h>
#include <sys/stat.h>

static int by_file(const void *a, const void *b) {
    const limn_original *one = a, *two = b;
    int order = (one->device > two->device) - (one->device < two->device);
    return order ? order : (one->number > two->number) - (one->number < two->number);
}

static bool identify(const char *path, limn_original *file) {
    struct stat about;
    if (stat(path, &about)) return false;
    *file = (limn_original){about.st_dev, about.st_ino};
    return true;
}

limn_status limn_originals_add(limn_originals *originals, const char *path) {
    limn_original file;
    if (!path || !identify(path, &file)) return LIMN_OK;
    if (originals->count == originals->room) {
        size_t room = originals->room ? 2 * originals->room : 16, bytes;
        limn_original *items = NULL;
        if (limn_multiply(room, sizeof *items, &bytes)) items = realloc(originals->items, bytes);
        if (!items) return limn_fail(LIMN_MEMORY, "No memory for the list of pictures.");
        originals->items = items;
        originals->room = room;
    }
    originals->items[originals->count++] = file;
    return LIMN_OK;
}

limn_status limn_originals_check(limn_originals *originals, const char *output) {
    limn_original file;
    if (!originals->count || !identify(output, &file)) return LIMN_OK;
    if (originals->sorted < originals->count)
        qsort(originals->items, originals->count, sizeof file, by_file);
    originals->sorted = originals->count;
    if (!bsearch(&file, originals->items, originals->count, sizeof file, by_file)) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "%s: the result would replace the picture that it is made from, which limn "
                     "never does. Name another file or folder with -o.",
                     output);
}

void limn_originals_free(limn_originals *originals) {
    free(originals->items);
    *originals = (limn_originals){.items = NULL};
}
