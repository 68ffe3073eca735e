// What the stages of planning hand to each other.
#ifndef LIMN_PLAN_INTERNAL_H
#define LIMN_PLAN_INTERNAL_H

#include "plan/plan.h"

// A value: a node's result in one layout and type. Each is written by one step (or comes from
// outside) and read by later ones.
typedef struct limn_value {
    const limn_node *node; // of the plan's own graph
    limn_tensor tensor;    // .data is the caller's memory, where it is bound to that
    int step;              // which writes it; -1: from outside
    int first;             // the first step that writes to its memory,
    int last;              // the last that reads it; outputs live for ever (INT_MAX)
    size_t offset, bytes;  // in the plan's block
    int shares;            // the value whose memory it takes over or is a part of, or -1
    size_t shift;          // where in that memory
    bool frozen;           // an input whose contents do not change between bindings
    bool lent;             // written to the caller's memory
} limn_value;

typedef struct limn_planned {
    limn_step step;
    int out, in[LIMN_MAX_INPUTS]; // values
    size_t scratch_offset, packed_offset;
    bool packed_kept;   // it has a place of its own, not one in the block
    bool packed_frozen; // packing was done when the input was bound
    int packed_by;      // the earlier step that packs the same, so that this one need not; or -1
    double seconds;
} limn_planned;

struct limn_plan {
    limn_plan_options options;
    limn_arena arena;
    limn_graph *graph; // the plan's own, rewritten
    int inputs, outputs;
    const limn_node **input_name; // the caller's node of each input
    int *input_value;
    limn_node **output_node; // in the plan's graph
    int *output_value;
    void **output_data; // the caller's memory, or NULL
    limn_value *values;
    int value_count, value_room;
    limn_planned *steps;
    int step_count, step_room;
    limn_workspace *space; // all values and scratch: that of the options, or the plan's own
    limn_workspace own;
    size_t block_bytes, packed_bytes;
    int cut;            // the first outputs are made by the steps before this one
    size_t begun_bytes; // of the block, what steps before the cut leave to those behind it
    bool begun;
    char *packed; // what is kept
};

limn_status limn_plan_rewrite(limn_plan *plan, limn_node *const *outputs); // -> graph, output_node
limn_status limn_plan_choose(limn_plan *plan);                             // -> values, steps
limn_status limn_plan_place(limn_plan *plan);                              // -> offsets, memory

// The step that converts between layouts and types (plan/reorder.c).
extern const limn_kernel limn_kernel_reorder;

// How many values a step reads: its node's inputs, or the one value that a conversion converts.
static inline int limn_plan_operands(const limn_planned *made) {
    return made->step.kernel == &limn_kernel_reorder ? 1 : made->step.node->inputs;
}

#endif
