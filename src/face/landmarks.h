// The 68 points of a face, in the order of iBUG 68.
//
//    0-16  the jaw, from one ear by the chin (8) to the other
//   17-21  a brow
//   22-26  the other brow
//   27-30  the bridge of the nose, 30 its tip
//   31-35  below the nose
//   36-41  an eye, 36 and 39 its corners
//   42-47  the other eye, 42 and 45 its corners
//   48-59  the outer lips
//   60-67  the inner lips
#ifndef LIMN_FACE_LANDMARKS_H
#define LIMN_FACE_LANDMARKS_H

#include "base/status.h"

#include <stdbool.h>

enum { LIMN_LANDMARKS = 68 };

typedef struct limn_point {
    double x, y;
} limn_point;

typedef struct limn_landmarks {
    limn_point point[LIMN_LANDMARKS];
} limn_landmarks;

// Whether it may be a point of any picture: finite, and nearer than ten million pixels.
bool limn_landmark_is_possible(limn_point point);

// The least box around them; the longer of its sides.
typedef struct limn_bounds {
    double left, top, right, bottom;
} limn_bounds;
limn_bounds limn_landmarks_bounds(const limn_landmarks *landmarks);
double limn_landmarks_size(const limn_landmarks *landmarks);

// Why these are no face that can be made up, in a few words: too small, or not in the order of a
// face that looks this way. NULL: they are one.
const char *limn_landmarks_fault(const limn_landmarks *landmarks);

#endif
