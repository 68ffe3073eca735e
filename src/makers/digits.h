// Handwritten digits as MNIST has them: where they lie, and how one is painted.
#ifndef LIMN_MAKERS_DIGITS_H
#define LIMN_MAKERS_DIGITS_H

#include "formats/idx.h"

enum {
    LIMN_DIGIT_SIDE = 28,
    LIMN_DIGIT_PIXELS = LIMN_DIGIT_SIDE * LIMN_DIGIT_SIDE,
    LIMN_DIGIT_LABELS = 10,
};

typedef enum limn_split { LIMN_SPLIT_TRAIN, LIMN_SPLIT_TEST, LIMN_SPLITS } limn_split;

// Digits of one split.
typedef struct limn_digits {
    const unsigned char *images; // [count][28][28]
    const unsigned char *labels; // [count], each 0 to 9
    int count;
    int first; // the number of the first in its file
} limn_digits;

// Both splits: of MNIST's own four files or, of a single pair of files, the first nine tenths and
// the last.
typedef struct limn_digit_files {
    limn_digits digits[LIMN_SPLITS];
    limn_idx images[LIMN_SPLITS], labels[LIMN_SPLITS]; // of a single pair, the first of each
} limn_digit_files;

// LIMN_INPUT and a sentence where a file is missing, cut, no such file, or does not fit the other.
limn_status limn_digits_open(const char *folder, limn_digit_files *files);
void limn_digits_close(limn_digit_files *files);

// Gives the pixels of a digit, those lighter than half, one colour, in a picture [..][width][3]
// whose cell begins at `to`; the others are left alone.
typedef struct limn_rgb8 {
    unsigned char of[3];
} limn_rgb8;
void limn_digit_paint(const unsigned char *digit, limn_rgb8 colour, unsigned char *to, int width);

#endif
