// The decoded pictures of a small set.
#include "data/kept.h"

#include "base/memory.h"
#include "base/status.h"

#include <pthread.h>
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
    pthread_rwlock_t lock;
};

static void let_go(limn_kept *kept) {
    for (int i = 0; i < kept->count && kept->files; i++) free(kept->files[i]);
    free(kept->files);
    kept->files = NULL;
}

void limn_kept_free(limn_kept *kept) {
    if (!kept) return;
    let_go(kept);
    pthread_rwlock_destroy(&kept->lock);
    free(kept);
}

limn_kept *limn_kept_new(int files, size_t most) {
    limn_kept *kept = most && files ? calloc(1, sizeof *kept) : NULL;
    if (!kept) return NULL;
    *kept = (limn_kept){.count = files, .most = most};
    kept->files = calloc((size_t)files, sizeof *kept->files);
    pthread_rwlock_init(&kept->lock, NULL);
    if (kept->files) return kept;
    limn_kept_free(kept);
    return NULL;
}

static size_t count_values(int width, int height) {
    return 3 * (size_t)width * (size_t)height;
}

static limn_status spread(const bytes *from, limn_picture **picture) {
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

limn_status limn_kept_find(limn_kept *kept, int file, limn_picture **picture) {
    *picture = NULL;
    if (!kept) return LIMN_OK;
    pthread_rwlock_rdlock(&kept->lock);
    const bytes *from = kept->files ? kept->files[file] : NULL;
    limn_status status = from ? spread(from, picture) : LIMN_OK;
    pthread_rwlock_unlock(&kept->lock);
    return status;
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

static bytes *gather(const limn_picture *picture, size_t count, size_t room) {
    bytes *to = malloc(room);
    if (!to) return NULL;
    *to =
        (bytes){picture->width, picture->height, picture->depth, picture->damaged, picture->format};
    if (code(picture->rgb, count, to->rgb)) return to;
    free(to);
    return NULL;
}

// Whether there is a place for a picture of a file that is not there yet; where there is none, all
// are let go.
static bool has_place(limn_kept *kept, int file, size_t room) {
    if (!kept->files || kept->files[file]) return false;
    if (is_full(kept, room)) let_go(kept);
    return kept->files != NULL;
}

void limn_kept_add(limn_kept *kept, int file, const limn_picture *picture) {
    if (!kept || picture->alpha) return;
    size_t count = count_values(picture->width, picture->height), room = sizeof(bytes) + count;
    pthread_rwlock_wrlock(&kept->lock);
    bool wanted = has_place(kept, file, room);
    pthread_rwlock_unlock(&kept->lock);
    bytes *made = wanted ? gather(picture, count, room) : NULL;
    if (!made) return;
    pthread_rwlock_wrlock(&kept->lock);
    bool taken = has_place(kept, file, room);
    if (taken) {
        kept->files[file] = made;
        kept->taken += room;
        kept->held++;
    }
    pthread_rwlock_unlock(&kept->lock);
    if (!taken) free(made);
}
