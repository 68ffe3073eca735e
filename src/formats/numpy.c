// NumPy files.
//
// .npy: 93 "NUMPY", version (two bytes), length of the header (2 bytes, from version 2 on 4), the
// header, the values. The header is a dictionary as Python writes it:
//   {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
// With descr '|O' a pickle of the array takes the place of the values.
#include "formats/numpy.h"

#include "base/text.h"
#include "formats/pickle.h"
#include "formats/zip.h"

#include <stdio.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
#define HEADER_MOST 10000 // bytes, as NumPy has it

// ---- types ----

bool limn_numpy_type_find(const char *text, size_t size, limn_numpy_type *type) {
    static const struct {
        const char *name;
        limn_element element;
    } elements[] = {
        {"f4", LIMN_ELEMENT_F32}, {"f8", LIMN_ELEMENT_F64}, {"f2", LIMN_ELEMENT_F16},
        {"i8", LIMN_ELEMENT_I64}, {"i4", LIMN_ELEMENT_I32}, {"i2", LIMN_ELEMENT_I16},
        {"i1", LIMN_ELEMENT_I8},  {"u8", LIMN_ELEMENT_U64}, {"u4", LIMN_ELEMENT_U32},
        {"u2", LIMN_ELEMENT_U16}, {"u1", LIMN_ELEMENT_U8},  {"b1", LIMN_ELEMENT_BOOL},
    };
    *type = (limn_numpy_type){.big_endian = size && *text == '>'};
    if (size && *text && strchr("<>|=", *text)) text++, size--;
    type->object = size && *text == 'O';
    if (type->object) return true;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (size != 2 || memcmp(text, elements[i].name, 2) != 0) continue;
        type->element = elements[i].element;
        return true;
    }
    return false;
}

// ---- the header of an array ----

typedef struct header {
    limn_numpy_type type;
    bool fortran;
    int rank;
    size_t shape[LIMN_TENSOR_RANK];
} header;

typedef struct cursor {
    const char *at, *end;
} cursor;

static limn_status not_header(void) {
    return limn_fail(LIMN_MODEL, "the header is not one that NumPy writes");
}

static void pass_blanks(cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n')) c->at++;
}

// Whether this character comes next behind blanks; passes over it if so.
static bool next_is(cursor *c, char character) {
    pass_blanks(c);
    if (c->at == c->end || *c->at != character) return false;
    c->at++;
    return true;
}

static limn_status read_word(cursor *c, const char **word, size_t *size) {
    char quote = next_is(c, '\'') ? '\'' : next_is(c, '"') ? '"' : 0;
    const char *end = quote ? memchr(c->at, quote, (size_t)(c->end - c->at)) : NULL;
    if (!end) return not_header();
    *word = c->at;
    *size = (size_t)(end - c->at);
    c->at = end + 1;
    return LIMN_OK;
}

static limn_status read_type(cursor *c, header *h) {
    const char *word = "";
    size_t size = 0;
    limn_shown shown;
    if (next_is(c, '['))
        return limn_fail(LIMN_MODEL, "the array holds records, and limn reads those of numbers");
    LIMN_TRY(read_word(c, &word, &size));
    if (limn_numpy_type_find(word, size, &h->type)) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "arrays of type %s are not read", limn_show(&shown, word, size));
}

static bool passes(cursor *c, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(c->end - c->at) < size || memcmp(c->at, word, size) != 0) return false;
    c->at += size;
    return true;
}

static limn_status read_order(cursor *c, header *h) {
    pass_blanks(c);
    h->fortran = passes(c, "True");
    return h->fortran || passes(c, "False") ? LIMN_OK : not_header();
}

// (), (3,), (2, 3), or with Python 2's (2L, 3L).
static limn_status read_shape(cursor *c, header *h) {
    if (!next_is(c, '(')) return not_header();
    bool comma = true;
    for (h->rank = 0; !next_is(c, ')'); h->rank++) {
        size_t number = 0;
        const char *start = c->at;
        if (!comma || h->rank == LIMN_TENSOR_RANK) return not_header();
        for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
            if (!limn_multiply(number, 10, &number) ||
                !limn_plus(number, (size_t)(*c->at - '0'), &number))
                return limn_fail(LIMN_MODEL, "the shape is larger than 64 bits can count");
        if (c->at == start) return not_header();
        (void)passes(c, "L");
        h->shape[h->rank] = number;
        comma = next_is(c, ',');
    }
    return LIMN_OK;
}

