// The plans of a runner, between its files.
#ifndef LIMN_MODEL_PARTS_H
#define LIMN_MODEL_PARTS_H

#include "model/runner.h"

// A plan for a part, a domain and a size; size 0 x 0: it follows from the contents.
typedef struct limn_ready {
    limn_part part;
    int domain, width, height;
    limn_net net;
    limn_plan *plan; // NULL: this place is empty
    limn_node *rgb, *style;
    limn_content content; // what comes out of read, or goes into draw
    limn_node *result;
    float *region; // of a tile: what the plan is shown
    uint64_t used;
} limn_ready;

enum { LIMN_READY_KEPT = 8 };

struct limn_runner {
    const limn_kind *kind;
    const void *shape;
    limn_sizes sizes;
    limn_store *store;
    const limn_model *model; // whose names of domains are meant; NULL in training
    int count;
    limn_change change;
    limn_plan_options how; // memory_limit 0
    size_t max_memory;
    limn_result_size result;
    uint64_t seed; // of noise in what is read
    int (*progress)(void *context, double done);
    void *context;
    limn_ready ready[LIMN_READY_KEPT];
    uint64_t uses;
};

// The plan for a part; `content` is what draw is to be given where the kind reads. `pictures`:
// bytes that pictures take of the limit besides. LIMN_MEMORY where it does not fit.
limn_status limn_ready_find(limn_runner *runner, limn_part part, int domain, int width, int height,
                            const limn_content_values *content, size_t pictures,
                            limn_ready **ready);
// What its plan takes; 0: that is not known.
size_t limn_ready_bytes(limn_runner *runner, limn_part part, int domain, int width, int height);
void limn_ready_forget(limn_ready *ready);

// What of a network's output goes where in a picture.
typedef struct limn_cut {
    int top, left;       // in the output
    int to_top, to_left; // in the picture
    int rows, columns;
} limn_cut;
// Fails with LIMN_MODEL where a value is no number.
limn_status limn_cut_out(const limn_node *y, const float *from, limn_cut cut, limn_picture *to);

// A picture by a network that has a halo: in tiles that overlap by it where the whole is large,
// equal to the whole up to rounding.
limn_status limn_runner_tile(limn_runner *runner, const limn_picture *picture, size_t pictures,
                             limn_picture *to);

// LIMN_STOPPED where the caller wants no more.
limn_status limn_runner_tell(const limn_runner *runner, double done);

#endif
