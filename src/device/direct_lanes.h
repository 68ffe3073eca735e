// Vectors of the instruction set this file is being compiled for.
#ifndef LIMN_DEVICE_DIRECT_LANES_H
#define LIMN_DEVICE_DIRECT_LANES_H

#include "device/direct.h"
#include "device/lanes.h"

// Weights are packed [phase][group][source block][tap][lane of source][destination of the group];
// for GATHER the last two change places. Floats before a phase, and before a group in it:
INLINE size_t direct_phase_floats(const limn_direct_plan *plan, limn_direct_kind kind, int taps) {
    size_t source = (size_t)plan->source_blocks * (size_t)plan->source_lanes;
    size_t dest = (size_t)plan->dest_blocks * (size_t)(kind == LIMN_DIRECT_GATHER ? 1 : LANES);
    return source * dest * (size_t)taps;
}

INLINE size_t direct_slab_floats(const limn_direct_plan *plan, limn_direct_kind kind, int taps,
                                 int group) {
    return direct_phase_floats(plan, kind, taps) / (size_t)plan->dest_blocks * (size_t)group;
}

// Destination blocks are shared evenly among as few groups as can be.
INLINE int direct_groups(const limn_direct_plan *plan) {
    return ceil_div(plan->dest_blocks, plan->group);
}

INLINE int direct_group_begin(const limn_direct_plan *plan, int group) {
    return (int)((int64_t)plan->dest_blocks * group / direct_groups(plan));
}

void NAME(limn_direct_pack)(const limn_conv *conv, limn_pass pass, limn_direct_kind kind,
                            const float *w, void *packed, int threads);

// Copies what the anchors of a tile see of some source blocks into the strip.
void NAME(limn_direct_strip)(const limn_direct_plan *plan, const void *source, limn_type type,
                             limn_direct_extent first, limn_direct_extent extent, int block,
                             int blocks, float *strip);

// The weight gradient; direct_weight.c.
size_t NAME(limn_direct_weight_scratch)(const limn_conv *conv, limn_direct_kind kind, int threads);
void NAME(limn_direct_weight_run)(const limn_conv_call *call, limn_direct_kind kind);

// What the kernels of this instruction set can hold.
extern const limn_direct_shape NAME(limn_direct_shape)[3];

#endif
