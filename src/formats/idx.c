// Reading IDX files.
#include "formats/idx.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MOST ((size_t)1 << 30) // bytes of a file, and of its values
#define RATIO_MOST 1032        // deflate cannot pack better

enum { START = 4, HEADER_MOST = START + 4 * LIMN_IDX_RANK };

// ---- the header ----

static size_t big_endian(const unsigned char *at) {
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static limn_status check_start(const unsigned char *start) {
    if (start[0] || start[1] || start[3] < 1 || start[3] > LIMN_IDX_RANK)
        return limn_fail(
            LIMN_INPUT,
            "is no IDX file: it begins with %02x %02x %02x %02x, where 00 00 08 and 01 "
            "to %02x (dimensions) are expected",
            start[0], start[1], start[2], start[3], LIMN_IDX_RANK);
    if (start[2] == 8) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "holds values of type %02x, and only 08, unsigned bytes, is read",
                     start[2]);
}

static limn_status cut(void) {
    return limn_fail(LIMN_INPUT, "is cut short within its header; copy or download it again");
}

static size_t header_size(const unsigned char *start) {
    return START + 4 * (size_t)start[3];
}

// The shape from a whole header.
static limn_status read_shape(const unsigned char *header, limn_idx *idx) {
    idx->rank = header[3];
    idx->count = 1;
    for (int i = 0; i < idx->rank; i++) {
        idx->shape[i] = big_endian(header + START + 4 * (size_t)i);
        if (!limn_multiply(idx->count, idx->shape[i], &idx->count) || idx->count > MOST)
            return limn_fail(LIMN_INPUT,
                             "says that it has over %zu values, which is more than is "
                             "read",
                             MOST);
    }
    return LIMN_OK;
}

// ---- as it is ----

static limn_status parse_plain(const unsigned char *bytes, size_t size, limn_idx *idx) {
    if (size < START) return cut();
    LIMN_TRY(check_start(bytes));
    size_t header = header_size(bytes);
    if (size < header) return cut();
    LIMN_TRY(read_shape(bytes, idx));
    idx->values = bytes + header;
    if (size - header == idx->count) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "says that it has %zu values, and %zu follow: it is %s; copy or download it "
                     "again",
                     idx->count, size - header,
                     size - header < idx->count ? "cut short" : "another file");
}

// ---- packed ----

static bool is_packed(const unsigned char *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

// Exactly so many more bytes.
static bool inflate_next(z_stream *z, unsigned char *out, size_t size) {
    z->next_out = out;
    z->avail_out = (uInt)size;
    while (z->avail_out) {
        int result = inflate(z, Z_NO_FLUSH);
        if (result != Z_OK) return result == Z_STREAM_END && !z->avail_out;
    }
    return true;
}

// Whether nothing follows; otherwise why not.
static limn_status check_end(z_stream *z, size_t count) {
    unsigned char more;
    z->next_out = &more;
    z->avail_out = 1;
    int result = inflate(z, Z_NO_FLUSH);
    if (!z->avail_out)
        return limn_fail(LIMN_INPUT,
                         "says that it has %zu values, and unpacks to more: it is another file",
                         count);
    if (result != Z_STREAM_END)
        return limn_fail(LIMN_INPUT, "cannot be unpacked to its end; copy or download it again");
    if (z->avail_in)
        return limn_fail(LIMN_INPUT,
                         "has %u bytes behind what is packed; copy or download it again",
                         z->avail_in);
    return LIMN_OK;
}

static limn_status unpack_values(z_stream *z, size_t packed, limn_idx *idx) {
    size_t count = idx->count;
    if (count / RATIO_MOST > packed)
        return limn_fail(LIMN_INPUT,
                         "says that it has %zu values packed into %zu bytes, which cannot be",
                         count, packed);
    idx->unpacked = malloc(count ? count : 1);
    if (!idx->unpacked) return limn_fail(LIMN_MEMORY, "there is no memory for %zu values", count);
    idx->values = idx->unpacked;
    if (!inflate_next(z, idx->unpacked, count))
        return limn_fail(
            LIMN_INPUT,
            "says that it has %zu values, and cannot be unpacked to so many: it is cut "
            "short or damaged; copy or download it again",
            count);
    return check_end(z, count);
}

static limn_status unpack(z_stream *z, size_t packed, limn_idx *idx) {
    unsigned char header[HEADER_MOST];
    if (!inflate_next(z, header, START)) return cut();
    LIMN_TRY(check_start(header));
    if (!inflate_next(z, header + START, header_size(header) - START)) return cut();
    LIMN_TRY(read_shape(header, idx));
    return unpack_values(z, packed, idx);
}

static limn_status parse_packed(const unsigned char *bytes, size_t size, limn_idx *idx) {
    enum { GZIP = 16 }; // the format of the wrapping, as zlib counts it
    z_stream z = {.next_in = (Bytef *)bytes, .avail_in = (uInt)size};
    if (inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
        return limn_fail(LIMN_MEMORY, "there is no memory to unpack it");
    limn_status status = unpack(&z, size, idx);
    inflateEnd(&z);
    if (status != LIMN_OK) limn_idx_free(idx);
    return status;
}

// ---- both ----

limn_status limn_idx_parse(const unsigned char *bytes, size_t size, limn_idx *idx) {
    *idx = (limn_idx){0};
    if (size > MOST) return limn_fail(LIMN_INPUT, "is larger than %zu bytes", MOST);
    return is_packed(bytes, size) ? parse_packed(bytes, size, idx) : parse_plain(bytes, size, idx);
}

limn_status limn_idx_open(const char *path, limn_idx *idx) {
    limn_file file;
    LIMN_TRY(limn_file_open(path, MOST, LIMN_INPUT, &file));
    limn_status status = limn_idx_parse(file.bytes, file.size, idx);
    if (status != LIMN_OK) {
        limn_file_close(&file);
        return limn_fail_in(status, "%s: ", path);
    }
    idx->file = file;
    return LIMN_OK;
}

void limn_idx_free(limn_idx *idx) {
    free(idx->unpacked);
    limn_file_close(&idx->file);
    *idx = (limn_idx){0};
}
