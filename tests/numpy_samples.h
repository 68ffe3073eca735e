// Hand-made NumPy files for tests: arrays, and arrays of arrays as three generations of Python
// pickle them. Written from what NumPy writes, sharing nothing with the readers under test.
#ifndef LIMN_TESTS_NUMPY_SAMPLES_H
#define LIMN_TESTS_NUMPY_SAMPLES_H

#include "model_samples.h"

typedef struct sample_array {
    const char *type; // "f4"
    int width;        // bytes an element
    int rank;
    int64_t shape[4];
    const void *values; // in C order
} sample_array;

typedef enum sample_python {
    SAMPLE_PYTHON_2,           // protocol 2: bytes are str
    SAMPLE_PYTHON_3,           // protocol 2: bytes are texts, encoded
    SAMPLE_PYTHON_3_PROTOCOL_4 // NumPy 2
} sample_python;

static inline size_t sample_bytes(const sample_array *a) {
    size_t bytes = (size_t)a->width;
    for (int i = 0; i < a->rank; i++) bytes *= (size_t)a->shape[i];
    return bytes;
}

// A .npy up to its values, the header padded as NumPy does.
static inline void sample_npy_header(limn_text *out, int version, const char *dictionary) {
    size_t width = version == 1 ? 2 : 4, size = strlen(dictionary);
    size_t length = (6 + 2 + width + size + 1 + 63) / 64 * 64 - 6 - 2 - width;
    sample_raw(out, "\x93NUMPY");
    sample_number(out, (uint64_t)version, 2);
    sample_number(out, length, (int)width);
    limn_text_add(out, dictionary, size);
    for (size_t i = size; i + 1 < length; i++) sample_raw(out, " ");
    sample_raw(out, "\n");
}

static inline void sample_npy(limn_text *out, const sample_array *a) {
    limn_text dictionary = {0};
    limn_text_print(&dictionary, "{'descr': '<%s', 'fortran_order': False, 'shape': (", a->type);
    for (int i = 0; i < a->rank; i++)
        limn_text_print(&dictionary, i || a->rank == 1 ? "%s%d%s" : "%s%d", i ? ", " : "",
                        (int)a->shape[i], a->rank == 1 ? "," : "");
    limn_text_print(&dictionary, "), }");
    sample_npy_header(out, 1, dictionary.data);
    limn_text_add(out, a->values, sample_bytes(a));
    limn_text_free(&dictionary);
}

// Pickle pieces. Places of the memo: 1 _reconstruct, 2 ndarray, 3 dtype, 4 the type of the numbers.

static inline void sample_symbol(limn_text *out, sample_python python, const char *module,
                                 const char *name) {
    if (python != SAMPLE_PYTHON_3_PROTOCOL_4) {
        sample_global(out, module, name);
        return;
    }
    const char *const words[] = {module, name};
    for (int i = 0; i < 2; i++) {
        sample_raw(out, "\x8c");
        sample_number(out, strlen(words[i]), 1);
        limn_text_add(out, words[i], strlen(words[i]));
    }
    sample_raw(out, "\x93");
}

static inline void sample_binary(limn_text *out, sample_python python, const void *from,
                                 size_t size) {
    const unsigned char *bytes = from;
    bool small = size < 256;
    if (python == SAMPLE_PYTHON_3) {
        limn_text text = {0};
        for (size_t i = 0; i < size; i++) {
            const char pair[2] = {(char)(0xc0 | bytes[i] >> 6), (char)(0x80 | (bytes[i] & 0x3f))};
            if (bytes[i] < 0x80)
                limn_text_add(&text, from + i, 1);
            else
                limn_text_add(&text, pair, 2);
        }
        sample_raw(out, "c_codecs\nencode\nX");
        sample_number(out, text.size, 4);
        if (size) limn_text_add(out, text.data, text.size);
        sample_raw(out, "X\6\0\0\0latin1\x86R");
        limn_text_free(&text);
        return;
    }
    if (python == SAMPLE_PYTHON_2)
        limn_text_add(out, small ? "U" : "T", 1);
    else
        limn_text_add(out, small ? "C" : "B", 1);
    sample_number(out, size, small ? 1 : 4);
    limn_text_add(out, from, size);
}

static inline void sample_word(limn_text *out, sample_python python, const char *word) {
    if (python == SAMPLE_PYTHON_2)
        sample_binary(out, python, word, strlen(word));
    else
        sample_string(out, word);
}

// dtype(name, False, True) and its state; `order` "<".
static inline void sample_type(limn_text *out, sample_python python, const char *name,
                               const char *order) {
    sample_word(out, python, name);
    if (python == SAMPLE_PYTHON_2)
        sample_raw(out, "K\0K\1\x87R");
    else
        sample_raw(out, "\x89\x88\x87R");
    sample_raw(out, "q\4(K\3");
    sample_word(out, python, order);
    sample_raw(out, "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff");
    sample_integer(out, *name == 'O' ? 63 : 0);
    sample_raw(out, "tb");
}

// An array before its state: the memo holds the symbols.
static inline void sample_empty_array(limn_text *out, sample_python python) {
    sample_raw(out, "h\1h\2K\0\x85");
    sample_binary(out, python, "b", 1);
    sample_raw(out, "\x87R");
}

// The pickle of an object array with these arrays in it; `order` is that of their bytes.
static inline void sample_objects(limn_text *out, const sample_array *arrays, int count,
                                  sample_python python, const char *order) {
    bool newest = python == SAMPLE_PYTHON_3_PROTOCOL_4;
    limn_text_add(out, newest ? "\x80\4" : "\x80\2", 2);
    sample_symbol(out, python, newest ? "numpy._core.multiarray" : "numpy.core.multiarray",
                  "_reconstruct");
    sample_raw(out, "q\1");
    sample_symbol(out, python, "numpy", "ndarray");
    sample_raw(out, "q\2K\0\x85");
    sample_binary(out, python, "b", 1);
    sample_raw(out, "\x87R(K\1");
    sample_integer(out, count);
    sample_raw(out, "\x85");
    sample_symbol(out, python, "numpy", "dtype");
    sample_raw(out, "q\3");
    sample_type(out, python, "O8", "|");
    sample_raw(out, "\x89](");
    for (int i = 0; i < count; i++) {
        sample_empty_array(out, python);
        sample_raw(out, "(K\1");
        sample_extent(out, arrays[i].rank, arrays[i].shape);
        bool known = i && !strcmp(arrays[i].type, arrays[i - 1].type);
        limn_text_add(out, known ? "h\4" : "h\3", 2);
        if (!known) sample_type(out, python, arrays[i].type, order);
        sample_raw(out, "\x89");
        sample_binary(out, python, arrays[i].values, sample_bytes(&arrays[i]));
        sample_raw(out, "tb");
    }
    sample_raw(out, "etb.");
}

// The same with the header of its .npy.
static inline void sample_object_npy(limn_text *out, const sample_array *arrays, int count,
                                     sample_python python, const char *order) {
    limn_text dictionary = {0};
    limn_text_print(&dictionary, "{'descr': '|O', 'fortran_order': False, 'shape': (%d,), }",
                    count);
    sample_npy_header(out, 1, dictionary.data);
    sample_objects(out, arrays, count, python, order);
    limn_text_free(&dictionary);
}

// An archive with one member, as numpy.savez writes it.
static inline void sample_npz(limn_text *file, const char *member, const limn_text *npy,
                              bool deflate) {
    sample_zip zip = {.deflate = deflate};
    sample_member(&zip, member, npy->data, npy->size);
    sample_zip_end(&zip);
    limn_text_free(file);
    *file = zip.file;
}

#endif
