// What a file of a format can hold.
#ifndef LIMN_IMAGE_WRITE_H
#define LIMN_IMAGE_WRITE_H

#include "limn/picture.h"

// LIMN_USAGE, and a sentence about `name`, where the sides are longer than the format can say.
limn_status limn_format_holds(const char *name, limn_format format, int width, int height);

#endif
