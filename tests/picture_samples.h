// What the tests of pictures share: a picture that is known by a formula, files of it made by
// libvips, a folder for them.
#ifndef LIMN_TESTS_PICTURE_SAMPLES_H
#define LIMN_TESTS_PICTURE_SAMPLES_H

#include "base/file.h"
#include "base/options.h"
#include "limn/picture.h"
#include "own_folder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vips/vips.h>

#include <cmocka.h>

enum { WIDTH = 40, HEIGHT = 24 };

// A smooth picture with a corner that can be told from the others.
static inline float shade(int c, int x, int y) {
    return (float)((c == 0 ? 40 + 5 * x : c == 1 ? 30 + 8 * y : 200 - 4 * x) & 255);
}

static inline VipsImage *make(int bands, int bits, VipsInterpretation type) {
    unsigned short *values = calloc((size_t)(WIDTH * HEIGHT * bands), 2);
    assert_non_null(values);
    for (int i = 0; i < WIDTH * HEIGHT * bands; i++) {
        int band = i % bands, x = i / bands % WIDTH, y = i / bands / WIDTH;
        bool alpha =
            bands == 2 ? band == 1 : bands == 4 && type != VIPS_INTERPRETATION_CMYK && band == 3;
        int value = alpha ? 255 - 6 * x : (int)shade(band, x, y);
        if (bits == 16)
            values[i] = (unsigned short)(value * 257 + (alpha ? 0 : 5));
        else
            ((unsigned char *)values)[i] = (unsigned char)value;
    }
    VipsImage *image = vips_image_new_from_memory_copy(
        values, (size_t)(WIDTH * HEIGHT * bands * bits / 8), WIDTH, HEIGHT, bands,
        bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
    free(values);
    assert_non_null(image);
    image->Type = type;
    return image;
}

// Writes the image, whose last reference this is; the name may carry libvips' [options].
static inline void save(VipsImage *image, const char *name) {
    if (vips_image_write_to_file(image, name, NULL)) fail_msg("%s", vips_error_buffer());
    g_object_unref(image);
}

static inline void put(const char *name, const void *bytes, size_t size) {
    assert_int_equal(limn_file_write(name, bytes, size, true), LIMN_OK);
}

// Writes the first part of a file.
static inline void cut(const char *from, const char *to, double part) {
    limn_file file;
    assert_int_equal(limn_file_open(from, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    put(to, file.bytes, (size_t)((double)file.size * part));
    limn_file_close(&file);
}

static inline limn_picture *must_read(const char *name) {
    limn_picture *picture;
    if (limn_picture_read(name, NULL, &picture)) fail_msg("%s", limn_message());
    return picture;
}

static inline void must_write(const limn_picture *picture, const char *name,
                              const limn_write_options *options) {
    if (limn_picture_write(picture, name, options)) fail_msg("%s", limn_message());
}

static inline float at(const limn_picture *picture, int c, int x, int y) {
    size_t width = (size_t)picture->width, height = (size_t)picture->height;
    return picture->rgb[((size_t)c * height + (size_t)y) * width + (size_t)x];
}

// The largest difference from shade() scaled by `scale`, grey where `grey`.
static inline double error_of(const limn_picture *picture, bool grey) {
    double largest = 0;
    assert_int_equal(picture->width, WIDTH);
    assert_int_equal(picture->height, HEIGHT);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                largest = fmax(largest, fabs((double)at(picture, c, x, y) -
                                             (double)shade(grey ? 0 : c, x, y)));
    return largest;
}

static inline limn_picture *painted(limn_planes planes) {
    limn_picture *picture;
    assert_int_equal(limn_picture_new(WIDTH, HEIGHT, planes, &picture), LIMN_OK);
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++)
        picture->rgb[i] = shade(i / (WIDTH * HEIGHT), i % WIDTH, i / WIDTH % HEIGHT);
    for (int i = 0; picture->alpha && i < WIDTH * HEIGHT; i++)
        picture->alpha[i] = (float)(255 - 6 * (i % WIDTH)) / 255;
    return picture;
}

#endif
