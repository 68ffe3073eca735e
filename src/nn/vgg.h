// VGG-16 and VGG-19 (Simonyan and Zisserman, 1409.1556), convolutions only: the loss networks of
// perceptual losses.
#ifndef LIMN_NN_VGG_H
#define LIMN_NN_VGG_H

#include "nn/net.h"

// What the weights expect of a picture. Never to be mixed: the features differ by a factor of 60.
typedef enum limn_preprocess {
    LIMN_TORCHVISION, // RGB 0..1, minus mean, divided by deviation
    LIMN_CAFFE,       // BGR 0..255 minus limn_vgg_mean
} limn_preprocess;

extern const double limn_vgg_mean[3]; // of the pictures that VGG was trained on; BGR

// rgb [n,3,h,w], sRGB 0..255 -> what such weights expect.
limn_node *limn_preprocessed(limn_node *rgb, limn_preprocess preprocess);

typedef struct limn_vgg {
    limn_net *net; // borrowed; names features.N.weight as in torchvision
    int layers;    // 16 or 19
    int width;     // channels of the first block; 0: 64, as published
    limn_preprocess preprocess;
    bool ceil; // a pool's last window holds what there is; published: odd rows are left out
} limn_vgg;

enum { LIMN_VGG_TAPS = 8 };

// The activation named "relu3_3" or "conv4_2": its block and number and whether after the relu; or
// "pool5": behind its block.
// LIMN_USAGE and a sentence when the network has no such layer.
limn_status limn_vgg_check_tap(int layers, const char *tap);

// rgb [n,3,h,w], sRGB 0..255 -> the named activations, in the order of `taps`. Nothing above the
// deepest is built.
void limn_vgg_taps(limn_vgg *vgg, limn_node *rgb, const char *const *taps, int count,
                   limn_node **out);

#endif
