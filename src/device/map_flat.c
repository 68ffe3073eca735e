// Flat arrays (map.h), built once per instruction set.
#include "device/map_lanes.h"

#include <math.h>

enum { PIECE = 64 }; // vectors that are summed in float before the sum goes to double

INLINE vec magnitude(vec x) {
    return (vec)((vec_bits)x & 0x7FFFFFFF);
}

static double absolute_sum(const float *x, size_t count) {
    wide sum = {0};
    for (size_t i = 0; i < count / LANES;) {
        size_t end = i + PIECE < count / LANES ? i + PIECE : count / LANES;
        vec piece = {0};
        for (; i < end; i++) piece += magnitude(get(x, FLOATS, i));
        sum += widen(piece);
    }
    return total(sum + widen(magnitude(get_tail(x, FLOATS, count))));
}

INLINE vec sign(vec x, vec factor) {
    vec_bits above = (vec_bits)(x > 0) & (vec_bits)factor;
    vec_bits below = (vec_bits)(x < 0) & (vec_bits)-factor;
    return (vec)(above | below);
}

static void signs(float *x, size_t count, float factor) {
    vec by = all(factor);
    for (size_t i = 0; i < count / LANES; i++) put(x, FLOATS, i, sign(get(x, FLOATS, i), by));
    if (count % LANES) put_tail(x, FLOATS, count, sign(get_tail(x, FLOATS, count), by));
}

static double square_sum(const float *x, size_t count) {
    wide sum = {0};
    for (size_t i = 0; i < count / LANES;) {
        size_t end = i + PIECE < count / LANES ? i + PIECE : count / LANES;
        vec piece = {0};
        for (; i < end; i++) {
            vec a = get(x, FLOATS, i);
            piece += a * a;
        }
        sum += widen(piece);
    }
    vec tail = get_tail(x, FLOATS, count); // zeros where there is none
    return total(sum + widen(tail * tail));
}

INLINE vec square_root(vec x) {
    for (int l = 0; l < LANES; l++) x[l] = sqrtf(x[l]);
    return x;
}

INLINE vec adam_step(const limn_adam_run *by, vec p, vec g, vec *m, vec *v) {
    g = by->scale * g + by->decay * p;
    *m = by->beta1 * *m + (1 - by->beta1) * g;
    *v = by->beta2 * *v + (1 - by->beta2) * (g * g);
    return p - by->rate * *m / (square_root(*v) / by->root + by->eps);
}

static void adam(const limn_adam_run *by, float *p, const float *g, float *m, float *v,
                 size_t count) {
    for (size_t i = 0; i < count / LANES; i++) {
        vec nm = get(m, FLOATS, i), nv = get(v, FLOATS, i);
        put(p, FLOATS, i, adam_step(by, get(p, FLOATS, i), get(g, FLOATS, i), &nm, &nv));
        put(m, FLOATS, i, nm);
        put(v, FLOATS, i, nv);
    }
    if (count % LANES == 0) return;
    vec nm = get_tail(m, FLOATS, count), nv = get_tail(v, FLOATS, count);
    put_tail(p, FLOATS, count,
             adam_step(by, get_tail(p, FLOATS, count), get_tail(g, FLOATS, count), &nm, &nv));
    put_tail(m, FLOATS, count, nm);
    put_tail(v, FLOATS, count, nv);
}

const limn_map NAME(limn_map) = {
    .lanes = LANES,
    .moments = NAME(limn_map_moments),
    .norm = NAME(limn_map_norm),
    .norm_sums = NAME(limn_map_norm_sums),
    .norm_data = NAME(limn_map_norm_data),
    .gram = NAME(limn_map_gram),
    .gram_less = NAME(limn_map_gram_less),
    .gram_data = NAME(limn_map_gram_data),
    .absolute_sum = absolute_sum,
    .signs = signs,
    .square_sum = square_sum,
    .adam = adam,
};
