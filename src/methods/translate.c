// Using a model: a plan for the picture's size, run, cropped to the picture.
#include "methods/model.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && !strcmp(a, b));
}

static bool ready_for(const limn_ready *ready, int width, int height,
                      const limn_translate_options *options, size_t limit) {
    return ready->plan && ready->width == width && ready->height == height &&
           ready->options.precision == options->precision &&
           ready->options.threads == options->threads && ready->limit >= limit &&
           same_text(ready->options.isa, options->isa);
}

static void forget(limn_ready *ready) {
    limn_plan_free(ready->plan);
    limn_graph_free(ready->net.graph);
    limn_net_free(&ready->net);
    *ready = (limn_ready){0};
}

// Below this many pixels 16-bit storage saves nothing, and instance norms over few pixels make its
// rounding seen.
enum { FAST_PIXELS = 128 * 128 };

static limn_status plan_options(const limn_translate_options *options, size_t pixels, size_t limit,
                                limn_plan_options *result) {
    bool fast = options->precision == LIMN_SPEED_FAST && pixels >= FAST_PIXELS;
    *result = (limn_plan_options){
        .precision = fast ? LIMN_FAST : LIMN_EXACT,
        .threads = options->threads,
        .memory_limit = limit,
    };
    if (options->isa && !limn_isa_find(options->isa, &result->isa))
        return limn_fail(LIMN_USAGE,
                         "there is no instruction set named %s: baseline, avx2, avx512 and "
                         "avx512-bf16 are known",
                         options->isa);
    return LIMN_OK;
}

// The result is cut to the size that is asked for, so it must be at least that large.
static limn_status check_result(const limn_model *model, int width, int height) {
    const limn_shape *made = &model->ready.y->shape;
    int64_t scale = model->options.scale;
    if (made->dim[2] >= height * scale && made->dim[3] >= width * scale) return LIMN_OK;
    return limn_fail(LIMN_MODEL,
                     "a picture of %lldx%lld comes out of it, where %lldx%lld pixels are expected",
                     (long long)made->dim[3], (long long)made->dim[2], (long long)(width * scale),
                     (long long)(height * scale));
}

limn_status limn_model_ready(limn_model *model, int width, int height,
                             const limn_translate_options *options, size_t limit) {
    limn_ready *ready = &model->ready;
    if (ready_for(ready, width, height, options, limit)) return LIMN_OK;
    forget(ready);
    limn_plan_options how;
    LIMN_TRY(plan_options(options, (size_t)width * (size_t)height, limit, &how));
    ready->net = (limn_net){.graph = limn_graph_new(), .store = &model->store};
    if (!ready->net.graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    ready->x = limn_input(ready->net.graph, "picture", LIMN_SHAPE(1, 3, height, width));
    ready->y = model->network->build(&ready->net, ready->x, &model->options);
    limn_status status = limn_plan_new(&ready->y, 1, how, &ready->plan);
    if (status == LIMN_OK) status = check_result(model, width, height);
    if (status != LIMN_OK) {
        forget(ready);
        return limn_fail_in(status, "a picture of %dx%d with network %s: ", width, height,
                            model->network->name);
    }
    limn_net_bind(&ready->net, ready->plan, true);
    ready->width = width;
    ready->height = height;
    ready->options = *options;
    ready->limit = limit;
    return LIMN_OK;
}

// A copy with the edges repeated, for pictures that the network's reflections do not fit in.
static limn_status widened(const limn_picture *picture, int smallest, limn_picture **result) {
    int width = picture->width > smallest ? picture->width : smallest;
    int height = picture->height > smallest ? picture->height : smallest;
    LIMN_TRY(limn_picture_new(width, height, LIMN_RGB, result));
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < height; i++)
            for (int j = 0; j < width; j++) {
                int row = i < picture->height ? i : picture->height - 1;
                int column = j < picture->width ? j : picture->width - 1;
                size_t from =
                    ((size_t)c * (size_t)picture->height + (size_t)row) * (size_t)picture->width +
                    (size_t)column;
                size_t to = ((size_t)c * (size_t)height + (size_t)i) * (size_t)width + (size_t)j;
                (*result)->rgb[to] = picture->rgb[from];
            }
    return LIMN_OK;
}

