// Samples for two-step translation: what training varies in its pictures.
#include "methods/two_step.h"

#include <math.h>

enum { LEAST_SIDE = 8 }; // pixels: less says nothing about a domain

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

// As translation prepares it.
static limn_status plain(const limn_two_step_sampling *it, const limn_picture *picture,
                         float *out) {
    int size = (int)it->shape->size;
    limn_picture *small;
    LIMN_TRY(limn_two_step_square(it->shape, picture, size, &small));
    limn_two_step_cut(small, 0, 0, size, it->holes > 0 ? LIMN_WITH_HOLE : LIMN_NO_HOLE, out);
    limn_picture_free(small);
    return LIMN_OK;
}

int limn_two_step_larger(const limn_two_step_shape *shape) {
    return (int)(shape->size + 5 * shape->size / 64);
}

limn_status limn_two_step_sample(const void *sampling, const limn_picture *const *sides,
                                 const limn_random *stream, float *out) {
    const limn_two_step_sampling *it = sampling;
    const limn_picture *picture = sides[0];
    int size = (int)it->shape->size, larger = limn_two_step_larger(it->shape);
    if (picture->width < LEAST_SIDE || picture->height < LEAST_SIDE)
        return limn_fail(LIMN_INPUT,
                         "%d x %d pixels, and at least %d x %d are needed to learn from",
                         picture->width, picture->height, LEAST_SIDE, LEAST_SIDE);
    if (!stream) return plain(it, picture, out);
    motion by = draw_motion(picture, stream);
    limn_picture *moved = NULL, *small = NULL;
    limn_status status = move(picture, &by, &moved);
    if (status == LIMN_OK && it->flip && limn_random_unit(stream, 0) < 0.5)
        limn_picture_flip(moved); // a turn the other way: as likely, so the order does not matter
    if (status == LIMN_OK) status = limn_two_step_square(it->shape, moved, larger, &small);
    uint32_t places = (uint32_t)(larger - size + 1);
    if (status == LIMN_OK)
        limn_two_step_cut(small, (int)limn_random_below(stream, 4, places),
                          (int)limn_random_below(stream, 5, places), size,
                          (int)stream->sample < it->holes ? LIMN_WITH_HOLE : LIMN_NO_HOLE, out);
    limn_picture_free(moved);
    limn_picture_free(small);
    return status;
}
