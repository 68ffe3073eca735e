// How a data set is laid out, as the names of its folders tell, and what does not fit.
#ifndef LIMN_DATA_LAYOUT_H
#define LIMN_DATA_LAYOUT_H

#include "base/memory.h"
#include "data/survey.h"

typedef enum limn_layout {
    LIMN_LAYOUT_AUTO,     // guess
    LIMN_LAYOUT_PICTURES, // any pictures
    LIMN_LAYOUT_UNPAIRED, // trainA/ trainB/
    LIMN_LAYOUT_PAIRS,    // A/train/1.jpg, B/train/1.jpg
    LIMN_LAYOUT_JOINED,   // train/1.jpg: A and B side by side
    LIMN_LAYOUT_DOMAINS,  // train/cat/1.jpg, train/dog/1.jpg
    LIMN_LAYOUT_SCALES,   // NAME_HR/1.png, NAME_LR/X4/1x4.png
} limn_layout;

const char *limn_layout_name(limn_layout layout);    // "unpaired"
const char *limn_layout_meaning(limn_layout layout); // "two domains, trainA and trainB"

limn_layout limn_layout_guess(const limn_survey *survey);

// Adds the names of folders that the layout is made of and that hold no picture: "trainB".
void limn_layout_missing(const limn_survey *survey, limn_layout layout, limn_text *missing);

// A picture that has no place in its layout, and why.
typedef struct limn_misfit {
    const limn_surveyed *file;
    const char *reason;
} limn_misfit;

typedef struct limn_misfits {
    limn_misfit *items;
    int count;
    limn_arena arena;
} limn_misfits;

// Pairs that do not match, joined pairs that have no middle. Free the list whatever the result.
limn_status limn_layout_check(const limn_survey *survey, limn_layout layout, limn_misfits *misfits);
void limn_misfits_free(limn_misfits *misfits);

#endif
