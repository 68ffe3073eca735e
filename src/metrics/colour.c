// Colour and shape of results whose truths are flat. The regions of a truth are its sets of equal
// pixels, the background is the largest.
//   colour    share of pictures with all regions right: the result's mean colour over a region is
//             nearest (Euclidean, RGB) to the region's own among the palette; a tie is wrong
//   regions   share of regions right, distance of mean colours to the own: without backgrounds
//   shape     mean intersection over union of the result's foreground with the truth's: pixels
//             whose nearest colour of the truth is not that of the background; a tie is background
#include "metrics/colour.h"

#include "base/file.h"
#include "data/folder.h"
#include "metrics/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_PIXELS = 4 };

// ---- regions and palettes ----

static size_t pixel_count(const limn_picture *picture) {
    return (size_t)picture->width * (size_t)picture->height;
}

static void take_pixel(const limn_picture *picture, size_t at, unsigned char rgb[3]) {
    for (size_t c = 0; c < 3; c++) {
        float value = picture->rgb[c * pixel_count(picture) + at];
        rgb[c] = (unsigned char)(fminf(fmaxf(value, 0), 255) + 0.5f);
    }
}

static int find_colour(const unsigned char (*all)[3], int count, const unsigned char rgb[3]) {
    int i = 0;
    while (i < count && memcmp(all[i], rgb, 3) != 0) i++;
    return i;
}

limn_status limn_regions_of(const limn_picture *truth, limn_regions *regions,
                            unsigned char *region) {
    size_t count = pixel_count(truth);
    *regions = (limn_regions){0};
    for (size_t i = 0; i < count; i++) {
        unsigned char rgb[3];
        take_pixel(truth, i, rgb);
        int at = find_colour(regions->rgb, regions->count, rgb);
        if (at == LIMN_REGIONS_MOST)
            return limn_fail(LIMN_INPUT,
                             "a truth of more than %d colours: only flat pictures have regions to "
                             "compare (a JPEG is never flat)",
                             LIMN_REGIONS_MOST);
        if (at == regions->count) memcpy(regions->rgb[regions->count++], rgb, 3);
        regions->pixels[at]++;
        if (region) region[i] = (unsigned char)at;
    }
    return LIMN_OK;
}

void limn_palette_add(limn_palette *palette, const limn_regions *regions) {
    for (int i = 0; i < regions->count && !palette->too_many; i++) {
        if (find_colour(palette->rgb, palette->count, regions->rgb[i]) < palette->count) continue;
        palette->too_many = palette->count == LIMN_PALETTE_MOST;
        if (!palette->too_many) memcpy(palette->rgb[palette->count++], regions->rgb[i], 3);
    }
}

// ---- a picture ----

// The result's colours over a region: their sums, so that ties of whole numbers are exact.
typedef struct total {
    double rgb[3];
    int pixels;
} total;

// Squared distance of the mean to a colour, times the pixels squared.
static double distance_to(const total *of, const unsigned char rgb[3]) {
    double sum = 0;
    for (int c = 0; c < 3; c++) {
        double off = (double)rgb[c] * of->pixels - of->rgb[c];
        sum += off * off;
    }
    return sum;
}

// Whether the own colour is nearer than any other of these.
static bool is_nearest(const total *of, const unsigned char own[3], const unsigned char (*all)[3],
                       int count) {
    double nearest = distance_to(of, own);
    for (int i = 0; i < count; i++)
        if (memcmp(all[i], own, 3) != 0 && distance_to(of, all[i]) <= nearest) return false;
    return true;
}

static int largest(const limn_regions *regions) {
    int found = 0;
    for (int i = 1; i < regions->count; i++)
        if (regions->pixels[i] > regions->pixels[found]) found = i;
    return found;
}

static void add_pixel(const limn_picture *result, size_t at, total *to) {
    for (size_t c = 0; c < 3; c++) to->rgb[c] += (double)result->rgb[c * pixel_count(result) + at];
    to->pixels++;
}

static void judge_regions(const limn_palette *palette, const limn_picture *result,
                          const limn_regions *regions, const unsigned char *region,
                          limn_colour_sums *sums) {
    total totals[LIMN_REGIONS_MOST] = {{{0}, 0}};
    int background = largest(regions);
    bool all_right = true, own = palette->too_many;
    for (size_t i = 0; i < pixel_count(result); i++) add_pixel(result, i, &totals[region[i]]);
    for (int i = 0; i < regions->count; i++) {
        const unsigned char *rgb = regions->rgb[i];
        if (totals[i].pixels < LEAST_PIXELS) continue;
        bool right = is_nearest(&totals[i], rgb, own ? regions->rgb : palette->rgb,
                                own ? regions->count : palette->count);
        all_right &= right;
        if (i == background) continue;
        sums->regions++;
        sums->regions_right += right;
        sums->distance += sqrt(distance_to(&totals[i], rgb)) / totals[i].pixels;
    }
    sums->right += all_right;
    sums->pictures++;
}

