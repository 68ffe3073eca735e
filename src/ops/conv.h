// Convolutions: three operators closed under differentiation.
#ifndef LIMN_OPS_CONV_H
#define LIMN_OPS_CONV_H

#include "device/conv.h"
#include "graph/graph.h"

typedef struct limn_conv2d_options {
    int stride;                   // 0: 1
    int pad;                      // on all four sides, unless one of the next is set
    int top, left, bottom, right; // asymmetric padding
    bool same;                    // TensorFlow's SAME: output ceil(n / stride), the odd one behind
    limn_border border;           // what the padding holds: zero, reflect, replicate
    int groups;                   // 0: 1
} limn_conv2d_options;

// y[n,k,i,j] = b[k] + sum_c,a,b x[n, c, i*s + a - top, j*s + b - left] w[k,c,a,b]
// x [n,c,h,w], w [k,c/groups,kh,kw], b [k] or NULL.
limn_node *limn_conv2d(limn_node *x, limn_node *w, limn_node *b, limn_conv2d_options options);

typedef struct limn_conv2d_transpose_options {
    int stride; // 0: 1
    int crop;   // rows and columns taken off on all sides ("padding" in PyTorch)
    int adjust; // rows and columns added at the end ("output_padding")
    bool same;  // TensorFlow's SAME: output n * stride
    int groups; // 0: 1
} limn_conv2d_transpose_options;

// The adjoint of conv2d in x: every x[n,k,i,j] adds w[k,c,:,:] x to y at row i*s, column j*s.
// x [n,k,h,w], w [k,c/groups,kh,kw], b [c] or NULL.
limn_node *limn_conv2d_transpose(limn_node *x, limn_node *w, limn_node *b,
                                 limn_conv2d_transpose_options options);

#endif
