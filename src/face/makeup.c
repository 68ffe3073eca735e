// Putting make-up on: frames, the warp, the generator, and its difference pasted back.
#include "face/makeup.h"

#include "base/memory.h"
#include "base/text.h"
#include "face/frame.h"
#include "face/warp.h"
#include "model/runner.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- what is asked for ----

static limn_status unknown_part(const char *word, size_t size) {
    char name[32];
    limn_shown shown;
    if (size)
        snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1),
                 word);
    else
        strcpy(name, "\"\"");
    const char *near = limn_text_nearest(name, limn_face_part_word, NULL);
    return limn_fail(LIMN_USAGE,
                     "%s: there is no such part of a face%s%s. They are lips, eyes, "
                     "skin and brows, as in lips,eyes.",
                     limn_show(&shown, name, strlen(name)), near ? "; did you mean " : "",
                     near ? near : "");
}

limn_status limn_makeup_parts(const char *words, bool part[LIMN_FACE_PARTS]) {
    for (int i = 0; i < LIMN_FACE_PARTS; i++) part[i] = !words && i != LIMN_BROWS;
    while (words) {
        size_t size = strcspn(words, ",");
        int i = 0;
        const char *word;
        while ((word = limn_face_part_word(NULL, i)) &&
               (strlen(word) != size || strncmp(word, words, size) != 0))
            i++;
        if (!word) return unknown_part(words, size);
        part[i] = true;
        words = words[size] ? words + size + 1 : NULL;
    }
    return LIMN_OK;
}

limn_status limn_faces_choose(const limn_faces *faces, int number, limn_landmarks *landmarks) {
    if (!faces->count)
        return limn_fail(LIMN_INPUT, "no face was found in it. Faces that are turned away or less "
                                     "than a twenty-fifth of the picture are not found: cut the "
                                     "picture, or say where the face is (--landmarks)");
    if (number > faces->count)
        return limn_fail(LIMN_INPUT, "face %d was asked for, and it has %d", number, faces->count);
    const limn_face *face = &faces->items[number ? number - 1 : 0];
    *landmarks = face->landmarks;
    const char *fault = limn_landmarks_fault(&face->landmarks);
    if (!fault) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "the face at (%.0f, %.0f), %.0f x %.0f pixels, cannot be made up: %s", face->x,
                     face->y, face->width, face->height, fault);
}

limn_status limn_makeup_check(const limn_made_up *face) {
    LIMN_TRY(limn_points_check(&face->landmarks, face->picture->width, face->picture->height));
    const char *fault = limn_landmarks_fault(&face->landmarks);
    if (!fault) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "the face cannot be made up: %s", fault);
}

limn_status limn_makeup_check_model(const limn_model *model) {
    if (model->kind->pictures == 2) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "network %s is not for make-up: limn %s takes it",
                     model->kind->name, model->kind->verb);
}

// ---- the average face ----

static const float *values_of(const limn_model *model, const char *name, size_t count) {
    int index = limn_store_find(&model->store, name);
    const limn_parameter *it = index < 0 ? NULL : &model->store.parameters[index];
    return it && it->count == count ? model->store.values + it->offset : NULL;
}

static bool read_average(const limn_model *model, int side, const float **rgb,
                         limn_landmarks *landmarks) {
    *rgb = values_of(model, "average.rgb", 3 * (size_t)side * (size_t)side);
    const float *points = values_of(model, "average.landmarks", 2 * LIMN_LANDMARKS);
    if (!*rgb || !points) return false;
    for (int i = 0; i < LIMN_LANDMARKS; i++)
        landmarks->point[i] = (limn_point){points[2 * i], points[2 * i + 1]};
    return limn_landmarks_size(landmarks) > 0;
}

bool limn_makeup_has_average(const limn_model *model) {
    const float *rgb;
    limn_landmarks landmarks;
    return read_average(model, limn_model_usual(model), &rgb, &landmarks);
}

static int by_value(const void *a, const void *b) {
    float one = *(const float *)a, two = *(const float *)b;
    return (one > two) - (one < two);
}

// The medians of Y, U and V over the skin of a frame.
static limn_status complexion(int side, limn_framed face, double yuv[3]) {
    size_t plane = (size_t)side * (size_t)side, count = 0;
    unsigned char *labels = limn_alloc(plane);
    float *values = limn_alloc(3 * plane * sizeof *values);
    bool taken = labels && values;
    if (taken) limn_face_label(face.landmarks, side, labels);
    for (size_t i = 0; i < plane && taken; i++) {
        if (labels[i] != LIMN_SKIN) continue;
        float r = face.rgb[i], g = face.rgb[plane + i], b = face.rgb[2 * plane + i];
        float y = 0.299F * r + 0.587F * g + 0.114F * b;
        values[count] = y;
        values[plane + count] = 0.493F * (b - y);
        values[2 * plane + count++] = 0.877F * (r - y);
    }
    for (size_t c = 0; c < 3 && taken; c++) {
        qsort(values + c * plane, count, sizeof *values, by_value);
        yuv[c] = count ? values[c * plane + count / 2] : 0;
    }
    limn_free(labels);
    limn_free(values);
    return taken ? LIMN_OK : limn_fail(LIMN_MEMORY, "there is no memory for a complexion");
}

