// train toy: an example of a method. It learns from pairs to translate between two domains, in a
// look that an exemplar has or that chance draws.
//
// x_A, x_B: a pair; z: a style drawn by the prior, N(0, 1); d: a domain, e: the other one.
//
//   1. Networks that read pictures and draw them again:
//        |draw_d(read_d(x_d), style_d(x_d)) - x_d|
//   2. What reads stays as it is, and y_e = draw_e(read_d(x_d), z) comes to look like domain e, as
//      z says. D on a batch, then G on the next:
//        D   BCE(D_e(x_e), real) + BCE(D_e(y_e), fake)
//        G   BCE(D_e(y_e), real) + |style_e(y_e) - z| + 10 |draw_e(read_d(x_d), style_e(x_e)) -
//        x_e|
#include "../kinds/toy.h"
#include "data/cut.h"
#include "image/cells.h"
#include "model/runner.h"
#include "nn/losses.h"
#include "train/start.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

typedef struct toy_options {
    int64_t image_size, width, translation_steps;
    int preset;
    double rate;
} toy_options;

static const limn_default defaults[] = {{"batch-size", "4"}, {"schedule", "poly"}, {0}};
static const limn_default draft[] = {
    {"steps", "200"}, {"translation-steps", "300"}, {"width", "8"}, {0}};
static const limn_default good[] = {
    {"steps", "1000"}, {"translation-steps", "3000"}, {"width", "16"}, {"ema", "0.99"}, {0}};
static const limn_preset presets[] = {{"draft", draft}, {"good", good}};

#define OPTION(member) .offset = offsetof(toy_options, member)
static const limn_option options[] = {
    {.name = "preset",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(preset),
     .fallback = "draft",
     .choices = "draft|good",
     .help = "seconds or minutes: width and steps"},
    {.name = "image-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(image_size),
     .fallback = "16",
     .low = 4,
     .high = 256,
     .help = "rows and columns of the training squares, a multiple of 4"},
    {.name = "width",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(width),
     .otherwise = "by the preset",
     .low = 1,
     .high = 64,
     .help = "channels of the first layer"},
    {.name = "translation-steps",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(translation_steps),
     .otherwise = "by the preset",
     .low = 0,
     .high = 1e9,
     .help = "length of the second stage; --steps is that of the first"},
    {.name = "lr",
     .kind = LIMN_OPTION_REAL,
     OPTION(rate),
     .fallback = "2e-3",
     .low = 1e-9,
     .high = 10,
     .help = "learning rate of Adam"},
    {0},
};

enum { HELD_OUT = 4, MOST_NUMBERS = 16 };
enum { DISCRIMINATOR, GENERATOR, UPDATES }; // of the second stage; the first has one

typedef struct toy {
    int size;
    limn_update *updates[UPDATES]; // of the stage at hand
    limn_node *pairs[UPDATES];     // their inputs, [n,6,size,size]: the channels of A, then of B
    limn_held_out held;
} toy;

// ---- networks: those of the kind, and the discriminators ----

// An update being built, with what is read of the pairs that it is given.
typedef struct scene {
    limn_update *update;
    const limn_model *model;
    limn_node *x[2]; // [n,3,size,size], in 0..255
    limn_content read[2];
} scene;

typedef enum reading { LEARNS, STAYS } reading;

static limn_status begin(limn_trainer *trainer, int which, const char *name, reading reads,
                         scene *it) {
    toy *own = trainer->own;
    const limn_model *model = trainer->model;
    limn_shape all = LIMN_SHAPE(trainer->common.batch_size, 6, own->size, own->size);
    LIMN_TRY(limn_trainer_update_new(trainer, name, &own->updates[which]));
    *it = (scene){.update = own->updates[which], .model = model};
    limn_net *net = reads == LEARNS ? &it->update->net
                                    : limn_update_net(it->update, &trainer->store, LIMN_FROZEN);
    own->pairs[which] = limn_input(net->graph, "pairs", all);
    for (int d = 0; d < 2; d++) {
        it->x[d] = limn_slice_axis(own->pairs[which], 1, 3 * d, 3);
        model->kind->read(net, model->shape, d, it->x[d], &it->read[d]);
    }
    return LIMN_OK;
}

static limn_node *style_of(const scene *it, int domain, limn_node *x) {
    return it->model->kind->style(&it->update->net, it->model->shape, domain, x);
}

static limn_node *drawn(const scene *it, int from, int to, limn_node *style) {
    return it->model->kind->draw(&it->update->net, it->model->shape, to, &it->read[from], style);
}

// z [n,numbers]
static limn_node *by_chance(const scene *it) {
    int64_t numbers = it->model->kind->style_count(it->model->shape);
    return limn_noise_normal(it->x[0]->graph, LIMN_SHAPE(it->x[0]->shape.dim[0], numbers), 0, 1);
}

