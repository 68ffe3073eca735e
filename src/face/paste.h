// From the frame back into the photograph.
#ifndef LIMN_FACE_PASTE_H
#define LIMN_FACE_PASTE_H

#include "face/parts.h"
#include "image/window.h"

// What of a face is changed, and by how much.
typedef struct limn_paste {
    limn_window frame; // in the photograph
    limn_landmarks landmarks;
    int side;                   // of the frame that was worked on
    bool part[LIMN_FACE_PARTS]; // the chosen ones
    double strength;            // 0..1
} limn_paste;

// photograph += strength weight difference, inside the frame, held to 0..255: the difference
// [3][side][side] of two frames is enlarged to the frame's own size, and the weight is the largest
// of the chosen parts. Pixels of no weight stay as they are, bit for bit. LIMN_MEMORY.
limn_status limn_face_paste(const limn_paste *it, const float *difference,
                            limn_picture *photograph);

#endif
