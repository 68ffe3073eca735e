// The networks that find faces (face-api.js: tinyFaceDetector, faceLandmarkNet).
#include "face/networks.h"

#include <stdio.h>

void limn_face_input(limn_face_network network, int side, float *rgb) {
    static const struct {
        double mean[3], scale;
    } inputs[] = {
        [LIMN_FACE_DETECTOR] = {{117.001, 114.697, 97.404}, 256},
        [LIMN_FACE_LANDMARKS] = {{122.782, 117.001, 104.298}, 255},
    };
    size_t plane = (size_t)side * (size_t)side;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < plane; i++)
            rgb[c * plane + i] =
                (float)((rgb[c * plane + i] - inputs[network].mean[c]) / inputs[network].scale);
}

// A depthwise 3x3, then a pointwise convolution; nothing in between, one bias behind them.
static limn_node *separable(limn_net *net, limn_node *x, int out, int stride, const char *name) {
    char part[96];
    snprintf(part, sizeof part, "%s.depthwise", name);
    limn_conv2d_options each = {.stride = stride, .same = true, .groups = (int)x->shape.dim[1]};
    limn_node *between = limn_conv_layer(net, x, each.groups, 3,
                                         (limn_layer_options){.conv = each, .no_bias = true}, part);
    limn_node *w = limn_weight(net, LIMN_SHAPE(out, each.groups, 1, 1), (limn_init){0},
                               "%s.pointwise.weight", name);
    limn_node *b = limn_weight(net, LIMN_SHAPE(out), (limn_init){0}, "%s.bias", name);
    return limn_named(limn_conv2d(between, w, b, (limn_conv2d_options){0}), "%s", name);
}

// ---- the detector ----

// Halves a map, rounding up. The last at a stride of 1 keeps it: what is beyond the edge never
// wins, as its repetition does not.
static limn_node *pool(limn_node *x, int stride) {
    if (stride == 2) return limn_max_pool(x, (limn_pool_options){.kernel = 2, .ceil = true});
    x = limn_pad(x, (limn_pad_options){.right = 1, .bottom = 1, .border = LIMN_BORDER_REPLICATE});
    return limn_max_pool(x, (limn_pool_options){.kernel = 2, .stride = 1});
}

limn_node *limn_face_detector(limn_net *net, limn_node *x) {
    enum { LAST = 5, OUT = LIMN_ANCHORS * LIMN_BOX_NUMBERS };
    char name[32];
    x = limn_conv_layer(net, x, 16, 3, (limn_layer_options){0}, "detector.conv0");
    x = pool(limn_leaky_relu(x, 0.1), 2);
    for (int i = 1; i <= LAST; i++) {
        snprintf(name, sizeof name, "detector.conv%d", i);
        x = limn_leaky_relu(separable(net, x, 16 << i, 1, name), 0.1);
        x = pool(x, i < LAST ? 2 : 1);
    }
    return limn_conv_layer(net, x, OUT, 1, (limn_layer_options){0}, "detector.conv8");
}

// ---- landmarks ----

static limn_node *first(limn_net *net, limn_node *x, int block, int out, const char *name) {
    limn_layer_options ordinary = {.conv = {.stride = 2, .same = true}};
    return block ? separable(net, x, out, 2, name)
                 : limn_conv_layer(net, x, out, 3, ordinary, name);
}

// Each convolution of a block sees the sum of all before it.
static limn_node *dense(limn_net *net, limn_node *x, int block, int convolutions) {
    char name[48];
    int out = 32 << block;
    snprintf(name, sizeof name, "landmarks.dense%d.conv0", block);
    limn_node *y = limn_relu(first(net, x, block, out, name)), *sum = y;
    for (int i = 1; i < convolutions; i++) {
        snprintf(name, sizeof name, "landmarks.dense%d.conv%d", block, i);
        y = separable(net, y, out, 1, name);
        sum = limn_add(sum, y);
        y = limn_relu(sum);
    }
    return y;
}

limn_node *limn_face_landmarks(limn_net *net, limn_node *x, int blocks) {
    for (int d = 0; d < blocks; d++) x = dense(net, x, d, blocks);
    x = limn_mean(x, LIMN_SPATIAL, LIMN_DROP);
    return limn_linear_layer(net, x, 2 * LIMN_LANDMARKS, (limn_init){0}, true, "landmarks.fc");
}
