// TensorFlow.js: a manifest in JSON that names weights, and shards beside it that hold their bytes.
#ifndef LIMN_FORMATS_TFJS_H
#define LIMN_FORMATS_TFJS_H

#include "formats/tensors.h"

// By its first characters.
bool limn_tfjs_is_manifest(const unsigned char *bytes, size_t size);

// Reads a manifest and the shards that lie beside it into an empty set: floats in TensorFlow's
// layouts and under its names. LIMN_MODEL and a sentence where shards are longer or shorter than
// what the manifest says is in them. On failure the set is empty.
limn_status limn_tfjs_load(const char *path, limn_tensors *set);

// The same for a manifest in memory, whose shards are asked for by name: at most `most` bytes of
// one, and in *size how many it has.
typedef limn_status limn_tfjs_shard(void *context, const char *name, size_t most, limn_file *shard,
                                    size_t *size);
limn_status limn_tfjs_parse(const unsigned char *bytes, size_t size, limn_tfjs_shard *open,
                            void *context, limn_tensors *set);

#endif
