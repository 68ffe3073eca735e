// The frame of a face: the square of a picture that makeup works on, and what lies in it.
#ifndef LIMN_FACE_FRAME_H
#define LIMN_FACE_FRAME_H

#include "face/landmarks.h"
#include "image/window.h"

// The square of 1.15 times the longer side of the landmarks' bounds, moved up by a twentieth.
limn_window limn_frame_of(const limn_landmarks *landmarks);

// Landmarks of the picture in pixels of the frame, as it is when it has side x side.
limn_landmarks limn_frame_landmarks(const limn_landmarks *landmarks, limn_window frame, int side);

// The colours in the frame, [3][side][side]; outside the picture its edge is repeated, and hidden
// colours are those around them. Held to 0..255, since bicubic weights overshoot.
limn_status limn_frame_cut(const limn_picture *picture, limn_window frame, int side, float *rgb);

#endif
