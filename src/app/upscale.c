// limn upscale: pictures made larger by a network, to any size.
#include "app/looks.h"

#include <stdio.h>

static const limn_option table[] = {
    LIMN_USE_MODEL_OPTION("the best one that ships with limn", "the network"),
    {.name = "scale",
     .kind = LIMN_OPTION_REAL,
     LIMN_USE(scale),
     .otherwise = "as the model was trained to",
     .low = 1.01,
     .high = 16,
     .help = "how many times larger: by the network, twice where needed, then made smaller"},
    {.name = "size",
     .kind = LIMN_OPTION_WHOLE,
     LIMN_USE(reach),
     .otherwise = "by the scale",
     .low = 1,
     .high = 1e6,
     .help = "the longer side of the result, in the same way"},
    {0}};

static const limn_option_group groups[] = LIMN_BATCH_GROUPS(table);

const limn_verb limn_verb_upscale = {
    .name = "upscale",
    .summary = "make pictures larger",
    .arguments = "PICTURE|FOLDER ...",
    .least = 1,
    .most = -1,
    .description =
        "Enlarges pictures by a network that limn train upscale made, as many times as that was "
        "trained to, or to --scale or --size: then by the model for the next larger scale, or by "
        "the largest one again and again, and made smaller from there. JPEGs below quality 90 get "
        "the model that was trained on such, where one ships and none is named. Large pictures, "
        "and "
        "what does not fit into --max-memory, are done in tiles that overlap, with the same "
        "result.\n",
    .examples = "limn upscale small.jpg -o large.png\n"
                "limn upscale small.jpg --size 3000 -o large.png\n",
    .groups = groups,
    .options_size = sizeof(limn_use_options),
    .run = limn_use,
};

// ---- to a size that was asked for ----

limn_status limn_user_check_enlarging(limn_user *by) {
    const limn_use_options *given = by->given;
    by->enlarging = given->scale > 0 || given->reach > 0;
    if (given->scale > 0 && given->reach > 0)
        return limn_fail(LIMN_USAGE, "--scale and --size: choose one of them.");
    return LIMN_OK;
}

static int times(int side, double scale) {
    return (int)(side * scale + 0.5);
}

void limn_user_enlarged(const limn_user *by, int *width, int *height) {
    const limn_use_options *given = by->given;
    int from[2] = {*width, *height};
    *width = times(from[0], given->scale);
    *height = times(from[1], given->scale);
    if (given->reach) limn_fit_size(from[0], from[1], (int)given->reach, width, height);
}

static limn_status find_size(const limn_user *by, const limn_picture *picture, int *width,
                             int *height) {
    const limn_use_options *given = by->given;
    int longer = picture->width > picture->height ? picture->width : picture->height;
    if (given->reach > (int64_t)longer * LIMN_MOST_TIMES)
        return limn_fail(LIMN_USAGE,
                         "--size %lld: the longer side has %d pixels, and no more than %d times as "
                         "many can be made of it",
                         (long long)given->reach, longer, LIMN_MOST_TIMES);
    *width = picture->width;
    *height = picture->height;
    limn_user_enlarged(by, width, height);
    return LIMN_OK;
}

static void replace(limn_picture **picture, limn_picture *by) {
    limn_picture_free(*picture);
    *picture = by;
}

// Takes over `picture`, and gives it back enlarged until it has that many pixels.
static limn_status repeat(limn_user *by, int width, limn_picture **picture, int *steps) {
    limn_picture *larger;
    for (*steps = 0; (*picture)->width < width; ++*steps) {
        LIMN_TRY(limn_translate(by->tool->runner, *picture, NULL, NULL, &larger));
        replace(picture, larger);
    }
    return LIMN_OK;
}

static limn_status reduce(int width, int height, limn_picture **picture) {
    limn_picture *smaller;
    if ((*picture)->width == width && (*picture)->height == height) return LIMN_OK;
    LIMN_TRY(limn_picture_resize(*picture, width, height, LIMN_BICUBIC, &smaller));
    replace(picture, smaller);
    return LIMN_OK;
}

static void tell(limn_user *by, int steps, bool reduced) {
    int scale = limn_model_scale(by->tool->model);
    const char *more = steps > 1 ? ", and again" : "";
    const char *end = reduced ? ", then made smaller" : "";
    if (!steps) by->batch->model = NULL;
    if (steps)
        snprintf(by->how, sizeof by->how, "%d times by the network%s%s", scale, more, end);
    else
        snprintf(by->how, sizeof by->how, "made smaller without the network");
}

limn_status limn_user_enlarge(limn_user *by, const limn_picture *picture, limn_picture **result) {
    int width, height, steps;
    *result = NULL;
    LIMN_TRY(find_size(by, picture, &width, &height));
    limn_picture *now;
    LIMN_TRY(limn_picture_copy(picture, &now));
    limn_status status = repeat(by, width, &now, &steps);
    bool reduced = now->width != width || now->height != height;
    if (status == LIMN_OK) status = reduce(width, height, &now);
    if (status != LIMN_OK) replace(&now, NULL);
    *result = now;
    tell(by, steps, reduced);
    return status;
}
