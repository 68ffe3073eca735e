// Copying directories of tags.
#include "image/exif.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_TAGS = 1000,
    MOST_BYTES = 16 << 20,
    MAKER_NOTE = 37500,
    LONGEST_GAP = 1 << 16,
    WIDE_TYPES = 16, // from here on only BigTIFF has them
};

// Where one directory hangs in another.
static const struct {
    limn_directory in, of;
    unsigned tag;
} below[] = {
    {LIMN_DIRECTORY_MAIN, LIMN_DIRECTORY_EXIF, 34665},
    {LIMN_DIRECTORY_MAIN, LIMN_DIRECTORY_GPS, 34853},
    {LIMN_DIRECTORY_EXIF, LIMN_DIRECTORY_INTEROP, 40965},
};

// Of the main directory: name, description, maker, camera, program, date, artist, computer, rating,
// copyright, what Windows says of a picture, print settings. The rest says how pixels lie, or is
// set anew.
static bool is_about_photograph(unsigned tag) {
    static const unsigned ranges[][2] = {{269, 272},     {285, 285},     {305, 306},
                                         {315, 316},     {18246, 18249}, {33432, 33432},
                                         {40091, 40095}, {50341, 50341}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (tag >= ranges[i][0] && tag <= ranges[i][1]) return true;
    return false;
}

// A tag of a directory that is being made: copied, set, or where another directory hangs.
typedef struct field {
    unsigned tag;
    const limn_tag_set *set;
    const limn_tiff *from;
    limn_tag entry;
    limn_directory of; // MAIN: nothing hangs here
} field;

typedef struct fields {
    field items[MOST_TAGS];
    size_t count;
    uint64_t bytes; // of all values
} fields;

static size_t set_size(const limn_tag_set *set) {
    static const unsigned char sizes[] = {
        [LIMN_TIFF_SHORT] = 2, [LIMN_TIFF_LONG] = 4, [LIMN_TIFF_RATIONAL] = 8};
    return set->type < sizeof sizes && sizes[set->type] ? sizes[set->type] : 1;
}

static uint64_t bytes_of(const field *it) {
    if (it->of) return 0;
    if (!it->set) return it->entry.count * it->entry.size;
    return it->set->bytes ? it->set->count : set_size(it->set);
}

static field *find(fields *of, unsigned tag) {
    for (size_t i = 0; i < of->count; i++)
        if (of->items[i].tag == tag) return &of->items[i];
    return NULL;
}

// What is more than such directories hold stays behind.
static void add(fields *to, field item) {
    uint64_t bytes = bytes_of(&item);
    if (to->count == MOST_TAGS || bytes > MOST_BYTES - to->bytes || find(to, item.tag)) return;
    to->items[to->count++] = item;
    to->bytes += bytes;
}

static limn_directory hangs(limn_directory in, unsigned tag) {
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        if (below[i].in == in && below[i].tag == tag) return below[i].of;
    return LIMN_DIRECTORY_MAIN;
}

static void add_copied(const limn_tags *tags, const limn_tags_from *from, limn_directory in,
                       fields *to) {
    uint64_t count = from->tiff ? limn_tiff_count(from->tiff, from->directory) : 0;
    for (uint64_t i = 0; i < count; i++) {
        limn_tag e = limn_tiff_entry(from->tiff, from->directory, i);
        limn_directory of = hangs(in, e.tag);
        bool wanted = in != LIMN_DIRECTORY_MAIN || from->all || of || is_about_photograph(e.tag);
        bool resolution =
            in == LIMN_DIRECTORY_MAIN && (e.tag == 282 || e.tag == 283 || e.tag == 296);
        if (!wanted || resolution || e.tag == tags->without || !e.count || e.type >= WIDE_TYPES)
            continue;
        if (of && !limn_tiff_count(from->tiff, limn_tiff_value(from->tiff, &e, 0))) continue;
        if (limn_tiff_holds(from->tiff, e.at, e.count, e.size))
            add(to, (field){.tag = e.tag, .from = from->tiff, .entry = e, .of = of});
    }
}

static int by_tag(const void *a, const void *b) {
    const field *one = a, *other = b;
    return (one->tag > other->tag) - (one->tag < other->tag);
}

static void collect(const limn_tags *tags, limn_directory in, fields *to) {
    for (int i = 0; i < 2; i++) add_copied(tags, &tags->from[i], in, to);
    for (size_t i = 0; i < tags->set_count; i++) {
        const limn_tag_set *set = &tags->set[i];
        if (set->in != in) continue;
        field *old = find(to, set->tag), item = {.tag = set->tag, .set = set};
        if (old)
            *old = item;
        else if (!set->only_if_there)
            add(to, item);
    }
    // A directory of which all tags are set hangs nowhere yet.
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        for (size_t k = 0; k < tags->set_count && below[i].in == in; k++)
            if (tags->set[k].in == below[i].of && !tags->set[k].only_if_there)
                add(to, (field){.tag = below[i].tag, .of = below[i].of});
    qsort(to->items, to->count, sizeof *to->items, by_tag);
}

// ---- bytes ----

static void put_number(const limn_tags *tags, limn_sink *sink, uint64_t value, unsigned size) {
    unsigned char bytes[8];
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> 8 * (tags->big_endian ? size - 1 - i : i));
    limn_sink_put(sink, bytes, size);
}

