// train paired: translation learnt from pairs of pictures.
//
// "Content and Colour Distillation for Learning Image Translations with the Spatial Profile Loss",
// M. S. Sarfraz, C. Seibold, H. Khalid, R. Stiefelhagen, BMVC 2019 (arXiv 1908.00274). No
// discriminator and no loss network: rows and columns of y = f(a) are to point where those of its
// partner b do, S being their cosines (ops/profile.h), d differences of neighbours:
//
//   gp         -S(dy, db)                                           --gp-weight
//   cp-rgb     -S(y, b)                                             --cp-weight, --cp-parts
//   cp-yuv     -S(YUV of y, YUV of b)
//   cp-grad    -S(d of YUV of y, d of YUV of b)
//   l1         |y - b| / (C H W)                                    --l1-weight, or --loss l1
//   feature    |phi(y) - phi(b)|^2 / (C H W) at relu2_2             --feature-weight
//   G          what D takes patches of (a, y) for                   --gan-weight
//
// The first four are logged as what is missing of the largest S that b allows. The last two are
// what the paper does without: the features of VGG-19, and the discriminator of pix2pix, which
// learns by (D real + D fake) / 2 before f does. f is the residual generator of the authors'
// program, with instance norms, or one of pix2pix and CycleGAN.
#include "data/cut.h"
#include "image/cells.h"
#include "image/pixels.h"
#include "kinds/resnet.h"
#include "kinds/unet.h"
#include "methods/patches.h"
#include "methods/profile_training.h"
#include "model/loss_network.h"
#include "nn/losses.h"
#include "train/start.h"
#include "train/supervised.h"

#include <string.h>

typedef struct paired_options {
    limn_profile_loss profile;
    limn_profile_training training;
    const char *loss_network, *preprocess;
    int layout, direction, input, loss, network;
    int64_t load_size;
    double gan, feature;
} paired_options;

static const char *const layer = "relu2_2"; // of the loss network

enum { PROFILE_LOSS, L1_LOSS, MSE_LOSS };
enum { A_TO_B, B_TO_A };
enum { PAIR, GREY };
static const limn_data_layout layouts[] = {LIMN_LAYOUT_AUTO, LIMN_LAYOUT_JOINED, LIMN_LAYOUT_PAIRS};

// The networks there are, in the order of the choices.
static const struct network {
    const char *kind;
    int form;
    int64_t blocks, depth;
} networks[] = {
    {"resnet", LIMN_RESNET_SPL, 9, 0},
    {"resnet", LIMN_RESNET_CYCLEGAN, 9, 0},
    {"resnet", LIMN_RESNET_CYCLEGAN, 6, 0},
    {"unet", 0, 0, 8},
    {"unet", 0, 0, 7},
};

static const limn_default published[] = {LIMN_PROFILE_PUBLISHED, {0}};
static const limn_preset presets[] = {{"draft", limn_profile_draft},
                                      {"good", limn_profile_good},
                                      {"best", limn_profile_best},
                                      {"published", published}};

#define OPTION(member) .offset = offsetof(paired_options, member)
#define PROFILE(member) .offset = offsetof(paired_options, profile.member)
#define TRAINING(member) .offset = offsetof(paired_options, training.member)
static const limn_option options[] = {
    LIMN_PROFILE_PRESET_OPTION,
    {.name = "layout",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(layout),
     .fallback = "auto",
     .choices = "auto|joined|pairs",
     .needs = "input=pair",
     .help = "joined: train/NAME holds both sides, A left of B; pairs: A/train/NAME and "
             "B/train/NAME"},
    {.name = "direction",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(direction),
     .fallback = "AtoB",
     .choices = "AtoB|BtoA",
     .needs = "input=pair",
     .help = "which side is given, and which is to be made of it"},
    {.name = "input",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(input),
     .fallback = "pair",
     .choices = "pair|grey",
     .help = "grey: --data is any pictures, and what is given is each without its colours; "
             "light and dark stay the picture's own, the network adds colours"},
    {.name = "loss",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(loss),
     .fallback = "profile",
     .choices = "profile|l1|mse",
     .help = "what is to be alike: rows and columns in their direction, or pixels (their mean "
             "difference, or its square)"},
    LIMN_PROFILE_OPTIONS,
    {.name = "gan-weight",
     .kind = LIMN_OPTION_REAL,
     OPTION(gan),
     .fallback = "0",
     .low = 0,
     .high = 1e6,
     .help = "of pix2pix's discriminator beside the loss; with --loss l1, 0.01 is as published"},
    LIMN_FEATURE_WEIGHT_OPTION(
        OPTION, "of VGG-19's features at relu2_2 beside the loss; squares of large numbers: 1e-5 "
                "is a beginning"),
    LIMN_LOSS_NETWORK_OPTIONS(OPTION),
    {.name = "network",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(network),
     .fallback = "spl-resnet",
     .choices = "spl-resnet|resnet-9blocks|resnet-6blocks|unet-256|unet-128",
     .help = "the paper's, or those of pix2pix and CycleGAN"},
    {.name = "load-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(load_size),
     .otherwise = "that of the squares",
     .low = 16,
     .high = 4096,
     .help = "shorter side to which pairs are brought before squares are cut of them"},
    LIMN_PROFILE_TRAINING_OPTIONS(
        "side of the training squares: a multiple of 4, of 256 and 128 for unet-256 and unet-128",
        "1e-4 of spl-resnet, 0.02 of the others",
        "spread of the first weights of a resnet's last layer: small ones begin from grey"),
    {0},
};

