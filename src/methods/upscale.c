// train upscale: a network that enlarges.
//
// y: f(small), the enlarged picture; x: the picture it was made small from.
//
//   l1        |y - x| / (C H W)                                    --loss l1
//   pixel     |y - x|^2 / (C H W)                                  --loss pixel
//   feature   |phi_j(y) - phi_j(x)|^2 / (C H W) at relu2_2         --loss feature
//   profile   spatial profiles (ops/profile.h), and |y - x|        --loss profile, --l1-weight
//
// span is trained as its paper says (kinds/span.c), on drawn graphics beside the photographs.
// srresnet is the generator of C. Ledig et al., CVPR 2017 (arXiv 1609.04802), without a
// discriminator.
// sr is "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", J. Johnson, A.
// Alahi, L. Fei-Fei, ECCV 2016 (arXiv 1603.08155), section 4.2, but for VGG-19 where the paper has
// VGG-16, and the small picture by antialiased bicubic reduction alone; --blur adds the paper's
// Gaussian of sigma 1 before it.
#include "model/loss_network.h"
#include "image/cells.h"
#include "kinds/johnson.h"
#include "kinds/span.h"
#include "kinds/srresnet.h"
#include "methods/profile_loss.h"
#include "methods/squares.h"
#include "train/start.h"
#include "train/supervised.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct upscale_options {
    limn_profile_loss profile;
    const char *init, *loss_network, *preprocess, *layer, *low;
    int network, scale, loss, degrade, preset;
    int64_t crop_size, width, settle_after;
    bool blur;
    double rate, graphics, feature;
} upscale_options;

enum { SPAN, SR, SRRESNET };
enum { L1, PIXEL, FEATURE, PROFILE };
static const int scales[] = {2, 4, 8};

#define SPAN_USUAL                                                                                 \
    {"width", "48"}, {"lr", "5e-4"}, {"loss", "l1"}, {"graphics", "0.25"}, {"ema", "0.999"},       \
        {"schedule", "cosine"}, {                                                                  \
        "warmup", "200"                                                                            \
    }
#define SR_USUAL                                                                                   \
    {"width", "64"}, {"lr", "1e-3"}, {"loss", "pixel"}, {                                          \
        "graphics", "0"                                                                            \
    }
#define SRRESNET_USUAL                                                                             \
    {"width", "64"}, {"batch-size", "4"}, {"lr", "2e-4"}, {"loss", "l1"}, {"graphics", "0"},       \
        {"ema", "0.999"}, {                                                                        \
        "schedule", "cosine"                                                                       \
    }
static const limn_default span_draft[] = {{"steps", "1000"}, {"batch-size", "8"}, SPAN_USUAL, {0}};
static const limn_default span_good[] = {{"steps", "10000"}, {"batch-size", "8"}, SPAN_USUAL, {0}};
static const limn_default span_best[] = {
    {"steps", "100000"}, {"batch-size", "16"}, SPAN_USUAL, {0}};
static const limn_default sr_draft[] = {
    {"steps", "500"}, {"crop-size", "96"}, {"batch-size", "4"}, SR_USUAL, {0}};
static const limn_default sr_good[] = {
    {"steps", "5000"}, {"crop-size", "144"}, {"batch-size", "4"}, SR_USUAL, {0}};
static const limn_default sr_best[] = {
    {"steps", "50000"}, {"crop-size", "288"}, {"batch-size", "4"}, SR_USUAL, {0}};
static const limn_default srresnet_draft[] = {
    {"steps", "300"}, {"crop-size", "96"}, SRRESNET_USUAL, {0}};
static const limn_default srresnet_good[] = {{"steps", "3000"}, SRRESNET_USUAL, {0}};
static const limn_default srresnet_best[] = {{"steps", "50000"}, SRRESNET_USUAL, {0}};
static const limn_preset presets[] = {
    {"draft", span_draft},     {"good", span_good},     {"best", span_best},
    {"draft", sr_draft},       {"good", sr_good},       {"best", sr_best},
    {"draft", srresnet_draft}, {"good", srresnet_good}, {"best", srresnet_best},
};

