// Files that hold several pictures: pages of TIFF, frames of WebP, pictures behind one another in
// JPEG (MPO), and previews, which are none of them.
#ifndef LIMN_IMAGE_PAGES_H
#define LIMN_IMAGE_PAGES_H

#include "image/tiff.h"
#include "limn/picture.h"
#include "limn/status.h"

typedef struct limn_page {
    int count;          // pictures in the file; previews and masks are not counted
    int number, below;  // libvips' page, and which of those that hang at it; -1: the page itself
    uint64_t directory; // of TIFF
    size_t begin, size; // the part of the file that it is in
} limn_page;

// The page that was asked for, from 1 on; 0: the picture that the file is of, which is the first,
// but not a preview of another. `whole`: the size of the file, of which the bytes may be a part
// that holds the first picture's header. Fails with LIMN_INPUT where there is no such page, or not
// in this part, and of raw photographs, where it would be a preview.
limn_status limn_page_find(const unsigned char *bytes, size_t size, size_t whole,
                           limn_format format, const char *name, int wanted, limn_page *page);

#endif
