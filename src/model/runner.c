// Running a model: numbers through its plans, pictures in and out.
#include "model/parts.h"

#include "base/cpu.h"
#include "base/threads.h"
#include "image/hidden.h"
#include "image/pixels.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- the runner ----

limn_status limn_runner_new(const limn_kind *kind, const void *shape, limn_store *store, int count,
                            limn_change change, limn_plan_options how, limn_runner **result) {
    limn_runner *runner = *result = calloc(1, sizeof *runner);
    if (!runner) return limn_fail(LIMN_MEMORY, "there is no memory to run a model");
    *runner = (limn_runner){.kind = kind,
                            .shape = shape,
                            .sizes = kind->sizes(shape),
                            .store = store,
                            .count = count,
                            .change = change,
                            .how = how,
                            .max_memory = how.memory_limit};
    return LIMN_OK;
}

static limn_status check_numbers(const limn_run_options *options) {
    LIMN_TRY(limn_check_value("limn_speed", (int)options->precision, LIMN_SPEED_FAST));
    LIMN_TRY(limn_check_value("limn_result_size", (int)options->result, LIMN_SIZE_DETAIL));
    if (options->threads < 0 || options->threads > LIMN_MOST_THREADS)
        return limn_fail(LIMN_USAGE,
                         "%d threads cannot be: 1 to %d can, and 0 is one for each processor.",
                         options->threads, LIMN_MOST_THREADS);
    if (options->max_memory && options->max_memory < LIMN_LEAST_MEMORY)
        return limn_fail(LIMN_USAGE,
                         "A limit of %zu bytes of memory is too low: give %d at least, or 0 for "
                         "three quarters of what is free.",
                         options->max_memory, LIMN_LEAST_MEMORY);
    return LIMN_OK;
}

static limn_status check_isa(const char *name, limn_isa *isa) {
    limn_isa best = limn_isa_best();
    if (name && !limn_isa_find(name, isa))
        return limn_fail(LIMN_USAGE, "There is no instruction set named %s: known are %s.", name,
                         LIMN_ISA_NAMES(", "));
    if (*isa <= best) return LIMN_OK;
    return limn_fail(LIMN_NO_DEVICE, "This processor does not have %s: its best is %s.", name,
                     limn_isa_name(best));
}

static limn_status plan_options(const limn_run_options *options, limn_plan_options *how) {
    LIMN_TRY(check_numbers(options));
    *how = (limn_plan_options){
        .precision = options->precision == LIMN_SPEED_FAST ? LIMN_FAST : LIMN_EXACT,
        .threads = options->threads,
        .memory_limit = options->max_memory,
    };
    return check_isa(options->isa, &how->isa);
}

limn_status limn_runner_open(const limn_model *model, const limn_run_options *given,
                             limn_runner **runner) {
    limn_run_options options;
    limn_plan_options how;
    LIMN_GIVE(runner, model);
    LIMN_TRY(limn_take_options(given, &options, sizeof options));
    LIMN_TRY(plan_options(&options, &how));
    limn_store *store = (limn_store *)(uintptr_t)&model->store; // values are bound, none changes
    LIMN_TRY(limn_runner_new(model->kind, model->shape, store, 1, LIMN_CONSTANT, how, runner));
    (*runner)->model = model;
    (*runner)->result = options.result;
    (*runner)->progress = options.progress;
    (*runner)->context = options.context;
    return LIMN_OK;
}

void limn_runner_free(limn_runner *runner) {
    if (!runner) return;
    for (int i = 0; i < LIMN_READY_KEPT; i++) limn_ready_forget(&runner->ready[i]);
    free(runner);
}

void limn_runner_seed(limn_runner *runner, uint64_t seed) {
    runner->seed = seed;
}

limn_status limn_runner_like(const limn_runner *runner, const void *shape, limn_runner **other) {
    LIMN_TRY(limn_runner_new(runner->kind, shape, runner->store, runner->count, runner->change,
                             runner->how, other));
    (*other)->result = runner->result;
    (*other)->seed = runner->seed;
    return LIMN_OK;
}

const void *limn_runner_shape(const limn_runner *runner) {
    return runner->shape;
}

int64_t limn_runner_style_count(const limn_runner *runner) {
    return runner->kind->style_count ? runner->kind->style_count(runner->shape) : 0;
}

limn_status limn_runner_tell(const limn_runner *runner, double done) {
    if (!runner->progress || !runner->progress(runner->context, done)) return LIMN_OK;
    return limn_fail(LIMN_STOPPED, "stopped on request");
}

