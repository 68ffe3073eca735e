// Mean and covariance of features, and the distance of two such (FID).
#ifndef LIMN_METRICS_STATISTICS_H
#define LIMN_METRICS_STATISTICS_H

#include "metrics/files.h"

// Of `count` rows of `size` features, two at least.
limn_status limn_statistics_of(const float *rows, int count, int size, int threads,
                               limn_statistics *it);

// |m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2). Sizes are equal.
limn_status limn_frechet(const limn_statistics *a, const limn_statistics *b, int threads,
                         double *value);

// As NumPy writes mu and sigma.
limn_status limn_statistics_write(const limn_statistics *it, const char *path, bool replace);

#endif
