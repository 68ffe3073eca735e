// The shape of the example of a kind, for the method that trains it.
#ifndef LIMN_TESTS_TOY_KINDS_TOY_H
#define LIMN_TESTS_TOY_KINDS_TOY_H

#include <stdint.h>

typedef struct toy_shape {
    int64_t image_size; // the shorter side of the pictures that it was trained on
    int64_t width;
} toy_shape;

#endif
