// Pictures for two-step translation: squares for the networks, holes cut and filled.
#include "kinds/two_step.h"

#include <math.h>
#include <string.h>

// The hole is so many rows and columns, in the middle.
static int hole_of(int size) {
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

// Of a square of this size.
static void cut_hole(float *rgb, int size) {
    int hole = hole_of(size), begin = (size - hole) / 2;
    for (int line = 0; line < 3 * hole; line++) {
        int row = line / hole * size + begin + line % hole;
        memset(rgb + (size_t)row * (size_t)size + begin, 0, (size_t)hole * sizeof *rgb);
    }
}

void limn_two_step_cut(const limn_picture *from, int top, int left, int size, limn_hole hole,
                       float *out) {
    size_t side = (size_t)size, width = (size_t)from->width, plane = width * (size_t)from->height;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < side; i++)
            memcpy(out + (c * side + i) * side,
                   from->rgb + c * plane + ((size_t)top + i) * width + left, side * sizeof *out);
    if (hole) cut_hole(out, size);
}

limn_status limn_two_step_square(const limn_two_step_shape *shape, const limn_picture *picture,
                                 int size, limn_picture **result) {
    if (!picture->alpha && !shape->stretch)
        return limn_picture_resize(picture, size, size, LIMN_BILINEAR, result);
    limn_picture *laid;
    limn_sheet_options white = {.size = sizeof white, .background = {255, 255, 255}};
    LIMN_TRY(limn_picture_sheet(&picture, 1, &white, &laid));
    if (shape->stretch) stretch(laid);
    limn_status status = limn_picture_resize(laid, size, size, LIMN_BILINEAR, result);
    limn_picture_free(laid);
    return status;
}

limn_status limn_two_step_prepare(const void *shape, const limn_picture *picture,
                                  limn_picture **result) {
    const limn_two_step_shape *it = shape;
    int size = (int)it->size;
    LIMN_TRY(limn_two_step_square(it, picture, size, result));
    if (it->inpaint) cut_hole((*result)->rgb, size);
    return LIMN_OK;
}

// Copies a part of `from`, as large as `to`, into the middle of `to` where they share a middle.
static void paste_middle(const limn_picture *from, limn_picture *to, int width, int height) {
    size_t row_floats = (size_t)to->width, plane = row_floats * (size_t)to->height;
    size_t top = (size_t)(to->height - height) / 2, left = (size_t)(to->width - width) / 2;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = top; i < top + (size_t)height; i++) {
            size_t at = c * plane + i * row_floats + left;
            memcpy(to->rgb + at, from->rgb + at, (size_t)width * sizeof *to->rgb);
        }
}

// The picture with the hole in its middle filled from what was made, at the size of that.
limn_status limn_two_step_finish(const void *shape, const limn_picture *was, limn_picture **made) {
    const limn_two_step_shape *it = shape;
    limn_picture *whole;
    int width = (*made)->width, height = (*made)->height, size = (int)it->size;
    if (!it->inpaint) return LIMN_OK;
    LIMN_TRY(limn_picture_resize(was, width, height, LIMN_BICUBIC, &whole));
    limn_picture_on_white(whole); // as it was read
    int hole = hole_of(size);
    paste_middle(*made, whole, width * hole / size, height * hole / size);
    limn_picture_free(*made);
    *made = whole;
    return LIMN_OK;
}