// Logits of "this is a picture of the domain", [n,1,size/4,size/4].
static limn_node *judged(const scene *it, int domain, limn_node *x) {
    static const limn_layer_options half = {.conv = {.pad = 1, .stride = 2}};
    static const int64_t channels[] = {16, 32, 1};
    char name[16];
    x = limn_affine(x, 1 / 127.5, -1);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "D.%c.conv%d", 'A' + domain, i + 1);
        if (i) x = limn_leaky_relu(x, 0.2);
        x = i < 2 ? limn_conv_layer(&it->update->net, x, (int)channels[i], 4, half, name)
                  : limn_conv_layer(&it->update->net, x, 1, 1, (limn_layer_options){{0}}, name);
    }
    return x;
}

// ---- the objective ----

static const double unit = 1 / 127.5; // of pictures, in what the networks count

static limn_status build_first(limn_trainer *trainer) {
    static const char *const terms[] = {"A again", "B again"};
    scene it;
    LIMN_TRY(begin(trainer, 0, "again", LEARNS, &it));
    for (int d = 0; d < 2; d++) {
        limn_node *again = drawn(&it, d, d, style_of(&it, d, it.x[d]));
        limn_update_term(it.update, terms[d], limn_l1(again, it.x[d]), unit);
    }
    LIMN_TRY(limn_trainer_ready(trainer));
    return limn_update_ready(it.update, LIMN_TRAINS(""), trainer->plan);
}

static void teach_discriminator(const scene *it) {
    static const char *const reals[] = {"D A real", "D B real"}, *const fakes[] = {"D A fake",
                                                                                   "D B fake"};
    for (int e = 0; e < 2; e++) {
        limn_node *y = drawn(it, 1 - e, e, by_chance(it));
        limn_update_term(it->update, reals[e], limn_bce(judged(it, e, it->x[e]), LIMN_REAL), 1);
        limn_update_term(it->update, fakes[e], limn_bce(judged(it, e, y), LIMN_FAKE), 1);
    }
}

static void teach_generator(const scene *it) {
    static const char *const fakes[] = {"A fake", "B fake"},
                             *const styles[] = {"A style", "B style"},
                             *const pairs[] = {"A of B", "B of A"};
    for (int e = 0; e < 2; e++) {
        limn_node *z = by_chance(it), *y = drawn(it, 1 - e, e, z);
        limn_node *partner = drawn(it, 1 - e, e, style_of(it, e, it->x[e]));
        limn_update_term(it->update, fakes[e], limn_bce(judged(it, e, y), LIMN_REAL), 1);
        limn_update_term(it->update, styles[e], limn_l1(style_of(it, e, y), z), 1);
        limn_update_term(it->update, pairs[e], limn_l1(partner, it->x[e]), 10 * unit);
    }
}

static limn_status build_second(limn_trainer *trainer) {
    static const limn_group drawing[] = {{"draw.", 1, 1}, {"style.", 0.5, 1}, {0}};
    scene D, G;
    LIMN_TRY(begin(trainer, DISCRIMINATOR, "discriminator", STAYS, &D));
    LIMN_TRY(begin(trainer, GENERATOR, "generator", STAYS, &G));
    teach_discriminator(&D);
    teach_generator(&G);
    LIMN_TRY(limn_trainer_ready(trainer));
    LIMN_TRY(limn_update_ready(D.update, LIMN_TRAINS("D."), trainer->plan));
    return limn_update_ready(G.update, drawing, trainer->plan);
}

// A fresh batch for each of the updates.
static limn_status toy_step(limn_trainer *trainer) {
    toy *own = trainer->own;
    const toy_options *chosen = trainer->options;
    for (int u = 0; u < trainer->update_count; u++) {
        const float *pairs;
        LIMN_TRY(limn_trainer_batch(trainer, &pairs));
        limn_update_bind(own->updates[u], own->pairs[u], pairs);
        LIMN_TRY(limn_trainer_update(trainer, own->updates[u], limn_adam_usual(chosen->rate)));
    }
    return LIMN_OK;
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 1, .build = build_first, .step = toy_step},
    {.name = "what reads stays, and pictures change their domain",
     .steps = "translation-steps",
     .batches = UPDATES,
     .build = build_second,
     .step = toy_step},
    {0}};

// ---- pictures ----

static limn_status make_pair(const void *context, const limn_picture *const *sides,
                             const limn_random *stream, float *out) {
    int size = *(const int *)context;
    const limn_picture *a = sides[0], *b = sides[1];
    if (a->width != b->width || a->height != b->height)
        return limn_fail(LIMN_INPUT, "%d x %d pixels, and its partner has %d x %d", a->width,
                         a->height, b->width, b->height);
    LIMN_TRY(limn_cut_shrunk(a, size, size, stream, out));
    return limn_cut_shrunk(b, size, size, stream, out + 3 * (size_t)size * (size_t)size);
}

