// Painting by optimisation.
//
//   argmin_y  content-weight |phi_j(y) - phi_j(x)|^2 / (C H W)
//           + style-weight   sum_j |G_j(y) - G_j(s)|^2 (divided as in train style)
//           + tv-weight      squared differences of neighbours
//
// by L-BFGS over the pixels of y, held to 0..255 after every iteration: the unconstrained optimum
// leaves that range (Johnson 2016, section 4.1).
#include "methods/paint.h"

#include "model/loss_network.h"
#include "nn/lbfgs.h"
#include "nn/update.h"

#include <stdlib.h>
#include <string.h>

typedef struct work {
    const limn_paint_options *options;
    limn_loss_network *loss;
    const limn_style_target *target;
    limn_store store; // one parameter: the picture
    limn_update *update;
    limn_node *wanted, *gram[LIMN_STYLE_LAYERS];
    float *features; // of the content picture
} work;

// phi_j(x), once.
static limn_status content_features(work *it, const limn_picture *content, const char *layer) {
    limn_graph *graph = limn_graph_new();
    if (!graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    limn_net net = {.graph = graph, .store = &it->loss->store};
    limn_vgg vgg = limn_loss_network_on(it->loss, &net);
    limn_node *x = limn_input(graph, "content", LIMN_SHAPE(1, 3, content->height, content->width));
    limn_node *out;
    limn_plan *plan = NULL;
    limn_vgg_taps(&vgg, x, &layer, 1, &out);
    limn_status status = limn_plan_new(&out, 1, it->options->plan, &plan);
    if (status == LIMN_OK) {
        limn_net_bind(&net, plan, true);
        limn_plan_bind(plan, x, content->rgb, false);
        status = limn_plan_run(plan);
        size_t bytes = (size_t)limn_shape_count(&out->shape) * sizeof(float);
        it->features = status == LIMN_OK ? limn_alloc(bytes) : NULL;
        if (it->features) memcpy(it->features, limn_plan_output(plan, 0), bytes);
        if (status == LIMN_OK && !it->features) status = limn_fail(LIMN_MEMORY, "no memory");
    }
    limn_plan_free(plan);
    limn_net_free(&net);
    limn_graph_free(graph);
    return status;
}

static limn_status build(work *it, int width, int height, const char *layer) {
    const limn_paint_options *options = it->options;
    LIMN_TRY(limn_update_new("total", &it->store, &it->update));
    limn_net *net = &it->update->net;
    limn_node *y = limn_weight(net, LIMN_SHAPE(1, 3, height, width), (limn_init){0}, "picture");
    const char *taps[LIMN_STYLE_LAYERS + 1];
    limn_node *features[LIMN_STYLE_LAYERS + 1];
    memcpy(taps, limn_style_layers, sizeof limn_style_layers);
    taps[LIMN_STYLE_LAYERS] = layer;
    limn_net *frozen = limn_update_net(it->update, &it->loss->store, LIMN_FROZEN);
    limn_vgg vgg = limn_loss_network_on(it->loss, frozen);
    limn_vgg_taps(&vgg, y, taps, LIMN_STYLE_LAYERS + 1, features);
    it->wanted = limn_input(net->graph, "content", features[LIMN_STYLE_LAYERS]->shape);
    limn_update_term(it->update, "content", limn_mse(features[LIMN_STYLE_LAYERS], it->wanted),
                     options->content_weight);
    for (int i = 0; i < LIMN_STYLE_LAYERS; i++) {
        int64_t c = it->target->channels[i];
        it->gram[i] = limn_input(net->graph, limn_style_layers[i], LIMN_SHAPE(1, c, c));
        limn_update_term(it->update, limn_style_layers[i],
                         limn_style_loss(features[i], it->gram[i], LIMN_STYLE_CODE),
                         options->style_weight);
    }
    limn_update_term(it->update, "tv", limn_total_variation(y), options->tv_weight);
    LIMN_TRY(limn_graph_check(net->graph));
    LIMN_TRY(limn_store_ready(&it->store, 0, true));
    LIMN_TRY(limn_update_ready(it->update, LIMN_TRAINS(""), options->plan));
    limn_update_bind(it->update, it->wanted, it->features);
    for (int i = 0; i < LIMN_STYLE_LAYERS; i++)
        limn_update_bind(it->update, it->gram[i], it->target->gram[i]);
    return LIMN_OK;
}

static void clip(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] = x[i] < 0 ? 0 : x[i] > 255 ? 255 : x[i];
}

