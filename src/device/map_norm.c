// Norms over runs of elements (map.h), built once per instruction set.
//
// Sums: float over pieces of PIECE vectors, after taking off the piece's first vector, so that no
// digits are lost to a mean far from zero and a flat piece sums to exactly 0; double over pieces.
#include "device/map_lanes.h"

enum { PIECE = 64 };

// Adds what a piece says of the distances from `origin`: with d = x - first,
//   sum (x - origin) = sum d + n (first - origin), and likewise for the squares.
INLINE void moments_piece(const void *x, int kind, size_t from, size_t to, wide origin, wide *sum,
                          wide *squares) {
    vec first = get(x, kind, from), s[4] = {{0}}, q[4] = {{0}};
    size_t i = from;
    for (; i + 4 <= to; i += 4) UNROLL
    for (size_t k = 0; k < 4; k++) {
        vec d = get(x, kind, i + k) - first;
        s[k] += d;
        q[k] += d * d;
    }
    for (; i < to; i++) {
        vec d = get(x, kind, i) - first;
        s[0] += d;
        q[0] += d * d;
    }
    double n = (double)(to - from);
    wide off = widen(first) - origin;
    wide here = widen((s[0] + s[1]) + (s[2] + s[3]));
    *sum += here + n * off;
    *squares += widen((q[0] + q[1]) + (q[2] + q[3])) + off * (2 * here + n * off);
}

INLINE void moments(const void *x, int kind, size_t count, double *mean, double *squares) {
    size_t vectors = count / LANES;
    wide origin = {0}, sum = {0}, square = {0};
    if (vectors) origin = widen(get(x, kind, 0));
    for (size_t i = 0; i < vectors; i += PIECE)
        moments_piece(x, kind, i, i + PIECE < vectors ? i + PIECE : vectors, origin, &sum, &square);
    double n = vectors ? (double)vectors : 1;
    for (int l = 0; l < LANES; l++) {
        double left = square[l] - sum[l] * sum[l] / n;
        mean[l] = origin[l] + sum[l] / n;
        squares[l] = left > 0 ? left : left == left ? 0 : left; // a NaN stays one
    }
}

void NAME(limn_map_moments)(const void *x, limn_type type, size_t count, double *mean,
                            double *squares) {
    if (type == LIMN_FLOAT)
        moments(x, FLOATS, count, mean, squares);
    else
        moments(x, HALVES, count, mean, squares);
}

typedef struct lanes {
    vec mean, scale, shift, slope;
} lanes;

INLINE lanes lanes_of(const limn_norm_run *run) {
    return (lanes){get(run->mean, FLOATS, 0), get(run->scale, FLOATS, 0),
                   get(run->shift, FLOATS, 0), all(run->slope)};
}

// act(z)
INLINE vec forward(const lanes *of, vec x, bool act) {
    vec z = (x - of->mean) * of->scale + of->shift;
    return act ? leak(z, of->slope) : z;
}

// act'(z) dy
INLINE vec through(const lanes *of, vec distance, vec dy, bool act) {
    if (!act) return dy;
    vec z = distance * of->scale + of->shift;
    return choose(z > 0, dy, dy * of->slope);
}

INLINE void norm(const limn_norm_run *run, int kind, bool act, bool add) {
    const lanes of = lanes_of(run);
    const void *x = run->x, *other = run->add;
    void *out = run->out;
    for (size_t i = 0, vectors = run->count / LANES; i < vectors; i++) {
        vec y = forward(&of, get(x, kind, i), act);
        put(out, kind, i, add ? y + get(other, kind, i) : y);
    }
    if (run->count % LANES == 0) return;
    vec y = forward(&of, get_tail(run->x, kind, run->count), act);
    if (add) y += get_tail(run->add, kind, run->count);
    put_tail(run->out, kind, run->count, y);
}