// What makes a sample: the square that is given, then the one that it is to become.
typedef struct pair_shape {
    int size, load_size, given; // given: which side
    bool grey;
    limn_mirroring mirroring;
} pair_shape;

typedef struct paired {
    const paired_options *options;
    pair_shape pair;
    limn_loss_network loss;
    limn_update *discriminator; // NULL: there is none
    limn_node *judged;          // its input
    limn_supervised task;
} paired;

// ---- pictures ----

static size_t floats_of_side(const pair_shape *pair) {
    return 3 * (size_t)pair->size * (size_t)pair->size;
}

static limn_status cut(const pair_shape *pair, const limn_picture *picture,
                       const limn_random *stream, float *out) {
    return limn_cut_scaled(picture, pair->load_size, pair->size, pair->mirroring, stream, out);
}

// One stream: both sides are cut at one place, and mirrored by one coin.
static limn_status make_pair(const void *context, const limn_picture *const *sides,
                             const limn_random *stream, float *out) {
    const pair_shape *pair = context;
    float *truth = out + floats_of_side(pair);
    if (pair->grey) {
        LIMN_TRY(cut(pair, sides[0], stream, truth));
        limn_planes_grey(truth, floats_of_side(pair) / 3, out);
        return LIMN_OK;
    }
    const limn_picture *a = sides[pair->given], *b = sides[1 - pair->given];
    if (a->width != b->width || a->height != b->height)
        return limn_fail(LIMN_INPUT, "%d x %d pixels, and its partner has %d x %d", a->width,
                         a->height, b->width, b->height);
    LIMN_TRY(cut(pair, a, stream, out));
    return cut(pair, b, stream, truth);
}

static limn_status open_pictures(limn_trainer *trainer) {
    static const limn_samples pairs = {.layouts = {LIMN_LAYOUT_JOINED, LIMN_LAYOUT_PAIRS},
                                       .files = 2,
                                       .order = LIMN_BY_SHORTEST},
                              any = {.layouts = {LIMN_LAYOUT_PICTURES},
                                     .files = 1,
                                     .order = LIMN_BY_SHORTEST};
    paired *own = trainer->own;
    limn_set_request more = {.layout = layouts[own->options->layout]};
    if (own->pair.grey) more.layout = LIMN_LAYOUT_AUTO;
    LIMN_TRY(limn_trainer_pictures_of(trainer, more, own->pair.grey ? &any : &pairs));
    limn_loader_options how =
        limn_trainer_loading(trainer, 2 * floats_of_side(&own->pair), make_pair, &own->pair);
    // Partners are compared in their own sizes.
    if (own->pair.grey) how.enough = limn_enough_for(own->pair.load_size);
    return limn_supervised_load(trainer, &own->task, &how);
}

// ---- the objective ----

static limn_node *side(limn_node *batch, int index) {
    return limn_slice_axis(batch, 1, 3 * index, 3);
}

static limn_node *made_of(limn_trainer *trainer, limn_net *net, limn_node *a) {
    return limn_kind_apply(trainer->model->kind, net, trainer->model->shape, a);
}

