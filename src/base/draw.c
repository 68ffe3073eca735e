// The first steps of a shuffle (Fisher and Yates).
#include "base/draw.h"

void limn_draw(const limn_random *stream, uint32_t first, int *items, int count, int most) {
    for (int i = 0; i < most; i++) {
        int j = i + (int)limn_random_below(stream, first + (uint32_t)i, (uint32_t)(count - i));
        int kept = items[i];
        items[i] = items[j];
        items[j] = kept;
    }
}
