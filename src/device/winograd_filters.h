// Filters to the points of Winograd's products and back, a vector of them at once.
#ifndef LIMN_DEVICE_WINOGRAD_FILTERS_H
#define LIMN_DEVICE_WINOGRAD_FILTERS_H

#include "device/winograd_vector.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

INLINE vec_mask lanes_at(size_t step) {
    vec_mask at;
    for (int i = 0; i < LANES; i++) at[i] = i * (int32_t)step;
    return at;
}

// One float of each of `count` filters `step` apart, at most LANES; the other lanes are 0.
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

// Ht P H of points `stride` floats apart to taps x taps vectors.
INLINE void taps_of(int t, int taps, const float rows[TILE_MAX][5],
                    const float columns[TILE_MAX][5], const float *from, size_t stride, vec *to) {
    vec middle[TILE_MAX][5];
    UNROLL for (int y = 0; y < t; y++) {
        UNROLL for (int b = 0; b < taps; b++) middle[y][b] = (vec){0};
        UNROLL for (int x = 0; x < t; x++) {
            vec value = load(from + (size_t)(y * t + x) * stride);
            UNROLL for (int b = 0; b < taps; b++) middle[y][b] += columns[x][b] * value;
        }
    }
    UNROLL for (int a = 0; a < taps; a++) {
        UNROLL for (int b = 0; b < taps; b++) {
            vec sum = {0};
            UNROLL for (int y = 0; y < t; y++) sum += rows[y][a] * middle[y][b];
            to[a * taps + b] = sum;
        }
    }
}

// A whole line of memory that is not read soon: the old one need not be fetched.
INLINE void past_cache(float *to, vec value) {
#if LANES == 16 && defined(__AVX512F__)
    _mm512_stream_ps(to, (__m512)value);
#else
    store(to, value);
#endif
}

// H W Ht of taps x taps vectors to points `stride` floats apart; past: as past_cache.
INLINE void points_of(int t, int taps, bool past, const float rows[TILE_MAX][5],
                      const float columns[TILE_MAX][5], const vec *w, float *to, size_t stride) {
    UNROLL for (int y = 0; y < t; y++) {
        vec middle[5];
        UNROLL for (int b = 0; b < taps; b++) {
            middle[b] = rows[y][0] * w[b];
            UNROLL for (int a = 1; a < taps; a++) middle[b] += rows[y][a] * w[a * taps + b];
        }
        UNROLL for (int x = 0; x < t; x++) {
            vec sum = columns[x][0] * middle[0];
            UNROLL for (int b = 1; b < taps; b++) sum += columns[x][b] * middle[b];
            float *at = to + (size_t)(y * t + x) * stride;
            if (past)
                past_cache(at, sum);
            else
                store(at, sum);
        }
    }
}

#endif
