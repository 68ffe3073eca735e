// limn data make: the part of limn data that makes sets.
#ifndef LIMN_APP_MAKE_H
#define LIMN_APP_MAKE_H

#include "app/verb.h"

const limn_verb *limn_data_part(int position); // as limn_verb's part

#endif