// A part of the network's output, held to what a picture can show.
static void cut_out(const limn_node *y, const float *from, limn_part part, limn_picture *to) {
    size_t rows = (size_t)y->shape.dim[2], columns = (size_t)y->shape.dim[3];
    for (size_t c = 0; c < 3; c++)
        for (int i = 0; i < part.rows; i++) {
            const float *row = from + (c * rows + (size_t)(part.top + i)) * columns + part.left;
            size_t line = c * (size_t)to->height + (size_t)(part.to_top + i);
            float *out = to->rgb + line * (size_t)to->width + part.to_left;
            for (int j = 0; j < part.columns; j++)
                out[j] = row[j] < 0 ? 0 : row[j] > 255 ? 255 : row[j];
        }
}

limn_status limn_model_run(limn_model *model, const float *rgb, limn_part part, limn_picture *to) {
    limn_plan_bind(model->ready.plan, model->ready.x, rgb, false);
    LIMN_TRY(limn_plan_run(model->ready.plan));
    cut_out(model->ready.y, limn_plan_output(model->ready.plan, 0), part, to);
    return LIMN_OK;
}

// The alpha plane and everything else that a picture carries past the network.
static limn_status carry_over(const limn_picture *picture, int scale, limn_picture *result) {
    limn_picture_inherit(result, picture);
    if (!picture->alpha) return LIMN_OK;
    limn_picture *alpha;
    LIMN_TRY(limn_picture_resize(picture, picture->width * scale, picture->height * scale,
                                 LIMN_BICUBIC, &alpha));
    result->alpha = alpha->alpha;
    alpha->alpha = NULL;
    limn_picture_free(alpha);
    return LIMN_OK;
}

static limn_status finish(const limn_picture *picture, const limn_translate_options *options,
                          limn_picture *result) {
    double strength = options->has_strength ? options->strength : 1;
    if (result->width != picture->width && (options->preserve_colour || strength < 1)) {
        limn_picture *large;
        LIMN_TRY(limn_picture_resize(picture, result->width, result->height, LIMN_BICUBIC, &large));
        limn_status status = LIMN_OK;
        if (options->preserve_colour) status = limn_picture_preserve_colour(result, large);
        if (status == LIMN_OK && strength < 1) status = limn_picture_blend(result, large, strength);
        limn_picture_free(large);
        return status;
    }
    if (options->preserve_colour) LIMN_TRY(limn_picture_preserve_colour(result, picture));
    return strength < 1 ? limn_picture_blend(result, picture, strength) : LIMN_OK;
}

// What the pictures leave of the limit. What the system has free does not hold the input any more.
static size_t memory_for_plan(const limn_model *model, const limn_picture *picture,
                              size_t max_memory) {
    size_t scale = (size_t)model->options.scale;
    size_t pixels = (size_t)picture->width * (size_t)picture->height;
    size_t used = pixels * 12 * scale * scale;
    if (max_memory) used += pixels * (picture->alpha ? 16 : 12);
    max_memory = limn_memory_limit(max_memory);
    return max_memory > used ? max_memory - used : 1;
}

static limn_status run_whole(limn_model *model, const limn_picture *input,
                             const limn_translate_options *options, limn_picture *made) {
    size_t limit = memory_for_plan(model, input, options->max_memory);
    limn_status status = limn_model_ready(model, input->width, input->height, options, limit);
    if (status == LIMN_MEMORY && model->network->halo)
        return limn_model_run_tiled(model, input, options, limit, made);
    LIMN_TRY(status);
    limn_part all = {.rows = made->height, .columns = made->width};
    return limn_model_run(model, input->rgb, all, made);
}

