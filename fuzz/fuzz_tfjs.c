// Fuzzing the reader of TensorFlow.js manifests: a manifest, a byte 0, and what all its shards
// hold: clang -fsanitize=fuzzer. Starts: fuzz/corpus/tfjs.
#define _GNU_SOURCE // MAP_ANONYMOUS
#include "formats/tfjs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static limn_status open_rest(void *context, const char *name, size_t most, limn_file *shard,
                             size_t *size) {
    const limn_file *rest = context;
    if (strchr(name, '/')) abort();
    *size = rest->size;
    shard->size = rest->size < most ? rest->size : most;
    if (!shard->size) return LIMN_OK;
    void *copy =
        mmap(NULL, shard->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED) abort(); // as limn_file_close wants it
    memcpy(copy, rest->bytes, shard->size);
    shard->bytes = copy;
    return LIMN_OK;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size) {
    const unsigned char *zero = size ? memchr(bytes, 0, size) : NULL;
    size_t manifest = zero ? (size_t)(zero - bytes) : size;
    limn_file rest = {zero ? zero + 1 : NULL, zero ? size - manifest - 1 : 0};
    limn_tensors set = {0};
    (void)limn_tfjs_is_manifest(bytes, size);
    limn_status status = limn_tfjs_parse(bytes, manifest, open_rest, &rest, &set);
    if (status != LIMN_OK && set.count) abort();
    for (size_t i = 0; i < set.count; i++) {
        float *values = malloc((set.items[i].count + 1) * sizeof *values);
        if (!values) abort();
        limn_tensor_read(&set.items[i], values);
        for (size_t k = 0; k < set.items[i].count; k++)
            if (!isfinite(values[k])) abort();
        free(values);
    }
    limn_tensors_free(&set);
    return 0;
}
