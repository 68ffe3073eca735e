// The super-resolution network of Johnson et al. (2016), x4 and x8.
#include "kinds/johnson.h"
#include "nn/vgg.h"

#include <stdio.h>

static const limn_layer_options zero4 = {.conv = {.pad = 4}};
static const limn_layer_options zero1 = {.conv = {.pad = 1}};
static const limn_up_options twice = {.conv = {.stride = 2, .crop = 1, .adjust = 1}};

static const limn_option shape[] = LIMN_JOHNSON_SHAPE("64", "4", 8);

static limn_status check(void *of, int domains) {
    const limn_johnson_shape *it = of;
    (void)domains;
    if (it->scale == 4 || it->scale == 8) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "scale %lld: network sr is for 4 and 8", (long long)it->scale);
}

static limn_sizes sizes(const void *of) {
    const limn_johnson_shape *it = of;
    return (limn_sizes){
        .smallest = 1,
        .multiple = 1,
        .rounds = 1,
        .halo = 16, // 4 + 8 convolutions of 1, 1 + 1/2 + 1/4 for the enlarging ones, 4/4
        .scale = (int)it->scale,
    };
}

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const limn_johnson_shape *it = of;
    char name[64];
    int c = (int)it->width, ups = it->scale == 8 ? 3 : 2;
    (void)to, (void)style;
    limn_node *y = limn_preprocessed(content->node[0], LIMN_CAFFE);
    y = limn_conv_layer(net, y, c, 9, zero4, "conv1");
    y = limn_relu(limn_johnson_batch(net, y, "norm1")); // c, h, w
    for (int i = 1; i <= 4; i++) y = limn_johnson_block(net, y, limn_johnson_batch, zero1, i);
    for (int i = 1; i <= ups; i++) {
        snprintf(name, sizeof name, "up%d", i);
        y = limn_up_layer(net, y, c, 3, twice, name);
        snprintf(name, sizeof name, "norm_up%d", i);
        y = limn_relu(limn_johnson_batch(net, y, name)); // c, 2^i h, 2^i w
    }
    return limn_scaled_tanh(limn_conv_layer(net, y, 3, 9, zero4, "conv2")); // 3, scale h, scale w
}

const limn_kind limn_kind_sr = {
    .name = "sr",
    .method = "perceptual",
    .verb = "upscale",
    .title = "enlarging four or eight times (Johnson 2016)",
    .shape = shape,
    .shape_size = sizeof(limn_johnson_shape),
    .check = check,
    .sizes = sizes,
    .draw = draw,
    .recognise = limn_johnson_recognise,
};
