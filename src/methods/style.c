// train style: a feed-forward network for one painting.
//
// "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", J. Johnson, A. Alahi,
// L. Fei-Fei, ECCV 2016 (arXiv 1603.08155). A network f is trained so that a fixed classifier phi
// cannot tell the features of f(x) from those it should have:
//
//   content   |phi_j(f(x)) - phi_j(x)|^2 / (C H W)            at one layer      --content-weight
//   style     |G_j(f(x)) - G_j(s)|^2, G the Gram matrix        at four layers    --style-weight
//   tv        squared differences of neighbouring pixels of f(x)                 --tv-weight
//
// y: f(x), the painted photograph; x: the photograph; s: the painting. We use VGG-19 where the
// paper has VGG-16, the official code's normalisation of the style loss (its weights 1, 5, 1e-6 are
// the defaults), the network of pytorch/examples, and by default begin from the style that is there
// already and nearest to the painting, which makes minutes do what takes hours from chance.
#include "model/loss_network.h"
#include "data/cut.h"
#include "image/cells.h"
#include "kinds/johnson.h"
#include "train/start.h"
#include "train/supervised.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct style_options {
    const char *style, *init, *loss_network, *preprocess, *content_layer;
    int64_t style_size, crop_size, width;
    int preset, network, style_form;
    double content_weight, style_weight, tv_weight, rate;
    limn_option_list style_weights; // LAYER=WEIGHT, instead of style_weight
} style_options;

static const limn_default draft[] = {{"steps", "220"},
                                     {"crop-size", "192"},
                                     {"batch-size", "2"},
                                     {"width", "32"},
                                     {"lr", "2e-3"},
                                     {"schedule", "cosine"},
                                     {0}};
static const limn_default good[] = {
    {"steps", "1200"}, {"crop-size", "256"}, {"batch-size", "4"}, {"width", "32"}, {0}};
static const limn_default best[] = {
    {"steps", "5000"}, {"crop-size", "256"}, {"batch-size", "4"}, {"width", "32"}, {0}};
static const limn_preset presets[] = {{"draft", draft}, {"good", good}, {"best", best}};

#define OPTION(member) .offset = offsetof(style_options, member)
static const limn_option options[] = {
    {.name = "style",
     .kind = LIMN_OPTION_PATH,
     OPTION(style),
     .placeholder = "PICTURE",
     .help = "the painting"},
    {.name = "preset",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(preset),
     .fallback = "good",
     .choices = "draft|good|best",
     .help = "minutes, half an hour, hours: steps, size and rate"},
    {.name = "init",
     .kind = LIMN_OPTION_TEXT,
     OPTION(init),
     .fallback = "auto",
     .placeholder = "auto|none|MODEL",
     .help = "the style to begin from; auto: the one that ships whose pictures are nearest to the "
             "painting, none: chance"},
    {.name = "style-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(style_size),
     .fallback = "512",
     .low = 16,
     .high = 8192,
     .help = "longer side of the painting at most: it sets the size of the strokes"},
    {.name = "crop-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(crop_size),
     .otherwise = "by the preset",
     .low = 1,
     .high = 2048,
     .help = "side of the training squares, a multiple of 4"},
    {.name = "width",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(width),
     .otherwise = "by the preset",
     .low = 1,
     .high = 256,
     .help = "channels of the first layer: 32 full, 16 half"},
    {.name = "network",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(network),
     .fallback = "torch-examples",
     .choices = "torch-examples|johnson-in|johnson-bn",
     .help = "the network to train"},
    LIMN_OBJECTIVE_OPTIONS,
    {.name = "layer-weight",
     .kind = LIMN_OPTION_LIST,
     OPTION(style_weights),
     .placeholder = "LAYER=WEIGHT",
     .help = "another style weight for one layer (relu1_2=20)"},
    {.name = "style-form",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(style_form),
     .fallback = "code",
     .choices = "code|paper",
     .help = "the style loss as the official code or the paper divides it"},
    {.name = "lr",
     .kind = LIMN_OPTION_REAL,
     OPTION(rate),
     .fallback = "1e-3",
     .low = 1e-9,
     .high = 10,
     .help = "learning rate of Adam"},
    LIMN_LOSS_NETWORK_OPTIONS(OPTION),
    {0},
};

