// Filters as the direct kernels read them, a vector at a time (compiled once for each instruction
// set). Where they lie is said in direct_lanes.h.
#include "device/direct_lanes.h"

#include "base/threads.h"

#include <string.h>

typedef struct pack_job {
    const limn_direct_plan *plan;
    limn_direct_kind kind;
    const float *w;
    float *packed;
    size_t dest_stride, source_stride; // of the plain weights
    size_t taps;
    int kernel_w;
} pack_job;

// Plain weights of which each tap of each line becomes one vector.
typedef struct lines {
    const float *from;
    size_t next_line, next_lane; // floats
    int lines, lanes;            // that are there
} lines;

enum { NEAR = 16 * 25, PITCH = NEAR + 16 }; // floats; an odd number of lines of memory

// Those of one channel of y lie together, those of the next one perhaps where the cache holds few:
// they are copied side by side, where they are not too many.
static lines bring_near(const pack_job *job, lines of, float near[LANES * PITCH]) {
    size_t *far = of.next_lane > of.next_line ? &of.next_lane : &of.next_line;
    int rows = far == &of.next_lane ? of.lanes : of.lines;
    size_t together = (size_t)(far == &of.next_lane ? of.lines : of.lanes) * job->taps;
    if (together > NEAR || rows > LANES) return of;
    for (int i = 0; i < rows; i++)
        memcpy(near + i * PITCH, of.from + (size_t)i * *far, together * sizeof(float));
    of.from = near;
    *far = PITCH;
    return of;
}

// One tap of `all` lines, `step` floats from line to line.
static void pack_tap(const lines *of, size_t tap, int all, float *to, size_t step) {
    for (int i = 0; i < all; i++, to += step)
        store(to, i < of->lines ? side_by_side(of->from + (size_t)i * of->next_line + tap,
                                               of->next_lane, of->lanes)
                                : (vec){0});
}

// Lines for block `block` of the source and a group of destinations, of which they are part `q`.
static void pack_lines(const pack_job *job, lines of, int first, int group, int block, int q) {
    float near[LANES * PITCH];
    const limn_direct_plan *plan = job->plan;
    bool gather = job->kind == LIMN_DIRECT_GATHER;
    int lanes = plan->source_lanes, width = gather ? 1 : LANES;
    size_t step = gather ? LANES : (size_t)(group * width);
    of = bring_near(job, of, near);
    for (int p = 0; p < plan->phases; p++) {
        const limn_direct_phase *phase = &plan->phase[p];
        size_t piece = direct_slab_floats(plan, job->kind, phase->taps, group);
        float *to = job->packed + direct_phase_floats(plan, job->kind, phase->first_tap) +
                    direct_slab_floats(plan, job->kind, phase->taps, first) +
                    piece / (size_t)plan->source_blocks * (size_t)block + q * LANES;
        for (int i = phase->first_tap; i < phase->first_tap + phase->taps; i++) {
            size_t tap = (size_t)(plan->tap_y[i] * job->kernel_w + plan->tap_x[i]);
            pack_tap(&of, tap, gather ? group : lanes, to, step);
            to += lanes * group * width;
        }
    }
}

// The weights of one source block and one group.
static void pack_block(const pack_job *job, int first, int group, int block) {
    const limn_direct_plan *plan = job->plan;
    int lanes = plan->source_lanes, sources = least(plan->source_channels - block * lanes, lanes);
    const float *from = job->w + (size_t)(block * lanes) * job->source_stride;
    if (job->kind == LIMN_DIRECT_GATHER) {
        from += (size_t)first * job->dest_stride;
        lines of = {from, job->dest_stride, job->source_stride, group, sources};
        pack_lines(job, of, first, group, block, 0);
        return;
    }
    for (int q = 0; q < group; q++) {
        int dest = (first + q) * LANES;
        lines of = {from + (size_t)dest * job->dest_stride, job->source_stride, job->dest_stride,
                    sources, least(plan->dest_channels - dest, LANES)};
        pack_lines(job, of, first, group, block, q);
    }
}

static void pack_body(void *context, int thread, int threads) {
    const pack_job *job = context;
    const limn_direct_plan *plan = job->plan;
    size_t begin, end;
    limn_share((size_t)plan->source_blocks, thread, threads, &begin, &end);
    for (size_t block = begin; block < end; block++)
        for (int g = 0; g < direct_groups(plan); g++) {
            int first = direct_group_begin(plan, g);
            pack_block(job, first, direct_group_begin(plan, g + 1) - first, (int)block);
        }
}

void NAME(limn_direct_pack)(const limn_conv *conv, limn_pass pass, limn_direct_kind kind,
                            const float *w, void *packed, int threads) {
    limn_direct_plan plan;
    limn_direct_plan_make(&plan, conv, pass, kind, &NAME(limn_direct_shape)[kind], threads);
    size_t taps = (size_t)conv->kh * (size_t)conv->kw, row = (size_t)conv->c * taps;
    bool data = pass == LIMN_PASS_DATA;
    pack_job job = {&plan, kind, w, packed, data ? taps : row, data ? row : taps, taps, conv->kw};
    limn_parallel(threads, pack_body, &job);
}
