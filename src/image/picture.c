// Pictures in memory: making, copying, cropping, mirroring, sheets.
#include "limn/picture.h"

#include "base/memory.h"
#include "base/options.h"
#include "base/status.h"
#include "image/metadata.h"
#include "image/pixels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static limn_status no_memory(int width, int height) {
    return limn_fail(
        LIMN_MEMORY,
        "No memory for a picture of %d x %d pixels (%.0f MB). Close other programs, or "
        "make the picture smaller with --size.",
        width, height, 12e-6 * width * height);
}

limn_status limn_picture_new(int width, int height, limn_planes planes, limn_picture **picture) {
    LIMN_GIVE(picture, true);
    LIMN_TRY(limn_check_value("limn_planes", (int)planes, LIMN_RGB_ALPHA));
    if (width < 1 || height < 1)
        return limn_fail(LIMN_USAGE, "A picture of %d x %d pixels cannot be: both sides need 1.",
                         width, height);
    size_t plane, bytes;
    if (!limn_multiply((size_t)width, (size_t)height, &plane) ||
        !limn_multiply(plane, 3 * sizeof(float), &bytes))
        return no_memory(width, height);
    limn_picture *new = calloc(1, sizeof *new);
    if (!new) return no_memory(width, height);
    *new = (limn_picture){.width = width, .height = height, .depth = 8};
    new->rgb = limn_alloc(bytes);
    if (planes == LIMN_RGB_ALPHA) new->alpha = limn_alloc(plane * sizeof(float));
    if (!new->rgb || (planes == LIMN_RGB_ALPHA && !new->alpha)) {
        limn_picture_free(new);
        return no_memory(width, height);
    }
    *picture = new;
    return LIMN_OK;
}

limn_status limn_picture_take(limn_picture *from, limn_picture **picture) {
    limn_picture *new = *picture = calloc(1, sizeof *new);
    if (!new) return no_memory(from->width, from->height);
    *new = (limn_picture){.width = from->width, .height = from->height, .depth = 8};
    new->rgb = from->rgb;
    from->rgb = NULL;
    return LIMN_OK;
}

void limn_picture_free(limn_picture *picture) {
    if (!picture) return;
    limn_metadata_free(picture->metadata);
    limn_free(picture->rgb);
    limn_free(picture->alpha);
    free(picture);
}

void limn_picture_inherit(limn_picture *picture, const limn_picture *from) {
    struct limn_metadata *old = picture->metadata;
    picture->metadata = limn_metadata_share(from->metadata);
    limn_metadata_free(old);
    picture->depth = from->depth;
    picture->format = from->format;
}

// A picture of this size with the planes, metadata, depth and format of another.
static limn_status new_like(const limn_picture *from, int width, int height,
                            limn_picture **picture) {
    LIMN_TRY(limn_picture_new(width, height, from->alpha ? LIMN_RGB_ALPHA : LIMN_RGB, picture));
    limn_picture_inherit(*picture, from);
    return LIMN_OK;
}

// The four planes, or three, one after another; NULL at the end.
static float *plane_of(const limn_picture *picture, int index) {
    size_t plane = (size_t)picture->width * (size_t)picture->height;
    return index < 3 ? picture->rgb + (size_t)index * plane : index == 3 ? picture->alpha : NULL;
}

limn_status limn_picture_copy(const limn_picture *from, limn_picture **picture) {
    LIMN_GIVE(picture, from);
    return limn_picture_crop(from, 0, 0, from->width, from->height, picture);
}

limn_status limn_picture_crop(const limn_picture *from, int x, int y, int width, int height,
                              limn_picture **picture) {
    LIMN_GIVE(picture, from);
    if (x < 0 || y < 0 || width < 1 || height < 1 || width > from->width - x ||
        height > from->height - y)
        return limn_fail(LIMN_USAGE,
                         "The part of %d x %d pixels at %d, %d does not lie inside the picture of "
                         "%d x %d pixels.",
                         width, height, x, y, from->width, from->height);
    LIMN_TRY(new_like(from, width, height, picture));
    float *source, *target;
    for (int i = 0; (source = plane_of(from, i)); i++) {
        target = plane_of(*picture, i);
        for (int row = 0; row < height; row++)
            memcpy(target + (size_t)row * (size_t)width,
                   source + (size_t)(y + row) * (size_t)from->width + x,
                   (size_t)width * sizeof(float));
    }
    return LIMN_OK;
}