static limn_status toy_open(limn_trainer *trainer) {
    static const limn_samples pairs = {.layouts = {LIMN_LAYOUT_PAIRS, LIMN_LAYOUT_JOINED},
                                       .files = 2};
    static const char *const domains[] = {"A", "B"};
    toy *own = trainer->own;
    const toy_options *chosen = trainer->options;
    const toy_shape shape = {.image_size = chosen->image_size, .width = chosen->width};
    own->size = (int)chosen->image_size;
    LIMN_TRY(limn_start_between(trainer, "none", limn_kind_find("toy"), &shape, domains, 2));
    LIMN_TRY(limn_trainer_pictures(trainer, &pairs));
    limn_loader_options how = limn_trainer_loading(
        trainer, 6 * (size_t)own->size * (size_t)own->size, make_pair, &own->size);
    LIMN_TRY(limn_hold_out(&how, 0, HELD_OUT, &own->held));
    return limn_loader_new(how, &trainer->loader);
}

static void toy_close(limn_trainer *trainer) {
    toy *own = trainer->own;
    limn_held_out_free(&own->held);
}

// ---- what is held out ----

static size_t floats_of(const toy *own) {
    return 3 * (size_t)own->size * (size_t)own->size; // of a side
}

// What side `from` of a held pair becomes, in the look of side `to`: until the next call.
static limn_status make(const toy *own, limn_runner *runner, const float *pair, int from, int to,
                        const float **made) {
    float style[MOST_NUMBERS];
    limn_content_values content;
    limn_shape shape;
    assert(limn_runner_style_count(runner) <= MOST_NUMBERS);
    LIMN_TRY(limn_runner_measure(runner, to, pair + (size_t)to * floats_of(own), own->size,
                                 own->size, style));
    LIMN_TRY(limn_runner_encode(runner, from, pair + (size_t)from * floats_of(own), own->size,
                                own->size, &content));
    limn_status status = limn_runner_decode(runner, to, &content, style, made, &shape);
    limn_content_free(&content);
    return status;
}

// Calls with each side of each pair and with what the stage is to make of it: itself, then its
// partner.
typedef limn_status visit(const toy *own, void *context, const float *side, const float *made,
                          const float *wanted);

static limn_status visit_all(limn_trainer *trainer, visit *call, void *context) {
    const toy *own = trainer->own;
    limn_runner *runner;
    LIMN_TRY(limn_trainer_runner(trainer, 1, &runner));
    limn_status status = LIMN_OK;
    for (int i = 0; i < 2 * own->held.count && status == LIMN_OK; i++) {
        const float *pair = own->held.samples + (size_t)(i / 2 * 2) * floats_of(own), *made;
        int from = i % 2, to = trainer->stage ? 1 - from : from;
        status = make(own, runner, pair, from, to, &made);
        if (status == LIMN_OK)
            status = call(own, context, pair + (size_t)from * floats_of(own), made,
                          pair + (size_t)to * floats_of(own));
    }
    limn_runner_free(runner);
    return status;
}

static limn_status add_distance(const toy *own, void *context, const float *side, const float *made,
                                const float *wanted) {
    double sum = 0;
    (void)side;
    for (size_t i = 0; i < floats_of(own); i++) sum += fabs((double)(made[i] - wanted[i]));
    *(double *)context += sum / (double)floats_of(own) / (2 * own->held.count);
    return LIMN_OK;
}

static limn_status toy_validate(limn_trainer *trainer, double *total) {
    *total = 0;
    return visit_all(trainer, add_distance, total);
}

static limn_status add_cells(const toy *own, void *context, const float *side, const float *made,
                             const float *wanted) {
    (void)wanted;
    LIMN_TRY(limn_cells_add_rgb(context, side, own->size, own->size));
    return limn_cells_add_rgb(context, made, own->size, own->size);
}

// Pairs below each other: A, what becomes of it, B, what becomes of it.
static limn_status toy_sheet(limn_trainer *trainer, limn_cells *sheet) {
    sheet->columns = 4;
    return visit_all(trainer, add_cells, sheet);
}

const limn_method limn_method_toy = {
    .name = "toy",
    .title = "an example: two domains and looks of four numbers",
    .summary = "train an example of a model",
    .description =
        "Learns from pairs of pictures, FOLDER/A/NAME and FOLDER/B/NAME, to translate between two "
        "domains, in a look that an exemplar has or that chance draws.\n",
    .examples = "limn train toy --data pairs/ -o runs/toy\n"
                "limn translate a.png -m runs/toy --exemplar b.png -o out.png\n",
    .group = "Toy",
    .options = options,
    .options_size = sizeof(toy_options),
    .own_size = sizeof(toy),
    .defaults = defaults,
    .presets = presets,
    .stages = stages,
    .open = toy_open,
    .validate = toy_validate,
    .sheet = toy_sheet,
    .close = toy_close,
};
