// Fuzzing the reader of IDX files, packed and not: clang -fsanitize=fuzzer. Starts:
// fuzz/corpus/idx.
#include "formats/idx.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size) {
    limn_idx idx;
    if (limn_idx_parse(bytes, size, &idx) != LIMN_OK) return 0;
    size_t count = 1, sum = 0;
    for (int i = 0; i < idx.rank; i++) count *= idx.shape[i];
    for (size_t i = 0; i < idx.count; i++) sum += idx.values[i];
    if (count != idx.count || sum > 255 * count) abort();
    limn_idx_free(&idx);
    return 0;
}