typedef struct style {
    const style_options *options;
    double weights[LIMN_STYLE_LAYERS]; // of the style, one a layer
    limn_loss_network loss;
    limn_style_target target;
    limn_supervised task;
} style;

// ---- the objective ----

static limn_status read_weight(style *own, const char *item) {
    const char *sign = strchr(item, '=');
    if (!sign)
        return limn_fail(LIMN_USAGE, "--layer-weight %s: LAYER=WEIGHT is meant, such as relu1_2=20",
                         item);
    int tap = 0;
    size_t length = (size_t)(sign - item);
    while (tap < LIMN_STYLE_LAYERS && (strlen(limn_style_layers[tap]) != length ||
                                       strncmp(item, limn_style_layers[tap], length) != 0))
        tap++;
    if (tap == LIMN_STYLE_LAYERS)
        return limn_fail(LIMN_USAGE,
                         "--layer-weight %s: the style is compared at relu1_2, relu2_2, relu3_3 "
                         "and relu4_3, and at no other layer",
                         item);
    char *end;
    double weight = strtod(sign + 1, &end);
    bool plain = strspn(sign + 1, "+-0123456789.eE") == strlen(sign + 1);
    if (!plain || end == sign + 1 || *end || weight < 0 || weight > 1e15)
        return limn_fail(LIMN_USAGE,
                         "--layer-weight %s: the weight must be a number from 0 to 1e15", item);
    own->weights[tap] = weight;
    return LIMN_OK;
}

// The style's weight at each layer: of two for one layer the last counts.
static limn_status find_weights(style *own) {
    const style_options *chosen = own->options;
    for (int i = 0; i < LIMN_STYLE_LAYERS; i++) own->weights[i] = chosen->style_weight;
    for (int i = 0; i < chosen->style_weights.count; i++)
        LIMN_TRY(read_weight(own, chosen->style_weights.items[i]));
    bool any = chosen->content_weight != 0;
    for (int i = 0; i < LIMN_STYLE_LAYERS; i++) any = any || own->weights[i] != 0;
    if (any) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--content-weight 0, and the style has weight 0 at every layer: there is "
                     "nothing to learn from");
}

// The paper's section 3.2 in one update: terms content, style relu1_2 .. relu4_3, tv. What has no
// weight is not built, and the classifier ends at the last layer that has one.
static limn_node *add_terms(style *own, const limn_model *model, limn_update *update,
                            limn_node *x) {
    limn_net *frozen = limn_update_net(update, &own->loss.store, LIMN_FROZEN);
    limn_vgg vgg = limn_loss_network_on(&own->loss, frozen);
    const style_options *chosen = own->options;
    limn_node *y = limn_kind_apply(model->kind, &update->net, model->shape, x);
    const char *taps[LIMN_STYLE_LAYERS + 1] = {chosen->content_layer};
    double weights[LIMN_STYLE_LAYERS + 1] = {chosen->content_weight};
    limn_node *features[LIMN_STYLE_LAYERS + 1], *wanted;
    int first = chosen->content_weight == 0 ? 0 : 1, count = first, which[LIMN_STYLE_LAYERS + 1];
    for (int i = 0; i < LIMN_STYLE_LAYERS; i++) {
        taps[count] = limn_style_layers[i];
        weights[count] = own->weights[i];
        which[count] = i;
        if (weights[count] != 0) count++;
    }
    limn_vgg_taps(&vgg, y, taps, count, features);
    if (first) {
        limn_vgg_taps(&vgg, x, taps, 1, &wanted);
        limn_update_term(update, "content", limn_mse(features[0], wanted), weights[0]);
    }
    for (int i = first; i < count; i++) {
        int64_t c = own->target.channels[which[i]];
        limn_node *gram = limn_input(x->graph, taps[i], LIMN_SHAPE(1, c, c));
        limn_node *loss = limn_style_loss(features[i], gram, (limn_style_form)chosen->style_form);
        limn_update_term(update, taps[i], loss, weights[i]);
    }
    if (chosen->tv_weight != 0)
        limn_update_term(update, "tv", limn_total_variation(y), chosen->tv_weight);
    return y;
}

static limn_node *objective(limn_trainer *trainer, limn_update *update, limn_node *x) {
    return add_terms(trainer->own, trainer->model, update, x);
}

