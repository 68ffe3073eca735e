// MNIST's files.
#include "makers/digits.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

// ---- files ----

static const char *const own[LIMN_SPLITS][2] = {
    {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
    {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}};
static const char *const single[2] = {"images-idx3-ubyte", "labels-idx1-ubyte"};

// The file of this name, or of this name and .gz. False: neither is there.
static bool find(const char *folder, const char *name, char path[4096]) {
    static const char *const endings[] = {"", ".gz"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, 4096, "%s/%s%s", folder, name, endings[i]);
        if (limn_path_exists(path)) return true;
    }
    return false;
}

static limn_status open_file(const char *folder, const char *name, limn_idx *idx) {
    char path[4096];
    if (find(folder, name, path)) return limn_idx_open(path, idx);
    return limn_fail(LIMN_INPUT, "%s: there is no %s in it, with or without .gz", folder, name);
}

static limn_status check_pair(const char *folder, const char *const names[2],
                              const limn_idx *images, const limn_idx *labels) {
    limn_shown shape;
    if (images->rank != 3 || images->shape[1] != LIMN_DIGIT_SIDE ||
        images->shape[2] != LIMN_DIGIT_SIDE)
        return limn_fail(LIMN_INPUT, "%s: %s has the shape %s, where [n, %d, %d] is expected",
                         folder, names[0], limn_show_shape(&shape, images->rank, images->shape),
                         LIMN_DIGIT_SIDE, LIMN_DIGIT_SIDE);
    if (labels->rank != 1)
        return limn_fail(LIMN_INPUT, "%s: %s has the shape %s, where [n] is expected", folder,
                         names[1], limn_show_shape(&shape, labels->rank, labels->shape));
    if (images->shape[0] != labels->shape[0])
        return limn_fail(LIMN_INPUT,
                         "%s: %s has %zu digits and %s %zu labels: they are not of one set", folder,
                         names[0], images->shape[0], names[1], labels->shape[0]);
    for (size_t i = 0; i < labels->count; i++)
        if (labels->values[i] >= LIMN_DIGIT_LABELS)
            return limn_fail(LIMN_INPUT, "%s: label %zu of %s is %d, and there are 0 to 9 only",
                             folder, i, names[1], labels->values[i]);
    return LIMN_OK;
}

static limn_status open_pair(const char *folder, const char *const names[2], int place,
                             limn_digit_files *files) {
    LIMN_TRY(open_file(folder, names[0], &files->images[place]));
    LIMN_TRY(open_file(folder, names[1], &files->labels[place]));
    return check_pair(folder, names, &files->images[place], &files->labels[place]);
}

static limn_digits part(const limn_digit_files *files, int place, size_t first, size_t end) {
    return (limn_digits){.images = files->images[place].values + first * LIMN_DIGIT_PIXELS,
                         .labels = files->labels[place].values + first,
                         .count = (int)(end - first),
                         .first = (int)first};
}

static limn_status open_own(const char *folder, limn_digit_files *files) {
    for (int split = 0; split < LIMN_SPLITS; split++) {
        LIMN_TRY(open_pair(folder, own[split], split, files));
        files->digits[split] = part(files, split, 0, files->labels[split].count);
    }
    return LIMN_OK;
}

static limn_status open_single(const char *folder, limn_digit_files *files) {
    LIMN_TRY(open_pair(folder, single, 0, files));
    size_t count = files->labels[0].count, train = count - count / 10;
    files->digits[LIMN_SPLIT_TRAIN] = part(files, 0, 0, train);
    files->digits[LIMN_SPLIT_TEST] = part(files, 0, train, count);
    return LIMN_OK;
}

static limn_status open_any(const char *folder, limn_digit_files *files) {
    char path[4096];
    if (!limn_folder_exists(folder))
        return limn_fail(LIMN_INPUT, "%s: there is no such folder of digits", folder);
    if (find(folder, own[0][0], path)) return open_own(folder, files);
    if (find(folder, single[0], path)) return open_single(folder, files);
    return limn_fail(
        LIMN_INPUT,
        "%s: there are no digits in it: neither MNIST's four files (%s, %s, %s, %s) nor "
        "a pair (%s, %s), with or without .gz",
        folder, own[0][0], own[0][1], own[1][0], own[1][1], single[0], single[1]);
}

limn_status limn_digits_open(const char *folder, limn_digit_files *files) {
    *files = (limn_digit_files){0};
    limn_status status = open_any(folder, files);
    const limn_digits *digits = files->digits;
    if (status == LIMN_OK && (!digits[LIMN_SPLIT_TRAIN].count || !digits[LIMN_SPLIT_TEST].count))
        status = limn_fail(LIMN_INPUT, "%s: %d digits to train and %d to test are too few", folder,
                           digits[LIMN_SPLIT_TRAIN].count, digits[LIMN_SPLIT_TEST].count);
    if (status != LIMN_OK) limn_digits_close(files);
    return status;
}

void limn_digits_close(limn_digit_files *files) {
    for (int split = 0; split < LIMN_SPLITS; split++) {
        limn_idx_free(&files->images[split]);
        limn_idx_free(&files->labels[split]);
    }
    *files = (limn_digit_files){0};
}

// ---- paint ----

void limn_digit_paint(const unsigned char *digit, limn_rgb8 colour, unsigned char *to, int width) {
    for (int i = 0; i < LIMN_DIGIT_SIDE; i++)
        for (int j = 0; j < LIMN_DIGIT_SIDE; j++)
            if (digit[i * LIMN_DIGIT_SIDE + j] > 127) // 127.5
                memcpy(to + 3 * ((size_t)i * (size_t)width + (size_t)j), colour.of, 3);
}
