// VGG-16 and VGG-19: blocks of 3x3 convolutions with relu, 2x2 max pools between them.
#include "nn/vgg.h"

#include <stdio.h>
#include <string.h>

// Convolutions a block, and its channels for one of the first block.
static const int blocks16[5] = {2, 2, 3, 3, 3}, blocks19[5] = {2, 2, 4, 4, 4};
static const int channels[5] = {1, 2, 4, 8, 8};

static const int *blocks_of(int layers) {
    return layers == 16 ? blocks16 : blocks19;
}

// What of a block is meant: the number of a convolution and whether after its relu; POOL: behind
// all.
enum { POOL = 0 };
typedef struct tap {
    int block, number;
    bool relu;
} tap;

static bool parse_tap(const char *text, tap *it) {
    int used = 0;
    *it = (tap){.relu = !strncmp(text, "relu", 4)};
    if (sscanf(text, "pool%d%n", &it->block, &used) == 1) return !text[used];
    if (!it->relu && strncmp(text, "conv", 4)) return false;
    return sscanf(text + 4, "%d_%d%n", &it->block, &it->number, &used) == 2 && !text[4 + used] &&
           it->number > 0;
}

limn_status limn_vgg_check_tap(int layers, const char *text) {
    tap it;
    if (parse_tap(text, &it) && it.block >= 1 && it.block <= 5 &&
        it.number <= blocks_of(layers)[it.block - 1])
        return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "VGG-%d has no layer %.40s; its layers are named relu1_1 to "
                     "relu5_%d (or conv1_1 before the relu, pool1 behind a block)",
                     layers, text, blocks_of(layers)[4]);
}

const double limn_vgg_mean[3] = {103.939, 116.779, 123.68};

limn_node *limn_preprocessed(limn_node *rgb, limn_preprocess preprocess) {
    static const double mean[3] = {0.485, 0.456, 0.406}, deviation[3] = {0.229, 0.224, 0.225};
    limn_node *part[3];
    for (int c = 0; c < 3; c++) {
        if (preprocess == LIMN_CAFFE)
            part[c] = limn_affine(limn_slice_axis(rgb, 1, 2 - c, 1), 1, -limn_vgg_mean[c]);
        else
            part[c] = limn_affine(limn_slice_axis(rgb, 1, c, 1), 1 / (255 * deviation[c]),
                                  -mean[c] / deviation[c]);
    }
    return limn_concat(part, 3, 1);
}

static limn_node *convolution(limn_net *net, limn_node *x, int out, int index) {
    limn_init none = {LIMN_INIT_ZERO};
    limn_node *w =
        limn_weight(net, LIMN_SHAPE(out, x->shape.dim[1], 3, 3), none, "features.%d.weight", index);
    limn_node *b = limn_weight(net, LIMN_SHAPE(out), none, "features.%d.bias", index);
    return limn_conv2d(x, w, b, (limn_conv2d_options){.pad = 1});
}

// Puts a finished activation where it was asked for; returns how many that were.
static int deliver(const char *const *taps, int count, tap at, limn_node *x, limn_node **out) {
    int found = 0;
    for (int i = 0; i < count; i++) {
        tap it;
        if (!parse_tap(taps[i], &it) || it.block != at.block || it.number != at.number ||
            it.relu != at.relu)
            continue;
        out[i] = x;
        found++;
    }
    return found;
}

void limn_vgg_taps(limn_vgg *vgg, limn_node *rgb, const char *const *taps, int count,
                   limn_node **out) {
    limn_node *x = limn_preprocessed(rgb, vgg->preprocess);
    int index = 0, found = 0, width = vgg->width ? vgg->width : 64;
    for (int i = 0; i < count; i++) out[i] = limn_graph_broken(rgb->graph);
    for (int block = 1; block <= 5 && found < count; block++) {
        for (int k = 1; k <= blocks_of(vgg->layers)[block - 1] && found < count; k++) {
            x = limn_named(convolution(vgg->net, x, width * channels[block - 1], index),
                           "conv%d_%d", block, k);
            found += deliver(taps, count, (tap){block, k, false}, x, out);
            x = limn_named(limn_relu(x), "relu%d_%d", block, k);
            found += deliver(taps, count, (tap){block, k, true}, x, out);
            index += 2;
        }
        limn_pool_options half = {.kernel = 2, .ceil = vgg->ceil};
        if (found < count) x = limn_max_pool(x, half);
        if (found < count) found += deliver(taps, count, (tap){block, POOL, false}, x, out);
        index++;
    }
}
