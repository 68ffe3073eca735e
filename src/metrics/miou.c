// Segmentation scores (Long, Shelhamer and Darrell, 2015). With h[t][p] pixels of class t taken for
// class p, over all pictures together:
//   accuracy        sum h[i][i] / sum h
//   class accuracy  mean over i of h[i][i] / sum_p h[i][p]
//   IoU of i        h[i][i] / (sum_p h[i][p] + sum_t h[t][i] - h[i][i]); mIoU is their mean
#include "metrics/colour_map.h"
#include "metrics/metric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct options {
    int64_t classes, ignore;
    const char *map;
    int absent; // position in ABSENT
} options;

#define ABSENT "zero|skip"
enum { ZERO, SKIP };

#define OPTION(member) .offset = offsetof(options, member)
static const limn_option table[] = {
    {.name = "classes",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(classes),
     .low = 1,
     .high = 256,
     .otherwise = "must be given",
     .help = "how many there are, counted from 0"},
    {.name = "map",
     .kind = LIMN_OPTION_PATH,
     OPTION(map),
     .placeholder = "FILE",
     .otherwise = "grey values are classes",
     .help = "what class each colour stands for, in both: a line r,g,b,class for each, *,class for "
             "all others"},
    {.name = "ignore",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(ignore),
     .placeholder = "CLASS",
     .fallback = "-1",
     .low = -1,
     .high = 255,
     .help = "leave out what is of this class in the truths; it may be past the others; -1: none"},
    {.name = "absent",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(absent),
     .fallback = "zero",
     .choices = ABSENT,
     .help =
         "classes that are nowhere in the truths count as 0 in the means, as pix2pix has it, or "
         "are left out of them"},
    {0}};

typedef struct state {
    int classes;
    double *pixels; // [classes of truths][classes of predictions]
    limn_colour_map map;
    bool mapped;
} state;

static limn_status open(limn_measuring *it) {
    const options *given = it->options;
    state *of = it->state = calloc(1, sizeof *of);
    if (!of) return limn_fail(LIMN_MEMORY, "there is no memory to count classes");
    if (!given->classes)
        return limn_fail(LIMN_USAGE, "measure miou: --classes is missing: how many there are");
    of->classes = (int)given->classes;
    size_t count = (size_t)of->classes * (size_t)of->classes;
    of->pixels = calloc(count, sizeof *of->pixels);
    if (!of->pixels) return limn_fail(LIMN_MEMORY, "there is no memory to count classes");
    if (!given->map) return LIMN_OK;
    LIMN_TRY(limn_colour_map_open(given->map, &of->map));
    of->mapped = true;
    return LIMN_OK;
}

static void close(limn_measuring *it) {
    state *of = it->state;
    if (of) limn_colour_map_free(&of->map);
    if (of) free(of->pixels);
    free(of);
    it->state = NULL;
}

// ---- label maps ----

static const char *const sides[] = {"prediction", "truth"};

static uint32_t colour_at(const limn_picture *picture, size_t at) {
    size_t plane = (size_t)picture->width * (size_t)picture->height;
    uint32_t colour = 0;
    for (size_t c = 0; c < 3; c++)
        colour = colour << 8 | (uint32_t)(picture->rgb[c * plane + at] + 0.5f);
    return colour;
}

static limn_status refuse_colour(const state *of, const limn_picture *picture, size_t at, int side,
                                 uint32_t colour) {
    size_t x = at % (size_t)picture->width, y = at / (size_t)picture->width;
    return limn_fail(LIMN_INPUT, "the %s has the colour %u,%u,%u at %zu,%zu, which is %s",
                     sides[side], colour >> 16, colour >> 8 & 255, colour & 255, x, y,
                     of->mapped ? "not in the map; add it there, or a last line *,class"
                                : "no grey value: --map says what colours mean");
}

static limn_status refuse_class(const state *of, const limn_picture *picture, size_t at, int side,
                                int class) {
    size_t x = at % (size_t)picture->width, y = at / (size_t)picture->width;
    char hint[64];
    snprintf(hint, sizeof hint, ", or --ignore %d leaves it out", class);
    return limn_fail(LIMN_INPUT,
                     "the %s has class %d at %zu,%zu, and there are %d, from 0 on: "
                     "--classes says how many%s",
                     sides[side], class, x, y, of->classes, side ? hint : "");
}

static limn_status class_at(const state *of, const limn_picture *picture, size_t at, int side,
                            int *class) {
    uint32_t colour = colour_at(picture, at);
    *class = (int)(colour & 255);
    if (of->mapped)
        *class = limn_colour_map_find(&of->map, colour);
    else if (colour != (colour & 255) * 0x10101)
        *class = -1;
    return *class < 0 ? refuse_colour(of, picture, at, side, colour) : LIMN_OK;
}

