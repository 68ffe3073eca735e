// What EGSC-IT and UNIT have in common when they train: options, pictures, discriminators, the
// objective of UNIT, which EGSC-IT guides by masks and styles, sheets; and the auto-encoders that
// both may start from.
#ifndef LIMN_METHODS_EGSC_H
#define LIMN_METHODS_EGSC_H

#include "kinds/egsc_it.h"
#include "methods/two_domains.h"
#include "nn/consistency.h"

typedef enum limn_egsc_discriminator {
    LIMN_JUDGE_PUBLISHED, // leaky relus before and behind each norm, and on the logit
    LIMN_JUDGE_PLAIN,
} limn_egsc_discriminator;

typedef enum limn_egsc_init_type { LIMN_EGSC_SMALL, LIMN_EGSC_HE } limn_egsc_init_type;

typedef struct limn_egsc_options {
    limn_two_domains domains;
    const char *init, *stage1, *loss_network, *preprocess, *image_size;
    int64_t width, downsamplings, stage1_steps, generator_updates;
    int preset, init_type, adain, kl, discriminator;
    bool mask, no_adain, perceptual, sharing, flip, crop;
    double rate, style_weight, content_weight, l1_weight, kl_weight, gan_weight, noise_deviation;
} limn_egsc_options;

#define LIMN_EGSC_FROM_FIRST "stage1" // a value of init: what the first stage has learnt

// Rows of an option table.
#define LIMN_EGSC(member) .offset = offsetof(limn_egsc_options, member)
#define LIMN_EGSC_PRESETS                                                                          \
    "draft|good|pictures|mnist-single|mnist-multiple|mnist-single-published|mnist-multiple-"       \
    "published|street-bdd|street-cityscapes|celeba"
#define LIMN_EGSC_WEIGHT(title, member, usual, ...)                                                \
    {                                                                                              \
        .name = title, .kind = LIMN_OPTION_REAL, LIMN_EGSC(member), .fallback = usual, .low = 0,   \
        .high = 1e9, .help = __VA_ARGS__                                                           \
    }
#define LIMN_EGSC_PICTURE_OPTIONS                                                                  \
    LIMN_TWO_DOMAINS_OPTIONS(LIMN_EGSC),                                                           \
        {.name = "preset",                                                                         \
         .kind = LIMN_OPTION_CHOICE,                                                               \
         LIMN_EGSC(preset),                                                                        \
         .fallback = "good",                                                                       \
         .choices = LIMN_EGSC_PRESETS,                                                             \
         .placeholder = "NAME",                                                                    \
         .help = "draft: a quarter of good, which is pictures: any, of 64 pixels; mnist-single "   \
                 "or mnist-multiple: the digits of limn data make; mnist-single-published, "       \
                 "mnist-multiple-published, street-bdd, street-cityscapes, celeba: as published, " \
                 "which takes weeks or months"},                                                   \
        {.name = "image-size",                                                                     \
         .kind = LIMN_OPTION_TEXT,                                                                 \
         LIMN_EGSC(image_size),                                                                    \
         .otherwise = "by the preset",                                                             \
         .placeholder = "N|WxH",                                                                   \
         .help = "width and height of the training pictures"},                                     \
        {.name = "downsamplings",                                                                  \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         LIMN_EGSC(downsamplings),                                                                 \
         .otherwise = "by the preset",                                                             \
         .low = 0,                                                                                 \
         .high = 4,                                                                                \
         .help = "how often an encoder halves a picture"},                                         \
        {.name = "width",                                                                          \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         LIMN_EGSC(width),                                                                         \
         .otherwise = "by the preset",                                                             \
         .low = 1,                                                                                 \
         .high = 256,                                                                              \
         .help = "channels of the first layers"},                                                  \
        {.name = "init-type",                                                                      \
         .kind = LIMN_OPTION_CHOICE,                                                               \
         LIMN_EGSC(init_type),                                                                     \
         .otherwise = "by the preset",                                                             \
         .before = "small",                                                                        \
         .choices = "small|he",                                                                    \
         .help = "first values of an encoder's layers before its blocks, and of those that "       \
                 "enlarge: of deviation 0.02, as published, or such that values keep their size "  \
                 "(He 2015)"},                                                                     \
        {.name = "flip",                                                                           \
         .kind = LIMN_OPTION_FLAG,                                                                 \
         LIMN_EGSC(flip),                                                                          \
         .fallback = "yes",                                                                        \
         .help = "do not mirror half of the pictures"},                                            \
    {                                                                                              \
        .name = "crop", .kind = LIMN_OPTION_FLAG, LIMN_EGSC(crop), .fallback = "yes",              \
        .help = "do not enlarge a part of half of the pictures, 0.8 to 1 of their sides"           \
    }
