// SRResNet: enlarges four times, by residual blocks at the size of the input and pixel shuffles at
// the end.
//
//   f = prelu(conv 9x9)
//   g = f, then B times g + norm(conv(prelu(norm(conv(g)))))
//   h = norm(conv(g)) + f
//   y = tanh(conv 9x9 of twice prelu(shuffle(conv(h), 2)))
//
// All other convolutions are 3x3, all are on zeros around. Norms are batch norms without a scale,
// with biased running variances as TensorFlow keeps them, and those are what a trained network
// takes. Pictures are -1..1.
#include "kinds/srresnet.h"

#include <stdio.h>

#define XAVIER                                                                                     \
    { LIMN_INIT_GLOROT_UNIFORM, 0, 0 } // their first values
static const limn_layer_options zero4 = {.conv = {.pad = 4}, .init = XAVIER};
static const limn_layer_options zero1 = {.conv = {.pad = 1}, .init = XAVIER};
static const limn_layer_options bare1 = {.conv = {.pad = 1}, .init = XAVIER, .no_bias = true};

enum { SCALE = 4, MOST_BLOCKS = 64 };

// Slopes begin at 0: a relu.
static limn_node *prelu(limn_net *net, limn_node *x, const char *name) {
    limn_node *slopes = limn_weight(net, LIMN_SHAPE(x->shape.dim[1]), (limn_init){LIMN_INIT_ZERO},
                                    "%s.slope", name);
    return limn_prelu(x, slopes);
}

static limn_node *normed(limn_net *net, limn_node *x, const char *name, const char *norm) {
    limn_batch_norm_options how = {.momentum = 0.1, .biased = true, .no_scale = true, .eps = 1e-3};
    x = limn_conv_layer(net, x, (int)x->shape.dim[1], 3, bare1, name);
    return limn_batch_layer(net, x, how, norm);
}

static limn_node *block(limn_net *net, limn_node *x, int number) {
    char conv[32], norm[32];
    snprintf(conv, sizeof conv, "block%d.conv1", number);
    snprintf(norm, sizeof norm, "block%d.norm1", number);
    limn_node *y = prelu(net, normed(net, x, conv, norm), conv);
    snprintf(conv, sizeof conv, "block%d.conv2", number);
    snprintf(norm, sizeof norm, "block%d.norm2", number);
    return limn_add(normed(net, y, conv, norm), x);
}

static limn_node *twice(limn_net *net, limn_node *x, const char *name) {
    limn_node *y = limn_conv_layer(net, x, 4 * (int)x->shape.dim[1], 3, zero1, name);
    return prelu(net, limn_pixel_shuffle(y, 2), name);
}

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const limn_srresnet_shape *it = of;
    limn_node *x = limn_affine(content->node[0], 1 / 127.5, -1);
    (void)to, (void)style;
    limn_node *f = prelu(net, limn_conv_layer(net, x, (int)it->width, 9, zero4, "conv1"), "conv1");
    x = f; // c, h, w
    for (int i = 1; i <= it->blocks; i++) x = block(net, x, i);
    x = limn_add(normed(net, x, "conv2", "norm2"), f);
    x = twice(net, x, "up1");                                     // c, 2h, 2w
    x = twice(net, x, "up2");                                     // c, 4h, 4w
    x = limn_tanh(limn_conv_layer(net, x, 3, 9, zero4, "conv3")); // 3, 4h, 4w
    return limn_affine(x, 127.5, 127.5);
}

static limn_status check(void *of, int domains) {
    const limn_srresnet_shape *it = of;
    (void)domains;
    if (it->scale == SCALE) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "scale %lld: network srresnet is for %d", (long long)it->scale,
                     SCALE);
}

static limn_sizes sizes(const void *of) {
    const limn_srresnet_shape *it = of;
    return (limn_sizes){
        .smallest = 1,
        .multiple = 1,
        .rounds = 1,
        .halo = 8 + 2 * (int)it->blocks, // 4 + 1 + 1 + 1/2 + 4/4, and 2 a block
        .scale = SCALE,
    };
}

#define OPTION(member) .kind = LIMN_OPTION_WHOLE, .offset = offsetof(limn_srresnet_shape, member)
static const limn_option shape[] = {
    {.name = "width", OPTION(width), .fallback = "64", .low = 1, .high = 1024},
    {.name = "blocks", OPTION(blocks), .fallback = "16", .low = 1, .high = MOST_BLOCKS},
    {.name = "scale", OPTION(scale), .fallback = "4", .low = 2, .high = 8},
    {0}};

const limn_kind limn_kind_srresnet = {
    .name = "srresnet",
    .method = "srresnet",
    .verb = "upscale",
    .title = "enlarging four times (Ledig 2017)",
    .shape = shape,
    .shape_size = sizeof(limn_srresnet_shape),
    .check = check,
    .sizes = sizes,
    .draw = draw,
};
