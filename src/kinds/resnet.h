// The residual generators of paired translation: that of the spatial profile loss (Sarfraz et al.,
// BMVC 2019, arXiv 1908.00274) and that of pix2pix and CycleGAN (Isola et al., CVPR 2017, arXiv
// 1611.07004; Zhu et al., ICCV 2017, arXiv 1703.10593), for their kinds and the methods that train
// them.
#ifndef LIMN_KINDS_RESNET_H
#define LIMN_KINDS_RESNET_H

#include "kinds/paired.h"

#define LIMN_RESNET_FORMS "spl|cyclegan"
typedef enum limn_resnet_form { LIMN_RESNET_SPL, LIMN_RESNET_CYCLEGAN } limn_resnet_form;

// What r, a picture beside the input, does behind the last convolution y: nothing, tanh(r + y) as
// published, or tanh(atanh(0.99 r) + y), which begins at r itself.
#define LIMN_RESNET_SKIPS "atanh|tanh|none"
typedef enum limn_resnet_skip {
    LIMN_RESNET_ATANH,
    LIMN_RESNET_TANH,
    LIMN_RESNET_NO_SKIP
} limn_resnet_skip;

enum { LIMN_RESNET_MOST_WIDTH = 1024, LIMN_RESNET_MOST_BLOCKS = 64 };

typedef struct limn_resnet_shape {
    int64_t width;    // w: channels at full size
    int64_t blocks;   // residual ones
    int64_t channels; // of what goes in, 1 or 3
    int64_t out;      // of what comes out, 1 or 3
    int64_t size;     // shorter side of the pictures it was trained on
    int form;         // limn_resnet_form
    int norm, statistics;
    int luma; // limn_paired_luma
    int skip; // limn_resnet_skip
    // First values of the last convolution's weights, of which a file says nothing; 0: 1e-4 in form
    // spl, so that training begins from grey or from r, and 0.02 in form cyclegan, as published.
    double output_deviation;
} limn_resnet_shape;

// x: [n,any,h,w] in -1..1. The result in -1..1 has its sides rounded up to multiples of 4. `r`
// [n,3,h,w]: of a shape that has a skip; else NULL.
limn_node *limn_resnet(limn_net *net, const limn_resnet_shape *shape, limn_node *x, limn_node *r);

limn_sizes limn_resnet_sizes(const void *shape);

// Published weights (resnet_import.c), as kind.h says.
limn_status limn_resnet_recognise(const limn_tensors *set, bool named, void *shape);
limn_status limn_resnet_rename(const limn_tensors *set, void *shape, limn_tensors *ours);

extern const limn_kind limn_kind_resnet;

#endif
