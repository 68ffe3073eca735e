// Fuzz target: a stranger's picture, from its first byte to its last pixel, and with all it tells
// into a file of each format, which must be as good.
//
// Pictures of few pixels only, since decoding what was accepted is the libraries' work, not ours.
#include "base/options.h"
#include "image/vips.h"
#include "limn/picture.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *count, char ***words);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerInitialize(int *count, char ***words) {
    (void)count, (void)words;
    limn_vips_own();
    return 0;
}

static void write_and_read(const limn_picture *picture, limn_format format) {
    limn_picture *again;
    void *bytes;
    size_t size;
    if (limn_picture_write_bytes(picture, LIMN_WITH(limn_write_options, .format = format), &bytes,
                                 &size)) {
        if (picture->width < 16000 && picture->height < 16000) __builtin_trap();
        return; // longer than WebP can be
    }
    if (limn_picture_read_bytes(bytes, size, "again", NULL, &again)) __builtin_trap();
    if (again->width != picture->width || again->damaged) __builtin_trap();
    limn_picture_free(again);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const limn_read_options options = {
        .size = sizeof options, .max_pixels = 1 << 16, .max_scans = 10, .page = (int)(size % 4)};
    limn_picture_header header = {.size = sizeof header};
    limn_picture *picture;
    limn_status seen = limn_picture_read_header_bytes(bytes, size, "fuzz", &options, &header);
    limn_status read = limn_picture_read_bytes(bytes, size, "fuzz", &options, &picture);
    if (read != LIMN_OK) return 0;
    if (seen != LIMN_OK || header.width != picture->width || header.height != picture->height)
        __builtin_trap();
    write_and_read(picture, LIMN_FORMAT_JPEG + size / 4 % 4);
    limn_picture_free(picture);
    return 0;
}
