// A face brought onto the landmarks of another, triangle by triangle.
#ifndef LIMN_FACE_WARP_H
#define LIMN_FACE_WARP_H

#include "face/landmarks.h"

// Corners by number, over the Delaunay triangles of the points. A point nearer than 1e-6 of `size`
// to an earlier one is left out. Where several points lie on one circle, triangles may lie on one
// another.
enum { LIMN_MOST_TRIANGLES = 4 * LIMN_LANDMARKS };
typedef struct limn_triangle {
    int corner[3];
} limn_triangle;
int limn_triangles(const limn_landmarks *landmarks, double size,
                   limn_triangle triangles[LIMN_MOST_TRIANGLES]);

// Both as frames, [3][side][side], with landmarks in their pixels. `out`: the reference inside the
// triangles of the face, the face itself outside. `mask` [side][side], 1 inside, may be NULL.
// LIMN_MEMORY.
typedef struct limn_framed {
    const float *rgb;
    const limn_landmarks *landmarks;
} limn_framed;
limn_status limn_face_warp(int side, limn_framed face, limn_framed reference, float *out,
                           float *mask);

#endif
