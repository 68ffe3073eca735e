// Finds the kernels of map.h for an instruction set.
#include "device/map.h"

extern const limn_map limn_map_baseline;
#if defined(__x86_64__)
extern const limn_map limn_map_avx2, limn_map_avx512;
#endif

const limn_map *limn_map_for(limn_isa isa) {
    if (isa == LIMN_ISA_AUTO) isa = limn_isa_best();
#if defined(__x86_64__)
    if (isa >= LIMN_ISA_AVX512) return &limn_map_avx512;
    if (isa == LIMN_ISA_AVX2) return &limn_map_avx2;
#endif
    return &limn_map_baseline;
}