// ---- numbers ----

void limn_content_free(limn_content_values *content) {
    limn_free(content->data[0]);
    *content = (limn_content_values){.count = 0};
}

limn_status limn_content_take(limn_content_values *content) {
    size_t counts[LIMN_MOST_CONTENTS], all = 0;
    for (int i = 0; i < content->count; i++) {
        counts[i] = limn_round_up((size_t)limn_shape_count(&content->shape[i]), 16);
        all += counts[i];
    }
    float *block = content->data[0] = limn_alloc(all * sizeof *block);
    if (!block) return limn_fail(LIMN_MEMORY, "there is no memory for what is read of a picture");
    for (int i = 0; i < content->count; block += counts[i++]) content->data[i] = block;
    return LIMN_OK;
}

static limn_status take_contents(const limn_content *nodes, limn_content_values *content) {
    *content = (limn_content_values){.count = nodes->count};
    for (int i = 0; i < nodes->count; i++) content->shape[i] = nodes->node[i]->shape;
    return limn_content_take(content);
}

static limn_status encode(limn_runner *runner, int from, const float *rgb, int width, int height,
                          size_t pictures, limn_content_values *content) {
    limn_ready *it;
    *content = (limn_content_values){.count = 0};
    LIMN_TRY(limn_ready_find(runner, LIMN_READ, from, width, height, NULL, pictures, &it));
    limn_plan_bind(it->plan, it->rgb, rgb, false);
    limn_plan_seed(it->plan, runner->seed, 0);
    LIMN_TRY(limn_plan_run(it->plan));
    LIMN_TRY(take_contents(&it->content, content));
    for (int i = 0; i < content->count; i++)
        memcpy(content->data[i], limn_plan_output(it->plan, i),
               (size_t)limn_shape_count(&content->shape[i]) * sizeof(float));
    return LIMN_OK;
}

limn_status limn_runner_encode(limn_runner *runner, int from, const float *rgb, int width,
                               int height, limn_content_values *content) {
    return encode(runner, from, rgb, width, height, 0, content);
}

limn_status limn_runner_measure(limn_runner *runner, int to, const float *rgb, int width,
                                int height, float *style) {
    limn_ready *it;
    LIMN_TRY(limn_ready_find(runner, LIMN_STYLE, to, width, height, NULL, 0, &it));
    limn_plan_bind(it->plan, it->rgb, rgb, false);
    LIMN_TRY(limn_plan_run(it->plan));
    memcpy(style, limn_plan_output(it->plan, 0),
           (size_t)limn_shape_count(&it->result->shape) * sizeof *style);
    return LIMN_OK;
}

static limn_status decode(limn_runner *runner, int to, const limn_content_values *content,
                          const float *style, size_t pictures, limn_ready **used) {
    limn_ready *it;
    LIMN_TRY(limn_ready_find(runner, LIMN_DRAW, to, 0, 0, content, pictures, &it));
    for (int i = 0; i < content->count; i++)
        limn_plan_bind(it->plan, it->content.node[i], content->data[i], false);
    if (it->style) limn_plan_bind(it->plan, it->style, style, false);
    *used = it;
    return limn_plan_run(it->plan);
}

limn_status limn_runner_decode(limn_runner *runner, int to, const limn_content_values *content,
                               const float *style, const float **rgb, limn_shape *shape) {
    limn_ready *it;
    LIMN_TRY(decode(runner, to, content, style, 0, &it));
    *rgb = limn_plan_output(it->plan, 0);
    *shape = it->result->shape;
    return LIMN_OK;
}

