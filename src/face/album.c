// Landmarks of a whole folder, and what is made of them.
#include "face/album.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/set.h"
#include "face/frame.h"
#include "face/warp.h"
#include "formats/load.h"
#include "formats/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 2 * LIMN_LANDMARKS };

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "there is no memory for the faces of a folder");
}

// ---- the file ----

// Of the names and of how faces were looked for.
static void checksum(const limn_album_request *request, char text[32]) {
    uint64_t sum = limn_checksum(0, &request->whole, sizeof request->whole);
    for (int i = 0; i < request->folder->count; i++)
        sum = limn_checksum(sum, request->folder->paths[i], strlen(request->folder->paths[i]) + 1);
    snprintf(text, 32, "%016llx", (unsigned long long)sum);
}

// A picture without a face has zeros. The run may be a stranger's.
static void take(limn_album *album, const float *numbers) {
    for (int i = 0; i < album->folder->count; i++) {
        const float *from = numbers + (size_t)i * NUMBERS;
        bool possible = true;
        for (int k = 0; k < LIMN_LANDMARKS; k++) {
            limn_point point = {from[2 * k], from[2 * k + 1]};
            album->landmarks[i].point[k] = point;
            possible &= limn_landmark_is_possible(point);
        }
        album->has[i] = possible && limn_landmarks_size(&album->landmarks[i]) > 0;
        album->found += album->has[i];
    }
}

static bool load(const limn_album_request *request, limn_album *album) {
    limn_tensors set = {0};
    char sum[32];
    size_t count = (size_t)album->folder->count * NUMBERS;
    if (!request->kept || !limn_path_exists(request->kept)) return false;
    if (limn_tensors_load(request->kept, &set) != LIMN_OK) return false; // they are found anew
    checksum(request, sum);
    const char *said = limn_tensors_metadata(&set, "pictures");
    float *numbers = limn_alloc(count * sizeof *numbers);
    bool same = numbers && said && !strcmp(said, sum) &&
                limn_tensors_read_float(&set, "landmarks", numbers, count) == LIMN_OK;
    if (same) take(album, numbers);
    limn_free(numbers);
    limn_tensors_free(&set);
    return same;
}

static limn_status save(const limn_album_request *request, const float *numbers) {
    limn_tensors set = {0};
    const size_t shape[3] = {(size_t)request->folder->count, LIMN_LANDMARKS, 2};
    char sum[32];
    if (!request->kept) return LIMN_OK;
    checksum(request, sum);
    limn_status status = limn_tensors_describe(&set, "pictures", sum);
    if (status == LIMN_OK)
        status = limn_tensors_add(&set, "landmarks", LIMN_ELEMENT_F32, 3, shape, numbers);
    if (status == LIMN_OK)
        status = limn_safetensors_write(request->kept, &set, LIMN_ELEMENT_F32, true);
    limn_tensors_free(&set);
    return status;
}

// ---- finding ----

// Whose landmarks are none, or too small, has no face; neither has a picture that cannot be read.
static limn_status find_in(const limn_album_request *request, limn_face_finder *finder,
                           const char *path, limn_landmarks *landmarks, bool *has) {
    const limn_read_options how = limn_set_reading();
    limn_picture *picture;
    limn_faces faces = {.count = 0};
    *has = false;
    limn_status status = limn_picture_read(path, &how, &picture);
    if (status == LIMN_INPUT && !request->strict) return LIMN_OK;
    LIMN_TRY(status);
    status = request->whole ? limn_faces_whole(finder, picture, &faces)
                            : limn_faces_find(finder, picture, &faces);
    limn_picture_free(picture);
    if (status == LIMN_OK && faces.count) {
        *landmarks = faces.items[0].landmarks;
        *has = !limn_landmarks_fault(landmarks);
    }
    limn_faces_free(&faces);
    return status;
}

static limn_status find_all(const limn_album_request *request, limn_face_finder *finder,
                            float *numbers) {
    int count = request->folder->count;
    memset(numbers, 0, (size_t)count * NUMBERS * sizeof *numbers);
    for (int i = 0; i < count; i++) {
        limn_landmarks landmarks;
        bool has;
        LIMN_TRY(find_in(request, finder, request->folder->paths[i], &landmarks, &has));
        for (int k = 0; k < LIMN_LANDMARKS && has; k++) {
            numbers[(size_t)i * NUMBERS + 2 * (size_t)k] = (float)landmarks.point[k].x;
            numbers[(size_t)i * NUMBERS + 2 * (size_t)k + 1] = (float)landmarks.point[k].y;
        }
        if (request->tell) LIMN_TRY(request->tell(request->context, i + 1, count));
    }
    return LIMN_OK;
}

