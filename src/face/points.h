// Landmarks in a file, for faces that are not found or not well: JSON,
//
//   {"face": [[x, y], ... 68 points], "like": [[x, y], ...]}
//
// in pixels, (0, 0) the corner of the picture. Either may be left out; what else is said does not
// count.
#ifndef LIMN_FACE_POINTS_H
#define LIMN_FACE_POINTS_H

#include "base/text.h"
#include "face/landmarks.h"

typedef struct limn_points {
    bool has_face, has_like;
    limn_landmarks face, like;
} limn_points;

// LIMN_INPUT and a sentence.
limn_status limn_points_parse(const void *bytes, size_t size, limn_points *points);
limn_status limn_points_read(const char *path, limn_points *points);

// One list of points, such that reading it gives the same numbers.
void limn_points_print(limn_text *text, const limn_landmarks *landmarks);

// LIMN_INPUT and a sentence where a point lies further outside of a picture than half its size.
limn_status limn_points_check(const limn_landmarks *landmarks, int width, int height);

#endif
