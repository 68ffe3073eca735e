// How strongly a JPEG was pressed, by its first table of divisors. Tables: ITU-T T.81, annex K.1;
// libjpeg multiplies them by 50 / quality below 50, and by 2 - quality / 50 from there on.
#include "image/jpeg_quality.h"

#include "image/segments.h"

#include <math.h>

enum { TABLES = 0xDB, NUMBERS = 64 };

// The sum of the standard table's divisors: the order in which they lie does not matter.
enum { STANDARD_SUM = 3688 };

// The sum of table 0, or 0: one segment may hold several tables, of 8 or 16 bits.
static int sum_of_luma(const limn_piece *piece) {
    const unsigned char *at = piece->bytes, *end = at + piece->size;
    while (at < end) {
        bool wide = *at >> 4, luma = (*at & 15) == 0;
        size_t bytes = wide ? 2 : 1;
        at++;
        if ((size_t)(end - at) < NUMBERS * bytes) return 0;
        int sum = 0;
        for (int i = 0; i < NUMBERS; i++, at += bytes) sum += wide ? at[0] << 8 | at[1] : at[0];
        if (luma) return sum;
    }
    return 0;
}

int limn_jpeg_quality(const unsigned char *bytes, size_t size) {
    limn_piece piece = limn_pieces(bytes, size, LIMN_FORMAT_JPEG);
    int sum = 0;
    while (!sum && limn_next_piece(&piece))
        if (piece.kind == TABLES) sum = sum_of_luma(&piece);
    if (!sum) return 0;
    if (sum == NUMBERS) return 100; // none is below 1
    double factor = (double)sum / STANDARD_SUM;
    int quality = (int)lround(factor > 1 ? 50 / factor : 100 - 50 * factor);
    return quality < 1 ? 1 : quality > 100 ? 100 : quality;
}
