// Convolution by the processor's matrix unit (Intel AMX), in bf16.
#ifndef LIMN_DEVICE_AMX_H
#define LIMN_DEVICE_AMX_H

#include "device/conv.h"

extern const limn_conv_kernel *const limn_amx[]; // ended by NULL
extern const limn_conv_kernel limn_amx_weight;   // one of them

#endif
