// train egsc-it: translation between two unpaired sets of pictures, by an exemplar.
//
// "Exemplar Guided Unsupervised Image-to-Image Translation with Semantic Consistency", L. Ma,
// X. Jia, S. Georgoulis, T. Tuytelaars, L. Van Gool, ICLR 2019 (arXiv 1805.11145).
//
//   1. An auto-encoder of each domain (egsc_first.c). Their encoders F stay as they are then: of
//      them come a mask m_a of a picture, what of its content counts where, and the statistics
//      s_b of an exemplar.
//   2. A picture x_a has a content c_a in a latent space that both domains share (UNIT), and
//
//        x_ab = G_b(adain(m_a c_a, s_b))         the content of x_a in the style of x_b
//        x_aba = G_a(adain(m_a c(x_ab), s_a))
//
//        D   x_ab is fake, x_b is real                                       (least squares)
//        G   adversarial                                                     --gan-weight
//            |x_aa - x_a|, |x_aba - x_a|                                     --l1-weight
//            latents are near N(0, I)                                        --kl-weight
//            features of VGG in their places are those of x_a                --content-weight
//            and their products over all places those of x_b                 --style-weight
//
//      and the same for b. D once on a batch, then G --generator-updates times on others.
//
// Where paper and code differ we follow the paper in how statistics are applied, and start the
// second stage from the first; --adain, --kl and --init have the code's forms.
#include "methods/egsc_it.h"

#include <string.h>

static const limn_option options[] = {
    LIMN_EGSC_PICTURE_OPTIONS,
    {.name = "stage1-steps",
     .kind = LIMN_OPTION_WHOLE,
     LIMN_EGSC(stage1_steps),
     .otherwise = "by the preset",
     .low = 0,
     .high = 1e9,
     .help = "length of the first stage; --steps is that of the second"},
    {.name = "init",
     .kind = LIMN_OPTION_TEXT,
     LIMN_EGSC(init),
     .otherwise = "by the preset",
     .placeholder = "stage1|none|MODEL|RUN",
     .help =
         "what the second stage starts from: the auto-encoders of the first, chance, or a model "
         "with its F, without a first stage; a run: its last weights, discriminators too"},
    LIMN_EGSC_OBJECTIVE_OPTIONS,
    {.name = "style-weight",
     .kind = LIMN_OPTION_REAL,
     LIMN_EGSC(style_weight),
     .otherwise = "by the preset",
     .low = 0,
     .high = 1e9,
     .help = "a translation has the products of features of its exemplar"},
    {.name = "content-weight",
     .kind = LIMN_OPTION_REAL,
     LIMN_EGSC(content_weight),
     .otherwise = "by the preset",
     .low = 0,
     .high = 1e9,
     .help = "a translation has the features of its picture"},
    {.name = "adain",
     .kind = LIMN_OPTION_CHOICE,
     LIMN_EGSC(adain),
     .fallback = "standard",
     .choices = "standard|published",
     .help = "how a style is applied: as deviation and mean, or as mean and variance (the official "
             "code)"},
    {.name = "mask",
     .kind = LIMN_OPTION_FLAG,
     LIMN_EGSC(mask),
     .fallback = "yes",
     .help = "without feature masks"},
    {.name = "no-adain",
     .kind = LIMN_OPTION_FLAG,
     LIMN_EGSC(no_adain),
     .help = "without styles: the result takes nothing of an exemplar"},
    {.name = "perceptual",
     .kind = LIMN_OPTION_FLAG,
     LIMN_EGSC(perceptual),
     .fallback = "yes",
     .help = "without content and style terms, which a loss network is needed for"},
    LIMN_LOSS_NETWORK_OPTIONS(LIMN_EGSC),
    {0},
};

static const limn_default defaults[] = {{"schedule", "poly"}, {0}};

#define AFTER_FIRST(style, content, steps)                                                         \
    {"style-weight", style}, {"content-weight", content}, {"stage1-steps", steps}, {               \
        "init", LIMN_EGSC_FROM_FIRST                                                               \
    }
#define AS_PUBLISHED(style, content, steps)                                                        \
    {"style-weight", style}, {"content-weight", content}, {"stage1-steps", steps},                 \
        {"init", "none"}, {                                                                        \
        "adain", "published"                                                                       \
    }
static const limn_default draft[] = {
    LIMN_EGSC_OF_PICTURES("300"), AFTER_FIRST("5e3", "10", "2000"), {0}};
