// Fuzzing the reader of landmarks: clang -fsanitize=fuzzer. Starts: fuzz/corpus/points.
#include "face/points.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size) {
    limn_points points;
    if (limn_points_parse(bytes, size, &points) != LIMN_OK) return 0;
    for (int i = 0; i < LIMN_LANDMARKS; i++) {
        if (points.has_face && !isfinite(points.face.point[i].x + points.face.point[i].y)) abort();
        if (points.has_like && !isfinite(points.like.point[i].x + points.like.point[i].y)) abort();
    }
    return 0;
}
