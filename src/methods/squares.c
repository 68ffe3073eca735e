// The squares that enlarging is learnt from.
#include "methods/squares.h"

#include "base/status.h"
#include "data/cut.h"
#include "methods/graphics.h"

#include <stdlib.h>
#include <string.h>

size_t limn_squares_floats(const limn_squares *pair) {
    return 3 *
           ((size_t)pair->large * (size_t)pair->large + (size_t)pair->small * (size_t)pair->small);
}

// In place, along one axis: taps at -3 .. 3, edges repeated.
static void blur_line(float *line, int count, size_t step) {
    static const double taps[4] = {0.39905028, 0.24203623, 0.05400558, 0.00443305};
    float before[2048]; // --crop-size is at most that
    for (int i = 0; i < count; i++) before[i] = line[(size_t)i * step];
    for (int i = 0; i < count; i++) {
        double now = taps[0] * (double)before[i];
        for (int t = 1; t < 4; t++) {
            int low = i - t < 0 ? 0 : i - t, high = i + t >= count ? count - 1 : i + t;
            now += taps[t] * ((double)before[low] + (double)before[high]);
        }
        line[(size_t)i * step] = (float)now;
    }
}

static void blur(float *planes, int size) {
    for (int line = 0; line < 3 * size; line++)
        blur_line(planes + (size_t)line * (size_t)size, size, 1);
    for (int c = 0; c < 3; c++)
        for (int j = 0; j < size; j++)
            blur_line(planes + (size_t)c * (size_t)size * (size_t)size + j, size, (size_t)size);
}

// A place in a picture, of which `width` x `height` pixels from the corner on count.
typedef struct spot {
    int width, height, left, top;
} spot;

// A square from there on. Pictures smaller than it lie side by side: enlarged, they would teach to
// blur.
static void lay_out(const limn_picture *picture, spot from, int size, float *out) {
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < size; y++) {
            size_t line =
                (size_t)c * (size_t)picture->height + (size_t)((from.top + y) % from.height);
            const float *row = picture->rgb + line * (size_t)picture->width;
            for (int x = 0; x < size; x++) *out++ = row[(from.left + x) % from.width];
        }
}

static spot spot_anywhere(const limn_picture *picture, const limn_random *stream) {
    spot it = {.width = picture->width, .height = picture->height};
    if (stream) it.left = (int)limn_random_below(stream, 1, (uint32_t)it.width);
    if (stream) it.top = (int)limn_random_below(stream, 2, (uint32_t)it.height);
    return it;
}

static void swap(float *a, float *b) {
    float kept = *a;
    *a = *b;
    *b = kept;
}

// Upside down half of the time, and on its side half of the time.
static void turn(float *planes, size_t size, const limn_random *stream) {
    bool over = limn_random_below(stream, 4, 2), side = limn_random_below(stream, 5, 2);
    for (float *plane = planes; plane < planes + 3 * size * size; plane += size * size) {
        for (size_t y = 0; over && y < size / 2; y++)
            for (size_t x = 0; x < size; x++)
                swap(&plane[y * size + x], &plane[(size - 1 - y) * size + x]);
        for (size_t y = 0; side && y < size; y++)
            for (size_t x = 0; x < y; x++) swap(&plane[y * size + x], &plane[x * size + y]);
    }
}

static bool is_drawn(const limn_squares *pair, const limn_random *stream) {
    return stream && limn_random_unit(stream, 6) < pair->graphics;
}

// The large square.
static limn_status make_large(const limn_squares *pair, const limn_picture *picture,
                              const limn_random *stream, float *out) {
    if (picture->width < pair->large || picture->height < pair->large)
        lay_out(picture, spot_anywhere(picture, stream), pair->large, out);
    else
        LIMN_TRY(limn_cut_native(picture, pair->large, pair->large, stream, out));
    if (stream && pair->turned) turn(out, (size_t)pair->large, stream);
    if (is_drawn(pair, stream)) limn_graphics_draw(out, pair->large, stream);
    return LIMN_OK;
}

