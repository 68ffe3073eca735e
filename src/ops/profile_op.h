// What the operators of spatial profiles share: the planes that are compared, and what a profile
// counts.
#ifndef LIMN_OPS_PROFILE_OP_H
#define LIMN_OPS_PROFILE_OP_H

#include "device/profile.h"
#include "ops/isa.h"
#include "ops/op.h"
#include "ops/profile.h"

#include <math.h>

// A picture is compared in six maps of three planes: plane 3 m + c is channel c of map m.
enum {
    PROFILE_RGB,
    PROFILE_RGB_RIGHT, // differences from the pixel to the right; that below
    PROFILE_RGB_BELOW,
    PROFILE_YUV,
    PROFILE_YUV_RIGHT,
    PROFILE_YUV_BELOW,
    PROFILE_MAPS = LIMN_PROFILE_MAPS,
    PROFILE_PLANES = LIMN_PROFILE_PLANES,
};
static const struct profile_map {
    limn_profile_part part;
    int right, below; // how many columns and rows fewer than the picture it has
} profile_maps[PROFILE_MAPS] = {
    {LIMN_PROFILE_RGB, 0, 0}, {LIMN_PROFILE_GRADIENT, 1, 0},     {LIMN_PROFILE_GRADIENT, 0, 1},
    {LIMN_PROFILE_YUV, 0, 0}, {LIMN_PROFILE_YUV_GRADIENT, 1, 0}, {LIMN_PROFILE_YUV_GRADIENT, 0, 1},
};

// The sums of a profile with its partner.
enum { PROFILE_XY, PROFILE_XX, PROFILE_YY, PROFILE_SUMS = LIMN_PROFILE_SUMS };

INLINE real profile_yuv(real r, real g, real b, int channel) {
    real y = (real)LIMN_LUMA_R * r + (real)LIMN_LUMA_G * g + (real)LIMN_LUMA_B * b;
    return channel == 0 ? y : channel == 1 ? (real)LIMN_OF_U * (b - y) : (real)LIMN_OF_V * (r - y);
}

static inline bool profile_wanted(unsigned parts, int map) {
    return parts >> profile_maps[map].part & 1;
}

// Squared length below which a profile is taken for flat.
static inline double profile_floor(limn_profile_form form) {
    static const double length[] = {1e-4, 1e-12, 1e-6};
    return length[form] * length[form];
}

#ifdef OP_DOUBLE
#define PROFILE_ROOT(x) sqrt(x)
#else
#define PROFILE_ROOT(x) sqrtf(x)
#endif

// One over the length of a profile, by the sum of its squares.
INLINE real profile_scale(real squares, real floor) {
    return 1 / PROFILE_ROOT(squares < floor ? floor : squares);
}
// Whether the cosine of two profiles counts.
INLINE real profile_counts(limn_profile_form form, real floor, real xx, real yy) {
    return form == LIMN_PROFILE_FORMULA && (xx < floor || yy < floor) ? 0 : 1;
}

// What the cosine of a row and that of a column of a map is multiplied by.
typedef struct profile_shares {
    double row, column;
} profile_shares;

static inline profile_shares profile_share(limn_profile_form form, int map, int64_t pictures,
                                           int64_t h, int64_t w) {
    int64_t rows = h - profile_maps[map].below, columns = w - profile_maps[map].right;
    if (rows < 1 || columns < 1) return (profile_shares){0, 0};
    if (form == LIMN_PROFILE_PYTORCH) return (profile_shares){1 / (double)rows, 1 / (double)rows};
    if (form == LIMN_PROFILE_TENSORFLOW) return (profile_shares){1 / (double)h, 1 / (double)h};
    return (profile_shares){1 / (double)(rows * pictures), 1 / (double)(columns * pictures)};
}

// profile_sums: inputs x, y; profile_sums_gradient: inputs dsums, the one the gradient is by, the
// other.
typedef struct profile_sums_attr {
    unsigned parts;
    bool by_y; // the gradient is by y
} profile_sums_attr;

// profile_parts: input sums; profile_parts_gradient: inputs dparts, sums.
typedef struct profile_parts_attr {
    int64_t rows;
    limn_profile_form form;
} profile_parts_attr;

#endif
