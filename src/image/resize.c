// Resizing: two passes of weighted sums, along rows and then down columns.
//
// Output sample i sits at (i + 1/2) scale - 1/2 of the input, with scale = input size / output
// size. Its weights are filter((j - centre) / stretch) over the inputs j within reach, divided by
// their sum, where stretch = max(scale, 1): shrinking widens the filter.
#include "limn/picture.h"

#include "base/memory.h"
#include "base/status.h"
#include "image/filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double bilinear(double x) {
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

// Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2.
static double bicubic(double x) {
    x = fabs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
    return 0;
}

static double sinc(double x) {
    x *= 3.14159265358979323846;
    return x == 0 ? 1 : sin(x) / x;
}

static double lanczos3(double x) {
    return fabs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

static const struct {
    double (*weight)(double x);
    double reach;
} filters[] = {
    [LIMN_BICUBIC] = {bicubic, 2},
    [LIMN_BILINEAR] = {bilinear, 1},
    [LIMN_LANCZOS3] = {lanczos3, 3},
};

double limn_filter_weight(limn_filter filter, double x) {
    return filters[filter].weight(x);
}

double limn_filter_reach(limn_filter filter) {
    return filters[filter].reach;
}

// The inputs of each output: `count` of them from `first`, their weights at row * most.
typedef struct taps {
    int most;
    int *first, *count;
    float *weights; // [outputs][most]
} taps;

static void free_taps(taps *t) {
    free(t->first);
    free(t->count);
    free(t->weights);
}

static bool make_taps(int from, int to, limn_filter filter, taps *t) {
    double scale = (double)from / to, stretch = scale > 1 ? scale : 1;
    double reach = filters[filter].reach * stretch;
    t->most = 2 * (int)ceil(reach) + 1;
    size_t cells;
    if (!limn_multiply((size_t)to, (size_t)t->most, &cells)) return false;
    t->first = calloc((size_t)to, sizeof *t->first);
    t->count = calloc((size_t)to, sizeof *t->count);
    t->weights = calloc(cells, sizeof *t->weights);
    if (!t->first || !t->count || !t->weights) return false;
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale, sum = 0;
        double low = floor(centre - reach + 0.5), high = floor(centre + reach + 0.5);
        int first = low > 0 ? (int)low : 0, end = high < from ? (int)high : from;
        float *weights = t->weights + (size_t)i * (size_t)t->most;
        for (int j = first; j < end; j++)
            sum += filters[filter].weight((j - centre + 0.5) / stretch);
        for (int j = first; j < end; j++)
            weights[j - first] =
                (float)(filters[filter].weight((j - centre + 0.5) / stretch) / sum);
        t->first[i] = first;
        t->count[i] = end - first;
    }
    return true;
}

// Rows are brought to another width side by side, one a lane: each of them as it would be alone.
enum { LANES = 4 };
typedef float lanes __attribute__((vector_size(4 * LANES)));

// A plane on its way to another size. The rows in between live in a ring, as many as the column
// filter reaches over and those that are made with the last of them.
typedef struct passing {
    const taps *columns, *rows;
    const limn_picture *from;
    const float *source, *alpha; // alpha: NULL, or what the source is multiplied with
    int width, ring_rows;
    float *ring; // [ring_rows][width]
    lanes *side; // [width of the picture]
} passing;

static float *ring_row(const passing *it, int y) {
    return it->ring + (size_t)(y % it->ring_rows) * (size_t)it->width;
}

// Rows y and following, as long as there are any; behind them the last once more.
static void lay_side_by_side(const passing *it, int y) {
    size_t width = (size_t)it->from->width, last = (size_t)it->from->height - 1;
    const float *row[LANES], *alpha[LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        size_t at = (size_t)y + lane < last ? (size_t)y + lane : last;
        row[lane] = it->source + at * width;
        if (it->alpha) alpha[lane] = it->alpha + at * width;
    }
    for (size_t x = 0; x < width; x++)
        it->side[x] = (lanes){row[0][x], row[1][x], row[2][x], row[3][x]};
    for (size_t x = 0; x < width && it->alpha; x++)
        it->side[x] *= (lanes){alpha[0][x], alpha[1][x], alpha[2][x], alpha[3][x]};
}

// LANES rows -> as many of another width, in the ring.
static void along(const passing *it, int y) {
    const taps *t = it->columns;
    float *to[LANES];
    for (int lane = 0; lane < LANES; lane++) to[lane] = ring_row(it, y + lane);
    lay_side_by_side(it, y);
    for (int i = 0; i < it->width; i++) {
        const float *weights = t->weights + (size_t)i * (size_t)t->most;
        const lanes *values = it->side + t->first[i];
        lanes sum = {0};
        for (int j = 0; j < t->count[i]; j++) sum += weights[j] * values[j];
        to[0][i] = sum[0], to[1][i] = sum[1], to[2][i] = sum[2], to[3][i] = sum[3];
    }
}

