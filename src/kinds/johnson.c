// The networks of Johnson et al.: what its kinds have in common.
//
// Shapes at the end of the line are for a picture of h x w and width c.
#include "kinds/johnson.h"

#include "nn/vgg.h"

#include <stdio.h>

static const limn_layer_options zero4 = {.conv = {.pad = 4}};
static const limn_layer_options bare = {{0}};
static const limn_layer_options zero_half = {.conv = {.pad = 1, .stride = 2}};
static const limn_up_options twice = {.conv = {.stride = 2, .crop = 1, .adjust = 1}};

limn_node *limn_johnson_batch(limn_net *net, limn_node *x, const char *name) {
    return limn_batch_layer(net, x, (limn_batch_norm_options){.momentum = 0.1}, name);
}

static limn_node *from_vgg(limn_node *bgr) {
    limn_node *part[3];
    for (int c = 0; c < 3; c++)
        part[c] = limn_affine(limn_slice_axis(bgr, 1, 2 - c, 1), 1, limn_vgg_mean[2 - c]);
    return limn_concat(part, 3, 1);
}

limn_node *limn_scaled_tanh(limn_node *x) {
    return from_vgg(limn_scale(limn_tanh(x), 150));
}

limn_node *limn_johnson_block(limn_net *net, limn_node *x, limn_norm_layer *norm,
                              limn_layer_options pads, int number) {
    char name[64];
    int c = (int)x->shape.dim[1];
    snprintf(name, sizeof name, "res%d.conv1", number);
    limn_node *y = limn_conv_layer(net, x, c, 3, pads, name);
    snprintf(name, sizeof name, "res%d.norm1", number);
    y = limn_relu(norm(net, y, name));
    snprintf(name, sizeof name, "res%d.conv2", number);
    y = limn_conv_layer(net, y, c, 3, pads, name);
    snprintf(name, sizeof name, "res%d.norm2", number);
    y = norm(net, y, name);
    int lost = (int)(x->shape.dim[2] - y->shape.dim[2]) / 2;
    if (lost) x = limn_crop(x, lost, lost, (int)y->shape.dim[2], (int)y->shape.dim[3]);
    return limn_add(y, x);
}

limn_node *limn_johnson(limn_net *net, limn_node *rgb, int64_t width, limn_norm_layer *norm) {
    int c = (int)width;
    limn_node *y = limn_preprocessed(rgb, LIMN_CAFFE);
    y = limn_pad(y, (limn_pad_options){.pad = 40, .border = LIMN_BORDER_REFLECT});
    y = limn_relu(norm(net, limn_conv_layer(net, y, c, 9, zero4, "conv1"), "norm1")); // c, h+80
    y = limn_relu(norm(net, limn_conv_layer(net, y, 2 * c, 3, zero_half, "conv2"), "norm2"));
    y = limn_relu(norm(net, limn_conv_layer(net, y, 4 * c, 3, zero_half, "conv3"), "norm3"));
    for (int i = 1; i <= 5; i++) y = limn_johnson_block(net, y, norm, bare, i); // 4c, h/4, w/4
    y = limn_relu(norm(net, limn_up_layer(net, y, 2 * c, 3, twice, "up1"), "norm4"));
    y = limn_relu(norm(net, limn_up_layer(net, y, c, 3, twice, "up2"), "norm5"));
    return limn_scaled_tanh(limn_conv_layer(net, y, 3, 9, zero4, "conv4")); // 3, h, w
}

limn_sizes limn_johnson_sizes(const void *shape) {
    (void)shape;
    return (limn_sizes){.smallest = 41, .multiple = 1, .rounds = 4, .scale = 1};
}

limn_status limn_johnson_recognise(const limn_tensors *set, bool named, void *shape) {
    limn_johnson_shape *it = shape;
    const limn_stored *first = limn_tensors_find(set, "conv1.weight");
    if (!first) first = limn_tensors_find(set, "conv1.conv2d.weight");
    if (!named) return limn_fail(LIMN_MODEL, "its names do not tell which network it is");
    if (first && first->rank == 4 && first->shape[0] >= 1 &&
        first->shape[0] <= LIMN_JOHNSON_MOST_WIDTH)
        it->width = (int64_t)first->shape[0];
    return LIMN_OK;
}
