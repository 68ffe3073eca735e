// Fuzz target: a stranger's picture, from its first byte to its last pixel.
//
// Pictures of few pixels only, since decoding what was accepted is the libraries' work, not ours.
#include "image/vips.h"
#include "limn/picture.h"

#include <stdint.h>

int LLVMFuzzerInitialize(int *count, char ***words);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerInitialize(int *count, char ***words) {
    (void)count, (void)words;
    limn_vips_own();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const limn_read_options options = {
        .size = sizeof options, .max_pixels = 1 << 16, .max_scans = 10};
    limn_picture_header header = {.size = sizeof header};
    limn_picture *picture;
    limn_status seen = limn_picture_read_header_bytes(bytes, size, "fuzz", &options, &header);
    limn_status read = limn_picture_read_bytes(bytes, size, "fuzz", &options, &picture);
    if (read == LIMN_OK &&
        (seen != LIMN_OK || header.width != picture->width || header.height != picture->height))
        __builtin_trap();
    if (read == LIMN_OK) limn_picture_free(picture);
    return 0;
}
