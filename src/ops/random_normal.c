// random_normal: y = mean + deviation times normal noise, other numbers in every step and node.
//
// Its kernel makes the numbers of base/random.c, in vectors: Philox, then Box and Muller with a
// logarithm, sine and cosine without branches, in double, off by 1e-11 at most.
#include "ops/isa.h"
#include "ops/op.h"

#include <math.h>
#include <string.h>

typedef struct noise_attr {
    limn_shape shape;
    double mean, deviation;
    int number; // of the node in the graph as it was said: plans number theirs anew
} noise_attr;

static limn_random stream_of(const limn_step *step) {
    limn_random stream = step->random;
    stream.sample = (uint32_t)((const noise_attr *)step->node->attr)->number;
    return stream;
}

OP_PLAIN(random_normal) {
    const noise_attr *o = step->node->attr;
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    char *y = step->out.data;
    limn_random stream = stream_of(step);
    limn_random_normal(&stream, (float)o->mean, (float)o->deviation, step->out.data, count);
    // Doubles are the same numbers: spread out from the last on, in the same memory.
    for (size_t i = count; sizeof(real) > sizeof(float) && i-- > 0;) {
        float value;
        memcpy(&value, y + i * sizeof value, sizeof value);
        real wide = (real)value;
        memcpy(y + i * sizeof wide, &wide, sizeof wide);
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_random_normal;

enum { PART = 1024, COST = 64 }; // numbers; elements that one is worth
enum { BATCH = 64 };             // positions of the stream, of four numbers each

typedef struct normal_batch {
    uint32_t word[4][BATCH];
    float number[4][BATCH];
} normal_batch;

INLINE double of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// A whole number below 2^52, where it lies in the digits of 2^52 and more.
INLINE double whole(uint64_t number) {
    return of_bits(number | 0x4330000000000000u) - 0x1p52;
}

// log x = k log 2 + log m, m in [sqrt(1/2), sqrt(2)); log m = 2 (s + s^3/3 + s^5/5 + ...) with s =
// (m - 1) / (m + 1), |s| < 0.172. x > 0 and normal.
INLINE double logarithm(double x) {
    const uint64_t root = 0x3FE6A09E667F3BCDu; // sqrt(1/2)
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits += 0x3FF0000000000000u - root;
    double k = whole(bits >> 52) - 1023;
    double m = of_bits((bits & 0xFFFFFFFFFFFFFu) + root);
    double s = (m - 1) / (m + 1), z = s * s, p = 1.0 / 15;
    p = p * z + 1.0 / 13;
    p = p * z + 1.0 / 11;
    p = p * z + 1.0 / 9;
    p = p * z + 1.0 / 7;
    p = p * z + 1.0 / 5;
    p = p * z + 1.0 / 3;
    return k * 0.6931471805599453 + 2 * (s + s * z * p);
}

// The sine and cosine of 2 pi turn / 2^32: those of an angle within pi / 4, by their series,
// exchanged and turned about by the quarter.
INLINE void sine_and_cosine(uint32_t turn, double *sine, double *cosine) {
    uint64_t quarter = (turn + 0x20000000u) >> 30 & 3;
    double a = (whole((turn + 0x20000000u) & 0x3FFFFFFFu) - 0x1p29) * (6.283185307179586 * 0x1p-32);
    double z = a * a, s = -1.0 / 39916800, c = 1.0 / 479001600;
    s = s * z + 1.0 / 362880;
    s = s * z - 1.0 / 5040;
    s = s * z + 1.0 / 120;
    s = s * z - 1.0 / 6;
    s = a + a * z * s;
    c = c * z - 1.0 / 3628800;
    c = c * z + 1.0 / 40320;
    c = c * z - 1.0 / 720;
    c = c * z + 1.0 / 24;
    c = c * z - 0.5;
    c = 1 + z * c;
    uint64_t odd = -(quarter & 1), of_s, of_c;
    memcpy(&of_s, &s, sizeof of_s);
    memcpy(&of_c, &c, sizeof of_c);
    *sine = of_bits(((of_c & odd) | (of_s & ~odd)) ^ (quarter & 2) << 62);
    *cosine = of_bits(((of_s & odd) | (of_c & ~odd)) ^ ((quarter + 1) & 2) << 62);
}

// Philox at positions from `first` on.
INLINE void draw_words(const limn_random *stream, uint32_t first, normal_batch *to) {
    uint32_t counter[4], keys[2];
    limn_random_begin(stream, first, counter, keys);
    for (int i = 0; i < 4; i++)
        for (uint32_t j = 0; j < BATCH; j++) to->word[i][j] = counter[i] + (i ? 0 : j);
    for (int round = 0; round < LIMN_RANDOM_ROUNDS; round++) {
#pragma omp simd
        for (size_t j = 0; j < BATCH; j++)
            limn_random_round(&to->word[0][j], &to->word[1][j], &to->word[2][j], &to->word[3][j],
                              keys[0], keys[1]);
        keys[0] += LIMN_RANDOM_STEP_0;
        keys[1] += LIMN_RANDOM_STEP_1;
    }
}

// Box and Muller: words i and i + 1.
INLINE void make_normal(const noise_attr *o, normal_batch *it, int i) {
    double mean = (double)(float)o->mean, deviation = (double)(float)o->deviation;
#pragma omp simd
    for (size_t j = 0; j < BATCH; j++) {
        double sine, cosine, u = (whole(it->word[i][j]) + 0.5) * 0x1p-32;
        double radius = deviation * sqrt(-2 * logarithm(u));
        sine_and_cosine(it->word[i + 1][j], &sine, &cosine);
        it->number[i][j] = (float)(mean + radius * cosine);
        it->number[i + 1][j] = (float)(mean + radius * sine);
    }
}

INLINE void parts_body(const limn_step *step, size_t begin, size_t end) {
    const noise_attr *o = step->node->attr;
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    size_t last = end * PART < count ? end * PART : count;
    limn_random stream = stream_of(step);
    normal_batch batch;
    for (size_t at = begin * PART; at < last; at += 4 * BATCH) {
        float room[4 * BATCH], *to = last - at < 4 * BATCH ? room : (float *)step->out.data + at;
        draw_words(&stream, (uint32_t)(at / 4), &batch);
        make_normal(o, &batch, 0);
        make_normal(o, &batch, 2);
#pragma omp simd
        for (size_t j = 0; j < BATCH; j++) {
            to[4 * j] = batch.number[0][j];
            to[4 * j + 1] = batch.number[1][j];
            to[4 * j + 2] = batch.number[2][j];
            to[4 * j + 3] = batch.number[3][j];
        }
        if (to == room) memcpy((float *)step->out.data + at, room, (last - at) * sizeof *room);
    }
}
VERSIONS(parts)

static const char *accept(limn_step *step) {
    (void)step;
    return NULL;
}

static void run(const limn_step *step) {
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    limn_do_parts(step, parts, (count + PART - 1) / PART, count * COST);
}

static const limn_kernel kernel = {.name = "in parts", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

static limn_status shape(limn_node *node) {
    node->shape = ((const noise_attr *)node->attr)->shape;
    return LIMN_OK;
}

limn_node *limn_noise_normal(limn_graph *graph, limn_shape shape, double mean, double deviation) {
    noise_attr attr = {shape, mean, deviation, limn_graph_size(graph)};
    return limn_node_new(graph, &limn_op_random_normal, &attr, 0, NULL);
}

static limn_node *build(limn_node *const *in) {
    return limn_mul(in[0], limn_noise_normal(in[0]->graph, LIMN_SHAPE(2, 5, 6, 7), 0.5, 2));
}

static limn_node *many(limn_node *const *in) {
    return limn_mul(in[0], limn_noise_normal(in[0]->graph, LIMN_SHAPE(2 * PART + 7), 0.5, 2));
}

static const limn_case cases[] = {
    {.what = "times a map", .build = build, .inputs = 1, .input = {{4, {2, 5, 6, 7}}}},
    {.what = "of several parts", .build = many, .inputs = 1, .input = {{1, {1}}}},
    {0},
};

const limn_op limn_op_random_normal = {
    .name = "random_normal",
    .formula = "y = mean + deviation times normal noise",
    .attr_size = sizeof(noise_attr),
    .shape = shape,
    .flat = true,
    .kernels = kernels,
    .plain = OP_PLAINS(random_normal),
    .cases = cases,
};

#endif
