// The loss network of perceptual losses.
#include "model/loss_network.h"

#include "formats/fill.h"
#include "formats/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST = 512 };

// VGG-19 has a sixteenth convolution, and convolution 16 of its features where VGG-16 has a pool.
static int layers_of(const limn_tensors *set) {
    return limn_tensors_find(set, "features.16.weight") ? 19 : 16;
}

static bool is_preprocess(const char *text) {
    return !strcmp(text, "caffe") || !strcmp(text, "torchvision");
}

static limn_status find_preprocess(const limn_tensors *set, const char *said,
                                   limn_preprocess *result) {
    const char *text = said ? said : limn_tensors_metadata(set, "preprocess");
    if (!text) text = limn_tensors_metadata(set, "limn.preprocess");
    *result = text && !strcmp(text, "caffe") ? LIMN_CAFFE : LIMN_TORCHVISION;
    if (!text || is_preprocess(text)) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "preprocessing %.40s is not known: it is caffe or torchvision",
                     text);
}

// Files are cut behind the deepest layer that somebody needed, as the one that ships is.
static limn_status check_depth(const limn_tensors *set, const limn_store *store) {
    int there = 0;
    while (there < store->size && limn_tensors_find(set, store->parameters[there].name)) there++;
    if (there == store->size || !there) return LIMN_OK;
    return limn_fail(LIMN_MODEL,
                     "it ends behind %s, before the layer that is asked for. Ask for one nearer to "
                     "the picture, or give the whole network with --loss-network",
                     store->parameters[there - 1].name);
}

