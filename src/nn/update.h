// One kind of training step: a graph of losses, the parameters it trains, one plan for forward and
// backward. Adversarial training is several of these over one store, each training the parameters
// of its groups and holding all others.
#ifndef LIMN_NN_UPDATE_H
#define LIMN_NN_UPDATE_H

#include "nn/net.h"

enum { LIMN_MAX_TERMS = 64, LIMN_MAX_SHOWN = 16, LIMN_MAX_NETS = 8, LIMN_MAX_LENT = 8 };

// How an update holds a net that it does not train.
typedef enum limn_hold {
    LIMN_HELD,   // its values change between runs: another update trains it
    LIMN_FROZEN, // they stay as they are (limn_update_freeze), so filters may be packed once
} limn_hold;

// Parameters that are trained: those whose names begin with the prefix ("": all of them) and with
// that of no group before.
typedef struct limn_group {
    const char *prefix;
    double factor; // of the learning rate
    int times;     // steps of the optimiser that follow each other with the same gradient: 1
} limn_group;
// One group, as usual: for limn_update_ready.
#define LIMN_TRAINS(prefix) ((const limn_group[]){{prefix, 1, 1}, {NULL, 0, 0}})

typedef struct limn_update {
    const char *name; // "generator"
    limn_net net;     // what is trained; .graph is owned by the update, .store borrowed
    struct limn_held_net {
        limn_net net;
        limn_hold hold;
    } held[LIMN_MAX_NETS];
    int held_count;
    struct limn_term {
        const char *name; // in the sum, the log, the chart and the NaN report
        limn_node *node;
        double weight;
        double value; // of the last run, not weighted
    } terms[LIMN_MAX_TERMS];
    int term_count;
    limn_node *shown[LIMN_MAX_SHOWN]; // further results: a picture for the sample sheet
    int shown_count;
    limn_node *lent[LIMN_MAX_LENT]; // computed by limn_update_begin, for other updates
    int lent_count;
    struct limn_borrowed {
        limn_node *input; // which the value is bound to
        struct limn_update *lender;
        int number; // of its lent nodes
    } borrowed[LIMN_MAX_LENT];
    int borrowed_count;
    bool begun;
    double total;    // weighted, of the last run
    int64_t counter; // steps taken: Adam's t is this, times that of the group
    bool timed;      // measure every step of the plan: limn_plan_explain
    int runs;        // since the trainer began the step: where there are any, terms are logged
    bool overfull;   // more terms, results, nets or loans were asked for than there is room for
    limn_plan *plan;
    struct limn_trained {
        int parameter;
        double factor; // of its group
        int times;
        size_t gradient; // where it begins, of the store's
    } * trained;
    int trained_count;
} limn_update;

limn_status limn_update_new(const char *name, limn_store *store, limn_update **update);
void limn_update_free(limn_update *update);

// A further net on the update's graph, over this store or another, owned by the update. Its running
// statistics are not moved.
limn_net *limn_update_net(limn_update *update, limn_store *store, limn_hold hold);

// Adds weight * loss to the total. A weight of 0 keeps the term in the log.
void limn_update_term(limn_update *update, const char *name, limn_node *loss, double weight);
// Asks for a value to be there after the run; returns its number for limn_update_shown.
int limn_update_show(limn_update *update, limn_node *node);
const float *limn_update_shown(const limn_update *update, int number);

// The value of a node of another update's graph as an input of this one's, so that what both need,
// such as a generator's pictures, is computed once. No gradient goes there. In each step the lender
// is begun (limn_update_begin), this update runs, and the lender's run goes on where it was:
// between the two nothing may change that the node was made of. The lender is made ready first.
limn_node *limn_update_borrow(limn_update *update, limn_update *lender, limn_node *node);

// Makes the plan. What is trained is said by groups, ended by one without prefix; NULL: nothing, an
// evaluation. The stores must be ready. LIMN_ERROR when there were more terms, results, nets,
// loans or kept values than LIMN_MAX_....
limn_status limn_update_ready(limn_update *update, const limn_group *groups,
                              limn_plan_options options);
// For frozen nets whose values have changed since then: takes them as they are now.
void limn_update_freeze(limn_update *update);

// Binds an input of the graph; the memory is read at every run.
void limn_update_bind(limn_update *update, const limn_node *input, const float *data);

// Computes what others borrow of it, with the same noise as the run that follows.
limn_status limn_update_begin(limn_update *update, uint64_t seed, uint64_t step);

// Computes terms and gradients (into store->gradients, over those of any other update of the
// store); the parameters stay as they are. Random operators draw from (seed, step), the update's
// name and how often it ran in this step: two runs in one step, and two updates, see different
// noise.
limn_status limn_update_run(limn_update *update, uint64_t seed, uint64_t step);
// Puts kept values of the last run into their buffers: a part of what an optimiser does, so that a
// step whose terms or gradient are not numbers leaves running statistics alone too.
void limn_update_keep(limn_update *update);

// The gradient of a parameter by the last run; NULL: it is not trained.
float *limn_update_gradient(const limn_update *update, const char *parameter);

// The first term that is not a number, or NULL.
const char *limn_update_broken(const limn_update *update);

#endif
