// All of limn's public headers.
#ifndef LIMN_LIMN_H
#define LIMN_LIMN_H

#include "limn/makeup.h"
#include "limn/model.h"
#include "limn/picture.h"
#include "limn/status.h"
#include "limn/train.h"

#endif