limn_status limn_runner_blank(limn_runner *runner, limn_content_values *content) {
    int side = runner->sizes.fixed ? runner->sizes.fixed : runner->sizes.usual;
    limn_net net = {.graph = limn_graph_new(), .store = runner->store};
    if (!net.graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    limn_content nodes = {.count = 0};
    limn_node *rgb = limn_input(net.graph, "picture", LIMN_SHAPE(runner->count, 3, side, side));
    int from = limn_kind_first(runner->kind, runner->shape, LIMN_READ);
    runner->kind->read(&net, runner->shape, from, rgb, &nodes);
    limn_status status = take_contents(&nodes, content);
    limn_graph_free(net.graph);
    limn_net_free(&net);
    return status;
}

// ---- pictures ----

// A copy continued to the right and below: edges repeated up to what the network's reflections
// need, then by reflection up to the multiple.
static int source(int at, int size, int smallest) {
    int wide = size > smallest ? size : smallest;
    if (at >= wide) at = 2 * wide - 2 - at;
    return at < size ? at < 0 ? 0 : at : size - 1;
}

static limn_status continued(const limn_picture *picture, int smallest, int width, int height,
                             limn_picture **result) {
    LIMN_TRY(limn_picture_new(width, height, LIMN_RGB, result));
    size_t columns = (size_t)picture->width, from_plane = columns * (size_t)picture->height;
    float *to = (*result)->rgb;
    for (size_t c = 0; c < 3; c++)
        for (int i = 0; i < height; i++) {
            const float *row = picture->rgb + c * from_plane +
                               (size_t)source(i, picture->height, smallest) * columns;
            for (int j = 0; j < width; j++) *to++ = row[source(j, picture->width, smallest)];
        }
    return LIMN_OK;
}

static int side_for(const limn_sizes *sizes, int side) {
    if (side < sizes->smallest) side = sizes->smallest;
    return (side + sizes->multiple - 1) / sizes->multiple * sizes->multiple;
}

static void replace(limn_picture **picture, limn_picture *by) {
    limn_picture_free(*picture);
    *picture = by;
}

static limn_result_size size_of(const limn_runner *runner, limn_result_size asked) {
    if (asked != LIMN_SIZE_USUAL) return asked;
    return runner->sizes.usual ? LIMN_SIZE_MODEL : LIMN_SIZE_NATIVE;
}

// At the training size, by the shorter side unless it is a square; antialiased.
static limn_status at_training_size(const limn_runner *runner, const limn_picture *picture,
                                    limn_picture **result) {
    int width = picture->width, height = picture->height;
    limn_sizes_trained(&runner->sizes, &width, &height);
    limn_filter filter = runner->sizes.bicubic ? LIMN_BICUBIC : LIMN_BILINEAR;
    return limn_picture_resize(picture, width, height, filter, result);
}

// The networks know nothing of alpha, so that they are shown what surrounds a colour that is
// hidden. What was resized hides colours, too, where nothing can be seen.
static limn_status fill_hidden(const limn_picture *picture, limn_picture **input) {
    const limn_picture *now = *input ? *input : picture;
    if (!limn_picture_hides(now)) return LIMN_OK;
    if (!*input) LIMN_TRY(limn_picture_copy(picture, input));
    return limn_picture_fill_hidden(*input);
}

// Enlarging a picture by repeating its edges would show the networks what is not there, where
// bringing it to the size that they were trained at does not.
static limn_status check_native(const limn_runner *runner, const limn_picture *picture) {
    int least = runner->sizes.smallest;
    if (picture->width >= least && picture->height >= least) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "a picture of %dx%d with network %s: computing at a picture's own size takes "
                     "%dx%d pixels at least. Ask for the model's size, or for that brought back to "
                     "the picture's own (--size model, --size keep)",
                     picture->width, picture->height, runner->kind->name, least, least);
}

// What the networks are shown: *input is NULL where that is the picture itself.
static limn_status prepare(const limn_runner *runner, const limn_picture *picture,
                           limn_result_size size, limn_sight *sight) {
    limn_picture *more = NULL;
    if (runner->kind->prepare)
        LIMN_TRY(runner->kind->prepare(runner->shape, picture, &sight->input));
    else if (runner->sizes.usual && size_of(runner, size) != LIMN_SIZE_NATIVE)
        LIMN_TRY(at_training_size(runner, picture, &sight->input));
    else if (runner->sizes.usual)
        LIMN_TRY(check_native(runner, picture));
    LIMN_TRY(fill_hidden(picture, &sight->input));
    const limn_picture *now = sight->input ? sight->input : picture;
    sight->width = now->width;
    sight->height = now->height;
    int width = side_for(&runner->sizes, now->width),
        height = side_for(&runner->sizes, now->height);
    if (width == now->width && height == now->height) return LIMN_OK;
    LIMN_TRY(continued(now, runner->sizes.smallest, width, height, &more));
    replace(&sight->input, more);
    return LIMN_OK;
}

static const limn_picture *shown_to(const limn_sight *sight) {
    return sight->input ? sight->input : sight->was;
}

