// Fuzzing the readers of PyTorch files (zip directory, pickle machine, legacy records) and the
// table of kinds: clang -fsanitize=fuzzer. Starts: fuzz/corpus/pickle. A file that is none of these
// is taken for the data.pkl of an archive.
#include "formats/load.h"
#include "formats/pickle.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static void machine(const unsigned char *bytes, size_t size, limn_pickle_dialect dialect) {
    limn_pickle pickle = {.where = "data.pkl", .dialect = dialect};
    limn_pickle_value value;
    size_t at = 0;
    (void)limn_pickle_read(&pickle, bytes, size, &at, &value);
    limn_pickle_free(&pickle);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size) {
    limn_tensors set = {0};
    if (limn_tensors_parse(bytes, size, &set) == LIMN_OK) {
        for (size_t i = 0; i < set.count; i++) {
            if (set.items[i].count > (size_t)1 << 20) continue;
            float *values = malloc((set.items[i].count + 1) * sizeof *values);
            if (!values) abort();
            limn_tensor_read(&set.items[i], values);
            free(values);
        }
    }
    limn_tensors_free(&set);
    machine(bytes, size, LIMN_PICKLE_TORCH);
    machine(bytes, size, LIMN_PICKLE_TORCH_LEGACY);
    return 0;
}
