// Colour profiles, as far as telling sRGB from the rest.
#ifndef LIMN_IMAGE_PROFILE_H
#define LIMN_IMAGE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

// Whether an ICC profile means sRGB, under whatever name: for RGB its primaries and curves, for
// grey its curve. Bytes may be anything.
bool limn_profile_is_srgb(const unsigned char *bytes, size_t size);

#endif
