// Drawing without replacement.
#ifndef LIMN_BASE_DRAW_H
#define LIMN_BASE_DRAW_H

#include "base/random.h"

// Puts `most` of `count` items, drawn by chance, in front of the others. Takes positions `first` ..
// `first` + `most` of the stream.
void limn_draw(const limn_random *stream, uint32_t first, int *items, int count, int most);

#endif