INLINE void norm_typed(const limn_norm_run *run, int kind) {
    if (run->act && run->add)
        norm(run, kind, true, true);
    else if (run->act)
        norm(run, kind, true, false);
    else if (run->add)
        norm(run, kind, false, true);
    else
        norm(run, kind, false, false);
}

void NAME(limn_map_norm)(const limn_norm_run *run) {
    if (run->type == LIMN_FLOAT)
        norm_typed(run, FLOATS);
    else if (run->at_once)
        norm_typed(run, HALVES_AT_ONCE);
    else
        norm_typed(run, HALVES);
}

INLINE void sums(const limn_norm_run *run, int kind, bool act, double *sum, double *product) {
    const lanes of = lanes_of(run);
    size_t vectors = run->count / LANES;
    wide s = {0}, q = {0};
    for (size_t i = 0; i < vectors;) {
        size_t end = i + PIECE < vectors ? i + PIECE : vectors;
        vec ps[2] = {{0}}, pq[2] = {{0}};
        for (; i + 2 <= end; i += 2) UNROLL
        for (size_t k = 0; k < 2; k++) {
            vec d = get(run->x, kind, i + k) - of.mean;
            vec dz = through(&of, d, get(run->dy, kind, i + k), act);
            ps[k] += dz;
            pq[k] += dz * d;
        }
        for (; i < end; i++) {
            vec d = get(run->x, kind, i) - of.mean;
            vec dz = through(&of, d, get(run->dy, kind, i), act);
            ps[0] += dz;
            pq[0] += dz * d;
        }
        s += widen(ps[0] + ps[1]);
        q += widen(pq[0] + pq[1]);
    }
    if (run->count % LANES) { // dy is zero past the end
        vec d = get_tail(run->x, kind, run->count) - of.mean;
        vec dz = through(&of, d, get_tail(run->dy, kind, run->count), act);
        s += widen(dz);
        q += widen(dz * d);
    }
    for (int l = 0; l < LANES; l++) {
        sum[l] += s[l];
        product[l] += q[l];
    }
}

void NAME(limn_map_norm_sums)(const limn_norm_run *run, double *sum, double *product) {
    if (run->type == LIMN_FLOAT && run->act)
        sums(run, FLOATS, true, sum, product);
    else if (run->type == LIMN_FLOAT)
        sums(run, FLOATS, false, sum, product);
    else if (run->act)
        sums(run, HALVES, true, sum, product);
    else
        sums(run, HALVES, false, sum, product);
}

INLINE vec data_of(const lanes *of, const vec abc[3], vec x, vec dy, bool act) {
    vec d = x - of->mean;
    return abc[0] * through(of, d, dy, act) + (abc[1] * d + abc[2]);
}

INLINE void data(const limn_norm_run *run, int kind, bool act) {
    const lanes of = lanes_of(run);
    const vec abc[3] = {get(run->a, FLOATS, 0), get(run->b, FLOATS, 0), get(run->c, FLOATS, 0)};
    const void *x = run->x, *dy = run->dy;
    void *out = run->out;
    for (size_t i = 0, vectors = run->count / LANES; i < vectors; i++)
        put(out, kind, i, data_of(&of, abc, get(x, kind, i), get(dy, kind, i), act));
    if (run->count % LANES == 0) return;
    vec last_x = get_tail(x, kind, run->count), last_dy = get_tail(dy, kind, run->count);
    put_tail(out, kind, run->count, data_of(&of, abc, last_x, last_dy, act));
}

INLINE void data_typed(const limn_norm_run *run, int kind) {
    if (run->act)
        data(run, kind, true);
    else
        data(run, kind, false);
}

void NAME(limn_map_norm_data)(const limn_norm_run *run) {
    if (run->type == LIMN_FLOAT)
        data_typed(run, FLOATS);
    else if (run->at_once)
        data_typed(run, HALVES_AT_ONCE);
    else
        data_typed(run, HALVES);
}
