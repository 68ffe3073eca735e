// Hand-made model files for tests: pickles, PyTorch zip archives and legacy files.
// Written from the descriptions of the formats, sharing nothing with the readers under test.
#ifndef LIMN_TESTS_MODEL_SAMPLES_H
#define LIMN_TESTS_MODEL_SAMPLES_H

#include "base/text.h"
#include "formats/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define SAMPLE_MAGIC "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e"

// Bytes of a literal, zeros inside included.
#define sample_raw(out, literal) limn_text_add(out, literal, sizeof literal - 1)

static inline void sample_number(limn_text *out, uint64_t number, int width) {
    for (int i = 0; i < width; i++) {
        char byte = i < 8 ? (char)(number >> 8 * i) : 0;
        limn_text_add(out, &byte, 1);
    }
}

// Pickle pieces.

static inline void sample_string(limn_text *out, const char *string) {
    limn_text_add(out, "X", 1);
    sample_number(out, strlen(string), 4);
    limn_text_add(out, string, strlen(string));
}

static inline void sample_integer(limn_text *out, int64_t number) {
    bool small = number >= 0 && number < 256;
    bool medium = number >= INT32_MIN && number <= INT32_MAX;
    limn_text_add(out, small ? "K" : medium ? "J" : "\x8a\x08", small || medium ? 1 : 2);
    sample_number(out, (uint64_t)number, small ? 1 : medium ? 4 : 8);
}

static inline void sample_global(limn_text *out, const char *module, const char *name) {
    limn_text_print(out, "c%s\n%s\n", module, name);
}

// A tensor as a view of a storage.
typedef struct sample {
    const char *name, *key, *type; // "Float" and so on
    int element_size, count;       // of the storage
    const void *values;
    int rank;
    int64_t offset, shape[4], stride[4];
    float expected[6];
} sample;

static inline void sample_extent(limn_text *out, int rank, const int64_t *extent) {
    limn_text_add(out, "(", 1);
    for (int i = 0; i < rank; i++) sample_integer(out, extent[i]);
    limn_text_add(out, "t", 1);
}

static inline void sample_tensor(limn_text *out, const sample *s, bool legacy) {
    char type[32];
    strcpy(type, s->type);
    strcat(type, "Storage");
    sample_global(out, "torch._utils", "_rebuild_tensor_v2");
    sample_raw(out, "((");
    sample_string(out, "storage");
    sample_global(out, "torch", type);
    sample_string(out, s->key);
    sample_string(out, "cpu");
    sample_integer(out, s->count);
    sample_raw(out, "N");
    out->size -= legacy ? 0 : 1; // legacy ids have a sixth item
    sample_raw(out, "tQ");
    sample_integer(out, s->offset);
    sample_extent(out, s->rank, s->shape);
    sample_extent(out, s->rank, s->stride);
    sample_raw(out, "\x89");
    sample_global(out, "collections", "OrderedDict");
    sample_raw(out, ")RtR");
}

// An OrderedDict of the samples, with a state that is to be ignored.
static inline void sample_dictionary(limn_text *out, const sample *samples, int count,
                                     bool legacy) {
    sample_global(out, "collections", "OrderedDict");
    sample_raw(out, ")Rq\0(");
    for (int i = 0; i < count; i++) {
        sample_string(out, samples[i].name);
        sample_tensor(out, &samples[i], legacy);
    }
    sample_raw(out, "u}");
    sample_string(out, "_metadata");
    sample_global(out, "collections", "OrderedDict");
    sample_raw(out, ")Rsb");
}

static inline bool sample_first_use(const sample *samples, int index) {
    for (int i = 0; i < index; i++)
        if (!strcmp(samples[i].key, samples[index].key)) return false;
    return true;
}

// A whole legacy file.
static inline void sample_legacy(limn_text *out, const sample *samples, int count) {
    sample_raw(out, SAMPLE_MAGIC "\x80\x02M\xe9\x03.\x80\x02}(");
    sample_string(out, "protocol_version");
    sample_raw(out, "M\xe9\x03");
    sample_string(out, "little_endian");
    sample_raw(out, "\x88u.\x80\x02");
    sample_dictionary(out, samples, count, true);
    sample_raw(out, ".\x80\x02](");
    for (int i = 0; i < count; i++)
        if (sample_first_use(samples, i)) sample_string(out, samples[i].key);
    sample_raw(out, "e.");
    for (int i = 0; i < count; i++) {
        const sample *s = &samples[i];
        if (!sample_first_use(samples, i)) continue;
        sample_number(out, (uint64_t)s->count, 8);
        if (s->count) limn_text_add(out, s->values, (size_t)(s->element_size * s->count));
    }
}

