// Pictures for two-step translation: squares for the networks, and what training varies in them.
#include "methods/two_step.h"

#include <math.h>
#include <string.h>

enum { LEAST_SIDE = 8 }; // pixels: less says nothing about a domain

int limn_two_step_hole(int size) {
    return size * 20 / 64;
}

// What scipy.misc.imresize did to pictures of floats before all else.
static void stretch(limn_picture *picture) {
    size_t count = 3 * (size_t)picture->width * (size_t)picture->height;
    float low = picture->rgb[0], high = low;
    for (size_t i = 1; i < count; i++) {
        low = fminf(low, picture->rgb[i]);
        high = fmaxf(high, picture->rgb[i]);
    }
    float scale = high > low ? 255 / (high - low) : 1;
    for (size_t i = 0; i < count; i++)
        picture->rgb[i] = floorf((picture->rgb[i] - low) * scale + 0.5F);
}

// A part of `size` rows and columns of a picture, with or without a hole in the middle.
static void cut(const limn_picture *from, int top, int left, int size, bool with_hole, float *out) {
    int hole = limn_two_step_hole(size), begin = (size - hole) / 2;
    size_t side = (size_t)size, width = (size_t)from->width, plane = width * (size_t)from->height;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < side; i++) {
            float *row = out + (c * side + i) * side;
            memcpy(row, from->rgb + c * plane + ((size_t)top + i) * width + left,
                   side * sizeof *row);
            int in_hole = (int)i - begin;
            if (with_hole && in_hole >= 0 && in_hole < hole)
                memset(row + begin, 0, (size_t)hole * sizeof *row);
        }
}

// A square of `size` from all of a picture, laid on white: what is clear has no colour to learn.
static limn_status square(const limn_two_step_about *about, const limn_picture *picture, int size,
                          limn_picture **result) {
    if (!picture->alpha && !about->stretch)
        return limn_picture_resize(picture, size, size, LIMN_BILINEAR, result);
    limn_picture *laid;
    limn_sheet_options white = {.background = {255, 255, 255}};
    LIMN_TRY(limn_picture_sheet(&picture, 1, white, &laid));
    if (about->stretch) stretch(laid);
    limn_status status = limn_picture_resize(laid, size, size, LIMN_BILINEAR, result);
    limn_picture_free(laid);
    return status;
}

limn_status limn_two_step_prepare(const limn_two_step_about *about, const limn_picture *picture,
                                  bool hole, float *out) {
    limn_picture *small;
    LIMN_TRY(square(about, picture, about->shape.size, &small));
    cut(small, 0, 0, about->shape.size, hole, out);
    limn_picture_free(small);
    return LIMN_OK;
}

// ---- what varies ----

// Where a pixel of the varied picture comes from: turned about the middle, then zoomed, nearest
// pixel, edges repeated.
typedef struct motion {
    double turn[2][2], middle[2];
} motion;

static motion draw_motion(const limn_picture *picture, const limn_random *stream) {
    double zoom[2], angle = (20 * limn_random_unit(stream, 3) - 10) * 3.14159265358979323846 / 180;
    for (uint32_t i = 0; i < 2; i++) zoom[i] = 0.95 + 0.05 * limn_random_unit(stream, 1 + i);
    return (motion){
        .turn = {{zoom[0] * cos(angle), -zoom[0] * sin(angle)},
                 {zoom[1] * sin(angle), zoom[1] * cos(angle)}},
        .middle = {picture->height / 2.0 + 0.5, picture->width / 2.0 + 0.5},
    };
}

static int held(double at, int count) {
    int nearest = (int)floor(at + 0.5);
    return nearest < 0 ? 0 : nearest >= count ? count - 1 : nearest;
}

static limn_status move(const limn_picture *picture, const motion *by, limn_picture **result) {
    int width = picture->width, height = picture->height;
    size_t plane = (size_t)width * (size_t)height;
    LIMN_TRY(limn_picture_new(width, height, picture->alpha ? LIMN_RGB_ALPHA : LIMN_RGB, result));
    for (int i = 0; i < height; i++)
        for (int j = 0; j < width; j++) {
            double y = i - by->middle[0], x = j - by->middle[1];
            int row = held(by->turn[0][0] * y + by->turn[0][1] * x + by->middle[0], height);
            int column = held(by->turn[1][0] * y + by->turn[1][1] * x + by->middle[1], width);
            size_t to = (size_t)i * (size_t)width + (size_t)j;
            size_t from = (size_t)row * (size_t)width + (size_t)column;
            for (size_t c = 0; c < 3; c++)
                (*result)->rgb[c * plane + to] = picture->rgb[c * plane + from];
            if (picture->alpha) (*result)->alpha[to] = picture->alpha[from];
        }
    return LIMN_OK;
}

limn_status limn_two_step_sample(const void *sampling, const limn_picture *const *sides,
                                 const limn_random *stream, float *out) {
    const limn_two_step_sampling *it = sampling;
    const limn_picture *picture = sides[0];
    int size = it->about->shape.size, larger = size + 5 * size / 64;
    if (picture->width < LEAST_SIDE || picture->height < LEAST_SIDE)
        return limn_fail(LIMN_INPUT,
                         "%d x %d pixels, and at least %d x %d are needed to learn from",
                         picture->width, picture->height, LEAST_SIDE, LEAST_SIDE);
    if (!stream) return limn_two_step_prepare(it->about, picture, it->holes > 0, out);
    motion by = draw_motion(picture, stream);
    limn_picture *moved = NULL, *small = NULL;
    limn_status status = move(picture, &by, &moved);
    if (status == LIMN_OK && it->flip && limn_random_unit(stream, 0) < 0.5)
        limn_picture_flip(moved); // a turn the other way: as likely, so the order does not matter
    if (status == LIMN_OK) status = square(it->about, moved, larger, &small);
    uint32_t places = (uint32_t)(larger - size + 1);
    if (status == LIMN_OK)
        cut(small, (int)limn_random_below(stream, 4, places),
            (int)limn_random_below(stream, 5, places), size, (int)stream->sample < it->holes, out);
    limn_picture_free(moved);
    limn_picture_free(small);
    return status;
}
