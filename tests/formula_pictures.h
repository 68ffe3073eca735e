// The pictures by formula of ../shared/spec/metrics.md, section 0.
#ifndef LIMN_TESTS_FORMULA_PICTURES_H
#define LIMN_TESTS_FORMULA_PICTURES_H

static inline float clamp(int value) {
    return (float)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline int hash_at(int y, int x, int c) {
    return (37 * y + 59 * x + 101 * c + 7 * x * y) % 256;
}

static inline int smooth_at(int y, int x, int c) {
    int t = (3 * x + 5 * y + 40 * c) % 510;
    return t < 510 - t ? t : 510 - t;
}

static inline float value_at(int smooth, int changed, int y, int x, int c) {
    int s = smooth_at(y, x, c), h = hash_at(y, x, c);
    if (smooth) return clamp(changed ? s + (11 * x + 17 * y + 5 * c) % 31 - 15 : s);
    return clamp(changed ? h + (13 * y + 29 * x + 17 * c) % 41 - 20 : h);
}

#endif
