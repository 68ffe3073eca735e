// Polygons of landmarks, filled, shrunk and blurred.
#define _GNU_SOURCE // qsort_r
#include "face/parts.h"

#include "base/memory.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *limn_face_part_word(const void *unused, int part) {
    static const char *const words[LIMN_FACE_PARTS] = {"lips", "eyes", "skin", "brows"};
    (void)unused;
    return part < LIMN_FACE_PARTS ? words[part] : NULL;
}

// ---- polygons ----

typedef struct polygon {
    int count, corner[LIMN_LANDMARKS + 1];
} polygon;

static const polygon outer_lips = {12, {48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59}};
static const polygon inner_lips = {8, {60, 61, 62, 63, 64, 65, 66, 67}};
// From the brows to the upper lids, and the openings between the lids.
static const polygon lids[2] = {{9, {17, 18, 19, 20, 21, 39, 40, 41, 36}},
                                {9, {22, 23, 24, 25, 26, 45, 46, 47, 42}}};
static const polygon openings[2] = {{6, {36, 37, 38, 39, 40, 41}}, {6, {42, 43, 44, 45, 46, 47}}};

static int from_left(const void *a, const void *b, void *landmarks) {
    const limn_point *points = ((const limn_landmarks *)landmarks)->point;
    limn_point p = points[*(const int *)a], q = points[*(const int *)b];
    if (p.x != q.x) return p.x < q.x ? -1 : 1;
    return p.y < q.y ? -1 : p.y > q.y;
}

static double turn(const limn_landmarks *landmarks, int a, int b, int c) {
    limn_point p = landmarks->point[a], q = landmarks->point[b], r = landmarks->point[c];
    return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
}

// Adds a point to a chain that turns one way only, from its corner `first` on.
static void extend(const limn_landmarks *landmarks, polygon *hull, int first, int point) {
    int *corner = hull->corner;
    while (hull->count >= first + 2 &&
           turn(landmarks, corner[hull->count - 2], corner[hull->count - 1], point) <= 0)
        hull->count--;
    corner[hull->count++] = point;
}

// The convex hull: one side from left to right, then the other back (Andrew 1979).
static polygon hull_of(const limn_landmarks *landmarks) {
    polygon hull = {.count = 0};
    int order[LIMN_LANDMARKS];
    limn_landmarks points = *landmarks;
    for (int i = 0; i < LIMN_LANDMARKS; i++) order[i] = i;
    qsort_r(order, LIMN_LANDMARKS, sizeof *order, from_left, &points);
    for (int i = 0; i < LIMN_LANDMARKS; i++) extend(landmarks, &hull, 0, order[i]);
    int first = hull.count - 1;
    for (int i = LIMN_LANDMARKS - 2; i >= 0; i--) extend(landmarks, &hull, first, order[i]);
    hull.count--; // the first again
    return hull;
}

typedef struct canvas {
    const limn_landmarks *landmarks;
    int side;
    unsigned char *labels;
    bool within; // what is of no part yet stays so
} canvas;

// Where the line through the pixel centres of a row crosses the edges, from the left on.
static int crossings(const canvas *to, const polygon *it, double y, double at[LIMN_LANDMARKS]) {
    int found = 0;
    for (int i = 0; i < it->count; i++) {
        limn_point a = to->landmarks->point[it->corner[i]];
        limn_point b = to->landmarks->point[it->corner[(i + 1) % it->count]];
        if ((a.y <= y) == (b.y <= y)) continue;
        double x = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x);
        int k = found++;
        for (; k > 0 && at[k - 1] > x; k--) at[k] = at[k - 1];
        at[k] = x;
    }
    return found;
}

// The first pixel whose centre is not left of x.
static int first_centre(double x, int side) {
    double pixel = ceil(x - 0.5);
    return pixel < 0 ? 0 : pixel > side ? side : (int)pixel;
}

// Even-odd: between the first and the second crossing, the third and the fourth, ...
static void fill(const canvas *to, const polygon *it, int label) {
    for (int y = 0; y < to->side; y++) {
        double at[LIMN_LANDMARKS];
        int found = crossings(to, it, y + 0.5, at);
        for (int i = 0; i + 1 < found; i += 2) {
            int first = first_centre(at[i], to->side), end = first_centre(at[i + 1], to->side);
            unsigned char *row = to->labels + (size_t)y * (size_t)to->side;
            for (int x = first; x < end; x++)
                if (!to->within || row[x] != LIMN_FACE_PARTS) row[x] = (unsigned char)label;
        }
    }
}

// ---- parts ----

static limn_point middle_of(const limn_landmarks *landmarks, int first, int last) {
    limn_point sum = {0, 0};
    for (int i = first; i <= last; i++) {
        sum.x += landmarks->point[i].x;
        sum.y += landmarks->point[i].y;
    }
    return (limn_point){sum.x / (last - first + 1), sum.y / (last - first + 1)};
}

// One band along both brows and between them, since a fringe or a frown of a reference lies there
// as well: a quarter of the way to the eyes to both sides of the landmarks.
static void fill_brows(const canvas *to) {
    enum { FIRST = 17, BROWS = 10 };
    const limn_landmarks *face = to->landmarks;
    limn_point brows = middle_of(face, FIRST, FIRST + BROWS - 1), eyes = middle_of(face, 36, 47);
    limn_point by = {(eyes.x - brows.x) / 4, (eyes.y - brows.y) / 4};
    limn_landmarks edges = *face;
    polygon band = {.count = 2 * BROWS};
    for (int i = 0; i < BROWS; i++) {
        limn_point at = face->point[FIRST + i];
        int above = i, below = 2 * BROWS - 1 - i;
        edges.point[band.corner[above] = above] = (limn_point){at.x - by.x, at.y - by.y};
        edges.point[band.corner[below] = below] = (limn_point){at.x + by.x, at.y + by.y};
    }
    canvas on = {&edges, to->side, to->labels, .within = true};
    fill(&on, &band, LIMN_BROWS);
}

