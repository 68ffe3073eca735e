// The squares that enlarging is learnt from: a large one out of a picture, and the small one that
// it is to be made of.
#ifndef LIMN_METHODS_SQUARES_H
#define LIMN_METHODS_SQUARES_H

#include "base/random.h"
#include "limn/picture.h"

typedef struct limn_squares {
    int large, small; // sides; large is a multiple of small
    bool blur;        // by a Gaussian of sigma 1 before it is made small (Johnson 2016)
    bool turned;      // upside down and on its side, by chance
    bool degraded;    // the small one went through a JPEG
    double graphics;  // the part of them that is drawn (methods/graphics.h), 0..1
} limn_squares;

size_t limn_squares_floats(const limn_squares *pair);

// Writes a sample, the large square then the small one, both [3][side][side] of values 0..255. The
// context is a limn_squares; sides[0] is the picture, sides[1] its small partner of `large / small`
// times fewer rows and columns, or NULL: then the square itself is reduced. A function of the
// stream alone; without one the middle, undrawn. LIMN_INPUT where the partner has another size.
limn_status limn_squares_make(const void *context, const limn_picture *const *sides,
                              const limn_random *stream, float *out);

#endif
