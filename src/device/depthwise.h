// Convolutions whose every channel has a filter of its own, forward: memory-bound, so one plain
// pass over blocked maps of floats.
#ifndef LIMN_DEVICE_DEPTHWISE_H
#define LIMN_DEVICE_DEPTHWISE_H

#include "device/conv.h"

// The kernels of each instruction set, ended by NULL.
extern const limn_conv_kernel *const limn_depthwise_baseline[];
extern const limn_conv_kernel *const limn_depthwise_avx2[];
extern const limn_conv_kernel *const limn_depthwise_avx512[];

#endif
