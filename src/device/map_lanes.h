// Vectors of LIMN_LANES floats for the kernels of map.h; included once per instruction set.
#ifndef LIMN_DEVICE_MAP_LANES_H
#define LIMN_DEVICE_MAP_LANES_H

#include "device/map.h"

#include <stdint.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h> // gcc 12 makes a dozen instructions of __builtin_convertvector here
#endif

#pragma GCC diagnostic ignored "-Wpsabi" // no vector crosses a function that is not inlined

#define LANES LIMN_LANES
#define INLINE static inline __attribute__((always_inline))
#define PASTE2(a, b) a##b
#define PASTE(a, b) PASTE2(a, b)
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define FOR_ISA(name) PASTE(name, LIMN_SUFFIX) // limn_map_avx2

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef double wide __attribute__((vector_size(8 * LANES)));
typedef float vec_loose __attribute__((vector_size(4 * LANES), aligned(2), may_alias));
typedef uint32_t vec_bits __attribute__((vector_size(4 * LANES)));
typedef int32_t vec_mask __attribute__((vector_size(4 * LANES)));
typedef uint16_t half __attribute__((vector_size(2 * LANES)));
typedef uint16_t half_loose __attribute__((vector_size(2 * LANES), aligned(2), may_alias));

INLINE vec all(float value) {
    return value - (vec){0};
}
INLINE wide widen(vec x) {
    return __builtin_convertvector(x, wide);
}

// 16-bit elements to 32-bit ones and back.
INLINE vec_bits wider(const char *at) {
#if defined(__AVX512F__)
    return (vec_bits)_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i_u *)at));
#elif defined(__AVX2__)
    return (vec_bits)_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i_u *)at));
#else
    return __builtin_convertvector(*(const half_loose *)at, vec_bits);
#endif
}

INLINE void narrower(char *at, vec_bits bits) {
#if defined(__AVX512F__)
    _mm256_storeu_si256((__m256i_u *)at, _mm512_cvtepi32_epi16((__m512i)bits));
#elif defined(__AVX2__)
    __m256i pairs = _mm256_packus_epi32((__m256i)bits, (__m256i)bits);
    pairs = _mm256_permute4x64_epi64(pairs, 0x08);
    _mm_storeu_si128((__m128i_u *)at, _mm256_castsi256_si128(pairs));
#else
    *(half_loose *)at = __builtin_convertvector(bits, half);
#endif
}

// How a kernel reads and writes its elements, known when it is compiled: a limn_type, or bf16 by
// the processor's own instruction (which makes small denormals 0).
enum { FLOATS = LIMN_FLOAT, HALVES = LIMN_BF16, HALVES_AT_ONCE = 16 };

INLINE size_t element(int kind) {
    return kind == FLOATS ? 4 : 2;
}

// Vector i of an array.
INLINE vec get(const void *from, int kind, size_t i) {
    const char *at = (const char *)from + i * LANES * element(kind);
    if (kind == FLOATS) return *(const vec_loose *)at;
    return (vec)(wider(at) << 16);
}

// As in base/bf16.h: to nearest, ties to even; a NaN is cut, so that it stays one.
INLINE void put(void *to, int kind, size_t i, vec value) {
    char *at = (char *)to + i * LANES * element(kind);
    if (kind == FLOATS) {
        *(vec_loose *)at = value;
        return;
    }
#if defined(__AVX512F__)
    if (kind == HALVES_AT_ONCE) {
        __m256i halves; // in words, since this source is also for processors without it
        __asm__("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(value));
        _mm256_storeu_si256((__m256i_u *)at, halves);
        return;
    }
#endif
    vec_bits bits = (vec_bits)value;
    bits += (0x7FFF + ((bits >> 16) & 1)) & (vec_bits)(value == value);
    narrower(at, bits >> 16);
}

// The elements after the last whole vector, the rest zero.
INLINE vec get_tail(const void *from, int kind, size_t count) {
    _Alignas(64) char room[4 * LANES] = {0};
    size_t whole = count / LANES * LANES;
    memcpy(room, (const char *)from + whole * element(kind), (count - whole) * element(kind));
    return get(room, kind, 0);
}
INLINE void put_tail(void *to, int kind, size_t count, vec value) {
    _Alignas(64) char room[4 * LANES];
    size_t whole = count / LANES * LANES;
    put(room, kind, 0, value);
    memcpy((char *)to + whole * element(kind), room, (count - whole) * element(kind));
}

// yes where the mask is set, else no.
INLINE vec choose(vec_mask mask, vec yes, vec no) {
    return (vec)(((vec_bits)mask & (vec_bits)yes) | (~(vec_bits)mask & (vec_bits)no));
}

// The larger of the two, and b where either is not a number.
INLINE vec larger(vec a, vec b) {
#if defined(__AVX512F__)
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return choose(a > b, a, b);
#endif
}

// Leaky relu, slope in [0, 1].
INLINE vec leak(vec x, vec slope) {
    return larger(x * slope, x);
}

INLINE double total(wide x) {
    double sum = 0;
    for (int l = 0; l < LANES; l++) sum += x[l];
    return sum;
}

// The kernels of map_norm.c, map_gram.c and map_flat.c, put together in map_flat.c.
void FOR_ISA(limn_map_moments_)(const void *x, limn_type type, size_t count, double *mean,
                                double *squares);
void FOR_ISA(limn_map_norm_)(const limn_norm_run *run);
void FOR_ISA(limn_map_norm_sums_)(const limn_norm_run *run, double *sum, double *product);
void FOR_ISA(limn_map_norm_data_)(const limn_norm_run *run);
void FOR_ISA(limn_map_gram_)(const float *a, const float *b, size_t pixels, float *g);
void FOR_ISA(limn_map_gram_data_)(const limn_gram_run *run);
extern const limn_map FOR_ISA(limn_map_);

#endif
