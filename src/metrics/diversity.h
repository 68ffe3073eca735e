// Which pairs a diversity is the mean of.
#ifndef LIMN_METRICS_DIVERSITY_H
#define LIMN_METRICS_DIVERSITY_H

#include <stdint.h>

typedef struct limn_pair {
    int a, b; // a > b
} limn_pair;

// Draws different pairs of so many pictures, as a function of the seed and the content's number,
// sorted; returns how many, fewer than wanted where there are fewer.
int limn_diversity_draw(int pictures, int wanted, uint64_t seed, int content, limn_pair *pairs);

#endif
