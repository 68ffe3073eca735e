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
    int count, held;
    size_t taken, most; // bytes
};

limn_kept *limn_kept_new(int files, size_t most) {
    limn_kept *kept = most && files ? calloc(1, sizeof *kept) : NULL;
    if (!kept) return NULL;
    *kept = (limn_kept){.count = files, .most = most};
    kept->files = calloc((size_t)files, sizeof *kept->files);
    if (kept->files) return kept;
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

// Whether the set is not as small as it has to be: one more is too much or, as far as some can
// tell, all are.
static bool is_full(const limn_kept *kept, size_t room) {
    enum { SOME = 16 };
    if (room > kept->most - kept->taken) return true;
    double each = (double)(kept->taken + room) / (kept->held + 1);
    return kept->held + 1 >= SOME && each * kept->count > (double)kept->most;
}

void limn_kept_add(limn_kept *kept, int file, const limn_picture *picture) {
    if (!kept || !kept->files || kept->files[file] || picture->alpha) return;
    size_t count = count_values(picture->width, picture->height), room = sizeof(bytes) + count;
    bytes *to = is_full(kept, room) ? NULL : malloc(room);
    if (!to) {
        let_go(kept);
        return;
    }
    *to =
        (bytes){picture->width, picture->height, picture->depth, picture->damaged, picture->format};
    bool whole = code(picture->rgb, count, to->rgb);
    if (whole) {
        kept->files[file] = to;
        kept->taken += room;
        kept->held++;
    } else {
        free(to);
    }
}