void limn_picture_flip(limn_picture *picture) {
    float *plane;
    for (int i = 0; (plane = plane_of(picture, i)); i++)
        limn_rows_flip(plane, (size_t)picture->width, (size_t)picture->height);
}

// ---- sheets ----

typedef struct grid {
    int columns, rows, gap;
    int *widths, *heights; // of the columns and of the rows
} grid;

static int greater(int a, int b) {
    return a > b ? a : b;
}

static bool measure(const limn_picture *const *pictures, int count, grid *g) {
    g->rows = (count + g->columns - 1) / g->columns;
    g->widths = calloc((size_t)g->columns, sizeof *g->widths);
    g->heights = calloc((size_t)g->rows, sizeof *g->heights);
    if (!g->widths || !g->heights) return false;
    for (int i = 0; i < count; i++) {
        if (!pictures[i]) continue;
        int *width = &g->widths[i % g->columns], *height = &g->heights[i / g->columns];
        *width = greater(*width, pictures[i]->width);
        *height = greater(*height, pictures[i]->height);
    }
    return true;
}

// All sizes and the gaps between and around them; more than an int holds becomes INT32_MAX.
static int extent(const int *sizes, int count, int gap) {
    long long sum = gap;
    for (int i = 0; i < count; i++) sum += (long long)sizes[i] + gap;
    return sum > INT32_MAX ? INT32_MAX : (int)sum;
}

static void paste(limn_picture *sheet, const limn_picture *picture, int x, int y) {
    for (int c = 0; c < 3; c++)
        for (int row = 0; row < picture->height; row++) {
            size_t line = (size_t)row * (size_t)picture->width;
            const float *from = plane_of(picture, c) + line;
            const float *alpha = picture->alpha ? picture->alpha + line : NULL;
            float *to = plane_of(sheet, c) + (size_t)(y + row) * (size_t)sheet->width + x;
            for (int i = 0; i < picture->width; i++)
                to[i] = alpha ? to[i] + alpha[i] * (from[i] - to[i]) : from[i];
        }
}

static limn_status take_options(const limn_sheet_options *given, limn_sheet_options *options) {
    LIMN_TRY(limn_take_options(given, options, sizeof *options));
    for (int c = 0; c < 3; c++)
        if (!(options->background[c] >= 0 && options->background[c] <= 255))
            return limn_fail(LIMN_USAGE, "A background of %g is outside 0 to 255.",
                             (double)options->background[c]);
    return LIMN_OK;
}

limn_status limn_picture_sheet(const limn_picture *const *pictures, int count,
                               const limn_sheet_options *given, limn_picture **sheet) {
    limn_sheet_options options;
    LIMN_GIVE(sheet, pictures || count < 1);
    LIMN_TRY(take_options(given, &options));
    if (count < 1 || options.columns < 0 || options.gap < 0)
        return limn_fail(LIMN_USAGE,
                         "A sheet of %d pictures in %d columns with gaps of %d cannot be made.",
                         count, options.columns, options.gap);
    grid g = {.columns = options.columns, .gap = options.gap};
    if (g.columns == 0) g.columns = (int)ceil(sqrt(count));
    if (g.columns > count) g.columns = count;
    limn_status status;
    if (!measure(pictures, count, &g))
        status = limn_fail(LIMN_MEMORY, "No memory for a sheet of %d pictures.", count);
    else
        status = limn_picture_new(extent(g.widths, g.columns, g.gap),
                                  extent(g.heights, g.rows, g.gap), LIMN_RGB, sheet);
    if (status == LIMN_OK) {
        size_t plane = (size_t)(*sheet)->width * (size_t)(*sheet)->height;
        for (size_t i = 0; i < 3 * plane; i++) (*sheet)->rgb[i] = options.background[i / plane];
        for (int i = 0, x = g.gap, y = g.gap; i < count; i++) {
            int column = i % g.columns, row = i / g.columns;
            int width = g.widths[column], height = g.heights[row];
            if (pictures[i])
                paste(*sheet, pictures[i], x + (width - pictures[i]->width) / 2,
                      y + (height - pictures[i]->height) / 2);
            x += width + g.gap;
            if (column == g.columns - 1) x = g.gap, y += height + g.gap;
        }
    }
    free(g.widths);
    free(g.heights);
    return status;
}
