// Colours that nobody sees, filled from those around them.
//
// A pyramid (push and pull, Gortler et al., "The lumigraph", 1996): each level halves the one
// below, a cell is the mean of what can be seen in its four; on the way down again, what cannot be
// seen takes the colour of the level above, by linear interpolation. Near the rim that is the
// colour of the rim, further in it grows smooth.
#include "image/hidden.h"

#include "base/memory.h"

// From this opacity on a pixel keeps its colour; below, it mixes with what surrounds it. Eight
// bits that were multiplied by so little have kept next to nothing of a colour.
static const float seen_from = 1.0f / 64;

typedef struct level {
    int width, height;
    float *rgb;    // [3][height][width]
    float *weight; // [height][width], 0 unknown .. 1 known
} level;

static float weight_of(float alpha) {
    return alpha >= seen_from ? 1 : alpha > 0 ? alpha / seen_from : 0;
}

bool limn_picture_hides(const limn_picture *picture) {
    size_t plane = (size_t)picture->width * (size_t)picture->height;
    for (size_t i = 0; picture->alpha && i < plane; i++)
        if (!(picture->alpha[i] >= seen_from)) return true;
    return false;
}

static size_t plane_of(const level *of) {
    return (size_t)of->width * (size_t)of->height;
}

// A cell is known as far as the four below it are together, so that a lone pixel counts fully.
static void push(const level *from, level *to) {
    size_t fine = plane_of(from), coarse = plane_of(to), width = (size_t)from->width;
    for (size_t i = 0; i < coarse; i++) {
        size_t x = 2 * (i % (size_t)to->width), y = 2 * (i / (size_t)to->width);
        float sum[3] = {0}, weight = 0;
        for (size_t k = 0; k < 4; k++) {
            size_t column = x + k % 2, row = y + k / 2, at = row * width + column;
            if (column >= width || row >= (size_t)from->height || !(from->weight[at] > 0)) continue;
            weight += from->weight[at];
            for (size_t c = 0; c < 3; c++) sum[c] += from->weight[at] * from->rgb[c * fine + at];
        }
        for (size_t c = 0; c < 3; c++) to->rgb[c * coarse + i] = weight > 0 ? sum[c] / weight : 0;
        to->weight[i] = weight < 1 ? weight : 1;
    }
}

// The nearer cell of the level above counts three times as much as the further one, each way.
static void pull(const level *from, level *to) {
    size_t fine = plane_of(to), coarse = plane_of(from), width = (size_t)from->width;
    for (int y = 0, last = from->height - 1; y < to->height; y++)
        for (int x = 0, end = from->width - 1; x < to->width; x++) {
            size_t at = (size_t)y * (size_t)to->width + (size_t)x;
            float weight = to->weight[at];
            if (weight >= 1) continue;
            int column = x / 2, row = y / 2;
            int beside = x % 2 ? column + 1 : column - 1, above = y % 2 ? row + 1 : row - 1;
            size_t near = (size_t)row * width, far = (size_t)(above < 0      ? 0
                                                              : above > last ? last
                                                                             : above) *
                                                     width;
            size_t left = (size_t)column, right = (size_t)(beside < 0     ? 0
                                                           : beside > end ? end
                                                                          : beside);
            for (size_t c = 0; c < 3; c++) {
                const float *rgb = from->rgb + c * coarse;
                float around = (9 * rgb[near + left] + 3 * (rgb[near + right] + rgb[far + left]) +
                                rgb[far + right]) /
                               16;
                float *own = to->rgb + c * fine + at;
                *own = weight > 0 ? around + weight * (*own - around) : around;
            }
        }
}

static limn_status fill(level *of) {
    if (of->width == 1 && of->height == 1) {
        for (int c = 0; c < 3 && !(of->weight[0] > 0); c++) of->rgb[c] = 255;
        return LIMN_OK;
    }
    level half = {.width = (of->width + 1) / 2, .height = (of->height + 1) / 2};
    size_t plane = plane_of(&half);
    half.rgb = limn_alloc(4 * plane * sizeof *half.rgb);
    if (!half.rgb) return limn_fail(LIMN_MEMORY, "there is no memory to fill what is clear");
    half.weight = half.rgb + 3 * plane;
    push(of, &half);
    limn_status status = fill(&half);
    if (status == LIMN_OK) pull(&half, of);
    limn_free(half.rgb);
    return status;
}

limn_status limn_picture_fill_hidden(limn_picture *picture) {
    if (!limn_picture_hides(picture)) return LIMN_OK;
    level whole = {.width = picture->width, .height = picture->height, .rgb = picture->rgb};
    size_t plane = plane_of(&whole);
    whole.weight = limn_alloc(plane * sizeof *whole.weight);
    if (!whole.weight) return limn_fail(LIMN_MEMORY, "there is no memory to fill what is clear");
    for (size_t i = 0; i < plane; i++) whole.weight[i] = weight_of(picture->alpha[i]);
    limn_status status = fill(&whole);
    limn_free(whole.weight);
    return status;
}
