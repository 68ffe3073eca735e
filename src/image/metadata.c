// Reading what a file holds besides its colours.
#define _GNU_SOURCE
#include "image/metadata.h"

#include "base/text.h"
#include "image/exif.h"
#include "image/segments.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MOST = 4 << 20 }; // bytes of all words of a file, of its XMP, of its IPTC

typedef struct reading {
    struct limn_metadata *to;
    size_t unpacked; // bytes of words so far, kept or not
} reading;

static bool is(const limn_piece *piece, const char *start, size_t size) {
    return piece->size >= size && !memcmp(piece->bytes, start, size);
}

static limn_piece behind(const limn_piece *piece, size_t size) {
    return (limn_piece){.bytes = piece->bytes + size, .size = piece->size - size};
}

// The first of a kind counts.
static void keep(limn_sink *to, const void *bytes, size_t size) {
    if (!to->size && size <= MOST) limn_sink_put(to, bytes, size);
}

static void *find(const void *in, size_t size, const char *what) {
    return size ? memmem(in, size, what, strlen(what)) : NULL;
}

// ---- XMP ----

// tiff:Orientation="6" and <tiff:Orientation>6</...> become 1.
static void set_upright(limn_sink *xmp) {
    static const char name[] = "tiff:Orientation";
    unsigned char *end = xmp->bytes + xmp->size;
    for (unsigned char *at = xmp->bytes; (at = find(at, (size_t)(end - at), name));) {
        at += strlen(name);
        while (at < end && memchr(" \t\r\n=>\"'", *at, 9)) at++;
        if (at < end && *at >= '1' && *at <= '8') *at = '1';
    }
}

static void keep_xmp(reading *it, limn_piece packet) {
    if (it->to->xmp.size || !packet.size) return;
    keep(&it->to->xmp, packet.bytes, packet.size);
    if (it->to->xmp.size) set_upright(&it->to->xmp);
}

// ---- IPTC ----

// Photoshop's resources: "8BIM", a number, a name and bytes, the latter two of even length.
static void keep_photoshop(reading *it, limn_piece all) {
    limn_tiff numbers = {all.bytes, all.size, true, false};
    for (size_t at = 0; at + 12 <= all.size && !memcmp(all.bytes + at, "8BIM", 4);) {
        uint64_t number = limn_tiff_number(&numbers, at + 4, 2);
        size_t start = at + 6 + (((size_t)all.bytes[at + 6] + 2) & ~(size_t)1);
        uint64_t size = limn_tiff_number(&numbers, start, 4);
        if (!limn_tiff_holds(&numbers, start, 4, 1)) return;
        if (!limn_tiff_holds(&numbers, start + 4, size, 1)) return;
        if (number == 0x0404) keep(&it->to->iptc, all.bytes + start + 4, size);
        at = start + 4 + ((size + 1) & ~(uint64_t)1);
    }
}

// ---- tags ----

static limn_piece values_of(const limn_tiff *tiff, uint64_t directory, unsigned tag) {
    limn_tag entry;
    if (!limn_tiff_find(tiff, directory, tag, &entry)) return (limn_piece){0};
    return (limn_piece){.bytes = tiff->bytes + entry.at, .size = entry.count * entry.size};
}

static double rational(const limn_tiff *tiff, uint64_t directory, unsigned tag) {
    limn_tag entry;
    if (!limn_tiff_find(tiff, directory, tag, &entry) || entry.type != LIMN_TIFF_RATIONAL) return 0;
    double below = (double)limn_tiff_number(tiff, entry.at + 4, 4);
    return below > 0 ? (double)limn_tiff_number(tiff, entry.at, 4) / below : 0;
}

static void keep_resolution(reading *it, double across, double down, double metre) {
    if (!(across > 0 && down > 0) || across * metre > 1e9 || down * metre > 1e9) return;
    it->to->resolution[0] = across * metre;
    it->to->resolution[1] = down * metre;
}

static void keep_tags(reading *it, const limn_tiff *tiff, uint64_t directory) {
    static const double metre[] = {[2] = 1 / 0.0254, [3] = 100};
    uint64_t unit = limn_tiff_get(tiff, directory, 296, 2);
    if (unit == 2 || unit == 3)
        keep_resolution(it, rational(tiff, directory, 282), rational(tiff, directory, 283),
                        metre[unit]);
    keep_xmp(it, values_of(tiff, directory, 700));
    limn_piece iptc = values_of(tiff, directory, 33723);
    keep(&it->to->iptc, iptc.bytes, iptc.size);
    keep_photoshop(it, values_of(tiff, directory, 34377));
    limn_tags tags = {.from = {{tiff, directory, false}}, .big_endian = tiff->big_endian};
    limn_sink *exif = &it->to->exif;
    if (!exif->size && !limn_tags_block(&tags, exif)) exif->size = 0; // there is nothing in it
}