// Inputs of the graph other than parameters: the painting's Gram matrices, bound by name.
static void bind_targets(const style *own, limn_update *update) {
    limn_graph *graph = update->net.graph;
    for (int id = 0; id < limn_graph_size(graph); id++) {
        limn_node *node = limn_graph_node(graph, id);
        for (int i = 0; limn_is_input(node) && i < LIMN_STYLE_LAYERS; i++)
            if (!strcmp(node->name, limn_style_layers[i]))
                limn_update_bind(update, node, own->target.gram[i]);
    }
}

// ---- what it begins from ----

// In the order of --network's choices.
static const limn_kind *kind_of(const style_options *chosen) {
    static const char *const names[] = {"torch-examples", "johnson-in", "johnson-bn"};
    return limn_kind_find(names[chosen->network]);
}

// What the network makes of a square has the square's size, and enough is left of it at each layer
// of the loss network.
static limn_status check_crop(const style *own) {
    enum { FOR_LOSS = 16 };
    const limn_kind *kind = kind_of(own->options);
    limn_sizes sizes = kind->sizes(NULL);
    int size = (int)own->options->crop_size, multiple = sizes.rounds;
    int least = sizes.smallest > FOR_LOSS ? sizes.smallest : FOR_LOSS;
    if (size % multiple == 0 && size >= least) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--crop-size %d: for --network %s a multiple of %d from %d on is "
                     "needed",
                     size, kind->name, multiple, (least + multiple - 1) / multiple * multiple);
}

// The style terms of what a model paints of the pictures held out: how far its Gram matrices are
// from the painting's, each layer by its weight.
static limn_status judge_style(style *own, limn_update *update, limn_node *input, double *sum) {
    const limn_held_out *held_out = &own->task.held_out;
    *sum = 0;
    for (int i = 0; i < held_out->count; i++) {
        limn_update_bind(update, input, held_out->samples + (size_t)i * own->task.floats);
        LIMN_TRY(limn_update_run(update, 0, 0));
        for (int t = 0; t < update->term_count; t++)
            if (!strncmp(update->terms[t].name, "relu", 4))
                *sum += update->terms[t].weight * update->terms[t].value;
    }
    return LIMN_OK;
}

static limn_status style_distance(limn_trainer *trainer, limn_model *model, double *distance) {
    style *own = trainer->own;
    int64_t size = own->options->crop_size;
    limn_update *update;
    LIMN_TRY(limn_update_new("nearest", &model->store, &update));
    limn_node *input = limn_input(update->net.graph, "x", LIMN_SHAPE(1, 3, size, size));
    update->net.training = false;
    add_terms(own, model, update, input);
    limn_status status = limn_update_ready(update, NULL, trainer->plan);
    if (status == LIMN_OK) bind_targets(own, update);
    if (status == LIMN_OK) status = judge_style(own, update, input, distance);
    limn_update_free(update);
    return status;
}

static limn_status read_style(limn_trainer *trainer) {
    style *own = trainer->own;
    limn_picture *picture;
    LIMN_TRY(limn_picture_read(own->options->style, NULL, &picture));
    if (picture->damaged)
        limn_trainer_say(trainer, "%s: is damaged, and is used as far as it goes",
                         own->options->style);
    limn_picture_on_white(picture);
    int longer = picture->width > picture->height ? picture->width : picture->height;
    limn_status status = LIMN_OK;
    if (longer > own->options->style_size)
        status = limn_picture_fit(picture, (int)own->options->style_size);
    if (status == LIMN_OK)
        status = limn_style_target_make(&own->loss, picture, trainer->plan, &own->target);
    limn_picture_free(picture);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", own->options->style);
}

// ---- the method ----

static limn_status make_square(const void *context, const limn_picture *const *sides,
                               const limn_random *stream, float *out) {
    int size = (int)*(const int64_t *)context;
    return limn_cut_shrunk(sides[0], size, size, stream, out);
}

static void warn_of_weights(const limn_trainer *trainer) {
    const style *own = trainer->own;
    double largest = 0;
    char sentence[LIMN_WEIGHTS_SENTENCE];
    for (int i = 0; i < LIMN_STYLE_LAYERS; i++)
        if (own->weights[i] > largest) largest = own->weights[i];
    if (own->options->style_form == LIMN_STYLE_CODE &&
        limn_loss_weights_doubted(&own->loss, own->options->content_weight, largest, sentence))
        limn_trainer_say(trainer, "%s", sentence);
}