static limn_status load(const limn_tensors *set, const char *preprocess, const char *const *taps,
                        int count, limn_loss_network *network) {
    const limn_stored *first = limn_tensors_find(set, "features.0.weight");
    if (!first)
        return limn_fail(LIMN_MODEL, "there is no features.0.weight in it: a VGG-16 or VGG-19 with "
                                     "the names of torchvision is needed");
    network->layers = layers_of(set);
    network->width = first->rank && first->shape[0] <= WIDEST ? (int)first->shape[0] : 0;
    LIMN_TRY(find_preprocess(set, preprocess, &network->preprocess));
    for (int i = 0; i < count; i++) LIMN_TRY(limn_vgg_check_tap(network->layers, taps[i]));
    limn_graph *graph = limn_graph_new();
    if (!graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    limn_net net = {.graph = graph, .store = &network->store};
    limn_vgg vgg = limn_loss_network_on(network, &net);
    limn_node *out[LIMN_VGG_TAPS];
    limn_vgg_taps(&vgg, limn_input(graph, "picture", LIMN_SHAPE(1, 3, 64, 64)), taps, count, out);
    limn_status status = limn_graph_check(graph);
    limn_net_free(&net);
    limn_graph_free(graph);
    if (status == LIMN_OK) status = check_depth(set, &network->store);
    return status == LIMN_OK ? limn_tensors_fill(set, &network->store) : status;
}

limn_status limn_loss_network_load(const char *path, const char *preprocess,
                                   const char *const *taps, int count, limn_loss_network *network) {
    *network = (limn_loss_network){.layers = 0};
    limn_tensors set = {0};
    if (!path)
        return limn_fail(LIMN_USAGE,
                         "--loss-network FILE is needed: no VGG-19 was found beside the "
                         "program");
    if (preprocess && !is_preprocess(preprocess))
        return limn_fail(LIMN_USAGE, "--preprocess %s: must be one of caffe, torchvision.",
                         preprocess);
    LIMN_TRY(limn_tensors_load(path, &set));
    limn_status status = load(&set, preprocess, taps, count, network);
    limn_tensors_free(&set);
    if (status == LIMN_OK) return LIMN_OK;
    limn_loss_network_free(network);
    return limn_fail_in(status, "loss network %s: ", path);
}

void limn_loss_network_free(limn_loss_network *network) {
    limn_store_free(&network->store);
}

limn_vgg limn_loss_network_on(limn_loss_network *network, limn_net *net) {
    net->changes = LIMN_CHANGES_NEVER;
    return (limn_vgg){.net = net,
                      .layers = network->layers,
                      .width = network->width,
                      .preprocess = network->preprocess};
}

limn_node *limn_loss_network_tap(limn_loss_network *network, limn_net *net, limn_node *x,
                                 const char *layer) {
    limn_vgg vgg = limn_loss_network_on(network, net);
    limn_node *found;
    limn_vgg_taps(&vgg, x, &layer, 1, &found);
    return found;
}

void limn_loss_network_term(limn_loss_network *network, limn_update *update, limn_node *y,
                            limn_node *x, const char *layer, double weight) {
    limn_net *frozen = limn_update_net(update, &network->store, LIMN_FROZEN);
    limn_node *of_y = limn_loss_network_tap(network, frozen, y, layer),
              *of_x = limn_loss_network_tap(network, frozen, x, layer);
    limn_update_term(update, "feature", limn_mse(of_y, of_x), weight);
}

bool limn_loss_weights_doubted(const limn_loss_network *network, double content, double style,
                               char sentence[LIMN_WEIGHTS_SENTENCE]) {
    static const struct {
        double as_caffe; // what the style then weighs as many times the content as
        const char *name, *usual;
    } scales[] = {[LIMN_CAFFE] = {1, "Caffe", "1 and 5, or 30 and 910"},
                  [LIMN_TORCHVISION] = {3.0e-4, "torchvision", "1e5 and 1e10"}};
    // Usual ratios are 5 to 300 on Caffe's scale; with weights of the other one 0.002 to 0.01, or
    // 1e5 and more.
    double ratio = content > 0 ? style / content * scales[network->preprocess].as_caffe : 0;
    if (ratio == 0 || (ratio > 0.05 && ratio < 3000)) return false;
    snprintf(sentence, LIMN_WEIGHTS_SENTENCE,
             "weights of %g for the content and %g for the style are unusual with this loss "
             "network: it has %s's scale, where they are %s",
             content, style, scales[network->preprocess].name, scales[network->preprocess].usual);
    return true;
}

const char *const limn_style_layers[] = {"relu1_2", "relu2_2", "relu3_3", "relu4_3"};

limn_status limn_loss_network_of_style(const char *path, const char *preprocess,
                                       const char *content_layer, limn_loss_network *network) {
    const char *layers[LIMN_STYLE_LAYERS + 1];
    memcpy(layers, limn_style_layers, sizeof limn_style_layers);
    layers[LIMN_STYLE_LAYERS] = content_layer;
    return limn_loss_network_load(path, preprocess, layers, LIMN_STYLE_LAYERS + 1, network);
}

static limn_status compute_grams(limn_vgg *vgg, limn_node *const *gram, const limn_node *input,
                                 const limn_picture *style, limn_plan_options options,
                                 limn_style_target *target) {
    limn_plan *plan;
    LIMN_TRY(limn_plan_new(gram, LIMN_STYLE_LAYERS, options, &plan));
    limn_net_bind(vgg->net, plan, true);
    limn_plan_bind(plan, input, style->rgb, false);
    limn_status status = limn_plan_run(plan);
    for (int i = 0; i < LIMN_STYLE_LAYERS && status == LIMN_OK; i++) {
        size_t c = (size_t)gram[i]->shape.dim[1], bytes = c * c * sizeof(float);
        target->channels[i] = (int)c;
        target->gram[i] = limn_alloc(bytes);
        if (target->gram[i])
            memcpy(target->gram[i], limn_plan_output(plan, i), bytes);
        else
            status = limn_fail(LIMN_MEMORY, "there is no memory for the style's Gram matrices");
    }
    limn_plan_free(plan);
    return status;
}

limn_status limn_style_target_make(limn_loss_network *network, const limn_picture *style,
                                   limn_plan_options options, limn_style_target *target) {
    *target = (limn_style_target){.channels = {0}};
    if (style->width < 16 || style->height < 16)
        return limn_fail(LIMN_INPUT,
                         "the style picture has %dx%d pixels; at least 16x16 are needed",
                         style->width, style->height);
    limn_graph *graph = limn_graph_new();
    if (!graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    limn_net net = {.graph = graph, .store = &network->store};
    limn_vgg vgg = limn_loss_network_on(network, &net);
    limn_node *input = limn_input(graph, "painting", LIMN_SHAPE(1, 3, style->height, style->width));
    limn_node *out[LIMN_STYLE_LAYERS];
    limn_vgg_taps(&vgg, input, limn_style_layers, LIMN_STYLE_LAYERS, out);
    for (int i = 0; i < LIMN_STYLE_LAYERS; i++) out[i] = limn_gram(out[i]);
    limn_status status = compute_grams(&vgg, out, input, style, options, target);
    limn_net_free(&net);
    limn_graph_free(graph);
    if (status != LIMN_OK) limn_style_target_free(target);
    return status;
}

void limn_style_target_free(limn_style_target *target) {
    for (int i = 0; i < LIMN_STYLE_LAYERS; i++) limn_free(target->gram[i]);
    *target = (limn_style_target){.channels = {0}};
}
