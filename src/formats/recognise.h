// Telling a network from the names and shapes of its tensors.
#ifndef LIMN_FORMATS_RECOGNISE_H
#define LIMN_FORMATS_RECOGNISE_H

#include "formats/tensors.h"

// The style network of pytorch/examples (fast_neural_style): widths c, 2c, 4c, residual blocks res1
// to res<blocks>.
typedef struct limn_style_network {
    int width;  // c, 32 as published
    int blocks; // 5 as published
    // Names of an instance norm's two tensors behind "in1.": "weight" and "bias"; in the older
    // abhiskk/fast-neural-style "scale" and "shift".
    const char *scale, *shift;
    float epsilon; // of the norms: 1e-5, in the older one 1e-9
} limn_style_network;

// LIMN_MODEL and a sentence that says why not. Other tensors than those of the network are refused
// too; limn_tensors_tidy before takes away what is harmless.
limn_status limn_recognise_style(const limn_tensors *set, limn_style_network *network);

#endif