static bool is_foreground(const limn_picture *result, size_t at, const limn_regions *regions,
                          int background) {
    total pixel = {{0}, 0};
    add_pixel(result, at, &pixel);
    double ground = distance_to(&pixel, regions->rgb[background]);
    for (int i = 0; i < regions->count; i++)
        if (i != background && distance_to(&pixel, regions->rgb[i]) < ground) return true;
    return false;
}

// 1 where neither has a foreground.
static double foreground_overlap(const limn_picture *result, const limn_regions *regions,
                                 const unsigned char *region) {
    int background = largest(regions);
    double both = 0, either = 0;
    for (size_t i = 0; i < pixel_count(result); i++) {
        bool wanted = region[i] != background;
        bool got = is_foreground(result, i, regions, background);
        both += wanted && got;
        either += wanted || got;
    }
    return either > 0 ? both / either : 1;
}

limn_status limn_colour_add(const limn_palette *palette, const limn_picture *result,
                            const limn_picture *truth, limn_colour_sums *sums, double *shape) {
    limn_regions regions;
    unsigned char *region = malloc(pixel_count(truth));
    if (!region) return limn_fail(LIMN_MEMORY, "there is no memory for the regions of a picture");
    limn_status status = limn_regions_of(truth, &regions, region);
    if (status == LIMN_OK) {
        judge_regions(palette, result, &regions, region, sums);
        sums->shape += *shape = foreground_overlap(result, &regions, region);
    }
    free(region);
    return status;
}

// ---- the metric ----

typedef struct state {
    limn_palette palette;
    limn_colour_sums sums;
} state;

static limn_status add_truth(limn_measuring *it, const char *path) {
    state *of = it->state;
    limn_picture *truth;
    limn_regions regions;
    LIMN_TRY(limn_picture_read(path, NULL, &truth));
    limn_status status = limn_regions_of(truth, &regions, NULL);
    limn_picture_free(truth);
    if (status != LIMN_OK) return limn_fail_in(status, "%s: ", path);
    limn_palette_add(&of->palette, &regions);
    return LIMN_OK;
}

// The palette is that of all truths, so it comes before the first pair.
static limn_status open(limn_measuring *it) {
    limn_folder truths;
    it->state = calloc(1, sizeof(state));
    if (!it->state) return limn_fail(LIMN_MEMORY, "there is no memory for colours");
    if (!limn_folder_exists(it->paths[1])) return add_truth(it, it->paths[1]);
    LIMN_TRY(limn_folder_read(it->paths[1], &truths));
    limn_status status = LIMN_OK;
    for (int i = 0; i < truths.count && status == LIMN_OK; i++) {
        limn_measuring_progress(it, i + 1, truths.count, truths.paths[i]);
        status = add_truth(it, truths.paths[i]);
    }
    limn_folder_free(&truths);
    return status;
}

static void close(limn_measuring *it) {
    free(it->state);
    it->state = NULL;
}

static limn_status pair(limn_measuring *it, limn_picture *a, limn_picture *b, double *value) {
    state *of = it->state;
    return limn_colour_add(&of->palette, a, b, &of->sums, value);
}

// A mean; flat truths of one colour have no regions but their background.
static void add_mean(limn_measuring *it, const char *name, double sum, int count) {
    if (count)
        limn_fact_number(it, name, sum / count);
    else
        limn_fact_text(it, name, "none");
}

static limn_status measure(limn_measuring *it) {
    const state *of = it->state;
    const limn_colour_sums *sums = &of->sums;
    it->value = (double)sums->right / sums->pictures;
    add_mean(it, "regions", sums->regions_right, sums->regions);
    add_mean(it, "distance", sums->distance, sums->regions);
    limn_fact_number(it, "shape", sums->shape / sums->pictures);
    if (of->palette.too_many)
        limn_fact_text(it, "palette", "of each truth");
    else
        limn_fact_text(it, "palette", "%d colours", of->palette.count);
    return LIMN_OK;
}

const limn_metric limn_metric_colour = {
    .name = "colour",
    .title = "colour",
    .summary = "measure whether flat pictures have the right colours and shapes",
    .arguments = "RESULTS TRUTHS",
    .description =
        "Compares results with truths that are flat, such as those of `limn data make`: two "
        "pictures "
        "of one size, or those of two folders that have the same names. A region is all pixels of "
        "one colour of the truth, and right where the mean colour of the result over it is nearer "
        "to its own than to any other colour of all truths (of the truth at hand, where all have "
        "more than 16). The largest region is the background; those of fewer than 4 pixels are not "
        "counted.\n"
        "Colour is the share of pictures with all regions right, the number that comes first. "
        "Beside it: regions, the share of regions that are right; distance, the mean Euclidean "
        "distance of mean colours to the regions' own (0 to 441), both without backgrounds; and "
        "shape, the mean intersection over union of the foregrounds, where a pixel of the result "
        "is "
        "foreground if it is nearer to a foreground colour of the truth than to the background's. "
        "With -v, the shape of each picture is named.\n"
        "Truths of more than 64 colours, photographs or JPEGs, are refused.\n",
    .examples = "limn measure colour translated/ digits/testA2B\n",
    .compares = LIMN_POOLED,
    .open = open,
    .close = close,
    .pair = pair,
    .measure = measure,
};
