// A maker: one file in makers/ that ends in one const struct, and a line in makers/LIST. It draws
// pairs of pictures of two domains with their truths; folders, names, the table of pairs and the
// verb need no line.
#ifndef LIMN_MAKERS_MAKER_H
#define LIMN_MAKERS_MAKER_H

#include "base/random.h"
#include "base/text.h"
#include "makers/digits.h"

#include <stdbool.h>

// What is made of a pair: the two pictures; each as it is in the look of the other, which only
// tests have; what stands where in each.
typedef enum limn_made {
    LIMN_MADE_A,
    LIMN_MADE_B,
    LIMN_MADE_A2B,
    LIMN_MADE_B2A,
    LIMN_MADE_A_LABELS,
    LIMN_MADE_B_LABELS,
    LIMN_MADE_KINDS,
} limn_made;

// Pixels [side][side][3] to be filled, all zero before; label maps have grey values.
typedef struct limn_made_pair {
    unsigned char *pixels[LIMN_MADE_KINDS];
    limn_text line; // of pairs.csv, behind split and name: ",4,ff0000"
} limn_made_pair;

typedef struct limn_making {
    const struct limn_maker *maker;
    limn_digit_files files; // empty where the maker needs none
    uint64_t seed;
    int count[LIMN_SPLITS];     // of pairs
    int *order[LIMN_SPLITS][2]; // digits of a split, shuffled for A and for B
} limn_making;

typedef struct limn_maker {
    const char *name;    // "mnist-single"
    const char *summary; // words that follow the name
    const char *columns; // of pairs.csv, behind split and name: ",label_a,colour_a"
    int side;
    bool digits;            // whether it is made of MNIST's
    bool labels;            // whether there are label maps
    int count[LIMN_SPLITS]; // usual pairs; 0: as many as there are digits, and no more
    // Pair `number` of a split, a function of that and the seed alone.
    void (*draw)(const limn_making *making, limn_split split, int number, limn_made_pair *pair);
} limn_maker;

extern const limn_maker *const limn_makers[]; // ended by NULL; made from makers/LIST

typedef struct limn_making_request {
    const limn_maker *maker;
    const char *digits; // the folder of MNIST's files, for those that are made of them
    uint64_t seed;
    int count[LIMN_SPLITS]; // 0: what is usual
} limn_making_request;

// LIMN_INPUT (digits), LIMN_USAGE (more pairs than digits), LIMN_MEMORY.
limn_status limn_making_open(const limn_making_request *request, limn_making *making);
void limn_making_close(limn_making *making);

// Memory for a pair of this maker's.
limn_status limn_made_pair_new(const limn_maker *maker, limn_made_pair *pair);
void limn_made_pair_free(limn_made_pair *pair);
// Clears the pair and draws it.
void limn_make_pair(const limn_making *making, limn_split split, int number, limn_made_pair *pair);

// Called before each pair; a status other than LIMN_OK ends the making with it.
typedef limn_status limn_making_look(void *context, int number, int count, const char *name);

// Writes all pairs into a new folder, which appears whole or not at all. LIMN_USAGE where it is
// there already.
limn_status limn_making_write(const limn_making *making, const char *out, limn_making_look *look,
                              void *context);

// For makers.

// A picture of one colour.
void limn_fill_colour(unsigned char *pixels, int side, limn_rgb8 colour);

#endif
