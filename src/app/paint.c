// limn paint: one picture painted by optimisation (Gatys).
#include "app/verb.h"

#include "app/progress.h"
#include "app/signals.h"
#include "base/file.h"
#include "limn/picture.h"
#include "model/loss_network.h"
#include "methods/paint.h"
#include "model/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
    limn_compute_options compute;
    const char *content, *style, *output, *init, *loss_network, *preprocess, *content_layer;
    int64_t size, style_size, iterations, history, levels, seed, quality;
    double content_weight, style_weight, tv_weight;
    bool unclipped, force;
} options;

#define OPTION(member) .offset = offsetof(options, member)
static const limn_option table[] = {
    {.name = "content",
     .kind = LIMN_OPTION_PATH,
     OPTION(content),
     .placeholder = "PICTURE",
     .help = "the photograph"},
    {.name = "style",
     .kind = LIMN_OPTION_PATH,
     OPTION(style),
     .placeholder = "PICTURE",
     .help = "the painting"},
    {.name = "output",
     .letter = 'o',
     .kind = LIMN_OPTION_PATH,
     OPTION(output),
     .help = "where the result goes"},
    {.name = "size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(size),
     .fallback = "512",
     .low = 16,
     .high = 8192,
     .help = "make the photograph's longer side this many pixels first"},
    {.name = "style-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(style_size),
     .fallback = "512",
     .low = 16,
     .high = 8192,
     .help = "longer side of the painting at most"},
    {.name = "iterations",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(iterations),
     .fallback = "300",
     .low = 0,
     .high = 100000,
     .help = "steps of L-BFGS"},
    {.name = "history",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(history),
     .fallback = "10",
     .low = 1,
     .high = 64,
     .help = "steps that L-BFGS remembers"},
    {.name = "init",
     .kind = LIMN_OPTION_TEXT,
     OPTION(init),
     .fallback = "noise",
     .placeholder = "noise|content|PICTURE",
     .help = "what the picture is at first"},
    {.name = "levels",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(levels),
     .fallback = "1",
     .low = 1,
     .high = 6,
     .help = "coarse to fine: begin at half the size for each level above 1"},
    {.name = "seed",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(seed),
     .fallback = "0",
     .low = 0,
     .high = 9e15,
     .help = "of the noise"},
    LIMN_OBJECTIVE_OPTIONS,
    {.name = "unclipped",
     .kind = LIMN_OPTION_FLAG,
     OPTION(unclipped),
     .help = "let values leave 0..255 while it works"},
    LIMN_LOSS_NETWORK_OPTIONS(OPTION),
    {.name = "quality",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(quality),
     .fallback = "92",
     .low = 1,
     .high = 100,
     .help = "of JPEG and WebP"},
    {.name = "force", .kind = LIMN_OPTION_FLAG, OPTION(force), .help = "replace the result"},
    {0}};

static const limn_option_group groups[] = {
    {"Painting", table, 0},
    {"Computing", limn_compute_table, offsetof(options, compute)},
    {"Messages", limn_common_table, offsetof(options, common)},
    {0}};

typedef struct watch {
    limn_call *call;
    limn_progress progress;
    limn_text history; // [[iteration, total], ...] for --json
} watch;

static bool progress(void *context, int iteration, int iterations, double total) {
    watch *it = context;
    limn_text_print(&it->history, "%s[%d, %.9g]", it->history.size ? ", " : "", iteration, total);
    if (it->progress.shown && iteration) {
        char name[64];
        snprintf(name, sizeof name, "objective %.6g", total);
        limn_progress_add(&it->progress, 1);
        limn_progress_draw(&it->progress, iteration, iterations, name);
    }
    return !limn_signal_caught();
}

static void say(void *context, const char *line) {
    watch *it = context;
    limn_progress_clear(&it->progress);
    limn_say(it->call, "%s", line);
}

static limn_status read_picture(const limn_call *call, const char *path, limn_picture **picture) {
    const options *given = call->options;
    limn_read_options how = {.size = sizeof how, .max_memory = given->compute.max_memory};
    return limn_call_read(call, path, &how, picture);
}

static limn_status read_shrunk(const limn_call *call, const char *path, int64_t size, bool enlarge,
                               limn_picture **picture) {
    LIMN_TRY(read_picture(call, path, picture));
    limn_picture_on_white(*picture); // the network knows nothing of alpha
    int longer = (*picture)->width > (*picture)->height ? (*picture)->width : (*picture)->height;
    if (longer == size || (longer < size && !enlarge)) return LIMN_OK;
    limn_status status = limn_picture_fit(*picture, (int)size);
    if (status != LIMN_OK) {
        limn_picture_free(*picture);
        *picture = NULL; // the caller frees what it has
    }
    return status;
}

// The closing line, or members of the JSON.
static void report(limn_call *call, const limn_picture *result, double seconds) {
    const options *given = call->options;
    limn_call_text(call, "output", given->output);
    limn_call_number(call, "width", result->width);
    limn_call_number(call, "height", result->height);
    limn_call_number(call, "seconds", seconds);
    if (given->output)
        limn_say(call, "%s: %d x %d, %.1f s", given->output, result->width, result->height,
                 seconds);
}

