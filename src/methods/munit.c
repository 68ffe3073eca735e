// train munit: translation between two unpaired sets of pictures, in styles by chance or exemplar.
//
// "Multimodal Unsupervised Image-to-Image Translation", X. Huang, M.-Y. Liu, S. Belongie, J. Kautz,
// ECCV 2018 (arXiv 1804.04732). A picture x_a has a content c_a and a style s_a, each read by an
// encoder of its domain; r: a style from N(0, 1). x_ab = G_b(c_a, r_b):
//
//   D   x_ab is fake, x_b is real                                          (least squares)
//   G   adversarial; |G_a(c_a, s_a) - x_a|              --reconstruction-weight
//       |c(x_ab) - c_a|                                 --content-weight
//       |s(x_ab) - r_b|                                 --style-weight
//       |G_a(c(x_ab), s_a) - x_a|                       --cycle-weight (0: not built)
//       VGG's relu5_1 of x_ab and x_a, normalised       --perceptual-weight (0: not built)
//
// and the same for b.
#include "methods/munit.h"

#define EXEMPLAR(member) .offset = offsetof(limn_munit_options, shared.member)
#define OPTION(member) .offset = offsetof(limn_munit_options, member)
static const limn_option options[] = {
    LIMN_EXEMPLAR_OPTIONS("0", "1", "1"),
    {.name = "perceptual-weight",
     .kind = LIMN_OPTION_REAL,
     OPTION(perceptual),
     .fallback = "0",
     .low = 0,
     .high = 1e6,
     .help = "a translation has the normalised features of its picture"},
    {.name = "perceptual-layer",
     .kind = LIMN_OPTION_TEXT,
     OPTION(layer),
     .fallback = "relu5_1",
     .help = "the loss network's layer for that"},
    LIMN_LOSS_NETWORK_OPTIONS(EXEMPLAR),
    {0},
};

static const limn_default published[] = {{"image-size", "256"},
                                         {"width", "64"},
                                         {"batch-size", "1"},
                                         {"steps", "1000000"},
                                         {"lr", "1e-4"},
                                         {"halve-every", "100000"},
                                         {0}};
static const limn_preset presets[] = {
    {"draft", limn_exemplar_draft}, {"good", limn_exemplar_good}, {"published", published}};

static const double SLOPE = 0.2; // of the discriminators' leaky relus

// ---- the objective ----

// content[d]: of d's picture, in the generators' update.
static void teach_discriminators(const limn_munit *own, limn_update *update, limn_update *lender,
                                 limn_node *const content[], limn_exemplar_inputs in) {
    static const char *const real[] = {"D real a", "D real b"},
                             *const fake[] = {"D fake a", "D fake b"},
                             *const on_real[] = {"D of real a", "D of real b"},
                             *const on_fake[] = {"D of fake a", "D of fake b"};
    const limn_dsmap_shape *shape = &own->shared.shape;
    limn_net *net = &update->net;
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_node *judged[2][LIMN_SCALES];
        limn_node *of_other = limn_update_borrow(update, lender, content[1 - d]);
        limn_node *made = limn_dsmap_decode(net, shape, d, of_other, in.chance[d]);
        limn_exemplar_judge(net, shape->width, SLOPE, d, in.x[d], judged[0]);
        limn_exemplar_judge(net, shape->width, SLOPE, d, made, judged[1]);
        limn_update_term(update, real[d], limn_exemplar_lsgan(judged[0], LIMN_REAL), 1);
        limn_update_term(update, fake[d], limn_exemplar_lsgan(judged[1], LIMN_FAKE), 1);
        limn_update_term(update, on_real[d], limn_exemplar_answer(judged[0]), 0);
        limn_update_term(update, on_fake[d], limn_exemplar_answer(judged[1]), 0);
    }
}

static limn_node *features(limn_munit *own, limn_net *net, limn_node *x) {
    limn_node *rgb = limn_affine(x, 127.5, 127.5);
    return limn_instance_norm(limn_loss_network_tap(&own->loss, net, rgb, own->options->layer),
                              NULL, NULL, 1e-5);
}

