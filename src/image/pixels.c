// Interleaved pixels <-> planes.
#include "image/pixels.h"

#include "base/memory.h"
#include "base/status.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// ---- rows ----

#define SPREAD(name, type)                                                                         \
    static void name(const void *from, int channels, int channel, int count, float scale,          \
                     float *to, ptrdiff_t step) {                                                  \
        const type *values = (const type *)from + channel;                                         \
        if (step == 1)                                                                             \
            for (ptrdiff_t i = 0; i < count; i++) to[i] = (float)values[i * channels] * scale;     \
        else                                                                                       \
            for (ptrdiff_t i = 0; i < count; i++)                                                  \
                to[i * step] = (float)values[i * channels] * scale;                                \
    }
SPREAD(spread_8, unsigned char)
SPREAD(spread_16, unsigned short)

void limn_pixels_spread(const void *row, limn_pixel pixel, int count, const limn_picture *picture,
                        ptrdiff_t start, ptrdiff_t step) {
    bool wide = pixel.depth == 16, grey = pixel.channels < 3;
    size_t plane = (size_t)picture->width * (size_t)picture->height;
    float most = wide ? 65535.0f : 255.0f;
    void (*spread)(const void *, int, int, int, float, float *, ptrdiff_t) =
        wide ? spread_16 : spread_8;
    for (int c = 0; c < 3; c++)
        spread(row, pixel.channels, grey ? 0 : c, count, 255.0f / most,
               picture->rgb + (size_t)c * plane + start, step);
    if (picture->alpha)
        spread(row, pixel.channels, grey ? 1 : 3, count, 1.0f / most, picture->alpha + start, step);
}

static float held(float value, float most) {
    return value > 0 ? value < most ? value : most : 0; // not a number becomes 0
}

#define GATHER(name, type)                                                                         \
    static void name(const float *from, const float *alpha, float scale, float most, int channels, \
                     int count, type *to) {                                                        \
        for (ptrdiff_t i = 0; i < count; i++) {                                                    \
            float value = alpha ? 255 + held(alpha[i], 1) * (from[i] - 255) : from[i];             \
            to[i * channels] = (type)(held(value * scale, most) + 0.5f);                           \
        }                                                                                          \
    }
GATHER(gather_8, unsigned char)
GATHER(gather_16, unsigned short)

void limn_pixels_gather(const limn_picture *picture, int x, int y, int count, limn_pixel pixel,
                        void *row) {
    size_t plane = (size_t)picture->width * (size_t)picture->height;
    size_t start = (size_t)y * (size_t)picture->width + (size_t)x;
    float most = pixel.depth == 16 ? 65535.0f : 255.0f;
    for (int c = 0; c < pixel.channels && (c < 3 || picture->alpha); c++) {
        const float *from = (c < 3 ? picture->rgb + (size_t)c * plane : picture->alpha) + start;
        const float *under = pixel.on_white ? picture->alpha + start : NULL;
        float scale = c < 3 ? most / 255.0f : most;
        if (pixel.depth == 16)
            gather_16(from, under, scale, most, pixel.channels, count, (unsigned short *)row + c);
        else
            gather_8(from, under, scale, most, pixel.channels, count, (unsigned char *)row + c);
    }
}

// ---- pixels of programs ----

static const limn_pixel kinds[] = {
    [LIMN_PIXELS_RGB8] = {3, 8},
    [LIMN_PIXELS_RGBA8] = {4, 8},
    [LIMN_PIXELS_RGB16] = {3, 16},
    [LIMN_PIXELS_RGBA16] = {4, 16},
};

