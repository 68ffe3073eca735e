// Files that hold several pictures.
#include "image/pages.h"

#include "base/status.h"
#include "image/segments.h"

#include <string.h>

enum { MOST_PAGES = 10000, MOST_BELOW = 64 };

static limn_status fail_page(const char *name, int wanted, int count) {
    return limn_fail(LIMN_INPUT, "%s: has %d %s, so there is no page %d.", name, count,
                     count == 1 ? "page" : "pages", wanted);
}

// ---- TIFF: a chain of directories; others hang at their tag 330 ----

typedef struct kind {
    bool reduced, mask, raw;
    double pixels;
} kind;

static kind kind_of(const limn_tiff *tiff, uint64_t directory) {
    enum { REDUCED = 1, MASK = 4, MASK_COLOURS = 4, CFA = 32803, LINEAR_RAW = 34892 };
    uint64_t subfile = limn_tiff_get(tiff, directory, 254, 0),
             colours = limn_tiff_get(tiff, directory, 262, 2);
    return (kind){
        .reduced = subfile & REDUCED || limn_tiff_get(tiff, directory, 255, 1) == 2,
        .mask = subfile & MASK || colours == MASK_COLOURS,
        .raw = colours == CFA || colours == LINEAR_RAW,
        .pixels = (double)limn_tiff_get(tiff, directory, 256, 0) *
                  (double)limn_tiff_get(tiff, directory, 257, 0),
    };
}

typedef struct search {
    limn_page *page;
    double pixels; // of the best so far
    bool reduced;  // it is a preview
    bool first_reduced, raw;
    int chain;
} search;

// A picture is better than a preview, then the larger better than the smaller. The first of the
// chain stays where it is a picture, whatever follows it.
static void consider(search *it, const limn_tiff *tiff, uint64_t directory, int number, int below) {
    kind of = kind_of(tiff, directory);
    it->raw |= of.raw;
    if (of.mask || !(of.pixels > 0)) return;
    bool first = !it->page->directory;
    if (first) it->first_reduced = of.reduced;
    if (below < 0 && !of.reduced) it->page->count++;
    bool better = it->reduced == of.reduced ? of.pixels > it->pixels : it->reduced;
    if (!first && (!it->first_reduced || !better)) return;
    it->page->directory = directory;
    it->page->number = number;
    it->page->below = below;
    it->pixels = of.pixels;
    it->reduced = of.reduced;
}

static void consider_below(search *it, const limn_tiff *tiff, uint64_t directory, int number) {
    limn_tag hanging;
    if (!limn_tiff_find(tiff, directory, 330, &hanging)) return;
    for (uint64_t i = 0; i < hanging.count && i < MOST_BELOW; i++) {
        uint64_t place = limn_tiff_value(tiff, &hanging, i);
        if (limn_tiff_count(tiff, place)) consider(it, tiff, place, number, (int)i);
    }
}

// Canon's CR2 says so at its beginning, and nothing in the directories.
static bool is_raw_by_name(const limn_tiff *tiff) {
    return tiff->size > 10 && !memcmp(tiff->bytes + 8, "CR", 2);
}

static limn_status find_tiff(const limn_tiff *tiff, const char *name, int wanted, limn_page *page) {
    search it = {.page = page};
    uint64_t directory = limn_tiff_first(tiff), chosen = 0;
    for (int i = 0; directory && i < MOST_PAGES; i++) {
        if (!limn_tiff_count(tiff, directory)) break;
        it.chain++;
        if (wanted == i + 1) chosen = directory;
        consider(&it, tiff, directory, i, -1);
        consider_below(&it, tiff, directory, i);
        directory = limn_tiff_next(tiff, directory);
        if (directory == limn_tiff_first(tiff)) break;
    }
    if (wanted && !chosen) return fail_page(name, wanted, it.chain);
    if (chosen) {
        page->directory = chosen;
        page->number = wanted - 1;
        page->below = -1;
        if (!kind_of(tiff, chosen).raw) return LIMN_OK;
    }
    if (!it.raw && !is_raw_by_name(tiff)) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "%s: is a raw photograph, of which limn could read no more than a preview. "
                     "Develop it first: export it as TIFF, PNG or JPEG.",
                     name);
}

// ---- the others ----