static limn_status load_loss_network(style *own) {
    const style_options *chosen = own->options;
    return limn_loss_network_of_style(chosen->loss_network, chosen->preprocess,
                                      chosen->content_layer, &own->loss);
}

static limn_status open_pictures(limn_trainer *trainer) {
    static const limn_samples samples = {.layouts = {LIMN_LAYOUT_PICTURES}, .files = 1};
    style *own = trainer->own;
    int side = (int)own->options->crop_size;
    LIMN_TRY(limn_trainer_pictures(trainer, &samples));
    limn_loader_options how = limn_trainer_loading(trainer, 3 * (size_t)side * (size_t)side,
                                                   make_square, &own->options->crop_size);
    how.enough = limn_enough_to_shrink(side, side);
    return limn_supervised_load(trainer, &own->task, &how);
}

static limn_status style_open(limn_trainer *trainer) {
    style *own = trainer->own;
    const style_options *chosen = own->options = trainer->options;
    limn_johnson_shape shape = {.width = chosen->width, .scale = 1};
    if (!chosen->style) return limn_fail(LIMN_USAGE, "--style PICTURE is needed: a painting");
    LIMN_TRY(find_weights(own));
    LIMN_TRY(check_crop(own));
    LIMN_TRY(load_loss_network(own));
    warn_of_weights(trainer);
    LIMN_TRY(read_style(trainer));
    LIMN_TRY(open_pictures(trainer));
    return limn_start_nearest(trainer, chosen->init, kind_of(chosen), &shape, style_distance);
}

static limn_status style_build(limn_trainer *trainer) {
    style *own = trainer->own;
    int64_t size = own->options->crop_size;
    LIMN_TRY(limn_supervised_build(trainer, &own->task, LIMN_SHAPE(1, 3, size, size), objective));
    bind_targets(own, own->task.updates[LIMN_STEP]);
    bind_targets(own, own->task.updates[LIMN_JUDGEMENT]);
    return LIMN_OK;
}

static limn_status style_step(limn_trainer *trainer) {
    style *own = trainer->own;
    return limn_supervised_step(trainer, &own->task, own->options->rate);
}

static limn_status style_validate(limn_trainer *trainer, double *total) {
    return limn_supervised_judge(&((style *)trainer->own)->task, total);
}

// Left the photograph, right what became of it.
static limn_status add_two(const void *context, const float *sample, const float *made,
                           limn_cells *sheet) {
    int size = (int)((const style *)context)->options->crop_size;
    LIMN_TRY(limn_cells_add_rgb(sheet, sample, size, size));
    return limn_cells_add_rgb(sheet, made, size, size);
}

static limn_status style_sheet(limn_trainer *trainer, limn_cells *sheet) {
    sheet->columns = 4;
    return limn_supervised_sheet(trainer, &((style *)trainer->own)->task, add_two, sheet);
}

static void style_close(limn_trainer *trainer) {
    style *own = trainer->own;
    limn_supervised_free(&own->task);
    limn_loss_network_free(&own->loss);
    limn_style_target_free(&own->target);
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 1, .build = style_build, .step = style_step}, {0}};

const limn_method limn_method_style = {
    .name = "style",
    .title = "a network that paints photographs like one painting (Johnson 2016)",
    .summary = "train a network that paints like one painting",
    .description =
        "Learns from a folder of photographs to paint any photograph in the style of one painting, "
        "and writes model.safetensors into the run's folder. index.html there shows curves and "
        "samples while it works.\n"
        "By default it begins from the style that ships whose pictures are nearest to the "
        "painting, so that minutes are enough. The "
        "first Ctrl-C finishes the step and saves, the second stops at once; SIGUSR1 saves and "
        "goes "
        "on; limn train --resume goes on.\n",
    .examples = "limn train style --style painting.jpg --data photos/ -o runs/mine --preset draft\n"
                "limn stylize photo.jpg -m runs/mine/model.safetensors -o out.jpg\n",
    .group = "Style",
    .options = options,
    .options_size = sizeof(style_options),
    .own_size = sizeof(style),
    .presets = presets,
    .stages = stages,
    .open = style_open,
    .validate = style_validate,
    .sheet = style_sheet,
    .close = style_close,
};
