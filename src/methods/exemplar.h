// What DSMAP and MUNIT have in common when they train: options, pictures of two domains,
// discriminators, random styles, sheets.
//
// In names of parameters and terms the domains are a and b, whatever the user calls them; in code 0
// and 1.
#ifndef LIMN_METHODS_EXEMPLAR_H
#define LIMN_METHODS_EXEMPLAR_H

#include "kinds/dsmap.h"
#include "methods/two_domains.h"
#include "model/loss_network.h"

typedef struct limn_exemplar_options {
    limn_two_domains domains;
    const char *init, *loss_network, *preprocess;
    int64_t image_size, width, style_length, blocks;
    int preset;
    bool flip;
    double rate, beta1, weight_decay, reconstruction, cycle, content, style;
} limn_exemplar_options;

// Rows of an option table whose EXEMPLAR(member) is the place of a member.
#define LIMN_EXEMPLAR_WEIGHT(title, member, usual, what)                                           \
    {                                                                                              \
        .name = title, .kind = LIMN_OPTION_REAL, EXEMPLAR(member), .fallback = usual, .low = 0,    \
        .high = 1e6, .help = what                                                                  \
    }
#define LIMN_EXEMPLAR_OPTIONS(cycle_weight, content_weight, style_weight)                          \
    LIMN_TWO_DOMAINS_OPTIONS(EXEMPLAR),                                                            \
        {.name = "preset",                                                                         \
         .kind = LIMN_OPTION_CHOICE,                                                               \
         EXEMPLAR(preset),                                                                         \
         .fallback = "good",                                                                       \
         .choices = "draft|good|published",                                                        \
         .help = "hours, a day, weeks: size, width and steps, and how the rate falls"},            \
        {.name = "image-size",                                                                     \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         EXEMPLAR(image_size),                                                                     \
         .otherwise = "by the preset",                                                             \
         .low = 64,                                                                                \
         .high = 1024,                                                                             \
         .help = "side of the training squares"},                                                  \
        {.name = "width",                                                                          \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         EXEMPLAR(width),                                                                          \
         .otherwise = "by the preset",                                                             \
         .low = 1,                                                                                 \
         .high = 128,                                                                              \
         .help = "channels of the first layers"},                                                  \
        {.name = "init",                                                                           \
         .kind = LIMN_OPTION_TEXT,                                                                 \
         EXEMPLAR(init),                                                                           \
         .fallback = "none",                                                                       \
         .placeholder = "none|MODEL|RUN",                                                          \
         .help = "what to start from; a run: its last weights, discriminators too"},               \
        {.name = "style-length",                                                                   \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         EXEMPLAR(style_length),                                                                   \
         .fallback = "8",                                                                          \
         .low = 1,                                                                                 \
         .high = 64,                                                                               \
         .help = "numbers in a style"},                                                            \
        {.name = "blocks",                                                                         \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         EXEMPLAR(blocks),                                                                         \
         .fallback = "4",                                                                          \
         .low = 1,                                                                                 \
         .high = 16,                                                                               \
         .help = "residual blocks of an encoder, and of a decoder"},                               \
        {.name = "flip",                                                                           \
         .kind = LIMN_OPTION_FLAG,                                                                 \
         EXEMPLAR(flip),                                                                           \
         .fallback = "yes",                                                                        \
         .help = "do not mirror half of the pictures"},                                            \
        LIMN_EXEMPLAR_WEIGHT("reconstruction-weight", reconstruction, "10",                        \
                             "a picture drawn from its own content and style is itself"),          \
        LIMN_EXEMPLAR_WEIGHT("cycle-weight", cycle, cycle_weight,                                  \
                             "a picture translated there and back is itself"),                     \
        LIMN_EXEMPLAR_WEIGHT("content-weight", content, content_weight,                            \
                             "a translation has the content of its picture"),                      \
        LIMN_EXEMPLAR_WEIGHT("style-weight", style, style_weight,                                  \
                             "a picture drawn in a random style has that style"),                  \
        {.name = "lr",                                                                             \
         .kind = LIMN_OPTION_REAL,                                                                 \
         EXEMPLAR(rate),                                                                           \
         .fallback = "2e-4",                                                                       \
         .low = 0,                                                                                 \
         .high = 10,                                                                               \
         .help = "learning rate of Adam"},                                                         \
        {.name = "beta1",                                                                          \
         .kind = LIMN_OPTION_REAL,                                                                 \
         EXEMPLAR(beta1),                                                                          \
         .fallback = "0.5",                                                                        \
         .low = 0,                                                                                 \
         .high = 0.999,                                                                            \
         .help = "decay of Adam's first moment"},                                                  \
    {                                                                                              \
        .name = "weight-decay", .kind = LIMN_OPTION_REAL, EXEMPLAR(weight_decay),                  \
        .fallback = "1e-4", .low = 0, .high = 1,                                                   \
        .help = "of all parameters, added to their gradients"                                      \
    }

