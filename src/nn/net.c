// Parameters in a graph, and the layers made of them.
#include "nn/net.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void limn_net_free(limn_net *net) {
    free(net->node);
    free(net->kept);
    *net = (limn_net){0};
}

double limn_net_macs(const limn_net *net) {
    double flops = 0;
    for (int i = 0; i < limn_graph_size(net->graph); i++) {
        limn_node *node = limn_graph_node(net->graph, i);
        if (node->op->flops) flops += node->op->flops(node);
    }
    return flops / 2;
}

static limn_node *parameter(limn_net *net, limn_shape shape, limn_init init, bool buffer,
                            const char *name) {
    // The shapes of what is built on a mistake are none.
    if (limn_graph_check(net->graph)) return limn_graph_broken(net->graph);
    int index = limn_store_add(net->store, name, shape, init, buffer);
    if (index < 0) return limn_graph_fail(net->graph, net->store->status, net->store->mistake);
    if (index >= net->size) {
        int size = 2 * index + 32;
        limn_node **more = realloc(net->node, (size_t)size * sizeof *more);
        if (!more)
            return limn_graph_fail(net->graph, LIMN_MEMORY, "there is no memory for parameters");
        for (int i = net->size; i < size; i++) more[i] = NULL;
        net->node = more;
        net->size = size;
    }
    if (!net->node[index]) net->node[index] = limn_input(net->graph, name, shape);
    net->node[index]->changes = net->changes;
    return net->node[index];
}

static void print_name(char name[256], const char *format, va_list list) {
    vsnprintf(name, 256, format, list);
}

limn_node *limn_weight(limn_net *net, limn_shape shape, limn_init init, const char *format, ...) {
    char name[256];
    va_list list;
    va_start(list, format);
    print_name(name, format, list);
    va_end(list);
    return parameter(net, shape, init, false, name);
}

limn_node *limn_buffer(limn_net *net, limn_shape shape, limn_init init, const char *format, ...) {
    char name[256];
    va_list list;
    va_start(list, format);
    print_name(name, format, list);
    va_end(list);
    return parameter(net, shape, init, true, name);
}

// The value that a buffer will have after the run, or NULL: it stays.
static limn_node **kept_value(limn_net *net, const limn_node *node) {
    for (int i = 0; i < net->kept_count; i++)
        if (net->node[net->kept[i].parameter] == node) return &net->kept[i].value;
    return NULL;
}

// Room is a power of two.
static bool has_room_to_keep(limn_net *net) {
    if (net->kept_count & (net->kept_count - 1)) return true;
    size_t room = net->kept_count ? 2 * (size_t)net->kept_count : 1;
    struct limn_kept *more = realloc(net->kept, room * sizeof *more);
    if (more) net->kept = more;
    return more != NULL;
}

// After each run of a training plan, `value` is copied into the buffer `node`. What is kept later
// takes the place of what was kept before.
static void keep(limn_net *net, limn_node *node, limn_node *value) {
    limn_node **before = kept_value(net, node);
    if (before) {
        *before = value;
        return;
    }
    for (int i = 0; i < net->size; i++) {
        if (net->node[i] != node) continue;
        if (has_room_to_keep(net))
            net->kept[net->kept_count++] = (struct limn_kept){i, value};
        else
            limn_graph_fail(net->graph, LIMN_MEMORY, "there is no memory for parameters");
        return;
    }
}

void limn_net_bind(const limn_net *net, limn_plan *plan, bool frozen) {
    for (int i = 0; i < net->size; i++)
        if (net->node[i])
            limn_plan_bind(plan, net->node[i],
                           net->store->values + net->store->parameters[i].offset, frozen);
}

// How many numbers are summed, and how many sums one number goes into.
typedef struct fans {
    double in, out;
} fans;

static limn_init uniform_within(double bound) {
    return (limn_init){LIMN_INIT_UNIFORM, (float)-bound, (float)bound};
}
static limn_init normal_of(double variance) {
    return (limn_init){LIMN_INIT_NORMAL, 0, (float)sqrt(variance)};
}

// The numbers of a kind that depends on the layer; usual is what PyTorch has.
static limn_init weight_init(limn_init init, fans fan) {
    switch (init.kind) {
    case LIMN_INIT_USUAL: return uniform_within(1 / sqrt(fan.in));
    case LIMN_INIT_GLOROT_UNIFORM: return uniform_within(sqrt(6 / (fan.in + fan.out)));
    case LIMN_INIT_GLOROT_NORMAL: return normal_of(2 / (fan.in + fan.out));
    case LIMN_INIT_HE_NORMAL: return normal_of(2 / fan.in);
    default: return init;
    }
}

static limn_init bias_init(limn_init init, fans fan) {
    return init.kind == LIMN_INIT_USUAL ? weight_init(init, fan) : (limn_init){LIMN_INIT_ZERO};
}

