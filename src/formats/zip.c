// Zip archives: the central directory is the truth; local headers only say where the data begin.
#include "formats/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MEMBERS_MOST 131072
#define RATIO_MOST 1000                 // inflated to packed
#define INFLATED_MOST ((size_t)4 << 30) // bytes of all members together
#define TAIL_SIZE 22                    // the end record without its comment

typedef limn_zip_member member;

static size_t get(const unsigned char *at, int width) {
    size_t number = 0;
    for (int i = 0; i < width; i++) number |= (size_t)at[i] << 8 * i;
    return number;
}

static limn_status damaged(const char *what) {
    return limn_fail(LIMN_MODEL, "the zip archive is damaged: %s; copy or download it again", what);
}

// The last place where the end record can lie: its comment reaches exactly to the end of the file.
static limn_status find_tail(const unsigned char *bytes, size_t size, size_t *tail) {
    *tail = 0;
    if (size < TAIL_SIZE) return damaged("it is too short");
    for (size_t at = size - TAIL_SIZE;; at--) {
        if (!memcmp(bytes + at, "PK\5\6", 4) && get(bytes + at + 20, 2) == size - TAIL_SIZE - at) {
            *tail = at;
            return LIMN_OK;
        }
        if (at == 0 || size - TAIL_SIZE - at == 0xffff) break;
    }
    return damaged("it has no directory at its end, so it is probably cut short");
}

// Number of members, start and size of the directory; zip64 where the short fields are full.
static limn_status read_tail(const unsigned char *bytes, size_t tail, size_t *count, size_t *start,
                             size_t *length) {
    const unsigned char *end = bytes + tail;
    *count = get(end + 10, 2);
    *length = get(end + 12, 4);
    *start = get(end + 16, 4);
    bool wide = *count == 0xffff || *length == 0xffffffff || *start == 0xffffffff;
    if (get(end + 8, 2) != *count || (!wide && (get(end + 4, 2) || get(end + 6, 2))))
        return damaged("it is one of several parts");
    size_t limit = tail;
    if (wide) {
        if (tail < 20 || memcmp(end - 20, "PK\6\7", 4) != 0)
            return damaged("its zip64 locator is missing");
        size_t at = get(end - 20 + 8, 8);
        limit = tail - 20;
        if (limit < 56 || at > limit - 56 || memcmp(bytes + at, "PK\6\6", 4) != 0)
            return damaged("its zip64 directory is missing");
        *count = get(bytes + at + 32, 8);
        *length = get(bytes + at + 40, 8);
        *start = get(bytes + at + 48, 8);
        if (get(bytes + at + 24, 8) != *count) return damaged("it is one of several parts");
        limit = at;
    }
    if (*start > limit || *length > limit - *start)
        return damaged("its directory lies outside the file");
    if (*count > MEMBERS_MOST)
        return limn_fail(LIMN_MODEL,
                         "the zip archive has %zu members; %d are the most that limn "
                         "reads",
                         *count, MEMBERS_MOST);
    return LIMN_OK;
}

// Extra field 1 of a directory entry: 64-bit values for those fields that are full, in this order.
static limn_status read_wide(const unsigned char *extra, size_t length, member *m) {
    while (length >= 4) {
        size_t id = get(extra, 2), size = get(extra + 2, 2);
        if (size > length - 4) return damaged("an extra field is cut short");
        if (id == 1) {
            size_t *fields[3] = {&m->size, &m->packed, &m->start}, at = 0;
            for (int i = 0; i < 3; i++) {
                if (*fields[i] != 0xffffffff) continue;
                if (at + 8 > size) return damaged("a zip64 field is cut short");
                *fields[i] = get(extra + 4 + at, 8);
                at += 8;
            }
            return LIMN_OK;
        }
        extra += 4 + size;
        length -= 4 + size;
    }
    return LIMN_OK;
}

