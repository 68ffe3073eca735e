// Fuzzing the reader of safetensors: clang -fsanitize=fuzzer. Starts: fuzz/corpus/safetensors.
#include "formats/safetensors.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size) {
    limn_tensors set = {0};
    if (limn_safetensors_read(bytes, size, &set) == LIMN_OK) {
        for (size_t i = 0; i < set.count; i++) {
            float *values = malloc((set.items[i].count + 1) * sizeof *values);
            if (!values) abort(); // accepted, so no larger than the file
            limn_tensor_read(&set.items[i], values);
            free(values);
        }
        if (limn_tensors_tidy(&set) == LIMN_OK) limn_tensors_find(&set, "a");
    }
    limn_tensors_free(&set);
    return 0;
}