static const limn_default pictures[] = {
    LIMN_EGSC_OF_PICTURES("1200"), AFTER_FIRST("5e3", "10", "2000"), {0}};
static const limn_default single[] = {
    LIMN_EGSC_OF_MNIST_SINGLE, AFTER_FIRST("1e3", "10", "600"), {0}};
static const limn_default multiple[] = {
    LIMN_EGSC_OF_MNIST_MULTIPLE, AFTER_FIRST("1e4", "100", "2000"), {0}};
static const limn_default single_published[] = {
    LIMN_EGSC_PUBLISHED_MNIST_SINGLE, AS_PUBLISHED("1e3", "10", "60000"), {0}};
static const limn_default multiple_published[] = {
    LIMN_EGSC_PUBLISHED_MNIST_MULTIPLE, AS_PUBLISHED("1e4", "100", "60000"), {0}};
static const limn_default street_bdd[] = {
    LIMN_EGSC_PUBLISHED_STREET, AS_PUBLISHED("1e4", "100", "24466"), {0}};
static const limn_default street_cityscapes[] = {
    LIMN_EGSC_PUBLISHED_STREET, AS_PUBLISHED("1e3", "500", "24466"), {0}};
static const limn_default celeba[] = {
    LIMN_EGSC_PUBLISHED_CELEBA, AS_PUBLISHED("5e3", "10", "94509"), {0}};
static const limn_preset presets[] = {{"draft", draft},
                                      {"good", pictures},
                                      {"pictures", pictures},
                                      {"mnist-single", single},
                                      {"mnist-multiple", multiple},
                                      {"mnist-single-published", single_published},
                                      {"mnist-multiple-published", multiple_published},
                                      {"street-bdd", street_bdd},
                                      {"street-cityscapes", street_cityscapes},
                                      {"celeba", celeba}};

// ---- semantic consistency ----

enum { LAYERS = 5 };
static const char *const layers[LAYERS] = {"relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"};

// Of pictures of both domains at once, each channel of unit length.
static void features(limn_egsc *it, limn_net *net, limn_node *const x[LIMN_TWO_DOMAINS],
                     limn_node *found[LAYERS]) {
    limn_vgg vgg = limn_loss_network_on(&it->loss, net);
    vgg.ceil = true; // else nothing is left of relu5_1 of small pictures
    limn_node *both = limn_concat(x, LIMN_TWO_DOMAINS, 0);
    limn_vgg_taps(&vgg, limn_affine(both, 127.5, 127.5), layers, LAYERS, found);
    for (int l = 0; l < LAYERS; l++) found[l] = limn_unit_features(found[l]);
}

// The mean of a domain, of numbers of the pictures of both.
static limn_node *mean_of(limn_node *both, int domain) {
    int64_t batch = both->shape.dim[0] / LIMN_TWO_DOMAINS;
    return limn_mean(limn_slice_axis(both, 0, domain * batch, batch), LIMN_AXIS(0), LIMN_KEEP);
}

void limn_egsc_teach_consistency(limn_egsc *it, limn_update *update, limn_egsc_inputs in,
                                 limn_node *const made[LIMN_TWO_DOMAINS]) {
    static const char *const content[] = {"content a", "content b"}, *const style[] = {"style a",
                                                                                       "style b"};
    limn_node *real[LAYERS], *fake[LAYERS];
    if (!it->options->perceptual) return;
    limn_net *net = limn_update_net(update, &it->loss.store, LIMN_FROZEN);
    features(it, net, in.x, real);
    features(it, net, made, fake);
    // What is drawn in a domain has the content of the other's picture, the style of its own.
    int64_t batch = in.x[0]->shape.dim[0];
    limn_node *unlike_picture = limn_content_distances(fake, real, LAYERS, batch);
    limn_node *unlike_exemplar = limn_style_distances(fake, real, LAYERS);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_update_term(update, content[d], mean_of(unlike_picture, 1 - d),
                         it->options->content_weight);
        limn_update_term(update, style[d], mean_of(unlike_exemplar, d), it->options->style_weight);
    }
}

// ---- the method ----

