// What the verbs that use models have in common: the model, the looks, the way through the
// pictures.
#include "app/use.h"

#include "app/looks.h"

#include <string.h>

static double strength_of(const limn_call *call) {
    return limn_options_find(call->verb->groups, "strength")
               ? ((const limn_use_options *)call->options)->strength
               : 1;
}

// Whether a result is given something of the picture's colours.
static bool mixes(const limn_call *call) {
    return ((const limn_use_options *)call->options)->preserve_colour || strength_of(call) < 1;
}

limn_status limn_use_finish(const limn_call *call, const limn_picture *picture,
                            limn_picture *result) {
    const limn_use_options *given = call->options;
    double strength = strength_of(call);
    if (!mixes(call)) return LIMN_OK;
    limn_picture *resized = NULL;
    if (result->width != picture->width || result->height != picture->height)
        LIMN_TRY(
            limn_picture_resize(picture, result->width, result->height, LIMN_BICUBIC, &resized));
    const limn_picture *input = resized ? resized : picture;
    limn_status status = LIMN_OK;
    if (given->preserve_colour) status = limn_picture_preserve_colour(result, input);
    if (status == LIMN_OK && strength < 1) status = limn_picture_blend(result, input, strength);
    limn_picture_free(resized);
    return status;
}

// What is read of a picture serves for all its looks.
limn_status limn_user_look(limn_user *by, const char *input, limn_picture *picture) {
    bool again = by->sight_of && !strcmp(by->sight_of, input);
    if (again) by->sight.was = picture; // read anew, and the same
    if (again) return LIMN_OK;
    limn_sight_free(&by->sight);
    by->sight_of = NULL;
    LIMN_TRY(limn_runner_look(by->tool->runner, by->from, picture,
                              limn_runner_size(by->tool->runner), &by->sight));
    if (by->sight.content.count) by->sight_of = input;
    by->reads += by->sight.content.count > 0;
    return LIMN_OK;
}

// Without a look to give, a picture keeps its own.
static limn_status own_look(limn_user *by, const limn_picture *picture, limn_style **style) {
    *style = NULL;
    if (by->looks.count || by->tool->model->kind->styles != LIMN_STYLES_CODES) return LIMN_OK;
    LIMN_TRY(limn_style_read(by->tool->runner, picture, limn_model_domain(by->tool->model, by->to),
                             style));
    return limn_user_weaken(by, style);
}

limn_status limn_user_show(limn_user *by, int look, const limn_picture *picture,
                           limn_picture **result) {
    limn_style *own;
    *result = NULL;
    limn_status status = own_look(by, picture, &own);
    const limn_style *style = by->looks.count ? by->looks.items[look].style : own;
    if (status == LIMN_OK)
        status = limn_runner_show_style(by->tool->runner, &by->sight, style, result);
    limn_style_free(own);
    if (status == LIMN_OK && picture) status = limn_use_finish(by->call, picture, *result);
    if (status == LIMN_OK) return LIMN_OK;
    limn_picture_free(*result);
    *result = NULL;
    return status;
}

static limn_status show(limn_user *by, limn_picture *picture, limn_picture **result) {
    const limn_job *job = by->batch->job;
    int look = job->variant;
    if (by->given->pair) LIMN_TRY(limn_pair_choose(by, job->input, picture, &look));
    LIMN_TRY(limn_user_look(by, job->input, picture));
    by->sight.spent = mixes(by->call) ? NULL : picture; // it is of this job alone
    return limn_user_show(by, look, picture, result);
}

// What comes out of the model for a picture of this size.
static void size_result(const void *context, int *width, int *height) {
    const limn_user *by = context;
    limn_sizes sizes = by->tool->model->kind->sizes(by->tool->model->shape);
    limn_result_size asked = limn_runner_size(by->tool->runner);
    if (by->enlarging) limn_user_enlarged(by, width, height);
    if (by->enlarging || limn_size_is_own(asked)) return;
    if (sizes.usual && asked != LIMN_SIZE_NATIVE) limn_sizes_trained(&sizes, width, height);
    *width = (sizes.fixed ? sizes.fixed : *width) * sizes.scale;
    *height = (sizes.fixed ? sizes.fixed : *height) * sizes.scale;
}

static limn_status work(void *context, limn_picture *picture, limn_picture **result) {
    limn_user *by = context;
    LIMN_TRY(limn_user_choose_tool(by, by->batch->job));
    by->batch->model = by->tool->path;
    return by->enlarging ? limn_user_enlarge(by, picture, result) : show(by, picture, result);
}

static limn_status run_batch(void *context, limn_batch *batch) {
    limn_user *by = context;
    by->batch = batch;
    batch->size = size_result;
    batch->longer = (int)by->given->longer;
    batch->how = by->how;
    batch->how_alike = by->given->scale > 0;
    return limn_batch_run(batch, work, by);
}

static limn_status run_pictures(limn_user *by) {
    limn_variants variants = {0};
    if (by->looks.count > 1 && !by->given->pair)
        variants = (limn_variants){by->looks.names, by->looks.count};
    return limn_batch_do(by->call, variants, run_batch, by);
}

static limn_status use(limn_user *by) {
    LIMN_TRY(limn_user_check(by));
    LIMN_TRY(limn_user_check_enlarging(by));
    LIMN_TRY(limn_user_open_model(by));
    LIMN_TRY(limn_user_check_model(by));
    if (by->given->noise) LIMN_TRY(limn_model_draw_noise(by->tool->model));
    LIMN_TRY(limn_user_open_runner(by, by->tool));
    limn_runner_seed(by->tool->runner, (uint64_t)by->given->seed);
    LIMN_TRY(limn_looks_find(by));
    return limn_user_wants_sheet(by) ? limn_user_sheet(by) : run_pictures(by);
}

limn_status limn_use(limn_call *call) {
    limn_user by = {.call = call, .given = call->options};
    limn_status status = use(&by);
    if (by.reads) limn_call_number(call, "contents_read", by.reads);
    limn_sight_free(&by.sight);
    limn_looks_free(&by.looks);
    limn_tools_free(&by.tools);
    return status;
}
