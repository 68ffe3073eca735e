// What a file is, by its bytes.
#include "image/recognise.h"

#include "image/tiff.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

// Bytes at an offset, and what they stand for; `format` is set for what limn reads.
static const struct {
    size_t offset, size;
    const char *bytes, *looks_like;
    limn_format format;
    const char *advice;
} signatures[] = {
    {0, 3, "\xFF\xD8\xFF", "a JPEG picture", LIMN_FORMAT_JPEG},
    {0, 8, "\x89PNG\r\n\x1A\n", "a PNG picture", LIMN_FORMAT_PNG},
    {8, 4, "WEBP", "a WebP picture", LIMN_FORMAT_WEBP},
    {0, 4, "II*\0", "a TIFF picture", LIMN_FORMAT_TIFF},
    {0, 4, "MM\0*", "a TIFF picture", LIMN_FORMAT_TIFF},
    {0, 4, "II+\0", "a TIFF picture", LIMN_FORMAT_TIFF},
    {0, 4, "MM\0+", "a TIFF picture", LIMN_FORMAT_TIFF},
    {0, 4, "GIF8", "a GIF picture", LIMN_FORMAT_NONE},
    {0, 4, "%PDF", "a PDF document", LIMN_FORMAT_NONE},
    {0, 4, "%!PS", "a PostScript document", LIMN_FORMAT_NONE},
    {4, 8, "ftypheic", "a HEIC picture", LIMN_FORMAT_NONE},
    {4, 8, "ftypheix", "a HEIC picture", LIMN_FORMAT_NONE},
    {4, 8, "ftypmif1", "a HEIF picture", LIMN_FORMAT_NONE},
    {4, 8, "ftypavif", "an AVIF picture", LIMN_FORMAT_NONE},
    {4, 8, "ftypcrx ", "a raw photograph (CR3)", LIMN_FORMAT_NONE},
    {4, 4, "ftyp", "a video", LIMN_FORMAT_NONE},
    {0, 4, "\x1A\x45\xDF\xA3", "a video", LIMN_FORMAT_NONE},
    {8, 4, "AVI ", "a video", LIMN_FORMAT_NONE},
    {0, 2, "\xFF\x0A", "a JPEG XL picture", LIMN_FORMAT_NONE},
    {4, 8, "JXL \r\n\x87\n", "a JPEG XL picture", LIMN_FORMAT_NONE},
    {4, 8, "jP  \r\n\x87\n", "a JPEG 2000 picture", LIMN_FORMAT_NONE},
    {0, 4, "\xFF\x4F\xFF\x51", "a JPEG 2000 picture", LIMN_FORMAT_NONE},
    {0, 4, "8BPS", "a Photoshop document", LIMN_FORMAT_NONE},
    {0, 4, "\x76\x2F\x31\x01", "an OpenEXR picture", LIMN_FORMAT_NONE},
    {0, 4, "SIMP", "a FITS file", LIMN_FORMAT_NONE},
    {0, 10, "#?RADIANCE", "a Radiance picture", LIMN_FORMAT_NONE},
    {0, 4, "\0\0\1\0", "an icon (ICO)", LIMN_FORMAT_NONE},
    {0, 2, "BM", "a BMP picture", LIMN_FORMAT_NONE},
    {0, 2, "PK", "a zip archive", LIMN_FORMAT_NONE, "Unpack it first."},
    {0, 2, "\x1F\x8B", "a gzip archive", LIMN_FORMAT_NONE, "Unpack it first."},
    {0, 6,
     "\xFD"
     "7zXZ",
     "an xz archive", LIMN_FORMAT_NONE, "Unpack it first."},
    {0, 4,
     "\x7F"
     "ELF",
     "a program", LIMN_FORMAT_NONE},
};

static bool has_word(const unsigned char *bytes, size_t size, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++) {
        size_t same = 0;
        while (same < length && tolower(bytes[i + same]) == word[same]) same++;
        if (same == length) return true;
    }
    return false;
}

// Letters in UTF-8 (a letter at the end may be cut) and no control characters.
static bool is_text(const unsigned char *bytes, size_t size) {
    int following = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = bytes[i];
        if (following) {
            if (c >> 6 != 2) return false;
            following--;
        } else if (c >= 0x80) {
            following = c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : -1;
            if (following < 0) return false;
        } else if (c < ' ' && !memchr("\t\n\r\f", c, 4)) {
            return false;
        }
    }
    return true;
}

