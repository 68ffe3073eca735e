// Options that whatever computes has, said once: rows of an option table for a member at `where`.
#ifndef LIMN_BASE_COMPUTE_OPTIONS_H
#define LIMN_BASE_COMPUTE_OPTIONS_H

#include "base/cpu.h"
#include "base/memory.h"
#include "base/options.h"

// size_t; 0: three quarters of what is free (limn_memory_limit).
#define LIMN_OPTION_MAX_MEMORY(where)                                                              \
    .name = "max-memory", .kind = LIMN_OPTION_BYTES, .offset = (where), .low = LIMN_LEAST_MEMORY,  \
    .high = 1e15, .otherwise = "three quarters of what is free",                                   \
    .help = "refuse what would need more than this, such as 400M or 1.5G"

// What the help of --precision says of `fast` beside its storage.
#define LIMN_FAST_PRODUCTS                                                                         \
    ", and 16-bit products on AMD's processors from Zen 4 on and where there is AMX; "             \
    "elsewhere it saves memory, not time"

// int: a limn_isa, for limn_isa_check.
#define LIMN_OPTION_ISA(where)                                                                     \
    .name = "isa", .kind = LIMN_OPTION_CHOICE, .offset = (where), .fallback = "auto",              \
    .choices = LIMN_ISA_NAMES("|"), .placeholder = "NAME",                                         \
    .help = "instruction set of the kernels: " LIMN_ISA_NAMES(                                     \
        ", ") "; auto: the best there is; avx512-bf16 and amx have products that --precision "     \
              "fast uses"

#endif