static void put_at(const limn_tags *tags, limn_sink *sink, size_t at, uint64_t value,
                   unsigned size) {
    sink->at = at;
    put_number(tags, sink, value, size);
    sink->at = sink->size;
}

static void pad(limn_sink *sink, size_t count) {
    static const unsigned char zeros[64];
    for (; count; count -= count < sizeof zeros ? count : sizeof zeros)
        if (!limn_sink_put(sink, zeros, count < sizeof zeros ? count : sizeof zeros)) return;
}

// RATIONAL is two numbers of four bytes, the rest of a type's size.
static unsigned number_size(const limn_tag *entry) {
    return entry->type == LIMN_TIFF_RATIONAL || entry->type == 10 ? 4 : entry->size;
}

static void put_value(const limn_tags *tags, limn_sink *sink, const field *it) {
    if (it->set && it->set->bytes) {
        limn_sink_put(sink, it->set->bytes, it->set->count);
    } else if (it->set) {
        put_number(tags, sink, it->set->number[0], it->set->type == LIMN_TIFF_SHORT ? 2 : 4);
        if (it->set->type == LIMN_TIFF_RATIONAL) put_number(tags, sink, it->set->number[1], 4);
    } else if (it->from->big_endian == tags->big_endian || number_size(&it->entry) == 1) {
        limn_sink_put(sink, it->from->bytes + it->entry.at, it->entry.count * it->entry.size);
    } else {
        unsigned size = number_size(&it->entry);
        for (uint64_t i = 0; i < it->entry.count * it->entry.size / size; i++)
            put_number(tags, sink, limn_tiff_number(it->from, it->entry.at + i * size, size), size);
    }
}

// Makers' notes hold places counted from the beginning of the block: they stay where they were, if
// that is free.
static void keep_place(const limn_tags *tags, limn_sink *sink, const field *it) {
    if (it->tag != MAKER_NOTE || !it->from || tags->base) return;
    uint64_t place = it->entry.at;
    if (place > sink->size && place - sink->size < LONGEST_GAP) pad(sink, place - sink->size);
}

static uint64_t put_directory(const limn_tags *tags, limn_directory in, limn_sink *sink);

// The directory that hangs at a field; each source has its own.
static uint64_t put_below(const limn_tags *tags, const field *it, limn_sink *sink) {
    limn_tags lower = *tags;
    for (int i = 0; i < 2; i++) {
        limn_tags_from *from = &lower.from[i];
        if (from->tiff) from->directory = limn_tiff_get(from->tiff, from->directory, it->tag, 0);
    }
    return put_directory(&lower, it->of, sink);
}

// A value behind the directory, or in the entry where it has room.
static void put_field(const limn_tags *tags, const field *it, size_t entry, limn_sink *sink) {
    unsigned type = it->of ? LIMN_TIFF_LONG : it->set ? it->set->type : it->entry.type;
    uint64_t count = it->of ? 1 : it->set ? bytes_of(it) / set_size(it->set) : it->entry.count;
    put_at(tags, sink, entry, it->tag, 2);
    put_at(tags, sink, entry + 2, type, 2);
    put_at(tags, sink, entry + 4, count, 4);
    if (it->of) {
        put_at(tags, sink, entry + 8, put_below(tags, it, sink), 4);
        return;
    }
    if (bytes_of(it) <= 4) {
        sink->at = entry + 8;
        put_value(tags, sink, it);
        sink->at = sink->size;
        return;
    }
    pad(sink, (tags->base + sink->size) % 2);
    keep_place(tags, sink, it);
    put_at(tags, sink, entry + 8, tags->base + sink->size, 4);
    put_value(tags, sink, it);
}

// Returns its place in the file, 0 when it is empty or cannot be.
static uint64_t put_directory(const limn_tags *tags, limn_directory in, limn_sink *sink) {
    fields *all = calloc(1, sizeof *all);
    if (!all) sink->failed = true;
    if (all) collect(tags, in, all);
    pad(sink, (tags->base + sink->size) % 2);
    size_t at = sink->size;
    if (sink->failed || !all->count) {
        free(all);
        return 0;
    }
    put_number(tags, sink, all->count, 2);
    pad(sink, 12 * all->count);
    put_number(tags, sink, in == LIMN_DIRECTORY_MAIN ? tags->next : 0, 4);
    for (size_t i = 0; i < all->count && !sink->failed; i++)
        put_field(tags, &all->items[i], at + 2 + 12 * i, sink);
    free(all);
    return sink->failed ? 0 : tags->base + at;
}

uint64_t limn_tags_put(const limn_tags *tags, limn_sink *sink) {
    sink->at = sink->size;
    return put_directory(tags, LIMN_DIRECTORY_MAIN, sink);
}

bool limn_tags_block(const limn_tags *tags, limn_sink *sink) {
    limn_tags own = *tags;
    own.base = 0;
    sink->at = sink->size = 0;
    limn_sink_put(sink, own.big_endian ? "MM" : "II", 2);
    put_number(&own, sink, 42, 2);
    put_number(&own, sink, 8, 4);
    return limn_tags_put(&own, sink) != 0;
}
