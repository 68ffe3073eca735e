// Finding the faces of a picture, and their landmarks.
#ifndef LIMN_FACE_FINDER_H
#define LIMN_FACE_FINDER_H

#include "face/landmarks.h"
#include "limn/picture.h"
#include "plan/plan.h"

// In pixels, (0, 0) the corner of the picture.
typedef struct limn_face {
    double x, y, width, height; // its box, which may reach outside
    double score;               // 0.5..1
    limn_landmarks landmarks;
} limn_face;

typedef struct limn_faces {
    limn_face *items; // the largest box first
    int count;
} limn_faces;
void limn_faces_free(limn_faces *faces);

// The networks and their plans: one thread's at a time.
typedef struct limn_face_finder limn_face_finder;
// `path` NULL: the networks that ship.
limn_status limn_face_finder_open(const char *path, limn_plan_options how,
                                  limn_face_finder **finder);
void limn_face_finder_free(limn_face_finder *finder); // NULL is fine

// All faces of the first try that finds any: at the usual size, as a crop that the face fills, as a
// large picture of small faces. None is no failure. What is clear is taken for white.
limn_status limn_faces_find(limn_face_finder *finder, const limn_picture *picture,
                            limn_faces *faces);

// One face, whose box is the whole picture, wherever it is in it.
limn_status limn_faces_whole(limn_face_finder *finder, const limn_picture *picture,
                             limn_faces *faces);

// ---- for tests and training ----

// One try: the picture in the middle of black of `times` its size, brought to side x side.
limn_status limn_faces_try(limn_face_finder *finder, const limn_picture *picture, int side,
                           int times, limn_faces *faces);
// What the networks say of a square picture, 0..255: *out lies there until the next call,
// [25][side/32][side/32] or [136].
limn_status limn_face_detect(limn_face_finder *finder, int side, const float *rgb,
                             const float **out);
limn_status limn_face_landmark(limn_face_finder *finder, const float *rgb, const float **out);

#endif