static limn_status find(const limn_album_request *request, limn_album *album) {
    limn_face_finder *finder;
    float *numbers = limn_alloc(((size_t)album->folder->count * NUMBERS + 1) * sizeof *numbers);
    if (!numbers) return no_memory();
    limn_status status = limn_face_finder_open(NULL, request->how, &finder);
    if (status == LIMN_OK) {
        status = find_all(request, finder, numbers);
        limn_face_finder_free(finder);
    }
    if (status == LIMN_OK) status = save(request, numbers);
    if (status == LIMN_OK) take(album, numbers);
    limn_free(numbers);
    return status;
}

limn_status limn_album_open(const limn_album_request *request, limn_album *album) {
    size_t count = (size_t)request->folder->count + 1;
    *album = (limn_album){.folder = request->folder};
    album->has = calloc(count, sizeof *album->has);
    album->landmarks = calloc(count, sizeof *album->landmarks);
    limn_status status = album->has && album->landmarks ? LIMN_OK : no_memory();
    if (status == LIMN_OK && !load(request, album)) status = find(request, album);
    if (status != LIMN_OK) limn_album_free(album);
    return status;
}

void limn_album_free(limn_album *album) {
    free(album->has);
    free(album->landmarks);
    *album = (limn_album){.found = 0};
}

// ---- frames ----

limn_status limn_album_cut(const limn_album *album, int file, const limn_picture *picture, int side,
                           float *rgb, limn_landmarks *landmarks) {
    limn_window frame = limn_frame_of(&album->landmarks[file]);
    *landmarks = limn_frame_landmarks(&album->landmarks[file], frame, side);
    return limn_frame_cut(picture, frame, side, rgb);
}

enum { MOST_AVERAGED = 500 };

// The k-th of those that are averaged.
static int chosen(const int *files, int count, int used, int k) {
    return files[(int)((int64_t)k * count / used)];
}

static limn_landmarks mean_landmarks(const limn_album *album, const int *files, int count, int used,
                                     int side) {
    limn_landmarks mean = {.point = {{0}}};
    for (int k = 0; k < used; k++) {
        const limn_landmarks *its = &album->landmarks[chosen(files, count, used, k)];
        limn_landmarks in = limn_frame_landmarks(its, limn_frame_of(its), side);
        for (int i = 0; i < LIMN_LANDMARKS; i++) {
            mean.point[i].x += in.point[i].x / used;
            mean.point[i].y += in.point[i].y / used;
        }
    }
    return mean;
}

// Adds a face, warped to the landmarks; `work` has room for two frames.
static limn_status add_face(const limn_album *album, int file, int side,
                            const limn_landmarks *landmarks, float *work, float *sum) {
    const limn_read_options how = limn_set_reading();
    size_t floats = 3 * (size_t)side * (size_t)side;
    limn_picture *picture;
    limn_landmarks its;
    LIMN_TRY(limn_picture_read(album->folder->paths[file], &how, &picture));
    limn_status status = limn_album_cut(album, file, picture, side, work, &its);
    limn_picture_free(picture);
    limn_framed face = {work, landmarks}, from = {work, &its};
    if (status == LIMN_OK) status = limn_face_warp(side, face, from, work + floats, NULL);
    for (size_t i = 0; i < floats && status == LIMN_OK; i++) sum[i] += work[floats + i];
    return status;
}

limn_status limn_album_average(const limn_album *album, const int *files, int count, int side,
                               float *rgb, limn_landmarks *landmarks) {
    size_t floats = 3 * (size_t)side * (size_t)side;
    int used = count < MOST_AVERAGED ? count : MOST_AVERAGED;
    float *work = limn_alloc(2 * floats * sizeof *work);
    if (!work) return no_memory();
    memset(rgb, 0, floats * sizeof *rgb);
    *landmarks = mean_landmarks(album, files, count, used, side);
    limn_status status = LIMN_OK;
    for (int k = 0; k < used && status == LIMN_OK; k++)
        status = add_face(album, chosen(files, count, used, k), side, landmarks, work, rgb);
    for (size_t i = 0; i < floats; i++) rgb[i] /= (float)used;
    limn_free(work);
    return status;
}
