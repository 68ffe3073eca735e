// The decoded pictures of a small set.
#include "data/kept.h"

#include "base/memory.h"
#include "base/status.h"

#include <stdlib.h>

typedef struct bytes {
    int width, height, depth, damaged;
    limn_format format;
    unsigned char rgb[]; // [3][height][width]
} bytes;

struct limn_kept {
    bytes **files; // NULL: not kept
    int count;
    size_t left; // bytes that may still be taken
};

limn_kept *limn_kept_new(int files, size_t most) {
    limn_kept *kept = most && files ? calloc(1, sizeof *kept) : NULL;
    if (kept) *kept = (limn_kept){calloc((size_t)files, sizeof *kept->files), files, most};
    if (!kept || kept->files) return kept;
    free(kept);
    return NULL;
}

static void let_go(limn_kept *kept) {
    for (int i = 0; i < kept->count; i++) free(kept->files[i]);
    free(kept->files);
    kept->files = NULL;
}

void limn_kept_free(limn_kept *kept) {
    if (kept && kept->files) let_go(kept);
    free(kept);
}

static size_t count_values(int width, int height) {
    return 3 * (size_t)width * (size_t)height;
}

limn_status limn_kept_find(const limn_kept *kept, int file, limn_picture **picture) {
    const bytes *from = kept && kept->files ? kept->files[file] : NULL;
    *picture = NULL;
    if (!from) return LIMN_OK;
    LIMN_TRY(limn_picture_new(from->width, from->height, LIMN_RGB, picture));
    (*picture)->depth = from->depth;
    (*picture)->damaged = from->damaged;
    (*picture)->format = from->format;
    float *to = (*picture)->rgb;
    size_t count = count_values(from->width, from->height);
#pragma omp simd
    for (size_t i = 0; i < count; i++) to[i] = from->rgb[i];
    return LIMN_OK;
}

// False where that loses something.
static bool code(const float *values, size_t count, unsigned char *to) {
    int whole = 1;
#pragma omp simd reduction(& : whole)
    for (size_t i = 0; i < count; i++) {
        float held = values[i] >= 0 && values[i] <= 255 ? values[i] : 0;
        to[i] = (unsigned char)held;
        whole &= (float)to[i] == values[i];
    }
    return whole;
}

void limn_kept_add(limn_kept *kept, int file, const limn_picture *picture) {
    if (!kept || !kept->files || kept->files[file] || picture->alpha) return;
    size_t count = count_values(picture->width, picture->height), room = sizeof(bytes) + count;
    bytes *to = room <= kept->left ? malloc(room) : NULL;
    if (!to) {
        let_go(kept);
        return;
    }
    *to =
        (bytes){picture->width, picture->height, picture->depth, picture->damaged, picture->format};
    bool whole = code(picture->rgb, count, to->rgb);
    if (whole) {
        kept->files[file] = to;
        kept->left -= room;
    } else {
        free(to);
    }
}
