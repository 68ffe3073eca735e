// Batches for training, made ahead of time by a thread of their own, with the help of others where
// it is waited for.
//
// What a batch holds is a function of (seed, its number) alone, so that prefetching, skipping and
// resuming cannot change it.
#ifndef LIMN_DATA_LOADER_H
#define LIMN_DATA_LOADER_H

#include "base/random.h"
#include "data/set.h"
#include "limn/picture.h"

// Makes one sample from its pictures, on white: fills `out` (loader's `floats` numbers). sides[1]
// is NULL where there is one. `stream` is the sample's own source of random numbers; NULL: none,
// for pictures that are looked at again and again. Called by several threads.
typedef limn_status limn_make_sample(const void *context, const limn_picture *const *sides,
                                     const limn_random *stream, float *out);

// The same where what is made depends on which sample (of the set) it is.
typedef limn_status limn_make_numbered(const void *context, int sample,
                                       const limn_picture *const *sides, const limn_random *stream,
                                       float *out);

// The second file of a sample (of the set) to which the names give one only. Draw at position
// `sample`, so that one which stands in for a broken one has another.
typedef const char *limn_find_partner(const void *context, int sample, const limn_random *stream);

typedef struct limn_loader_options {
    limn_set *set;
    int batch;     // equally many samples of each domain, the first domain's first
    size_t floats; // of one sample
    limn_make_sample *make;
    limn_make_numbered *make_numbered; // in its place where not NULL
    limn_find_partner *partner;        // NULL: there are no others
    const void *context;               // for all
    int enough; // pixels of a picture's shorter side where more make no difference to a sample, as
                // limn_read_options has it; 0: all that it has
    uint64_t seed;
    bool strict;  // a broken file ends training; otherwise the next file stands in for it
    size_t spare; // bytes to be faster with: once for decoded pictures of a set that fits into
                  // them, once for what several threads read where they are waited for
} limn_loader_options;

typedef struct limn_loader limn_loader;

limn_status limn_loader_new(limn_loader_options options, limn_loader **loader);
void limn_loader_free(limn_loader *loader);

// The batch of this number, [batch][floats], valid until the next call; the following ones, one or
// a few, are made in the background. `waited` gets the seconds this call had to wait. Trainings
// that take one a step number them by steps.
limn_status limn_loader_batch(limn_loader *loader, int64_t number, const float **batch,
                              double *waited);

// Why the index-th sample that could not be read cannot be; NULL: there are not so many yet.
const char *limn_loader_broken(limn_loader *loader, int index);

// The index-th picture that is damaged and was decoded as far as it goes; NULL: there are not so
// many yet.
const char *limn_loader_damaged(limn_loader *loader, int index);

// The files of a batch, for reports: joined by ", ", as read.
void limn_loader_files(const limn_loader *loader, int64_t number, char *text, size_t size);

// Pictures of a domain that are never trained on, for sheets and validation: samples made without
// chance of the last readable ones that the set holds out. Where it holds out none, the last of
// those trained on serve, and are taken from them unless there are fewer than five times as many or
// most of the last ones cannot be read.
typedef struct limn_held_out {
    float *samples; // [count][floats]
    int count;
} limn_held_out;

limn_status limn_hold_out(const limn_loader_options *how, int domain, int most,
                          limn_held_out *held);
void limn_held_out_free(limn_held_out *held);

#endif