#define OPTION(member) .offset = offsetof(upscale_options, member)
#define PROFILE(member) .offset = offsetof(upscale_options, profile.member)
static const limn_option options[] = {
    {.name = "network",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(network),
     .fallback = "span",
     .before = "sr",
     .choices = "span|sr|srresnet",
     .help =
         "span computes at the size of the small picture (2024), srresnet too, at several times "
         "the work (2017); sr is the network of 2016"},
    {.name = "scale",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(scale),
     .fallback = "4",
     .choices = "2|4|8",
     .help = "how many times larger; sr: 4 or 8, srresnet: 4"},
    {.name = "loss",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(loss),
     .otherwise = "pixel of sr; l1",
     .choices = "l1|pixel|feature|profile",
     .help = "true pixels (their mean difference, or its square), true features: sharper, less "
             "faithful; or rows and columns that point as the true ones do"},
    LIMN_PROFILE_OPTIONS,
    {.name = "preset",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(preset),
     .fallback = "good",
     .choices = "draft|good|best",
     .help = "minutes, an hour, a day: steps and size"},
    {.name = "init",
     .kind = LIMN_OPTION_TEXT,
     OPTION(init),
     .fallback = "auto",
     .placeholder = "auto|none|MODEL",
     .help = "the model to start from, also one of another scale, of which all but the last layers "
             "are taken; auto takes one that ships, none starts from chance"},
    {.name = "low",
     .kind = LIMN_OPTION_PATH,
     OPTION(low),
     .placeholder = "FOLDER",
     .otherwise = "those in --data named LR beside HR; else small pictures are made",
     .help = "the small partners of the pictures of --data, of equal names (1.png or 1x4.png)"},
    {.name = "crop-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(crop_size),
     .otherwise = "by the preset of sr, or draft of srresnet; 48 times the scale",
     .low = 1,
     .high = 2048,
     .help = "side of the large training squares, a multiple of the scale"},
    {.name = "width",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(width),
     .otherwise = "48 of span, 64 of the others",
     .low = 1,
     .high = 256,
     .help = "channels of the network"},
    {.name = "graphics",
     .kind = LIMN_OPTION_REAL,
     OPTION(graphics),
     .otherwise = "0.25 of span, 0 of the others",
     .low = 0,
     .high = 1,
     .help = "part of the squares that are drawn: letters, lines, logos, flat colours"},
    {.name = "degrade",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(degrade),
     .fallback = "none",
     .choices = "none|jpeg",
     .help =
         "jpeg: small pictures are JPEGs of quality 30 to 95, which the network learns to mend"},
    {.name = "blur",
     .kind = LIMN_OPTION_FLAG,
     OPTION(blur),
     .help = "blur by a Gaussian of sigma 1 before making pictures small (the paper)"},
    {.name = "layer",
     .kind = LIMN_OPTION_TEXT,
     OPTION(layer),
     .fallback = "relu2_2",
     .needs = "loss=feature|feature-weight",
     .help = "the layer where features are compared"},
    LIMN_FEATURE_WEIGHT_OPTION(
        OPTION, "of features beside another loss; with l1, 1e-3 pulls about twice as hard as that"),
    {.name = "lr",
     .kind = LIMN_OPTION_REAL,
     OPTION(rate),
     .otherwise = "5e-4 of span, 1e-3 of sr, 2e-4 of srresnet",
     .low = 1e-9,
     .high = 10,
     .help = "learning rate of Adam"},
    {.name = "settle-after",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(settle_after),
     .fallback = "200",
     .low = 0,
     .high = 1e9,
     .help = "steps after which batch norms keep their statistics, in a network that starts from "
             "chance (others keep theirs at once); 0: never, as published"},
    LIMN_LOSS_NETWORK_OPTIONS(OPTION),
    {0},
};

typedef struct upscale {
    const upscale_options *options;
    limn_squares pair;
    limn_loss_network loss;
    int64_t from_chance; // its parameters are; as a fact
    limn_supervised task;
} upscale;

