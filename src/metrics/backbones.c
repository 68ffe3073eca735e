// The networks that distances of pictures are taken in: VGG, AlexNet (Krizhevsky, 1404.5997) and
// SqueezeNet 1.1 (Iandola and others, 1602.07360).
#include "metrics/backbones.h"

#include <stdio.h>

static limn_node *convolution(limn_net *net, limn_node *x, int out, int size,
                              limn_conv2d_options options, const char *name) {
    limn_layer_options how = {.conv = options, .init = {LIMN_INIT_ZERO}};
    return limn_relu(limn_conv_layer(net, x, out, size, how, name));
}

static void build_alex(limn_net *net, limn_node *rgb, limn_node **out) {
    limn_pool_options half = {.kernel = 3, .stride = 2};
    limn_node *x = limn_preprocessed(rgb, LIMN_TORCHVISION);
    out[0] =
        convolution(net, x, 64, 11, (limn_conv2d_options){.stride = 4, .pad = 2}, "features.0");
    x = limn_max_pool(out[0], half);
    out[1] = convolution(net, x, 192, 5, (limn_conv2d_options){.pad = 2}, "features.3");
    x = limn_max_pool(out[1], half);
    out[2] = convolution(net, x, 384, 3, (limn_conv2d_options){.pad = 1}, "features.6");
    out[3] = convolution(net, out[2], 256, 3, (limn_conv2d_options){.pad = 1}, "features.8");
    out[4] = convolution(net, out[3], 256, 3, (limn_conv2d_options){.pad = 1}, "features.10");
}

// 1x1 to few channels, then 1x1 and 3x3 side by side.
static limn_node *fire(limn_net *net, limn_node *x, int few, int many, int index) {
    static const struct {
        const char *name;
        int size;
    } parts[] = {{"squeeze", 1}, {"expand1x1", 1}, {"expand3x3", 3}};
    limn_node *made[3];
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "features.%d.%s", index, parts[i].name);
        made[i] = convolution(net, i ? made[0] : x, i ? many : few, parts[i].size,
                              (limn_conv2d_options){.pad = parts[i].size / 2}, name);
    }
    return limn_concat(made + 1, 2, 1);
}

static void build_squeeze(limn_net *net, limn_node *rgb, limn_node **out) {
    limn_pool_options half = {.kernel = 3, .stride = 2, .ceil = true};
    limn_node *x = limn_preprocessed(rgb, LIMN_TORCHVISION);
    out[0] = convolution(net, x, 64, 3, (limn_conv2d_options){.stride = 2}, "features.0");
    x = fire(net, limn_max_pool(out[0], half), 16, 64, 3);
    out[1] = fire(net, x, 16, 64, 4);
    x = fire(net, limn_max_pool(out[1], half), 32, 128, 6);
    out[2] = fire(net, x, 32, 128, 7);
    out[3] = fire(net, limn_max_pool(out[2], half), 48, 192, 9);
    out[4] = fire(net, out[3], 48, 192, 10);
    out[5] = fire(net, out[4], 64, 256, 11);
    out[6] = fire(net, out[5], 64, 256, 12);
}

const limn_backbone limn_backbone_vgg19 = {
    .name = "VGG-19",
    .layers = 19,
    .taps = 5,
    .smallest = 16,
    .tap = {"relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_1"},
};

static const limn_backbone alex = {
    .name = "AlexNet",
    .title = "Alex",
    .taps = 5,
    .channels = {64, 192, 384, 256, 256},
    .smallest = 31,
    .build = build_alex,
    .first_weights = 2.34953231,
};
static const limn_backbone vgg16 = {
    .name = "VGG-16",
    .title = "VGG",
    .layers = 16,
    .taps = 5,
    .channels = {64, 128, 256, 512, 512},
    .smallest = 16,
    .tap = {"relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"},
    .first_weights = 6.9259917,
};
static const limn_backbone squeeze = {
    .name = "SqueezeNet 1.1",
    .title = "Squeeze",
    .taps = 7,
    .channels = {64, 128, 256, 384, 384, 512, 512},
    .smallest = 25,
    .build = build_squeeze,
    .first_weights = 5.69010078,
};

const limn_backbone *const limn_lpips_backbones[] = {&alex, &vgg16, &squeeze, NULL};
