// The U-Net generator of pix2pix (Isola et al., CVPR 2017, arXiv 1611.07004).
#ifndef LIMN_KINDS_UNET_H
#define LIMN_KINDS_UNET_H

#include "kinds/paired.h"

enum { LIMN_UNET_LEAST_DEPTH = 7, LIMN_UNET_MOST_DEPTH = 8, LIMN_UNET_MOST_WIDTH = 1024 };

typedef struct limn_unet_shape {
    int64_t width;    // w: channels of the outermost level
    int64_t depth;    // levels, each of which halves the picture: 8 (unet-256) or 7 (unet-128)
    int64_t channels; // of what goes in, 1 or 3
    int64_t out;      // of what comes out, 1 or 3
    int64_t size;     // rows and columns of the pictures it was trained on
    int norm, statistics;
    int luma; // limn_paired_luma
} limn_unet_shape;

// Published weights (unet_import.c), as kind.h says.
limn_status limn_unet_recognise(const limn_tensors *set, bool named, void *shape);
limn_status limn_unet_rename(const limn_tensors *set, void *shape, limn_tensors *ours);

extern const limn_kind limn_kind_unet;

#endif
