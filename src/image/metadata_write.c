// Putting what a picture holds besides its colours into a file of any format.
#include "image/metadata.h"

#include "image/exif.h"
#include "image/segments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const struct limn_metadata nothing;

typedef struct writing {
    const struct limn_metadata *from;
    int width, height;
    limn_sink *file;
    limn_sink head; // what is put in
} writing;

// Puts `head` in the place of the file's bytes from begin to end.
static void splice(writing *it, size_t begin, size_t end) {
    limn_sink *file = it->file;
    size_t size = file->size, behind = size - end;
    file->at = size;
    if (it->head.failed || (it->head.size && !limn_sink_put(file, it->head.bytes, it->head.size))) {
        file->failed = true; // the bytes just put are for the room alone
        return;
    }
    memmove(file->bytes + begin + it->head.size, file->bytes + end, behind);
    if (it->head.size) memcpy(file->bytes + begin, it->head.bytes, it->head.size);
    file->size = file->at = begin + it->head.size + behind;
}

static void put(limn_sink *to, const void *bytes, size_t size) {
    if (size) limn_sink_put(to, bytes, size);
}

static void put_big(limn_sink *to, uint32_t value, int size) {
    for (int i = size - 1; i >= 0; i--)
        put(to, &(unsigned char){(unsigned char)(value >> 8 * i)}, 1);
}

static void put_little(limn_sink *to, uint32_t value) {
    for (int i = 0; i < 4; i++) put(to, &(unsigned char){(unsigned char)(value >> 8 * i)}, 1);
}

// ---- words ----

// The keyword and the text at a place of the words; false at their end.
static bool next_words(const writing *it, size_t *at, const char **key, const char **text) {
    const limn_sink *words = &it->from->words;
    if (*at >= words->size) return false;
    *key = (const char *)words->bytes + *at;
    *text = *key + strlen(*key) + 1;
    *at += strlen(*key) + strlen(*text) + 2;
    return true;
}

// As a line for formats that know no keywords.
static void put_line(limn_sink *to, const char *key, const char *text) {
    bool named = strcmp(key, "Comment") != 0;
    if (named) put(to, key, strlen(key));
    if (named) put(to, ": ", 2);
    put(to, text, strlen(text));
}

// What TIFF and EXIF call the description: the picture's own, and all words. NUL-terminated, or
// empty where it says nothing that the block does not.
static void describe(const writing *it, limn_sink *to) {
    limn_tiff block;
    limn_tag own;
    const char *key, *text;
    if (!it->from->words.size) return;
    if (limn_tiff_open(it->from->exif.bytes, it->from->exif.size, &block) &&
        limn_tiff_find(&block, limn_tiff_first(&block), 270, &own) && own.size == 1) {
        const char *bytes = (const char *)block.bytes + own.at;
        put(to, bytes, strnlen(bytes, own.count));
    }
    for (size_t at = 0; next_words(it, &at, &key, &text);) {
        if (to->size) put(to, "\n", 1);
        put_line(to, key, text);
    }
    put(to, "", 1);
}

// ---- tags ----

enum { MOST_SET = 16 };

typedef struct setting {
    limn_tag_set items[MOST_SET];
    size_t count;
} setting;

static void set_number(setting *to, limn_directory in, unsigned tag, unsigned type, uint32_t value,
                       bool only_if_there) {
    to->items[to->count++] = (limn_tag_set){
        .in = in, .tag = tag, .type = type, .number = {value}, .only_if_there = only_if_there};
}

static void set_bytes(setting *to, unsigned tag, unsigned type, const limn_sink *bytes) {
    if (!bytes->size) return;
    to->items[to->count++] =
        (limn_tag_set){.tag = tag, .type = type, .count = bytes->size, .bytes = bytes->bytes};
}

static double inches(double metre) {
    double dots = metre * 0.0254, whole = round(dots);
    return fabs(dots - whole) < 0.01 ? whole : dots; // PNG counts in metres, and rounds
}

static void set_resolution(setting *to, const struct limn_metadata *from) {
    if (!(from->resolution[0] > 0)) return;
    for (int i = 0; i < 2; i++) {
        double dots = inches(from->resolution[i]);
        uint32_t below = dots < 1e5 ? 10000 : 1;
        if (dots == floor(dots)) below = 1;
        uint32_t above = (uint32_t)fmin(dots * below + 0.5, UINT32_MAX);
        to->items[to->count++] = (limn_tag_set){
            .tag = 282 + (unsigned)i, .type = LIMN_TIFF_RATIONAL, .number = {above, below}};
    }
    set_number(to, LIMN_DIRECTORY_MAIN, 296, LIMN_TIFF_SHORT, 2, false);
}

