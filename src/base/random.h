// Counter-based random numbers: a value is a function of where it is used, so threads, prefetch and
// resuming cannot change it. Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011).
#ifndef LIMN_BASE_RANDOM_H
#define LIMN_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

// Where a stream of numbers belongs. Two streams that differ in any field are independent.
typedef struct limn_random {
    uint64_t seed;    // of the run
    uint32_t purpose; // what for: each user picks a constant of its own, see limn_purpose
    uint32_t sample;  // which picture, parameter or node
    uint64_t step;    // of the training
} limn_random;

// A purpose from a name: limn_purpose("augment").
uint32_t limn_purpose(const char *name);

// The four 32-bit words at position `index` of the stream.
void limn_random_bits(const limn_random *stream, uint32_t index, uint32_t bits[4]);

// What they are made of, for many positions at once: LIMN_RANDOM_ROUNDS rounds on a counter, which
// is (index, counter[1], ...) in the beginning; `keys` of round r are those of round 0 and r steps.
enum { LIMN_RANDOM_ROUNDS = 10 };
#define LIMN_RANDOM_STEP_0 0x9E3779B9u
#define LIMN_RANDOM_STEP_1 0xBB67AE85u
void limn_random_begin(const limn_random *stream, uint32_t index, uint32_t counter[4],
                       uint32_t keys[2]);

static inline void limn_random_round(uint32_t *c0, uint32_t *c1, uint32_t *c2, uint32_t *c3,
                                     uint32_t key0, uint32_t key1) {
    uint64_t a = (uint64_t)0xD2511F53u * *c0, b = (uint64_t)0xCD9E8D57u * *c2;
    *c0 = (uint32_t)(b >> 32) ^ *c1 ^ key0;
    *c1 = (uint32_t)b;
    *c2 = (uint32_t)(a >> 32) ^ *c3 ^ key1;
    *c3 = (uint32_t)a;
}

// The number at position `index`: in [0, 1), or a whole number in [0, count).
double limn_random_unit(const limn_random *stream, uint32_t index);
uint32_t limn_random_below(const limn_random *stream, uint32_t index, uint32_t count);
// 0 .. count - 1 in an order by chance.
void limn_random_order(const limn_random *stream, int *order, int count);

// Puts `most` of `count` items, drawn without replacement, in front (all of them: a shuffle). Takes
// positions `first` .. `first` + `most` of the stream.
void limn_random_shuffle(const limn_random *stream, uint32_t first, int *items, int count,
                         int most);

// Fills out[0 .. n) with positions 0, 1, 2, ... of the stream.
void limn_random_uniform(const limn_random *stream, float low, float high, float *out, size_t n);
void limn_random_normal(const limn_random *stream, float mean, float deviation, float *out,
                        size_t n);

#endif
