// What every fast convolution kernel is told, and how it is found.
//
// Three passes over one description, the forward convolution
//
//   y[n,k,i,j] = sum_c,a,b  X[n, c, i*stride_y + a - top, j*stride_x + b - left] * w[k,c,a,b]
//
// where X is x continued past its edges by the border rule (and, with `upsample`, enlarged twice by
// nearest neighbour before that):
//
//   FORWARD  y from x and w, then the tail
//   DATA     dx from dy and w (the adjoint in x), then the tail; border zero, unless `upsample`
//   WEIGHT   dw from x and dy (the adjoint in w)
//
// Maps are "blocked" (nChwLc: [n][ceil(c/L)][h][w][L], L lanes of the instruction set, lanes past
// the last channel zero on reading and on writing) or "plain" (nchw); a kernel says which it takes.
// Weights are plain [k][c/groups][kh][kw]; WEIGHT writes them so. Sums are float32.
#ifndef LIMN_DEVICE_CONV_H
#define LIMN_DEVICE_CONV_H

#include "base/cpu.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum limn_border {
    LIMN_BORDER_ZERO,
    LIMN_BORDER_REFLECT,
    LIMN_BORDER_REPLICATE
} limn_border;
typedef enum limn_pass { LIMN_PASS_FORWARD, LIMN_PASS_DATA, LIMN_PASS_WEIGHT } limn_pass;

// How the elements of a map are stored. bf16: the upper half of a float32, rounded to nearest even.
typedef enum limn_type { LIMN_FLOAT, LIMN_BF16, LIMN_DOUBLE } limn_type;

typedef struct limn_conv {
    int n, c, h, w; // input: pictures, channels, rows, columns (before `upsample`)
    int k, oh, ow;  // output: channels, rows, columns
    int kh, kw;     // kernel
    int stride_y, stride_x;
    int groups;    // c and k are multiples of it
    int top, left; // padding before the first row and column; what follows is implied by oh, ow
    limn_border border;
    bool upsample; // nearest x2 before the padding
} limn_conv;

// What happens to each output element before it is stored: y = act(y + bias) + add.
typedef struct limn_tail {
    const float *bias; // a value a channel, or NULL
    bool act;          // x < 0 is multiplied by `slope` (0: relu, 0.2: leaky relu)
    float slope;
    const void *add; // a map like the output (same layout and type), or NULL
} limn_tail;

typedef struct limn_conv_call {
    const limn_conv *conv;
    limn_pass pass;
    int threads;
    const void *x;            // FORWARD: x; DATA: dy; WEIGHT: x
    const void *dy;           // WEIGHT only
    const void *packed;       // what `pack` made of the weights (FORWARD, DATA)
    void *y;                  // FORWARD: y; DATA: dx; WEIGHT: dw, plain float
    limn_type x_type, y_type; // FLOAT or BF16; WEIGHT: the types of x and dy, dw is FLOAT
    limn_tail tail;
    void *scratch; // of `scratch_bytes`, aligned to 64, contents undefined
} limn_conv_call;

// What a kernel does for a problem; and what one of each takes it, in nanoseconds.
typedef struct limn_conv_cost {
    double products; // multiply-adds, of padding and idle lanes too
    double moved;    // floats of maps and their transforms, read and written
    double filters;  // floats of filters as the kernel has them: made by `pack`, or made into dw
} limn_conv_cost;

typedef struct limn_conv_kernel {
    const char *name;      // "winograd f4x4"
    bool plain_x, plain_y; // layout of the call's x and y; blocked otherwise (for WEIGHT: x, dy)
    bool approximate;      // rounding error above 3e-5 of the largest output: `fast` only
    // Why this kernel does not take the problem (a few words for --explain), or NULL when it does.
    const char *(*decline)(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y);
    size_t (*packed_bytes)(const limn_conv *conv, limn_pass pass);
    size_t (*scratch_bytes)(const limn_conv *conv, limn_pass pass, int threads);
    void (*pack)(const limn_conv *conv, limn_pass pass, const float *w, void *packed, int threads);
    void (*run)(const limn_conv_call *call);
    limn_conv_cost (*cost)(const limn_conv *conv, limn_pass pass); // of one thread
    // Of FORWARD and DATA, of WEIGHT: conv_rates.h. The second row is of LIMN_ISA_AVX512_BF16.
    limn_conv_cost rates[2][2];
} limn_conv_kernel;

// The time that a kernel will take for a problem that it does not decline, as measured on the
// machines where conv_rates.h was made: the same on every machine with these instructions. Packing
// counts, also where a run needs none, so that choices are the same for a network that is trained
// and for one that is used, and with them every bit of its results. Only networks that are never
// trained, as loss networks are, have filters of LIMN_PACKED_ONCE: of these a part of packing
// counts.
typedef enum limn_packing { LIMN_PACKED_EACH_TIME, LIMN_PACKED_ONCE } limn_packing;
double limn_conv_seconds(const limn_conv_kernel *kernel, limn_isa isa, const limn_conv *conv,
                         limn_pass pass, limn_packing packing);

// How much of that time `pack` takes where each run packs anew, 0..1; 1 where there is no
// prediction. FORWARD and DATA.
double limn_conv_pack_share(const limn_conv_kernel *kernel, limn_isa isa, const limn_conv *conv,
                            limn_pass pass);

// Whether a kernel of so many seconds is taken in the place of one that comes before it:
// predictions are no nearer than that, and of the Winograd kernels the first rounds least.
static inline bool limn_conv_is_faster(double seconds, double than) {
    return seconds < 0.9 * than;
}

// The kernels for an instruction set by number; NULL at the end.
const limn_conv_kernel *limn_conv_kernel_at(limn_isa isa, int index);

#endif