// In place: what is left of a square in a JPEG of some quality, half of them with colours at half
// the size; of squares that are looked at again and again, of 60.
static limn_status degrade(float *square, int size, const limn_random *stream) {
    const limn_picture before = {.width = size, .height = size, .depth = 8, .rgb = square};
    limn_write_options how = {
        .size = sizeof how, .format = LIMN_FORMAT_JPEG, .quality = 60, .halve_colours = 1};
    limn_picture *read;
    void *bytes;
    size_t length, values = 3 * (size_t)size * (size_t)size;
    if (stream) how.quality = 30 + (int)limn_random_below(stream, 7, 66);
    if (stream) how.halve_colours = (int)limn_random_below(stream, 8, 2);
    LIMN_TRY(limn_picture_write_bytes(&before, &how, &bytes, &length));
    limn_status status = limn_picture_read_bytes(bytes, length, "a square", NULL, &read);
    free(bytes);
    LIMN_TRY(status);
    memcpy(square, read->rgb, values * sizeof *square);
    limn_picture_free(read);
    return LIMN_OK;
}

// Where a small square of a picture begins along one axis: within it, or anywhere where it is
// shorter than the square. Without a stream the middle.
static int begin_of(int length, int size, const limn_random *stream, int index) {
    int places = length < size ? length : length - size + 1;
    return stream ? (int)limn_random_below(stream, (uint64_t)index, (uint32_t)places)
                  : (places - 1) / 2;
}

static limn_status check_scale(const limn_picture *large, const limn_picture *small, int scale) {
    if (large->width / scale == small->width && large->height / scale == small->height)
        return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "its small partner has %d x %d pixels and it has %d x %d: not %d times as "
                     "many, as --scale says",
                     small->width, small->height, large->width, large->height, scale);
}

// Squares of the same place of two pictures, turned alike.
static limn_status take_pair(const limn_squares *pair, const limn_picture *const *sides,
                             const limn_random *stream, float *large, float *small) {
    const limn_picture *low = sides[1];
    int scale = pair->large / pair->small;
    LIMN_TRY(check_scale(sides[0], low, scale));
    spot at = {low->width, low->height, begin_of(low->width, pair->small, stream, 1),
               begin_of(low->height, pair->small, stream, 2)};
    lay_out(low, at, pair->small, small);
    at = (spot){scale * at.width, scale * at.height, scale * at.left, scale * at.top};
    lay_out(sides[0], at, pair->large, large);
    if (!stream) return LIMN_OK;
    limn_picture views[] = {{.width = pair->large, .height = pair->large, .rgb = large},
                            {.width = pair->small, .height = pair->small, .rgb = small}};
    for (int i = 0; i < 2; i++) {
        if (limn_random_unit(stream, 3) < 0.5) limn_picture_flip(&views[i]);
        if (pair->turned) turn(views[i].rgb, (size_t)views[i].width, stream);
    }
    return LIMN_OK;
}

static limn_status reduce(const limn_squares *pair, const float *large, float *small) {
    size_t pixels = (size_t)pair->large * (size_t)pair->large;
    limn_picture *soft, *reduced;
    LIMN_TRY(limn_picture_new(pair->large, pair->large, LIMN_RGB, &soft));
    memcpy(soft->rgb, large, 3 * pixels * sizeof *large);
    if (pair->blur) blur(soft->rgb, pair->large);
    limn_status status =
        limn_picture_resize(soft, pair->small, pair->small, LIMN_BICUBIC, &reduced);
    limn_picture_free(soft);
    LIMN_TRY(status);
    pixels = (size_t)pair->small * (size_t)pair->small;
    memcpy(small, reduced->rgb, 3 * pixels * sizeof *small);
    limn_picture_free(reduced);
    return LIMN_OK;
}

limn_status limn_squares_make(const void *context, const limn_picture *const *sides,
                              const limn_random *stream, float *out) {
    const limn_squares *pair = context;
    float *small = out + 3 * (size_t)pair->large * (size_t)pair->large;
    if (sides[1] && !is_drawn(pair, stream)) {
        LIMN_TRY(take_pair(pair, sides, stream, out, small));
    } else {
        LIMN_TRY(make_large(pair, sides[0], stream, out));
        LIMN_TRY(reduce(pair, out, small));
    }
    return pair->degraded ? degrade(small, pair->small, stream) : LIMN_OK;
}
