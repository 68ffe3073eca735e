// Vectors of LIMN_LANES floats, and how they are read and written, as floats or as bf16. For
// kernels, which are built once for every instruction set.
#ifndef LIMN_DEVICE_LANES_H
#define LIMN_DEVICE_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h> // gcc 12 makes a dozen instructions of __builtin_convertvector here
#endif

#pragma GCC diagnostic ignored "-Wpsabi" // no vector crosses a function that is not inlined

#define LANES LIMN_LANES
#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

// Keeps a sum in its register: gcc 12 otherwise moves sums to the stack between taps.
#if defined(__x86_64__) && (defined(__AVX2__) || defined(__AVX512F__))
#define PIN(v) __asm__("" : "+v"(v))
#else
#define PIN(v) (void)(v)
#endif

// A name of this instruction set: NAME(limn_map) is limn_map_avx2.
#define JOINED(name, suffix) name##_##suffix
#define JOIN(name, suffix) JOINED(name, suffix)
#define NAME(name) JOIN(name, LIMN_SUFFIX)

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float vec_loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint32_t vec_bits __attribute__((vector_size(4 * LANES)));
typedef int32_t vec_mask __attribute__((vector_size(4 * LANES)));
typedef uint16_t vec_half __attribute__((vector_size(2 * LANES)));
typedef uint16_t vec_half_loose __attribute__((vector_size(2 * LANES), aligned(2), may_alias));

INLINE vec all(float value) {
    return value - (vec){0};
}

INLINE vec load(const void *from) {
    return *(const vec_loose *)from;
}
INLINE void store(void *to, vec value) {
    *(vec_loose *)to = value;
}

// 16-bit elements to 32-bit ones and back.
INLINE vec_bits wider(const void *from) {
#if defined(__AVX512F__)
    return (vec_bits)_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i_u *)from));
#elif defined(__AVX2__)
    return (vec_bits)_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i_u *)from));
#else
    return __builtin_convertvector(*(const vec_half_loose *)from, vec_bits);
#endif
}
INLINE void narrower(void *to, vec_bits bits) {
#if defined(__AVX512F__)
    _mm256_storeu_si256((__m256i_u *)to, _mm512_cvtepi32_epi16((__m512i)bits));
#elif defined(__AVX2__)
    __m256i pairs = _mm256_packus_epi32((__m256i)bits, (__m256i)bits);
    pairs = _mm256_permute4x64_epi64(pairs, 0x08);
    _mm_storeu_si128((__m128i_u *)to, _mm256_castsi256_si128(pairs));
#else
    *(vec_half_loose *)to = __builtin_convertvector(bits, vec_half);
#endif
}

// As in base/bf16.h: to nearest, ties to even; a NaN stays one.
INLINE vec load_half(const void *from) {
    return (vec)(wider(from) << 16);
}
INLINE vec_bits half_bits(vec value) {
    vec_bits bits = (vec_bits)value, number = (vec_bits)(value == value);
    bits += (0x7FFF + ((bits >> 16) & 1)) & number;
    return (bits | (~number & 0x400000)) >> 16;
}
INLINE void store_half(void *to, vec value) {
    narrower(to, half_bits(value));
}

INLINE vec_mask lanes_at(size_t step) {
    vec_mask at;
    for (int i = 0; i < LANES; i++) at[i] = i * (int32_t)step;
    return at;
}

// `count` floats `step` apart, at most LANES; the other lanes are 0.
INLINE vec side_by_side(const float *from, size_t step, int count) {
    vec_mask at = lanes_at(step);
#if defined(__AVX512F__)
    __mmask16 inside = (__mmask16)((1u << count) - 1);
    return (vec)_mm512_mask_i32gather_ps(_mm512_setzero_ps(), inside, (__m512i)at, from, 4);
#elif defined(__AVX2__)
    if (count == LANES) return (vec)_mm256_i32gather_ps(from, (__m256i)at, 4);
#endif
    vec value = {0};
    for (int i = 0; i < count && i < LANES; i++) value[i] = from[at[i]];
    return value;
}

// And back.
INLINE void set_apart(float *to, size_t step, int count, vec value) {
#if defined(__AVX512F__)
    __mmask16 inside = (__mmask16)((1u << count) - 1);
    _mm512_mask_i32scatter_ps(to, inside, (__m512i)lanes_at(step), (__m512)value, 4);
#else
    for (int i = 0; i < count && i < LANES; i++) to[(size_t)i * step] = value[i];
#endif
}

#endif
