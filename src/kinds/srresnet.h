// SRResNet, the generator of SRGAN (Ledig et al., CVPR 2017, arXiv 1609.04802), as the code of the
// spatial profile loss has it.
#ifndef LIMN_KINDS_SRRESNET_H
#define LIMN_KINDS_SRRESNET_H

#include "model/kind.h"

typedef struct limn_srresnet_shape {
    int64_t width;  // channels
    int64_t blocks; // residual ones
    int64_t scale;  // result / input: 4
} limn_srresnet_shape;

#endif
