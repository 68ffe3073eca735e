// Training UNIT, for its file and its tests.
#ifndef LIMN_METHODS_UNIT_H
#define LIMN_METHODS_UNIT_H

#include "methods/egsc.h"

extern const limn_method limn_method_unit;

#endif