// Finds what a pixel is and the bytes of a row; refuses what cannot be addressed.
static limn_status measure(const void *pixels, int width, int height, size_t stride,
                           limn_pixels kind, limn_pixel *pixel, size_t *row) {
    LIMN_TRY(limn_check_value("limn_pixels", (int)kind, LIMN_PIXELS_RGBA16));
    *pixel = kinds[kind];
    size_t each = (size_t)(pixel->channels * pixel->depth / 8), all;
    if (width < 1 || height < 1)
        return limn_fail(LIMN_USAGE, "Pixels of %d x %d cannot be: both sides need 1.", width,
                         height);
    if (!limn_multiply((size_t)width, each, row) || *row > stride)
        return limn_fail(
            LIMN_USAGE,
            "A row of %d pixels needs %zu bytes, and the stride is %zu. Give the bytes "
            "from one row to the next.",
            width, *row, stride);
    if (!limn_multiply((size_t)height, stride, &all) || all > PTRDIFF_MAX)
        return limn_fail(LIMN_USAGE, "%d rows with a stride of %zu bytes are more than memory has.",
                         height, stride);
    if (pixel->depth == 16 && ((uintptr_t)pixels % 2 || stride % 2))
        return limn_fail(LIMN_USAGE,
                         "Pixels of 16 bits with a stride of %zu bytes do not all begin at even "
                         "addresses. Copy them to such a place.",
                         stride);
    return LIMN_OK;
}

limn_status limn_picture_from_pixels(const void *pixels, int width, int height, size_t stride,
                                     limn_pixels kind, limn_picture **picture) {
    LIMN_GIVE(picture, pixels);
    limn_pixel pixel = {0};
    size_t row = 0;
    LIMN_TRY(measure(pixels, width, height, stride, kind, &pixel, &row));
    LIMN_TRY(
        limn_picture_new(width, height, pixel.channels == 4 ? LIMN_RGB_ALPHA : LIMN_RGB, picture));
    (*picture)->depth = pixel.depth;
    for (int y = 0; y < height; y++)
        limn_pixels_spread((const char *)pixels + (size_t)y * stride, pixel, width, *picture,
                           (ptrdiff_t)y * width, 1);
    return LIMN_OK;
}

limn_status limn_picture_to_pixels(const limn_picture *picture, void *pixels, size_t stride,
                                   limn_pixels kind) {
    limn_pixel pixel = {0};
    size_t row = 0;
    LIMN_NEED(picture && pixels);
    LIMN_TRY(measure(pixels, picture->width, picture->height, stride, kind, &pixel, &row));
    pixel.on_white = picture->alpha && pixel.channels == 3;
    for (int y = 0; y < picture->height; y++) {
        char *to = (char *)pixels + (size_t)y * stride;
        if (!picture->alpha && pixel.channels == 4) memset(to, 0xFF, row); // solid
        limn_pixels_gather(picture, 0, y, picture->width, pixel, to);
    }
    return LIMN_OK;
}

// ---- whole planes ----

void limn_planes_grey(const float *rgb, size_t pixels, float *grey) {
    const float *r = rgb, *g = r + pixels, *b = g + pixels;
    for (size_t i = 0; i < pixels; i++)
        grey[i] = grey[pixels + i] = grey[2 * pixels + i] =
            0.299F * r[i] + 0.587F * g[i] + 0.114F * b[i];
}

void limn_planes_take_luma(float *rgb, const float *from, size_t pixels) {
    float *r = rgb, *g = r + pixels, *b = g + pixels;
    const float *r0 = from, *g0 = r0 + pixels, *b0 = g0 + pixels;
    for (size_t i = 0; i < pixels; i++) {
        // Cb and Cr are B - Y and R - Y: whatever is added to all three leaves them.
        float y = 0.299F * (r0[i] - r[i]) + 0.587F * (g0[i] - g[i]) + 0.114F * (b0[i] - b[i]);
        float *const all[] = {&r[i], &g[i], &b[i]};
        for (int c = 0; c < 3; c++) *all[c] = fminf(fmaxf(*all[c] + y, 0), 255);
    }
}

void limn_rows_flip(float *rows, size_t width, size_t count) {
    for (; count; count--, rows += width)
        for (size_t a = 0, b = width - 1; a < b; a++, b--) {
            float value = rows[a];
            rows[a] = rows[b];
            rows[b] = value;
        }
}
