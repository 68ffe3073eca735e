// Philox 4x32-10 and what is made of it.
#include "base/random.h"

#include <math.h>

uint32_t limn_purpose(const char *name) {
    uint32_t hash = 2166136261u; // FNV-1a
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

void limn_random_begin(const limn_random *stream, uint32_t index, uint32_t counter[4],
                       uint32_t keys[2]) {
    counter[0] = index;
    counter[1] = (uint32_t)stream->step;
    counter[2] = (uint32_t)(stream->step >> 32);
    counter[3] = stream->sample;
    keys[0] = (uint32_t)stream->seed ^ (stream->purpose * LIMN_RANDOM_STEP_0);
    keys[1] = (uint32_t)(stream->seed >> 32) ^ stream->purpose;
}

void limn_random_bits(const limn_random *stream, uint32_t index, uint32_t bits[4]) {
    uint32_t keys[2];
    limn_random_begin(stream, index, bits, keys);
    for (int round = 0; round < LIMN_RANDOM_ROUNDS; round++) {
        limn_random_round(&bits[0], &bits[1], &bits[2], &bits[3], keys[0], keys[1]);
        keys[0] += LIMN_RANDOM_STEP_0;
        keys[1] += LIMN_RANDOM_STEP_1;
    }
}

double limn_random_unit(const limn_random *stream, uint32_t index) {
    uint32_t bits[4];
    limn_random_bits(stream, index, bits);
    return (double)((uint64_t)bits[0] << 21 ^ bits[1] >> 11) * 0x1p-53;
}

uint32_t limn_random_below(const limn_random *stream, uint32_t index, uint32_t count) {
    return (uint32_t)(limn_random_unit(stream, index) * count);
}

void limn_random_order(const limn_random *stream, int *order, int count) {
    for (int i = 0; i < count; i++) order[i] = i;
    limn_random_shuffle(stream, 0, order, count, count);
}

void limn_random_shuffle(const limn_random *stream, uint32_t first, int *items, int count,
                         int most) {
    for (int i = 0; i < most; i++) {
        int j = i + (int)limn_random_below(stream, first + (uint32_t)i, (uint32_t)(count - i));
        int kept = items[i];
        items[i] = items[j];
        items[j] = kept;
    }
}

void limn_random_uniform(const limn_random *stream, float low, float high, float *out, size_t n) {
    uint32_t bits[4];
    for (size_t i = 0; i < n; i++) {
        if (i % 4 == 0) limn_random_bits(stream, (uint32_t)(i / 4), bits);
        out[i] = low + (high - low) * ((float)(bits[i % 4] >> 8) * 0x1p-24f);
    }
}

// Box and Muller: two uniform numbers make two normal ones.
void limn_random_normal(const limn_random *stream, float mean, float deviation, float *out,
                        size_t n) {
    uint32_t bits[4];
    for (size_t i = 0; i < n; i += 2) {
        if (i % 4 == 0) limn_random_bits(stream, (uint32_t)(i / 4), bits);
        double u = ((double)bits[i % 4] + 0.5) * 0x1p-32, v = (double)bits[i % 4 + 1] * 0x1p-32;
        double radius = deviation * sqrt(-2 * log(u)), angle = 6.283185307179586 * v;
        out[i] = (float)(mean + radius * cos(angle));
        if (i + 1 < n) out[i + 1] = (float)(mean + radius * sin(angle));
    }
}