static limn_status check_name(const member *m) {
    const char *name = m->name, *end = name + m->name_size;
    limn_shown shown;
    bool bad = m->name_size == 0 || *name == '/' || memchr(name, '\\', m->name_size) ||
               memchr(name, 0, m->name_size) || (m->name_size > 1 && name[1] == ':');
    while (!bad && name < end) {
        const char *slash = memchr(name, '/', (size_t)(end - name));
        size_t part = (size_t)((slash ? slash : end) - name);
        bad = part == 2 && name[0] == '.' && name[1] == '.';
        name += part + 1;
    }
    if (!bad) return LIMN_OK;
    return limn_fail(LIMN_MODEL,
                     "the zip archive has a member called \"%s\", which leads out of it",
                     limn_show(&shown, m->name, m->name_size));
}

// The local header only tells where the data begin; its sizes are zero when PyTorch writes.
static limn_status locate(const unsigned char *bytes, size_t limit, member *m) {
    size_t header;
    if (limit < 30 || m->start > limit - 30 || memcmp(bytes + m->start, "PK\3\4", 4) != 0)
        return damaged("a member is not where the directory says");
    header = 30 + get(bytes + m->start + 26, 2) + get(bytes + m->start + 28, 2);
    if (header > limit - m->start || m->packed > limit - m->start - header)
        return damaged("a member reaches past its end");
    m->data = bytes + m->start + header;
    return LIMN_OK;
}

static int by_name(const void *a, const void *b) {
    const member *x = a, *y = b;
    size_t least = x->name_size < y->name_size ? x->name_size : y->name_size;
    int order = memcmp(x->name, y->name, least);
    return order ? order : (x->name_size > y->name_size) - (x->name_size < y->name_size);
}

