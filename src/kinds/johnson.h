// The networks of "Perceptual Losses for Real-Time Style Transfer and Super-Resolution" (Johnson,
// Alahi, Fei-Fei, ECCV 2016): what its kinds have in common.
#ifndef LIMN_KINDS_JOHNSON_H
#define LIMN_KINDS_JOHNSON_H

#include "model/kind.h"

typedef struct limn_johnson_shape {
    int64_t width; // channels of the first convolution
    int64_t scale; // result / input
} limn_johnson_shape;

enum { LIMN_JOHNSON_MOST_WIDTH = 1024 };

// A shape table whose first convolution has so many channels where a file does not say it.
#define LIMN_JOHNSON_SHAPE(usual_width, usual_scale, most_scale)                                   \
    {                                                                                              \
        {.name = "width",                                                                          \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         .offset = offsetof(limn_johnson_shape, width),                                            \
         .fallback = usual_width,                                                                  \
         .low = 1,                                                                                 \
         .high = LIMN_JOHNSON_MOST_WIDTH},                                                         \
            {.name = "scale",                                                                      \
             .kind = LIMN_OPTION_WHOLE,                                                            \
             .offset = offsetof(limn_johnson_shape, scale),                                        \
             .fallback = usual_scale,                                                              \
             .low = 1,                                                                             \
             .high = most_scale},                                                                  \
            {0},                                                                                   \
    }

typedef limn_node *limn_norm_layer(limn_net *net, limn_node *x, const char *name);
limn_norm_layer limn_johnson_batch; // momentum 0.1

// The code's output: 150 tanh(x) in the space that its networks are shown pictures in (LIMN_CAFFE),
// as sRGB.
limn_node *limn_scaled_tanh(limn_node *x);

// Two convolutions and a shortcut, which is cropped where the convolutions are not padded; no relu
// after the addition.
limn_node *limn_johnson_block(limn_net *net, limn_node *x, limn_norm_layer *norm,
                              limn_layer_options pads, int number);

// The paper's style network: 40 pixels of reflection, transposed convolutions, scaled tanh.
limn_node *limn_johnson(limn_net *net, limn_node *rgb, int64_t width, limn_norm_layer *norm);
limn_sizes limn_johnson_sizes(const void *shape);

// Of a bare state dict that somebody named: the width that its first convolution tells.
limn_status limn_johnson_recognise(const limn_tensors *set, bool named, void *shape);

#endif