// ---- the objective ----

static limn_node *part(limn_node *batch, int64_t begin, int size) {
    limn_node *flat = limn_slice_axis(batch, 1, begin, 3 * (int64_t)size * size);
    return limn_reshape(flat, LIMN_SHAPE(batch->shape.dim[0], 3, size, size));
}

// Of the distance of features; 0: there is none.
static double feature_weight(const upscale_options *chosen) {
    return chosen->loss == FEATURE && chosen->feature == 0 ? 1 : chosen->feature;
}

static limn_node *objective(limn_trainer *trainer, limn_update *update, limn_node *batch) {
    upscale *own = trainer->own;
    const upscale_options *chosen = own->options;
    int64_t large = 3 * (int64_t)own->pair.large * own->pair.large;
    limn_node *x = part(batch, 0, own->pair.large), *small = part(batch, large, own->pair.small);
    limn_node *y =
        limn_kind_apply(trainer->model->kind, &update->net, trainer->model->shape, small);
    limn_update_term(update, "pixel", limn_mse(y, x), chosen->loss == PIXEL ? 1 : 0);
    if (chosen->loss == L1) limn_update_term(update, "l1", limn_l1(y, x), 1);
    if (chosen->loss == PROFILE) limn_profile_loss_terms(&chosen->profile, update, y, x);
    if (feature_weight(chosen) > 0)
        limn_loss_network_term(&own->loss, update, y, x, chosen->layer, feature_weight(chosen));
    return y;
}

// ---- the method ----

static limn_status find_pair(upscale *own) {
    const upscale_options *chosen = own->options;
    int scale = scales[chosen->scale];
    int large = chosen->crop_size ? (int)chosen->crop_size : 48 * scale;
    own->pair = (limn_squares){.large = large,
                               .small = large / scale,
                               .blur = chosen->blur,
                               .turned = chosen->network == SPAN,
                               .degraded = chosen->degrade,
                               .graphics = chosen->graphics};
    if (large % scale == 0 && own->pair.small >= 4) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "--crop-size %d: a multiple of %d from %d on is needed", large,
                     scale, 4 * scale);
}

// A network that was trained has the statistics it needs.
static void choose_settling(limn_trainer *trainer) {
    upscale *own = trainer->own;
    own->task.settles = own->options->network != SPAN && own->options->settle_after > 0;
    own->task.settled_from = own->from_chance ? own->options->settle_after : 0;
}

static limn_status start_model(limn_trainer *trainer) {
    upscale *own = trainer->own;
    const upscale_options *chosen = own->options;
    int scale = scales[chosen->scale];
    const limn_johnson_shape sr = {.width = chosen->width, .scale = scale};
    const limn_span_shape span = {
        .width = chosen->width, .scale = scale, .residual = LIMN_SPAN_NEAREST};
    const limn_srresnet_shape srresnet = {.width = chosen->width, .blocks = 16, .scale = scale};
    const void *const shapes[] = {[SPAN] = &span, [SR] = &sr, [SRRESNET] = &srresnet};
    static const char *const names[] = {[SPAN] = "span", [SR] = "sr", [SRRESNET] = "srresnet"};
    bool from_chance;
    LIMN_TRY(limn_start(trainer, chosen->init, limn_kind_find(names[chosen->network]),
                        shapes[chosen->network], &from_chance));
    own->from_chance = from_chance;
    if (chosen->degrade) LIMN_TRY(limn_model_describe(trainer->model, "limn.degrade", "jpeg"));
    limn_trainer_remember(trainer, "from chance", &own->from_chance);
    choose_settling(trainer);
    return LIMN_OK;
}

