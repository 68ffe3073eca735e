// All that can be trained.
#ifndef LIMN_METHODS_METHODS_H
#define LIMN_METHODS_METHODS_H

#include "train/trainer.h"

// Every method, NULL at the end; made from methods/LIST.
extern const limn_method *const limn_methods[];

#endif