#define LIMN_EGSC_OBJECTIVE_OPTIONS                                                                \
    LIMN_EGSC_WEIGHT("l1-weight", l1_weight, "100",                                                \
                     "a picture is itself again, drawn in its own domain, or there and back"),     \
        LIMN_EGSC_WEIGHT("kl-weight", kl_weight, "0.1", "latents are near N(0, I)",                \
                         .needs = "sharing"),                                                      \
        LIMN_EGSC_WEIGHT("gan-weight", gan_weight, "10",                                           \
                         "a discriminator takes a translation for a picture of its domain"),       \
        {.name = "kl",                                                                             \
         .kind = LIMN_OPTION_CHOICE,                                                               \
         LIMN_EGSC(kl),                                                                            \
         .needs = "sharing",                                                                       \
         .fallback = "mean",                                                                       \
         .choices = "mean|noisy",                                                                  \
         .help = "what of the latents that is asked of: their means, or themselves (published)"},  \
        {.name = "noise-deviation",                                                                \
         .kind = LIMN_OPTION_REAL,                                                                 \
         LIMN_EGSC(noise_deviation),                                                               \
         .otherwise = "by the preset",                                                             \
         .before = "1",                                                                            \
         .needs = "sharing",                                                                       \
         .low = 0,                                                                                 \
         .high = 100,                                                                              \
         .help = "of the noise that latents are given: 1, as published, in which what is faint "   \
                 "in a picture may be lost"},                                                      \
        {.name = "discriminator",                                                                  \
         .kind = LIMN_OPTION_CHOICE,                                                               \
         LIMN_EGSC(discriminator),                                                                 \
         .fallback = "published",                                                                  \
         .choices = "published|plain",                                                             \
         .help = "with leaky relus on both sides of its norms and on the logit, or one each"},     \
        {.name = "generator-updates",                                                              \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         LIMN_EGSC(generator_updates),                                                             \
         .fallback = "5",                                                                          \
         .low = 1,                                                                                 \
         .high = 100,                                                                              \
         .help = "steps of the generators for each of the discriminators"},                        \
        {.name = "stage1",                                                                         \
         .kind = LIMN_OPTION_PATH,                                                                 \
         LIMN_EGSC(stage1),                                                                        \
         .otherwise = "none",                                                                      \
         .help = "auto-encoders to start from: the stage1.safetensors of another run"},            \
    {                                                                                              \
        .name = "lr", .kind = LIMN_OPTION_REAL, LIMN_EGSC(rate), .otherwise = "by the preset",     \
        .low = 0, .high = 10, .help = "learning rate of Adam"                                      \
    }

// Rows of presets, by what is trained on: sizes, first values, rate and length of the translation.
#define LIMN_EGSC_SHORT(size, halvings, values, noise, rate, batch, steps)                         \
    {"image-size", size}, {"downsamplings", halvings}, {"init-type", values},                      \
        {"noise-deviation", noise}, {"width", "32"}, {"batch-size", batch}, {"lr", rate},          \
        {"steps", steps}, {                                                                        \
        "ema", "0.99"                                                                              \
    }
#define LIMN_EGSC_AS_PUBLISHED(size, halvings, batch, rate, steps)                                 \
    {"image-size", size}, {"downsamplings", halvings}, {"init-type", "small"},                     \
        {"noise-deviation", "1"}, {"width", "64"}, {"batch-size", batch}, {"lr", rate},            \
        {"steps", steps}, {"ema", "0"}, {                                                          \
        "kl", "noisy"                                                                              \
    }
#define LIMN_EGSC_OF_PICTURES(steps) LIMN_EGSC_SHORT("64", "2", "he", "1", "1e-4", "4", steps)
#define LIMN_EGSC_OF_MNIST_SINGLE LIMN_EGSC_SHORT("28", "0", "small", "1", "2e-4", "8", "1200")
#define LIMN_EGSC_OF_MNIST_MULTIPLE LIMN_EGSC_SHORT("112", "2", "he", "0.05", "1e-4", "4", "600")
#define LIMN_EGSC_PUBLISHED_MNIST_SINGLE LIMN_EGSC_AS_PUBLISHED("28", "0", "8", "1e-5", "60000")
#define LIMN_EGSC_PUBLISHED_MNIST_MULTIPLE LIMN_EGSC_AS_PUBLISHED("112", "2", "8", "1e-5", "60000")
#define LIMN_EGSC_PUBLISHED_STREET LIMN_EGSC_AS_PUBLISHED("512x256", "2", "3", "1e-4", "24466")
#define LIMN_EGSC_PUBLISHED_CELEBA LIMN_EGSC_AS_PUBLISHED("128", "2", "8", "1e-4", "94509")

