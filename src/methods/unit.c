// train unit: translation between two unpaired sets of pictures, one result for each.
//
// "Unsupervised Image-to-Image Translation Networks", M.-Y. Liu, T. Breuel, J. Kautz, NIPS 2017
// (arXiv 1703.00848), as the authors of EGSC-IT (egsc_it.c) have it for their baseline. Encoders
// E_a, E_b and generators G_a, G_b meet in a latent space that both domains share: the block that
// ends an encoder, S, and that which begins a generator, S', are the same for both.
//
//   z_a = S(E_a(x_a)) + noise,  c_a = S'(z_a),  x_ab = G_b(c_a),  x_aba = G_a(c(x_ab))
//
//   D   x_ab is fake, x_b is real                                            (least squares)
//   G   adversarial                                                          --gan-weight
//       |G_a(c_a) - x_a|, |x_aba - x_a|                                      --l1-weight
//       latents are near N(0, I)                                             --kl-weight
//
// and the same for b. --no-sharing takes the latent space away, and its noise and term: CycleGAN
// (Zhu et al., 1703.10593) by the same networks.
#include "methods/unit.h"

#include <string.h>

static const limn_option options[] = {
    LIMN_EGSC_PICTURE_OPTIONS,
    {.name = "init",
     .kind = LIMN_OPTION_TEXT,
     LIMN_EGSC(init),
     .fallback = "none",
     .placeholder = "none|MODEL|RUN",
     .help = "what to start from; a run: its last weights, discriminators too"},
    LIMN_EGSC_OBJECTIVE_OPTIONS,
    {.name = "sharing",
     .kind = LIMN_OPTION_FLAG,
     LIMN_EGSC(sharing),
     .fallback = "yes",
     .help = "without a latent space: CycleGAN"},
    {0},
};

static const limn_default defaults[] = {{"schedule", "poly"}, {0}};

static const limn_default draft[] = {LIMN_EGSC_OF_PICTURES("300"), {0}};
static const limn_default pictures[] = {LIMN_EGSC_OF_PICTURES("1200"), {0}};
static const limn_default single[] = {LIMN_EGSC_OF_MNIST_SINGLE, {0}};
static const limn_default multiple[] = {LIMN_EGSC_OF_MNIST_MULTIPLE, {0}};
static const limn_default single_published[] = {LIMN_EGSC_PUBLISHED_MNIST_SINGLE, {0}};
static const limn_default multiple_published[] = {LIMN_EGSC_PUBLISHED_MNIST_MULTIPLE, {0}};
static const limn_default street[] = {LIMN_EGSC_PUBLISHED_STREET, {0}};
static const limn_default celeba[] = {LIMN_EGSC_PUBLISHED_CELEBA, {0}};
static const limn_preset presets[] = {{"draft", draft},
                                      {"good", pictures},
                                      {"pictures", pictures},
                                      {"mnist-single", single},
                                      {"mnist-multiple", multiple},
                                      {"mnist-single-published", single_published},
                                      {"mnist-multiple-published", multiple_published},
                                      {"street-bdd", street},
                                      {"street-cityscapes", street},
                                      {"celeba", celeba}};

static limn_status unit_open(limn_trainer *trainer) {
    limn_egsc *it = trainer->own;
    const limn_egsc_options *chosen = trainer->options;
    if (chosen->stage1 && strcmp(chosen->init, "none") != 0)
        return limn_fail(LIMN_USAGE,
                         "--stage1 %s with --init %s: two things to start from. Leave one of them "
                         "out",
                         chosen->stage1, chosen->init);
    LIMN_TRY(limn_egsc_take_options(it, chosen));
    it->shape.adain = LIMN_ADAIN_NONE;
    LIMN_TRY(limn_egsc_open(trainer, it, chosen->init));
    trainer->batches[0] = 1 + (int)chosen->generator_updates;
    return limn_two_domains_describe(trainer, &it->loss, NULL);
}

static limn_status unit_build(limn_trainer *trainer) {
    limn_egsc *it = trainer->own;
    limn_store first = {0};
    LIMN_TRY(limn_egsc_build(trainer, it, NULL));
    if (!it->options->stage1 || trainer->resumes) return LIMN_OK;
    limn_status status = limn_egsc_load_first(trainer, it, &first);
    if (status == LIMN_OK) limn_egsc_start_from(&trainer->store, &first);
    limn_store_free(&first);
    return status;
}

static limn_status unit_step(limn_trainer *trainer) {
    return limn_egsc_step(trainer, trainer->own);
}

static limn_status unit_sheet(limn_trainer *trainer, struct limn_cells *sheet) {
    return limn_egsc_sheet(trainer, trainer->own, sheet);
}

static void unit_close(limn_trainer *trainer) {
    limn_egsc_close(trainer->own);
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 6, .build = unit_build, .step = unit_step}, {0}};

const limn_method limn_method_unit = {
    .name = "unit",
    .title = "translation between two sets by a latent space that they share (Liu 2017)",
    .summary = "train a model that translates between two sets, in one look",
    .description =
        "Learns from two folders of pictures that were never paired (FOLDER/trainA and "
        "FOLDER/trainB, or two folders of FOLDER/train/), both ways at once. There is one result "
        "for each picture: what limn train egsc-it adds is the exemplar.\n"
        "With --stage1 it starts from the same auto-encoders as a run of limn train egsc-it, to be "
        "compared with it.\n",
    .examples = "limn train unit --data digits/ --preset mnist-single --stage1 "
                "runs/digits/stage1.safetensors -o runs/unit\n"
                "limn train unit --data horses/ --no-sharing -o runs/cyclegan\n"
                "limn translate horse.jpg -m runs/unit -o out.png\n",
    .group = "Translation",
    .options = options,
    .options_size = sizeof(limn_egsc_options),
    .own_size = sizeof(limn_egsc),
    .defaults = defaults,
    .presets = presets,
    .stages = stages,
    .open = unit_open,
    .sheet = unit_sheet,
    .close = unit_close,
};
