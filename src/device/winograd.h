// Winograd convolution: its kernels for each instruction set, fastest first, ended by NULL.
#ifndef LIMN_DEVICE_WINOGRAD_H
#define LIMN_DEVICE_WINOGRAD_H

#include "device/conv.h"

extern const limn_conv_kernel *const limn_winograd_baseline[];
extern const limn_conv_kernel *const limn_winograd_avx2[];
extern const limn_conv_kernel *const limn_winograd_avx512[];

#endif
