// All that can be trained.
#ifndef LIMN_METHODS_METHODS_H
#define LIMN_METHODS_METHODS_H

#include "train/trainer.h"

extern const limn_method limn_method_style, limn_method_two_step, limn_method_upscale;
extern const limn_option limn_style_options[], limn_two_step_options[], limn_upscale_options[];

// Every method, NULL at the end.
extern const limn_method *const limn_methods[];

#endif
