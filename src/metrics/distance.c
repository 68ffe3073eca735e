// How different two pictures look.
#include "metrics/distance.h"

#include "formats/fill.h"
#include "formats/load.h"
#include "metrics/backbones.h"
#include "model/shelf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTION(member) .offset = offsetof(limn_distance_options, member)
const limn_option limn_perceptual_table[] = {LIMN_LOSS_NETWORK_OPTIONS(OPTION), {0}};
const limn_option limn_lpips_table[] = {
    {.name = "backbone",
     .kind = LIMN_OPTION_PATH,
     OPTION(backbone),
     .help = "AlexNet, VGG-16 or SqueezeNet 1.1 of torchvision, whichever the weights are for"},
    {.name = "weights",
     .kind = LIMN_OPTION_PATH,
     OPTION(weights),
     .help = "what LPIPS multiplies its channels by: alex.pth, vgg.pth or squeeze.pth of its v0.1"},
    {0}};

// ---- of files ----

static limn_status open_perceptual(const limn_distance_options *options, limn_distance_meter *to) {
    char *ships = options->loss_network ? NULL : limn_shelf_tool(LIMN_SHELF_LOSS_NETWORK);
    const char *path = options->loss_network ? options->loss_network : ships;
    to->backbone = &limn_backbone_vgg19;
    limn_status status = limn_loss_network_load(path, options->preprocess, to->backbone->tap,
                                                to->backbone->taps, &to->network);
    free(ships);
    if (status != LIMN_OK) return status;
    snprintf(to->title, sizeof to->title, "perceptual distance (VGG-%d, unweighted)",
             to->network.layers);
    return LIMN_OK;
}

static bool fits(const limn_backbone *backbone, const limn_lpips_weights *weights) {
    return backbone->taps == weights->taps &&
           !memcmp(backbone->channels, weights->channels, (size_t)weights->taps * sizeof(int));
}

static limn_status find_backbone(limn_distance_meter *to) {
    for (int i = 0; limn_lpips_backbones[i] && !to->backbone; i++)
        if (fits(limn_lpips_backbones[i], &to->weights)) to->backbone = limn_lpips_backbones[i];
    if (!to->backbone)
        return limn_fail(LIMN_MODEL, "its numbers of channels are those of no network that LPIPS "
                                     "is known for (AlexNet, VGG-16, SqueezeNet 1.1)");
    double sum = 0;
    for (int i = 0; i < to->weights.channels[0]; i++) sum += (double)to->weights.weight[0][i];
    bool known = fabs(sum - to->backbone->first_weights) < 1e-5 * to->backbone->first_weights;
    snprintf(to->title, sizeof to->title, "LPIPS-%s %s", to->backbone->title,
             known ? "v0.1" : "(weights other than v0.1)");
    return LIMN_OK;
}

static limn_status load_weights(const char *path, limn_distance_meter *to) {
    limn_tensors set = {0};
    if (!path)
        return limn_fail(LIMN_USAGE,
                         "--weights FILE is needed: alex.pth, vgg.pth or squeeze.pth of "
                         "LPIPS v0.1");
    LIMN_TRY(limn_tensors_load(path, &set));
    limn_status status = limn_lpips_weights_from(&set, &to->weights);
    if (status == LIMN_OK) status = find_backbone(to);
    limn_tensors_free(&set);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "--weights %s: ", path);
}

// Builds the network on pictures of a size: its parameters join the store.
static void build(limn_distance_meter *it, limn_net *net, limn_node *rgb, limn_node **out) {
    if (it->backbone->build) {
        it->backbone->build(net, rgb, out);
        return;
    }
    limn_vgg vgg = limn_loss_network_on(&it->network, net);
    limn_vgg_taps(&vgg, rgb, it->backbone->tap, it->backbone->taps, out);
}

