// EGSC-IT (Ma et al., ICLR 2019, arXiv 1805.11145) and UNIT (Liu et al., NIPS 2017, arXiv
// 1703.00848): their networks, for the kind and for the methods that train it.
//
// Two domains, 0 and 1. w: base width, n: convolutions of an encoder, C = w 2^(n-1) channels of
// contents, r = 2^(n-1) pixels to one of theirs. Pictures x in -1..1.
#ifndef LIMN_KINDS_EGSC_IT_H
#define LIMN_KINDS_EGSC_IT_H

#include "model/kind.h"

// How a content takes the statistics of an exemplar. mu, var: of F's features.
typedef enum limn_egsc_adain {
    LIMN_ADAIN_STANDARD,  // times sqrt(var) over its own deviation, plus mu
    LIMN_ADAIN_PUBLISHED, // as the official code: times mu over its own variance, plus var
    LIMN_ADAIN_NONE,
} limn_egsc_adain;

enum { LIMN_EGSC_MOST_STYLES = 64 };

typedef struct limn_egsc_shape {
    int64_t size;           // shorter side of the pictures it was trained on
    int64_t width;          // w
    int64_t downsamplings;  // n - 1
    bool mask;              // contents are weighted by a mask of their picture
    int adain;              // limn_egsc_adain; without it and without mask: UNIT
    bool sharing;           // one latent space: the blocks around it serve both domains
    bool noise;             // contents are drawn from the latent space as in training,
    double noise_deviation; // with noise of this deviation
    int64_t styles[2];      // training pictures of each domain whose styles are kept
    bool he;                // first values of a training let sizes of values be; not in files
} limn_egsc_shape;

// Whether there are F, frozen encoders that masks and styles are made of.
bool limn_egsc_guided(const limn_egsc_shape *shape);
int64_t limn_egsc_channels(const limn_egsc_shape *shape); // C

// "E.a": a network of a domain.
typedef struct limn_egsc_name {
    char text[64];
} limn_egsc_name;
limn_egsc_name limn_egsc_of(const char *network, int domain);

// E and F: x [n,3,h,w] -> [n,C,h/r,w/r], not rectified.
limn_node *limn_egsc_encode(limn_net *net, const limn_egsc_shape *shape, limn_egsc_name name,
                            limn_node *x);
// x + conv(relu(conv(x))): E, G and the blocks around the latent space are made of it.
limn_node *limn_egsc_block(limn_net *net, limn_node *x, limn_egsc_name name);
// z: a latent with the noise that it has in training, or one that is given (NULL: by chance).
limn_node *limn_egsc_noisy(const limn_egsc_shape *shape, limn_node *mu, limn_node *noise);
// G: [n,C,h/r,w/r] -> x
limn_node *limn_egsc_generate(limn_net *net, const limn_egsc_shape *shape, limn_egsc_name name,
                              limn_node *content);

// Of the features f of F, how much of a content counts at each place: (0.5, 1).
limn_node *limn_egsc_mask(limn_node *f);
// Of F's features, what a content is to be scaled by and shifted by, [n,2C].
limn_node *limn_egsc_style(const limn_egsc_shape *shape, limn_node *f);
// A content with the mask of its picture and the style of an exemplar; either may be NULL.
limn_node *limn_egsc_guide(const limn_egsc_shape *shape, limn_node *content, limn_node *mask,
                           limn_node *style);

// The kind's diagnose (egsc_it_diagnose.c): x_AA, the translation without mask and style, with
// either, with both, and channels of the mask.
limn_status limn_egsc_diagnose(limn_runner *runner, int from, int to, const limn_picture *picture,
                               const limn_picture *exemplar, struct limn_cells *row);

extern const limn_kind limn_kind_egsc_it;

#endif
