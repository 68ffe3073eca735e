// PyTorch files: state dicts in a zip archive (torch.save since 1.6) and in the older legacy form.
#ifndef LIMN_FORMATS_TORCH_H
#define LIMN_FORMATS_TORCH_H

#include "formats/tensors.h"

// Read a whole file that lies in memory into an empty set. Nested dictionaries are flattened, names
// joined with "."; whole numbers, real numbers and texts become metadata. Values stay where they
// are, except members of a zip archive that are compressed. Nothing of the file is executed.
limn_status limn_torch_read_legacy(const unsigned char *bytes, size_t size, limn_tensors *set);
limn_status limn_torch_read_zip(const unsigned char *bytes, size_t size, limn_tensors *set);

// The first bytes of a legacy file: the pickle of a magic number.
#define LIMN_TORCH_MAGIC "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e"
#define LIMN_TORCH_MAGIC_SIZE 15

#endif
