// Fuzzing the reader of NumPy arrays (header, pickles of arrays of arrays, byte orders): clang
// -fsanitize=fuzzer. Starts: fuzz/corpus/numpy. fuzz_pickle has the archives around them.
#include "formats/numpy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size) {
    limn_tensors set = {0};
    (void)limn_numpy_read_array(bytes, size, "params", &set); // what came before a refusal is sound
    for (size_t i = 0; i < set.count; i++) {
        if (set.items[i].count > (size_t)1 << 20) continue;
        float *values = malloc((set.items[i].count + 1) * sizeof *values);
        if (!values) abort();
        limn_tensor_read(&set.items[i], values);
        free(values);
    }
    limn_tensors_free(&set);
    return 0;
}