// Zip archives. `directory` collects the central directory while members are put.
typedef struct sample_zip {
    limn_text file, directory;
    int members;
    bool deflate, wide, align; // method 8; zip64 fields; as PyTorch: aligned, no sizes in front
} sample_zip;

static inline size_t sample_deflate(const void *bytes, size_t size, unsigned char *out,
                                    size_t room) {
    z_stream z = {.next_in = (Bytef *)bytes,
                  .avail_in = (uInt)size,
                  .next_out = out,
                  .avail_out = (uInt)room};
    deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return room - z.avail_out;
}

static inline void sample_member(sample_zip *zip, const char *name, const void *bytes,
                                 size_t size) {
    size_t start = zip->file.size, length = strlen(name), room = size + 256;
    unsigned char *packed = malloc(room);
    uint32_t crc = (uint32_t)crc32(0, bytes, (uInt)size);
    size_t stored = zip->deflate ? sample_deflate(bytes, size, packed, room) : size;
    size_t extra = zip->align ? 4 + (64 - (start + 30 + length + 4) % 64) % 64 : 0;
    sample_raw(&zip->file, "PK\3\4\0\0");
    sample_number(&zip->file, zip->align ? 0x0808 : 0x0800, 2);
    sample_number(&zip->file, zip->deflate ? 8 : 0, 2);
    sample_number(&zip->file, 0, 4); // time and date
    sample_number(&zip->file, zip->align ? 0 : crc, 4);
    sample_number(&zip->file, zip->align ? 0 : stored, 4);
    sample_number(&zip->file, zip->align ? 0 : size, 4);
    sample_number(&zip->file, length, 2);
    sample_number(&zip->file, extra, 2);
    limn_text_add(&zip->file, name, length);
    if (extra) {
        sample_raw(&zip->file, "FB");
        sample_number(&zip->file, extra - 4, 2);
        for (size_t i = 4; i < extra; i++) sample_raw(&zip->file, "Z");
    }
    limn_text_add(&zip->file, zip->deflate ? (const char *)packed : bytes, stored);
    if (zip->align) { // data descriptor
        sample_raw(&zip->file, "PK\7\10");
        sample_number(&zip->file, crc, 4);
        sample_number(&zip->file, stored, 4);
        sample_number(&zip->file, size, 4);
    }
    limn_text *d = &zip->directory;
    sample_raw(d, "PK\1\2\0\0\0\0");
    sample_number(d, zip->align ? 0x0808 : 0x0800, 2);
    sample_number(d, zip->deflate ? 8 : 0, 2);
    sample_number(d, 0, 4);
    sample_number(d, crc, 4);
    sample_number(d, zip->wide ? 0xffffffff : stored, 4);
    sample_number(d, zip->wide ? 0xffffffff : size, 4);
    sample_number(d, length, 2);
    sample_number(d, zip->wide ? 28 : 0, 2);
    sample_number(d, 0, 2 + 2 + 2 + 4); // comment, disk, attributes
    sample_number(d, zip->wide ? 0xffffffff : start, 4);
    limn_text_add(d, name, length);
    if (zip->wide) {
        sample_number(d, 1, 2);
        sample_number(d, 24, 2);
        sample_number(d, size, 8);
        sample_number(d, stored, 8);
        sample_number(d, start, 8);
    }
    zip->members++;
    free(packed);
}

