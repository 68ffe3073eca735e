// What the three convolution operators share: their options, and the way to the fast kernels.
#ifndef LIMN_OPS_CONV_OP_H
#define LIMN_OPS_CONV_OP_H

#include "ops/op.h"

// conv2d:        inputs x, w [, bias] [, add]     conv2d_data: inputs dy, w [, bias]
// conv2d_weight: inputs x, dy
typedef struct conv_attr {
    limn_conv conv;
    bool bias; // the next input after w
    bool add;  // the last input: y = act(conv + bias) + add
    bool act;  // leaky relu of `slope` (relu: 0)
    float slope;
} conv_attr;

extern const limn_op limn_op_conv2d, limn_op_conv2d_data, limn_op_conv2d_weight;

limn_node *limn_conv2d_node(limn_node *x, limn_node *w, limn_node *bias, limn_node *add,
                            const conv_attr *attr);
limn_node *limn_conv2d_data(limn_node *dy, limn_node *w, limn_node *bias, const limn_conv *conv);
limn_node *limn_conv2d_weight(limn_node *x, limn_node *dy, const limn_conv *conv);

// relu or leaky relu behind a convolution that nothing else reads moves into it; else `node`. The
// same of an addition of a map of its shape.
limn_node *limn_conv_fold_act(limn_node *node, const int *uses, float slope);
limn_node *limn_conv_fold_add(limn_node *node, const int *uses);

// Moves padding and enlargement before a convolution into it: `x` is the convolution's first input.
// Changes conv and returns the node to read instead, or returns x.
limn_node *limn_conv_absorb(limn_node *x, limn_conv *conv, limn_pass pass);

// The gradient in x of padding and enlargement before a convolution, all in one, where nothing else
// reads what lies between: `node` is the resize_gradient. Or returns node.
limn_node *limn_conv_absorb_gradient(limn_node *node, const int *uses);

// The row of x that row `i` (before padding: i - top) stands for, or -1 for a zero.
int limn_border_index(limn_border border, int i, int size);

// Whether a fast kernel takes it.
bool limn_conv_is_fast(const limn_conv *conv, limn_pass pass);

// The kernels: of the fast convolutions that take the step's pass, the one that is said to be the
// fastest.
extern const limn_kernel limn_kernel_conv_forward, limn_kernel_conv_data, limn_kernel_conv_weight;

double limn_conv_flops(const limn_node *node);

#endif