static limn_status upscale_open(limn_trainer *trainer) {
    upscale *own = trainer->own;
    const upscale_options *chosen = own->options = trainer->options;
    LIMN_TRY(find_pair(own));
    if (chosen->loss == PROFILE) {
        LIMN_TRY(limn_profile_loss_check(&chosen->profile, chosen->feature));
        limn_profile_loss_advise(&chosen->profile, trainer);
    }
    if (feature_weight(chosen) > 0)
        LIMN_TRY(limn_loss_network_load(chosen->loss_network, chosen->preprocess, &chosen->layer, 1,
                                        &own->loss));
    LIMN_TRY(start_model(trainer));
    // Small ones that are not there are made on the way.
    const limn_samples samples = {.layouts = {LIMN_LAYOUT_SCALES, LIMN_LAYOUT_PICTURES},
                                  .files = 2,
                                  .scale = scales[chosen->scale]};
    limn_set_request low = {.path_low = chosen->low};
    LIMN_TRY(limn_trainer_pictures_of(trainer, low, &samples));
    limn_loader_options how = limn_trainer_loading(trainer, limn_squares_floats(&own->pair),
                                                   limn_squares_make, &own->pair);
    return limn_supervised_load(trainer, &own->task, &how);
}

static limn_status upscale_build(limn_trainer *trainer) {
    upscale *own = trainer->own;
    return limn_supervised_build(trainer, &own->task, LIMN_SHAPE(1, (int64_t)own->task.floats),
                                 objective);
}

static limn_status upscale_step(limn_trainer *trainer) {
    upscale *own = trainer->own;
    return limn_supervised_step(trainer, &own->task, own->options->rate);
}

static limn_status upscale_validate(limn_trainer *trainer, double *total) {
    return limn_supervised_judge(&((upscale *)trainer->own)->task, total);
}

static limn_status add_bicubic(limn_cells *sheet, const float *small, const limn_squares *pair) {
    limn_picture *large, from = {.width = pair->small, .height = pair->small, .depth = 8};
    from.rgb = (float *)(uintptr_t)small; // read alone
    LIMN_TRY(limn_picture_resize(&from, pair->large, pair->large, LIMN_BICUBIC, &large));
    return limn_cells_add(sheet, large);
}

// Left bicubic, in the middle what the network makes of the same, right the truth.
static limn_status add_row(const void *context, const float *sample, const float *made,
                           limn_cells *sheet) {
    const limn_squares *pair = &((const upscale *)context)->pair;
    const float *small = sample + 3 * (size_t)pair->large * (size_t)pair->large;
    LIMN_TRY(add_bicubic(sheet, small, pair));
    LIMN_TRY(limn_cells_add_rgb(sheet, made, pair->large, pair->large));
    return limn_cells_add_rgb(sheet, sample, pair->large, pair->large);
}

static limn_status upscale_sheet(limn_trainer *trainer, limn_cells *sheet) {
    sheet->columns = 3;
    return limn_supervised_sheet(trainer, &((upscale *)trainer->own)->task, add_row, sheet);
}

static void upscale_close(limn_trainer *trainer) {
    upscale *own = trainer->own;
    limn_supervised_free(&own->task);
    limn_loss_network_free(&own->loss);
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 1, .build = upscale_build, .step = upscale_step}, {0}};

const limn_method limn_method_upscale = {
    .name = "upscale",
    .title = "a network that enlarges (SPAN, Wan 2024; SRResNet, 2017; Johnson 2016)",
    .summary = "train a network that enlarges pictures",
    .description =
        "Learns from a folder of photographs (or of pairs: HR and LR, or --low), and from graphics "
        "that it draws itself, to make "
        "pictures two, four or eight times larger, and writes model.safetensors into the run's "
        "folder. With --loss l1 or pixel the result is as near to the true pixels as it can be, "
        "with --loss feature or profile it is sharper.\n",
    .examples = "limn train upscale --data photos/ -o runs/x4\n"
                "limn upscale small.jpg -m runs/x4/model.safetensors -o large.png\n",
    .group = "Enlarging",
    .options = options,
    .options_size = sizeof(upscale_options),
    .own_size = sizeof(upscale),
    .presets = presets,
    .network_presets = true,
    .stages = stages,
    .open = upscale_open,
    .resumed = choose_settling,
    .validate = upscale_validate,
    .sheet = upscale_sheet,
    .close = upscale_close,
};
