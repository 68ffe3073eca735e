// An .npz archive: a zip of .npy members that are stored as they are. Each has a header and a local
// copy of it, then its bytes; the directory and its end come last.
#include "formats/numpy_write.h"

#include "base/file.h"
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { ALIGNED = 64, DATE = 0x21 }; // 1980-01-01, since a time would make two files differ

// The lowest byte first; at most 8 of them.
static void put(limn_text *text, uint64_t number, int width) {
    for (int i = 0; i < width; i++) limn_text_add(text, &(char){(char)(number >> 8 * i)}, 1);
}

// What stands before the values: a dictionary, filled up with blanks.
static void add_npy_header(const limn_numpy_item *item, limn_text *to) {
    char words[160];
    int used = snprintf(words, sizeof words,
                        "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu,", item->shape[0]);
    if (item->rank == 2)
        used += snprintf(words + used, sizeof words - (size_t)used, " %zu", item->shape[1]);
    used += snprintf(words + used, sizeof words - (size_t)used, "), }");
    int filled = (10 + used + 1 + ALIGNED - 1) / ALIGNED * ALIGNED - 10;
    limn_text_add(to, "\x93NUMPY\1\0", 8);
    put(to, (uint64_t)filled, 2);
    limn_text_print(to, "%s%*s\n", words, filled - used - 1, "");
}

typedef struct member {
    char name[64];
    limn_text header; // of the array
    size_t bytes;     // of the array with its header
    uint32_t crc;
    size_t start;
} member;

// From the version on, a local header and an entry of the directory say the same.
static void add_common(const member *it, limn_text *to) {
    put(to, 20, 2); // version 2.0
    put(to, 0, 2);  // flags
    put(to, 0, 2);  // stored
    put(to, (uint64_t)DATE << 16, 4);
    put(to, it->crc, 4);
    put(to, it->bytes, 4);
    put(to, it->bytes, 4);
    put(to, strlen(it->name), 2);
    put(to, 0, 2); // nothing extra
}

static size_t values_of(const limn_numpy_item *item) {
    return item->shape[0] * (item->rank == 2 ? item->shape[1] : 1) * sizeof(double);
}

static limn_status write_member(const limn_numpy_item *item, limn_writer *writer, size_t *at,
                                limn_text *directory) {
    member it = {.start = *at};
    snprintf(it.name, sizeof it.name, "%s.npy", item->name);
    add_npy_header(item, &it.header);
    size_t values = values_of(item), name = strlen(it.name);
    it.bytes = it.header.size + values;
    it.crc = (uint32_t)crc32_z(0, (const unsigned char *)it.header.data, it.header.size);
    it.crc = (uint32_t)crc32_z(it.crc, (const unsigned char *)item->values, values);
    limn_text local = {0};
    limn_text_add(&local, "PK\3\4", 4);
    add_common(&it, &local);
    limn_text_add(&local, it.name, name);
    limn_text_add(&local, it.header.data ? it.header.data : "", it.header.size);
    limn_text_add(directory, "PK\1\2", 4);
    put(directory, 20, 2);
    add_common(&it, directory);
    put(directory, 0, 2 + 2 + 2); // comment, disk, attributes
    put(directory, 0, 4);
    put(directory, it.start, 4);
    limn_text_add(directory, it.name, name);
    limn_status status = LIMN_OK;
    if (local.failed || it.header.failed || directory->failed)
        status = limn_fail(LIMN_MEMORY, "there is no memory for the headers of an archive");
    if (status == LIMN_OK) status = limn_writer_put(writer, local.data, local.size);
    if (status == LIMN_OK) status = limn_writer_put(writer, item->values, values);
    *at += local.size + values;
    limn_text_free(&local);
    limn_text_free(&it.header);
    return status;
}

static limn_status write_all(const limn_numpy_item *items, int count, limn_writer *writer,
                             limn_text *directory) {
    size_t at = 0;
    for (int i = 0; i < count; i++) LIMN_TRY(write_member(&items[i], writer, &at, directory));
    size_t size = directory->size;
    limn_text_add(directory, "PK\5\6", 4);
    put(directory, 0, 4); // the only disk
    put(directory, (uint64_t)count, 2);
    put(directory, (uint64_t)count, 2);
    put(directory, size, 4);
    put(directory, at, 4);
    put(directory, 0, 2);
    if (directory->failed)
        return limn_fail(LIMN_MEMORY, "there is no memory for the directory of an archive");
    return limn_writer_put(writer, directory->data, directory->size);
}

limn_status limn_numpy_write(const char *path, const limn_numpy_item *items, int count,
                             bool replace) {
    size_t total = 0;
    for (int i = 0; i < count; i++) total += values_of(&items[i]) + 1024;
    if (total >= UINT32_MAX)
        return limn_fail(LIMN_ERROR, "%s: arrays of 4 GB and more are not written", path);
    limn_writer writer;
    limn_text directory = {0};
    LIMN_TRY(limn_writer_open(path, replace, &writer));
    limn_status status = write_all(items, count, &writer, &directory);
    limn_text_free(&directory);
    if (status == LIMN_OK) return limn_writer_commit(&writer);
    limn_writer_cancel(&writer);
    return status;
}