static limn_status read_dictionary(cursor *c, header *h) {
    static const struct {
        const char *name;
        limn_status (*read)(cursor *, header *);
    } keys[] = {{"descr", read_type}, {"fortran_order", read_order}, {"shape", read_shape}};
    enum { KEYS = sizeof keys / sizeof *keys };
    bool found[KEYS] = {false}, comma = next_is(c, '{');
    while (!next_is(c, '}')) {
        const char *word = "";
        size_t size = 0, k = 0;
        if (!comma) return not_header();
        LIMN_TRY(read_word(c, &word, &size));
        while (k < KEYS && (size != strlen(keys[k].name) || memcmp(word, keys[k].name, size) != 0))
            k++;
        if (k == KEYS || found[k] || !next_is(c, ':')) return not_header();
        found[k] = true;
        LIMN_TRY(keys[k].read(c, h));
        comma = next_is(c, ',');
    }
    pass_blanks(c);
    return found[0] && found[1] && found[2] && c->at == c->end ? LIMN_OK : not_header();
}

// *start: where the values begin.
static limn_status read_header(const unsigned char *bytes, size_t size, header *h, size_t *start) {
    size_t magic = sizeof MAGIC - 1, length = 0;
    if (size < magic + 2 || memcmp(bytes, MAGIC, magic) != 0)
        return limn_fail(LIMN_MODEL, "it does not begin as a NumPy array does");
    unsigned version = bytes[magic];
    size_t width = version == 1 ? 2 : 4;
    if (version < 1 || version > 3 || bytes[magic + 1])
        return limn_fail(LIMN_MODEL, "arrays of version %u.%u are not read, only 1.0 to 3.0",
                         version, bytes[magic + 1]);
    *start = magic + 2 + width;
    for (size_t i = 0; i < width && *start <= size; i++)
        length |= (size_t)bytes[magic + 2 + i] << 8 * i;
    if (*start > size || length > size - *start)
        return limn_fail(LIMN_MODEL, "it ends within its header; the file is cut short");
    if (length > HEADER_MOST)
        return limn_fail(LIMN_MODEL, "its header has %zu bytes; %d are the most", length,
                         HEADER_MOST);
    cursor c = {(const char *)bytes + *start, (const char *)bytes + *start + length};
    *start += length;
    return read_dictionary(&c, h);
}

// ---- values ----

// Bytes that a text stands for, a character each.
static void decode(limn_pickle_value text, unsigned char *out) {
    for (uint32_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.text[i];
        if ((byte & 0xc0) == 0x80)
            out[-1] = (unsigned char)(out[-1] << 6 | (byte & 0x3f));
        else
            *out++ = byte; // of the first of two, 1100 00xx, two bits stay
    }
}

static void reverse_each(unsigned char *bytes, size_t size, size_t width) {
    for (size_t at = 0; at + width <= size; at += width)
        for (size_t i = 0; i < width / 2; i++) {
            unsigned char byte = bytes[at + i];
            bytes[at + i] = bytes[at + width - 1 - i];
            bytes[at + width - 1 - i] = byte;
        }
}

// Takes the values of an array into the set: where they are or, when they are written in another
// way than tensors are, as a copy. `most`: how many bytes all copies may still have.
static limn_status add_values(limn_tensors *set, const char *name, const limn_pickle_array *array,
                              size_t *most) {
    size_t width = limn_element_size(array->type.element), size, step = 1;
    size_t stride[LIMN_TENSOR_RANK];
    if (!limn_multiply(array->count, width, &size))
        return limn_fail(LIMN_MODEL, "the array is larger than 64 bits can count");
    const unsigned char *bytes = (const unsigned char *)array->values.text;
    bool swap = array->type.big_endian && width > 1;
    if ((swap || array->values.kind == LIMN_PICKLE_LATIN) && size) {
        if (size > *most)
            return limn_fail(LIMN_MODEL, "its arrays use the same bytes again and again");
        *most -= size;
        unsigned char *copy = limn_tensors_block(set, size);
        if (!copy) return limn_fail(LIMN_MEMORY, "no memory is left for the array %s", name);
        if (array->values.kind == LIMN_PICKLE_LATIN)
            decode(array->values, copy);
        else
            memcpy(copy, bytes, size);
        if (swap) reverse_each(copy, size, width);
        bytes = copy;
    }
    for (int i = 0; i < array->rank; step *= array->shape[i++]) stride[i] = step;
    return limn_tensors_add_view(set, name, array->type.element, array->rank, array->shape,
                                 array->fortran ? stride : NULL, bytes);
}

