// One sample of a set: its files are read, laid on white, halved where both sides are in one, and
// made into numbers. Several threads may do so at once.
#ifndef LIMN_DATA_SAMPLE_H
#define LIMN_DATA_SAMPLE_H

#include "data/kept.h"
#include "data/loader.h"

typedef struct limn_sampling {
    const limn_loader_options *how;
    limn_kept *kept; // or NULL
    size_t most; // bytes that a picture may have, else LIMN_MEMORY; 0: as limn_set_reading has it
} limn_sampling;

// *damaged: one of its pictures that is, or NULL.
limn_status limn_sample_make(const limn_sampling *sampling, int sample, const limn_random *stream,
                             float *out, const char **damaged);

#endif