static void resize_plane(const passing *it, int height, float *target) {
    const taps *rows = it->rows;
    int done = 0;
    for (int y = 0; y < height; y++) {
        int first = rows->first[y], count = rows->count[y];
        if (done < first) done = first;
        for (; done < first + count; done += LANES) along(it, done);
        float *out = target + (size_t)y * (size_t)it->width;
        memset(out, 0, (size_t)it->width * sizeof *out);
        for (int j = 0; j < count; j++) {
            float weight = rows->weights[(size_t)y * (size_t)rows->most + (size_t)j];
            const float *row = ring_row(it, first + j);
#pragma omp simd
            for (int x = 0; x < it->width; x++) out[x] += weight * row[x];
        }
    }
}

// Colours were multiplied by their opacity; where next to nothing is left of it, any colour does.
static void divide_by_alpha(limn_picture *picture) {
    size_t plane = (size_t)picture->width * (size_t)picture->height;
    for (size_t i = 0; i < plane; i++) {
        float alpha = picture->alpha[i], scale = alpha > 1e-4f ? 1 / alpha : 0;
        for (size_t c = 0; c < 3; c++) picture->rgb[c * plane + i] *= scale;
        picture->alpha[i] = alpha < 0 ? 0 : alpha > 1 ? 1 : alpha;
    }
}

static void resize_all(passing it, limn_picture *to) {
    const limn_picture *from = it.from;
    size_t pixels = (size_t)from->width * (size_t)from->height;
    size_t new_pixels = (size_t)to->width * (size_t)to->height;
    it.alpha = from->alpha;
    for (size_t c = 0; c < 3; c++) {
        it.source = from->rgb + c * pixels;
        resize_plane(&it, to->height, to->rgb + c * new_pixels);
    }
    if (!from->alpha) return;
    it.source = from->alpha;
    it.alpha = NULL;
    resize_plane(&it, to->height, to->alpha);
    divide_by_alpha(to);
}

// False where there is no memory for what lies between.
static bool resize_between(const limn_picture *from, limn_filter filter, limn_picture *to) {
    taps columns = {0}, rows = {0};
    passing it = {.columns = &columns, .rows = &rows, .from = from, .width = to->width};
    size_t ring, side;
    bool made = make_taps(from->width, to->width, filter, &columns) &&
                make_taps(from->height, to->height, filter, &rows);
    it.ring_rows = rows.most + LANES - 1;
    made = made && limn_multiply((size_t)it.ring_rows, (size_t)to->width * sizeof(float), &ring) &&
           limn_multiply((size_t)from->width, sizeof(lanes), &side);
    if (made) it.ring = limn_alloc(ring);
    if (made) it.side = limn_alloc(side);
    made = made && it.ring && it.side;
    if (made) resize_all(it, to);
    limn_free(it.ring);
    limn_free(it.side);
    free_taps(&columns);
    free_taps(&rows);
    return made;
}

limn_status limn_picture_resize(const limn_picture *from, int width, int height, limn_filter filter,
                                limn_picture **picture) {
    LIMN_GIVE(picture, from);
    LIMN_TRY(limn_check_value("limn_filter", (int)filter, LIMN_LANCZOS3));
    if (width == from->width && height == from->height) return limn_picture_copy(from, picture);
    LIMN_TRY(limn_picture_new(width, height, from->alpha ? LIMN_RGB_ALPHA : LIMN_RGB, picture));
    limn_picture_inherit(*picture, from);
    if (resize_between(from, filter, *picture)) return LIMN_OK;
    limn_picture_free(*picture);
    *picture = NULL;
    return limn_fail(LIMN_MEMORY, "No memory for resizing a picture from %d x %d to %d x %d.",
                     from->width, from->height, width, height);
}

static int scaled(int side, int longer_side, int longer) {
    long long value = (2LL * side * longer + longer_side) / (2LL * longer_side);
    return value < 1 ? 1 : (int)value;
}

void limn_fit_size(int width, int height, int longer, int *fit_width, int *fit_height) {
    int side = width > height ? width : height;
    *fit_width = scaled(width, side, longer);
    *fit_height = scaled(height, side, longer);
}

limn_status limn_picture_fit(limn_picture *picture, int longer) {
    LIMN_NEED(picture);
    if (longer < 1)
        return limn_fail(LIMN_USAGE, "A longer side of %d pixels cannot be: it needs 1.", longer);
    int width, height;
    limn_fit_size(picture->width, picture->height, longer, &width, &height);
    if (width == picture->width && height == picture->height) return LIMN_OK;
    limn_picture *resized;
    LIMN_TRY(limn_picture_resize(picture, width, height, LIMN_BICUBIC, &resized));
    limn_picture old = *picture; // the caller's pointer stays good
    *picture = *resized;
    *resized = old;
    limn_picture_free(resized);
    return LIMN_OK;
}
