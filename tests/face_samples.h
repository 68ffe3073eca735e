// A face for tests: landmarks, and a smooth picture behind them.
#ifndef LIMN_TESTS_FACE_SAMPLES_H
#define LIMN_TESTS_FACE_SAMPLES_H

#include "face/landmarks.h"
#include "metric_samples.h"

// In a frame of side 1: the mean of many.
static const double sample_points[LIMN_LANDMARKS][2] = {
    {0.068, 0.261}, {0.076, 0.379}, {0.097, 0.490}, {0.119, 0.587}, {0.157, 0.695}, {0.214, 0.784},
    {0.287, 0.851}, {0.379, 0.922}, {0.511, 0.961}, {0.640, 0.920}, {0.722, 0.855}, {0.787, 0.793},
    {0.843, 0.702}, {0.884, 0.596}, {0.906, 0.498}, {0.924, 0.393}, {0.932, 0.278}, {0.161, 0.186},
    {0.214, 0.151}, {0.284, 0.146}, {0.348, 0.157}, {0.404, 0.180}, {0.628, 0.181}, {0.684, 0.158},
    {0.744, 0.145}, {0.813, 0.150}, {0.860, 0.184}, {0.516, 0.311}, {0.517, 0.394}, {0.517, 0.471},
    {0.517, 0.540}, {0.440, 0.568}, {0.473, 0.583}, {0.515, 0.590}, {0.555, 0.579}, {0.587, 0.568},
    {0.245, 0.281}, {0.286, 0.267}, {0.343, 0.268}, {0.393, 0.297}, {0.347, 0.315}, {0.288, 0.309},
    {0.630, 0.298}, {0.681, 0.267}, {0.741, 0.266}, {0.777, 0.287}, {0.738, 0.313}, {0.679, 0.310},
    {0.349, 0.687}, {0.406, 0.670}, {0.476, 0.658}, {0.514, 0.665}, {0.549, 0.654}, {0.622, 0.672},
    {0.678, 0.688}, {0.619, 0.745}, {0.568, 0.774}, {0.513, 0.784}, {0.463, 0.776}, {0.408, 0.749},
    {0.359, 0.689}, {0.461, 0.690}, {0.514, 0.691}, {0.562, 0.691}, {0.663, 0.688}, {0.564, 0.724},
    {0.515, 0.729}, {0.465, 0.726}};

static inline limn_landmarks sample_landmarks(double left, double top, double side) {
    limn_landmarks it;
    for (int i = 0; i < LIMN_LANDMARKS; i++)
        it.point[i] =
            (limn_point){left + side * sample_points[i][0], top + side * sample_points[i][1]};
    return it;
}

// The mouth opened, so that the inner lips are apart by half of the outer ones.
static inline void sample_open_mouth(limn_landmarks *it) {
    double apart = it->point[57].y - it->point[51].y, middle = it->point[62].y;
    for (int i = 61; i <= 63; i++) it->point[i].y = middle - 0.25 * apart;
    for (int i = 65; i <= 67; i++) it->point[i].y = middle + 0.25 * apart;
}

#endif
