// How the fast kernels of the norms walk over a map: private to these operators.
//
// A strip is one block of channels of one picture (blocked layout) or one channel of it (plain). A
// run is at most RUN elements of a strip: what one call of a kernel does. The cut does not depend
// on the number of threads, so the results do not either.
#ifndef LIMN_OPS_NORM_RUN_H
#define LIMN_OPS_NORM_RUN_H

#include "device/map.h"
#include "ops/norm_op.h"

typedef struct norm_job norm_job;
struct norm_job {
    const limn_step *step;
    const limn_map *map;
    norm_groups groups;
    norm_operands operands; // not for moments
    size_t lanes;           // channels of a strip: a vector, or 1
    size_t blocks, strips;  // strips of a picture, and of all
    size_t elements, runs;  // of a strip
    int x, dy, add;         // inputs, -1: none
    // Puts the numbers of channel c of picture n into lane `lane` of `run`.
    void (*numbers)(const norm_job *job, size_t n, size_t c, size_t lane, limn_norm_run *run);
    // Does one run; `result` is its own place in the scratch memory, 2 x LIMN_LANES_MOST doubles.
    void (*work)(const norm_job *job, const limn_norm_run *run, double *result);
    double *results; // scratch, NULL when nothing is kept
    double *more;    // scratch after the results
};

// Asks for the maps among the inputs (bit i of `maps`: input i; -1 the output) in one layout and
// type, and for everything else in plain float. Says why not when the kernels do not pay.
const char *limn_norm_accept(limn_step *step, int x, unsigned maps, bool out_is_map);

// Scratch: the results of all runs, when kept, and `more` doubles.
void limn_norm_scratch(limn_step *step, int x, bool results, size_t more);

norm_job limn_norm_job(const limn_step *step, int x, const limn_shape *moments, bool results);
void limn_norm_do(const norm_job *job);

size_t limn_norm_run_size(const norm_job *job, size_t run); // elements
// The result of run `run` of the strip of channel c of picture n, and the channel's lane in it.
const double *limn_norm_result(const norm_job *job, size_t n, size_t c, size_t run, size_t *lane);

#endif
