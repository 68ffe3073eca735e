// The networks of "Perceptual Losses for Real-Time Style Transfer and Super-Resolution"
// (Johnson, Alahi, Fei-Fei, ECCV 2016), and two of its descendants:
//
//   johnson-bn       the paper's style network: batch norm, 40 pixels of reflection, transposed
//                    convolutions, scaled tanh
//   johnson-in       the same with instance norm at half width (Ulyanov et al., 1607.08022)
//   torch-examples   pytorch/examples: reflection before every convolution, instance norm,
//                    nearest x2 and a convolution in place of the transposed one, linear output
//   sr               the paper's super-resolution network, x4 and x8
//
// Shapes at the end of the line are for a picture of h x w and width c.
#include "methods/network.h"

#include <stdio.h>
#include <string.h>

static const limn_layer_options reflect4 = {.conv = {.pad = 4, .border = LIMN_BORDER_REFLECT}};
static const limn_layer_options reflect1 = {.conv = {.pad = 1, .border = LIMN_BORDER_REFLECT}};
static const limn_layer_options half = {
    .conv = {.pad = 1, .stride = 2, .border = LIMN_BORDER_REFLECT}};
static const limn_layer_options zero4 = {.conv = {.pad = 4}};
static const limn_layer_options zero1 = {.conv = {.pad = 1}};
static const limn_layer_options bare = {{0}};
static const limn_layer_options zero_half = {.conv = {.pad = 1, .stride = 2}};
static const limn_up_options twice = {.conv = {.stride = 2, .crop = 1, .adjust = 1}};

static const char *name_of(char name[64], const char *format, int number) {
    snprintf(name, 64, format, number);
    return name;
}

// ---- torch-examples ----

static limn_node *torch_block(limn_net *net, limn_node *x, int number) {
    char name[64];
    int c = (int)x->shape.dim[1];
    limn_node *y =
        limn_conv_layer(net, x, c, 3, reflect1, name_of(name, "res%d.conv1.conv2d", number));
    y = limn_relu(limn_instance_layer(net, y, name_of(name, "res%d.in1", number)));
    y = limn_conv_layer(net, y, c, 3, reflect1, name_of(name, "res%d.conv2.conv2d", number));
    return limn_add(limn_instance_layer(net, y, name_of(name, "res%d.in2", number)), x);
}

static limn_node *torch_examples(limn_net *net, limn_node *x, const limn_network_options *options) {
    int c = options->width;
    limn_node *y = limn_conv_layer(net, x, c, 9, reflect4, "conv1.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in1")); // c, h, w
    y = limn_conv_layer(net, y, 2 * c, 3, half, "conv2.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in2")); // 2c, h/2, w/2
    y = limn_conv_layer(net, y, 4 * c, 3, half, "conv3.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in3")); // 4c, h/4, w/4
    for (int i = 1; i <= 5; i++) y = torch_block(net, y, i);
    y = limn_conv_layer(net, limn_upsample_nearest(y, 2), 2 * c, 3, reflect1, "deconv1.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in4")); // 2c, h/2, w/2
    y = limn_conv_layer(net, limn_upsample_nearest(y, 2), c, 3, reflect1, "deconv2.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in5"));                // c, h, w
    return limn_conv_layer(net, y, 3, 9, reflect4, "deconv3.conv2d"); // 3, h, w
}

const limn_network limn_network_torch_examples = {
    .name = "torch-examples",
    .method = "perceptual",
    .input = "rgb 0..255",
    .output = "rgb 0..255",
    .smallest = 5,
    .multiple = 4,
    .usual = {.width = 32, .scale = 1},
    .scales = {1},
    .build = torch_examples,
};

// ---- the paper's networks ----

typedef limn_node *norm_layer(limn_net *net, limn_node *x, const char *name);

static limn_node *batch(limn_net *net, limn_node *x, const char *name) {
    return limn_batch_layer(net, x, (limn_batch_norm_options){.momentum = 0.1}, name);
}

// VGG space: BGR minus the mean of the loss network's training pictures.
static const float mean_bgr[3] = {103.939f, 116.779f, 123.68f};

static limn_node *channel(limn_node *x, int c) {
    return limn_slice_axis(x, 1, c, 1);
}

static limn_node *to_vgg(limn_node *rgb) {
    limn_node *part[3];
    for (int c = 0; c < 3; c++) part[c] = limn_affine(channel(rgb, 2 - c), 1, -(double)mean_bgr[c]);
    return limn_concat(part, 3, 1);
}

static limn_node *from_vgg(limn_node *bgr) {
    limn_node *part[3];
    for (int c = 0; c < 3; c++)
        part[c] = limn_affine(channel(bgr, 2 - c), 1, (double)mean_bgr[2 - c]);
    return limn_concat(part, 3, 1);
}

// The code's output: 150 tanh(x) in VGG space.
static limn_node *scaled_tanh(limn_node *x) {
    return from_vgg(limn_scale(limn_tanh(x), 150));
}

