// One sample of a set: its files read and made into numbers.
#include "data/sample.h"

#include "base/status.h"

// On white before all else: what is clear has no colour to learn from.
static limn_status read_solid(const limn_sampling *it, const char *path, limn_picture **picture) {
    limn_read_options how = limn_set_reading();
    how.max_memory = it->most;
    how.enough = it->how->enough;
    LIMN_TRY(limn_picture_read(path, &how, picture));
    limn_picture_on_white(*picture);
    return LIMN_OK;
}

// A file of the set.
static limn_status read_file(const limn_sampling *it, int file, limn_picture **picture) {
    LIMN_TRY(limn_kept_find(it->kept, file, picture));
    if (*picture) return LIMN_OK;
    LIMN_TRY(read_solid(it, it->how->set->folder.paths[file], picture));
    limn_kept_add(it->kept, file, *picture);
    return LIMN_OK;
}

// Two pictures side by side become two.
static limn_status halve(limn_picture *sides[2]) {
    limn_picture *whole = sides[0];
    int half = whole->width / 2;
    if (whole->width % 2)
        return limn_fail(LIMN_INPUT, "has an odd width, %d, so that it has no two halves",
                         whole->width);
    sides[0] = NULL;
    limn_status status = limn_picture_crop(whole, 0, 0, half, whole->height, &sides[0]);
    if (status == LIMN_OK)
        status = limn_picture_crop(whole, half, 0, half, whole->height, &sides[1]);
    limn_picture_free(whole);
    return status;
}

static limn_status call_maker(const limn_loader_options *how, int sample,
                              const limn_picture *const *sides, const limn_random *stream,
                              float *out) {
    return how->make_numbered ? how->make_numbered(how->context, sample, sides, stream, out)
                              : how->make(how->context, sides, stream, out);
}

static limn_status make_of_sides(const limn_sampling *it, int sample, limn_picture *sides[2],
                                 const limn_random *stream, float *out, const char **damaged) {
    const limn_loader_options *how = it->how;
    const limn_set *set = how->set;
    const int *file = set->samples[sample].file;
    const char *first = set->folder.paths[file[0]], *second = NULL;
    if (file[1] >= 0)
        second = set->folder.paths[file[1]];
    else if (how->partner)
        second = how->partner(how->context, sample, stream);
    LIMN_TRY(read_file(it, file[0], &sides[0]));
    if (file[1] >= 0)
        LIMN_TRY(read_file(it, file[1], &sides[1]));
    else if (second)
        LIMN_TRY(read_solid(it, second, &sides[1]));
    *damaged = sides[0]->damaged ? first : second && sides[1]->damaged ? second : NULL;
    limn_status status = LIMN_OK;
    if (set->layout == LIMN_LAYOUT_JOINED && set->kind.files > 1) status = halve(sides);
    if (status == LIMN_OK)
        status = call_maker(how, sample, (const limn_picture *const *)sides, stream, out);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", first);
}

limn_status limn_sample_make(const limn_sampling *it, int sample, const limn_random *stream,
                             float *out, const char **damaged) {
    limn_picture *sides[2] = {NULL, NULL};
    *damaged = NULL;
    limn_status status = make_of_sides(it, sample, sides, stream, out, damaged);
    for (int i = 0; i < 2; i++) limn_picture_free(sides[i]);
    return status;
}