limn_node *limn_conv_layer(limn_net *net, limn_node *x, int out, int size,
                           limn_layer_options options, const char *name) {
    int groups = options.conv.groups ? options.conv.groups : 1;
    int64_t in = x->shape.dim[1] / groups;
    fans fan = {(double)in * size * size, (double)out / groups * size * size};
    limn_node *w = limn_weight(net, LIMN_SHAPE(out, in, size, size), weight_init(options.init, fan),
                               "%s.weight", name);
    limn_node *b = NULL;
    if (!options.no_bias)
        b = limn_weight(net, LIMN_SHAPE(out), bias_init(options.init, fan), "%s.bias", name);
    return limn_named(limn_conv2d(x, w, b, options.conv), "%s", name);
}

limn_node *limn_up_layer(limn_net *net, limn_node *x, int out, int size, limn_up_options options,
                         const char *name) {
    int64_t in = x->shape.dim[1]; // PyTorch takes the weight's second axis for what comes in
    fans fan = {(double)out * size * size, (double)in * size * size};
    limn_node *w = limn_weight(net, LIMN_SHAPE(in, out, size, size), weight_init(options.init, fan),
                               "%s.weight", name);
    limn_node *b = NULL;
    if (!options.no_bias)
        b = limn_weight(net, LIMN_SHAPE(out), bias_init(options.init, fan), "%s.bias", name);
    return limn_named(limn_conv2d_transpose(x, w, b, options.conv), "%s", name);
}

limn_node *limn_instance_layer(limn_net *net, limn_node *x, const char *name) {
    limn_shape channels = LIMN_SHAPE(x->shape.dim[1]);
    limn_node *gamma = limn_weight(net, channels, (limn_init){LIMN_INIT_ONE}, "%s.weight", name);
    limn_node *beta = limn_weight(net, channels, (limn_init){LIMN_INIT_ZERO}, "%s.bias", name);
    return limn_named(limn_instance_norm(x, gamma, beta, 1e-5), "%s", name);
}

// running + momentum (batch - running); `row` 0 of the moments is the mean, 1 the variance.
static void keep_running(limn_net *net, limn_node *running, limn_node *moments, int row,
                         double momentum, double correction) {
    int64_t channels = running->shape.dim[0];
    limn_node *now = limn_slice_axis(moments, 2, row, 1);
    now = limn_reshape(now, LIMN_SHAPE(channels));
    limn_node **moved = kept_value(net, running);
    limn_node *sum = limn_add(limn_scale(moved ? *moved : running, 1 - momentum),
                              limn_scale(now, momentum * correction));
    keep(net, running, sum);
}

limn_node *limn_batch_layer(limn_net *net, limn_node *x, limn_batch_norm_options options,
                            const char *name) {
    limn_shape channels = LIMN_SHAPE(x->shape.dim[1]);
    limn_init scale =
        options.scale.kind == LIMN_INIT_USUAL ? (limn_init){LIMN_INIT_ONE} : options.scale;
    limn_init one = {LIMN_INIT_ONE}, zero = {LIMN_INIT_ZERO};
    double eps = options.eps ? options.eps : 1e-5;
    limn_node *gamma = NULL;
    if (!options.no_scale) gamma = limn_weight(net, channels, scale, "%s.weight", name);
    limn_node *beta = limn_weight(net, channels, zero, "%s.bias", name);
    limn_node *mean = limn_buffer(net, channels, zero, "%s.running_mean", name);
    limn_node *variance = limn_buffer(net, channels, one, "%s.running_var", name);
    if (!net->training)
        return limn_named(limn_batch_norm_test(x, gamma, beta, mean, variance, eps), "%s", name);
    limn_node *moments;
    limn_node *y = limn_batch_norm(x, gamma, beta, eps, &moments);
    double count = (double)limn_shape_count(&x->shape) / (double)x->shape.dim[1];
    double unbiased = options.biased || count < 2 ? 1 : count / (count - 1);
    keep_running(net, mean, moments, 0, options.momentum, 1);
    keep_running(net, variance, moments, 1, options.momentum, unbiased);
    return limn_named(y, "%s", name);
}

limn_node *limn_linear_layer(limn_net *net, limn_node *x, int out, limn_init init, bool bias,
                             const char *name) {
    fans fan = {(double)x->shape.dim[1], out};
    limn_node *w = limn_weight(net, LIMN_SHAPE(out, x->shape.dim[1]), weight_init(init, fan),
                               "%s.weight", name);
    limn_node *b = NULL;
    if (bias) b = limn_weight(net, LIMN_SHAPE(out), bias_init(init, fan), "%s.bias", name);
    return limn_named(limn_linear(x, w, b), "%s", name);
}
