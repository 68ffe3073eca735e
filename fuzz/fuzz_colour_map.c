// Fuzzing the reader of colour maps: clang -fsanitize=fuzzer. Starts: fuzz/corpus/colour_map.
#include "metrics/colour_map.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size) {
    limn_colour_map map;
    if (limn_colour_map_parse((const char *)bytes, size, &map) != LIMN_OK) return 0;
    if (map.count < 1 || map.other > 255) abort();
    for (int i = 0; i < map.count; i++) {
        int class = limn_colour_map_find(&map, map.colours[i].colour);
        if (class != map.colours[i].class || class < 0 || class > 255) abort();
    }
    limn_colour_map_free(&map);
    return 0;
}
