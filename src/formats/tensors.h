// A set of named tensors in memory, as model files hold them.
#ifndef LIMN_FORMATS_TENSORS_H
#define LIMN_FORMATS_TENSORS_H

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMN_TENSOR_RANK 8       // dimensions at most
#define LIMN_TENSORS_MOST 100000 // tensors a file at most
#define LIMN_METADATA_MOST 10000 // metadata entries a file at most
#define LIMN_NAME_MOST 1024 // bytes of a name that a reader compares: of tensors, metadata, ...

// How the elements of a tensor are stored (little-endian). The order is that of the table of names.
typedef enum limn_element {
    LIMN_ELEMENT_F32,
    LIMN_ELEMENT_F16,
    LIMN_ELEMENT_BF16,
    LIMN_ELEMENT_F64,
    LIMN_ELEMENT_I64,
    LIMN_ELEMENT_I32,
    LIMN_ELEMENT_I16,
    LIMN_ELEMENT_I8,
    LIMN_ELEMENT_U64,
    LIMN_ELEMENT_U32,
    LIMN_ELEMENT_U16,
    LIMN_ELEMENT_U8,
    LIMN_ELEMENT_BOOL, // a byte
    LIMN_ELEMENT_COUNT,
} limn_element;

size_t limn_element_size(limn_element element);      // bytes
const char *limn_element_name(limn_element element); // "F32", as safetensors writes it
bool limn_element_is_float(limn_element element);
// The element type named by `size` characters; false when there is none such.
bool limn_element_find(const char *name, size_t size, limn_element *element);

// Converts `count` elements that lie `step` bytes apart (from any address) to float. Whole numbers
// and doubles are rounded to nearest; BOOL gives 0 or 1.
void limn_element_to_float(limn_element element, const void *from, size_t step, float *to,
                           size_t count);
// Converts to F32, F16 or BF16, rounding to nearest even; what is too large becomes infinite.
void limn_element_from_float(limn_element element, const float *from, void *to, size_t count);

typedef struct limn_stored {
    const char *name; // UTF-8
    limn_element element;
    int rank;                        // 0 for a single value
    size_t shape[LIMN_TENSOR_RANK];  // outermost dimension first
    size_t stride[LIMN_TENSOR_RANK]; // in elements; any, for tensors that PyTorch wrote as views
    size_t count;                    // elements: the product of the shape
    bool contiguous;                 // row after row, without gaps
    const unsigned char *bytes; // the first element, not always aligned; may be NULL if count is 0
} limn_stored;

typedef struct limn_metadata {
    const char *key, *value; // UTF-8
} limn_metadata;

// `items` and `metadata` are in the order of the file and may be read directly. Names, shapes and
// the bytes live as long as the set (or, for tensors that were added, as the caller's values).
typedef struct limn_tensors {
    limn_stored *items;
    size_t count;
    limn_metadata *metadata;
    size_t metadata_count;

    // Private from here on.
    size_t room, metadata_room;
    uint32_t *order; // the first `sorted` items by name
    size_t sorted;
    limn_arena arena;
    struct limn_tensors_block *blocks; // inflated members
    limn_file file;
} limn_tensors;

// A set starts as {0}.
void limn_tensors_free(limn_tensors *set);

// A set of its own with the same names, metadata and bytes, borrowed: it must be freed, and before
// `set`. LIMN_MEMORY, and then an empty one.
limn_status limn_tensors_borrow(const limn_tensors *set, limn_tensors *copy);

const limn_stored *limn_tensors_find(const limn_tensors *set, const char *name); // NULL: none
const char *limn_tensors_metadata(const limn_tensors *set, const char *key);     // NULL: none

// The tensor of this name and shape. When it is missing or has another shape, LIMN_MODEL and a
// sentence; `rank` -1 takes any shape.
limn_status limn_tensors_get(const limn_tensors *set, const char *name, int rank,
                             const size_t *shape, const limn_stored **tensor);

// The values as floats in row-major order, gathered by stride.
void limn_tensor_read(const limn_stored *tensor, float *out);
// The same by name; LIMN_MODEL when there is none or it does not have `count` elements.
limn_status limn_tensors_read_float(const limn_tensors *set, const char *name, float *out,
                                    size_t count);

// Adds a contiguous tensor whose bytes are borrowed until the set is freed. The name is copied.
limn_status limn_tensors_add(limn_tensors *set, const char *name, limn_element element, int rank,
                             const size_t *shape, const void *bytes);
// Sets a metadata entry, replacing an older one; key and value are copied, the value mended to
// UTF-8 by limn_utf8_mend.
limn_status limn_tensors_describe(limn_tensors *set, const char *key, const char *value);

// Adds a metadata entry without looking whether there is one of its key already, so that many cost
// little: limn_tensors_seal looks, once.
limn_status limn_tensors_note(limn_tensors *set, const char *key, const char *value);

// Makes PyTorch habits go away: of a training checkpoint only the "state_dict." (or
// "model_state_dict.", or "netG.") is kept; when every name begins with "module.", then
// "_orig_mod." that is cut off; running statistics of instance norms (in<digits>.running_mean and
// .running_var, which files older than PyTorch 0.4 hold and which must not be used) and
// num_batches_tracked are dropped.
limn_status limn_tensors_tidy(limn_tensors *set);
// Keeps only the tensors whose name begins with the prefix, without it ("state_dict."). When there
// are none the set is left alone and the answer is false.
bool limn_tensors_select(limn_tensors *set, const char *prefix);

// For readers of files (same folder).

// Adds a view: strides in elements, `bytes` at its first element. `stride` NULL means contiguous.
// A shape whose element count overflows is refused.
limn_status limn_tensors_add_view(limn_tensors *set, const char *name, limn_element element,
                                  int rank, const size_t *shape, const size_t *stride,
                                  const void *bytes);
// Sorts the names; LIMN_MODEL when two are alike, or the keys of two metadata entries.
limn_status limn_tensors_seal(limn_tensors *set);
// Memory that the set frees in the end; NULL when there is none left.
void *limn_tensors_block(limn_tensors *set, size_t bytes);

#endif
