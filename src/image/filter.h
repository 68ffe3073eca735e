// The filters of resizing.
#ifndef LIMN_IMAGE_FILTER_H
#define LIMN_IMAGE_FILTER_H

#include "limn/picture.h"

double limn_filter_weight(limn_filter filter, double x); // not divided by its sum
double limn_filter_reach(limn_filter filter);            // to each side, in pixels

#endif
