// What a state dict of the network of pytorch/examples tells of it.
#ifndef LIMN_KINDS_TORCH_EXAMPLES_H
#define LIMN_KINDS_TORCH_EXAMPLES_H

#include "formats/tensors.h"

// Widths c, 2c, 4c, residual blocks res1 to res<blocks>.
typedef struct limn_torch_examples {
    int width;  // c, 32 as published
    int blocks; // 5 as published
    // Names of an instance norm's two tensors behind "in1.": "weight" and "bias"; in the older
    // abhiskk/fast-neural-style "scale" and "shift".
    const char *scale, *shift;
    float epsilon; // of the norms: 1e-5, in the older one 1e-9
} limn_torch_examples;

// LIMN_MODEL and a sentence that says why not. Other tensors than those of the network are refused
// too; limn_tensors_tidy before takes away what is harmless.
limn_status limn_recognise_torch_examples(const limn_tensors *set, limn_torch_examples *network);

#endif
