// A reader of the pickles that PyTorch writes for state dicts and NumPy for arrays of arrays. It is
// a stack machine over plain data: a symbol is one of a short list of known words, a call is one of
// a few fixed routines, and nothing of a file is ever executed, imported or looked up.
#ifndef LIMN_FORMATS_PICKLE_H
#define LIMN_FORMATS_PICKLE_H

#include "formats/numpy.h"
#include "formats/tensors.h"

typedef enum limn_pickle_kind {
    LIMN_PICKLE_ABSENT, // no value: an empty place of the memo
    LIMN_PICKLE_NONE,
    LIMN_PICKLE_BOOLEAN, // integer 0 or 1
    LIMN_PICKLE_INTEGER,
    LIMN_PICKLE_REAL,
    LIMN_PICKLE_TEXT,  // UTF-8, `size` bytes, not ended by a zero, perhaps with zeros inside
    LIMN_PICKLE_BYTES, // `size` bytes
    LIMN_PICKLE_LATIN, // bytes written as a text of `size` bytes in UTF-8, a character for each
    LIMN_PICKLE_TUPLE,
    LIMN_PICKLE_LIST,
    LIMN_PICKLE_DICTIONARY, // key, value, key, value, ... in order
    LIMN_PICKLE_SYMBOL,
    LIMN_PICKLE_STORAGE,
    LIMN_PICKLE_TENSOR,
    LIMN_PICKLE_DTYPE,
    LIMN_PICKLE_ARRAY,
    LIMN_PICKLE_OTHER, // something a state dict may hold and limn has no use for
} limn_pickle_kind;

typedef struct limn_pickle_value {
    limn_pickle_kind kind;
    uint32_t size; // of TEXT, BYTES, LATIN
    union {
        int64_t integer;
        double real;
        const char *text;              // TEXT, BYTES, LATIN
        struct limn_pickle_list *list; // TUPLE, LIST, DICTIONARY
        const struct limn_pickle_symbol *symbol;
        struct limn_pickle_storage *storage;
        struct limn_pickle_tensor *tensor;
        limn_numpy_type *dtype;
        struct limn_pickle_array *array;
    };
} limn_pickle_value;

typedef struct limn_pickle_list {
    limn_pickle_value *items;
    size_t count, room;
    int depth;    // of nesting, as far as it was known when something was put in
    bool ordered; // a dictionary that is an OrderedDict
    bool entered; // for those who walk: a container inside itself
} limn_pickle_list;

// The block of values that a tensor looks into, named by a key: a member of a zip archive or a
// record further on in a legacy file.
typedef struct limn_pickle_storage {
    const char *key;
    uint32_t key_size;
    bool untyped; // count is in bytes
    limn_element element;
    size_t count;                   // elements of the whole
    size_t view_offset, view_count; // the part of it that this storage is
    const unsigned char *bytes;     // of the whole; filled in by the caller once found
} limn_pickle_storage;

typedef struct limn_pickle_tensor {
    limn_pickle_storage *storage;
    limn_element element;
    int rank;
    size_t offset, shape[LIMN_TENSOR_RANK], stride[LIMN_TENSOR_RANK]; // elements
} limn_pickle_tensor;

// An array of NumPy: what _reconstruct gives, and what BUILD then puts in.
typedef struct limn_pickle_array {
    bool built;
    limn_numpy_type type;
    bool fortran; // the first index runs fastest
    int rank;
    size_t shape[LIMN_TENSOR_RANK], count;
    limn_pickle_value values; // BYTES or LATIN, as many as shape and type need; of objects a LIST
} limn_pickle_array;

// Who wrote a pickle, and so what may be in it.
typedef enum limn_pickle_dialect {
    LIMN_PICKLE_TORCH,
    LIMN_PICKLE_TORCH_LEGACY, // persistent ids have six items instead of five
    LIMN_PICKLE_NUMPY,
} limn_pickle_dialect;

// All pickles of one file. Starts as {.where = ..., .dialect = ...}.
typedef struct limn_pickle {
    const char *where; // "data.pkl", for messages
    limn_pickle_dialect dialect;
    limn_pickle_storage **storages; // each as often as a persistent id names it
    size_t storage_count, storage_room;
    size_t tensor_count;
    size_t memory; // bytes taken so far
    limn_arena arena;
} limn_pickle;

// Reads the pickle that begins at bytes[*at] and moves *at behind its STOP. Text of the value
// points into the bytes, the rest belongs to the arena.
limn_status limn_pickle_read(limn_pickle *pickle, const unsigned char *bytes, size_t size,
                             size_t *at, limn_pickle_value *value);
void limn_pickle_free(limn_pickle *pickle);

bool limn_pickle_text_is(limn_pickle_value value, const char *text);

#endif
