// What max and min share: y = the better of the values over a run of neighbouring axes. The file
// that includes this defines OP_NAME, OP_SELF (its limn_op) and BETTER(a, b).
#include "ops/isa.h"
#include "ops/reduce.h"

#define EXTREME_PLAIN(name) OP_PLAIN(name)

EXTREME_PLAIN(OP_NAME) {
    limn_run run = limn_reduce_run(step);
    const real *x = step->in[0].data;
    real *y = step->out.data;
    for (size_t o = 0; o < run.outer; o++)
        for (size_t i = 0; i < run.inner; i++) {
            real best = x[o * run.count * run.inner + i];
            for (size_t r = 1; r < run.count; r++)
                best = BETTER(best, x[(o * run.count + r) * run.inner + i]);
            y[o * run.inner + i] = best;
        }
}

#ifndef OP_DOUBLE

extern const limn_op OP_SELF;

// The mask of the best elements times dy.
static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    (void)wanted;
    dx[0] = limn_mul(limn_equal(node->input[0], node), dy);
}

// Pieces are the outer axes: enough of them for maps, few for one vector.
INLINE void pieces_body(const limn_step *step, size_t begin, size_t end) {
    limn_run run = limn_reduce_run(step);
    for (size_t o = begin; o < end; o++) {
        const float *x = (const float *)step->in[0].data + o * run.count * run.inner;
        float *y = (float *)step->out.data + o * run.inner;
        if (run.inner == 1) {
            float best[16];
            size_t r = 0;
            for (int j = 0; j < 16; j++) best[j] = *x;
            for (; r + 16 <= run.count; r += 16) {
#pragma omp simd
                for (int j = 0; j < 16; j++) best[j] = BETTER(best[j], x[r + (size_t)j]);
            }
            for (; r < run.count; r++) best[0] = BETTER(best[0], x[r]);
            for (int j = 1; j < 16; j++) best[0] = BETTER(best[0], best[j]);
            *y = best[0];
            continue;
        }
        for (size_t i = 0; i < run.inner; i++) y[i] = x[i];
        for (size_t r = 1; r < run.count; r++) {
            x += run.inner;
#pragma omp simd
            for (size_t i = 0; i < run.inner; i++) y[i] = BETTER(y[i], x[i]);
        }
    }
}
VERSIONS(pieces)

static void run(const limn_step *step) {
    limn_run run = limn_reduce_run(step);
    limn_do_parts(step, pieces, run.outer, run.outer * run.count * run.inner);
}

static const char *accept(limn_step *step) {
    return limn_reduce_accept(step, false);
}

static const limn_kernel kernel = {.name = "rows", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

static limn_node *all(limn_node *const *in) {
    return limn_reduce(&OP_SELF, in[0], LIMN_ALL_AXES, LIMN_DROP);
}
static limn_node *spatial(limn_node *const *in) {
    return limn_reduce(&OP_SELF, in[0], LIMN_SPATIAL, LIMN_KEEP);
}
static limn_node *channels(limn_node *const *in) {
    return limn_reduce(&OP_SELF, in[0], LIMN_AXIS(1), LIMN_KEEP);
}
static limn_node *pictures(limn_node *const *in) {
    return limn_reduce(&OP_SELF, in[0], LIMN_AXIS(0), LIMN_KEEP);
}
static limn_node *no_axis(limn_node *const *in) {
    return limn_reduce(&OP_SELF, in[0], LIMN_AXIS(5), LIMN_KEEP);
}

static const limn_case cases[] = {
    {.what = "all", .build = all, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "all, full channels", .build = all, .inputs = 1, .input = {{4, {2, 16, 7, 9}}}},
    {.what = "pixels", .build = spatial, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "channels", .build = channels, .inputs = 1, .input = {{4, {2, 5, 7, 9}}}},
    {.what = "pictures", .build = pictures, .inputs = 1, .input = {{4, {3, 5, 7, 9}}}},
    {.what = "no such axis",
     .build = no_axis,
     .inputs = 1,
     .input = {{4, {2, 5, 7, 9}}},
     .mistake = "axes 5 to 5 are to go, and it has 4"},
    {0},
};

#endif
