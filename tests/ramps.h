// A picture whose colours tell the place: red is the column, green the row, blue is 100.
#ifndef LIMN_TESTS_RAMPS_H
#define LIMN_TESTS_RAMPS_H

#include "limn/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline limn_picture *ramps(int width, int height) {
    limn_picture *picture;
    assert_int_equal(limn_picture_new(width, height, LIMN_RGB, &picture), LIMN_OK);
    size_t plane = (size_t)width * (size_t)height;
    for (size_t i = 0; i < plane; i++) {
        picture->rgb[i] = (float)(i % (size_t)width);
        picture->rgb[plane + i] = (float)(i / (size_t)width);
        picture->rgb[2 * plane + i] = 100;
    }
    return picture;
}

#endif