static inline void sample_zip_end(sample_zip *zip) {
    size_t start = zip->file.size, length = zip->directory.size;
    limn_text *f = &zip->file;
    limn_text_add(f, zip->directory.data ? zip->directory.data : "", length);
    if (zip->wide) {
        size_t record = f->size;
        sample_raw(f, "PK\6\6");
        sample_number(f, 44, 8);
        sample_number(f, 0, 4);
        sample_number(f, 0, 8); // disks
        sample_number(f, (uint64_t)zip->members, 8);
        sample_number(f, (uint64_t)zip->members, 8);
        sample_number(f, length, 8);
        sample_number(f, start, 8);
        sample_raw(f, "PK\6\7");
        sample_number(f, 0, 4);
        sample_number(f, record, 8);
        sample_number(f, 1, 4);
    }
    sample_raw(f, "PK\5\6\0\0\0\0");
    sample_number(f, zip->wide ? 0xffff : (uint64_t)zip->members, 2);
    sample_number(f, zip->wide ? 0xffff : (uint64_t)zip->members, 2);
    sample_number(f, zip->wide ? 0xffffffff : length, 4);
    sample_number(f, zip->wide ? 0xffffffff : start, 4);
    sample_number(f, 0, 2);
    limn_text_free(&zip->directory);
}

// A whole PyTorch zip file; `backwards` puts the members in the other order.
static inline void sample_checkpoint(sample_zip *zip, const sample *samples, int count,
                                     bool backwards) {
    limn_text pickle = {0};
    sample_raw(&pickle, "\x80\x02");
    sample_dictionary(&pickle, samples, count, false);
    sample_raw(&pickle, ".");
    if (!backwards) sample_member(zip, "archive/data.pkl", pickle.data, pickle.size);
    for (int i = 0; i < count; i++) {
        const sample *s = &samples[backwards ? count - 1 - i : i];
        char name[64] = "archive/data/";
        strcat(name, s->key);
        if (!sample_first_use(samples, (int)(s - samples))) continue;
        sample_member(zip, name, s->count ? s->values : "", (size_t)(s->element_size * s->count));
    }
    sample_member(zip, "archive/version", "3\n", 2);
    sample_member(zip, "archive/byteorder", "little", 6);
    if (backwards) sample_member(zip, "archive/data.pkl", pickle.data, pickle.size);
    sample_zip_end(zip);
    limn_text_free(&pickle);
}

// Trying a file.

// Reading from a block of exactly the file's size lets the sanitizers see a step too far.
static inline limn_status sample_parse(const char *bytes, size_t size, limn_tensors *set,
                                       char **copy) {
    *copy = malloc(size ? size : 1);
    if (size) memcpy(*copy, bytes, size);
    *set = (limn_tensors){0};
    return limn_tensors_parse((unsigned char *)*copy, size, set);
}

static inline void sample_accept(const char *bytes, size_t size) {
    limn_tensors set;
    char *copy;
    limn_status status = sample_parse(bytes, size, &set, &copy);
    if (status) fail_msg("refused: %s", limn_message());
    limn_tensors_free(&set);
    free(copy);
}

static inline void sample_refuse(const char *bytes, size_t size, const char *words) {
    limn_tensors set;
    char *copy;
    limn_status status = sample_parse(bytes, size, &set, &copy);
    free(copy);
    if (status != LIMN_MODEL || !strstr(limn_message(), words))
        fail_msg("status %d, \"%s\", expected \"%s\"", status, status ? limn_message() : "", words);
    assert_null(set.items);
}

static inline char *sample_temporary(const char *name) {
    static char path[256];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/limn-%d-%s", folder ? folder : "/tmp", (int)getpid(), name);
    return path;
}

// Files that end too early at any place are refused; files with a wrong byte do not crash.
static inline void sample_sweep(const limn_text *file) {
    for (size_t size = 0; size < file->size; size++) {
        limn_tensors set;
        char *copy;
        limn_status status = sample_parse(file->data, size, &set, &copy);
        if (status != LIMN_MODEL)
            fail_msg("cut at %zu of %zu: status %d", size, file->size, status);
        free(copy);
    }
    for (size_t i = 0; i < file->size; i++) {
        static const unsigned char changes[] = {0x01, 0x80, 0xff, 0x20};
        for (int c = 0; c < 4; c++) {
            limn_tensors set;
            char *copy;
            file->data[i] ^= (char)changes[c];
            if (sample_parse(file->data, file->size, &set, &copy) == LIMN_OK)
                for (size_t t = 0; t < set.count; t++) {
                    float values[64];
                    if (set.items[t].count <= 64) limn_tensor_read(&set.items[t], values);
                }
            file->data[i] ^= (char)changes[c];
            limn_tensors_free(&set);
            free(copy);
        }
    }
}

#endif
