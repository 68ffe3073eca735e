// exp and tanh in float that become vectors: no branches, no tables. Errors up to 2 units in the
// last place (exp), 3 (tanh).
#ifndef LIMN_OPS_EXPONENTIAL_H
#define LIMN_OPS_EXPONENTIAL_H

#include "ops/isa.h"

#include <string.h>

// over ? limit : x, by bits: a branch keeps a loop from becoming vectors with AVX2, or has it
// compute both ways, one of them in denormal numbers.
INLINE float choose(bool over, float limit, float x) {
    uint32_t mask = -(uint32_t)over, a, b;
    memcpy(&a, &limit, sizeof a);
    memcpy(&b, &x, sizeof b);
    a = (a & mask) | (b & ~mask);
    memcpy(&x, &a, sizeof x);
    return x;
}

// e^x = 2^n e^r, n = round(x / log 2), |r| <= log(2) / 2; e^r by its Taylor series to r^7, which is
// off by less than 6e-9 there. Held to the range of normal floats.
INLINE float fast_exp(float x) {
    x = choose(x < -87.3f, -87.3f, x);
    x = choose(x > 88.7f, 88.7f, x);
    const float shift = 12582912; // 1.5 * 2^23: adding it rounds to whole numbers
    float n = x * 1.44269504f + shift;
    int32_t bits;
    memcpy(&bits, &n, sizeof bits);
    n -= shift;
    float r = x - n * 0.693359375f; // log 2 in two parts, the first exact in products
    r -= n * -2.12194440e-4f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r + 1;
    // 2^n in two steps, since n may be 128.
    int32_t whole = bits - 0x4B400000, half = whole >> 1;
    uint32_t first = (uint32_t)(half + 127) << 23; // of a NaN, no number of places: p stays it
    uint32_t second = (uint32_t)(whole - half + 127) << 23;
    float a, b;
    memcpy(&a, &first, sizeof a);
    memcpy(&b, &second, sizeof b);
    return p * a * b;
}

// Near zero the series x - x^3/3 + 2 x^5/15 - ..., cut off where its error on |x| < 0.32 is below
// a unit in the last place; elsewhere by exp.
INLINE float fast_tanh(float x) {
    float z = x * x;
    float p = -1382.0f / 155925;
    p = p * z + 62.0f / 2835;
    p = p * z - 17.0f / 315;
    p = p * z + 2.0f / 15;
    p = p * z - 1.0f / 3;
    float near = x + x * z * p;
    float far = 1 - 2 / (fast_exp(choose(x > 20, 40, 2 * x)) + 1); // which is 1 from 10 on
    return choose(z < 0.1f, near, far);
}

#endif
