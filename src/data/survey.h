// What the files of a data set are: each is read once, and a few numbers of it are kept.
#ifndef LIMN_DATA_SURVEY_H
#define LIMN_DATA_SURVEY_H

#include "data/set.h"
#include "limn/picture.h"

#include <stdint.h>

typedef struct limn_surveyed {
    const char *path;
    const char *relative; // its name below the folder; a part of path
    char *reason;         // why it cannot be read; NULL: it can, and the rest holds
    int width, height;    // after the turn
    limn_format format;
    bool alpha, sixteen_bit;
    bool other_colours; // another profile than sRGB, CMYK, Lab: what reading converts
    bool grey, flat;    // without any colour; of one colour
    bool small;         // a side under 64 pixels
    bool unreadable;    // there is a reason
    bool damaged;       // and decoded all the same
    size_t bytes;
    uint64_t sum; // of the bytes
} limn_surveyed;

typedef struct limn_survey {
    limn_surveyed *files; // those of the set's folder, in its order
    int count;
} limn_survey;

// Called before each file is read, by one thread at a time. Anything but LIMN_OK ends the survey.
typedef limn_status limn_survey_watch(void *context, int number, int count, const char *path);

// Reads every picture of a set, which outlives the survey; one that cannot be read, whatever the
// reason, is no failure.
// Large pictures are read one at a time.
limn_status limn_survey_read(const limn_set *set, int threads, limn_survey_watch *watch,
                             void *context, limn_survey *survey);
void limn_survey_free(limn_survey *survey);

#endif