static limn_status optimise(work *it, size_t count) {
    const limn_paint_options *options = it->options;
    limn_lbfgs *lbfgs;
    LIMN_TRY(limn_lbfgs_new(count, options->history, options->plan.threads, &lbfgs));
    limn_status status = LIMN_OK;
    for (int i = 0; i <= options->iterations && status == LIMN_OK; i++) {
        status = limn_update_run(it->update, 0, 0);
        if (status != LIMN_OK) break;
        const char *broken = limn_update_broken(it->update);
        if (broken) {
            status = limn_fail(LIMN_DIVERGED, "iteration %d: %s is not a number", i, broken);
        } else if (options->progress && !options->progress(options->context, i, options->iterations,
                                                           it->update->total)) {
            status = LIMN_STOPPED;
        } else if (i < options->iterations) {
            limn_lbfgs_step(lbfgs, it->store.values, it->store.gradients);
            if (!options->unclipped) clip(it->store.values, count);
        }
    }
    limn_lbfgs_free(lbfgs);
    return status == LIMN_STOPPED ? LIMN_OK : status; // what was reached so far is a result
}

static void first_picture(const work *it, const limn_picture *content, const limn_picture *begun) {
    size_t plane = (size_t)content->width * (size_t)content->height;
    float *y = it->store.values;
    const limn_picture *from = begun ? begun : content;
    if (begun || it->options->start == LIMN_FROM_CONTENT) {
        memcpy(y, from->rgb, 3 * plane * sizeof *y);
        return;
    }
    limn_random stream = {.seed = it->options->seed, .purpose = limn_purpose("paint")};
    limn_random_normal(&stream, 0, 1, y, 3 * plane);
    for (size_t i = 0; i < 3 * plane; i++) y[i] += (float)limn_vgg_mean[2 - i / plane];
}

static limn_status paint_at(work *it, const limn_picture *content, const limn_picture *begun,
                            limn_picture **result) {
    const char *layer = it->options->content_layer;
    size_t count = 3 * (size_t)content->width * (size_t)content->height;
    limn_status status = content_features(it, content, layer);
    if (status == LIMN_OK) status = build(it, content->width, content->height, layer);
    if (status == LIMN_OK) {
        first_picture(it, content, begun);
        status = optimise(it, count);
    }
    if (status == LIMN_OK)
        status = limn_picture_new(content->width, content->height, LIMN_RGB, result);
    if (status == LIMN_OK) memcpy((*result)->rgb, it->store.values, count * sizeof(float));
    limn_update_free(it->update);
    limn_store_free(&it->store);
    limn_free(it->features);
    it->update = NULL;
    it->features = NULL;
    return status;
}

// Level 0 is the content's own size, each further one half of it; the coarsest is painted first.
static limn_status paint_level(work *it, const limn_picture *content, int level,
                               limn_picture **result) {
    if (level == 0) return paint_at(it, content, it->options->start_picture, result);
    limn_picture *small, *rough = NULL, *begun = NULL;
    int width = content->width / 2, height = content->height / 2;
    if (width < 32 || height < 32) return paint_level(it, content, 0, result);
    LIMN_TRY(limn_picture_resize(content, width, height, LIMN_BICUBIC, &small));
    limn_status status = paint_level(it, small, level - 1, &rough);
    limn_picture_free(small);
    if (status == LIMN_OK)
        status = limn_picture_resize(rough, content->width, content->height, LIMN_BICUBIC, &begun);
    limn_picture_free(rough);
    if (status == LIMN_OK) status = paint_at(it, content, begun, result);
    limn_picture_free(begun);
    return status;
}

limn_status limn_paint(const limn_picture *content, const limn_picture *style,
                       const limn_paint_options *options, limn_picture **result) {
    *result = NULL;
    limn_loss_network loss;
    limn_style_target target;
    if (content->width < 16 || content->height < 16)
        return limn_fail(LIMN_INPUT, "the photograph has %dx%d pixels; at least 16x16 are needed",
                         content->width, content->height);
    const limn_picture *begun = options->start_picture;
    if (begun && (begun->width != content->width || begun->height != content->height))
        return limn_fail(LIMN_USAGE,
                         "the picture to start from has %dx%d pixels, the photograph "
                         "%dx%d",
                         begun->width, begun->height, content->width, content->height);
    LIMN_TRY(limn_loss_network_of_style(options->loss_network, options->preprocess,
                                        options->content_layer, &loss));
    char sentence[LIMN_WEIGHTS_SENTENCE];
    if (options->say &&
        limn_loss_weights_doubted(&loss, options->content_weight, options->style_weight, sentence))
        options->say(options->context, sentence);
    limn_status status = limn_style_target_make(&loss, style, options->plan, &target);
    if (status == LIMN_OK) {
        work it = {.options = options, .loss = &loss, .target = &target};
        status = paint_level(&it, content, options->levels > 1 ? options->levels - 1 : 0, result);
        limn_style_target_free(&target);
    }
    limn_loss_network_free(&loss);
    if (status == LIMN_OK) limn_picture_inherit(*result, content);
    return status;
}
