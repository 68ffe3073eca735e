// The safetensors format: limn's own model files. A length, a JSON header, the values.
#ifndef LIMN_FORMATS_SAFETENSORS_H
#define LIMN_FORMATS_SAFETENSORS_H

#include "formats/tensors.h"

// Reads a whole file that lies in memory; the tensors point into it. Every rule of the format is
// enforced; LIMN_MODEL and a sentence otherwise. The set is empty when called.
limn_status limn_safetensors_read(const unsigned char *bytes, size_t size, limn_tensors *set);

// The bytes up to the values in a file of `size`, told by its first 9; 0 where it cannot be so.
size_t limn_safetensors_head(const unsigned char *bytes, size_t size);
// Reads those alone: names, shapes, metadata. The tensors have no values (`bytes` is NULL).
limn_status limn_safetensors_read_head(const unsigned char *bytes, size_t size, limn_tensors *set);

// Writes the set. Tensors of floating type (F32, F16, BF16, F64) are stored as `floats` (F32, F16
// or BF16), others as they are. Written to a temporary name and renamed; LIMN_USAGE when the file
// is there and `replace` is false.
limn_status limn_safetensors_write(const char *path, const limn_tensors *set, limn_element floats,
                                   bool replace);

#endif