// What a file of letters holds; what NULL when it is no text.
static limn_looks look_at_text(const unsigned char *bytes, size_t size) {
    if (!is_text(bytes, size)) return (limn_looks){0};
    if (has_word(bytes, size, "<svg")) return (limn_looks){"an SVG drawing"};
    if (has_word(bytes, size, "<html") || has_word(bytes, size, "<!doctype html"))
        return (limn_looks){"a web page", "The download gave an error or a question instead: open "
                                          "the address in a browser."};
    if (has_word(bytes, size, "git-lfs"))
        return (limn_looks){"a Git LFS pointer, which stands for a file",
                            "Run git lfs pull, or download the file itself."};
    return (limn_looks){"text"};
}

static bool is_pnm(const unsigned char *bytes, size_t size) {
    return size > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' && isspace(bytes[2]);
}

limn_looks limn_look(const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        size_t offset = signatures[i].offset, length = signatures[i].size;
        if (size >= offset + length && !memcmp(bytes + offset, signatures[i].bytes, length))
            return (limn_looks){signatures[i].looks_like, signatures[i].advice,
                                signatures[i].format};
    }
    size_t start = size < 1024 ? size : 1024, zeros = 0;
    while (zeros < start && bytes[zeros] == 0) zeros++;
    if (zeros == start) return (limn_looks){"nothing but zero bytes", "Copy it again."};
    if (is_pnm(bytes, start)) return (limn_looks){"a PNM picture"};
    return look_at_text(bytes, start);
}

limn_status limn_recognise(const unsigned char *bytes, size_t size, const char *name,
                           limn_format *format) {
    *format = LIMN_FORMAT_NONE;
    if (size == 0) return limn_fail(LIMN_INPUT, "%s: the file is empty. Copy it again.", name);
    limn_looks looks = limn_look(bytes, size);
    *format = looks.format;
    if (looks.format != LIMN_FORMAT_NONE) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "%s: is not a picture that limn reads; the content looks like %s. %s", name,
                     looks.what ? looks.what : "no known format",
                     looks.advice ? looks.advice : "Convert it to JPEG, PNG, WebP or TIFF first.");
}

// ---- JPEG: segments of a marker FF xx and a big-endian length; ITU-T T.81, annex B ----

enum {
    START_OF_SCAN = 0xDA,
    END_OF_IMAGE = 0xD9,
    STUFFED = 0x00,
    FIRST_RESTART = 0xD0,
    LAST_RESTART = 0xD7,
    TEMPORARY = 0x01
};

// Counts the scans up to the end of image; *ended tells whether there is one.
static int walk_jpeg(const unsigned char *bytes, size_t size, bool *ended) {
    int scans = 0;
    *ended = false;
    for (size_t at = 2; at + 2 <= size;) {
        const unsigned char *marker = memchr(bytes + at, 0xFF, size - at);
        if (!marker || marker + 1 >= bytes + size) break;
        at = (size_t)(marker - bytes) + 1;
        unsigned code = bytes[at];
        if (code == 0xFF) continue; // filler
        at++;
        if (code == STUFFED || code == TEMPORARY || (code >= FIRST_RESTART && code <= LAST_RESTART))
            continue;
        if (code == END_OF_IMAGE) {
            *ended = true;
            break;
        }
        if (code == START_OF_SCAN) scans++;
        if (at + 2 > size) break;
        size_t length = (size_t)bytes[at] << 8 | bytes[at + 1];
        if (length > size - at) break;
        at += length;
    }
    return scans;
}

int limn_jpeg_scans(const unsigned char *bytes, size_t size) {
    bool ended;
    return walk_jpeg(bytes, size, &ended);
}

static uint32_t big(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// Chunks of length, name, data and checksum up to IEND.
static bool png_ends_early(const unsigned char *bytes, size_t size) {
    for (size_t at = 8; size - at >= 12;) {
        size_t length = big(bytes + at);
        if (length > size - at - 12) return true;
        if (memcmp(bytes + at + 4, "IEND", 4) == 0) return false;
        at += length + 12;
    }
    return true;
}

static bool webp_ends_early(const unsigned char *bytes, size_t size) {
    limn_tiff riff = {bytes, size, false, false}; // its numbers are little-endian
    return size < 12 || limn_tiff_number(&riff, 4, 4) > size - 8;
}

bool limn_ends_early(const unsigned char *bytes, size_t size, limn_format format) {
    bool ended = true;
    switch (format) {
    case LIMN_FORMAT_JPEG: walk_jpeg(bytes, size, &ended); return !ended;
    case LIMN_FORMAT_PNG: return png_ends_early(bytes, size);
    case LIMN_FORMAT_WEBP: return webp_ends_early(bytes, size);
    case LIMN_FORMAT_TIFF: return limn_tiff_ends_early(bytes, size);
    default: return false;
    }
}