static void keep_exif(reading *it, limn_piece block) {
    limn_tiff tiff;
    if (is(&block, "Exif\0\0", 6)) block = behind(&block, 6); // some write that into WebP and PNG
    if (!limn_tiff_open(block.bytes, block.size, &tiff) || tiff.wide) return;
    keep_tags(it, &tiff, limn_tiff_first(&tiff));
}

// ---- words ----

static void keep_words(reading *it, const char *key, const char *text, size_t size) {
    limn_sink *words = &it->to->words;
    const char *end = size ? memchr(text, 0, size) : NULL;
    if (end) size = (size_t)(end - text);
    if (!size || size > MOST - strlen(key) || words->size > MOST - size - strlen(key)) return;
    limn_sink_put(words, key, strlen(key) + 1);
    limn_sink_put(words, text, size);
    limn_sink_put(words, "", 1);
}

// What ImageMagick puts into PNG, which has no place for it: lines of a name, a count, and
// hexadecimal digits.
static bool keep_raw_profile(reading *it, const char *key, limn_piece text) {
    static const char start[] = "Raw profile type ";
    if (!limn_text_begins(key, start)) return false;
    const char *name = key + strlen(start);
    limn_sink bytes = {0};
    size_t at = text.size && text.bytes[0] == '\n';
    for (int lines = 0; lines < 2 && at < text.size; at++) lines += text.bytes[at] == '\n';
    for (int high = -1; at < text.size; at++) {
        const char *digits = "0123456789abcdef", *digit = strchr(digits, text.bytes[at] | 32);
        if (!digit || !*digit) continue;
        unsigned char byte = (unsigned char)(high * 16 + (digit - digits));
        if (high >= 0) limn_sink_put(&bytes, &byte, 1);
        high = high < 0 ? (int)(digit - digits) : -1;
    }
    limn_piece all = {.bytes = bytes.bytes, .size = bytes.size};
    if (!strcmp(name, "exif") || !strcmp(name, "APP1")) keep_exif(it, all);
    if (!strcmp(name, "xmp")) keep_xmp(it, all);
    if (!strcmp(name, "iptc") || !strcmp(name, "8bim")) {
        keep_photoshop(it, all);
        if (all.size && all.bytes[0] == 0x1C) keep(&it->to->iptc, all.bytes, all.size);
    }
    free(bytes.bytes);
    return true;
}

static void keep_text(reading *it, const char *key, limn_piece text) {
    if (!strcmp(key, "XML:com.adobe.xmp"))
        keep_xmp(it, text);
    else if (!keep_raw_profile(it, key, text))
        keep_words(it, key, (const char *)text.bytes, text.size);
}

// Latin-1 as UTF-8.
static void keep_latin(reading *it, const char *key, limn_piece text) {
    limn_sink wide = {0};
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = text.bytes[i], two[] = {0xC0 | c >> 6, 0x80 | (c & 0x3F)};
        limn_sink_put(&wide, c < 0x80 ? &c : two, c < 0x80 ? 1 : 2);
    }
    keep_text(it, key, (limn_piece){.bytes = wide.bytes, .size = wide.size});
    free(wide.bytes);
}

// All words of a file unpacked together are no more than is kept, so that a bomb does not go off.
static void unpack(reading *it, limn_piece packed, limn_sink *to) {
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)packed.bytes,
                       .avail_in = (unsigned)packed.size};
    unsigned char part[4096];
    if (inflateInit(&stream) != Z_OK) return;
    int result = Z_OK;
    while (result == Z_OK && it->unpacked < MOST) {
        stream.next_out = part;
        stream.avail_out = sizeof part;
        result = inflate(&stream, Z_NO_FLUSH);
        size_t made = sizeof part - stream.avail_out;
        if ((result != Z_OK && result != Z_STREAM_END) || !limn_sink_put(to, part, made)) break;
        it->unpacked += made;
    }
    if (result != Z_STREAM_END) to->size = to->at = 0;
    inflateEnd(&stream);
}

// What follows the next NUL; nothing where there is none.
static limn_piece after_nul(const limn_piece *from) {
    const unsigned char *nul = from->size ? memchr(from->bytes, 0, from->size) : NULL;
    return nul ? behind(from, (size_t)(nul - from->bytes) + 1) : (limn_piece){0};
}

