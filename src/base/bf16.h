// bfloat16: the upper half of a float32.
#ifndef LIMN_BASE_BF16_H
#define LIMN_BASE_BF16_H

#include <stdint.h>
#include <string.h>

static inline float limn_bf16_float(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Rounded to nearest, ties to even; a NaN stays one.
static inline uint16_t limn_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

#endif
