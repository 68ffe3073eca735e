// How strongly a JPEG was pressed.
#ifndef LIMN_IMAGE_JPEG_QUALITY_H
#define LIMN_IMAGE_JPEG_QUALITY_H

#include <stddef.h>

// The quality, 1 to 100 as libjpeg counts it, whose table for luma is nearest to the file's, or
// some more below 17; 0: there is no such table in front of the first scan. `bytes` may be the
// front of the file.
int limn_jpeg_quality(const unsigned char *bytes, size_t size);

#endif
