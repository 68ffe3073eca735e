// Element types of stored tensors: names, sizes, conversion to and from float.
#include "formats/tensors.h"

#include <assert.h>
#include <string.h>

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t to_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Half: sign, 5 bits of exponent with bias 15, 10 bits of fraction.
static float half_value(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = (uint32_t)(half & 0x7fff) << 13;
    if (rest >= 0x0f800000) return from_bits(sign | 0x7f800000 | (rest & 0x007fffff)); // inf, NaN
    if (rest >= 0x00800000) return from_bits(sign | (rest + ((127 - 15) << 23)));
    float small = (float)(half & 0x3ff) * 0x1p-24f; // zero and subnormals
    return sign ? -small : small;
}

static uint16_t half_nearest(float value) {
    uint32_t bits = to_bits(value), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
    if (rest > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (rest >= 0x47800000) return (uint16_t)(sign | 0x7c00); // 2^16 and more
    if (rest < 0x38800000) { // below 2^-14: the sum's last bit is worth 2^-24, a half's too
        float sum = from_bits(rest) + 0.5f;
        return (uint16_t)(sign | (to_bits(sum) - to_bits(0.5f)));
    }
    rest -= (127 - 15) << 23;
    return (uint16_t)(sign | (rest + 0xfff + (rest >> 13 & 1)) >> 13);
}

static uint16_t bf16_nearest(float value) {
    uint32_t bits = to_bits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

typedef void converter(const unsigned char *from, size_t step, float *to, size_t count);

#define CONVERTER(name, type, expression)                                                          \
    static void name(const unsigned char *from, size_t step, float *to, size_t count) {            \
        for (size_t i = 0; i < count; i++, from += step) {                                         \
            type v;                                                                                \
            memcpy(&v, from, sizeof v);                                                            \
            to[i] = (expression);                                                                  \
        }                                                                                          \
    }

CONVERTER(read_f32, float, v)
CONVERTER(read_f16, uint16_t, half_value(v))
CONVERTER(read_bf16, uint16_t, from_bits((uint32_t)v << 16))
CONVERTER(read_f64, double, (float)v)
CONVERTER(read_i64, int64_t, (float)v)
CONVERTER(read_i32, int32_t, (float)v)
CONVERTER(read_i16, int16_t, (float)v)
CONVERTER(read_i8, int8_t, (float)v)
CONVERTER(read_u64, uint64_t, (float)v)
CONVERTER(read_u32, uint32_t, (float)v)
CONVERTER(read_u16, uint16_t, (float)v)
CONVERTER(read_u8, uint8_t, (float)v)
CONVERTER(read_bool, uint8_t, v ? 1.0f : 0.0f)

static const struct {
    const char *name;
    size_t size;
    bool is_float;
    converter *read;
} table[LIMN_ELEMENT_COUNT] = {
    [LIMN_ELEMENT_F32] = {"F32", 4, true, read_f32},
    [LIMN_ELEMENT_F16] = {"F16", 2, true, read_f16},
    [LIMN_ELEMENT_BF16] = {"BF16", 2, true, read_bf16},
    [LIMN_ELEMENT_F64] = {"F64", 8, true, read_f64},
    [LIMN_ELEMENT_I64] = {"I64", 8, false, read_i64},
    [LIMN_ELEMENT_I32] = {"I32", 4, false, read_i32},
    [LIMN_ELEMENT_I16] = {"I16", 2, false, read_i16},
    [LIMN_ELEMENT_I8] = {"I8", 1, false, read_i8},
    [LIMN_ELEMENT_U64] = {"U64", 8, false, read_u64},
    [LIMN_ELEMENT_U32] = {"U32", 4, false, read_u32},
    [LIMN_ELEMENT_U16] = {"U16", 2, false, read_u16},
    [LIMN_ELEMENT_U8] = {"U8", 1, false, read_u8},
    [LIMN_ELEMENT_BOOL] = {"BOOL", 1, false, read_bool},
};

size_t limn_element_size(limn_element element) {
    return table[element].size;
}

const char *limn_element_name(limn_element element) {
    return table[element].name;
}

bool limn_element_is_float(limn_element element) {
    return table[element].is_float;
}

bool limn_element_find(const char *name, size_t size, limn_element *element) {
    for (int i = 0; i < LIMN_ELEMENT_COUNT; i++) {
        if (strlen(table[i].name) != size || memcmp(table[i].name, name, size) != 0) continue;
        *element = (limn_element)i;
        return true;
    }
    return false;
}

void limn_element_to_float(limn_element element, const void *from, size_t step, float *to,
                           size_t count) {
    if (!count) return;
    if (element == LIMN_ELEMENT_F32 && step == sizeof(float))
        memcpy(to, from, count * sizeof(float));
    else
        table[element].read(from, step, to, count);
}

void limn_element_from_float(limn_element element, const float *from, void *to, size_t count) {
    assert(element == LIMN_ELEMENT_F32 || element == LIMN_ELEMENT_F16 ||
           element == LIMN_ELEMENT_BF16);
    if (!count) return;
    if (element == LIMN_ELEMENT_F32) {
        memcpy(to, from, count * sizeof(float));
        return;
    }
    uint16_t (*nearest)(float) = element == LIMN_ELEMENT_F16 ? half_nearest : bf16_nearest;
    for (size_t i = 0; i < count; i++) {
        uint16_t value = nearest(from[i]);
        memcpy((char *)to + 2 * i, &value, 2);
    }
}
