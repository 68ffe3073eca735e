// Operators that are neither convolutions nor normalisations, as functions that build nodes.
//
// Shapes at the end of a line. "Broadcast": sizes are lined up from the last axis on; a missing or
// single one is repeated (NumPy's rule). Mistakes are remembered by the graph: graph/graph.h.
#ifndef LIMN_OPS_BASIC_H
#define LIMN_OPS_BASIC_H

#include "device/conv.h"
#include "graph/graph.h"

// ---- one value to one value ----

limn_node *limn_relu(limn_node *x);                     // max(x, 0)
limn_node *limn_leaky_relu(limn_node *x, double slope); // x > 0 ? x : slope x, slope in [0, 1]
// x > 0 ? x : slopes x.  x [n,c,...], slopes [c] or [1]
limn_node *limn_prelu(limn_node *x, limn_node *slopes);
limn_node *limn_tanh(limn_node *x);
limn_node *limn_sigmoid(limn_node *x);            // 1 / (1 + exp(-x))
limn_node *limn_silu(limn_node *x);               // x / (1 + exp(-x))
limn_node *limn_gate(limn_node *x, limn_node *f); // (x + f) (sigmoid(x) - 1/2), of equal shapes
limn_node *limn_softplus(limn_node *x);           // log(1 + exp(x))
limn_node *limn_exp(limn_node *x);
limn_node *limn_log(limn_node *x);
limn_node *limn_sqrt(limn_node *x);
limn_node *limn_abs(limn_node *x);
limn_node *limn_square(limn_node *x);
limn_node *limn_clamp(limn_node *x, double low, double high); // min(max(x, low), high)
limn_node *limn_affine(limn_node *x, double a, double b);     // a x + b
limn_node *limn_scale(limn_node *x, double a);                // a x
limn_node *limn_sign(limn_node *x);                           // -1, 0, 1; no gradient
limn_node *limn_inside(limn_node *x, double low,
                       double high);         // low < x < high ? 1 : 0; no gradient
limn_node *limn_stop_gradient(limn_node *x); // x; no gradient passes

// ---- two values to one, broadcast ----

limn_node *limn_add(limn_node *a, limn_node *b);
limn_node *limn_sub(limn_node *a, limn_node *b); // a - b
limn_node *limn_mul(limn_node *a, limn_node *b);
limn_node *limn_div(limn_node *a, limn_node *b);     // a / b
limn_node *limn_greater(limn_node *a, limn_node *b); // a > b ? 1 : 0; no gradient
limn_node *limn_equal(limn_node *a, limn_node *b);   // a == b ? 1 : 0; no gradient
// dy s (1 + x (1 - s)), s = sigmoid(x): the gradient of silu.
limn_node *limn_silu_gradient(limn_node *x, limn_node *dy);
// y > 0 ? dy : slope dy, where y is the OUTPUT of (leaky) relu: what its gradient is made of.
limn_node *limn_relu_gradient(limn_node *y, limn_node *dy, double slope);

// ---- over axes ----

// A set of axes, counted from 0: limn_sum(x, LIMN_AXIS(2) | LIMN_AXIS(3), LIMN_KEEP).
#define LIMN_AXIS(i) (1u << (i))
#define LIMN_SPATIAL (LIMN_AXIS(2) | LIMN_AXIS(3)) // h and w of [n,c,h,w]
#define LIMN_ALL_AXES (~0u)

// Whether an axis that was summed over stays, with size 1, or goes.
typedef enum limn_axes { LIMN_DROP, LIMN_KEEP } limn_axes;

limn_node *limn_sum(limn_node *x, unsigned axes, limn_axes keep);
limn_node *limn_mean(limn_node *x, unsigned axes, limn_axes keep);
limn_node *limn_max(limn_node *x, unsigned axes,
                    limn_axes keep); // equal largest: each gets all of dy
limn_node *limn_min(limn_node *x, unsigned axes, limn_axes keep);
// scale * the sum over all elements of (a - b)^2 or |a - b|, [1], in one pass; b has a's shape or
// is a number.
typedef enum limn_distance_form { LIMN_SQUARES, LIMN_ABSOLUTE } limn_distance_form;
limn_node *limn_distance(limn_node *a, limn_node *b, limn_distance_form form, double scale);
limn_node *limn_distance_to(limn_node *a, double b, limn_distance_form form, double scale);
// The same of each picture of a, [n,...], and picture (i + turn) modulo n of b, [n].
limn_node *limn_distances(limn_node *a, limn_node *b, int64_t turn, limn_distance_form form,
                          double scale);
