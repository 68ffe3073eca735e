// All that can be trained: a method is one file and one line here.
#include "methods/methods.h"

const limn_method *const limn_methods[] = {&limn_method_style, &limn_method_two_step,
                                           &limn_method_upscale, NULL};
