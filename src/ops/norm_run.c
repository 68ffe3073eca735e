// How the fast kernels of the norms walk over a map.
#include "ops/norm_run.h"

#include "base/threads.h"

#include <string.h>

enum {
    RUN = 16384, // elements: 64 kB of floats
    FEW = 8,     // pixels of a plain channel below which its vectors would be empty
    MANY = 64,   // and below which a map is better blocked
    ROOM = 2 * LIMN_LANES_MOST,
    WORTH = 16384, // elements that pay for waking a thread
};

const char *limn_norm_accept(limn_step *step, int x, unsigned maps, bool out_is_map) {
    limn_layout layout = LIMN_PLAIN;
    for (int i = 0; i < step->node->inputs; i++)
        if (maps >> i & 1 && step->in[i].layout == LIMN_BLOCKED) layout = LIMN_BLOCKED;
    const limn_shape *shape = &step->in[x].shape;
    int64_t pixels = limn_shape_count(shape) / (shape->dim[0] * shape->dim[1]);
    bool small = pixels < MANY && shape->rank == 4 && shape->dim[1] >= limn_isa_lanes(step->isa);
    if (small) layout = LIMN_BLOCKED; // putting it in order costs less than a strip a channel
    if (layout == LIMN_PLAIN && pixels < FEW) return "too few pixels";
    bool half = step->fast && layout == LIMN_BLOCKED && step->in[x].type == LIMN_BF16;
    limn_type type = half ? LIMN_BF16 : LIMN_FLOAT;
    for (int i = 0; i < step->node->inputs; i++) {
        bool map = maps >> i & 1;
        step->in[i].layout = map ? layout : LIMN_PLAIN;
        step->in[i].type = map ? type : LIMN_FLOAT;
    }
    if (!out_is_map) return NULL;
    step->out.layout = layout;
    step->out.type = type;
    return NULL;
}

// How the map `x` of the step is cut.
static norm_job cut(const limn_step *step, int x, const limn_shape *moments) {
    const limn_tensor *of = &step->in[x];
    norm_job job = {.step = step, .map = limn_map_for(step->isa), .x = x, .dy = -1, .add = -1};
    job.groups = limn_norm_groups(&of->shape, moments);
    job.lanes = of->layout == LIMN_BLOCKED ? (size_t)job.map->lanes : 1;
    job.blocks = (job.groups.c + job.lanes - 1) / job.lanes;
    job.strips = job.groups.n * job.blocks;
    job.elements = job.groups.pixels * job.lanes;
    job.runs = (job.elements + RUN - 1) / RUN;
    return job;
}

void limn_norm_scratch(limn_step *step, int x, bool results, size_t more) {
    norm_job job = cut(step, x, &(limn_shape){3, {1, 1, 2}});
    size_t doubles = (results ? job.strips * job.runs * ROOM : 0) + more;
    step->scratch_bytes = doubles * sizeof(double);
}

norm_job limn_norm_job(const limn_step *step, int x, const limn_shape *moments, bool results) {
    norm_job job = cut(step, x, moments);
    if (results) job.results = step->scratch;
    job.more = (double *)step->scratch + (results ? job.strips * job.runs * ROOM : 0);
    return job;
}

size_t limn_norm_run_size(const norm_job *job, size_t run) {
    size_t left = job->elements - run * RUN;
    return left < RUN ? left : RUN;
}

// The numbers of all lanes of a strip; those past the last channel are zero and stay so.
static void fill_lanes(const norm_job *job, size_t strip, limn_norm_run *run) {
    size_t n = strip / job->blocks, first = strip % job->blocks * job->lanes;
    float *const all[] = {run->mean, run->scale, run->shift, run->a, run->b, run->c};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) memset(all[i], 0, sizeof run->mean);
    for (size_t l = 0; l < job->lanes && first + l < job->groups.c; l++)
        job->numbers(job, n, first + l, l, run);
    if (job->lanes > 1) return;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) // plain: every lane is this channel
        for (size_t l = 1; l < LIMN_LANES_MOST; l++) all[i][l] = all[i][0];
}

static void set_pointers(const norm_job *job, size_t strip, size_t index, limn_norm_run *run) {
    const limn_step *step = job->step;
    size_t at = (strip * job->elements + index * RUN) * limn_type_bytes(run->type);
    run->count = limn_norm_run_size(job, index);
    run->x = (const char *)step->in[job->x].data + at;
    run->dy = job->dy < 0 ? NULL : (const char *)step->in[job->dy].data + at;
    run->add = job->add < 0 ? NULL : (const char *)step->in[job->add].data + at;
    run->out = (char *)step->out.data + at; // only used where the output is a map
}

static void do_runs(void *context, int thread, int threads) {
    const norm_job *job = context;
    size_t begin, end, filled = SIZE_MAX;
    limn_share(job->strips * job->runs, thread, threads, &begin, &end);
    limn_norm_run run = {.type = job->step->in[job->x].type,
                         .at_once = job->step->isa >= LIMN_ISA_AVX512_BF16};
    if (job->operands.attr) {
        run.act = job->operands.attr->act;
        run.slope = (float)job->operands.attr->slope;
    }
    for (size_t i = begin; i < end; i++) {
        size_t strip = i / job->runs;
        if (job->numbers && strip != filled) fill_lanes(job, strip, &run);
        filled = strip;
        set_pointers(job, strip, i % job->runs, &run);
        job->work(job, &run, job->results ? job->results + i * ROOM : NULL);
    }
}

void limn_norm_do(const norm_job *job) {
    size_t threads = job->strips * job->elements / WORTH + 1;
    if (threads > (size_t)job->step->threads) threads = (size_t)job->step->threads;
    limn_parallel((int)threads, do_runs, (void *)(uintptr_t)job);
}

const double *limn_norm_result(const norm_job *job, size_t n, size_t c, size_t run, size_t *lane) {
    *lane = c % job->lanes;
    size_t strip = n * job->blocks + c / job->lanes;
    return job->results + (strip * job->runs + run) * ROOM;
}
