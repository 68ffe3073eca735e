// Only what the network changed is enlarged, so that the photograph keeps its own detail.
#include "face/paste.h"

#include "base/memory.h"
#include "face/frame.h"

#include <math.h>
#include <string.h>

// Rows and columns of the grid that weights are made on: fine enough for any frame, since they are
// blurred.
enum { WEIGHT_SIDE = 512 };

// The pixels of the photograph that the frame touches.
typedef struct region {
    int left, top, width, height;
} region;

static region region_of(limn_window frame, const limn_picture *photograph) {
    double left = fmax(floor(frame.left), 0), top = fmax(floor(frame.top), 0);
    double right = fmin(ceil(frame.left + frame.width), photograph->width);
    double bottom = fmin(ceil(frame.top + frame.height), photograph->height);
    if (!(right > left) || !(bottom > top)) return (region){0, 0, 0, 0};
    return (region){(int)left, (int)top, (int)(right - left), (int)(bottom - top)};
}

// A grid of side x side that fills the frame, at the pixels of the region.
static limn_status enlarge(const limn_paste *it, const region *at, const float *grid, int side,
                           limn_filter filter, float **out) {
    size_t pixels = (size_t)at->width * (size_t)at->height;
    double scale = side / it->frame.width;
    limn_window window = {(at->left - it->frame.left) * scale, (at->top - it->frame.top) * scale,
                          at->width * scale, at->height * scale};
    limn_picture *picture;
    *out = limn_alloc(3 * pixels * sizeof **out);
    if (!*out)
        return limn_fail(LIMN_MEMORY, "there is no memory for a face of %d x %d pixels", at->width,
                         at->height);
    LIMN_TRY(limn_picture_new(side, side, LIMN_RGB, &picture));
    memcpy(picture->rgb, grid, 3 * (size_t)side * (size_t)side * sizeof *grid);
    limn_status status =
        limn_window_sample(picture, window, filter, LIMN_BEYOND_EDGE, at->width, at->height, *out);
    limn_picture_free(picture);
    return status;
}

// The largest weight of the chosen parts in place of each of the first three planes.
static void choose(const limn_paste *it, float *weights) {
    const size_t pixels = (size_t)WEIGHT_SIDE * WEIGHT_SIDE;
    for (size_t i = 0; i < pixels; i++) {
        float most = 0;
        for (size_t part = 0; part < LIMN_FACE_PARTS; part++)
            if (it->part[part]) most = fmaxf(most, weights[part * pixels + i]);
        for (size_t plane = 0; plane < 3; plane++) weights[plane * pixels + i] = fminf(most, 1);
    }
}

static limn_status make_weights(const limn_paste *it, const region *at, float **weights) {
    limn_landmarks in = limn_frame_landmarks(&it->landmarks, it->frame, WEIGHT_SIDE);
    float *grid = limn_alloc((size_t)LIMN_FACE_PARTS * WEIGHT_SIDE * WEIGHT_SIDE * sizeof *grid);
    if (!grid) return limn_fail(LIMN_MEMORY, "there is no memory for the parts of a face");
    limn_status status = limn_face_soften(&in, WEIGHT_SIDE, grid);
    if (status == LIMN_OK) choose(it, grid);
    if (status == LIMN_OK) status = enlarge(it, at, grid, WEIGHT_SIDE, LIMN_BILINEAR, weights);
    limn_free(grid);
    return status;
}

static void add(const limn_paste *it, const region *at, const float *difference,
                const float *weights, limn_picture *photograph) {
    size_t pixels = (size_t)at->width * (size_t)at->height;
    size_t width = (size_t)photograph->width, plane = width * (size_t)photograph->height;
    for (size_t i = 0; i < pixels; i++) {
        size_t x = i % (size_t)at->width + (size_t)at->left;
        size_t y = i / (size_t)at->width + (size_t)at->top;
        float by = (float)it->strength * weights[i];
        if (by == 0) continue;
        for (size_t c = 0; c < 3; c++) {
            float *value = &photograph->rgb[c * plane + y * width + x];
            *value = fminf(fmaxf(*value + by * difference[c * pixels + i], 0), 255);
        }
    }
}

limn_status limn_face_paste(const limn_paste *it, const float *difference,
                            limn_picture *photograph) {
    region at = region_of(it->frame, photograph);
    float *weights = NULL, *enlarged = NULL;
    if (!at.width) return LIMN_OK;
    limn_status status = make_weights(it, &at, &weights);
    if (status == LIMN_OK) status = enlarge(it, &at, difference, it->side, LIMN_BICUBIC, &enlarged);
    if (status == LIMN_OK) add(it, &at, enlarged, weights, photograph);
    limn_free(weights);
    limn_free(enlarged);
    return status;
}
