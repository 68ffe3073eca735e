// What a file holds besides its colours: EXIF, XMP, IPTC, words, resolution.
//
// Read from the bytes of a file and put into those of another by our own code, since libvips keeps
// only a part of it, and another part in each format.
#ifndef LIMN_IMAGE_METADATA_H
#define LIMN_IMAGE_METADATA_H

#include "image/sink.h"
#include "limn/picture.h"

#include <stdint.h>

// Never changed once made, so that pictures can share it.
struct limn_metadata {
    int shared;      // by so many
    limn_sink exif;  // a block that begins with II or MM; upright, without the thumbnail, which
                     // shows another picture
    limn_sink xmp;   // a packet; upright
    limn_sink iptc;  // records, as they lie in Photoshop's resource 0x0404
    limn_sink words; // pairs of NUL-terminated UTF-8: a keyword of PNG, or "Comment", and a text
    double resolution[2]; // pixels a metre, across and down; 0: nothing is said
};

// From a whole file of this format; `directory`: of a TIFF file, the one that the picture is in.
// NULL where there is nothing to keep. What is damaged stays behind, as does what is larger than
// such things are. Fails with LIMN_MEMORY.
limn_status limn_metadata_read(const unsigned char *bytes, size_t size, limn_format format,
                               uint64_t directory, struct limn_metadata **metadata);

// Puts it, as far as the format can, into a file that libvips wrote for a picture of this size;
// NULL: nothing. Afterwards the file says nothing that is not known, such as the resolution that
// libvips makes up. sink->failed where there is no memory.
void limn_metadata_write(const struct limn_metadata *metadata, limn_format format, int width,
                         int height, limn_sink *file);

struct limn_metadata *limn_metadata_share(struct limn_metadata *metadata); // takes NULL
void limn_metadata_free(struct limn_metadata *metadata);                   // takes NULL

#endif
