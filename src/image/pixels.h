// Rows of interleaved pixels, as files and programs hold them, and the planes of a picture.
#ifndef LIMN_IMAGE_PIXELS_H
#define LIMN_IMAGE_PIXELS_H

#include "limn/picture.h"

#include <stdbool.h>
#include <stddef.h>

// A pixel: R G B and what may follow, or grey with alpha behind it or without. 16 bits are in the
// order of the machine, at even addresses.
typedef struct limn_pixel {
    int channels, depth;
    bool on_white; // the picture's alpha is not among the channels: it is laid on white
} limn_pixel;

// Spreads a row over the planes of a picture, from `start` on, `step` apart.
void limn_pixels_spread(const void *row, limn_pixel pixel, int count, const limn_picture *picture,
                        ptrdiff_t start, ptrdiff_t step);

// Gathers a row of `count` pixels of 3 or 4 channels from the planes, from (x, y) on: held to
// 0..255 and rounded to nearest. Where there is no alpha plane, a fourth channel is left alone.
void limn_pixels_gather(const limn_picture *picture, int x, int y, int count, limn_pixel pixel,
                        void *row);

// A picture in the memory of the colours of another one, which has none any more.
limn_status limn_picture_take(limn_picture *from, limn_picture **picture);

// The luma (BT.601) of three planes of so many values, in all three of `grey`, which may be those.
void limn_planes_grey(const float *rgb, size_t pixels, float *grey);
// Y of another picture; Cb and Cr stay as they are. Held to 0..255.
void limn_planes_take_luma(float *rgb, const float *from, size_t pixels);
// Mirrors so many rows of `width` values, of one plane or several.
void limn_rows_flip(float *rows, size_t width, size_t count);

#endif
