// What the networks that are trained on pairs of pictures have in common: their norms, and pictures
// in and out.
#ifndef LIMN_KINDS_PAIRED_H
#define LIMN_KINDS_PAIRED_H

#include "model/kind.h"

#define LIMN_PAIRED_NORMS "instance|batch|none"
typedef enum limn_paired_norm {
    LIMN_PAIRED_INSTANCE,
    LIMN_PAIRED_BATCH,
    LIMN_PAIRED_NO_NORM
} limn_paired_norm;

// What a batch norm takes once it is trained: the running statistics, or as the published programs
// do unless told otherwise those of the picture itself. It has both either way.
#define LIMN_PAIRED_STATISTICS "running|picture"
typedef enum limn_paired_statistics {
    LIMN_PAIRED_RUNNING,
    LIMN_PAIRED_PICTURE
} limn_paired_statistics;

typedef struct limn_paired_norm_options {
    int norm, statistics; // limn_paired_norm, limn_paired_statistics
    bool affine;          // an instance norm has scale and shift as well
    limn_init scale;      // first values of the scale; usual: ones
} limn_paired_norm_options;

// NAME.weight, NAME.bias and where they are running NAME.running_mean and NAME.running_var.
limn_node *limn_paired_norm_layer(limn_net *net, limn_node *x, limn_paired_norm_options options,
                                  const char *name);

// Pictures 0..255 as so many channels, 3 or 1 (luma), of -1..1, and back.
limn_node *limn_paired_in(limn_node *rgb, int channels);
limn_node *limn_paired_out(limn_node *y); // [n,1 or 3,h,w]

// What a network that colours does: it is shown luma alone, in three channels, and of what it makes
// the luma is the picture's (Y of what it was shown, Cb and Cr of what it made).
#define LIMN_PAIRED_LUMAS "made|kept"
typedef enum limn_paired_luma { LIMN_PAIRED_LUMA_MADE, LIMN_PAIRED_LUMA_KEPT } limn_paired_luma;
limn_node *limn_paired_given(limn_node *rgb, int luma);
// Of the network's answer y in -1..1 what is beyond the sides of `given` is left out.
limn_node *limn_paired_made(limn_node *y, limn_node *given, int luma);

// Rows of tables of shapes, whose members are called as these options; image-size is `size`.
#define LIMN_PAIRED_WHOLE(of, title, member, usual, least, largest)                                \
    {                                                                                              \
        .name = title, .kind = LIMN_OPTION_WHOLE, .offset = offsetof(of, member),                  \
        .fallback = usual, .low = least, .high = largest                                           \
    }
#define LIMN_PAIRED_CHOICE(of, title, member, usual, words)                                        \
    {                                                                                              \
        .name = title, .kind = LIMN_OPTION_CHOICE, .offset = offsetof(of, member),                 \
        .fallback = usual, .choices = words                                                        \
    }

// LIMN_USAGE and a sentence where pictures have neither 1 nor 3 channels.
limn_status limn_paired_check(int64_t channels, int64_t out);

#endif
