// Opening a model file of any kind that limn reads; the content decides, not the name.
#ifndef LIMN_FORMATS_LOAD_H
#define LIMN_FORMATS_LOAD_H

#include "formats/tensors.h"

// Reads safetensors, PyTorch state dicts (zip and legacy) and NumPy archives (.npz). The values
// stay in the bytes of the file as far as possible. When it is anything else, LIMN_MODEL and a
// sentence that says what the file is. On failure the set is empty. Free with limn_tensors_free.
limn_status limn_tensors_load(const char *path, limn_tensors *set);

// The same without values where the file is safetensors, whose begin alone is read:
// limn_tensors_fill checks names and shapes then.
limn_status limn_tensors_load_names(const char *path, limn_tensors *set);

// The same for a file that lies in memory and stays there longer than the set.
limn_status limn_tensors_parse(const unsigned char *bytes, size_t size, limn_tensors *set);

// What the file is, by its first bytes: "safetensors", "PyTorch zip", "ONNX", "JPEG", ...
const char *limn_tensors_kind(const unsigned char *bytes, size_t size);

#endif