static limn_status load_backbone(const limn_tensors *set, limn_distance_meter *to) {
    bool deep = limn_tensors_find(set, "features.16.weight") != NULL; // only VGG-19 has this one
    limn_node *out[LIMN_LPIPS_TAPS];
    if (to->backbone->layers == 16 && deep)
        return limn_fail(LIMN_MODEL, "this is a VGG-19, and the weights are for VGG-16");
    limn_graph *graph = limn_graph_new();
    if (!graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    limn_net net = {.graph = graph, .store = &to->network.store};
    to->network.layers = to->backbone->layers;
    build(to, &net, limn_input(graph, "picture", LIMN_SHAPE(1, 3, 64, 64)), out);
    limn_status status = limn_graph_check(graph);
    limn_net_free(&net);
    limn_graph_free(graph);
    return status == LIMN_OK ? limn_tensors_fill(set, &to->network.store) : status;
}

static limn_status open_lpips(const limn_distance_options *options, limn_distance_meter *to) {
    limn_tensors set = {0};
    LIMN_TRY(load_weights(options->weights, to));
    if (!options->backbone)
        return limn_fail(LIMN_USAGE, "--backbone FILE is needed: %s with torchvision's names",
                         to->backbone->name);
    LIMN_TRY(limn_tensors_load(options->backbone, &set));
    limn_status status = load_backbone(&set, to);
    limn_tensors_free(&set);
    if (status == LIMN_OK) return LIMN_OK;
    return limn_fail_in(status, "--backbone %s: %s is needed: ", options->backbone,
                        to->backbone->name);
}

limn_status limn_distance_open(limn_distance_kind kind, const limn_distance_options *options,
                               limn_plan_options how, limn_distance_meter *distance) {
    *distance = (limn_distance_meter){.how = how};
    limn_status status = kind == LIMN_DISTANCE_LPIPS ? open_lpips(options, distance)
                                                     : open_perceptual(options, distance);
    if (status != LIMN_OK) limn_distance_close(distance);
    return status;
}

// ---- what the network makes of a picture ----

typedef struct limn_distance_ready {
    int width, height;
    limn_graph *graph;
    limn_net net;
    limn_node *input, *out[LIMN_LPIPS_TAPS];
    limn_plan *plan;
} ready;

static void forget(limn_distance_meter *it) {
    if (!it->ready) return;
    limn_plan_free(it->ready->plan);
    limn_net_free(&it->ready->net);
    limn_graph_free(it->ready->graph);
    free(it->ready);
    it->ready = NULL;
}

void limn_distance_close(limn_distance_meter *distance) {
    forget(distance);
    limn_loss_network_free(&distance->network);
    limn_lpips_weights_free(&distance->weights);
}

static limn_status make_ready(limn_distance_meter *it, int width, int height) {
    if (it->ready && it->ready->width == width && it->ready->height == height) return LIMN_OK;
    forget(it);
    ready *made = it->ready = calloc(1, sizeof *made);
    if (made) made->graph = limn_graph_new();
    if (!made || !made->graph) {
        forget(it);
        return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    }
    made->net = (limn_net){.graph = made->graph, .store = &it->network.store};
    made->input = limn_input(made->graph, "picture", LIMN_SHAPE(1, 3, height, width));
    build(it, &made->net, made->input, made->out);
    limn_status status = limn_plan_new(made->out, it->backbone->taps, it->how, &made->plan);
    if (status == LIMN_OK) {
        limn_net_bind(&made->net, made->plan, true);
        made->width = width;
        made->height = height;
        return LIMN_OK;
    }
    forget(it);
    return status;
}

static limn_status keep(const limn_distance_meter *it, limn_seen *seen) {
    const ready *from = it->ready;
    size_t total = 0;
    seen->taps = it->backbone->taps;
    for (int i = 0; i < seen->taps; i++) {
        const int64_t *dim = from->out[i]->shape.dim;
        seen->channels[i] = (int)dim[1];
        seen->places[i] = (size_t)(dim[2] * dim[3]);
        total += (size_t)dim[1] * seen->places[i];
    }
    float *values = malloc(total * sizeof *values);
    if (!values) return limn_fail(LIMN_MEMORY, "there is no memory for what is seen of a picture");
    for (int i = 0; i < seen->taps; i++) {
        size_t count = (size_t)seen->channels[i] * seen->places[i];
        seen->map[i] = values;
        memcpy(values, limn_plan_output(from->plan, i), count * sizeof *values);
        values += count;
    }
    return LIMN_OK;
}

limn_status limn_distance_see(limn_distance_meter *distance, limn_picture *picture,
                              limn_seen *seen) {
    int least = distance->backbone->smallest;
    *seen = (limn_seen){.width = picture->width, .height = picture->height};
    if (picture->width < least || picture->height < least)
        return limn_fail(LIMN_INPUT, "a picture of %dx%d pixels: %s needs at least %dx%d",
                         picture->width, picture->height, distance->backbone->name, least, least);
    limn_picture_on_white(picture);
    LIMN_TRY(make_ready(distance, picture->width, picture->height));
    limn_plan_bind(distance->ready->plan, distance->ready->input, picture->rgb, false);
    LIMN_TRY(limn_plan_run(distance->ready->plan));
    return keep(distance, seen);
}

void limn_seen_free(limn_seen *seen) {
    free(seen->map[0]);
    *seen = (limn_seen){0};
}

// ---- the distance ----

static void find_factors(const float *map, int channels, size_t places, double *factor) {
    memset(factor, 0, places * sizeof *factor);
    for (int c = 0; c < channels; c++, map += places)
        for (size_t i = 0; i < places; i++) factor[i] += (double)map[i] * (double)map[i];
    for (size_t i = 0; i < places; i++) factor[i] = 1 / (sqrt(factor[i]) + 1e-10);
}

double limn_distance_of_maps(const float *a, const float *b, const float *weight, int channels,
                             size_t places, double *room) {
    double *of_a = room, *of_b = room + places, sum = 0;
    find_factors(a, channels, places, of_a);
    find_factors(b, channels, places, of_b);
    for (int c = 0; c < channels; c++, a += places, b += places) {
        double squares = 0;
        for (size_t i = 0; i < places; i++) {
            double apart = (double)a[i] * of_a[i] - (double)b[i] * of_b[i];
            squares += apart * apart;
        }
        sum += (weight ? (double)weight[c] : 1) * squares;
    }
    return sum / (double)places;
}

limn_status limn_distance_between(const limn_distance_meter *distance, const limn_seen *a,
                                  const limn_seen *b, double *value) {
    double *room = malloc(2 * a->places[0] * sizeof *room); // the first map has most places
    if (!room) return limn_fail(LIMN_MEMORY, "there is no memory to compare pictures");
    *value = 0;
    for (int i = 0; i < a->taps; i++)
        *value += limn_distance_of_maps(a->map[i], b->map[i], distance->weights.weight[i],
                                        a->channels[i], a->places[i], room);
    free(room);
    return LIMN_OK;
}

// ---- of a metric ----

limn_status limn_distance_begin(limn_measuring *it, limn_distance_kind kind,
                                const limn_distance_options *options) {
    it->state = calloc(1, sizeof(limn_distance_meter));
    if (!it->state) return limn_fail(LIMN_MEMORY, "there is no memory for a network");
    return limn_distance_open(kind, options, it->plan, it->state);
}

limn_status limn_distance_pair(limn_measuring *it, limn_picture *a, limn_picture *b,
                               double *value) {
    limn_seen seen[2] = {{0}, {0}};
    limn_status status = limn_distance_see(it->state, a, &seen[0]);
    if (status == LIMN_OK) status = limn_distance_see(it->state, b, &seen[1]);
    if (status == LIMN_OK) status = limn_distance_between(it->state, &seen[0], &seen[1], value);
    for (int i = 0; i < 2; i++) limn_seen_free(&seen[i]);
    return status;
}

void limn_distance_end(limn_measuring *it) {
    if (it->state) limn_distance_close(it->state);
    free(it->state);
    it->state = NULL;
}