static limn_status paint(limn_call *call, const limn_picture *content, const limn_picture *style,
                         limn_paint_options *how) {
    const options *given = call->options;
    watch it = {.call = call};
    double begin = limn_now();
    limn_progress_begin(&it.progress, call, (double)given->iterations);
    limn_signals_begin();
    how->progress = progress;
    how->say = say;
    how->context = &it;
    limn_picture *result;
    limn_status status = limn_paint(content, style, how, &result);
    limn_progress_clear(&it.progress);
    limn_text_print(limn_call_member(call, "history"), "[%s]",
                    it.history.data ? it.history.data : "");
    limn_text_free(&it.history);
    LIMN_TRY(status);
    limn_write_options to = {.size = sizeof to,
                             .quality = (int)given->quality,
                             .existing = given->force ? LIMN_REPLACE_EXISTING : LIMN_KEEP_EXISTING};
    limn_signals_hold();
    if (given->output) status = limn_picture_write(result, given->output, &to);
    limn_signals_release();
    if (status == LIMN_OK) report(call, result, limn_now() - begin);
    limn_picture_free(result);
    return status;
}

static limn_status paint_with_start(limn_call *call, const limn_picture *content,
                                    const limn_picture *style, limn_paint_options *how) {
    const options *given = call->options;
    bool noise = !strcmp(given->init, "noise"), own = !strcmp(given->init, "content");
    if (noise || own) {
        how->start = own ? LIMN_FROM_CONTENT : LIMN_FROM_NOISE;
        return paint(call, content, style, how);
    }
    limn_picture *begun;
    LIMN_TRY(read_picture(call, given->init, &begun));
    limn_picture_on_white(begun);
    how->start_picture = begun;
    limn_status status = paint(call, content, style, how);
    limn_picture_free(begun);
    return status;
}

static limn_status check_arguments(const limn_parsed *parsed) {
    if (parsed->argument_count == 2)
        return limn_fail(LIMN_USAGE,
                         "paint: say which is the photograph and which the painting: --content %s "
                         "--style %s.",
                         parsed->arguments[0], parsed->arguments[1]);
    if (parsed->argument_count)
        return limn_fail(LIMN_USAGE, "paint: takes its pictures as --content PHOTOGRAPH --style "
                                     "PAINTING, and no others.");
    return LIMN_OK;
}

static limn_status check_originals(limn_call *call) {
    const options *given = call->options;
    const char *const pictures[] = {given->content, given->style, given->init};
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++)
        LIMN_TRY(limn_originals_add(&call->originals, pictures[i]));
    return limn_originals_check(&call->originals, given->output);
}

static limn_status check(const options *given) {
    if (!given->content) return limn_fail(LIMN_USAGE, "--content PICTURE is needed: a photograph");
    if (!given->style) return limn_fail(LIMN_USAGE, "--style PICTURE is needed: a painting");
    if (!given->output) {
        if (given->iterations == 0) return LIMN_OK; // only the objective is wanted
        return limn_fail(LIMN_USAGE, "--output PICTURE is needed: where the result goes");
    }
    limn_write_options to = {.size = sizeof to, .quality = (int)given->quality};
    LIMN_TRY(limn_picture_check_write(given->output, &to));
    return limn_file_can_write(given->output, given->force);
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    LIMN_TRY(check_arguments(call->parsed));
    LIMN_TRY(check(given));
    if (given->output) LIMN_TRY(check_originals(call));
    limn_options_json(groups, given, limn_call_member(call, "options"));
    limn_plan_options plan;
    LIMN_TRY(limn_compute_plan(&given->compute, &plan));
    char *shipped = given->loss_network ? NULL : limn_shelf_tool(LIMN_SHELF_LOSS_NETWORK);
    limn_paint_options how = {
        .loss_network = given->loss_network ? given->loss_network : shipped,
        .preprocess = given->preprocess,
        .content_layer = given->content_layer,
        .content_weight = given->content_weight,
        .style_weight = given->style_weight,
        .tv_weight = given->tv_weight,
        .iterations = (int)given->iterations,
        .history = (int)given->history,
        .unclipped = given->unclipped,
        .levels = (int)given->levels,
        .seed = (uint64_t)given->seed,
        .plan = plan,
    };
    limn_picture *content = NULL, *style = NULL;
    limn_status status = read_shrunk(call, given->content, given->size, true, &content);
    if (status == LIMN_OK)
        status = read_shrunk(call, given->style, given->style_size, false, &style);
    if (status == LIMN_OK) status = paint_with_start(call, content, style, &how);
    limn_picture_free(style);
    limn_picture_free(content);
    free(shipped);
    return status;
}

const limn_verb limn_verb_paint = {
    .name = "paint",
    .summary = "paint one photograph like one painting, by optimisation",
    .most = -1, // for the sentence that says how they are given
    .description =
        "The method of Gatys, Ecker and Bethge: the pixels themselves are changed until a network "
        "finds the photograph's content and the painting's style in them. Minutes a picture, and "
        "no "
        "training; limn train style makes a network that does it in a moment.\n",
    .examples = "limn paint --content photo.jpg --style painting.jpg -o out.png\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
