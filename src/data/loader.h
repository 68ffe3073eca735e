// Batches for training, made ahead of time by a thread of their own.
//
// What a batch holds is a function of (seed, step) alone, so that prefetching, skipping and
// resuming cannot change it.
#ifndef LIMN_DATA_LOADER_H
#define LIMN_DATA_LOADER_H

#include "base/random.h"
#include "data/folder.h"
#include "limn/picture.h"

// Makes one sample from a picture: fills `out` (loader's `floats` numbers). `stream` is the
// sample's own source of random numbers.
typedef limn_status limn_make_sample(const void *context, const limn_picture *picture,
                                     const limn_random *stream, float *out);

typedef struct limn_loader_options {
    const limn_folder *folder;
    int batch;
    size_t floats; // of one sample
    limn_make_sample *make;
    const void *context; // for make
    uint64_t seed;
    bool strict; // a broken file ends training; otherwise the next file stands in for it
    // Without domains every epoch goes through the folder. With them every batch holds equally many
    // samples of each, the first domain's first, drawn with replacement.
    const limn_domain *domains;
    int domain_count;
} limn_loader_options;

typedef struct limn_loader limn_loader;

limn_status limn_loader_new(limn_loader_options options, limn_loader **loader);
void limn_loader_free(limn_loader *loader);

// The batch of a step, [batch][floats], valid until the next call; then the following step's is
// begun in the background. `waited` gets the seconds this call had to wait.
limn_status limn_loader_batch(limn_loader *loader, int64_t step, const float **batch,
                              double *waited);

// Why the index-th file that could not be read cannot be; NULL: there are not so many yet.
const char *limn_loader_broken(limn_loader *loader, int index);

// The files of a step's batch, for reports: joined by ", ", as read.
void limn_loader_files(const limn_loader *loader, int64_t step, char *text, size_t size);

// Pictures that are never trained on, for sheets and validation: samples made without chance of the
// last readable ones. Where the folder has fewer than five times as many, or most of its last ones
// cannot be read, those trained on serve.
typedef struct limn_held_out {
    float *samples; // [count][floats]
    int count;
} limn_held_out;

limn_status limn_hold_out(limn_folder *folder, int most, size_t floats, limn_make_sample *make,
                          const void *context, limn_held_out *held);
void limn_held_out_free(limn_held_out *held);

// A square of `size` pixels for perceptual losses: the picture is shrunk by a random factor (its
// shorter side stays at least `size`), cut at a random place, mirrored half of the time. Pictures
// smaller than that are enlarged. out is [3][size][size].
// Without a stream: the middle, at the scale where it holds most. LIMN_INPUT for a picture that
// would have to be enlarged and is over 64 times as long as wide.
limn_status limn_random_square(const limn_picture *picture, int size, const limn_random *stream,
                               float *out);
// The same at the picture's own scale, for super-resolution.
limn_status limn_native_square(const limn_picture *picture, int size, const limn_random *stream,
                               float *out);

#endif
