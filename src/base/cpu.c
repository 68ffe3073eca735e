// Which instructions this processor has.
#define _GNU_SOURCE
#include "base/cpu.h"

#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define COMMA ,
static const char *const names[] = {LIMN_ISA_NAMES(COMMA)};
_Static_assert(sizeof names / sizeof *names == LIMN_ISA_AMX + 1, "a name for each");

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

static bool has_avx512_fp16(void) {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 23 & 1);
}

// The tiles of AMX are the system's to give: without asking, their first use ends the process.
static bool may_use_amx(void) {
#if defined(__linux__)
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    bool bf16 = d >> 22 & 1, tiles = d >> 24 & 1;
    return bf16 && tiles && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
    return false;
#endif
}
#endif

static limn_isa find_best(void) {
#if defined(__x86_64__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    bool bf16 = avx512 && has_avx512_bf16();
    if (bf16 && may_use_amx()) return LIMN_ISA_AMX;
    if (bf16) return has_avx512_fp16() ? LIMN_ISA_AVX512_FP16 : LIMN_ISA_AVX512_BF16;
    if (avx512) return LIMN_ISA_AVX512;
    if (avx2) return LIMN_ISA_AVX2;
#endif
    return LIMN_ISA_BASELINE;
}

limn_isa limn_isa_best(void) {
    static int found; // two threads that ask at once find the same
    int best = __atomic_load_n(&found, __ATOMIC_RELAXED);
    if (best == LIMN_ISA_AUTO) {
        best = (int)find_best();
        __atomic_store_n(&found, best, __ATOMIC_RELAXED);
    }
    return (limn_isa)best;
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

limn_status limn_isa_check(limn_isa isa) {
    limn_isa best = limn_isa_best();
    if (isa <= best) return LIMN_OK;
    return limn_fail(LIMN_NO_DEVICE,
                     "--isa %s: this processor does not have it. Its best is %s; leave --isa out "
                     "to use that.",
                     limn_isa_name(isa), limn_isa_name(best));
}

int limn_isa_lanes(limn_isa isa) {
    if (isa == LIMN_ISA_AUTO) isa = limn_isa_best();
    return isa >= LIMN_ISA_AVX512 ? 16 : 8;
}
