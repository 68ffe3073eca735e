// Convolution in bf16: by the processor's matrix unit (Intel AMX), and by dot instructions of
// AVX-512 (AMD Zen 4). One source, bf16_conv.c and bf16_weight.c, built for each.
#ifndef LIMN_DEVICE_BF16_KERNELS_H
#define LIMN_DEVICE_BF16_KERNELS_H

#include "device/conv.h"

// Ended by NULL.
extern const limn_conv_kernel *const limn_bf16_amx[];
extern const limn_conv_kernel *const limn_bf16_dots[];
// One of them each.
extern const limn_conv_kernel limn_bf16_weight_amx;
extern const limn_conv_kernel limn_bf16_weight_dots;

#endif
