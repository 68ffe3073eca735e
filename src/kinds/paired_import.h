// Generators of pix2pix and CycleGAN as junyanz/pytorch-CycleGAN-and-pix2pix saves them
// (latest_net_G.pth): what the kinds that read them share.
#ifndef LIMN_KINDS_PAIRED_IMPORT_H
#define LIMN_KINDS_PAIRED_IMPORT_H

#include "kinds/paired.h"

enum { LIMN_PAIRED_NAME = 200 };

// LIMN_MODEL and a sentence where it is a discriminator, or of one of the programs that descend
// from this one; LIMN_OK else.
limn_status limn_paired_refuse_others(const limn_tensors *set);
// Whether it is that: a sentence can be said of it.
bool limn_paired_is_other(const limn_tensors *set);

// Batch where the norm has a scale, instance where the convolution before it has a bias, else none.
int limn_paired_norm_of(const limn_tensors *set, const char *norm, const char *conv);

// One dimension of a tensor of four, 1 to `most`.
limn_status limn_paired_extent(const limn_tensors *set, const char *name, int dimension, int most,
                               int64_t *extent);
// Of the picture's: 1 or 3 in, and out.
limn_status limn_paired_channels(int64_t in, int64_t out);

// Puts the tensors of a network of this shape into `ours`. `theirs` makes the published name of one
// of its parameters; NULL: it is the same. What is left over is refused, but for the statistics
// that old instance norms kept.
typedef void limn_paired_name(const limn_tensors *set, const char *ours,
                              char name[LIMN_PAIRED_NAME]);
limn_status limn_paired_take(const limn_tensors *set, const limn_kind *kind, const void *shape,
                             int norm, limn_paired_name *theirs, limn_tensors *ours);

#endif