// What is ignored may be predicted as anything.
static limn_status count_pixel(state *of, int ignored, const limn_picture *const sides_of[2],
                               size_t at, double counted[2]) {
    int class[2];
    for (int side = 1; side >= 0; side--) {
        LIMN_TRY(class_at(of, sides_of[side], at, side, &class[side]));
        if (side && class[side] == ignored) return LIMN_OK;
        if (class[side] >= of->classes)
            return refuse_class(of, sides_of[side], at, side, class[side]);
    }
    of->pixels[class[1] * of -> classes + class[0]]++;
    counted[0] += class[0] == class[1];
    counted[1]++;
    return LIMN_OK;
}

static limn_status pair(limn_measuring *it, limn_picture *a, limn_picture *b, double *value) {
    const options *given = it->options;
    const limn_picture *const both[2] = {a, b};
    double counted[2] = {0}; // right, all
    for (int side = 0; side < 2; side++)
        if (both[side]->depth != 8)
            return limn_fail(LIMN_INPUT, "the %s has %d bits a channel: label maps have 8",
                             sides[side], both[side]->depth);
    for (size_t i = 0; i < (size_t)a->width * (size_t)a->height; i++)
        LIMN_TRY(count_pixel(it->state, (int)given->ignore, both, i, counted));
    *value = counted[1] > 0 ? counted[0] / counted[1] : NAN;
    return LIMN_OK;
}

// ---- scores ----

// Of one class: pixels of it in truths, in predictions, in both.
typedef struct tally {
    double truth, predicted, both;
} tally;

static tally tally_of(const state *of, int class) {
    tally it = {.both = of->pixels[class * of->classes + class]};
    for (int i = 0; i < of->classes; i++) {
        it.truth += of->pixels[class * of->classes + i];
        it.predicted += of->pixels[i * of->classes + class];
    }
    return it;
}

// Means over the classes that count; NaN in `iou` for the others.
typedef struct scores {
    double all, right, accuracies, ious;
    double iou[LIMN_SERIES];
    int counted;
} scores;

static scores score(const state *of, const options *given) {
    scores it = {.all = 0};
    for (int i = 0; i < of->classes; i++) {
        tally class = tally_of(of, i);
        bool absent = class.truth <= 0;
        it.all += class.truth;
        it.right += class.both;
        it.iou[i] = NAN;
        if (i == given->ignore || (absent && given->absent == SKIP)) continue;
        it.iou[i] = absent ? 0 : class.both / (class.truth + class.predicted - class.both);
        it.ious += it.iou[i];
        it.accuracies += absent ? 0 : class.both / class.truth;
        it.counted++;
    }
    return it;
}

static limn_status measure(limn_measuring *it) {
    const options *given = it->options;
    char word[LIMN_CHOICE_SIZE];
    scores of = score(it->state, given);
    if (of.all <= 0)
        return limn_fail(LIMN_INPUT, "%s: all of it is of the class to be ignored, %d",
                         it->paths[1], (int)given->ignore);
    it->value = of.ious / of.counted;
    limn_fact_number(it, "classes", (double)given->classes);
    if (given->ignore < 0)
        limn_fact_text(it, "ignored", "none");
    else
        limn_fact_number(it, "ignored", (double)given->ignore);
    limn_fact_text(it, "absent", "%s", limn_option_choice(ABSENT, given->absent, word));
    limn_fact_number(it, "accuracy", of.right / of.all);
    limn_fact_number(it, "class-accuracy", of.accuracies / of.counted);
    limn_fact_series(it, "iou", of.iou, (int)given->classes);
    return LIMN_OK;
}

const limn_metric limn_metric_miou = {
    .name = "miou",
    .title = "mIoU",
    .summary = "measure how right label maps are, class by class",
    .arguments = "PREDICTED TRUTH",
    .description =
        "Compares label maps: two pictures of one size, or those of two folders that have the same "
        "names. Pixels of all pictures are counted together. Grey values are classes, or --map "
        "says "
        "what class a colour stands for. The number that comes first is the mean over classes of "
        "intersection over union; beside it stand the accuracy of pixels, its mean over classes, "
        "and "
        "the IoU of each class from 0 on, - for those that do not count. With -v, the accuracy of "
        "each picture is named.\n"
        "A class that there is not, or a colour without one, is refused, wherever it is.\n",
    .examples =
        "limn measure miou predicted/ labels/ --classes 8 --map examples/street-8.csv\n"
        "limn measure miou predicted.png truth.png --classes 19 --ignore 255 --absent skip\n",
    .compares = LIMN_POOLED,
    .groups = {{"Measuring", table, 0}},
    .options_size = sizeof(options),
    .open = open,
    .close = close,
    .pair = pair,
    .measure = measure,
};
