// Building networks: a graph, the store its parameters live in, and the layers that join them.
#ifndef LIMN_NN_NET_H
#define LIMN_NN_NET_H

#include "nn/store.h"
#include "ops/ops.h"
#include "plan/plan.h"

// One graph over one store. A method builds several of these over the same store, one for each
// kind of step. Starts as {.graph = limn_graph_new(), .store = &store}. Both are borrowed: a second
// net on the same graph holds a loss network's frozen parameters.
typedef struct limn_net {
    limn_graph *graph;
    limn_store *store;
    limn_changes changes; // of its parameters; those of a loss network are never trained
    bool training; // batch norm takes the statistics of the batch; may change between two networks
    limn_node **node; // by parameter index: its input in this graph, or NULL
    int size;
    struct limn_kept { // values to be put back into a parameter after a run: running statistics
        int parameter;
        limn_node *value;
    } * kept;
    int kept_count;
} limn_net;

void limn_net_free(limn_net *net); // neither graph nor store
// Multiply-accumulates of what its graph holds, as the operators count them.
double limn_net_macs(const limn_net *net);

// The node of a parameter in this graph; the name is printf-like. Prefixes are written with dots.
limn_node *limn_weight(limn_net *net, limn_shape shape, limn_init init, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
limn_node *limn_buffer(limn_net *net, limn_shape shape, limn_init init, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Binds every parameter of the net in a plan; `frozen` where the values will not change.
void limn_net_bind(const limn_net *net, limn_plan *plan, bool frozen);

// Layers: parameters NAME.weight and NAME.bias in PyTorch's shapes and, unless said otherwise,
// PyTorch's first values: uniform in +-1/sqrt(fan in).
typedef struct limn_layer_options {
    limn_conv2d_options conv;
    limn_init init; // of the weight; of another than the usual kind, biases begin at 0
    bool no_bias;
} limn_layer_options;

// x [n,c,h,w] -> [n,out,h',w'] with a kernel of size x size.
limn_node *limn_conv_layer(limn_net *net, limn_node *x, int out, int size,
                           limn_layer_options options, const char *name);

typedef struct limn_up_options {
    limn_conv2d_transpose_options conv;
    limn_init init;
    bool no_bias;
} limn_up_options;

// The transposed convolution: NAME.weight [c, out, size, size].
limn_node *limn_up_layer(limn_net *net, limn_node *x, int out, int size, limn_up_options options,
                         const char *name);

// Instance norm with NAME.weight (ones) and NAME.bias (zeros), eps 1e-5, biased variance.
limn_node *limn_instance_layer(limn_net *net, limn_node *x, const char *name);
// Batch norm, in addition NAME.running_mean and NAME.running_var: running += momentum * (batch -
// running) with the unbiased (PyTorch) or biased variance. A layer that is built twice into one
// graph (a discriminator, on fakes and on reals) has the statistics of each batch apart, and moves
// its running ones twice, in the order of building.
typedef struct limn_batch_norm_options {
    double momentum; // usually 0.1; 0: they stay
    bool biased;     // the running variance is the biased one
    limn_init scale; // usual: ones
    bool no_scale;   // it is 1, and no parameter
    double eps;      // 0: 1e-5
} limn_batch_norm_options;
limn_node *limn_batch_layer(limn_net *net, limn_node *x, limn_batch_norm_options options,
                            const char *name);

// y [n,out] of x [n,in]: NAME.weight [out,in], NAME.bias [out].
limn_node *limn_linear_layer(limn_net *net, limn_node *x, int out, limn_init init, bool bias,
                             const char *name);

#endif