// Two convolutions and a shortcut, which is cropped where the convolutions are not padded; no relu
// after the addition.
static limn_node *block(limn_net *net, limn_node *x, norm_layer *norm, limn_layer_options pads,
                        int number) {
    char name[64];
    int c = (int)x->shape.dim[1];
    limn_node *y = limn_conv_layer(net, x, c, 3, pads, name_of(name, "res%d.conv1", number));
    y = limn_relu(norm(net, y, name_of(name, "res%d.norm1", number)));
    y = limn_conv_layer(net, y, c, 3, pads, name_of(name, "res%d.conv2", number));
    y = norm(net, y, name_of(name, "res%d.norm2", number));
    int lost = (int)(x->shape.dim[2] - y->shape.dim[2]) / 2;
    if (lost) x = limn_crop(x, lost, lost, (int)y->shape.dim[2], (int)y->shape.dim[3]);
    return limn_add(y, x);
}

static limn_node *johnson(limn_net *net, limn_node *x, int c, norm_layer *norm) {
    limn_node *y = limn_pad(
        to_vgg(x), (limn_pad_options){.pad = 40, .border = LIMN_BORDER_REFLECT}); // 3, h+80, w+80
    y = limn_relu(norm(net, limn_conv_layer(net, y, c, 9, zero4, "conv1"), "norm1"));
    y = limn_relu(norm(net, limn_conv_layer(net, y, 2 * c, 3, zero_half, "conv2"), "norm2"));
    y = limn_relu(norm(net, limn_conv_layer(net, y, 4 * c, 3, zero_half, "conv3"), "norm3"));
    for (int i = 1; i <= 5; i++) y = block(net, y, norm, bare, i); // 4c, h/4, w/4
    y = limn_relu(norm(net, limn_up_layer(net, y, 2 * c, 3, twice, "up1"), "norm4"));
    y = limn_relu(norm(net, limn_up_layer(net, y, c, 3, twice, "up2"), "norm5"));
    return scaled_tanh(limn_conv_layer(net, y, 3, 9, zero4, "conv4")); // 3, h, w
}

static limn_node *johnson_bn(limn_net *net, limn_node *x, const limn_network_options *options) {
    return johnson(net, x, options->width, batch);
}

static limn_node *johnson_in(limn_net *net, limn_node *x, const limn_network_options *options) {
    return johnson(net, x, options->width, limn_instance_layer);
}

const limn_network limn_network_johnson_bn = {
    .name = "johnson-bn",
    .method = "perceptual",
    .input = "rgb 0..255",
    .output = "rgb 0..255",
    .smallest = 41,
    .multiple = 4,
    .usual = {.width = 32, .scale = 1},
    .scales = {1},
    .build = johnson_bn,
};

const limn_network limn_network_johnson_in = {
    .name = "johnson-in",
    .method = "perceptual",
    .input = "rgb 0..255",
    .output = "rgb 0..255",
    .smallest = 41,
    .multiple = 4,
    .usual = {.width = 16, .scale = 1},
    .scales = {1},
    .build = johnson_in,
};

// ---- super-resolution ----

static limn_node *sr(limn_net *net, limn_node *x, const limn_network_options *options) {
    char name[64];
    int c = options->width, ups = options->scale == 8 ? 3 : 2;
    limn_node *y = limn_conv_layer(net, to_vgg(x), c, 9, zero4, "conv1");
    y = limn_relu(batch(net, y, "norm1")); // c, h, w
    for (int i = 1; i <= 4; i++) y = block(net, y, batch, zero1, i);
    for (int i = 1; i <= ups; i++) {
        y = limn_up_layer(net, y, c, 3, twice, name_of(name, "up%d", i));
        y = limn_relu(batch(net, y, name_of(name, "norm_up%d", i))); // c, 2^i h, 2^i w
    }
    return scaled_tanh(limn_conv_layer(net, y, 3, 9, zero4, "conv2")); // 3, scale h, scale w
}

const limn_network limn_network_sr = {
    .name = "sr",
    .method = "perceptual",
    .input = "rgb 0..255",
    .output = "rgb 0..255",
    .smallest = 1,
    .multiple = 1,
    .halo = 16, // 4 + 8 convolutions of 1, 1 + 1/2 + 1/4 for the enlarging ones, 4/4
    .usual = {.width = 64, .scale = 4},
    .scales = {4, 8},
    .build = sr,
};

// ---- all of them ----

static const limn_network *const networks[] = {
    &limn_network_torch_examples,
    &limn_network_johnson_in,
    &limn_network_johnson_bn,
    &limn_network_sr,
    NULL,
};

const limn_network *limn_network_at(int index) {
    return networks[index];
}

const limn_network *limn_network_find(const char *name) {
    for (int i = 0; networks[i]; i++)
        if (!strcmp(networks[i]->name, name)) return networks[i];
    return NULL;
}
