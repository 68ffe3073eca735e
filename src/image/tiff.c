// Directories of tags: a count, then entries of tag, type, count and value or offset, then where
// the next directory is.
#include "image/tiff.h"

#include <string.h>

static const unsigned char type_sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

bool limn_tiff_open(const unsigned char *bytes, size_t size, limn_tiff *tiff) {
    if (size < 8) return false;
    bool big = bytes[0] == 'M';
    unsigned magic = big ? bytes[2] << 8 | bytes[3] : bytes[3] << 8 | bytes[2];
    *tiff = (limn_tiff){bytes, size, big, magic == 43};
    return (!memcmp(bytes, "II", 2) || !memcmp(bytes, "MM", 2)) && (magic == 42 || magic == 43);
}

bool limn_tiff_holds(const limn_tiff *tiff, uint64_t at, uint64_t count, uint64_t each) {
    return at <= tiff->size && each && count <= (tiff->size - at) / each;
}

uint64_t limn_tiff_number(const limn_tiff *tiff, uint64_t at, unsigned size) {
    uint64_t value = 0;
    if (!limn_tiff_holds(tiff, at, size, 1)) return 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | tiff->bytes[at + (tiff->big_endian ? i : size - 1 - i)];
    return value;
}

static unsigned word_of(const limn_tiff *tiff) {
    return tiff->wide ? 8 : 4;
}

static unsigned count_size(const limn_tiff *tiff) {
    return tiff->wide ? 8 : 2;
}

static unsigned step_of(const limn_tiff *tiff) {
    return tiff->wide ? 20 : 12;
}

uint64_t limn_tiff_first(const limn_tiff *tiff) {
    return limn_tiff_number(tiff, word_of(tiff), word_of(tiff));
}

uint64_t limn_tiff_count(const limn_tiff *tiff, uint64_t directory) {
    uint64_t count = limn_tiff_number(tiff, directory, count_size(tiff));
    if (!directory || !limn_tiff_holds(tiff, directory, 1, count_size(tiff))) return 0;
    return limn_tiff_holds(tiff, directory + count_size(tiff), count, step_of(tiff)) ? count : 0;
}

uint64_t limn_tiff_next(const limn_tiff *tiff, uint64_t directory) {
    uint64_t count = limn_tiff_count(tiff, directory);
    if (!count) return 0;
    return limn_tiff_number(tiff, directory + count_size(tiff) + count * step_of(tiff),
                            word_of(tiff));
}

limn_tag limn_tiff_entry(const limn_tiff *tiff, uint64_t directory, uint64_t index) {
    uint64_t at = directory + count_size(tiff) + index * step_of(tiff);
    unsigned word = word_of(tiff);
    limn_tag e = {.tag = (unsigned)limn_tiff_number(tiff, at, 2),
                  .type = (unsigned)limn_tiff_number(tiff, at + 2, 2),
                  .count = limn_tiff_number(tiff, at + 4, word)};
    if (e.type < sizeof type_sizes) e.size = type_sizes[e.type];
    bool inside = e.size && e.count <= word / e.size;
    e.at = inside ? at + 4 + word : limn_tiff_number(tiff, at + 4 + word, word);
    return e;
}

bool limn_tiff_find(const limn_tiff *tiff, uint64_t directory, unsigned tag, limn_tag *entry) {
    uint64_t count = limn_tiff_count(tiff, directory);
    for (uint64_t i = 0; i < count; i++) {
        *entry = limn_tiff_entry(tiff, directory, i);
        if (entry->tag == tag && entry->count &&
            limn_tiff_holds(tiff, entry->at, entry->count, entry->size))
            return true;
    }
    return false;
}

uint64_t limn_tiff_value(const limn_tiff *tiff, const limn_tag *entry, uint64_t index) {
    return index < entry->count
               ? limn_tiff_number(tiff, entry->at + index * entry->size, entry->size)
               : 0;
}

uint64_t limn_tiff_get(const limn_tiff *tiff, uint64_t directory, unsigned tag,
                       uint64_t otherwise) {
    limn_tag entry;
    if (!limn_tiff_find(tiff, directory, tag, &entry)) return otherwise;
    return limn_tiff_value(tiff, &entry, 0);
}

// Whether each piece of the picture lies inside the file.
static bool pieces_fit(const limn_tiff *t, const limn_tag *offsets, const limn_tag *sizes) {
    if (offsets->count != sizes->count) return true; // damaged, rather than cut
    for (uint64_t i = 0; i < offsets->count; i++) {
        uint64_t at = limn_tiff_value(t, offsets, i);
        if (!limn_tiff_holds(t, at, limn_tiff_value(t, sizes, i), 1)) return false;
    }
    return true;
}

bool limn_tiff_ends_early(const unsigned char *bytes, size_t size, uint64_t directory) {
    limn_tiff t;
    if (!limn_tiff_open(bytes, size, &t)) return true;
    if (!directory) directory = limn_tiff_first(&t);
    uint64_t count = limn_tiff_count(&t, directory);
    if (!count) return true;
    limn_tag offsets = {0}, sizes = {0};
    for (uint64_t i = 0; i < count; i++) {
        limn_tag e = limn_tiff_entry(&t, directory, i);
        if (!e.size) continue; // of a type unknown here: any count would fit
        if (!limn_tiff_holds(&t, e.at, e.count, e.size)) return true;
        if (e.tag == 273 || e.tag == 324) offsets = e; // of strips, of tiles
        if (e.tag == 279 || e.tag == 325) sizes = e;
    }
    return !pieces_fit(&t, &offsets, &sizes);
}