limn_status limn_translate(limn_model *model, const limn_picture *picture,
                           limn_translate_options options, limn_picture **result) {
    *result = NULL;
    int smallest = model->network->smallest, scale = model->options.scale;
    const limn_picture *input = picture;
    limn_picture *wide = NULL, *made = NULL;
    if (picture->width < smallest || picture->height < smallest) {
        LIMN_TRY(widened(picture, smallest, &wide));
        input = wide;
    }
    limn_status status =
        limn_picture_new(picture->width * scale, picture->height * scale, LIMN_RGB, &made);
    if (status == LIMN_OK) status = run_whole(model, input, &options, made);
    if (status == LIMN_OK) status = carry_over(picture, scale, made);
    if (status == LIMN_OK) status = finish(picture, &options, made);
    limn_picture_free(wide);
    if (status == LIMN_OK)
        *result = made;
    else
        limn_picture_free(made);
    return status;
}

// ---- timing ----

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static limn_status time_runs(limn_model *model, int runs, double *times) {
    LIMN_TRY(limn_plan_run(model->ready.plan)); // memory is touched, code is warm
    for (int i = 0; i < runs; i++) {
        double start = limn_now();
        LIMN_TRY(limn_plan_run(model->ready.plan));
        times[i] = 1e3 * (limn_now() - start);
    }
    return LIMN_OK;
}

limn_status limn_model_bench(limn_model *model, int width, int height,
                             limn_translate_options options, int runs,
                             void (*explain)(void *context, const char *line), void *context,
                             limn_bench_result *result) {
    *result = (limn_bench_result){0};
    int smallest = model->network->smallest;
    if (width < smallest || height < smallest || runs < 1)
        return limn_fail(LIMN_USAGE,
                         "a bench of %dx%d with %d runs: at least %dx%d and 1 run are "
                         "needed",
                         width, height, runs, smallest, smallest);
    limn_picture *noise;
    LIMN_TRY(limn_picture_new(width, height, LIMN_RGB, &noise));
    limn_random stream = {.purpose = limn_purpose("bench")};
    limn_random_uniform(&stream, 0, 255, noise->rgb, (size_t)width * (size_t)height * 3);
    double *times = calloc((size_t)runs, sizeof *times);
    limn_status status = times ? LIMN_OK : limn_fail(LIMN_MEMORY, "no memory for the times");
    if (status == LIMN_OK)
        status = limn_model_ready(model, width, height, &options,
                                  memory_for_plan(model, noise, options.max_memory));
    if (status == LIMN_OK) {
        limn_plan_bind(model->ready.plan, model->ready.x, noise->rgb, false);
        status = time_runs(model, runs, times);
    }
    if (status == LIMN_OK && explain) {
        status = limn_plan_run_timed(model->ready.plan);
        if (status == LIMN_OK) limn_plan_explain(model->ready.plan, explain, context);
    }
    if (status == LIMN_OK) {
        qsort(times, (size_t)runs, sizeof *times, by_value);
        result->min_ms = times[0];
        result->median_ms = (times[(runs - 1) / 2] + times[runs / 2]) / 2;
        result->peak_bytes = limn_memory_peak();
        result->plan_bytes = limn_plan_bytes(model->ready.plan);
        result->gflops = 2e-6 * limn_model_macs(model, width, height) / result->median_ms;
    }
    free(times);
    limn_picture_free(noise);
    return status;
}

double limn_model_macs(const limn_model *model, int width, int height) {
    limn_store scratch = {0};
    limn_net net = {.graph = limn_graph_new(), .store = &scratch};
    double macs = 0;
    if (net.graph) {
        limn_node *x = limn_input(net.graph, "picture", LIMN_SHAPE(1, 3, height, width));
        model->network->build(&net, x, &model->options);
        macs = limn_net_macs(&net);
    }
    limn_graph_free(net.graph);
    limn_net_free(&net);
    limn_store_free(&scratch);
    return macs;
}

void limn_model_free(limn_model *model) {
    if (!model) return;
    forget(&model->ready);
    limn_store_free(&model->store);
    limn_tensors_free(&model->told);
    free(model);
}