// Moves the colours of `rgb`, a copy of what `from` shows, to the complexion of `to`.
static limn_status match_complexion(int side, limn_framed from, limn_framed to, float *rgb) {
    double have[3], want[3];
    LIMN_TRY(complexion(side, from, have));
    LIMN_TRY(complexion(side, to, want));
    double y = want[0] - have[0], u = want[1] - have[1], v = want[2] - have[2];
    double r = y + v / 0.877, b = y + u / 0.493, g = (y - 0.299 * r - 0.114 * b) / 0.587;
    const double by[3] = {r, g, b};
    size_t plane = (size_t)side * (size_t)side;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < plane; i++)
            rgb[c * plane + i] = fminf(fmaxf(rgb[c * plane + i] + (float)by[c], 0), 255);
    return LIMN_OK;
}

// ---- frames ----

// What the generator is shown: [2][3][side][side].
typedef struct view {
    int side;
    limn_window frame;         // of the face
    limn_landmarks face, like; // in their frames
    float *pictures;
    float *reference; // before its warp
} view;

static size_t frame_floats(const view *it) {
    return 3 * (size_t)it->side * (size_t)it->side;
}

static limn_status cut_reference(view *it, const limn_made_up *like) {
    limn_window frame = limn_frame_of(&like->landmarks);
    it->like = limn_frame_landmarks(&like->landmarks, frame, it->side);
    return limn_frame_cut(like->picture, frame, it->side, it->reference);
}

static limn_status take_average(view *it, const limn_model *model) {
    const float *average;
    if (!read_average(model, it->side, &average, &it->like))
        return limn_fail(LIMN_MODEL, "the model carries no average face to take make-up off with. "
                                     "Name a face without make-up: --like BARE");
    memcpy(it->reference, average, frame_floats(it) * sizeof *average);
    limn_framed from = {average, &it->like}, to = {it->pictures, &it->face};
    return match_complexion(it->side, from, to, it->reference);
}

static limn_status look(view *it, const limn_model *model, const limn_made_up *face,
                        const limn_made_up *like) {
    it->frame = limn_frame_of(&face->landmarks);
    it->face = limn_frame_landmarks(&face->landmarks, it->frame, it->side);
    LIMN_TRY(limn_frame_cut(face->picture, it->frame, it->side, it->pictures));
    LIMN_TRY(like ? cut_reference(it, like) : take_average(it, model));
    limn_framed to = {it->pictures, &it->face}, from = {it->reference, &it->like};
    return limn_face_warp(it->side, to, from, it->pictures + frame_floats(it), NULL);
}

// The generator's result less the face, in the place of the reference.
static limn_status difference(const view *it, limn_runner *runner) {
    const float *made;
    limn_shape shape = LIMN_SHAPE(1, 3, it->side, it->side), made_shape;
    limn_content_values content = {.count = 2,
                                   .shape = {shape, shape},
                                   .data = {it->pictures, it->pictures + frame_floats(it)}};
    LIMN_TRY(limn_runner_decode(runner, 0, &content, NULL, &made, &made_shape));
    assert(limn_shape_equal(&shape, &made_shape));
    for (size_t i = 0; i < frame_floats(it); i++) it->reference[i] = made[i] - it->pictures[i];
    return LIMN_OK;
}

limn_status limn_makeup_apply(limn_runner *runner, const limn_model *model,
                              const limn_made_up *face, const limn_made_up *like,
                              const limn_makeup_choice *choice, limn_picture **result) {
    view it = {.side = limn_model_usual(model)};
    limn_paste how = {.side = it.side, .landmarks = face->landmarks, .strength = choice->strength};
    memcpy(how.part, choice->part, sizeof how.part);
    *result = NULL;
    it.pictures = limn_alloc(2 * frame_floats(&it) * sizeof *it.pictures);
    it.reference = limn_alloc(frame_floats(&it) * sizeof *it.reference);
    limn_status status = it.pictures && it.reference
                             ? LIMN_OK
                             : limn_fail(LIMN_MEMORY, "there is no memory for two faces");
    if (status == LIMN_OK) status = look(&it, model, face, like);
    if (status == LIMN_OK) status = difference(&it, runner);
    how.frame = it.frame;
    if (status == LIMN_OK) status = limn_picture_copy(face->picture, result);
    if (status == LIMN_OK) status = limn_face_paste(&how, it.reference, *result);
    limn_free(it.pictures);
    limn_free(it.reference);
    if (status == LIMN_OK) return LIMN_OK;
    limn_picture_free(*result);
    *result = NULL;
    return status;
}