static limn_status check_options(const limn_egsc_options *chosen) {
    bool by_stage = !strcmp(chosen->init, LIMN_EGSC_FROM_FIRST) || !strcmp(chosen->init, "none");
    if (!chosen->mask && chosen->no_adain && !chosen->perceptual)
        return limn_fail(LIMN_USAGE,
                         "--no-mask, --no-adain and --no-perceptual: nothing of EGSC-IT is left. "
                         "That is UNIT: limn train unit");
    if (chosen->stage1 && !by_stage)
        return limn_fail(LIMN_USAGE,
                         "--stage1 %s with --init %s: a model has its own F. Leave one of them out",
                         chosen->stage1, chosen->init);
    return LIMN_OK;
}

static limn_status egsc_open(limn_trainer *trainer) {
    limn_egsc *it = trainer->own;
    const limn_egsc_options *chosen = trainer->options;
    bool from_first = !strcmp(chosen->init, LIMN_EGSC_FROM_FIRST);
    LIMN_TRY(check_options(chosen));
    LIMN_TRY(limn_egsc_take_options(it, chosen));
    it->shape.sharing = true;
    if (chosen->perceptual)
        LIMN_TRY(limn_loss_network_load(chosen->loss_network, chosen->preprocess, layers, LAYERS,
                                        &it->loss));
    LIMN_TRY(limn_egsc_open(trainer, it, from_first ? "none" : chosen->init));
    bool needs_none = !from_first && !limn_egsc_guided(&it->shape);
    if (chosen->stage1 || needs_none || (!from_first && strcmp(chosen->init, "none") != 0))
        trainer->lengths[0] = 0;
    trainer->batches[1] = 1 + (int)chosen->generator_updates;
    return limn_two_domains_describe(trainer, &it->loss, "relu1_1 to relu5_1");
}

static limn_status egsc_build_first(limn_trainer *trainer) {
    return limn_egsc_build_first(trainer, trainer->own);
}

// D once, G once.
static limn_status egsc_step_first(limn_trainer *trainer) {
    LIMN_TRY(limn_egsc_update(trainer, trainer->own, LIMN_JUDGES));
    return limn_egsc_update(trainer, trainer->own, LIMN_DRAWS);
}

static limn_status egsc_build(limn_trainer *trainer) {
    return limn_egsc_build(trainer, trainer->own, limn_egsc_teach_consistency);
}

static limn_status egsc_step(limn_trainer *trainer) {
    return limn_egsc_step(trainer, trainer->own);
}

static limn_status egsc_sheet(limn_trainer *trainer, struct limn_cells *sheet) {
    return trainer->stage ? limn_egsc_sheet(trainer, trainer->own, sheet)
                          : limn_egsc_sheet_first(trainer, trainer->own, sheet);
}

static void egsc_close(limn_trainer *trainer) {
    limn_egsc_close(trainer->own);
}

static const limn_stage stages[] = {
    {.steps = "stage1-steps", .batches = 2, .build = egsc_build_first, .step = egsc_step_first},
    {.name = "the encoders stay as F, and pictures are translated",
     .steps = "steps",
     .batches = 6,
     .build = egsc_build,
     .step = egsc_step},
    {0}};

const limn_method limn_method_egsc_it = {
    .name = "egsc-it",
    .title = "translation between two sets by an exemplar, with a feature mask (Ma 2019)",
    .summary = "train a model that gives a picture an exemplar's colours, place by place",
    .description =
        "Learns from two folders of pictures that were never paired (FOLDER/trainA and "
        "FOLDER/trainB, or two folders of FOLDER/train/), both ways at once, in two stages: "
        "auto-encoders of both domains, then translation. The content of a picture stays in its "
        "places; colours and textures are those of an exemplar of the other domain.\n"
        "The auto-encoders are kept in the run's folder as stage1.safetensors: with --stage1 "
        "another training, also limn train unit, starts from the same ones.\n"
        "--no-mask, --no-adain and --no-perceptual are the ablations of the paper; all of them at "
        "once are limn train unit.\n",
    .examples = "limn train egsc-it --data digits/ --preset mnist-single -o runs/digits\n"
                "limn translate 7.png -m runs/digits --exemplar red-on-green.png -o out.png\n"
                "limn train egsc-it --data-a photos/ --data-b paintings/ -o runs/paintings\n"
                "limn train egsc-it --data-a photos/ --data-b paintings/ --image-size 128 --init "
                "runs/paintings -o runs/paintings-128\n",
    .group = "Translation",
    .options = options,
    .options_size = sizeof(limn_egsc_options),
    .own_size = sizeof(limn_egsc),
    .defaults = defaults,
    .presets = presets,
    .stages = stages,
    .open = egsc_open,
    .sheet = egsc_sheet,
    .close = egsc_close,
};
