// What a file is, by its bytes.
#include "image/recognise.h"

#include "image/segments.h"
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
    {4, 8, "ftypheim", "a HEIC picture", LIMN_FORMAT_NONE},
    {4, 8, "ftypheis", "a HEIC picture", LIMN_FORMAT_NONE},
    {4, 8, "ftyphevc", "HEIC pictures", LIMN_FORMAT_NONE},
    {4, 8, "ftypmif1", "a HEIF picture", LIMN_FORMAT_NONE},
    {4, 8, "ftypmsf1", "HEIF pictures", LIMN_FORMAT_NONE},
    {4, 8, "ftypavif", "an AVIF picture", LIMN_FORMAT_NONE},
    {4, 8, "ftypavis", "AVIF pictures", LIMN_FORMAT_NONE},
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
static limn_recognised look_at_text(const unsigned char *bytes, size_t size) {
    if (!is_text(bytes, size)) return (limn_recognised){0};
    if (has_word(bytes, size, "<svg")) return (limn_recognised){"an SVG drawing"};
    if (has_word(bytes, size, "<html") || has_word(bytes, size, "<!doctype html"))
        return (limn_recognised){"a web page",
                                 "The download gave an error or a question instead: open "
                                 "the address in a browser."};
    if (has_word(bytes, size, "git-lfs"))
        return (limn_recognised){"a Git LFS pointer, which stands for a file",
                                 "Run git lfs pull, or download the file itself."};
    return (limn_recognised){"text"};
}

static bool is_pnm(const unsigned char *bytes, size_t size) {
    return size > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' && isspace(bytes[2]);
}

limn_recognised limn_look(const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        size_t offset = signatures[i].offset, length = signatures[i].size;
        if (size >= offset + length && !memcmp(bytes + offset, signatures[i].bytes, length))
            return (limn_recognised){signatures[i].looks_like, signatures[i].advice,
                                     signatures[i].format};
    }
    size_t start = size < 1024 ? size : 1024, zeros = 0;
    while (zeros < start && bytes[zeros] == 0) zeros++;
    if (zeros == start) return (limn_recognised){"nothing but zero bytes", "Copy it again."};
    if (is_pnm(bytes, start)) return (limn_recognised){"a PNM picture"};
    return look_at_text(bytes, start);
}

