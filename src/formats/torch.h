// PyTorch files: state dicts in a zip archive (torch.save since 1.6) and in the older legacy form.
#ifndef LIMN_FORMATS_TORCH_H
#define LIMN_FORMATS_TORCH_H

#include "formats/tensors.h"

// Read a whole file that lies in memory into an empty set. Nested dictionaries are flattened, names
// joined with "."; whole numbers, real numbers and texts become metadata. Values stay where they
// are, except members of a zip archive that are compressed. Nothing of the file is executed.
limn_status limn_torch_read_legacy(const unsigned char *bytes, size_t size, limn_tensors *set);
limn_status limn_torch_read_zip(const unsigned char *bytes, size_t size, limn_tensors *set);

// Whether a file begins with the pickle of the number that marks legacy files, of any protocol.
bool limn_torch_is_legacy(const unsigned char *bytes, size_t size);

#endif
