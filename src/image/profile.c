// Colour profiles, as far as telling sRGB from the rest (ICC.1:2010).
//
// Most photographs carry sRGB in one of a dozen wordings. A transform from sRGB to sRGB would only
// cost time and a rounding error, so that these are found by their numbers.
#include "image/profile.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct span {
    const unsigned char *bytes;
    size_t size;
} span;

static uint32_t big_32(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static unsigned big_16(const unsigned char *at) {
    return (unsigned)at[0] << 8 | at[1];
}

// Numbers with 16 bits behind the point.
static double fixed(const unsigned char *at) {
    return (int32_t)big_32(at) / 65536.0;
}

// The table after the header of 128 bytes: a count, then name, offset and size of each tag.
static span find(span profile, const char *tag) {
    size_t count = profile.size >= 132 ? big_32(profile.bytes + 128) : 0;
    for (size_t i = 0; i < count && 132 + 12 * (i + 1) <= profile.size; i++) {
        const unsigned char *entry = profile.bytes + 132 + 12 * i;
        size_t offset = big_32(entry + 4), size = big_32(entry + 8);
        if (memcmp(entry, tag, 4)) continue;
        if (offset > profile.size || size > profile.size - offset) break;
        return (span){profile.bytes + offset, size};
    }
    return (span){NULL, 0};
}

static bool is_type(span tag, const char *type, size_t least) {
    return tag.size >= least && memcmp(tag.bytes, type, 4) == 0;
}

static bool has_point(span profile, const char *tag, const double expected[3]) {
    span point = find(profile, tag);
    if (!is_type(point, "XYZ ", 20)) return false;
    for (int i = 0; i < 3; i++)
        if (fabs(fixed(point.bytes + 8 + 4 * i) - expected[i]) > 0.003) return false;
    return true;
}

// The curve's value at x, 0..1, or -1 for a kind that sRGB is never written in.
static double curve_at(span curve, double x) {
    if (is_type(curve, "para", 32) &&
        (big_16(curve.bytes + 8) == 3 || big_16(curve.bytes + 8) == 4)) {
        const unsigned char *at = curve.bytes + 12; // g a b c d
        double g = fixed(at), a = fixed(at + 4), b = fixed(at + 8), c = fixed(at + 12);
        return x >= fixed(at + 16) ? pow(fmax(a * x + b, 0), g) : c * x;
    }
    if (!is_type(curve, "curv", 12)) return -1;
    size_t count = big_32(curve.bytes + 8);
    if (count < 16 || count > (curve.size - 12) / 2) return -1;
    double place = x * (double)(count - 1);
    size_t low = (size_t)place, high = low + 1 < count ? low + 1 : low;
    double from = big_16(curve.bytes + 12 + 2 * low), to = big_16(curve.bytes + 12 + 2 * high);
    return (from + (place - (double)low) * (to - from)) / 65535;
}

static double srgb_from_linear(double y) {
    return y <= 0.0031308 ? 12.92 * y : 1.055 * pow(y, 1 / 2.4) - 0.055;
}

// Within a step of 8 bits everywhere.
static bool has_curve(span profile, const char *tag) {
    span curve = find(profile, tag);
    for (int i = 0; i <= 32; i++) {
        double y = curve_at(curve, i / 32.0);
        if (y < 0 || fabs(srgb_from_linear(y) - i / 32.0) > 1 / 255.0) return false;
    }
    return true;
}

bool limn_profile_is_srgb(const unsigned char *bytes, size_t size) {
    span profile = {bytes, size};
    if (size < 132 || find(profile, "A2B0").bytes) return false; // tables have the last word
    if (memcmp(bytes + 16, "GRAY", 4) == 0) return has_curve(profile, "kTRC");
    // Rec. 709 primaries, adapted to D50 as profiles are.
    static const double red[] = {0.4361, 0.2225, 0.0139}, green[] = {0.3851, 0.7169, 0.0971},
                        blue[] = {0.1431, 0.0606, 0.7141};
    return memcmp(bytes + 16, "RGB ", 4) == 0 && has_point(profile, "rXYZ", red) &&
           has_point(profile, "gXYZ", green) && has_point(profile, "bXYZ", blue) &&
           has_curve(profile, "rTRC") && has_curve(profile, "gTRC") && has_curve(profile, "bTRC");
}