// Whether the result may lie where the picture's colours are.
static bool takes_over(const limn_runner *runner, const limn_sight *sight) {
    const limn_picture *spent = sight->spent;
    return spent && !sight->input && !spent->alpha && !runner->kind->read &&
           !runner->kind->finish && !runner->sizes.halo && runner->sizes.scale == 1;
}

// Bytes of the result and, where a limit was set for all, of the picture; the system's free memory
// does not hold that any more.
static size_t bytes_beside(const limn_runner *runner, const limn_sight *sight) {
    size_t scale = (size_t)runner->sizes.scale,
           pixels = (size_t)sight->width * (size_t)sight->height;
    size_t used = takes_over(runner, sight) ? 0 : pixels * 12 * scale * scale;
    if (runner->max_memory && sight->was) used += pixels * (sight->was->alpha ? 16 : 12);
    return used;
}

void limn_sight_free(limn_sight *sight) {
    limn_picture_free(sight->input);
    limn_content_free(&sight->content);
    *sight = (limn_sight){.was = NULL};
}

limn_status limn_runner_look(limn_runner *runner, int from, const limn_picture *picture,
                             limn_result_size size, limn_sight *sight) {
    *sight = (limn_sight){.was = picture};
    if (runner->kind->pictures > 1)
        return limn_fail(LIMN_USAGE, "network %s draws of %d pictures together, and here is one",
                         runner->kind->name, runner->kind->pictures);
    limn_status status = prepare(runner, picture, size, sight);
    const limn_picture *shown = shown_to(sight);
    if (status == LIMN_OK && runner->kind->read)
        status = encode(runner, from, shown->rgb, shown->width, shown->height,
                        bytes_beside(runner, sight), &sight->content);
    if (status != LIMN_OK) limn_sight_free(sight);
    return status;
}

limn_status limn_runner_style(limn_runner *runner, int to, const limn_picture *exemplar,
                              limn_result_size size, float *style) {
    limn_sight sight = {.was = exemplar};
    limn_status status = prepare(runner, exemplar, size, &sight);
    const limn_picture *shown = shown_to(&sight);
    if (status == LIMN_OK)
        status = limn_runner_measure(runner, to, shown->rgb, shown->width, shown->height, style);
    limn_sight_free(&sight);
    return status;
}

// A part of the network's output, held to what a picture can show.
limn_status limn_cut_out(const limn_node *y, const float *from, limn_cut cut, limn_picture *to) {
    size_t rows = (size_t)y->shape.dim[2], columns = (size_t)y->shape.dim[3];
    int numbers = 1;
    for (size_t c = 0; c < 3; c++)
        for (int i = 0; i < cut.rows; i++) {
            const float *row = from + (c * rows + (size_t)(cut.top + i)) * columns + cut.left;
            size_t line = c * (size_t)to->height + (size_t)(cut.to_top + i);
            float *out = to->rgb + line * (size_t)to->width + cut.to_left;
#pragma omp simd reduction(& : numbers)
            for (int j = 0; j < cut.columns; j++) {
                numbers &= fabsf(row[j]) <= FLT_MAX; // NaN is not
                out[j] = row[j] < 0 ? 0 : row[j] > 255 ? 255 : row[j];
            }
        }
    if (numbers) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "what the model makes of it is not a number: its parameters are "
                                 "spoilt, or have outgrown the precision. Take another model.");
}

static limn_status draw_content(limn_runner *runner, int to, const limn_sight *sight,
                                const float *style, limn_picture **made) {
    limn_ready *it;
    LIMN_TRY(decode(runner, to, &sight->content, style, bytes_beside(runner, sight), &it));
    const limn_shape *shape = &it->result->shape;
    int scale = runner->sizes.scale;
    int width = sight->width ? sight->width * scale : (int)shape->dim[3];
    int height = sight->height ? sight->height * scale : (int)shape->dim[2];
    LIMN_TRY(limn_picture_new(width, height, LIMN_RGB, made));
    limn_cut all = {.rows = height, .columns = width};
    return limn_cut_out(it->result, limn_plan_output(it->plan, 0), all, *made);
}

static limn_status new_result(const limn_runner *runner, const limn_sight *sight,
                              limn_picture **made) {
    int scale = runner->sizes.scale;
    if (takes_over(runner, sight)) return limn_picture_take(sight->spent, made);
    return limn_picture_new(sight->width * scale, sight->height * scale, LIMN_RGB, made);
}

