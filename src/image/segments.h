// The pieces that files are made of: segments of JPEG, chunks of PNG and WebP.
#ifndef LIMN_IMAGE_SEGMENTS_H
#define LIMN_IMAGE_SEGMENTS_H

#include "limn/picture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The letters of a chunk as one number.
#define LIMN_CHUNK(letters)                                                                        \
    ((uint32_t)(letters)[0] << 24 | (uint32_t)(letters)[1] << 16 | (uint32_t)(letters)[2] << 8 |   \
     (uint32_t)(letters)[3])

// A piece: its name, what it holds, and all of it with name and length. The rest is for the walk.
typedef struct limn_piece {
    uint32_t kind; // of JPEG the marker's second byte
    const unsigned char *bytes;
    size_t size, begin, end; // of what it holds; where all of it begins and ends in the file
    const unsigned char *file;
    size_t file_size;
    limn_format format;
} limn_piece;

// Walks: `for (limn_piece at = limn_pieces(...); limn_next_piece(&at);)`. Of JPEG, the segments up
// to the first scan; of the others, all chunks that are whole.
limn_piece limn_pieces(const unsigned char *bytes, size_t size, limn_format format);
bool limn_next_piece(limn_piece *piece);

bool limn_is_png_text(uint32_t kind); // tEXt, zTXt, iTXt

#endif
