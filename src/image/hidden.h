// Colours that nobody sees, for whoever looks at colours alone.
#ifndef LIMN_IMAGE_HIDDEN_H
#define LIMN_IMAGE_HIDDEN_H

#include "base/status.h"
#include "limn/picture.h"

#include <stdbool.h>

// Whether there are pixels that are clear, or so nearly clear that their colour says nothing.
bool limn_picture_hides(const limn_picture *picture);

// Gives these pixels the colours of what can be seen around them, inward from its rim, and white
// where nothing can be seen: the colours are the same afterwards, whatever was hidden. Fails with
// LIMN_MEMORY, and then some are filled.
limn_status limn_picture_fill_hidden(limn_picture *picture);

#endif
