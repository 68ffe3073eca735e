// Which instructions this processor has.
#include "base/cpu.h"

#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const names[] = {
    [LIMN_ISA_AUTO] = "auto",     [LIMN_ISA_BASELINE] = "baseline",       [LIMN_ISA_AVX2] = "avx2",
    [LIMN_ISA_AVX512] = "avx512", [LIMN_ISA_AVX512_BF16] = "avx512-bf16",
};

#if defined(__x86_64__)
// Bits that not every compiler's __builtin_cpu_supports knows.
static bool has_f16c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c >> 29 & 1);
}

static bool has_avx512_bf16(void) {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 5 & 1);
}
#endif

limn_isa limn_isa_best(void) {
#if defined(__x86_64__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (avx512 && has_avx512_bf16()) return LIMN_ISA_AVX512_BF16;
    if (avx512) return LIMN_ISA_AVX512;
    if (avx2) return LIMN_ISA_AVX2;
#endif
    return LIMN_ISA_BASELINE;
}

const char *limn_isa_name(limn_isa isa) {
    return names[isa];
}

bool limn_isa_find(const char *name, limn_isa *isa) {
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(names[i], name)) continue;
        *isa = (limn_isa)i;
        return true;
    }
    return false;
}

int limn_isa_lanes(limn_isa isa) {
    if (isa == LIMN_ISA_AUTO) isa = limn_isa_best();
    return isa >= LIMN_ISA_AVX512 ? 16 : 8;
}