static limn_node *judge(const paired *own, limn_net *net, limn_node *a, limn_node *y) {
    return limn_patches_judge(net, a, y, (limn_paired_norm)own->options->training.norm);
}

// Each of the two learns with the other held.
static void add_verdict(limn_trainer *trainer, limn_update *update, limn_node *a, limn_node *y) {
    paired *own = trainer->own;
    limn_net *held = limn_update_net(update, &trainer->store, LIMN_HELD);
    held->training = true;
    limn_update_term(update, "G", limn_bce(judge(own, held, a, y), LIMN_REAL), own->options->gan);
}

// What is made, y, is the other update's.
static void teach_discriminator(limn_trainer *trainer, limn_update *maker, limn_node *made) {
    paired *own = trainer->own;
    int64_t size = own->pair.size;
    limn_update *update = own->discriminator;
    own->judged =
        limn_input(update->net.graph, "x", LIMN_SHAPE(trainer->common.batch_size, 6, size, size));
    limn_node *a = side(own->judged, 0), *b = side(own->judged, 1);
    limn_node *y = limn_update_borrow(update, maker, made);
    limn_update_term(update, "D real", limn_bce(judge(own, &update->net, a, b), LIMN_REAL), 0.5);
    limn_update_term(update, "D fake", limn_bce(judge(own, &update->net, a, y), LIMN_FAKE), 0.5);
}

static limn_node *objective(limn_trainer *trainer, limn_update *update, limn_node *batch) {
    paired *own = trainer->own;
    limn_node *a = side(batch, 0), *b = side(batch, 1);
    limn_node *y = made_of(trainer, &update->net, a);
    if (own->options->loss == PROFILE_LOSS)
        limn_profile_loss_terms(&own->options->profile, update, y, b);
    if (own->options->loss == L1_LOSS) limn_profile_loss_l1(update, y, b, 1);
    if (own->options->loss == MSE_LOSS)
        limn_update_term(update, "mse", limn_scale(limn_mse(y, b), 1 / (255.0 * 255.0)), 1);
    if (own->options->feature > 0)
        limn_loss_network_term(&own->loss, update, y, b, layer, own->options->feature);
    if (own->discriminator && update->net.training) {
        add_verdict(trainer, update, a, y);
        teach_discriminator(trainer, update, y);
    }
    return y;
}

// ---- the method ----

static limn_status find_pair(paired *own) {
    const paired_options *chosen = own->options;
    int size = (int)chosen->training.image_size,
        load = chosen->load_size ? (int)chosen->load_size : size;
    own->pair =
        (pair_shape){.size = size,
                     .load_size = load,
                     .given = chosen->direction == B_TO_A,
                     .grey = chosen->input == GREY,
                     .mirroring = chosen->training.flip ? LIMN_MIRRORED : LIMN_NEVER_MIRRORED};
    if (load >= size) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--load-size %d is below --image-size %d: squares cannot be larger than what "
                     "they are cut of",
                     load, size);
}

static limn_status check_size(const paired_options *chosen) {
    if (chosen->gan == 0 || chosen->training.image_size >= LIMN_PATCHES_LEAST) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "--image-size %lld: --gan-weight needs %d or more",
                     (long long)chosen->training.image_size, LIMN_PATCHES_LEAST);
}

static limn_status start_model(limn_trainer *trainer) {
    const paired_options *chosen = ((paired *)trainer->own)->options;
    const struct network *it = &networks[chosen->network];
    int luma = chosen->input == GREY ? LIMN_PAIRED_LUMA_KEPT : LIMN_PAIRED_LUMA_MADE;
    const limn_resnet_shape resnet = {.width = chosen->training.width,
                                      .blocks = it->blocks,
                                      .channels = 3,
                                      .out = 3,
                                      .size = chosen->training.image_size,
                                      .form = it->form,
                                      .norm = chosen->training.norm,
                                      .luma = luma,
                                      .output_deviation = chosen->training.output_deviation};
    const limn_unet_shape unet = {.width = chosen->training.width,
                                  .depth = it->depth,
                                  .channels = 3,
                                  .out = 3,
                                  .size = chosen->training.image_size,
                                  .norm = chosen->training.norm,
                                  .luma = luma};
    return limn_start(trainer, chosen->training.init, limn_kind_find(it->kind),
                      it->depth ? (const void *)&unet : &resnet, NULL);
}