static int by_start(const void *a, const void *b) {
    const member *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

static limn_status read_entry(const unsigned char *bytes, size_t limit, size_t end, size_t *at,
                              member *m) {
    const unsigned char *entry = bytes + *at;
    if (end - *at < 46 || memcmp(entry, "PK\1\2", 4) != 0)
        return damaged("its directory is cut short");
    size_t extra = get(entry + 30, 2), comment = get(entry + 32, 2);
    *m = (member){.name = (const char *)entry + 46,
                  .name_size = get(entry + 28, 2),
                  .flags = (unsigned)get(entry + 8, 2),
                  .method = (unsigned)get(entry + 10, 2),
                  .crc = (uint32_t)get(entry + 16, 4),
                  .packed = get(entry + 20, 4),
                  .size = get(entry + 24, 4),
                  .start = get(entry + 42, 4)};
    if (m->name_size + extra + comment > end - *at - 46)
        return damaged("its directory is cut short");
    LIMN_TRY(read_wide(entry + 46 + m->name_size, extra, m));
    LIMN_TRY(check_name(m));
    *at += 46 + m->name_size + extra + comment;
    return locate(bytes, limit, m);
}

static limn_status read_directory(const unsigned char *bytes, size_t start, size_t length,
                                  limn_zip *zip) {
    size_t at = start, count = zip->count;
    for (size_t i = 0; i < count; i++)
        LIMN_TRY(read_entry(bytes, start, start + length, &at, &zip->members[i]));
    if (at != start + length) return damaged("its directory has another length than it says");
    qsort(zip->members, count, sizeof(member), by_start);
    for (size_t i = 1; i < count; i++) {
        const member *m = &zip->members[i - 1];
        if (m->data + m->packed > bytes + zip->members[i].start)
            return damaged("two members share the same bytes");
    }
    qsort(zip->members, count, sizeof(member), by_name);
    for (size_t i = 1; i < count; i++) {
        limn_shown shown;
        const member *m = &zip->members[i];
        if (!by_name(m, m - 1))
            return limn_fail(LIMN_MODEL, "the zip archive has two members called %s",
                             limn_show(&shown, m->name, m->name_size));
    }
    return LIMN_OK;
}

limn_status limn_zip_open(const unsigned char *bytes, size_t size, limn_zip *zip) {
    size_t tail, start, length;
    LIMN_TRY(find_tail(bytes, size, &tail));
    LIMN_TRY(read_tail(bytes, tail, &zip->count, &start, &length));
    if (length / 46 < zip->count) return damaged("its directory is cut short");
    zip->members = calloc(zip->count ? zip->count : 1, sizeof(member));
    if (!zip->members) return limn_fail(LIMN_MEMORY, "no memory is left for the zip directory");
    zip->memory = limn_memory_limit(0);
    return read_directory(bytes, start, length, zip);
}

void limn_zip_close(limn_zip *zip) {
    free(zip->members);
    *zip = (limn_zip){0};
}

const limn_zip_member *limn_zip_find(const limn_zip *zip, const char *name, size_t size) {
    member wanted = {.name = name, .name_size = size};
    return zip->count ? bsearch(&wanted, zip->members, zip->count, sizeof wanted, by_name) : NULL;
}

// zlib counts in 32 bits: give and take a piece at a time.
static bool inflate_all(const member *m, unsigned char *out) {
    enum { PIECE = 1 << 30 };
    z_stream z = {.next_in = (Bytef *)m->data, .next_out = out};
    if (inflateInit2(&z, -15) != Z_OK) return false;
    size_t in = m->packed, room = m->size;
    int result = Z_OK;
    while (result == Z_OK) {
        uInt give = in < PIECE ? (uInt)in : PIECE, take = room < PIECE ? (uInt)room : PIECE;
        z.avail_in = give;
        z.avail_out = take;
        result = inflate(&z, Z_NO_FLUSH);
        in -= give - z.avail_in;
        room -= take - z.avail_out;
    }
    inflateEnd(&z);
    return result == Z_STREAM_END && in == 0 && room == 0;
}

static limn_status check_packing(limn_zip *zip, const member *m, const char *name) {
    if (m->flags & 1) return limn_fail(LIMN_MODEL, "member %s of the archive is encrypted", name);
    if (m->method != 0 && m->method != 8)
        return limn_fail(LIMN_MODEL,
                         "member %s of the archive is packed by method %u; limn reads "
                         "stored and deflated members",
                         name, m->method);
    if (m->method == 0)
        return m->size == m->packed ? LIMN_OK : damaged("a stored member has two sizes");
    if (m->size / RATIO_MOST > m->packed)
        return limn_fail(LIMN_MODEL,
                         "member %s of the archive claims to be %zu bytes packed into "
                         "%zu, which is too good to be true",
                         name, m->size, m->packed);
    if (m->size > INFLATED_MOST || zip->inflated > INFLATED_MOST - m->size)
        return limn_fail(LIMN_MODEL, "the packed members of the archive hold more than %zu bytes",
                         INFLATED_MOST);
    if (m->size > zip->memory || zip->inflated > zip->memory - m->size)
        return limn_fail(LIMN_MEMORY,
                         "unpacking member %s of the archive, %zu bytes: with those before it that "
                         "is more memory than the %zu bytes that may be used. Free memory, or save "
                         "the model unpacked",
                         name, m->size, zip->memory);
    zip->inflated += m->size;
    return LIMN_OK;
}

limn_status limn_zip_read(limn_zip *zip, const member *m, size_t most, limn_tensors *set,
                          const unsigned char **bytes) {
    limn_shown shown;
    const char *name = limn_show(&shown, m->name, m->name_size);
    if (m->size > most)
        return limn_fail(LIMN_MODEL, "member %s of the archive has %zu bytes; %zu are the most",
                         name, m->size, most);
    LIMN_TRY(check_packing(zip, m, name));
    *bytes = m->data;
    if (m->method == 8) {
        unsigned char *out = limn_tensors_block(set, m->size);
        if (!out) return limn_fail(LIMN_MEMORY, "no memory is left to unpack %s", name);
        if (!inflate_all(m, out)) return damaged("a packed member cannot be unpacked");
        *bytes = out;
    }
    if (m->crc && crc32_z(0, *bytes, m->size) != m->crc)
        return limn_fail(LIMN_MODEL,
                         "the checksum of member %s is wrong: the archive is damaged; "
                         "copy or download it again",
                         name);
    return LIMN_OK;
}
