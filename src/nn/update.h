// One kind of training step: a graph of losses, the parameters it trains, one plan for forward and
// backward. Adversarial training is several of these over one store, each training the parameters
// whose names begin with its prefix and holding all others.
#ifndef LIMN_NN_UPDATE_H
#define LIMN_NN_UPDATE_H

#include "nn/net.h"

enum { LIMN_MAX_TERMS = 64, LIMN_MAX_SHOWN = 16 };

typedef struct limn_update {
    const char *name; // "generator"
    limn_net net;     // .graph is owned by the update, .store borrowed
    struct limn_term {
        const char *name; // in the sum, the log, the chart and the NaN report
        limn_node *node;
        double weight;
        double value; // of the last run, not weighted
    } terms[LIMN_MAX_TERMS];
    int term_count;
    limn_node *shown[LIMN_MAX_SHOWN]; // further results: a picture for the sample sheet
    int shown_count;
    double total;    // weighted, of the last run
    int64_t counter; // optimiser steps taken: Adam's t
    bool timed;      // measure every step of the plan: limn_plan_explain
    int runs;        // since the trainer began the step: where there are any, terms are logged
    bool overfull;   // more terms or results were asked for than there is room for
    limn_plan *plan;
    int *trained; // indices of the parameters, with count
    int trained_count;
} limn_update;

limn_status limn_update_new(const char *name, limn_store *store, limn_update **update);
void limn_update_free(limn_update *update);

// Adds weight * loss to the total. A weight of 0 keeps the term in the log.
void limn_update_term(limn_update *update, const char *name, limn_node *loss, double weight);
// Asks for a value to be there after the run; returns its number for limn_update_shown.
int limn_update_show(limn_update *update, limn_node *node);
const float *limn_update_shown(const limn_update *update, int number);

// Makes the plan. Trained is every parameter of the net whose name begins with `prefix` (a NULL or
// empty prefix: all; a prefix that matches nothing: none, an evaluation). `frozen` is another net
// on the same graph whose parameters stay as they are, or NULL. The store must be ready. LIMN_ERROR
// when there were more terms, results or kept values than LIMN_MAX_....
limn_status limn_update_ready(limn_update *update, const char *prefix, limn_net *frozen,
                              limn_plan_options options);

// Binds an input of the graph; the memory is read at every run.
void limn_update_bind(limn_update *update, const limn_node *input, const float *data);

// Computes terms and gradients (into store->gradients); the parameters stay as they are. Random
// operators draw from (seed, step), the update's name and how often it ran in this step: two runs
// in one step, and two updates, see different noise.
limn_status limn_update_run(limn_update *update, uint64_t seed, uint64_t step);
// Puts kept values of the last run into their buffers: a part of what an optimiser does, so that a
// step whose terms or gradient are not numbers leaves running statistics alone too.
void limn_update_keep(limn_update *update);

// The first term that is not a number, or NULL.
const char *limn_update_broken(const limn_update *update);

#endif
