// What a picture file says of itself, without its pixels: planning thousands of pictures reads no
// more.
#ifndef LIMN_IMAGE_HEAD_H
#define LIMN_IMAGE_HEAD_H

#include "base/file.h"
#include "limn/picture.h"

// Reads it. *size: how many bytes of the file a reader of headers is to be shown; of JPEG and PNG,
// what is in front of the pixels, of the others all.
limn_status limn_head_need(limn_partial *partial, limn_format format, size_t *size);

#endif
