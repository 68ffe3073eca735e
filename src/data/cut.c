// Parts of pictures for samples: scale, place and mirroring by chance.
#include "data/cut.h"

#include "base/status.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { NARROWEST = 64 };
static const double LARGEST = 1.6; // as long as the smallest that holds the part

// What the decoder of a JPEG leaves out of one that is half as large again is little more than what
// the filter takes away that shrinks it.
int limn_enough_for(int side) {
    return side + (side + 1) / 2;
}

int limn_enough_to_shrink(int width, int height) {
    return limn_enough_for((int)ceil(LARGEST * (width > height ? width : height)));
}

int limn_enough_to_cover(int width, int height) {
    return limn_enough_for(width > height ? width : height);
}

static int scaled(int side, double factor, int least) {
    int length = (int)(side * factor + 0.5);
    return length < least ? least : length;
}

// *result is NULL where the picture has that size already. Of a line of pixels, enlarged until it
// is as wide as the part, little more than memory is used.
static limn_status scale(const limn_picture *from, double factor, int width, int height,
                         limn_picture **result) {
    double columns = from->width * factor, rows = from->height * factor;
    if (factor > 1 && (columns > (double)NARROWEST * width || rows > (double)NARROWEST * height))
        return limn_fail(LIMN_INPUT,
                         "%d x %d pixels are too narrow for %d x %d: enlarged to that, the longer "
                         "side would be more than %d times as long",
                         from->width, from->height, width, height, NARROWEST);
    int wide = scaled(from->width, factor, width), high = scaled(from->height, factor, height);
    if (wide == from->width && high == from->height) return LIMN_OK;
    return limn_picture_resize(from, wide, high, LIMN_BICUBIC, result);
}

// Cuts with a factor between `least` and `most`; without a stream the least, in the middle.
static limn_status cut(const limn_picture *picture, int width, int height, double least,
                       double most, limn_mirroring mirroring, const limn_random *stream,
                       float *out) {
    double factor = least, x = 0.5, y = 0.5;
    if (stream) {
        factor += (most - least) * limn_random_unit(stream, 0);
        x = limn_random_unit(stream, 1);
        y = limn_random_unit(stream, 2);
    }
    limn_picture *other = NULL, *part;
    LIMN_TRY(scale(picture, factor, width, height, &other));
    const limn_picture *from = other ? other : picture;
    int left = (int)(x * (from->width - width + 1)), top = (int)(y * (from->height - height + 1));
    limn_status status = limn_picture_crop(from, left, top, width, height, &part);
    limn_picture_free(other);
    LIMN_TRY(status);
    bool coin = stream && limn_random_unit(stream, 3) < 0.5;
    if (coin && mirroring == LIMN_MIRRORED) limn_picture_flip(part);
    memcpy(out, part->rgb, 3 * (size_t)width * (size_t)height * sizeof *out);
    limn_picture_free(part);
    return LIMN_OK;
}

static double smallest_factor(const limn_picture *picture, int width, int height) {
    return fmax((double)width / picture->width, (double)height / picture->height);
}

limn_status limn_cut_shrunk(const limn_picture *picture, int width, int height,
                            const limn_random *stream, float *out) {
    double least = smallest_factor(picture, width, height);
    return cut(picture, width, height, least, fmax(least, fmin(LARGEST * least, 1)), LIMN_MIRRORED,
               stream, out);
}

limn_status limn_cut_native(const limn_picture *picture, int width, int height,
                            const limn_random *stream, float *out) {
    double own = fmax(smallest_factor(picture, width, height), 1);
    return cut(picture, width, height, own, own, LIMN_MIRRORED, stream, out);
}

limn_status limn_cut_scaled(const limn_picture *picture, int side, int size,
                            limn_mirroring mirroring, const limn_random *stream, float *out) {
    int shorter = picture->width < picture->height ? picture->width : picture->height;
    double factor = (double)side / shorter;
    assert(side >= size);
    return cut(picture, size, size, factor, factor, mirroring, stream, out);
}

// The size of a picture that covers the part: one side fits it.
static void covering(const limn_picture *picture, int *width, int *height) {
    double across = (double)*width / picture->width, down = (double)*height / picture->height;
    if (across > down)
        *height = (int)((double)picture->height * *width / picture->width + 0.5);
    else
        *width = (int)((double)picture->width * *height / picture->height + 0.5);
}

limn_status limn_cut_covering(const limn_picture *picture, int width, int height,
                              const limn_random *stream, limn_picture **part) {
    int longer = picture->width > picture->height ? picture->width : picture->height;
    int shorter = picture->width > picture->height ? picture->height : picture->width;
    if (longer > NARROWEST * shorter)
        return limn_fail(LIMN_INPUT,
                         "%d x %d pixels are too narrow for a part of %d x %d: the longer side may "
                         "be at most %d times the shorter",
                         picture->width, picture->height, width, height, NARROWEST);
    double x = stream ? limn_random_unit(stream, 1) : 0.5;
    double y = stream ? limn_random_unit(stream, 2) : 0.5;
    int wide = width, high = height;
    covering(picture, &wide, &high);
    limn_picture *whole;
    LIMN_TRY(limn_picture_resize(picture, wide, high, LIMN_BILINEAR, &whole));
    limn_status status = limn_picture_crop(whole, (int)(x * (wide - width + 1)),
                                           (int)(y * (high - height + 1)), width, height, part);
    limn_picture_free(whole);
    return status;
}
