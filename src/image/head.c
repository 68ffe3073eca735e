// What a picture file says of itself, without its pixels.
#include "image/head.h"

#include "image/segments.h"
#include "image/tiff.h"

#include <stdint.h>

// Headers are made of nothing larger; what a hostile file says is more is taken for pixels.
static const uint64_t largest = 4 << 20;

// ---- JPEG, PNG: what comes before the pixels ----

static limn_status need_front(limn_partial *partial, limn_format format, size_t *size) {
    enum { BEGIN = 4096 }; // of the pixels, or of the next piece
    const limn_file *file = &partial->file;
    limn_piece at = limn_pieces(file->bytes, file->size, format);
    LIMN_TRY(limn_partial_need(partial, 0, BEGIN));
    while (limn_next_piece(&at) && at.kind != LIMN_CHUNK("IDAT"))
        LIMN_TRY(limn_partial_need(partial, at.begin, at.end - at.begin + BEGIN));
    size_t front = at.kind == LIMN_CHUNK("IDAT") ? at.begin : at.end;
    *size = file->size - front < BEGIN ? file->size : front + BEGIN;
    return LIMN_OK;
}

// ---- WebP: chunks, some of them within others ----

// Whether all of a chunk counts; of the others the first bytes say the size.
static bool is_told(uint32_t kind) {
    return kind == LIMN_CHUNK("VP8X") || kind == LIMN_CHUNK("ICCP") || kind == LIMN_CHUNK("EXIF");
}

static limn_status need_chunks(limn_partial *partial, uint64_t at, uint64_t end) {
    enum { NAME = 8, BEGIN = 64, FRAME = 16 };
    limn_tiff numbers = {partial->file.bytes, partial->file.size, false, false};
    while (at < end) {
        LIMN_TRY(limn_partial_need(partial, at, BEGIN));
        numbers.big_endian = true;
        uint32_t kind = (uint32_t)limn_tiff_number(&numbers, at, 4);
        numbers.big_endian = false;
        uint64_t size = limn_tiff_number(&numbers, at + 4, 4), begin = at + NAME;
        if (is_told(kind) && size <= largest) LIMN_TRY(limn_partial_need(partial, begin, size));
        at = begin + size + size % 2;
        // A frame begins with its place; the chunks behind that are walked like the others.
        if (kind == LIMN_CHUNK("ANMF")) at = begin + FRAME;
    }
    return LIMN_OK;
}

// ---- TIFF: directories, and what their tags say ----

static limn_status need_values(limn_partial *partial, limn_tag tag) {
    bool small = tag.size && tag.count <= largest / tag.size;
    return small ? limn_partial_need(partial, tag.at, tag.count * tag.size) : LIMN_OK;
}

static limn_status need_directory(limn_partial *partial, const limn_tiff *tiff,
                                  uint64_t directory) {
    enum { COUNT = 8, NEXT = 8, ENTRY = 20 };
    LIMN_TRY(limn_partial_need(partial, directory, COUNT));
    uint64_t entries = limn_tiff_number(tiff, directory, tiff->wide ? 8 : 2);
    if (entries > UINT16_MAX) return LIMN_OK;
    LIMN_TRY(limn_partial_need(partial, directory, COUNT + entries * ENTRY + NEXT));
    entries = limn_tiff_count(tiff, directory);
    for (uint64_t i = 0; i < entries; i++)
        LIMN_TRY(need_values(partial, limn_tiff_entry(tiff, directory, i)));
    return LIMN_OK;
}

// A directory of the chain, and those that hang at it.
static limn_status need_page(limn_partial *partial, const limn_tiff *tiff, uint64_t directory) {
    enum { HANGING = 330, MOST = 64 };
    limn_tag hanging;
    LIMN_TRY(need_directory(partial, tiff, directory));
    if (!limn_tiff_find(tiff, directory, HANGING, &hanging)) return LIMN_OK;
    for (uint64_t i = 0; i < hanging.count && i < MOST; i++)
        LIMN_TRY(need_directory(partial, tiff, limn_tiff_value(tiff, &hanging, i)));
    return LIMN_OK;
}

static limn_status need_directories(limn_partial *partial) {
    enum { BEGIN = 16, MOST = 10000 };
    limn_tiff tiff;
    LIMN_TRY(limn_partial_need(partial, 0, BEGIN));
    if (!limn_tiff_open(partial->file.bytes, partial->file.size, &tiff)) return LIMN_OK;
    uint64_t directory = limn_tiff_first(&tiff);
    for (int i = 0; directory && i < MOST; i++) {
        LIMN_TRY(need_page(partial, &tiff, directory));
        directory = limn_tiff_next(&tiff, directory);
        if (directory == limn_tiff_first(&tiff)) break;
    }
    return LIMN_OK;
}

limn_status limn_head_need(limn_partial *partial, limn_format format, size_t *size) {
    enum { FIRST_CHUNK = 12 };
    *size = partial->file.size;
    switch (format) {
    case LIMN_FORMAT_JPEG:
    case LIMN_FORMAT_PNG: return need_front(partial, format, size);
    case LIMN_FORMAT_WEBP: return need_chunks(partial, FIRST_CHUNK, *size);
    case LIMN_FORMAT_TIFF: return need_directories(partial);
    default: return LIMN_OK;
    }
}