static double apart(const limn_landmarks *landmarks, int a, int b) {
    limn_point p = landmarks->point[a], q = landmarks->point[b];
    return hypot(p.x - q.x, p.y - q.y);
}

// Of a mouth that is nearly shut the inner points are too coarse to go by.
static bool is_open(const limn_landmarks *landmarks) {
    return apart(landmarks, 62, 66) >= 0.35 * apart(landmarks, 51, 57);
}

void limn_face_label(const limn_landmarks *landmarks, int side, unsigned char *labels) {
    canvas to = {landmarks, side, labels, .within = false};
    polygon hull = hull_of(landmarks);
    memset(labels, LIMN_FACE_PARTS, (size_t)side * (size_t)side);
    fill(&to, &hull, LIMN_SKIN);
    for (int i = 0; i < 2; i++) fill(&to, &lids[i], LIMN_EYES);
    fill_brows(&to);
    for (int i = 0; i < 2; i++) fill(&to, &openings[i], LIMN_FACE_PARTS);
    fill(&to, &outer_lips, LIMN_LIPS);
    if (is_open(landmarks)) fill(&to, &inner_lips, LIMN_FACE_PARTS);
}

// ---- softness ----

// A row or a column, as it lies in a plane.
typedef struct line {
    const float *from;
    float *to;
    size_t step;
    int count;
} line;

typedef void line_body(line it, int radius, const float *kernel);

// 1 where all are 1 up to `radius` to both sides. Outside it is 0.
static void erode_line(line it, int radius, const float *kernel) {
    int run = 0; // of ones that end here
    (void)kernel;
    for (int i = 0; i < it.count + radius; i++) {
        bool one = i < it.count && it.from[(size_t)i * it.step] == 1;
        run = one ? run + 1 : 0;
        int middle = i - radius;
        if (middle >= 0) it.to[(size_t)middle * it.step] = run > 2 * radius;
    }
}

static void blur_line(line it, int radius, const float *kernel) {
    for (int i = 0; i < it.count; i++) {
        int first = i < radius ? -i : -radius;
        int last = i + radius < it.count ? radius : it.count - 1 - i;
        float sum = 0;
        for (int k = first; k <= last; k++)
            sum += kernel[k + radius] * it.from[(size_t)(i + k) * it.step];
        it.to[(size_t)i * it.step] = sum;
    }
}

// Along rows into `between`, then down columns and back.
static void both_ways(float *plane, float *between, int side, line_body *body, int radius,
                      const float *kernel) {
    for (size_t i = 0; i < (size_t)side; i++)
        body((line){plane + i * (size_t)side, between + i * (size_t)side, 1, side}, radius, kernel);
    for (size_t i = 0; i < (size_t)side; i++)
        body((line){between + i, plane + i, (size_t)side, side}, radius, kernel);
}

// Up to two deviations: no further than the skin was shrunk before.
static limn_status blur(float *plane, float *between, int side, double deviation) {
    int radius = (int)(2 * deviation);
    float *kernel = limn_alloc((2 * (size_t)radius + 1) * sizeof *kernel);
    double sum = 0;
    if (!kernel) return LIMN_MEMORY;
    for (int i = -radius; i <= radius; i++)
        sum += kernel[i + radius] = (float)exp(-0.5 * i * i / (deviation * deviation));
    for (int i = 0; i <= 2 * radius; i++) kernel[i] = (float)(kernel[i] / sum);
    both_ways(plane, between, side, blur_line, radius, kernel);
    limn_free(kernel);
    return LIMN_OK;
}

static limn_status soften(const unsigned char *labels, int part, int side, float *plane,
                          float *between) {
    static const struct {
        double shrunk, deviation; // parts of the side
    } edges[LIMN_FACE_PARTS] = {[LIMN_LIPS] = {0, 0.01},
                                [LIMN_EYES] = {0, 0.01},
                                [LIMN_SKIN] = {0.03, 0.015},
                                [LIMN_BROWS] = {0, 0.01}};
    int radius = (int)ceil(edges[part].shrunk * side);
    for (size_t i = 0; i < (size_t)side * (size_t)side; i++) plane[i] = labels[i] == part;
    if (radius) both_ways(plane, between, side, erode_line, radius, NULL);
    LIMN_TRY(blur(plane, between, side, edges[part].deviation * side));
    for (size_t i = 0; i < (size_t)side * (size_t)side; i++)
        plane[i] = plane[i] > 1 ? 1 : plane[i]; // sums of rounded numbers
    return LIMN_OK;
}

limn_status limn_face_soften(const limn_landmarks *landmarks, int side, float *weights) {
    size_t plane = (size_t)side * (size_t)side;
    unsigned char *labels = limn_alloc(plane);
    float *between = limn_alloc(plane * sizeof *between);
    limn_status status = labels && between ? LIMN_OK : LIMN_MEMORY;
    if (status == LIMN_OK) limn_face_label(landmarks, side, labels);
    for (int part = 0; part < LIMN_FACE_PARTS && status == LIMN_OK; part++)
        status = soften(labels, part, side, weights + (size_t)part * plane, between);
    limn_free(labels);
    limn_free(between);
    if (status == LIMN_OK) return LIMN_OK;
    return limn_fail(status, "there is no memory for the parts of a face");
}