// ---- networks of training alone ----

// Logits, a map, of x [n,3,h,w] in -1..1.
limn_node *limn_egsc_judge(limn_net *net, int64_t width, limn_egsc_discriminator form,
                           limn_egsc_name name, limn_node *x);

// ---- a training ----

// What every update is given. Noise of the latents of x_A and x_B, then of x_BA and x_AB.
enum { LIMN_EGSC_NOISES = 4 };
typedef struct limn_egsc_inputs {
    limn_node *pictures;                // [2 batch,3,height,width], 0..255: first those of a
    limn_node *x[LIMN_TWO_DOMAINS];     // in -1..1
    limn_node *noise[LIMN_EGSC_NOISES]; // [batch,C,h/r,w/r]; NULL: by chance
} limn_egsc_inputs;

typedef struct limn_egsc {
    const limn_egsc_options *options;
    limn_egsc_shape shape;
    int width, height; // of the training pictures
    limn_loss_network loss;
    limn_update *updates[LIMN_TWO_UPDATES]; // of the stage at hand
    limn_egsc_inputs in[LIMN_TWO_UPDATES];
    limn_held_out held[LIMN_TWO_DOMAINS];
} limn_egsc;

limn_egsc_inputs limn_egsc_inputs_of(limn_update *update, const limn_egsc *it, int64_t batch);

// UNIT's terms, on contents that F guides where the shape says so. made[d]: the content of the
// other domain's picture drawn in d, in the style of d's.
void limn_egsc_teach_discriminators(const limn_egsc *it, limn_update *update, limn_net *guide,
                                    limn_egsc_inputs in);
void limn_egsc_teach_generators(const limn_egsc *it, limn_update *update, limn_net *guide,
                                limn_egsc_inputs in, limn_node *made[LIMN_TWO_DOMAINS]);

// What the options say of sizes and networks; LIMN_USAGE and a sentence where they do not fit.
limn_status limn_egsc_take_options(limn_egsc *it, const limn_egsc_options *chosen);
// Opens the pictures of both domains and makes the trainer's model. `init`: as limn_start_between.
limn_status limn_egsc_open(limn_trainer *trainer, limn_egsc *it, const char *init);
// Adds terms to the generators' update.
typedef void limn_egsc_more(limn_egsc *it, limn_update *update, limn_egsc_inputs in,
                            limn_node *const made[LIMN_TWO_DOMAINS]);
// Both updates of the translation. Where it begins, parameters start as the options say.
limn_status limn_egsc_build(limn_trainer *trainer, limn_egsc *it, limn_egsc_more *more);
// A fresh batch for an update, and a step of it.
limn_status limn_egsc_update(limn_trainer *trainer, limn_egsc *it, int which);
// D once, then all others --generator-updates times.
limn_status limn_egsc_step(limn_trainer *trainer, limn_egsc *it);
// A row a picture that is held out: x_A, its exemplar, x_AB, x_ABA, x_AA; then the same from B.
limn_status limn_egsc_sheet(limn_trainer *trainer, limn_egsc *it, struct limn_cells *sheet);
void limn_egsc_close(limn_egsc *it);

// ---- the auto-encoders of stage 1 (egsc_first.c) ----

// Both updates of the stage.
limn_status limn_egsc_build_first(limn_trainer *trainer, limn_egsc *it);
void limn_egsc_teach_first(const limn_egsc *it, limn_update *update, int which,
                           limn_egsc_inputs in);
// Whether a store holds them.
bool limn_egsc_has_first(const limn_store *store);
// A store with those of the file of --stage1. LIMN_USAGE where they are of another shape, or of
// other domains.
limn_status limn_egsc_load_first(const limn_trainer *trainer, const limn_egsc *it,
                                 limn_store *store);
limn_status limn_egsc_save_first(const limn_trainer *trainer, const limn_egsc *it,
                                 const limn_store *store);
// E and G become those of the auto-encoders; the shared blocks the mean of theirs.
void limn_egsc_start_from(limn_store *store, const limn_store *first);
// A row a picture that is held out: x_A, itself again, x_B, itself again.
limn_status limn_egsc_sheet_first(limn_trainer *trainer, limn_egsc *it, struct limn_cells *sheet);

#endif
