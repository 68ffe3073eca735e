// The parts of a face that makeup is for, as masks and as soft weights.
#ifndef LIMN_FACE_PARTS_H
#define LIMN_FACE_PARTS_H

#include "face/landmarks.h"

typedef enum limn_face_part {
    LIMN_LIPS,
    LIMN_EYES,
    LIMN_SKIN,
    LIMN_BROWS, // and what is between them: cut out of eyes and skin
    LIMN_FACE_PARTS
} limn_face_part;
// "lips"; NULL behind the last.
const char *limn_face_part_word(const void *unused, int part);

// Which part each pixel centre of a frame is of, [side][side], LIMN_FACE_PARTS: none; landmarks in
// its pixels. Eye openings and an open mouth are of none.
void limn_face_label(const limn_landmarks *landmarks, int side, unsigned char *labels);

// How much each pixel of a frame is of a part, [LIMN_FACE_PARTS][side][side], 0..1: with soft
// edges, the skin's 0 at the edge of the face. LIMN_MEMORY.
limn_status limn_face_soften(const limn_landmarks *landmarks, int side, float *weights);

#endif
