// Filters to the points of Winograd's products and back, a vector of them at once.
#ifndef LIMN_DEVICE_WINOGRAD_FILTERS_H
#define LIMN_DEVICE_WINOGRAD_FILTERS_H

#include "device/winograd_vector.h"

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
