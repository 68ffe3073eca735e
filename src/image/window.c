// A part of a picture on a grid of its own: weighted sums along rows, then down columns, as in
// resize.c, with a grid that begins anywhere.
#include "image/window.h"

#include "base/memory.h"
#include "base/status.h"
#include "image/filter.h"

#include <math.h>
#include <string.h>

// Along one axis: output i is the sum of weight[k] x[index[k]], k from `most` i on.
typedef struct taps {
    int most;
    int *index; // no pixel: 0, with the weight 0
    float *weight;
    int first, end; // of all indices
} taps;

typedef struct axis {
    double start, length; // of the window
    int size, count;      // of the picture, of the grid
} axis;

// Where the k-th tap of an output reads; -1: it counts and reads black, -2: it does not count.
static int reads(axis a, limn_beyond beyond, double at) {
    int index = (int)at;
    bool inside = at >= 0 && index < a.size;
    if (inside && beyond == LIMN_BEYOND_EDGE) return index;
    if (beyond == LIMN_BEYOND_EDGE) return at < 0 ? 0 : a.size - 1;
    double centre = at + 0.5;
    if (centre < a.start || centre >= a.start + a.length) return -2;
    return inside ? index : -1;
}

static void fill_output(axis a, limn_filter filter, limn_beyond beyond, int i, taps *t) {
    double scale = a.length / a.count, stretch = scale > 1 ? scale : 1;
    double centre = a.start + (i + 0.5) * scale, sum = 0;
    double first = floor(centre - limn_filter_reach(filter) * stretch + 0.5);
    int *index = t->index + (size_t)i * (size_t)t->most;
    float *weight = t->weight + (size_t)i * (size_t)t->most;
    for (int k = 0; k < t->most; k++) {
        int from = reads(a, beyond, first + k);
        double w = limn_filter_weight(filter, (first + k + 0.5 - centre) / stretch);
        if (from != -2) sum += w;
        index[k] = from < 0 ? 0 : from;
        weight[k] = from < 0 ? 0 : (float)w;
        if (from < 0 || w == 0) continue;
        if (from < t->first) t->first = from;
        if (from >= t->end) t->end = from + 1;
    }
    for (int k = 0; k < t->most; k++) weight[k] = sum != 0 ? (float)(weight[k] / sum) : 0;
}

static bool make_taps(axis a, limn_filter filter, limn_beyond beyond, taps *t) {
    double scale = a.length / a.count, stretch = scale > 1 ? scale : 1;
    t->most = 2 * (int)ceil(limn_filter_reach(filter) * stretch) + 1;
    size_t cells, bytes;
    if (!limn_multiply((size_t)t->most, (size_t)a.count, &cells) ||
        !limn_multiply(cells, sizeof(int), &bytes))
        return false;
    t->index = limn_alloc(bytes);
    t->weight = limn_alloc(bytes);
    if (!t->index || !t->weight) return false;
    t->first = a.size;
    t->end = 0;
    for (int i = 0; i < a.count; i++) fill_output(a, filter, beyond, i, t);
    return true;
}

static void along(const taps *t, const float *from, float *to, int count) {
    for (int i = 0; i < count; i++) {
        const int *index = t->index + (size_t)i * (size_t)t->most;
        const float *weight = t->weight + (size_t)i * (size_t)t->most;
        float sum = 0;
        for (int k = 0; k < t->most; k++) sum += weight[k] * from[index[k]];
        to[i] = sum;
    }
}

// `narrow` holds the rows first..end-1 of the picture, each as wide as the grid.
static void down(const taps *t, const float *narrow, float *to, int columns, int rows) {
    for (int i = 0; i < rows; i++, to += columns) {
        memset(to, 0, (size_t)columns * sizeof *to);
        for (int k = 0; k < t->most; k++) {
            float weight = t->weight[(size_t)i * (size_t)t->most + (size_t)k];
            int index = t->index[(size_t)i * (size_t)t->most + (size_t)k];
            if (weight == 0) continue;
            const float *row = narrow + (size_t)(index - t->first) * (size_t)columns;
            for (int x = 0; x < columns; x++) to[x] += weight * row[x];
        }
    }
}

static limn_status sample(const limn_picture *picture, const taps *across, const taps *downward,
                          int columns, int rows, float *rgb) {
    size_t width = (size_t)picture->width, plane = width * (size_t)picture->height;
    int lines = downward->end > downward->first ? downward->end - downward->first : 0;
    float *narrow = limn_alloc(((size_t)lines + 1) * (size_t)columns * sizeof *narrow);
    if (!narrow) return LIMN_MEMORY;
    for (size_t c = 0; c < 3; c++) {
        const float *from = picture->rgb + c * plane + (size_t)downward->first * width;
        for (int y = 0; y < lines; y++)
            along(across, from + (size_t)y * width, narrow + (size_t)y * (size_t)columns, columns);
        down(downward, narrow, rgb + c * (size_t)columns * (size_t)rows, columns, rows);
    }
    limn_free(narrow);
    return LIMN_OK;
}

limn_status limn_window_sample(const limn_picture *picture, limn_window window, limn_filter filter,
                               limn_beyond beyond, int columns, int rows, float *rgb) {
    taps across = {0}, downward = {0};
    axis x = {window.left, window.width, picture->width, columns};
    axis y = {window.top, window.height, picture->height, rows};
    limn_status status =
        make_taps(x, filter, beyond, &across) && make_taps(y, filter, beyond, &downward)
            ? sample(picture, &across, &downward, columns, rows, rgb)
            : LIMN_MEMORY;
    limn_free(across.index);
    limn_free(across.weight);
    limn_free(downward.index);
    limn_free(downward.weight);
    if (status == LIMN_OK) return LIMN_OK;
    return limn_fail(LIMN_MEMORY, "there is no memory for a part of %d x %d pixels", columns, rows);
}