static void set_picture(setting *to, const writing *it) {
    const limn_directory in = LIMN_DIRECTORY_EXIF;
    enum { SRGB = 1 };
    set_number(to, in, 40961, LIMN_TIFF_SHORT, SRGB, true);
    set_number(to, in, 40962, LIMN_TIFF_LONG, (uint32_t)it->width, true);
    set_number(to, in, 40963, LIMN_TIFF_LONG, (uint32_t)it->height, true);
}

// The records are counted in fours there (Adobe's TIFF notes, 33723).
static void pad_records(const writing *it, limn_sink *to) {
    const limn_sink *iptc = &it->from->iptc;
    put(to, iptc->bytes, iptc->size);
    put(to, "\0\0\0", (4 - iptc->size % 4) % 4);
}

// What a format has no other place for than EXIF.
typedef struct homeless {
    limn_sink words, iptc;
    bool resolution;
} homeless;

// The block for a file that holds EXIF as such.
static void make_block(const writing *it, const homeless *more, unsigned without, limn_sink *to) {
    limn_tiff old;
    setting set = {.count = 0};
    bool any = limn_tiff_open(it->from->exif.bytes, it->from->exif.size, &old);
    set_bytes(&set, 270, LIMN_TIFF_ASCII, &more->words);
    set_bytes(&set, 33723, LIMN_TIFF_LONG, &more->iptc);
    if (any || set.count || more->resolution) set_resolution(&set, it->from);
    if (any) set_number(&set, LIMN_DIRECTORY_MAIN, 274, LIMN_TIFF_SHORT, 1, false);
    set_picture(&set, it);
    limn_tags tags = {.set = set.items,
                      .set_count = set.count,
                      .without = without,
                      .big_endian = any && old.big_endian};
    if (any) tags.from[0] = (limn_tags_from){&old, limn_tiff_first(&old), false};
    if (!limn_tags_block(&tags, to)) to->size = to->at = 0; // there is nothing in it
}

// ---- JPEG ----

enum { LONGEST_SEGMENT = 65533 };

static void put_segment(writing *it, unsigned char marker, const char *name, size_t name_size,
                        const void *bytes, size_t size) {
    if (!size || name_size + size > LONGEST_SEGMENT) return;
    put(&it->head, (unsigned char[]){0xFF, marker}, 2);
    put_big(&it->head, (uint32_t)(2 + name_size + size), 2);
    put(&it->head, name, name_size);
    put(&it->head, bytes, size);
}

static void put_jfif(writing *it) {
    double across = round(inches(it->from->resolution[0])),
           down = round(inches(it->from->resolution[1]));
    bool known = across >= 1 && down >= 1 && across <= UINT16_MAX && down <= UINT16_MAX;
    limn_sink *to = &it->head;
    put(to, "\xFF\xE0\0\x10JFIF\0\1\1", 11);
    put(to, known ? "\1" : "\0", 1); // dots an inch; without a unit the two are a pixel's shape
    put_big(to, known ? (uint32_t)across : 1, 2);
    put_big(to, known ? (uint32_t)down : 1, 2);
    put(to, "\0\0", 2);
}

static void put_comments(writing *it) {
    const char *key, *text;
    for (size_t at = 0; next_words(it, &at, &key, &text);) {
        limn_sink line = {0};
        put_line(&line, key, text);
        for (size_t from = 0; from < line.size; from += LONGEST_SEGMENT) {
            size_t left = line.size - from;
            put_segment(it, 0xFE, "", 0, line.bytes + from,
                        left < LONGEST_SEGMENT ? left : LONGEST_SEGMENT);
        }
        it->head.failed |= line.failed;
        free(line.bytes);
    }
}

// Photoshop's resource around the records.
static void make_photoshop(const writing *it, limn_sink *to) {
    const limn_sink *iptc = &it->from->iptc;
    if (!iptc->size) return;
    put(to, "8BIM\4\4\0\0", 8);
    put_big(to, (uint32_t)iptc->size, 4);
    put(to, iptc->bytes, iptc->size);
    put(to, "", iptc->size % 2);
}