static limn_status draw_tiles(limn_runner *runner, const limn_sight *sight, limn_picture **made) {
    LIMN_TRY(new_result(runner, sight, made));
    return limn_runner_tile(runner, shown_to(sight), bytes_beside(runner, sight), *made);
}

static limn_status draw_picture(limn_runner *runner, const limn_sight *sight, limn_picture **made) {
    const limn_picture *shown = shown_to(sight);
    limn_ready *it;
    if (runner->sizes.halo) return draw_tiles(runner, sight, made);
    LIMN_TRY(limn_ready_find(runner, LIMN_DRAW, 0, shown->width, shown->height, NULL,
                             bytes_beside(runner, sight), &it));
    limn_plan_bind(it->plan, it->content.node[0], shown->rgb, false);
    LIMN_TRY(limn_plan_run(it->plan));
    LIMN_TRY(new_result(runner, sight, made));
    limn_cut all = {.rows = (*made)->height, .columns = (*made)->width};
    return limn_cut_out(it->result, limn_plan_output(it->plan, 0), all, *made);
}

// The alpha plane, past the network. What a kind prepares has lost its places, or its alpha.
static limn_status carry_alpha(const limn_picture *picture, limn_picture *result) {
    limn_picture *alpha;
    if (!picture->alpha) return LIMN_OK;
    LIMN_TRY(limn_picture_resize(picture, result->width, result->height, LIMN_BICUBIC, &alpha));
    result->alpha = alpha->alpha;
    alpha->alpha = NULL;
    limn_picture_free(alpha);
    return LIMN_OK;
}

// A network that enlarges gives grey pictures hues: of those, Y is left.
static void keep_grey(const limn_picture *was, limn_picture *made) {
    size_t from = (size_t)was->width * (size_t)was->height,
           plane = (size_t)made->width * (size_t)made->height;
    if (memcmp(was->rgb, was->rgb + from, 2 * from * sizeof *was->rgb) != 0) return; // R G, G B
    limn_planes_grey(made->rgb, plane, made->rgb);
}

// What the network has changed, at the size that it was computed at.
static limn_status take_change(const limn_picture *was, limn_picture *made) {
    limn_picture *shown;
    LIMN_TRY(limn_picture_resize(was, made->width, made->height, LIMN_BICUBIC, &shown));
    limn_status status = fill_hidden(was, &shown);
    size_t count = 3 * (size_t)made->width * (size_t)made->height;
    for (size_t i = 0; i < count; i++) made->rgb[i] -= shown->rgb[i];
    limn_picture_free(shown);
    return status;
}

static limn_status bring_back(const limn_picture *was, limn_result_size size, limn_picture **made) {
    limn_picture *large;
    if (size == LIMN_SIZE_DETAIL) LIMN_TRY(take_change(was, *made));
    LIMN_TRY(limn_picture_resize(*made, was->width, was->height, LIMN_BICUBIC, &large));
    replace(made, large);
    size_t count = 3 * (size_t)was->width * (size_t)was->height;
    for (size_t i = 0; i < count && size == LIMN_SIZE_DETAIL; i++)
        large->rgb[i] = fminf(fmaxf(was->rgb[i] + large->rgb[i], 0), 255);
    return LIMN_OK;
}

static limn_status finish(const limn_runner *runner, const limn_picture *was, limn_result_size size,
                          limn_picture **made) {
    if (!was) return LIMN_OK;
    size = size_of(runner, size);
    if (limn_size_is_own(size)) {
        bool luma = runner->sizes.luma; // which is all the detail there is, colours being new
        LIMN_TRY(bring_back(was, luma ? LIMN_SIZE_KEEP : size, made));
        if (luma)
            limn_planes_take_luma((*made)->rgb, was->rgb, (size_t)was->width * (size_t)was->height);
    }
    if (runner->sizes.scale > 1) keep_grey(was, *made);
    if (runner->kind->finish) LIMN_TRY(runner->kind->finish(runner->shape, was, made));
    limn_picture_inherit(*made, was);
    return runner->kind->prepare ? LIMN_OK : carry_alpha(was, *made);
}

limn_status limn_runner_show(limn_runner *runner, int to, limn_sight *sight, const float *style,
                             limn_result_size size, limn_picture **result) {
    *result = NULL;
    limn_status status = sight->content.count ? draw_content(runner, to, sight, style, result)
                                              : draw_picture(runner, sight, result);
    if (status == LIMN_OK) status = finish(runner, sight->was, size, result);
    if (status != LIMN_OK) replace(result, NULL);
    return status;
}
