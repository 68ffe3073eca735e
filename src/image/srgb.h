// From the colours of a file to sRGB.
#ifndef LIMN_IMAGE_SRGB_H
#define LIMN_IMAGE_SRGB_H

#include "image/vips.h"

// Leaves an image of 8 or 16 bits, grey or RGB, with alpha or without. A profile that does not fit
// its picture is passed over, as viewers do. false: libvips says why.
bool limn_vips_to_srgb(VipsImage **image);

bool limn_vips_is_16_bit(const VipsImage *image);
// Grey or RGB of 8 or 16 bits.
bool limn_vips_is_plain(const VipsImage *image);
// One that has to be gone through, since it is not sRGB's.
bool limn_vips_has_foreign_profile(VipsImage *image);

#endif
