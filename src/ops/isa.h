// One body, built for every instruction set, chosen by the step's: private to the operators.
//
// VERSIONS(name) makes `name` from the always_inline function `name_body(step, begin, end)`, which
// does elements, rows or planes begin..end of the step's output. Loops that should become vectors
// say `#pragma omp simd`.
#ifndef LIMN_OPS_ISA_H
#define LIMN_OPS_ISA_H

#include "base/threads.h"
#include "plan/step.h"

#if defined(__clang__) // which says so where a sanitizer keeps a loop from becoming vectors
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define VERSIONS(name)                                                                             \
    __attribute__((target("avx2,fma"))) static void name##_avx2(const limn_step *step,             \
                                                                size_t begin, size_t end) {        \
        name##_body(step, begin, end);                                                             \
    }                                                                                              \
    __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq"))) static void             \
        name##_avx512(const limn_step *step, size_t begin, size_t end) {                           \
        name##_body(step, begin, end);                                                             \
    }                                                                                              \
    static void name(const limn_step *step, size_t begin, size_t end) {                            \
        if (step->isa >= LIMN_ISA_AVX512)                                                          \
            name##_avx512(step, begin, end);                                                       \
        else if (step->isa == LIMN_ISA_AVX2)                                                       \
            name##_avx2(step, begin, end);                                                         \
        else                                                                                       \
            name##_body(step, begin, end);                                                         \
    }
#else
#define VERSIONS(name)                                                                             \
    static void name(const limn_step *step, size_t begin, size_t end) {                            \
        name##_body(step, begin, end);                                                             \
    }
#endif

typedef void limn_part(const limn_step *step, size_t begin, size_t end);

// Does `units` pieces of work, `elements` element visits in all, on as many threads as that is
// worth. What a piece computes never depends on how pieces are shared out.
void limn_do_parts(const limn_step *step, limn_part *part, size_t units, size_t elements);

#endif