// made[d]: the content of the other domain's picture in a random style of d. Gives content[d], of
// d's picture.
static void teach_generators(limn_munit *own, limn_update *update, limn_net *vgg,
                             limn_exemplar_inputs in, limn_node *content[LIMN_TWO_DOMAINS]) {
    static const char *const gan[] = {"G a", "G b"},
                             *const own_again[] = {"reconstruction a", "reconstruction b"},
                             *const content_term[] = {"content a", "content b"},
                             *const style_term[] = {"style a", "style b"},
                             *const cycle[] = {"cycle a", "cycle b"},
                             *const perceptual[] = {"perceptual a", "perceptual b"};
    const limn_dsmap_shape *shape = &own->shared.shape;
    const limn_exemplar_options *weight = &own->options->shared;
    limn_net *net = &update->net;
    limn_node *style[LIMN_TWO_DOMAINS], *made[LIMN_TWO_DOMAINS], *again[LIMN_TWO_DOMAINS];
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        content[d] = limn_dsmap_encode(net, shape, d, in.x[d]).shared;
        style[d] = limn_dsmap_style(net, shape, d, in.x[d]);
    }
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        made[d] = limn_dsmap_decode(net, shape, d, content[1 - d], in.chance[d]);
        again[d] = limn_dsmap_encode(net, shape, d, made[d]).shared;
    }
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        int other = 1 - d;
        limn_node *judged[LIMN_SCALES],
            *itself = limn_dsmap_decode(net, shape, d, content[d], style[d]);
        limn_exemplar_judge(net, shape->width, SLOPE, d, made[d], judged);
        limn_update_term(update, gan[d], limn_exemplar_lsgan(judged, LIMN_REAL), 1);
        limn_update_term(update, own_again[d], limn_l1(itself, in.x[d]), weight->reconstruction);
        limn_update_term(update, content_term[d], limn_l1(again[other], content[d]),
                         weight->content);
        limn_update_term(update, style_term[d],
                         limn_l1(limn_dsmap_style(net, shape, d, made[d]), in.chance[d]),
                         weight->style);
        if (weight->cycle > 0)
            limn_update_term(
                update, cycle[d],
                limn_l1(limn_dsmap_decode(net, shape, d, again[other], style[d]), in.x[d]),
                weight->cycle);
        if (vgg)
            limn_update_term(update, perceptual[d],
                             limn_mse(features(own, vgg, made[d]), features(own, vgg, in.x[other])),
                             own->options->perceptual);
    }
}

// ---- the method ----

static limn_status munit_open(limn_trainer *trainer) {
    limn_munit *own = trainer->own;
    const limn_munit_options *chosen = own->options = trainer->options;
    own->shared.options = &chosen->shared;
    own->shared.shape.encoder = LIMN_ENCODER_MUNIT;
    if (chosen->perceptual > 0)
        LIMN_TRY(limn_loss_network_load(chosen->shared.loss_network, chosen->shared.preprocess,
                                        &chosen->layer, 1, &own->loss));
    LIMN_TRY(limn_exemplar_open(trainer, &own->shared));
    return limn_two_domains_describe(trainer, &own->loss, chosen->layer);
}

static void teach(void *of, limn_update *const updates[], const limn_exemplar_inputs in[]) {
    limn_munit *own = of;
    limn_update *draws = updates[LIMN_DRAWS];
    limn_node *content[LIMN_TWO_DOMAINS];
    limn_net *vgg =
        own->options->perceptual > 0 ? limn_update_net(draws, &own->loss.store, LIMN_FROZEN) : NULL;
    teach_generators(own, draws, vgg, in[LIMN_DRAWS], content);
    teach_discriminators(own, updates[LIMN_JUDGES], draws, content, in[LIMN_JUDGES]);
}

static limn_status munit_build(limn_trainer *trainer) {
    limn_munit *own = trainer->own;
    return limn_exemplar_build(trainer, &own->shared, teach, LIMN_TRAINS("G."));
}

static double munit_work(limn_trainer *trainer, const void *chosen, int64_t batch) {
    const limn_munit *own = trainer->own;
    limn_munit other = {.options = chosen, .loss = own->loss};
    other.shared.options = &other.options->shared;
    other.shared.shape = own->shared.shape;
    limn_exemplar_shape(other.shared.options, &other.shared.shape);
    return limn_exemplar_work(&other, &other.shared.shape, batch, teach);
}

static limn_status munit_step(limn_trainer *trainer) {
    return limn_exemplar_step(trainer, &((limn_munit *)trainer->own)->shared);
}

static limn_status munit_sheet(limn_trainer *trainer, struct limn_cells *sheet) {
    return limn_exemplar_sheet(trainer, &((limn_munit *)trainer->own)->shared, sheet);
}

static void munit_close(limn_trainer *trainer) {
    limn_munit *own = trainer->own;
    limn_exemplar_close(&own->shared);
    limn_loss_network_free(&own->loss);
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 1, .build = munit_build, .step = munit_step}, {0}};

const limn_method limn_method_munit = {
    .name = "munit",
    .title = "translation between two sets in many styles (Huang 2018)",
    .summary = "train a model that translates between two sets in styles by chance",
    .description =
        "Learns from two folders of pictures that were never paired (FOLDER/trainA and "
        "FOLDER/trainB, or two folders of FOLDER/train/), both ways at once. Styles by chance are "
        "what it is trained for; those of exemplars never pass its decoder in training and are "
        "worse than limn train dsmap's.\n",
    .examples = "limn train munit --data shoes/ -o runs/shoes --preset draft\n"
                "limn translate edges.png -m runs/shoes --random 8 -o looks.png\n",
    .group = "Translation",
    .options = options,
    .options_size = sizeof(limn_munit_options),
    .own_size = sizeof(limn_munit),
    .presets = presets,
    .stages = stages,
    .open = munit_open,
    .work = munit_work,
    .sheet = munit_sheet,
    .close = munit_close,
};
