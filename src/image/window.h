// A part of a picture at any place, on a grid of its own: resizing and cutting in one, where sides
// and corners need not lie between pixels.
#ifndef LIMN_IMAGE_WINDOW_H
#define LIMN_IMAGE_WINDOW_H

#include "limn/picture.h"

// In pixels of the picture, whose corner is (0, 0): pixel (row i, column j) has its centre at
// (j + 1/2, i + 1/2). It may reach outside.
typedef struct limn_window {
    double left, top, width, height;
} limn_window;

typedef enum limn_beyond {
    LIMN_BEYOND_EDGE,  // outside the picture its edge is repeated
    LIMN_BEYOND_BLACK, // it is black, and nothing outside the window counts
} limn_beyond;

// The colours of a window on a grid of rows and columns, [3][rows][columns]; filters widen where
// they shrink. LIMN_MEMORY.
limn_status limn_window_sample(const limn_picture *picture, limn_window window, limn_filter filter,
                               limn_beyond beyond, int columns, int rows, float *rgb);

#endif
