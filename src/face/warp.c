// Piecewise affine: each triangle of the face takes what the same three points of the reference
// span.
#include "face/warp.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

// ---- triangles ----

typedef limn_point point;

// Twice the area, positive where a, b, c turn from x to y.
static double turn(point a, point b, point c) {
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

// The radius of the circle through a, b, c less the distance of d from its centre, both squared.
static double depth_in_circle(point a, point b, point c, point d, double area) {
    double ax = a.x - d.x, ay = a.y - d.y, bx = b.x - d.x, by = b.y - d.y;
    double cx = c.x - d.x, cy = c.y - d.y;
    double aa = ax * ax + ay * ay, bb = bx * bx + by * by, cc = cx * cx + cy * cy;
    return (aa * (bx * cy - cx * by) - bb * (ax * cy - cx * ay) + cc * (ax * by - bx * ay)) / area;
}

typedef struct cloud {
    point point[LIMN_LANDMARKS]; // as parts of the size
    int number[LIMN_LANDMARKS];
    int count;
} cloud;

static cloud without_doubles(const limn_landmarks *landmarks, double size) {
    cloud all = {.count = 0};
    for (int i = 0; i < LIMN_LANDMARKS; i++) {
        point p = {landmarks->point[i].x / size, landmarks->point[i].y / size};
        bool doubled = false;
        for (int k = 0; k < all.count; k++)
            doubled |= hypot(p.x - all.point[k].x, p.y - all.point[k].y) < 1e-6;
        if (doubled) continue;
        all.point[all.count] = p;
        all.number[all.count++] = i;
    }
    return all;
}

static bool is_empty(const cloud *all, int i, int j, int k, double area) {
    const point *p = all->point;
    for (int other = 0; other < all->count; other++) {
        if (other == i || other == j || other == k) continue;
        if (depth_in_circle(p[i], p[j], p[k], p[other], area) > 1e-9) return false;
    }
    return true;
}

// Those whose circle holds no other point (Delaunay's condition). So few points need no more.
int limn_triangles(const limn_landmarks *landmarks, double size,
                   limn_triangle triangles[LIMN_MOST_TRIANGLES]) {
    cloud all = without_doubles(landmarks, size);
    int count = 0;
    for (int i = 0; i < all.count; i++)
        for (int j = i + 1; j < all.count; j++)
            for (int k = j + 1; k < all.count; k++) {
                double area = turn(all.point[i], all.point[j], all.point[k]);
                if (fabs(area) < 1e-9 || !is_empty(&all, i, j, k, area)) continue;
                if (count == LIMN_MOST_TRIANGLES) return count;
                triangles[count++] = (limn_triangle){{all.number[i], all.number[j], all.number[k]}};
            }
    return count;
}

// ---- the warp ----

static float bilinear(const float *plane, int side, double x, double y) {
    double last = side - 1;
    x = fmin(fmax(x - 0.5, 0), last);
    y = fmin(fmax(y - 0.5, 0), last);
    int left = (int)x, top = (int)y;
    int right = left < side - 1 ? left + 1 : left, below = top < side - 1 ? top + 1 : top;
    double u = x - left, v = y - top;
    const float *a = plane + (size_t)top * (size_t)side, *b = plane + (size_t)below * (size_t)side;
    return (float)((1 - v) * ((1 - u) * a[left] + u * a[right]) +
                   v * ((1 - u) * b[left] + u * b[right]));
}

typedef struct job {
    int side;
    limn_framed face, reference;
    float *out;
    unsigned char *done; // [side][side]
} job;

static void put(const job *it, size_t pixel, double x, double y) {
    size_t plane = (size_t)it->side * (size_t)it->side;
    it->done[pixel] = 1;
    for (size_t c = 0; c < 3; c++)
        it->out[c * plane + pixel] = bilinear(it->reference.rgb + c * plane, it->side, x, y);
}

static int held(double value, int side) {
    return value < 0 ? 0 : value > side ? side : (int)value;
}

// Every pixel whose centre lies inside and that no other triangle had.
static void fill(const job *it, const limn_triangle *triangle) {
    point p[3], q[3];
    for (int i = 0; i < 3; i++) {
        p[i] = it->face.landmarks->point[triangle->corner[i]];
        q[i] = it->reference.landmarks->point[triangle->corner[i]];
    }
    double area = turn(p[0], p[1], p[2]), slack = -1e-9;
    int left = held(fmin(fmin(p[0].x, p[1].x), p[2].x) - 0.5, it->side);
    int right = held(fmax(fmax(p[0].x, p[1].x), p[2].x) + 1, it->side);
    int top = held(fmin(fmin(p[0].y, p[1].y), p[2].y) - 0.5, it->side);
    int bottom = held(fmax(fmax(p[0].y, p[1].y), p[2].y) + 1, it->side);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) {
            size_t pixel = (size_t)y * (size_t)it->side + (size_t)x;
            point at = {x + 0.5, y + 0.5};
            double a = turn(at, p[1], p[2]) / area, b = turn(p[0], at, p[2]) / area;
            double c = 1 - a - b;
            if (it->done[pixel] || a < slack || b < slack || c < slack) continue;
            put(it, pixel, a * q[0].x + b * q[1].x + c * q[2].x,
                a * q[0].y + b * q[1].y + c * q[2].y);
        }
}

limn_status limn_face_warp(int side, limn_framed face, limn_framed reference, float *out,
                           float *mask) {
    size_t plane = (size_t)side * (size_t)side;
    limn_triangle triangles[LIMN_MOST_TRIANGLES];
    job it = {side, face, reference, out, limn_alloc_zeroed(plane)};
    if (!it.done) return limn_fail(LIMN_MEMORY, "there is no memory for a warp");
    memcpy(out, face.rgb, 3 * plane * sizeof *out);
    int count = limn_triangles(face.landmarks, side, triangles);
    for (int i = 0; i < count; i++) fill(&it, &triangles[i]);
    for (size_t i = 0; i < plane && mask; i++) mask[i] = it.done[i];
    limn_free(it.done);
    return LIMN_OK;
}