static int count_chunks(const unsigned char *bytes, size_t size, limn_format format,
                        uint32_t wanted) {
    int count = 0;
    for (limn_piece at = limn_pieces(bytes, size, format); limn_next_piece(&at);)
        count += at.kind == wanted;
    return count;
}

// The frames that an animated PNG says it has; libvips reads the first.
static limn_status find_png(const unsigned char *bytes, size_t size, const char *name, int wanted,
                            limn_page *page) {
    for (limn_piece at = limn_pieces(bytes, size, LIMN_FORMAT_PNG);
         page->count == 1 && limn_next_piece(&at);) {
        limn_tiff numbers = {at.bytes, at.size, true, false};
        uint64_t frames = limn_tiff_number(&numbers, 0, 4);
        if (at.kind == LIMN_CHUNK("acTL") && frames < MOST_PAGES) page->count = (int)frames;
    }
    if (page->count < 1) page->count = 1;
    if (wanted > page->count) return fail_page(name, wanted, page->count);
    if (wanted <= 1) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "%s: limn reads the first frame of an animated PNG, not frame %d.",
                     name, wanted);
}

static bool is_picture(const unsigned char *bytes, size_t size, size_t whole, uint64_t begin) {
    if (begin + 3 > size) return begin + 3 <= whole;
    return !memcmp(bytes + begin, "\xFF\xD8\xFF", 3);
}

// CIPA DC-007: a directory in a segment of the first picture names those behind it, from places
// that are counted from the directory's own beginning.
static limn_status find_jpeg(const unsigned char *bytes, size_t size, size_t whole,
                             const char *name, int wanted, limn_page *page) {
    enum { ENTRY = 16, THUMBNAIL = 1 };
    for (limn_piece at = limn_pieces(bytes, size, LIMN_FORMAT_JPEG); limn_next_piece(&at);) {
        limn_tiff index;
        limn_tag list;
        if (at.kind != 0xE2 || at.size < 4 || memcmp(at.bytes, "MPF", 4) != 0) continue;
        if (!limn_tiff_open(at.bytes + 4, at.size - 4, &index)) continue;
        if (!limn_tiff_find(&index, limn_tiff_first(&index), 0xB002, &list)) continue;
        page->count = 0;
        for (uint64_t i = 0; i < list.count * list.size / ENTRY; i++) {
            uint64_t entry = list.at + i * ENTRY, start = limn_tiff_number(&index, entry + 8, 4);
            uint64_t begin = start ? start + (uint64_t)(index.bytes - bytes) : 0;
            unsigned type = limn_tiff_number(&index, entry, 4) >> 16 & 0xF;
            if (type == THUMBNAIL || !is_picture(bytes, size, whole, begin)) continue;
            if (++page->count != wanted) continue;
            page->begin = begin < size ? (size_t)begin : size;
            page->size = size - page->begin;
        }
    }
    if (page->count < 1) page->count = 1;
    return wanted > page->count ? fail_page(name, wanted, page->count) : LIMN_OK;
}

static limn_status find_webp(const unsigned char *bytes, size_t size, const char *name, int wanted,
                             limn_page *page) {
    int frames = count_chunks(bytes, size, LIMN_FORMAT_WEBP, LIMN_CHUNK("ANMF"));
    if (frames > 1) page->count = frames;
    if (wanted > 1) page->number = wanted - 1;
    return wanted > page->count ? fail_page(name, wanted, page->count) : LIMN_OK;
}

limn_status limn_page_find(const unsigned char *bytes, size_t size, size_t whole,
                           limn_format format, const char *name, int wanted, limn_page *page) {
    limn_tiff tiff;
    *page = (limn_page){.count = 1, .below = -1, .size = size};
    if (format == LIMN_FORMAT_TIFF) page->count = 0;
    if (format == LIMN_FORMAT_TIFF)
        return limn_tiff_open(bytes, size, &tiff) ? find_tiff(&tiff, name, wanted, page) : LIMN_OK;
    if (format == LIMN_FORMAT_JPEG) return find_jpeg(bytes, size, whole, name, wanted, page);
    if (format == LIMN_FORMAT_PNG) return find_png(bytes, size, name, wanted, page);
    return find_webp(bytes, size, name, wanted, page);
}
