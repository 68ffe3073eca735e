// The pieces that files are made of. JPEG: ITU-T T.81, annex B. PNG: ISO 15948. WebP: RIFF.
#include "image/segments.h"

#include "image/tiff.h"

// Where the first piece begins.
static const unsigned char heads[] = {
    [LIMN_FORMAT_JPEG] = 2, [LIMN_FORMAT_PNG] = 8, [LIMN_FORMAT_WEBP] = 12};

limn_piece limn_pieces(const unsigned char *bytes, size_t size, limn_format format) {
    size_t head = heads[format];
    return (limn_piece){.file = bytes, .file_size = size, .format = format, .end = head};
}

bool limn_is_png_text(uint32_t kind) {
    return kind == LIMN_CHUNK("tEXt") || kind == LIMN_CHUNK("zTXt") || kind == LIMN_CHUNK("iTXt");
}

// Takes the piece at piece->end: `before` bytes, then `size` of its own, then `behind`.
static bool take(limn_piece *piece, uint32_t kind, size_t before, uint64_t size, size_t behind) {
    size_t at = piece->end;
    if (at > piece->file_size || before + behind > piece->file_size - at) return false;
    if (size > piece->file_size - at - before - behind) return false;
    piece->kind = kind;
    piece->begin = at;
    piece->bytes = piece->file + at + before;
    piece->size = (size_t)size;
    piece->end = at + before + (size_t)size + behind;
    return true;
}

// A marker FF xx and a length of two bytes, which counts itself.
static bool next_segment(limn_piece *piece) {
    const unsigned char *file = piece->file;
    enum { START_OF_SCAN = 0xDA, LEAST = 0xC0 };
    while (piece->end + 4 <= piece->file_size && file[piece->end] == 0xFF &&
           file[piece->end + 1] == 0xFF)
        piece->end++; // filler
    size_t at = piece->end;
    if (at + 4 > piece->file_size || file[at] != 0xFF) return false;
    size_t length = (size_t)file[at + 2] << 8 | file[at + 3];
    if (file[at + 1] < LEAST || file[at + 1] == START_OF_SCAN || length < 2) return false;
    return take(piece, file[at + 1], 4, length - 2, 0);
}

bool limn_next_piece(limn_piece *piece) {
    if (piece->format == LIMN_FORMAT_JPEG) return next_segment(piece);
    bool png = piece->format == LIMN_FORMAT_PNG;
    limn_tiff file = {piece->file, piece->file_size, true, false};
    size_t at = piece->end;
    if (!limn_tiff_holds(&file, at, 8, 1)) return false;
    if (png)
        return take(piece, (uint32_t)limn_tiff_number(&file, at + 4, 4), 8,
                    limn_tiff_number(&file, at, 4), 4);
    uint32_t kind = (uint32_t)limn_tiff_number(&file, at, 4);
    file.big_endian = false;
    uint64_t size = limn_tiff_number(&file, at + 4, 4);
    // Of even length; the last one may lack the byte that makes it so.
    return take(piece, kind, 8, size, size % 2) || take(piece, kind, 8, size, 0);
}
