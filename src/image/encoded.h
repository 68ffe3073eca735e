// A picture in the bytes of a file, and the image that libvips makes of them.
#ifndef LIMN_IMAGE_ENCODED_H
#define LIMN_IMAGE_ENCODED_H

#include "image/pages.h"
#include "image/segments.h"
#include "image/sink.h"
#include "image/tiff.h"
#include "image/vips.h"
#include "limn/picture.h"

typedef struct limn_encoded {
    const unsigned char *bytes;
    size_t size, whole; // of the file, of which the bytes may be the front
    const char *name;
    limn_format format;
    limn_page page;
    limn_tiff tiff;    // of TIFF
    limn_sink shown;   // to libvips in the place of the bytes; empty: the bytes themselves
    size_t pixels;     // as they are decoded; 0: not known yet
    int height;        // as it is stored
    int reduction;     // the sides that are decoded are 1/1, 1/2, 1/4 or 1/8 of the stored ones
    bool ends;         // has what a file ends with
    int left_channels; // that are neither colours nor alpha
} limn_encoded;

// How a JPEG is decoded: damage fails, or is passed over.
typedef enum limn_strictness { LIMN_STRICT, LIMN_LENIENT } limn_strictness;

// The picture of the file that `options` want. LIMN_INPUT where it is none, or ends early;
// limn_encoded_close afterwards, whatever the status.
limn_status limn_encoded_open(const void *bytes, size_t size, size_t whole, const char *name,
                              limn_read_options options, limn_encoded *file);
void limn_encoded_close(limn_encoded *file);

// Its header read and held against the limits; pixels come as they are asked for. *image is NULL or
// to be closed (limn_vips_close), whatever the status.
limn_status limn_encoded_load(limn_encoded *file, limn_read_options options, limn_strictness how,
                              VipsImage **image);
// Leaves *image NULL, and nothing for limn_vips_message.
void limn_vips_close(VipsImage **image);

// A JPEG without its end mark is given one, behind what else is to follow.
limn_status limn_encoded_end_with(limn_encoded *file, const char *filler);

// Why decoding failed, from what libvips says and what the bytes show. `row`: how far it came, 0
// when it never began.
limn_status limn_encoded_fail(const limn_encoded *file, int row);
limn_status limn_encoded_fail_cut(const limn_encoded *file, int row);
limn_status limn_encoded_fail_memory(const limn_encoded *file);

#endif
