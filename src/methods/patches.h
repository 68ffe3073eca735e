// The discriminator of pix2pix, which judges patches of 70 x 70 pixels of input and output together
// ("Image-to-Image Translation with Conditional Adversarial Networks", P. Isola, J.-Y. Zhu, T.
// Zhou, A. A. Efros, CVPR 2017, arXiv 1611.07004, appendix 6.1.2).
#ifndef LIMN_METHODS_PATCHES_H
#define LIMN_METHODS_PATCHES_H

#include "kinds/paired.h"

enum { LIMN_PATCHES_LEAST = 32 }; // rows and columns

// Logits [n,1,h/8 - 2,w/8 - 2] of a and y [n,3,h,w], 0..255. Its parameters are
// "D. ...".
limn_node *limn_patches_judge(limn_net *net, limn_node *a, limn_node *y, limn_paired_norm norm);

#endif
