// Reading and writing safetensors: u64 header length N, N bytes of JSON, the values to the end.
//
//   {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2], "data_offsets": [0,
//   8]}}
//
// The header is parsed in one pass by the few rules it needs, straight into the set: a general JSON
// reader would build a tree many times larger than a hostile header of 32 MiB.
#define _GNU_SOURCE // qsort_r
#include "formats/safetensors.h"

#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MOST ((size_t)32 << 20)

typedef struct header {
    const char *start, *at, *end;
    limn_tensors *set;
    const unsigned char *values; // after the header; NULL: left in the file
    size_t room;                 // bytes of them
    size_t *begin, *stop;        // of each tensor, relative to the first value
    size_t ranges;               // room of the two
} header;

static limn_status wrong(const header *h, const char *what) {
    return limn_fail(LIMN_MODEL, "the safetensors header is wrong at byte %zu: %s",
                     (size_t)(h->at - h->start) + 8, what);
}

static void skip_space(header *h) {
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\r' || *h->at == '\t'))
        h->at++;
}

static bool next_is(header *h, char c) {
    skip_space(h);
    if (h->at == h->end || *h->at != c) return false;
    h->at++;
    return true;
}

// Four hexadecimal digits of \uXXXX; -1 when they are not.
static int hex4(header *h) {
    int value = 0;
    if (h->end - h->at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = *h->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

static char *put_utf8(char *to, unsigned long code) {
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

// What follows a backslash.
static limn_status escape(header *h, char **to) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char c = h->at < h->end ? *h->at++ : 0;
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        *(*to)++ = meanings[letter - letters];
        return LIMN_OK;
    }
    if (c != 'u') return wrong(h, "there is no such escape in JSON");
    int code = hex4(h), low = 0;
    if (code < 0) return wrong(h, "\\u needs four hexadecimal digits");
    if (code == 0) return wrong(h, "a text holds the character zero");
    if (code >= 0xd800 && code <= 0xdfff) {
        bool pair = code < 0xdc00 && h->end - h->at >= 6 && h->at[0] == '\\' && h->at[1] == 'u';
        if (pair) h->at += 2;
        low = pair ? hex4(h) : -1;
        if (low < 0xdc00 || low > 0xdfff) return wrong(h, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = put_utf8(*to, (unsigned long)code);
    return LIMN_OK;
}

// A string, copied into the set with a zero at its end.
static limn_status read_string(header *h, const char **text, size_t *size) {
    if (!next_is(h, '"')) return wrong(h, "a text in quotes is expected");
    size_t left = (size_t)(h->end - h->at), length = 0;
    while (length < left && h->at[length] != '"') length += h->at[length] == '\\' ? 2 : 1;
    if (length >= left) return wrong(h, "a text has no closing quote");
    char *out = limn_arena_get(&h->set->arena, length + 1), *to = out;
    if (!out) return limn_fail(LIMN_MEMORY, "no memory is left for the model file's header");
    while (*h->at != '"') {
        unsigned char c = (unsigned char)*h->at++;
        if (c < 0x20) return wrong(h, "a text holds a control character");
        if (c == '\\')
            LIMN_TRY(escape(h, &to));
        else
            *to++ = (char)c;
    }
    h->at++;
    *to = 0;
    *text = out;
    *size = (size_t)(to - out);
    return LIMN_OK;
}

// A non-negative whole number without sign, exponent or leading zeros.
static limn_status read_number(header *h, size_t *value) {
    skip_space(h);
    const char *first = h->at;
    *value = 0;
    while (h->at < h->end && *h->at >= '0' && *h->at <= '9') {
        if (!limn_multiply(*value, 10, value) || !limn_plus(*value, (size_t)(*h->at - '0'), value))
            return wrong(h, "a number is larger than 64 bits");
        h->at++;
    }
    if (h->at == first) return wrong(h, "a whole number, zero or larger, is expected");
    if (*first == '0' && h->at - first > 1) return wrong(h, "a number begins with a zero");
    if (h->at < h->end && (*h->at == '.' || *h->at == 'e' || *h->at == 'E'))
        return wrong(h, "a number is not written as a whole number");
    return LIMN_OK;
}

static limn_status read_list(header *h, int most, size_t *values, int *count) {
    if (!next_is(h, '[')) return wrong(h, "a list of numbers is expected");
    *count = 0;
    if (next_is(h, ']')) return LIMN_OK;
    do {
        if (*count == most) return wrong(h, "a list of numbers is too long");
        LIMN_TRY(read_number(h, &values[(*count)++]));
    } while (next_is(h, ','));
    return next_is(h, ']') ? LIMN_OK : wrong(h, "a list has no closing bracket");
}

static limn_status read_metadata(header *h) {
    if (!next_is(h, '{')) return wrong(h, "__metadata__ is not an object");
    if (next_is(h, '}')) return LIMN_OK;
    do {
        const char *key, *value;
        size_t size;
        LIMN_TRY(read_string(h, &key, &size));
        if (size > LIMN_NAME_MOST) return wrong(h, "a metadata key is longer than 1024 bytes");
        if (!next_is(h, ':')) return wrong(h, "a colon is expected");
        LIMN_TRY(read_string(h, &value, &size));
        if (h->set->metadata_count >= LIMN_METADATA_MOST)
            return wrong(h, "there are more than 10,000 metadata entries");
        LIMN_TRY(limn_tensors_note(h->set, key, value));
    } while (next_is(h, ','));
    return next_is(h, '}') ? LIMN_OK : wrong(h, "__metadata__ has no closing bracket");
}

// Keeps the byte range of the tensor added last.
static limn_status keep_range(header *h, size_t begin, size_t stop) {
    size_t index = h->set->count - 1;
    if (index >= h->ranges) {
        size_t room = h->ranges ? 2 * h->ranges : 64;
        size_t *begins = realloc(h->begin, room * sizeof *begins);
        if (begins) h->begin = begins;
        size_t *stops = realloc(h->stop, room * sizeof *stops);
        if (stops) h->stop = stops;
        if (!begins || !stops)
            return limn_fail(LIMN_MEMORY, "no memory is left for the model file's header");
        h->ranges = room;
    }
    h->begin[index] = begin;
    h->stop[index] = stop;
    return LIMN_OK;
}

static limn_status add_tensor(header *h, const char *name, limn_element element, int rank,
                              const size_t *shape, const size_t *offsets) {
    limn_shown shown, dimensions;
    const char *print = limn_show(&shown, name, strlen(name));
    if (offsets[0] > offsets[1] || offsets[1] > h->room)
        return limn_fail(LIMN_MODEL,
                         "tensor %s claims the bytes %zu to %zu, but the file holds %zu bytes of "
                         "values; it may be cut short",
                         print, offsets[0], offsets[1], h->room);
    const unsigned char *values = h->values ? h->values + offsets[0] : NULL;
    LIMN_TRY(limn_tensors_add(h->set, name, element, rank, shape, values));
    size_t size = h->set->items[h->set->count - 1].count * limn_element_size(element);
    if (size != offsets[1] - offsets[0])
        return limn_fail(LIMN_MODEL,
                         "tensor %s of shape %s and type %s needs %zu bytes, but has %zu", print,
                         limn_show_shape(&dimensions, rank, shape), limn_element_name(element),
                         size, offsets[1] - offsets[0]);
    return keep_range(h, offsets[0], offsets[1]);
}

// {"dtype": ..., "shape": ..., "data_offsets": ...} in any order, each once.
static limn_status read_tensor(header *h, const char *name) {
    size_t shape[LIMN_TENSOR_RANK], offsets[2], size;
    limn_element element = LIMN_ELEMENT_F32;
    int rank = -1, pair = -1;
    bool typed = false;
    limn_shown shown;
    if (!next_is(h, '{')) return wrong(h, "a tensor is not an object");
    do {
        const char *key, *type;
        LIMN_TRY(read_string(h, &key, &size));
        if (!next_is(h, ':')) return wrong(h, "a colon is expected");
        if (!strcmp(key, "dtype") && !typed) {
            LIMN_TRY(read_string(h, &type, &size));
            typed = limn_element_find(type, size, &element);
            if (!typed)
                return limn_fail(LIMN_MODEL,
                                 "a tensor has the element type %s, which limn does "
                                 "not read",
                                 limn_show(&shown, type, size));
        } else if (!strcmp(key, "shape") && rank < 0) {
            LIMN_TRY(read_list(h, LIMN_TENSOR_RANK, shape, &rank));
        } else if (!strcmp(key, "data_offsets") && pair < 0) {
            LIMN_TRY(read_list(h, 2, offsets, &pair));
        } else {
            return wrong(h, "a tensor has dtype, shape and data_offsets, each once, and no more");
        }
    } while (next_is(h, ','));
    if (!next_is(h, '}')) return wrong(h, "a tensor has no closing bracket");
    if (!typed || rank < 0 || pair != 2)
        return wrong(h, "a tensor needs dtype, shape and two data_offsets");
    return add_tensor(h, name, element, rank, shape, offsets);
}

static limn_status read_header(header *h) {
    bool described = false;
    if (!limn_utf8_valid(h->at, (size_t)(h->end - h->at))) return wrong(h, "the text is not UTF-8");
    if (!next_is(h, '{')) return wrong(h, "it does not begin with {");
    if (!next_is(h, '}')) {
        do {
            const char *name;
            size_t size;
            LIMN_TRY(read_string(h, &name, &size));
            if (!next_is(h, ':')) return wrong(h, "a colon is expected");
            if (strcmp(name, "__metadata__") != 0) {
                LIMN_TRY(read_tensor(h, name));
            } else {
                if (described) return wrong(h, "__metadata__ is there twice");
                LIMN_TRY(read_metadata(h));
                described = true;
            }
        } while (next_is(h, ','));
        if (!next_is(h, '}')) return wrong(h, "the object has no closing bracket");
    }
    skip_space(h);
    return h->at == h->end ? LIMN_OK : wrong(h, "something follows the object");
}

static int by_range(const void *a, const void *b, void *context) {
    const header *h = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (h->begin[i] != h->begin[j]) return h->begin[i] < h->begin[j] ? -1 : 1;
    return (h->stop[i] > h->stop[j]) - (h->stop[i] < h->stop[j]);
}

// In the order of their first bytes the tensors fill the file from the first byte of values to the
// last: no holes, no overlap, nothing behind.
static limn_status check_cover(header *h) {
    size_t count = h->set->count, last = 0;
    uint32_t *order = malloc((count ? count : 1) * sizeof *order);
    if (!order) return limn_fail(LIMN_MEMORY, "no memory is left for the model file's header");
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    qsort_r(order, count, sizeof *order, by_range, h);
    limn_status status = LIMN_OK;
    for (size_t i = 0; i < count && !status; i++) {
        size_t begin = h->begin[order[i]];
        const char *name = h->set->items[order[i]].name;
        limn_shown shown;
        if (begin != last)
            status = limn_fail(LIMN_MODEL,
                               "tensor %s begins at byte %zu of the values where %zu "
                               "is expected: the tensors %s",
                               limn_show(&shown, name, strlen(name)), begin, last,
                               begin < last ? "overlap" : "leave a hole");
        last = h->stop[order[i]];
    }
    free(order);
    if (!status && last != h->room)
        status = limn_fail(LIMN_MODEL,
                           "the values end at byte %zu, but the file holds %zu bytes "
                           "of values: what follows belongs to no tensor",
                           last, h->room);
    return status;
}

size_t limn_safetensors_head(const unsigned char *bytes, size_t size) {
    uint64_t length;
    memcpy(&length, bytes, 8);
    return length <= HEADER_MOST && length <= size - 8 ? (size_t)length + 8 : 0;
}

static limn_status read_file(const unsigned char *bytes, size_t size, bool whole,
                             limn_tensors *set) {
    uint64_t length;
    if (size < 9) return limn_fail(LIMN_MODEL, "a safetensors file has 10 bytes or more");
    memcpy(&length, bytes, 8);
    if (length > HEADER_MOST)
        return limn_fail(LIMN_MODEL,
                         "the safetensors header claims %llu bytes; 33554432 is the "
                         "most that limn reads",
                         (unsigned long long)length);
    if (length > size - 8)
        return limn_fail(LIMN_MODEL,
                         "the safetensors header claims %llu bytes, but the file ends "
                         "after %zu; it is cut short or damaged",
                         (unsigned long long)length, size - 8);
    const char *start = (const char *)bytes + 8;
    header h = {
        .start = start, .at = start, .end = start + length, .set = set, .room = size - 8 - length};
    if (whole) h.values = bytes + 8 + length;
    if (*start != '{') return wrong(&h, "it does not begin with {");
    limn_status status = read_header(&h);
    if (!status) status = check_cover(&h);
    free(h.begin);
    free(h.stop);
    return status ? status : limn_tensors_seal(set);
}

limn_status limn_safetensors_read(const unsigned char *bytes, size_t size, limn_tensors *set) {
    return read_file(bytes, size, true, set);
}

limn_status limn_safetensors_read_head(const unsigned char *bytes, size_t size, limn_tensors *set) {
    return read_file(bytes, size, false, set);
}

// Writing. Tensors go by element size, largest first, then by name, so that each is aligned to its
// element; the values begin at a multiple of 64.

typedef struct plan {
    const limn_tensors *set;
    limn_element floats;
    uint32_t *order;
} plan;

static limn_element stored(const plan *p, uint32_t index) {
    limn_element element = p->set->items[index].element;
    return limn_element_is_float(element) ? p->floats : element;
}

static int by_size(const void *a, const void *b, void *context) {
    const plan *p = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    size_t x = limn_element_size(stored(p, i)), y = limn_element_size(stored(p, j));
    if (x != y) return x > y ? -1 : 1;
    return strcmp(p->set->items[i].name, p->set->items[j].name);
}

static int by_name(const void *a, const void *b, void *context) {
    const limn_stored *items = context;
    return strcmp(items[*(const uint32_t *)a].name, items[*(const uint32_t *)b].name);
}

static limn_status check_names(const plan *p) {
    limn_stored *items = p->set->items;
    limn_shown shown;
    qsort_r(p->order, p->set->count, sizeof *p->order, by_name, items);
    for (size_t i = 0; i < p->set->count; i++) {
        const char *name = items[p->order[i]].name;
        if (!limn_utf8_valid(name, strlen(name)) || !strcmp(name, "__metadata__"))
            return limn_fail(LIMN_MODEL, "a tensor cannot be written under the name %s",
                             limn_show(&shown, name, strlen(name)));
        if (i && !strcmp(name, items[p->order[i - 1]].name))
            return limn_fail(LIMN_MODEL, "tensor %s would be written twice",
                             limn_show(&shown, name, strlen(name)));
    }
    for (size_t i = 0; i < p->set->metadata_count; i++) {
        const limn_metadata *entry = &p->set->metadata[i];
        if (!limn_utf8_valid(entry->key, strlen(entry->key)) ||
            !limn_utf8_valid(entry->value, strlen(entry->value)))
            return limn_fail(LIMN_MODEL, "metadata entry %zu is not UTF-8", i);
    }
    return LIMN_OK;
}

static void print_header(const plan *p, limn_text *text) {
    const limn_tensors *set = p->set;
    limn_text_add(text, "{", 1);
    for (size_t i = 0; i < set->metadata_count; i++) {
        limn_text_print(text, i ? "," : "\"__metadata__\":{");
        limn_text_json(text, set->metadata[i].key);
        limn_text_add(text, ":", 1);
        limn_text_json(text, set->metadata[i].value);
    }
    if (set->metadata_count) limn_text_print(text, set->count ? "}," : "}");
    for (size_t i = 0, begin = 0; i < set->count; i++) {
        const limn_stored *tensor = &set->items[p->order[i]];
        limn_element element = stored(p, p->order[i]);
        if (i) limn_text_add(text, ",", 1);
        limn_text_json(text, tensor->name);
        limn_text_print(text, ":{\"dtype\":\"%s\",\"shape\":[", limn_element_name(element));
        for (int d = 0; d < tensor->rank; d++)
            limn_text_print(text, d ? ",%zu" : "%zu", tensor->shape[d]);
        size_t stop = begin + tensor->count * limn_element_size(element);
        limn_text_print(text, "],\"data_offsets\":[%zu,%zu]}", begin, stop);
        begin = stop;
    }
    limn_text_add(text, "}", 1);
    while (!text->failed && (text->size + 8) % LIMN_ALIGNMENT) limn_text_add(text, " ", 1);
}

static limn_status check_range(const limn_writer *writer, const limn_stored *tensor,
                               const float *values, const void *stored16, limn_element element) {
    if (element != LIMN_ELEMENT_F16) return LIMN_OK;
    for (size_t i = 0; i < tensor->count; i++) {
        uint16_t half;
        memcpy(&half, (const char *)stored16 + 2 * i, 2);
        if ((half & 0x7fff) != 0x7c00 || values[i] - values[i] != 0) continue;
        return limn_fail(LIMN_MODEL,
                         "%s: tensor %s holds %g, which is too large for 16-bit floats; leave "
                         "--half out",
                         writer->path, tensor->name, (double)values[i]);
    }
    return LIMN_OK;
}

static limn_status no_room(const limn_stored *tensor) {
    return limn_fail(LIMN_MEMORY, "no memory is left to write tensor %s of %zu values",
                     tensor->name, tensor->count);
}

static limn_status put_floats(limn_writer *writer, const limn_stored *tensor,
                              limn_element element) {
    size_t size = tensor->count * limn_element_size(element);
    float *values = limn_alloc(tensor->count * sizeof *values);
    void *converted = limn_alloc(size);
    limn_status status = values && converted ? LIMN_OK : no_room(tensor);
    if (!status) {
        limn_tensor_read(tensor, values);
        limn_element_from_float(element, values, converted, tensor->count);
        status = check_range(writer, tensor, values, converted, element);
    }
    if (!status) status = limn_writer_put(writer, converted, size);
    limn_free(values);
    limn_free(converted);
    return status;
}

// A few at a time, so that a large tensor takes no memory again.
static limn_status put_converted(limn_writer *writer, const limn_stored *tensor,
                                 limn_element element) {
    const size_t most = 1 << 16;
    if (!tensor->contiguous) return put_floats(writer, tensor, element);
    for (size_t begin = 0; begin < tensor->count; begin += most) {
        limn_stored piece = *tensor;
        piece.rank = 1;
        piece.count = piece.shape[0] = tensor->count - begin < most ? tensor->count - begin : most;
        piece.stride[0] = 1;
        piece.bytes += begin * limn_element_size(tensor->element);
        LIMN_TRY(put_floats(writer, &piece, element));
    }
    return LIMN_OK;
}

// Whole numbers of a view: element by element.
static limn_status put_gathered(limn_writer *writer, const limn_stored *tensor) {
    size_t size = limn_element_size(tensor->element), index[LIMN_TENSOR_RANK] = {0};
    unsigned char *out = limn_alloc(tensor->count * size);
    if (!out) return no_room(tensor);
    for (size_t done = 0; done < tensor->count; done++) {
        size_t offset = 0;
        for (int i = 0; i < tensor->rank; i++) offset += index[i] * tensor->stride[i];
        memcpy(out + done * size, tensor->bytes + offset * size, size);
        for (int i = tensor->rank - 1; i >= 0 && ++index[i] == tensor->shape[i]; i--) index[i] = 0;
    }
    limn_status status = limn_writer_put(writer, out, tensor->count * size);
    limn_free(out);
    return status;
}

static limn_status put_tensor(limn_writer *writer, const limn_stored *tensor,
                              limn_element element) {
    size_t size = tensor->count * limn_element_size(element);
    if (!size) return LIMN_OK;
    if (element != tensor->element) return put_converted(writer, tensor, element);
    if (!tensor->contiguous) return put_gathered(writer, tensor);
    return limn_writer_put(writer, tensor->bytes, size);
}

static limn_status write_all(const char *path, const plan *p, bool replace) {
    limn_text text = {0};
    limn_writer writer;
    print_header(p, &text);
    limn_status status = LIMN_OK;
    if (text.failed)
        status = limn_fail(LIMN_MEMORY, "no memory is left for the header of %s", path);
    if (!status && text.size > HEADER_MOST)
        status = limn_fail(LIMN_MODEL,
                           "the header of %s would have %zu bytes, more than any "
                           "reader takes",
                           path, text.size);
    if (!status) status = limn_writer_open(path, replace, &writer);
    if (!status) {
        uint64_t length = text.size;
        status = limn_writer_put(&writer, &length, sizeof length);
        if (!status) status = limn_writer_put(&writer, text.data, text.size);
        for (size_t i = 0; i < p->set->count && !status; i++)
            status = put_tensor(&writer, &p->set->items[p->order[i]], stored(p, p->order[i]));
        if (status)
            limn_writer_cancel(&writer);
        else
            status = limn_writer_commit(&writer);
    }
    limn_text_free(&text);
    return status;
}

limn_status limn_safetensors_write(const char *path, const limn_tensors *set, limn_element floats,
                                   bool replace) {
    assert(floats == LIMN_ELEMENT_F32 || floats == LIMN_ELEMENT_F16 || floats == LIMN_ELEMENT_BF16);
    plan p = {set, floats, malloc((set->count ? set->count : 1) * sizeof *p.order)};
    if (!p.order) return limn_fail(LIMN_MEMORY, "no memory is left to write %s", path);
    for (size_t i = 0; i < set->count; i++) p.order[i] = (uint32_t)i;
    limn_status status = check_names(&p);
    qsort_r(p.order, set->count, sizeof *p.order, by_size, &p);
    if (!status) status = write_all(path, &p, replace);
    free(p.order);
    return status;
}
