// Kernels bound by memory: one read of each operand, one write, whatever is between costs nothing.
//
// They work on runs of elements in memory. A run of a blocked map is some pixels of one block of
// channels: element i belongs to lane i % lanes. A run of a plain map is some pixels of one
// channel: the same kernels serve it when every lane is given the same numbers. Elements are float
// or bf16.
#ifndef LIMN_DEVICE_MAP_H
#define LIMN_DEVICE_MAP_H

#include "base/cpu.h"
#include "device/conv.h"

enum { LIMN_LANES_MOST = 16 };

// One run of a norm, by lane:
//   forward   z = (x - mean) * scale + shift, out = act(z) + add
//   backward  dz = dy act'(z); sums: of dz and dz (x - mean); data: out = a dz + b (x - mean) + c
typedef struct limn_norm_run {
    limn_type type;           // of all maps: FLOAT or BF16
    bool at_once;             // the processor has an instruction for bf16 (LIMN_ISA_AVX512_BF16)
    size_t count;             // elements
    const void *x, *dy, *add; // add: a map, or NULL
    void *out;                // may be x or dy
    bool act;                 // z < 0 is multiplied by `slope`, which is in [0, 1]
    float slope;
    float mean[LIMN_LANES_MOST], scale[LIMN_LANES_MOST], shift[LIMN_LANES_MOST];
    float a[LIMN_LANES_MOST], b[LIMN_LANES_MOST], c[LIMN_LANES_MOST];
} limn_norm_run;

// One step of Adam over flat arrays (Kingma and Ba 2015, algorithm 1):
//   g' = scale g + decay p;  m = beta1 m + (1 - beta1) g';  v = beta2 v + (1 - beta2) g'^2
//   p -= rate m / (sqrt(v) / root + eps),  rate = lr / (1 - beta1^t), root = sqrt(1 - beta2^t)
typedef struct limn_adam_run {
    float scale, beta1, beta2, eps, decay, rate, root;
} limn_adam_run;

// Some pixels of two neighbouring blocks of channels of out = filters x, floats, blocked:
//   out[i][p] = sum over j of filters[j][i] x[j][p]
typedef struct limn_gram_run {
    const float *x, *filters; // filters: [blocks * lanes][2 * lanes]
    float *out;
    size_t stride; // floats from a block to the next, in x and in out
    size_t blocks, pixels;
    bool single; // there is no second block of `out`
} limn_gram_run;

// Two blocks of channels of each of two maps, from one pixel on.
typedef struct limn_gram_pair {
    const float *x[2], *y[2];
} limn_gram_pair;

typedef struct limn_map {
    int lanes;
    // The mean and the sum of squared distances from it, by lane, of the whole vectors in a run
    // (count / lanes of each); elements past the last whole vector are left out.
    void (*moments)(const void *x, limn_type type, size_t count, double *mean, double *squares);
    void (*norm)(const limn_norm_run *run);
    // Adds to sum[lane] and product[lane]. Elements past the last whole vector go to the first
    // lanes.
    void (*norm_sums)(const limn_norm_run *run, double *sum, double *product);
    void (*norm_data)(const limn_norm_run *run);
    // g[i][j] += the sum of a[p][i] b[p][j] over pixels of two blocks; g: lanes x lanes.
    void (*gram)(const float *a, const float *b, size_t pixels, float *g);
    // g[i][j] += the sum of x0[p][i] x1[p][j] - y0[p][i] y1[p][j]; g: lanes rows, `row` floats
    // apart.
    void (*gram_less)(const limn_gram_pair *of, size_t pixels, float *g, size_t row);
    void (*gram_data)(const limn_gram_run *run);

    // Flat arrays of `count` elements.
    double (*absolute_sum)(const float *x, size_t count);
    void (*signs)(float *x, size_t count, float factor); // x = factor, -factor or 0, by its sign
    double (*square_sum)(const float *x, size_t count);
    void (*adam)(const limn_adam_run *by, float *p, const float *g, float *m, float *v,
                 size_t count);
} limn_map;

// The kernels of an instruction set (AUTO: the best).
const limn_map *limn_map_for(limn_isa isa);

#endif
