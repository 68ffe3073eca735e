// Vectors of LIMN_LANES floats for the kernels of map.h; included once per instruction set.
#ifndef LIMN_DEVICE_MAP_LANES_H
#define LIMN_DEVICE_MAP_LANES_H

#include "device/lanes.h"
#include "device/map.h"

typedef double wide __attribute__((vector_size(8 * LANES)));

INLINE wide widen(vec x) {
    return __builtin_convertvector(x, wide);
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
    return kind == FLOATS ? load(at) : load_half(at);
}

INLINE void put(void *to, int kind, size_t i, vec value) {
    char *at = (char *)to + i * LANES * element(kind);
    if (kind == FLOATS) {
        store(at, value);
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
    store_half(at, value);
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
void NAME(limn_map_moments)(const void *x, limn_type type, size_t count, double *mean,
                            double *squares);
void NAME(limn_map_norm)(const limn_norm_run *run);
void NAME(limn_map_norm_sums)(const limn_norm_run *run, double *sum, double *product);
void NAME(limn_map_norm_data)(const limn_norm_run *run);
void NAME(limn_map_gram)(const float *a, const float *b, size_t pixels, float *g);
void NAME(limn_map_gram_less)(const limn_gram_pair *of, size_t pixels, float *g, size_t row);
void NAME(limn_map_gram_data)(const limn_gram_run *run);
extern const limn_map NAME(limn_map);

#endif
