// Mixing a result with the picture it was made from, and a picture with white.
#include "limn/picture.h"

#include "base/memory.h"
#include "base/status.h"

static limn_status check_sizes(const limn_picture *a, const limn_picture *b) {
    if (a->width == b->width && a->height == b->height) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "Pictures of %d x %d and %d x %d pixels cannot be mixed: the sizes differ. "
                     "Resize one of them first.",
                     a->width, a->height, b->width, b->height);
}

// The result as it would be shown: what a network says beyond black and white does not count.
static float held(float value) {
    return value > 0 ? value < 255 ? value : 255 : 0;
}

// With Y = 0.299 R + 0.587 G + 0.114 B, Cb = (B - Y) / 1.772 and Cr = (R - Y) / 1.402, taking Y
// from one picture and Cb, Cr from another is adding the difference of Y to all three colours:
// R = Y + 1.402 Cr and B = Y + 1.772 Cb move with Y, and so does what remains for G.
limn_status limn_picture_preserve_colour(limn_picture *result, const limn_picture *input) {
    LIMN_NEED(result && input);
    LIMN_TRY(check_sizes(result, input));
    size_t plane = (size_t)result->width * (size_t)result->height;
    float *r = result->rgb, *g = r + plane, *b = g + plane;
    const float *r0 = input->rgb, *g0 = r0 + plane, *b0 = g0 + plane;
    for (size_t i = 0; i < plane; i++) {
        float y = 0.299f * (held(r[i]) - r0[i]) + 0.587f * (held(g[i]) - g0[i]) +
                  0.114f * (held(b[i]) - b0[i]);
        r[i] = r0[i] + y;
        g[i] = g0[i] + y;
        b[i] = b0[i] + y;
    }
    return LIMN_OK;
}

limn_status limn_picture_blend(limn_picture *result, const limn_picture *input, double strength) {
    LIMN_NEED(result && input);
    if (!(strength >= 0 && strength <= 1))
        return limn_fail(LIMN_USAGE, "A strength of %g is outside 0 to 1.", strength);
    LIMN_TRY(check_sizes(result, input));
    size_t count = 3 * (size_t)result->width * (size_t)result->height;
    const float s = (float)strength;
    for (size_t i = 0; i < count; i++)
        result->rgb[i] = input->rgb[i] + s * (held(result->rgb[i]) - input->rgb[i]);
    return LIMN_OK;
}

void limn_picture_on_white(limn_picture *picture) {
    size_t plane = (size_t)picture->width * (size_t)picture->height;
    for (size_t i = 0; picture->alpha && i < 3 * plane; i++)
        picture->rgb[i] = 255 + picture->alpha[i % plane] * (picture->rgb[i] - 255);
    limn_free(picture->alpha);
    picture->alpha = NULL;
}
