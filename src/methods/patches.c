// The discriminator of pix2pix.
#include "methods/patches.h"

#include <stdio.h>

// 4x4 convolutions: the first three halve, and all but the first and the last have a norm.
limn_node *limn_patches_judge(limn_net *net, limn_node *a, limn_node *y, limn_paired_norm norm) {
    enum { LAYERS = 5, HALVING = 3 };
    static const int channels[LAYERS] = {64, 128, 256, 512, 1};
    const limn_paired_norm_options norms = {.norm = norm, .scale = {LIMN_INIT_NORMAL, 1, 0.02F}};
    limn_node *x = limn_concat((limn_node *[]){a, y}, 2, 1);
    x = limn_affine(x, 1 / 127.5, -1);
    for (int i = 0; i < LAYERS; i++) {
        char name[32];
        bool normed = i > 0 && i < LAYERS - 1;
        limn_layer_options how = {.conv = {.stride = i < HALVING ? 2 : 1, .pad = 1},
                                  .init = {LIMN_INIT_NORMAL, 0, 0.02F}};
        snprintf(name, sizeof name, "D.conv%d", i);
        x = limn_conv_layer(net, x, channels[i], 4, how, name);
        snprintf(name, sizeof name, "D.norm%d", i);
        if (normed) x = limn_paired_norm_layer(net, x, norms, name);
        if (i < LAYERS - 1) x = limn_leaky_relu(x, 0.2);
    }
    return x;
}
