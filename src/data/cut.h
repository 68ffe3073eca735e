// What a sample takes of a picture: a part of some size, at a scale and a place that chance says.
#ifndef LIMN_DATA_CUT_H
#define LIMN_DATA_CUT_H

#include "base/random.h"
#include "limn/picture.h"

// A part of width x height for perceptual losses: the picture is shrunk by a random factor (it
// stays at least as large), cut at a random place, mirrored half of the time. Pictures smaller than
// that are enlarged. out is [3][height][width]. Pictures of one size are cut alike by one stream.
// Without a stream: the middle, at the scale where it holds most. LIMN_INPUT for a picture that
// would have to be enlarged and is over 64 times as long as wide.
limn_status limn_cut_shrunk(const limn_picture *picture, int width, int height,
                            const limn_random *stream, float *out);
// The same at the picture's own scale, for super-resolution.
limn_status limn_cut_native(const limn_picture *picture, int width, int height,
                            const limn_random *stream, float *out);
// A square part at the scale where the picture's shorter side is `side`, at least `size`.
typedef enum limn_mirroring { LIMN_MIRRORED, LIMN_NEVER_MIRRORED } limn_mirroring; // half the time
limn_status limn_cut_scaled(const limn_picture *picture, int side, int size,
                            limn_mirroring mirroring, const limn_random *stream, float *out);

// As much of a picture as there can be: it is brought to the smallest size that covers the part,
// which is cut at a random place (positions 1 and 2 of the stream). Bilinear. LIMN_INPUT for one
// over 64 times as long as wide.
limn_status limn_cut_covering(const limn_picture *picture, int width, int height,
                              const limn_random *stream, limn_picture **part);

// What is enough of a picture's shorter side (limn_read_options), where it is brought to so many
// pixels, for limn_cut_shrunk and for limn_cut_covering: more would make no difference to see.
int limn_enough_for(int side);
int limn_enough_to_shrink(int width, int height);
int limn_enough_to_cover(int width, int height);

#endif
