// DSMAP (Chang et al., ECCV 2020, arXiv 2008.02198) and MUNIT (Huang et al., ECCV 2018, arXiv
// 1804.04732): their networks, for the kind and for the methods that train it.
//
// Two domains, 0 and 1. w: base width, C = 4 w. Pictures x in -1..1.
#ifndef LIMN_KINDS_DSMAP_H
#define LIMN_KINDS_DSMAP_H

#include "model/kind.h"

typedef enum limn_dsmap_encoder { LIMN_ENCODER_DSMAP, LIMN_ENCODER_MUNIT } limn_dsmap_encoder;

typedef enum limn_dsmap_direction {
    LIMN_BOTH_DIRECTIONS,
    LIMN_A_TO_B,
    LIMN_B_TO_A
} limn_dsmap_direction;

typedef struct limn_dsmap_shape {
    int64_t size;   // shorter side of the pictures it was trained on
    int64_t width;  // w
    int64_t style;  // numbers in a style
    int64_t blocks; // residual blocks of a content encoder, and of a decoder
    int encoder;    // limn_dsmap_encoder
    bool mapping;   // contents are mapped to the domain they are drawn in (DSMAP)
    bool skip;      // the mapping is given what the encoder had before its last halving
    int direction;  // limn_dsmap_direction: what of it is there
} limn_dsmap_shape;

// What is read of a picture. MUNIT has `shared` alone, which is then of the domain.
typedef struct limn_dsmap_content {
    limn_node *before; // [n,C,h/4,w/4], of the domain's own branch
    limn_node *own;    // [n,C,h/8,w/8], the same further on
    limn_node *shared; // [n,C,h/8,w/8] (MUNIT: /4), behind the block that both domains share
} limn_dsmap_content;

limn_dsmap_content limn_dsmap_encode(limn_net *net, const limn_dsmap_shape *shape, int from,
                                     limn_node *x);
// The content as the decoder of a domain wants it; `shared` itself where there is no mapping.
limn_node *limn_dsmap_map(limn_net *net, const limn_dsmap_shape *shape, int to,
                          const limn_dsmap_content *content);
limn_node *limn_dsmap_style(limn_net *net, const limn_dsmap_shape *shape, int of, limn_node *x);
limn_node *limn_dsmap_decode(limn_net *net, const limn_dsmap_shape *shape, int to,
                             limn_node *content, limn_node *style);

// Published weights (dsmap_import.c), as kind.h says.
limn_status limn_dsmap_recognise(const limn_tensors *set, bool named, void *shape);
limn_status limn_dsmap_rename(const limn_tensors *set, void *shape, limn_tensors *ours);

extern const limn_kind limn_kind_dsmap;

#endif
