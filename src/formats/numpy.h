// NumPy files: zip archives (.npz) of arrays (.npy). An array of arrays, which TensorLayer saves
// its weights as, is a pickle; it is read as data like those of PyTorch.
#ifndef LIMN_FORMATS_NUMPY_H
#define LIMN_FORMATS_NUMPY_H

#include "formats/tensors.h"

// What the elements of an array are.
typedef struct limn_numpy_type {
    bool object;     // arrays again
    bool big_endian; // the most significant byte first
    limn_element element;
} limn_numpy_type;

// The type that NumPy writes as "<f4", "|O" or, with its order said elsewhere, "f4", "O8"; false
// for another than numbers and objects.
bool limn_numpy_type_find(const char *text, size_t size, limn_numpy_type *type);

// By the name of its first member.
bool limn_numpy_is_zip(const unsigned char *bytes, size_t size);

// Read a whole archive, or one array, that lies in memory, into a set. An array is named like its
// member without ".npy", the arrays in an array NAME.0, NAME.1, ... Values stay where they are as
// far as possible. Nothing of the file is executed.
limn_status limn_numpy_read_zip(const unsigned char *bytes, size_t size, limn_tensors *set);
limn_status limn_numpy_read_array(const unsigned char *bytes, size_t size, const char *name,
                                  limn_tensors *set);

// Whether a set is a list of arrays without names, "params", as TensorLayer saves weights; and what
// to say where a model is wanted.
bool limn_numpy_is_list(const limn_tensors *set);
limn_status limn_numpy_refuse_list(void);

#endif
