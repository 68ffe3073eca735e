// Which instructions this processor has.
#ifndef LIMN_BASE_CPU_H
#define LIMN_BASE_CPU_H

#include "base/status.h"

#include <stdbool.h>

// Instruction sets that kernels are built for, each including those before it.
typedef enum limn_isa {
    LIMN_ISA_AUTO, // the best there is
    LIMN_ISA_BASELINE,
    LIMN_ISA_AVX2,   // with FMA and F16C; vectors of 8
    LIMN_ISA_AVX512, // F, BW, VL, DQ; vectors of 16
    // These two tell whose rates of kernels count (device/conv_rates.h): AMD's from Zen 4 on, one
    // product of 16 a cycle; Intel's from Sapphire Rapids on, two, where the system hides AMX. Both
    // convert bf16 by an instruction, and on AMD's `fast` multiplies by one; that of fp16 no kernel
    // uses.
    LIMN_ISA_AVX512_BF16,
    LIMN_ISA_AVX512_FP16,
    LIMN_ISA_AMX, // with the matrix unit of bf16; asking for the best one asks the system for it
} limn_isa;

// Their names, in this order, with a string between them; or, with a comma, as a list.
#define LIMN_ISA_NAMES(between)                                                                    \
    "auto" between "baseline" between "avx2" between "avx512" between "avx512-bf16" between        \
    "avx512-fp16" between "amx"

limn_isa limn_isa_best(void);
const char *limn_isa_name(limn_isa isa); // "avx2"
bool limn_isa_find(const char *name, limn_isa *isa);
// LIMN_NO_DEVICE, in words of the option --isa, where this processor does not have it.
limn_status limn_isa_check(limn_isa isa);

// float lanes of a vector, which is also the channel block of the blocked layout.
int limn_isa_lanes(limn_isa isa);

#endif