static void write_jpeg(writing *it) {
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/", shop[] = "Photoshop 3.0";
    enum { MAKER_NOTE = 37500 };
    limn_sink block = {0}, records = {0};
    make_block(it, &(homeless){.resolution = false}, 0, &block);
    if (block.size > LONGEST_SEGMENT - 6) // the largest part of it, and of use to its maker only
        make_block(it, &(homeless){.resolution = false}, MAKER_NOTE, &block);
    make_photoshop(it, &records);
    put_jfif(it);
    put_segment(it, 0xE1, "Exif\0", 6, block.bytes, block.size);
    put_segment(it, 0xE1, xmp, sizeof xmp, it->from->xmp.bytes, it->from->xmp.size);
    put_segment(it, 0xED, shop, sizeof shop, records.bytes, records.size);
    put_comments(it);
    limn_piece at = limn_pieces(it->file->bytes, it->file->size, LIMN_FORMAT_JPEG);
    size_t begin = at.end, end = begin;
    while (limn_next_piece(&at)) {
        bool own = at.kind != 0xE0 && at.kind != 0xE1; // libvips' own JFIF and EXIF
        if (own) put(&it->head, it->file->bytes + at.begin, at.end - at.begin);
        end = at.end;
    }
    it->head.failed |= block.failed || records.failed;
    splice(it, begin, end);
    free(block.bytes);
    free(records.bytes);
}

// ---- PNG ----

static void put_chunk(writing *it, const char *name, const limn_sink *holds) {
    limn_sink *to = &it->head;
    it->head.failed |= holds->failed;
    if (!holds->size || holds->size > INT32_MAX) return;
    size_t start = to->size + 4;
    put_big(to, (uint32_t)holds->size, 4);
    put(to, name, 4);
    put(to, holds->bytes, holds->size);
    if (!to->failed)
        put_big(to, (uint32_t)crc32(0, to->bytes + start, (unsigned)(to->size - start)), 4);
}

static bool is_ascii(const char *text) {
    while (*text > 0) text++;
    return !*text;
}

static void put_text(writing *it, const char *key, const char *text, size_t size) {
    bool plain = is_ascii(text);
    limn_sink holds = {0};
    put(&holds, key, strlen(key) + 1);
    if (!plain) put(&holds, "\0\0\0\0", 4); // as it is, in no language
    put(&holds, text, size);
    put_chunk(it, plain ? "tEXt" : "iTXt", &holds);
    free(holds.bytes);
}

static void put_xmp_chunk(writing *it) {
    static const char key[] = "XML:com.adobe.xmp";
    limn_sink holds = {0};
    if (!it->from->xmp.size) return;
    put(&holds, key, sizeof key);
    put(&holds, "\0\0\0\0", 4);
    put(&holds, it->from->xmp.bytes, it->from->xmp.size);
    put_chunk(it, "iTXt", &holds);
    free(holds.bytes);
}

// PNG has no place of its own for IPTC; this is ImageMagick's, which other programs know.
static void put_raw_profile(writing *it) {
    limn_sink records = {0}, text = {0};
    char line[64];
    make_photoshop(it, &records);
    int size = snprintf(line, sizeof line, "\niptc\n%8zu", records.size);
    put(&text, line, (size_t)size);
    for (size_t i = 0; i < records.size; i++) {
        size = snprintf(line, sizeof line, "%s%02x", i % 36 ? "" : "\n", records.bytes[i]);
        put(&text, line, (size_t)size);
    }
    put(&text, "\n", 2);
    it->head.failed |= records.failed || text.failed;
    if (records.size && !it->head.failed)
        put_text(it, "Raw profile type iptc", (const char *)text.bytes, text.size - 1);
    free(records.bytes);
    free(text.bytes);
}

static void put_physical(writing *it) {
    limn_sink holds = {0};
    if (it->from->resolution[0] > 0) {
        for (int i = 0; i < 2; i++) put_big(&holds, (uint32_t)(it->from->resolution[i] + 0.5), 4);
        put(&holds, "\1", 1); // a metre
    }
    put_chunk(it, "pHYs", &holds);
    free(holds.bytes);
}

static void write_png(writing *it) {
    limn_sink block = {0};
    const char *key, *text;
    make_block(it, &(homeless){.resolution = false}, 0, &block);
    limn_piece at = limn_pieces(it->file->bytes, it->file->size, LIMN_FORMAT_PNG);
    bool any = limn_next_piece(&at); // IHDR
    size_t begin = at.end, end = begin;
    put_physical(it);
    put_chunk(it, "eXIf", &block);
    put_xmp_chunk(it);
    put_raw_profile(it);
    for (size_t place = 0; next_words(it, &place, &key, &text);)
        put_text(it, key, text, strlen(text));
    while (any && limn_next_piece(&at) && at.kind != LIMN_CHUNK("IDAT")) {
        bool made_up = at.kind == LIMN_CHUNK("pHYs") || at.kind == LIMN_CHUNK("eXIf");
        if (!made_up) put(&it->head, it->file->bytes + at.begin, at.end - at.begin);
        end = at.end;
    }
    splice(it, begin, end);
    free(block.bytes);
}

