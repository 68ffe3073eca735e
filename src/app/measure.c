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

static limn_status measure_pair(const limn_call *call, const limn_metric *metric,
                                const char *path_a, const char *path_b, double *value) {
    const options *given = call->options;
    limn_picture *a, *b = NULL;
    LIMN_TRY(limn_picture_read(path_a, NULL, &a));
    limn_status status = limn_picture_read(path_b, NULL, &b);
    if (status == LIMN_OK && (a->width != b->width || a->height != b->height))
        status = limn_fail(LIMN_INPUT,
                           "%s has %dx%d pixels and %s %dx%d: only equal sizes can be "
                           "compared",
                           path_a, a->width, a->height, path_b, b->width, b->height);
    limn_measure_options how = {.channels = (limn_channels)given->channels,
                                .shave = (int)given->shave,
                                .values = given->as_is ? LIMN_AS_IS : LIMN_AS_EIGHT_BITS};
    if (status == LIMN_OK)
        status = limn_measure(metric, a->rgb, b->rgb, a->width, a->height, how, value);
    limn_picture_free(a);
    limn_picture_free(b);
    return status;
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
    int finite, equal; // pairs in the mean; pairs without any difference, whose PSNR is infinite
} score;

static limn_status measure_folders(const limn_call *call, const limn_metric *metric,
                                   const limn_folder *a, const limn_folder *b, score *result) {
    for (int i = 0; i < a->count; i++) {
        const char *other = partner(b, a->paths[i]);
        double value;
        if (!other)
            return limn_fail(LIMN_INPUT, "%s has no partner of the same name in the other folder",
                             a->paths[i]);
        LIMN_TRY(measure_pair(call, metric, a->paths[i], other, &value));
        if (call->common->verbose && !call->common->json)
            limn_print("%s %.6f\n", a->paths[i], value);
        if (isfinite(value))
            result->sum += value, result->finite++;
        else
            result->equal++;
    }
    return LIMN_OK;
}

static limn_status measure_paths(const limn_call *call, const limn_metric *metric, score *result) {
    const char *const *paths = &call->parsed->arguments[1];
    if (!limn_folder_exists(paths[0]) && !limn_folder_exists(paths[1])) {
        double value;
        LIMN_TRY(measure_pair(call, metric, paths[0], paths[1], &value));
        *result = isfinite(value) ? (score){value, 1, 0} : (score){0, 0, 1};
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

static limn_status run(limn_call *call) {
    const char *name = call->parsed->arguments[0];
    const limn_metric *metric = limn_metric_find(name);
    if (!metric)
        return limn_fail(LIMN_USAGE, "there is no metric named %s: psnr and ssim are known", name);
    score result = {0};
    LIMN_TRY(measure_paths(call, metric, &result));
    double mean = result.finite ? result.sum / result.finite : INFINITY;
    if (result.finite) {
        limn_call_number(call, metric->name, mean);
    } else {
        limn_call_text(call, metric->name, "inf");
    }
    limn_call_number(call, "pairs", result.finite + result.equal);
    limn_call_number(call, "equal_pairs", result.equal);
    if (!call->common->json) printf("%.6f%s%s\n", mean, *metric->unit ? " " : "", metric->unit);
    if (result.equal && result.finite)
        limn_say(call, "%d pairs without any difference are not in the mean", result.equal);
    return LIMN_OK;
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
