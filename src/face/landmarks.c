// What the 68 points of a face say together.
#include "face/landmarks.h"

#include <math.h>
#include <stddef.h>

enum { LEAST_SIZE = 48 }; // pixels

bool limn_landmark_is_possible(limn_point point) {
    return fabs(point.x) < 1e7 && fabs(point.y) < 1e7;
}

limn_bounds limn_landmarks_bounds(const limn_landmarks *landmarks) {
    const limn_point *p = landmarks->point;
    limn_bounds box = {p->x, p->y, p->x, p->y};
    for (int i = 1; i < LIMN_LANDMARKS; i++) {
        box.left = fmin(box.left, p[i].x);
        box.top = fmin(box.top, p[i].y);
        box.right = fmax(box.right, p[i].x);
        box.bottom = fmax(box.bottom, p[i].y);
    }
    return box;
}

double limn_landmarks_size(const limn_landmarks *landmarks) {
    limn_bounds box = limn_landmarks_bounds(landmarks);
    return fmax(box.right - box.left, box.bottom - box.top);
}

static limn_point middle(const limn_landmarks *landmarks, int first, int last) {
    limn_point sum = {0, 0};
    for (int i = first; i <= last; i++) {
        sum.x += landmarks->point[i].x;
        sum.y += landmarks->point[i].y;
    }
    return (limn_point){sum.x / (last - first + 1), sum.y / (last - first + 1)};
}

// Along the line of the eyes, and down from it, as parts of `size`.
static limn_point in_face(limn_point p, limn_point eye, limn_point across, double size) {
    double length = hypot(across.x, across.y), x = p.x - eye.x, y = p.y - eye.y;
    return (limn_point){(x * across.x + y * across.y) / (length * size),
                        (y * across.x - x * across.y) / (length * size)};
}

// Seen from the side the eyes lie on one another, and the mouth or the nose is beside them.
const char *limn_landmarks_fault(const limn_landmarks *landmarks) {
    double size = limn_landmarks_size(landmarks);
    limn_point eye = middle(landmarks, 36, 41), other = middle(landmarks, 42, 47);
    limn_point across = {other.x - eye.x, other.y - eye.y};
    double apart = hypot(across.x, across.y) / size;
    if (!(size >= LEAST_SIZE)) return "it is smaller than 48 pixels";
    if (!(apart > 0.2)) return "it is turned away";
    limn_point mouth = in_face(middle(landmarks, 48, 59), eye, across, size);
    limn_point nose = in_face(landmarks->point[30], eye, across, size);
    limn_point chin = in_face(landmarks->point[8], eye, across, size);
    bool down = nose.y > 0.05 && mouth.y > nose.y && chin.y > mouth.y;
    bool between = mouth.x > -0.5 * apart && mouth.x < 1.5 * apart && nose.x > -0.5 * apart &&
                   nose.x < 1.5 * apart;
    return down && between ? NULL : "its landmarks are not those of a face";
}