// ---- WebP ----

static void put_riff(writing *it, const char *name, const limn_sink *holds) {
    it->head.failed |= holds->failed;
    if (!holds->size || holds->size > INT32_MAX) return;
    put(&it->head, name, 4);
    put_little(&it->head, (uint32_t)holds->size);
    put(&it->head, holds->bytes, holds->size);
    put(&it->head, "", holds->size % 2);
}

// At the end, and told at the beginning: every file has the chunk for that, since it has a profile.
static void write_webp(writing *it) {
    enum { FLAGS = 20, EXIF = 8, XMP = 4 };
    limn_sink block = {0};
    homeless more = {.resolution = true};
    limn_piece at = limn_pieces(it->file->bytes, it->file->size, LIMN_FORMAT_WEBP);
    if (!limn_next_piece(&at) || at.kind != LIMN_CHUNK("VP8X")) return;
    size_t end = at.end;
    while (limn_next_piece(&at))
        if (at.kind != LIMN_CHUNK("EXIF") && at.kind != LIMN_CHUNK("XMP ")) end = at.end;
    describe(it, &more.words);
    pad_records(it, &more.iptc);
    make_block(it, &more, 0, &block);
    put_riff(it, "EXIF", &block);
    put_riff(it, "XMP ", &it->from->xmp);
    it->head.failed |= more.words.failed || more.iptc.failed;
    splice(it, end, it->file->size);
    if (!it->file->failed) {
        unsigned char *bytes = it->file->bytes;
        bytes[FLAGS] = (unsigned char)((bytes[FLAGS] & ~(EXIF | XMP)) | (block.size ? EXIF : 0) |
                                       (it->from->xmp.size ? XMP : 0));
        it->file->at = 4;
        put_little(it->file, (uint32_t)(it->file->size - 8));
        it->file->at = it->file->size;
    }
    free(block.bytes);
    free(more.words.bytes);
    free(more.iptc.bytes);
}

// ---- TIFF ----

// A directory with everything in it behind the file, in the place of the one that libvips wrote.
static void write_tiff(writing *it) {
    limn_tiff file, block;
    limn_sink words = {0}, records = {0};
    setting set = {.count = 0};
    if (!limn_tiff_open(it->file->bytes, it->file->size, &file) || file.wide) return;
    describe(it, &words);
    pad_records(it, &records);
    set_bytes(&set, 270, LIMN_TIFF_ASCII, &words);
    set_bytes(&set, 700, 1, &it->from->xmp);
    set_bytes(&set, 33723, LIMN_TIFF_LONG, &records);
    set_resolution(&set, it->from);
    set_picture(&set, it);
    limn_tags tags = {.set = set.items,
                      .set_count = set.count,
                      .from = {{&file, limn_tiff_first(&file), true}},
                      .big_endian = file.big_endian,
                      .base = it->file->size};
    if (limn_tiff_open(it->from->exif.bytes, it->from->exif.size, &block))
        tags.from[1] = (limn_tags_from){&block, limn_tiff_first(&block), false};
    uint64_t place = limn_tags_put(&tags, &it->head);
    it->head.failed |= words.failed || records.failed;
    free(words.bytes);
    free(records.bytes);
    if (!place || place > UINT32_MAX - it->head.size) return;
    splice(it, it->file->size, it->file->size);
    for (unsigned i = 0; i < 4 && !it->file->failed; i++)
        it->file->bytes[4 + i] = (unsigned char)(place >> 8 * (file.big_endian ? 3 - i : i));
}

void limn_metadata_write(const struct limn_metadata *metadata, limn_format format, int width,
                         int height, limn_sink *file) {
    static void (*const writers[])(writing *) = {
        [LIMN_FORMAT_JPEG] = write_jpeg,
        [LIMN_FORMAT_PNG] = write_png,
        [LIMN_FORMAT_WEBP] = write_webp,
        [LIMN_FORMAT_TIFF] = write_tiff,
    };
    writing it = {metadata ? metadata : &nothing, width, height, file, {0}};
    writers[format](&it);
    file->failed |= it.head.failed;
    free(it.head.bytes);
}
