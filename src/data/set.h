// What a folder of pictures means for training, told by the names of files and folders alone: how
// it is laid out, what is trained on, held out and for the test, the domains, and the one or two
// files of each sample.
#ifndef LIMN_DATA_SET_H
#define LIMN_DATA_SET_H

#include "base/names.h"
#include "data/folder.h"
#include "limn/picture.h"

#include <stdint.h>

typedef enum limn_data_layout {
    LIMN_LAYOUT_AUTO,     // guess
    LIMN_LAYOUT_PICTURES, // any pictures
    LIMN_LAYOUT_UNPAIRED, // trainA/ trainB/
    LIMN_LAYOUT_PAIRS,    // A/train/1.jpg, B/train/1.jpg
    LIMN_LAYOUT_JOINED,   // train/1.jpg: A and B side by side
    LIMN_LAYOUT_DOMAINS,  // train/cat/1.jpg, train/dog/1.jpg
    LIMN_LAYOUT_SCALES,   // NAME_HR/1.png, NAME_LR/X4/1x4.png; HR/1.png, LR/1.png; or two folders
} limn_data_layout;

typedef struct limn_layout_words {
    const char *name, *meaning; // "unpaired", "two domains, trainA and trainB"
    const char *needs[3];       // what must hold pictures, ended by NULL: "trainA", "trainB"
} limn_layout_words;
extern const limn_layout_words limn_layouts[];

typedef enum limn_order {
    LIMN_BY_EPOCH,    // each domain through permutations of its own, end to end
    LIMN_BY_SHORTEST, // the same, and all begin anew where the shortest has no full batch left
    LIMN_DRAWN,       // with replacement
} limn_order;

// What a method says of the samples that it learns from.
typedef struct limn_samples {
    limn_data_layout layouts[8]; // that it takes, the first that fits; AUTO ends them
    int files;                   // of a sample, at most: 1, or 2 for pairs
    limn_order order;
    int scale;       // how many times larger the first of two files is, rounded down; 0: any
    int least, most; // domains; least 0: pictures have no labels, most 0: LIMN_MOST_DOMAINS
} limn_samples;

typedef struct limn_set_request {
    const char *path;
    const char *path_a, *path_b; // in its place: two domains, any pictures below each
    const char *path_low;        // beside `path`: small partners of its pictures, of equal names
    limn_data_layout layout;     // one of the method's; AUTO: the first that fits
    const char *const *domains;  // picks and orders those of a labelled set, names A and B; NULL
                                 // ends them, or stands for all
    bool misfits_are_told;       // nothing to train on is no failure: limn data
} limn_set_request;

typedef enum limn_set_part { LIMN_TRAIN, LIMN_HELD_OUT, LIMN_TEST, LIMN_PARTS } limn_set_part;

typedef struct limn_range {
    int first, count;
} limn_range;

typedef struct limn_domain {
    const char *name;            // NULL: there are no labels
    limn_range part[LIMN_PARTS]; // of the samples
} limn_domain;

typedef struct limn_sample {
    int file[2]; // of the folder; [1] -1: there is one, which holds both sides where they are
                 // joined
} limn_sample;

typedef struct limn_set {
    limn_samples kind;
    limn_data_layout layout;
    limn_folder folder;   // all files
    const char **misfits; // why a file has no place in the layout; NULL: it has, or none is wanted
    limn_sample *samples; // by part, domain, name
    int count;
    limn_domain domains[LIMN_MOST_DOMAINS]; // as asked for, or sorted by bytes
    int domain_count;                       // without labels 1
    char *note; // what of the folder is not trained on, in a line for people; NULL: nothing
    int tops[2], second; // bytes before the relative names; the first file of the second folder
} limn_set;

// LIMN_INPUT and a sentence where the folder does not hold what the method needs, LIMN_USAGE where
// there are no such domains.
limn_status limn_set_open(const limn_set_request *request, const limn_samples *kind, limn_set *set);
void limn_set_free(limn_set *set);

// Leaves out the samples whose first file is not to be kept, by file of the folder.
void limn_set_keep(limn_set *set, const bool *kept);

// How its pictures are read: what would take more than half of the machine's memory is refused
// (LIMN_INPUT), whatever is free at the moment.
limn_read_options limn_set_reading(void);

const char *limn_set_name(const limn_set *set, int file);    // below the folder; a part of its path
int limn_set_count(const limn_set *set, limn_set_part part); // samples

// Full batches in an epoch, at least one: as the largest domain needs; LIMN_BY_SHORTEST: as the
// smallest has.
int64_t limn_set_epoch(const limn_set *set, int batch);

// Of the names that are trained on, in their order: as long as it stays, samples come in the same
// order. limn_hold_out changes it.
uint64_t limn_set_checksum(const limn_set *set);

#endif
