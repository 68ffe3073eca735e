// The parameters of networks: names, flat arrays of values, gradients and moments.
//
// A parameter is a name and a range of the flat arrays, so that an optimiser, a checkpoint and a
// moving average are one loop each. Asking twice for a name shares the weight.
#ifndef LIMN_NN_STORE_H
#define LIMN_NN_STORE_H

#include "base/memory.h"
#include "graph/graph.h"

typedef enum limn_init_kind {
    LIMN_INIT_USUAL, // what the layer usually has; zeros where there is no layer
    LIMN_INIT_ZERO,
    LIMN_INIT_ONE,
    LIMN_INIT_UNIFORM,          // in [a, b)
    LIMN_INIT_NORMAL,           // mean a, deviation b
    LIMN_INIT_TRUNCATED_NORMAL, // the same, drawn anew where it is more than 2 b away from a
    // For weights of layers, which know how many numbers are summed (in) and how many sums one
    // number goes into (out); biases are 0.
    LIMN_INIT_GLOROT_UNIFORM, // +-sqrt(6 / (in + out)) (Glorot and Bengio 2010)
    LIMN_INIT_GLOROT_NORMAL,  // deviation sqrt(2 / (in + out))
    LIMN_INIT_HE_NORMAL,      // deviation sqrt(2 / in) (He et al., 1502.01852)
} limn_init_kind;

typedef struct limn_init {
    limn_init_kind kind;
    float a, b;
} limn_init;

typedef struct limn_parameter {
    char *name;
    limn_shape shape;
    limn_init init;
    bool buffer;          // kept with the model but not trained: running statistics
    size_t offset, count; // in the flat arrays
} limn_parameter;

// Numbers that one takes in an array of several: each begins on a cache line.
static inline size_t limn_parameter_room(const limn_parameter *parameter) {
    return limn_round_up(parameter->count, 16);
}

typedef struct limn_store {
    limn_parameter *parameters;
    int size, room;
    size_t count;          // numbers of all parameters, with the gaps that align them
    size_t allocated;      // how many the arrays have: fewer while new parameters wait for ready
    float *values;         // of each number
    float *first, *second; // the optimiser's moments of each
    float *gradients;      // of the update that ran last, one trained parameter behind the other
    size_t gradient_count; // as many as the largest update trains
    limn_status status;    // no memory, or one name with two shapes: limn_store_ready says it
    char mistake[256];
} limn_store;

// The index of a parameter, added when the name is new; -1: it could not be.
int limn_store_add(limn_store *store, const char *name, limn_shape shape, limn_init init,
                   bool buffer);
int limn_store_find(const limn_store *store, const char *name); // -1: not there

// Gives every parameter added so far its place and first value (a function of the seed and the
// parameter's name). Values already there stay. Pointers into the arrays change. With `training`
// the arrays of moments are there as well, zeroed when new.
limn_status limn_store_ready(limn_store *store, uint64_t seed, bool training);
// The same with the first values that another store has under the same names; NULL: none. Drawing
// them takes longer than all else that is done before a training's first step.
limn_status limn_store_ready_from(limn_store *store, const limn_store *from, uint64_t seed);
// Room for so many gradients at least; those that were there are lost.
limn_status limn_store_gradients(limn_store *store, size_t count);
// Whether they have the same parameters, of the same shapes.
bool limn_store_alike(const limn_store *a, const limn_store *b);
// Values for the parameters of `to` that have the same name in `from`. Both stores must be ready.
void limn_store_copy(limn_store *to, const limn_store *from);
// The same for those alone that have the same shape in both; returns how many numbers stay.
size_t limn_store_copy_fitting(limn_store *to, const limn_store *from);
// Their moments: of `from` nothing but the values stays.
void limn_store_move_moments(limn_store *to, limn_store *from);
void limn_store_free(limn_store *store);

// Numbers that are trained.
int64_t limn_store_trained(const limn_store *store);

#endif
