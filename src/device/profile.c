// Finds the kernels of profile.h for an instruction set.
#include "device/profile.h"

extern const limn_profile_kernels limn_profile_kernels_baseline;
#if defined(__x86_64__)
extern const limn_profile_kernels limn_profile_kernels_avx2, limn_profile_kernels_avx512;
#endif

const limn_profile_kernels *limn_profile_for(limn_isa isa) {
    if (isa == LIMN_ISA_AUTO) isa = limn_isa_best();
#if defined(__x86_64__)
    if (isa >= LIMN_ISA_AVX512) return &limn_profile_kernels_avx512;
    if (isa == LIMN_ISA_AVX2) return &limn_profile_kernels_avx2;
#endif
    return &limn_profile_kernels_baseline;
}