extern const limn_default limn_exemplar_draft[], limn_exemplar_good[];

// ---- networks of training alone ----

enum { LIMN_SCALES = 3 };
// Three networks that judge x [n,3,h,w] in -1..1, its half and its quarter size, map by map.
// Parameters D.a or D.b; `slope` of their leaky relus.
void limn_exemplar_judge(limn_net *net, int64_t width, double slope, int domain, limn_node *x,
                         limn_node *out[LIMN_SCALES]);
// The sums over the three of the least-squares loss, and of the mean answer.
limn_node *limn_exemplar_lsgan(limn_node *const out[LIMN_SCALES], limn_verdict wanted);
limn_node *limn_exemplar_answer(limn_node *const out[LIMN_SCALES]);

// ---- a training ----

// What every update is given: pictures of both domains, 0..255, and a random style for each.
typedef struct limn_exemplar_inputs {
    limn_node *pictures;                 // [2 batch,3,size,size]: first those of a
    limn_node *x[LIMN_TWO_DOMAINS];      // in -1..1
    limn_node *chance[LIMN_TWO_DOMAINS]; // [batch,style]
} limn_exemplar_inputs;

typedef struct limn_exemplar {
    const limn_exemplar_options *options;
    limn_dsmap_shape shape;
    limn_update *updates[LIMN_TWO_UPDATES];
    limn_exemplar_inputs in[LIMN_TWO_UPDATES];
    float *chance[LIMN_TWO_DOMAINS];
    limn_held_out held[LIMN_TWO_DOMAINS];
} limn_exemplar;

// Opens the pictures of two domains and makes the trainer's model; `shape` is filled in but for
// what the options say.
limn_status limn_exemplar_open(limn_trainer *trainer, limn_exemplar *it);
// Adds the terms of both updates. Discriminators may borrow of the other.
typedef void limn_exemplar_teach(void *own, limn_update *const updates[],
                                 const limn_exemplar_inputs in[]);
// Both updates of the trainer's, with their terms and plans. What is trained besides D. is said by
// groups.
limn_status limn_exemplar_build(limn_trainer *trainer, limn_exemplar *it,
                                limn_exemplar_teach *teach, const limn_group *groups);
// Products of the losses of both, for the `shape` of what options say.
void limn_exemplar_shape(const limn_exemplar_options *options, limn_dsmap_shape *shape);
double limn_exemplar_work(void *own, const limn_dsmap_shape *shape, int64_t batch,
                          limn_exemplar_teach *teach);
// D, then all others, on the same pictures and fresh random styles; what D borrows of the other is
// computed once, so it may not depend on the styles.
limn_status limn_exemplar_step(limn_trainer *trainer, limn_exemplar *it);
// Contents down, exemplars along the top, then random styles; both directions.
limn_status limn_exemplar_sheet(limn_trainer *trainer, limn_exemplar *it, struct limn_cells *sheet);
void limn_exemplar_close(limn_exemplar *it);

#endif