// tEXt: keyword, text. zTXt: keyword, method, packed. iTXt: keyword, whether packed, method,
// language, keyword in that language, text.
static void keep_png_text(reading *it, const limn_piece *chunk) {
    const char *key = (const char *)chunk->bytes;
    limn_piece text = after_nul(chunk);
    bool wide = chunk->kind == LIMN_CHUNK("iTXt"), packed = chunk->kind == LIMN_CHUNK("zTXt");
    if (!text.size || strlen(key) > 79) return;
    if (wide) {
        packed = text.bytes[0];
        text = text.size > 2 ? behind(&text, 2) : (limn_piece){0};
        text = after_nul(&text);
        text = after_nul(&text);
    } else if (packed) {
        text = behind(&text, 1);
    }
    limn_sink whole = {0};
    if (packed) {
        unpack(it, text, &whole);
        text = (limn_piece){.bytes = whole.bytes, .size = whole.size};
    }
    if (wide)
        keep_text(it, key, text);
    else
        keep_latin(it, key, text);
    free(whole.bytes);
}

// ---- files ----

static void read_jpeg(reading *it, const limn_piece *piece) {
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/", shop[] = "Photoshop 3.0";
    limn_tiff numbers = {piece->bytes, piece->size, true, false};
    if (piece->kind == 0xE0 && is(piece, "JFIF", 5)) {
        static const double metre[] = {[1] = 1 / 0.0254, [2] = 100};
        uint64_t unit = limn_tiff_number(&numbers, 7, 1);
        if (unit == 1 || unit == 2)
            keep_resolution(it, (double)limn_tiff_number(&numbers, 8, 2),
                            (double)limn_tiff_number(&numbers, 10, 2), metre[unit]);
    }
    if (piece->kind == 0xE1 && is(piece, "Exif\0\0", 6)) keep_exif(it, *piece);
    if (piece->kind == 0xE1 && is(piece, xmp, sizeof xmp)) keep_xmp(it, behind(piece, sizeof xmp));
    if (piece->kind == 0xED && is(piece, shop, sizeof shop))
        keep_photoshop(it, behind(piece, sizeof shop));
    if (piece->kind == 0xFE) keep_words(it, "Comment", (const char *)piece->bytes, piece->size);
}

static void read_png(reading *it, const limn_piece *piece) {
    limn_tiff numbers = {piece->bytes, piece->size, true, false};
    if (piece->kind == LIMN_CHUNK("pHYs") && limn_tiff_number(&numbers, 8, 1) == 1)
        keep_resolution(it, (double)limn_tiff_number(&numbers, 0, 4),
                        (double)limn_tiff_number(&numbers, 4, 4), 1);
    if (piece->kind == LIMN_CHUNK("eXIf")) keep_exif(it, *piece);
    if (limn_is_png_text(piece->kind)) keep_png_text(it, piece);
}

static void read_webp(reading *it, const limn_piece *piece) {
    if (piece->kind == LIMN_CHUNK("EXIF")) keep_exif(it, *piece);
    if (piece->kind == LIMN_CHUNK("XMP ")) keep_xmp(it, *piece);
}

static bool failed(const struct limn_metadata *of) {
    return of->exif.failed || of->xmp.failed || of->iptc.failed || of->words.failed;
}

limn_status limn_metadata_read(const unsigned char *bytes, size_t size, limn_format format,
                               uint64_t directory, struct limn_metadata **metadata) {
    static void (*const readers[])(reading *, const limn_piece *) = {
        [LIMN_FORMAT_JPEG] = read_jpeg,
        [LIMN_FORMAT_PNG] = read_png,
        [LIMN_FORMAT_WEBP] = read_webp,
    };
    reading it = {.to = calloc(1, sizeof *it.to)};
    *metadata = it.to;
    if (it.to) it.to->shared = 1;
    limn_tiff tiff;
    if (it.to && format == LIMN_FORMAT_TIFF && limn_tiff_open(bytes, size, &tiff))
        keep_tags(&it, &tiff, directory);
    if (it.to && format != LIMN_FORMAT_TIFF)
        for (limn_piece at = limn_pieces(bytes, size, format); limn_next_piece(&at);)
            readers[format](&it, &at);
    if (it.to && !failed(it.to)) return LIMN_OK;
    limn_metadata_free(it.to);
    *metadata = NULL;
    return limn_fail(LIMN_MEMORY,
                     "there is no memory for what a picture holds besides its colours");
}

struct limn_metadata *limn_metadata_share(struct limn_metadata *metadata) {
    if (metadata) __atomic_add_fetch(&metadata->shared, 1, __ATOMIC_SEQ_CST);
    return metadata;
}

void limn_metadata_free(struct limn_metadata *metadata) {
    if (!metadata || __atomic_sub_fetch(&metadata->shared, 1, __ATOMIC_SEQ_CST)) return;
    free(metadata->exif.bytes);
    free(metadata->xmp.bytes);
    free(metadata->iptc.bytes);
    free(metadata->words.bytes);
    free(metadata);
}
