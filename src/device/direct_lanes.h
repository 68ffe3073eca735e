// Vectors of the instruction set this file is being compiled for.
#ifndef LIMN_DEVICE_DIRECT_LANES_H
#define LIMN_DEVICE_DIRECT_LANES_H

#include "device/direct.h"
#include "device/lanes.h"

// Keeps a sum in its register: gcc 12 otherwise moves sums to the stack between taps.
#if defined(__x86_64__) && (defined(__AVX2__) || defined(__AVX512F__))
#define PIN(v) __asm__("" : "+v"(v))
#else
#define PIN(v) (void)(v)
#endif

// Copies what the anchors of a tile see of some source blocks into the strip.
void NAME(limn_direct_strip)(const limn_direct_plan *plan, const void *source, limn_type type,
                             limn_direct_extent first, limn_direct_extent extent, int block,
                             int blocks, float *strip);

// The weight gradient; direct_weight.c.
size_t NAME(limn_direct_weight_scratch)(const limn_conv *conv, limn_direct_kind kind, int threads);
void NAME(limn_direct_weight_run)(const limn_conv_call *call, limn_direct_kind kind);

// What the kernels of this instruction set can hold.
extern const limn_direct_shape NAME(limn_direct_shape)[3];

#endif
