// limn measure: how alike two pictures, or the pictures of two folders, are.
#include "app/verb.h"

#include "base/file.h"
#include "data/folder.h"
#include "limn/picture.h"
#include "metrics/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
    int channels;
    int64_t shave;
    bool as_is;
} options;

static const limn_option table[] = {
    {.name = "channels",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(options, channels),
     .fallback = "rgb",
     .choices = "rgb|y|y-round",
     .help = "compare all colours, or luma (super-resolution: y)"},
    {.name = "shave",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(options, shave),
     .fallback = "0",
     .low = 0,
     .high = 4096,
     .help = "leave out so many pixels on every side (super-resolution: the scale)"},
    {.name = "as-is",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(options, as_is),
     .help = "take 16-bit values as they are instead of rounded to 8 bits"},
    {0}};

static const limn_option_group groups[] = {
    {"Measuring", table, 0}, {"Messages", limn_common_table, offsetof(options, common)}, {0}};

// Whether the sentence at hand is about a file by its name.
static bool named(const char *path) {
    return strstr(limn_message(), path) != NULL;
}

static limn_status measure_pair(const limn_call *call, const limn_metric *metric,
                                const char *path_a, const char *path_b, double *value) {
    const options *given = call->options;
    limn_picture *a, *b = NULL;
    LIMN_TRY(limn_call_read(call, path_a, NULL, &a));
    limn_status status = limn_call_read(call, path_b, NULL, &b);
    if (status == LIMN_OK && (a->width != b->width || a->height != b->height))
        status = limn_fail(LIMN_INPUT,
                           "%s has %dx%d pixels and %s %dx%d: only equal sizes can be "
                           "compared",
                           path_a, a->width, a->height, path_b, b->width, b->height);
    limn_measure_options how = {.channels = (limn_channels)given->channels,
                                .shave = (int)given->shave,
                                .values = given->as_is ? LIMN_AS_IS : LIMN_AS_EIGHT_BITS};
    if (status == LIMN_OK) status = limn_measure_pictures(metric, a, b, how, value);
    limn_picture_free(a);
    limn_picture_free(b);
    return status == LIMN_OK || named(path_a) || named(path_b)
               ? status
               : limn_fail_in(status, "%s and %s: ", path_a, path_b);
}

static const char *partner(const limn_folder *folder, const char *path) {
    const char *name = limn_path_name(path);
    size_t size = limn_path_stem(name);
    for (int i = 0; i < folder->count; i++) {
        const char *other = limn_path_name(folder->paths[i]);
        if (limn_path_stem(other) == size && !memcmp(other, name, size)) return folder->paths[i];
    }
    return NULL;
}

typedef struct score {
    double sum;
    int finite, infinite; // pairs in the mean; pairs whose PSNR is infinite
    int equal, failed;    // pairs without any difference; pictures that could not be measured
} score;

static void add(const limn_metric *metric, double value, score *result) {
    bool finite = isfinite(value);
    if (finite) result->sum += value;
    result->finite += finite;
    result->infinite += !finite;
    result->equal += !finite || (!*metric->unit && value >= 1); // of all that is alike, 1
}

static limn_status measure_one(const limn_call *call, const limn_metric *metric, const char *path,
                               const limn_folder *others, double *value) {
    const char *other = partner(others, path);
    if (other) return measure_pair(call, metric, path, other, value);
    return limn_fail(LIMN_INPUT, "%s has no partner of the same name in the other folder", path);
}

// One that cannot be measured is told of; the others are.
static limn_status measure_folders(const limn_call *call, const limn_metric *metric,
                                   const limn_folder *a, const limn_folder *b, score *result) {
    for (int i = 0; i < a->count; i++) {
        double value;
        limn_status status = measure_one(call, metric, a->paths[i], b, &value);
        if (status != LIMN_OK && status != LIMN_INPUT) return status;
        if (status != LIMN_OK) {
            limn_complain("%s", limn_message());
            result->failed++;
            continue;
        }
        if (call->common->verbose && !call->common->json)
            limn_print("%s %.6f\n", a->paths[i], value);
        add(metric, value, result);
    }
    return LIMN_OK;
}

static limn_status measure_paths(const limn_call *call, const limn_metric *metric, score *result) {
    const char *const *paths = &call->parsed->arguments[1];
    if (!limn_folder_exists(paths[0]) && !limn_folder_exists(paths[1])) {
        double value;
        LIMN_TRY(measure_pair(call, metric, paths[0], paths[1], &value));
        add(metric, value, result);
        return LIMN_OK;
    }
    limn_folder a, b;
    LIMN_TRY(limn_folder_read(paths[0], &a));
    limn_status status = limn_folder_read(paths[1], &b);
    if (status == LIMN_OK) {
        status = measure_folders(call, metric, &a, &b, result);
        limn_folder_free(&b);
    }
    limn_folder_free(&a);
    return status;
}

static void tell(limn_call *call, const limn_metric *metric, const score *result) {
    double mean = result->finite ? result->sum / result->finite : INFINITY;
    if (result->finite)
        limn_call_number(call, metric->name, mean);
    else
        limn_call_text(call, metric->name, NULL);
    limn_call_number(call, "pairs", result->finite + result->infinite);
    limn_call_number(call, "equal_pairs", result->equal);
    limn_call_number(call, "failed", result->failed);
    if (!call->common->json) printf("%.6f%s%s\n", mean, *metric->unit ? " " : "", metric->unit);
    if (result->infinite && result->finite)
        limn_say(call, "%d pairs without any difference are not in the mean", result->infinite);
}

static limn_status run(limn_call *call) {
    const char *name = call->parsed->arguments[0];
    const limn_metric *metric = limn_metric_find(name);
    if (!metric)
        return limn_fail(LIMN_USAGE, "there is no metric named %s: psnr and ssim are known", name);
    score result = {0};
    LIMN_TRY(measure_paths(call, metric, &result));
    int pairs = result.finite + result.infinite;
    if (pairs) tell(call, metric, &result);
    if (!result.failed) return LIMN_OK;
    return limn_fail(pairs ? LIMN_PARTIAL : LIMN_INPUT,
                     "%d of %d pictures could not be measured (named above)%s.", result.failed,
                     result.failed + pairs, pairs ? "; the mean is that of the others" : "");
}

const limn_verb limn_verb_measure = {
    .name = "measure",
    .summary = "measure how alike pictures are",
    .arguments = "psnr|ssim A B",
    .least = 3,
    .most = 3,
    .description =
        "Compares two pictures of one size, or the pictures of two folders by their names, and "
        "prints the value or the mean of the values.\n"
        "Super-resolution is measured on luma with a border of the scale left out: --channels y "
        "--shave 4.\n",
    .examples = "limn measure psnr result.png truth.png\n"
                "limn measure ssim results/ truths/ --channels y --shave 4\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
