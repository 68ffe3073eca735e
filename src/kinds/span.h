// SPAN, the "Swift Parameter-free Attention Network for Efficient Super-Resolution" (C. Wan, H. Yu
// and others, CVPR Workshops 2024).
#ifndef LIMN_KINDS_SPAN_H
#define LIMN_KINDS_SPAN_H

#include "model/kind.h"

// What is added to what the network says: nothing, as published, or the picture itself, enlarged by
// nearest neighbour, which has flat areas and colours right from the first step.
enum { LIMN_SPAN_PUBLISHED, LIMN_SPAN_NEAREST };

typedef struct limn_span_shape {
    int64_t width; // channels
    int64_t scale; // result / input
    int residual;
} limn_span_shape;

#endif