static limn_status add_objects(limn_tensors *set, const char *name, const limn_pickle_array *array,
                               size_t most) {
    if (!array->built || !array->type.object || array->rank != 1)
        return limn_fail(LIMN_MODEL, "it holds Python objects, and limn reads lists of arrays");
    for (size_t i = 0; i < array->count; i++) {
        limn_pickle_value item = array->values.list->items[i];
        char full[LIMN_NAME_MOST + 32];
        bool numbers =
            item.kind == LIMN_PICKLE_ARRAY && item.array->built && !item.array->type.object;
        if (!numbers)
            return limn_fail(LIMN_MODEL, "object %zu of the array is no array of numbers", i);
        snprintf(full, sizeof full, "%s.%zu", name, i);
        LIMN_TRY(add_values(set, full, item.array, &most));
    }
    return LIMN_OK;
}

static limn_status read_objects(const unsigned char *bytes, size_t size, const char *name,
                                limn_tensors *set) {
    limn_pickle pickle = {.where = "the pickle", .dialect = LIMN_PICKLE_NUMPY};
    limn_pickle_value root;
    size_t at = 0;
    limn_status status = limn_pickle_read(&pickle, bytes, size, &at, &root);
    if (!status && at != size)
        status = limn_fail(LIMN_MODEL, "%zu bytes follow the end of its pickle", size - at);
    if (!status && root.kind != LIMN_PICKLE_ARRAY)
        status = limn_fail(LIMN_MODEL, "its pickle holds something that is no array");
    if (!status) status = add_objects(set, name, root.array, size);
    limn_pickle_free(&pickle);
    return status;
}

limn_status limn_numpy_read_array(const unsigned char *bytes, size_t size, const char *name,
                                  limn_tensors *set) {
    header h = {.rank = 0};
    size_t start = 0, needed = 1;
    limn_shown shown;
    LIMN_TRY(read_header(bytes, size, &h, &start));
    if (h.type.object) return read_objects(bytes + start, size - start, name, set);
    limn_pickle_array array = {.type = h.type, .fortran = h.fortran, .rank = h.rank};
    array.values =
        (limn_pickle_value){.kind = LIMN_PICKLE_BYTES, .text = (const char *)bytes + start};
    memcpy(array.shape, h.shape, sizeof h.shape);
    bool fits = true;
    for (int i = 0; i < h.rank; i++) fits = fits && limn_multiply(needed, h.shape[i], &needed);
    array.count = needed;
    fits = fits && limn_multiply(needed, limn_element_size(h.type.element), &needed);
    if (!fits || needed != size - start)
        return limn_fail(LIMN_MODEL,
                         "an array of shape %s has %zu bytes of values, which do not fit",
                         limn_show_shape(&shown, h.rank, h.shape), size - start);
    return add_values(set, name, &array, &needed);
}

// ---- archives ----

static bool is_array_name(const char *name, size_t size) {
    return size > 4 && !memcmp(name + size - 4, ".npy", 4);
}

bool limn_numpy_is_zip(const unsigned char *bytes, size_t size) {
    if (size < 30 || memcmp(bytes, "PK\3\4", 4) != 0) return false;
    size_t length = bytes[26] | (size_t)bytes[27] << 8;
    return length <= size - 30 && is_array_name((const char *)bytes + 30, length);
}

static limn_status read_member(limn_zip *zip, const limn_zip_member *member, limn_tensors *set) {
    const unsigned char *bytes;
    char name[LIMN_NAME_MOST + 1];
    limn_shown shown;
    const char *print = limn_show(&shown, member->name, member->name_size);
    if (!is_array_name(member->name, member->name_size))
        return limn_fail(LIMN_MODEL,
                         "the archive holds NumPy arrays and %s, and limn reads such as hold "
                         "arrays alone",
                         print);
    size_t size = member->name_size - 4;
    if (size > LIMN_NAME_MOST || !limn_utf8_valid(member->name, size))
        return limn_fail(LIMN_MODEL, "the name %s is too long or not UTF-8", print);
    memcpy(name, member->name, size);
    name[size] = 0;
    LIMN_TRY(limn_zip_read(zip, member, member->size, set, &bytes));
    limn_status status = limn_numpy_read_array(bytes, member->size, name, set);
    return status ? limn_fail_in(status, "%s: ", print) : LIMN_OK;
}

limn_status limn_numpy_read_zip(const unsigned char *bytes, size_t size, limn_tensors *set) {
    limn_zip zip = {0};
    limn_status status = limn_zip_open(bytes, size, &zip);
    for (size_t i = 0; i < zip.count && !status; i++)
        status = read_member(&zip, &zip.members[i], set);
    limn_zip_close(&zip);
    return status ? status : limn_tensors_seal(set);
}

bool limn_numpy_is_list(const limn_tensors *set) {
    return limn_tensors_find(set, "params.0") || limn_tensors_find(set, "params");
}

limn_status limn_numpy_refuse_list(void) {
    return limn_fail(LIMN_MODEL,
                     "these are weights of TensorLayer, a part of a model; limn convert "
                     "makes a model of its parts");
}
