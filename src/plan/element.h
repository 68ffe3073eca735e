// One element of a map, float or bf16.
#ifndef LIMN_PLAN_ELEMENT_H
#define LIMN_PLAN_ELEMENT_H

#include "base/bf16.h"
#include "plan/step.h"

#define INLINE static inline __attribute__((always_inline))

INLINE float load(const void *from, limn_type type, size_t i) {
    return type == LIMN_BF16 ? limn_bf16_float(((const uint16_t *)from)[i])
                             : ((const float *)from)[i];
}

INLINE void store(void *to, limn_type type, size_t i, float value) {
    if (type == LIMN_BF16)
        ((uint16_t *)to)[i] = limn_bf16(value);
    else
        ((float *)to)[i] = value;
}

#endif
