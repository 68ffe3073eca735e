// The plan: how a graph is computed. Rewrite, choose kernels, lay out, place in memory, run.
//
// A plan is made once for a set of outputs, then run many times; running allocates nothing. The
// plan owns its memory and keeps its own copy of what it needs of the graph: only the node pointers
// given to it at creation serve later as names for inputs.
#ifndef LIMN_PLAN_PLAN_H
#define LIMN_PLAN_PLAN_H

#include "plan/step.h"

typedef enum limn_precision {
    LIMN_EXACT,  // float32 storage and sums; kernels with rounding errors under 3e-5 of the largest
    LIMN_FAST,   // 16-bit storage of maps where a kernel can
    LIMN_DOUBLES // everything in double, plain kernels: the reference for tests
} limn_precision;

// One block of memory for plans that never run at once, as large as the largest of them needs; {0}
// at first. What a plan has computed lies there until any plan of the workspace runs or is made.
typedef struct limn_workspace {
    char *block;
    size_t bytes;
} limn_workspace;

void limn_workspace_free(limn_workspace *workspace); // none of its plans runs again

typedef struct limn_plan_options {
    limn_precision precision;
    limn_isa isa;        // AUTO: the best this processor has
    int threads;         // 0: all processors this process may use
    bool plain;          // plain kernels only
    bool keep_all;       // no two values share memory
    bool guard;          // put guard bytes around every value; limn_plan_run checks them
    bool no_rewrite;     // the graph as it was said
    bool blocked_inputs; // inputs of rank 4 are first made blocked (and 16-bit with FAST)
    bool seldom;         // packs filters anew in every run instead of keeping them: less memory
    // Maps between two convolutions that are larger than so many bytes of floats are never there as
    // a whole but made in strips of about that, twice where a norm measures them; 0: none.
    size_t strip_bytes;
    int first;             // so many of the outputs are computed before all else: limn_plan_begin
    size_t above;          // bytes of the workspace that are another plan's: limn_plan_begun_bytes
    size_t memory_limit;   // bytes; 0: none
    size_t *memory_needed; // where not NULL, gets what the plan takes, whether it may or not
    limn_workspace *workspace; // borrowed; NULL: the plan has memory of its own
} limn_plan_options;

typedef struct limn_plan limn_plan;

// Fails with the graph's first mistake, LIMN_MEMORY (with the figure) over the limit or without
// memory, LIMN_NO_DEVICE for an instruction set this processor does not have.
limn_status limn_plan_new(limn_node *const *outputs, int count, limn_plan_options options,
                          limn_plan **plan);
void limn_plan_free(limn_plan *plan);

// Where an input's value lies (plain, float or double); read at every run. `frozen` says that the
// values will not change until the input is bound again, so what is made of them once stays.
// An input that the plan does not need is no mistake.
void limn_plan_bind(limn_plan *plan, const limn_node *input, const void *data, bool frozen);

// Lets output `index` be written to the caller's memory (plain, float or double), where no input
// lies. Outputs that are one and the same value may each be bound.
void limn_plan_bind_output(limn_plan *plan, int index, void *data);

// Where output `index` lies: plain, valid until the next run (of any plan of the workspace, unless
// the output is bound).
const void *limn_plan_output(const limn_plan *plan, int index);

// Seed and step of the random operators; both 0 at first.
void limn_plan_seed(limn_plan *plan, uint64_t seed, uint64_t step);

// Computes all outputs. Every input must be bound. Fails only when a guard was overwritten.
limn_status limn_plan_run(limn_plan *plan);

// Computes the first outputs (options.first) and nothing else; the next run goes on from there.
// Outputs that are inputs, or the same as another, come with the run.
// Between the two the memory below limn_plan_begun_bytes must stay: another plan of the workspace
// may run where it was made to lie above. What the first outputs depend on may not change.
limn_status limn_plan_begin(limn_plan *plan);
size_t limn_plan_begun_bytes(const limn_plan *plan);

// For people: steps in order, the seconds the last timed run took, memory in bytes.
limn_status limn_plan_run_timed(limn_plan *plan);
limn_status limn_plan_begin_timed(limn_plan *plan);
int limn_plan_steps(const limn_plan *plan);
const limn_step *limn_plan_step(const limn_plan *plan, int index, double *seconds);
size_t limn_plan_bytes(const limn_plan *plan); // were it alone in its workspace
// A line a step: node, operator, kernel, form and shape of the result, milliseconds of the last
// timed run, GFLOP/s as the operator counts them, the faster kernels that declined and why.
void limn_plan_explain(const limn_plan *plan, void (*tell)(void *context, const char *line),
                       void *context);

#endif
