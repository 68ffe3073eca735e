// Vectors of the instruction set this file is being compiled for.
#ifndef LIMN_DEVICE_DIRECT_LANES_H
#define LIMN_DEVICE_DIRECT_LANES_H

#include "device/direct.h"

#include <stddef.h>
#include <stdint.h>

// A name of this instruction set: NAME(limn_direct) is limn_direct_avx2.
#if defined(__AVX512F__)
#define LANES 16
#define NAME(name) name##_avx512
#elif defined(__AVX2__)
#define LANES 8
#define NAME(name) name##_avx2
#else
#define LANES 8
#define NAME(name) name##_baseline
#endif

// Vectors are passed between inlined functions only, so no calling convention is at stake.
#pragma GCC diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef float loose_vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef uint32_t word_vec __attribute__((vector_size(LANES * 4)));
typedef uint16_t half_vec __attribute__((vector_size(LANES * 2)));
typedef uint16_t loose_half_vec __attribute__((vector_size(LANES * 2), aligned(2), may_alias));

INLINE vec load(const float *from) {
    return *(const loose_vec *)from;
}
INLINE void store(float *to, vec v) {
    *(loose_vec *)to = v;
}
INLINE vec splat(float f) {
    return f - (vec){0};
}

INLINE vec load_bf16(const uint16_t *from) {
    half_vec half = *(const loose_half_vec *)from;
    return (vec)(__builtin_convertvector(half, word_vec) << 16);
}

// Rounds to nearest even; a NaN stays one.
INLINE void store_bf16(uint16_t *to, vec v) {
    word_vec bits = (word_vec)v;
    word_vec rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    word_vec nan = (word_vec)(v != v);
    word_vec result = (rounded & ~nan) | (((bits >> 16) | 0x40) & nan);
    *(loose_half_vec *)to = __builtin_convertvector(result, half_vec);
}

// Keeps a sum in its register: gcc 12 otherwise moves sums to the stack between taps.
#if defined(__x86_64__) && (defined(__AVX2__) || defined(__AVX512F__))
#define PIN(v) __asm__("" : "+v"(v))
#else
#define PIN(v) (void)(v)
#endif

// Copies what the anchors of a tile see of some source blocks into the strip.
void NAME(limn_direct_strip)(const limn_direct_plan *plan, const void *source, limn_type type,
                             limn_direct_extent first, limn_direct_extent extent, int block,
                             int blocks, float *strip);

// The weight gradient; direct_weight.c.
size_t NAME(limn_direct_weight_scratch)(const limn_conv *conv, limn_direct_kind kind, int threads);
void NAME(limn_direct_weight_run)(const limn_conv_call *call, limn_direct_kind kind);

// What the kernels of this instruction set can hold.
extern const limn_direct_shape NAME(limn_direct_shape)[3];

#endif
