// The door to libvips: starting it, and its messages as one sentence.
#ifndef LIMN_IMAGE_VIPS_H
#define LIMN_IMAGE_VIPS_H

#include "base/status.h"

#include <stdbool.h>
#include <vips/vips.h>

// For programs, not libraries, before the first picture: nobody else in this process uses libvips.
// Starting it is quicker then, its messages go nowhere, and it keeps nothing and makes no threads.
void limn_vips_own(void);

// Starts libvips once in the process; call first in everything that uses it.
limn_status limn_vips_start(void);

// The first line of what libvips had to say, without its prefix, full stop or strange letters;
// then its buffer is emptied. NUL-terminated. Empty when it had nothing to say.
void limn_vips_message(char *text, size_t room);

// Whether libvips, or a library below it, had no memory since its buffer was emptied last. Where it
// works on a strip, it may go on all the same, with black.
bool limn_vips_lacks_memory(void);

// The sRGB profile that every file is written with; NULL when there is none. Ours no longer: the
// caller gives back the reference with vips_area_unref.
VipsBlob *limn_vips_srgb(void);

#endif
