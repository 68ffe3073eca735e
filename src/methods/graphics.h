// Drawn graphics, for networks that are to enlarge more than photographs: flat areas, gradients,
// saturated colours, letters, line art, grids, logos.
#ifndef LIMN_METHODS_GRAPHICS_H
#define LIMN_METHODS_GRAPHICS_H

#include "base/random.h"

// Draws over a square [3][size][size] of values 0..255: sometimes on what is there, mostly on a
// ground of its own. A function of the stream alone; values are whole numbers, as in files.
void limn_graphics_draw(float *rgb, int size, const limn_random *stream);

#endif
