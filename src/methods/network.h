// A translation network as a file may hold it: how it is built, what pictures it takes.
#ifndef LIMN_METHODS_NETWORK_H
#define LIMN_METHODS_NETWORK_H

#include "nn/net.h"

// What differs between two networks of one kind, kept in the model file.
typedef struct limn_network_options {
    int width; // channels of the first convolution
    int scale; // output size / input size
} limn_network_options;

typedef struct limn_network {
    const char *name;           // as in the file's limn.network: "torch-examples"
    const char *method;         // "perceptual"
    const char *input, *output; // for the file: "rgb 0..255"
    int smallest;               // rows and columns it needs at least
    int multiple; // its output is the input rounded up to a multiple of this, times the scale
    int halo; // pixels of the input that one pixel of the output depends on, to each side; 0: on
              // all, so that the picture cannot be cut into tiles
    limn_network_options usual;
    int scales[3]; // those it can be built for, ended by 0
    // x [n,3,h,w], sRGB 0..255 -> the result, sRGB 0..255. Whoever draws in another range converts
    // inside.
    limn_node *(*build)(limn_net *net, limn_node *x, const limn_network_options *options);
} limn_network;

extern const limn_network limn_network_torch_examples, limn_network_johnson_in,
    limn_network_johnson_bn, limn_network_sr;

// For the help of options that name one.
#define LIMN_NETWORK_NAMES "torch-examples, johnson-in, johnson-bn or sr"

// By name; NULL when there is none. By position; NULL at the end.
const limn_network *limn_network_find(const char *name);
const limn_network *limn_network_at(int index);

#endif