static limn_status load_features(paired *own) {
    const paired_options *chosen = own->options;
    if (chosen->feature == 0) return LIMN_OK;
    return limn_loss_network_load(chosen->loss_network, chosen->preprocess, &layer, 1, &own->loss);
}

static limn_status paired_open(limn_trainer *trainer) {
    paired *own = trainer->own;
    const paired_options *chosen = own->options = trainer->options;
    if (chosen->loss == PROFILE_LOSS) {
        LIMN_TRY(limn_profile_loss_check(&chosen->profile, chosen->gan + chosen->feature));
        limn_profile_loss_advise(&chosen->profile, trainer);
    }
    LIMN_TRY(check_size(chosen));
    LIMN_TRY(find_pair(own));
    LIMN_TRY(load_features(own));
    LIMN_TRY(start_model(trainer));
    LIMN_TRY(open_pictures(trainer));
    limn_profile_training_length(trainer);
    return LIMN_OK;
}

static limn_status paired_build(limn_trainer *trainer) {
    paired *own = trainer->own;
    const limn_shape pair = LIMN_SHAPE(1, 6, own->pair.size, own->pair.size);
    if (own->options->gan > 0) {
        LIMN_TRY(limn_trainer_update_new(trainer, "discriminator", &own->discriminator));
        own->discriminator->net.training = true;
    }
    LIMN_TRY(limn_supervised_build(trainer, &own->task, pair, objective));
    if (!own->discriminator) return LIMN_OK;
    return limn_update_ready(own->discriminator, LIMN_TRAINS(""), trainer->plan);
}

static limn_status paired_step(limn_trainer *trainer) {
    paired *own = trainer->own;
    const float *batch;
    LIMN_TRY(limn_trainer_batch(trainer, &batch));
    if (own->discriminator) {
        limn_adam adam = limn_adam_usual(2e-4);
        adam.beta1 = 0.5;
        LIMN_TRY(limn_supervised_begin(trainer, &own->task, batch));
        limn_update_bind(own->discriminator, own->judged, batch);
        LIMN_TRY(limn_trainer_update(trainer, own->discriminator, adam));
    }
    return limn_supervised_step_on(trainer, &own->task, batch, own->options->training.rate);
}

static limn_status paired_validate(limn_trainer *trainer, double *total) {
    return limn_supervised_judge(&((paired *)trainer->own)->task, total);
}

// What is given, what the network makes of it, what it should be.
static limn_status add_row(const void *context, const float *sample, const float *made,
                           limn_cells *sheet) {
    const paired *own = context;
    int size = own->pair.size;
    LIMN_TRY(limn_cells_add_rgb(sheet, sample, size, size));
    LIMN_TRY(limn_cells_add_rgb(sheet, made, size, size));
    return limn_cells_add_rgb(sheet, sample + floats_of_side(&own->pair), size, size);
}

static limn_status paired_sheet(limn_trainer *trainer, limn_cells *sheet) {
    sheet->columns = 3;
    return limn_supervised_sheet(trainer, &((paired *)trainer->own)->task, add_row, sheet);
}

static void paired_close(limn_trainer *trainer) {
    paired *own = trainer->own;
    limn_supervised_free(&own->task);
    limn_loss_network_free(&own->loss);
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 1, .build = paired_build, .step = paired_step}, {0}};

const limn_method limn_method_paired = {
    .name = "paired",
    .title = "translation learnt from pairs, by spatial profiles (Sarfraz 2019)",
    .summary = "train a network that translates, from pairs of pictures",
    .description =
        "Learns from pairs of pictures, such as line drawing and coloured drawing, to make of the "
        "one what the other is, and writes model.safetensors into the run's folder. Both pictures "
        "of a pair must show the same at the same place.\n",
    .examples = "limn train paired --data drawings/ --l1-weight 10 -o runs/colour\n"
                "limn translate drawing.png -m runs/colour -o out.png\n"
                "limn train paired --data photos/ --input grey -o runs/colours\n"
                "limn translate old.jpg -m runs/colours --size keep -o coloured.jpg\n",
    .group = "Pairs",
    .options = options,
    .options_size = sizeof(paired_options),
    .own_size = sizeof(paired),
    .presets = presets,
    .stages = stages,
    .open = paired_open,
    .validate = paired_validate,
    .sheet = paired_sheet,
    .close = paired_close,
};
