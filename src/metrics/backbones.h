// The networks that distances of pictures are taken in, as torchvision has them.
#ifndef LIMN_METRICS_BACKBONES_H
#define LIMN_METRICS_BACKBONES_H

#include "nn/vgg.h"

typedef struct limn_backbone {
    const char *name;  // "AlexNet"
    const char *title; // of LPIPS: "Alex"
    int layers;        // 16 or 19: a VGG, whose taps are named; 0: `build` makes it
    int taps, channels[7];
    int smallest; // rows and columns
    const char *tap[7];
    // rgb [n,3,h,w], 0..255 -> the maps of all taps.
    void (*build)(limn_net *net, limn_node *rgb, limn_node **out);
    double first_weights; // the sum of the first weights of LPIPS v0.1
} limn_backbone;

extern const limn_backbone limn_backbone_vgg19;           // perceptual distance
extern const limn_backbone *const limn_lpips_backbones[]; // ended by NULL

#endif