limn_status limn_recognise(const unsigned char *bytes, size_t size, const char *name,
                           limn_format *format) {
    *format = LIMN_FORMAT_NONE;
    if (size == 0) return limn_fail(LIMN_INPUT, "%s: the file is empty. Copy it again.", name);
    limn_recognised looks = limn_look(bytes, size);
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

typedef struct jpeg {
    int scans; // up to the end of image
    bool ended;
    int components;
    unsigned char names[4], bits[4][64]; // of a progressive one: what each coefficient still lacks
} jpeg;

// The frame of a progressive JPEG names its components: all bits of all coefficients are to come.
static void begin_frame(jpeg *it, const unsigned char *segment, size_t size) {
    if (size < 8 || segment[7] < 1 || segment[7] > 4 || size < 8 + 3U * segment[7]) return;
    it->components = segment[7];
    for (int i = 0; i < it->components; i++) it->names[i] = segment[8 + 3 * i];
    memset(it->bits, 0xFF, sizeof it->bits);
}

// A scan brings a range of coefficients of some components down to a bit.
static void begin_scan(jpeg *it, const unsigned char *segment, size_t size) {
    it->scans++;
    if (size < 3 || size < 6 + 2U * segment[2]) return;
    const unsigned char *range = segment + 3 + 2 * segment[2];
    for (int i = 0; i < segment[2]; i++)
        for (int c = 0; c < it->components; c++)
            for (int k = range[0]; k <= range[1] && k < 64; k++)
                if (it->names[c] == segment[3 + 2 * i]) it->bits[c][k] = range[2] & 15;
}

static jpeg walk_jpeg(const unsigned char *bytes, size_t size) {
    enum { PROGRESSIVE = 0xC2 };
    jpeg it = {.scans = 0};
    for (size_t at = 2; at + 2 <= size;) {
        const unsigned char *marker = memchr(bytes + at, 0xFF, size - at);
        if (!marker || marker + 1 >= bytes + size) break;
        at = (size_t)(marker - bytes) + 1;
        unsigned code = bytes[at];
        if (code == 0xFF) continue; // filler
        at++;
        if (code == STUFFED || code == TEMPORARY || (code >= FIRST_RESTART && code <= LAST_RESTART))
            continue;
        it.ended = code == END_OF_IMAGE;
        if (it.ended || at + 2 > size) break;
        size_t length = (size_t)bytes[at] << 8 | bytes[at + 1];
        if (code == PROGRESSIVE)
            begin_frame(&it, bytes + at, length < size - at ? length : size - at);
        if (code == START_OF_SCAN)
            begin_scan(&it, bytes + at, length < size - at ? length : size - at);
        if (length > size - at) break;
        at += length;
    }
    return it;
}

int limn_jpeg_scans(const unsigned char *bytes, size_t size) {
    return walk_jpeg(bytes, size).scans;
}

bool limn_jpeg_lacks_scans(const unsigned char *bytes, size_t size) {
    jpeg it = walk_jpeg(bytes, size);
    for (int c = 0; c < it.components; c++)
        for (int k = 0; k < 64; k++)
            if (it.bits[c][k]) return true;
    return false;
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

// Damage may look like a segment that leads beyond the file: what has its mark at its very end is
// damaged, and not cut.
static bool jpeg_ends_early(const unsigned char *bytes, size_t size) {
    bool marked = size >= 4 && bytes[size - 2] == 0xFF && bytes[size - 1] == END_OF_IMAGE;
    return !marked && !walk_jpeg(bytes, size).ended;
}

bool limn_ends_early(const unsigned char *bytes, size_t size, limn_format format,
                     uint64_t directory) {
    switch (format) {
    case LIMN_FORMAT_JPEG: return jpeg_ends_early(bytes, size);
    case LIMN_FORMAT_PNG: return png_ends_early(bytes, size);
    case LIMN_FORMAT_WEBP: return webp_ends_early(bytes, size);
    case LIMN_FORMAT_TIFF: return limn_tiff_ends_early(bytes, size, directory);
    default: return false;
    }
}

// ---- whole, but not read ----

// The start of frame says how a JPEG is made: its bits, and by its marker the process.
static const char *unread_jpeg(const unsigned char *bytes, size_t size) {
    static const char *const processes[16] = {
        [3] = "without loss (process 14)", [5] = "in layers (hierarchical)",
        [6] = "in layers (hierarchical)",  [7] = "in layers (hierarchical)",
        [9] = "with arithmetic coding",    [10] = "with arithmetic coding",
        [11] = "with arithmetic coding",   [13] = "with arithmetic coding",
        [14] = "with arithmetic coding",   [15] = "with arithmetic coding",
    };
    for (limn_piece at = limn_pieces(bytes, size, LIMN_FORMAT_JPEG); limn_next_piece(&at);) {
        if (at.kind >> 4 != 0xC || at.kind == 0xC4 || at.kind == 0xC8 || at.kind == 0xCC) continue;
        if (at.size && at.bytes[0] > 8) return "with more than 8 bits a channel";
        return processes[at.kind & 15];
    }
    return NULL;
}

static const char *unread_png(const unsigned char *bytes, size_t size) {
    limn_piece first = limn_pieces(bytes, size, LIMN_FORMAT_PNG);
    bool any = limn_next_piece(&first);
    return any && first.kind == LIMN_CHUNK("CgBI") ? "of Apple's own making (CgBI)" : NULL;
}

static const char *unread_tiff(const unsigned char *bytes, size_t size, uint64_t directory) {
    enum { SIGNED = 2, FLOATS = 3, PLANES = 2, NONE = 1 };
    limn_tiff t;
    if (!limn_tiff_open(bytes, size, &t)) return NULL;
    uint64_t bits = limn_tiff_get(&t, directory, 258, 1),
             kind = limn_tiff_get(&t, directory, 339, 1);
    if (kind == SIGNED) return "of numbers with a sign";
    if (kind == FLOATS && bits != 32)
        return bits < 32 ? "of floats of 16 bits" : "of floats of 64 bits";
    if (kind > FLOATS) return "of numbers of an unusual kind";
    if (bits > 16 && kind != FLOATS) return "with more than 16 bits a channel";
    if (limn_tiff_get(&t, directory, 322, 0) && limn_tiff_get(&t, directory, 284, 1) == PLANES)
        return "of tiles for each channel apart";
    static const unsigned known[] = {1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000, 50001};
    uint64_t packed = limn_tiff_get(&t, directory, 259, NONE);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (packed == known[i]) return NULL;
    return "packed in an unusual way";
}

const char *limn_unread_kind(const unsigned char *bytes, size_t size, limn_format format,
                             uint64_t directory) {
    if (format == LIMN_FORMAT_JPEG) return unread_jpeg(bytes, size);
    if (format == LIMN_FORMAT_PNG) return unread_png(bytes, size);
    return format == LIMN_FORMAT_TIFF ? unread_tiff(bytes, size, directory) : NULL;
}