// Half the sum of squared differences to the right and the lower neighbour, without the last row
// and column, not divided by anything, [1] (as the official code of Johnson et al. has it).  x
// [n,c,h,w]
limn_node *limn_total_variation(limn_node *x);
limn_node *limn_broadcast_to(limn_node *x, limn_shape shape);
// The adjoint of broadcast_to: sums over the axes that were repeated.
limn_node *limn_sum_to(limn_node *x, limn_shape shape);
limn_node *limn_softmax(limn_node *x, int axis);     // exp(x) / sum exp(x)
limn_node *limn_log_softmax(limn_node *x, int axis); // x - log sum exp(x)
// x / max(|x|, floor) where |x| is the length along the axis; floor > 0.
limn_node *limn_l2_normalise(limn_node *x, int axis, double floor);

// ---- pictures [n,c,h,w] ----

typedef struct limn_pool_options {
    int kernel, stride; // rows and columns alike; stride 0: kernel
    int pad;            // on all sides, below kernel; never wins a maximum
    bool ceil;          // the last window may reach past the padding (at least one element in it)
    bool count_padding; // average: divide by kernel * kernel in the padding too
} limn_pool_options;
limn_node *limn_max_pool(limn_node *x, limn_pool_options options);
limn_node *limn_average_pool(limn_node *x, limn_pool_options options);

// G[n,i,j] = sum_hw x[n,i,h,w] x[n,j,h,w] / (c h w)   x [n,c,h,w] -> [n,c,c]
limn_node *limn_gram(limn_node *x);
// The mean over i, j of |gram(x) - gram(y)|, of each picture; x, y [n,c,h,w] -> [n]
limn_node *limn_gram_distance(limn_node *x, limn_node *y);
// x / max(|x|, floor), |x| the length over all pixels of a channel of a picture; floor > 0.
limn_node *limn_unit_planes(limn_node *x, double floor);

typedef enum limn_resize_mode {
    LIMN_NEAREST,               // row i of the result is row floor(i h / oh)
    LIMN_BILINEAR_HALF_PIXEL,   // pixel centres at halves (align_corners=False)
    LIMN_BILINEAR_ALIGN_CORNERS // first on first, last on last
} limn_resize_mode;
limn_node *limn_resize(limn_node *x, int height, int width, limn_resize_mode mode);
limn_node *limn_upsample_nearest(limn_node *x, int factor); // [n,c,h,w] -> [n,c,h f,w f]
limn_node *limn_pixel_shuffle(limn_node *x, int factor);    // [n,c f f,h,w] -> [n,c,h f,w f]

typedef struct limn_pad_options {
    int pad; // on all four sides, unless one of the next is set
    int top, left, bottom, right;
    limn_border border; // what it holds: zero, reflect (edge not repeated), replicate
} limn_pad_options;
limn_node *limn_pad(limn_node *x, limn_pad_options options);
limn_node *limn_crop(limn_node *x, int top, int left, int height, int width);

// ---- shape and order ----

// Elements start[i] .. start[i] + size[i] - 1 of every axis; arrays of x's rank.
limn_node *limn_slice(limn_node *x, const int64_t *start, const int64_t *size);
// The part start .. start + size - 1 of one axis, all of the others.
limn_node *limn_slice_axis(limn_node *x, int axis, int64_t start, int64_t size);
// The adjoint of slice: zeros of `shape`, with x at `start`.
limn_node *limn_place(limn_node *x, const int64_t *start, limn_shape shape);
limn_node *limn_concat(limn_node *const *x, int count, int axis); // up to LIMN_MAX_INPUTS
limn_node *limn_reshape(limn_node *x, limn_shape shape);   // same elements; one size may be -1
limn_node *limn_transpose(limn_node *x, const int *order); // axis i of the result is axis order[i]
// Rows of a table by number: table [rows,d...], index [i...] (whole numbers) -> [i...,d...].
limn_node *limn_gather(limn_node *table, limn_node *index);
// The adjoint of gather: row r is the sum of those dy whose index is r. -> [rows,d...]
limn_node *limn_scatter_add(limn_node *index, limn_node *dy, int64_t rows);
limn_node *limn_one_hot(limn_node *index, int64_t classes); // [i...] -> [i...,classes]; no gradient

// ---- products ----

typedef struct limn_matmul_options {
    bool transpose_a, transpose_b; // the last two axes are swapped first
} limn_matmul_options;
// a [...,m,k] b [...,k,n] -> [...,m,n]; leading axes equal, or b of rank 2 serves all.
limn_node *limn_matmul(limn_node *a, limn_node *b, limn_matmul_options options);
limn_node *limn_linear(limn_node *x, limn_node *w, limn_node *b); // x [...,i] w [o,i] b [o] or NULL

// ---- from nothing ----

limn_node *limn_fill(limn_graph *graph, limn_shape shape, double value);
// Other numbers in every step: limn_plan_seed.
limn_node *limn_noise_normal(limn_graph *graph, limn_shape shape, double mean, double deviation);

#endif
