// train two-step: translation between any number of labelled domains, in two steps.
//
// "Unsupervised Image-to-Image Translation with Generative Adversarial Networks", H. Dong,
// P. Neekhara, C. Wu, Y. Guo (arXiv 1701.02676). x: pictures, c: their domains, z: noise.
//
//   1. A generator G learns pictures of all domains from z and c, against a discriminator D that
//      tells real from made and one domain from the other. D once, then G twice on the same z, c:
//        D   BCE(D(x), real) + BCE(D(G(z,c)), fake) - log p(c | x)
//        G   BCE(D(G(z,c)), real) - log p(c | G(z,c))
//   2. G stays as it is, with its running statistics, and an encoder E learns to read z:
//        E   |E(G(z,c)) - z|^2
//
// Then G(E(x), c') is x in domain c'. What we take from where code and paper differ is the code's:
// normal z, a linear E, and p(c | .) learnt from real pictures alone unless --class-loss-on-fake.
#include "methods/two_step.h"

#include "data/cut.h"
#include "image/cells.h"
#include "model/runner.h"
#include "nn/losses.h"
#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

typedef struct two_step_options {
    int64_t image_size, width, latent_size, embedding_size, encoder_steps;
    int latent, preset;
    bool class_loss_on_fake, legacy_stretch, flip, inpaint;
    double rate, beta1;
} two_step_options;

static const limn_default draft[] = {
    {"width", "32"}, {"steps", "1000"}, {"encoder-steps", "4000"}, {0}};
static const limn_default good[] = {
    {"width", "64"},        {"steps", "5200"}, {"encoder-steps", "12000"},
    {"schedule", "cosine"}, {"ema", "0.999"},  {0}};
static const limn_default published[] = {{"width", "128"}, {"encoder-steps", "30000"}, {0}};
static const limn_preset presets[] = {{"draft", draft}, {"good", good}, {"published", published}};

#define OPTION(member) .offset = offsetof(two_step_options, member)
static const limn_option options[] = {
    {.name = "preset",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(preset),
     .fallback = "good",
     .choices = "draft|good|published",
     .help = "minutes, an hour, many hours: width and steps, and how the rate falls; published: as "
             "the authors have it, 100 epochs in the first step"},
    {.name = "image-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(image_size),
     .fallback = "64",
     .low = 8,
     .high = 256,
     .help = "rows and columns of the pictures: 32, 64 (as published), 128 or 256; 8 and 16 for "
             "trying things out"},
    {.name = "width",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(width),
     .otherwise = "by the preset",
     .low = 2,
     .high = 512,
     .help = "base width of the generator; that of discriminator and encoder is half of it"},
    {.name = "encoder-steps",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(encoder_steps),
     .otherwise = "by the preset",
     .low = 0,
     .high = 1e9,
     .help = "length of the second step; --steps is that of the first"},
    {.name = "latent-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(latent_size),
     .fallback = "100",
     .low = 1,
     .high = 1024,
     .help = "how many numbers say what is not the domain"},
    {.name = "latent",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(latent),
     .fallback = "gaussian",
     .choices = "gaussian|uniform",
     .help = "how they are spread; uniform (the paper's words) ends the encoder in a tanh"},
    {.name = "embedding-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(embedding_size),
     .fallback = "5",
     .low = 0,
     .high = 256,
     .help = "how many numbers are learnt for each domain; 0: one-hot labels"},
    {.name = "class-loss-on-fake",
     .kind = LIMN_OPTION_FLAG,
     OPTION(class_loss_on_fake),
     .help = "let the discriminator learn domains from made pictures too (the original AC-GAN)"},
    {.name = "flip",
     .kind = LIMN_OPTION_FLAG,
     OPTION(flip),
     .fallback = "yes",
     .help = "do not mirror half of the pictures: for digits and letters"},
    {.name = "legacy-stretch",
     .kind = LIMN_OPTION_FLAG,
     OPTION(legacy_stretch),
     .help = "stretch the values of each picture to 0..255, as the published code did unawares"},
    {.name = "inpaint",
     .kind = LIMN_OPTION_FLAG,
     OPTION(inpaint),
     .help = "learn to fill a hole in the middle: --data is any folder of pictures"},
    {.name = "lr",
     .kind = LIMN_OPTION_REAL,
     OPTION(rate),
     .fallback = "2e-4",
     .low = 1e-9,
     .high = 10,
     .help = "learning rate of Adam in the first step; the second takes half"},
    {.name = "beta1",
     .kind = LIMN_OPTION_REAL,
     OPTION(beta1),
     .fallback = "0.5",
     .low = 0.001,
     .high = 0.999,
     .help = "decay of Adam's first moment"},
    {0},
};

enum { BATCH = 64, EPOCHS = 100, HELD_OUT = 4, MOST_SHOWN = 8 }; // of domains on a sheet

enum { DISCRIMINATOR, GENERATOR, ENCODER, UPDATES };

typedef struct two_step {
    const two_step_options *options;
    limn_two_step_shape shape;
    limn_two_step_sampling sampling;
    int batch;
    limn_update *updates[UPDATES]; // of the stage at hand
    limn_two_step_inputs inputs[UPDATES];
    float *z, *labels; // of the batch
    int shown;         // domains on a sheet
    float *held;       // pictures never trained on: [shown][HELD_OUT]
    float *codes;      // for them
} two_step;

// ---- the objective ----

limn_two_step_inputs limn_two_step_inputs_of(limn_update *update, const limn_two_step_shape *shape,
                                             int batch) {
    limn_graph *graph = update->net.graph;
    return (limn_two_step_inputs){
        .x = limn_input(graph, "x", LIMN_SHAPE(batch, 3, shape->size, shape->size)),
        .z = limn_input(graph, "z", LIMN_SHAPE(batch, shape->latent)),
        .labels = limn_input(graph, "labels", LIMN_SHAPE(batch)),
    };
}

limn_two_step_verdict limn_two_step_discriminator(limn_net *net, const limn_two_step_shape *shape,
                                                  limn_node *x) {
    x = limn_two_step_trunk(net, shape, x, "D");
    return (limn_two_step_verdict){
        .real = limn_two_step_dense(net, x, 1, "D.real"),
        .domain = limn_two_step_dense(net, x, shape->domains, "D.domain"),
    };
}

// G(z, c)
static limn_node *made_of(limn_net *net, const limn_two_step_shape *shape,
                          limn_two_step_inputs in) {
    return limn_two_step_generator(net, shape, in.z, limn_two_step_code(net, shape, in.labels));
}

void limn_two_step_teach_discriminator(limn_update *update, const limn_two_step_shape *shape,
                                       limn_two_step_inputs in, limn_node *made,
                                       double class_of_fake) {
    limn_node *x = limn_affine(in.x, 1 / 127.5, -1);
    limn_two_step_verdict on_made = limn_two_step_discriminator(&update->net, shape, made);
    limn_two_step_verdict on_real = limn_two_step_discriminator(&update->net, shape, x);
    limn_update_term(update, "D real", limn_bce(on_real.real, LIMN_REAL), 1);
    limn_update_term(update, "D fake", limn_bce(on_made.real, LIMN_FAKE), 1);
    limn_update_term(update, "D class", limn_cross_entropy(on_real.domain, in.labels), 1);
    limn_update_term(update, "D class of fake", limn_cross_entropy(on_made.domain, in.labels),
                     class_of_fake);
    limn_update_term(update, "accuracy real", limn_accuracy(on_real.domain, in.labels), 0);
    limn_update_term(update, "accuracy fake", limn_accuracy(on_made.domain, in.labels), 0);
}

limn_node *limn_two_step_teach_generator(limn_update *update, const limn_two_step_shape *shape,
                                         limn_two_step_inputs in) {
    limn_node *made = made_of(&update->net, shape, in);
    limn_two_step_verdict on_made = limn_two_step_discriminator(&update->net, shape, made);
    limn_update_term(update, "G fake", limn_bce(on_made.real, LIMN_REAL), 1);
    limn_update_term(update, "G class", limn_cross_entropy(on_made.domain, in.labels), 1);
    return made;
}

// G as translation will have it, with its running statistics: else E would learn other pictures.
void limn_two_step_teach_encoder(limn_update *update, limn_net *generator,
                                 const limn_two_step_shape *shape, limn_two_step_inputs in) {
    limn_node *made = made_of(generator, shape, in);
    limn_node *read = limn_two_step_encoder(&update->net, shape, made);
    limn_update_term(update, "latent", limn_mse(read, in.z), 1);
}

// An update with its inputs, for terms to be added.
static limn_status add_update(limn_trainer *trainer, int which) {
    static const char *const names[] = {"discriminator", "generator", "encoder"};
    two_step *own = trainer->own;
    LIMN_TRY(limn_trainer_update_new(trainer, names[which], &own->updates[which]));
    own->inputs[which] =
        limn_two_step_inputs_of(own->updates[which], &own->shape, (int)trainer->common.batch_size);
    return LIMN_OK;
}

static limn_status make_plan(limn_trainer *trainer, int which) {
    static const char *const prefixes[] = {"D.", "G.", "E."}; // of what each update trains
    two_step *own = trainer->own;
    return limn_update_ready(own->updates[which], LIMN_TRAINS(prefixes[which]), trainer->plan);
}

static limn_status build_gan(limn_trainer *trainer) {
    two_step *own = trainer->own;
    limn_update **updates = own->updates;
    LIMN_TRY(add_update(trainer, DISCRIMINATOR));
    LIMN_TRY(add_update(trainer, GENERATOR));
    limn_node *made =
        limn_two_step_teach_generator(updates[GENERATOR], &own->shape, own->inputs[GENERATOR]);
    made = limn_update_borrow(updates[DISCRIMINATOR], updates[GENERATOR], made);
    limn_two_step_teach_discriminator(updates[DISCRIMINATOR], &own->shape,
                                      own->inputs[DISCRIMINATOR], made,
                                      own->options->class_loss_on_fake ? 1 : 0);
    LIMN_TRY(limn_trainer_ready(trainer));
    LIMN_TRY(make_plan(trainer, GENERATOR));
    return make_plan(trainer, DISCRIMINATOR);
}

static limn_status build_encoder(limn_trainer *trainer) {
    two_step *own = trainer->own;
    LIMN_TRY(add_update(trainer, ENCODER));
    limn_net *generator = limn_update_net(own->updates[ENCODER], &trainer->store, LIMN_FROZEN);
    limn_two_step_teach_encoder(own->updates[ENCODER], generator, &own->shape,
                                own->inputs[ENCODER]);
    LIMN_TRY(limn_trainer_ready(trainer));
    return make_plan(trainer, ENCODER);
}

// ---- a step ----

// Shows one of the updates the batch at hand; x where it looks at real pictures.
static limn_update *show(two_step *own, int which, const float *x) {
    limn_update *update = own->updates[which];
    const limn_two_step_inputs *in = &own->inputs[which];
    limn_update_bind(update, in->z, own->z);
    limn_update_bind(update, in->labels, own->labels);
    if (x) limn_update_bind(update, in->x, x);
    return update;
}

static limn_status run(limn_trainer *trainer, int which, double rate) {
    two_step *own = trainer->own;
    limn_adam adam = limn_adam_usual(rate);
    adam.beta1 = own->options->beta1;
    return limn_trainer_update(trainer, own->updates[which], adam);
}

static void draw_z(limn_trainer *trainer) {
    two_step *own = trainer->own;
    limn_random stream = {.seed = (uint64_t)trainer->common.seed,
                          .purpose = limn_purpose("two-step z"),
                          .step = (uint64_t)trainer->step};
    limn_two_step_latents(&own->shape, &stream, own->batch, own->z);
}

// D once, then G twice on the same z and labels; the labels of the made are those of the real. What
// G makes is the same for D and for its own first update.
static limn_status gan_step(limn_trainer *trainer) {
    two_step *own = trainer->own;
    const float *x;
    draw_z(trainer);
    LIMN_TRY(limn_trainer_batch(trainer, &x));
    for (int i = 0; i < own->batch; i++)
        own->labels[i] = (float)(i / (own->batch / own->shape.domains));
    show(own, DISCRIMINATOR, x);
    LIMN_TRY(limn_trainer_begin_update(trainer, show(own, GENERATOR, NULL)));
    LIMN_TRY(run(trainer, DISCRIMINATOR, own->options->rate));
    LIMN_TRY(run(trainer, GENERATOR, own->options->rate));
    return run(trainer, GENERATOR, own->options->rate);
}

static limn_status encoder_step(limn_trainer *trainer) {
    two_step *own = trainer->own;
    limn_random stream = {.seed = (uint64_t)trainer->common.seed,
                          .purpose = limn_purpose("two-step labels"),
                          .step = (uint64_t)trainer->step};
    uint32_t domains = (uint32_t)own->shape.domains;
    draw_z(trainer);
    for (int i = 0; i < own->batch; i++)
        own->labels[i] = (float)limn_random_below(&stream, (uint32_t)i, domains);
    show(own, ENCODER, NULL);
    return run(trainer, ENCODER, 0.5 * own->options->rate);
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 1, .build = build_gan, .step = gan_step},
    {.name = "the generator stays, and its encoder learns",
     .steps = "encoder-steps",
     .build = build_encoder,
     .step = encoder_step},
    {0}};

// ---- pictures ----

static limn_status open_set(limn_trainer *trainer) {
    static const limn_samples labelled = {.layouts = {LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_UNPAIRED},
                                          .files = 1,
                                          .order = LIMN_DRAWN,
                                          .least = 2};
    static const limn_samples any = {
        .layouts = {LIMN_LAYOUT_PICTURES}, .files = 1, .order = LIMN_DRAWN};
    const two_step *own = trainer->own;
    LIMN_TRY(limn_trainer_pictures(trainer, own->options->inpaint ? &any : &labelled));
    if (!own->options->inpaint) return LIMN_OK;
    limn_domain *domains = trainer->set.domains; // one folder is both: with a hole and whole
    domains[1] = domains[0];
    domains[0].name = "hole";
    domains[1].name = "whole";
    trainer->set.domain_count = 2;
    return LIMN_OK;
}

static size_t floats_of(const two_step *own) {
    return 3 * (size_t)own->shape.size * (size_t)own->shape.size;
}

// The last pictures of each domain; where there are enough of them they are not trained on.
static limn_status hold_out(limn_trainer *trainer, const limn_loader_options *how) {
    two_step *own = trainer->own;
    size_t floats = floats_of(own);
    for (int d = 0; d < own->shown; d++) {
        limn_two_step_sampling sampling = {.shape = &own->shape,
                                           .holes = own->options->inpaint && d == 0};
        limn_loader_options shown = *how;
        shown.context = &sampling;
        limn_held_out held;
        limn_status status = limn_hold_out(&shown, d, HELD_OUT, &held);
        for (int i = 0; i < HELD_OUT && status == LIMN_OK; i++) // again where there are fewer
            memcpy(own->held + (size_t)(d * HELD_OUT + i) * floats,
                   held.samples + (size_t)(i % held.count) * floats, floats * sizeof *own->held);
        limn_held_out_free(&held);
        if (status != LIMN_OK)
            return limn_fail_in(status, "domain %s: ", trainer->set.domains[d].name);
    }
    return LIMN_OK;
}

static limn_status open_pictures(limn_trainer *trainer) {
    two_step *own = trainer->own;
    own->sampling = (limn_two_step_sampling){
        .shape = &own->shape,
        .flip = own->options->flip,
        .holes = own->options->inpaint ? own->batch / 2 : 0,
    };
    limn_loader_options how =
        limn_trainer_loading(trainer, floats_of(own), limn_two_step_sample, &own->sampling);
    // They are turned before they are shrunk, by their nearest pixels.
    how.enough = limn_enough_for(2 * limn_two_step_larger(&own->shape));
    LIMN_TRY(hold_out(trainer, &how));
    return limn_loader_new(how, &trainer->loader);
}

// ---- the method ----

// As many pictures of each domain.
static limn_status find_batch(limn_trainer *trainer) {
    two_step *own = trainer->own;
    int domains = own->shape.domains, wanted = (int)trainer->common.batch_size;
    if (!wanted) wanted = BATCH < domains ? domains : BATCH;
    own->batch = wanted / domains * domains;
    trainer->common.batch_size = own->batch;
    if (own->batch > 1) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--batch-size %d: at least one picture of each of the %d domains "
                     "is needed",
                     wanted, domains);
}

static limn_status shape_from_options(limn_trainer *trainer) {
    two_step *own = trainer->own;
    const two_step_options *chosen = own->options = trainer->options;
    const char *names[LIMN_MOST_DOMAINS];
    LIMN_TRY(open_set(trainer));
    int domains = trainer->set.domain_count;
    for (int i = 0; i < domains; i++) names[i] = trainer->set.domains[i].name;
    own->shape = (limn_two_step_shape){
        .size = chosen->image_size,
        .width = chosen->width,
        .latent = chosen->latent_size,
        .embedding = chosen->embedding_size,
        .uniform = chosen->latent != 0,
        .stretch = chosen->legacy_stretch,
        .inpaint = chosen->inpaint,
        .domains = domains,
    };
    own->shown = domains < MOST_SHOWN ? domains : MOST_SHOWN;
    LIMN_TRY(limn_model_new(&limn_kind_two_step, &own->shape, names, domains, &trainer->model));
    return find_batch(trainer);
}

// An epoch is as long as the largest domain needs.
static void set_lengths(limn_trainer *trainer) {
    trainer->epoch = limn_set_epoch(&trainer->set, (int)trainer->common.batch_size);
    if (trainer->lengths[0]) return;
    trainer->lengths[0] = EPOCHS * trainer->epoch;
    limn_trainer_remember(trainer, "steps of step 1", &trainer->lengths[0]);
}

static limn_status take_memory(two_step *own) {
    size_t batch = (size_t)own->batch, held = (size_t)own->shown * HELD_OUT;
    own->z = limn_alloc(batch * (size_t)own->shape.latent * sizeof(float));
    own->labels = limn_alloc(batch * sizeof(float));
    own->held = limn_alloc(held * floats_of(own) * sizeof(float));
    own->codes = limn_alloc(held * (size_t)limn_two_step_code_size(&own->shape) * sizeof(float));
    if (own->z && own->labels && own->held && own->codes) return LIMN_OK;
    return limn_fail(LIMN_MEMORY, "there is no memory for a batch of %d pictures", own->batch);
}

static limn_status two_step_open(limn_trainer *trainer) {
    LIMN_TRY(shape_from_options(trainer));
    LIMN_TRY(take_memory(trainer->own));
    LIMN_TRY(open_pictures(trainer));
    set_lengths(trainer);
    return LIMN_OK;
}

// ---- sheets ----

// The codes of all held pictures: `turn` domains on from their own.
static void turn_codes(two_step *own, const limn_store *store, int turn) {
    int size = limn_two_step_code_size(&own->shape);
    for (int i = 0; i < own->shown * HELD_OUT; i++)
        limn_two_step_domain(&own->shape, store, (i / HELD_OUT + turn) % own->shown,
                             own->codes + (size_t)i * (size_t)size);
}

// What the held pictures are made of: in step 1 noise, in step 2 what is read from them.
static limn_status find_z(limn_trainer *trainer, limn_runner *runner, limn_content_values *z) {
    two_step *own = trainer->own;
    int held = own->shown * HELD_OUT, size = (int)own->shape.size;
    limn_random stream = {.purpose = limn_purpose("two-step sheet")};
    if (trainer->stage && limn_trainer_done(trainer))
        return limn_runner_encode(runner, 0, own->held, size, size, z);
    LIMN_TRY(limn_runner_blank(runner, z));
    limn_two_step_latents(&own->shape, &stream, held, z->data[0]);
    return LIMN_OK;
}

// Left the pictures held out, then what is made for their own domain and for the others in turn.
static limn_status fill_sheet(limn_trainer *trainer, limn_runner *runner, limn_content_values *z,
                              limn_cells *sheet) {
    two_step *own = trainer->own;
    int held = own->shown * HELD_OUT, size = (int)own->shape.size;
    limn_cells columns = {.items = NULL};
    LIMN_TRY(find_z(trainer, runner, z));
    sheet->columns = 1 + own->shown;
    limn_status status = LIMN_OK;
    for (int c = 0; c < sheet->columns && status == LIMN_OK; c++) {
        const float *rgb = own->held;
        limn_shape shape;
        if (c) turn_codes(own, &trainer->store, c - 1);
        if (c) status = limn_runner_decode(runner, 0, z, own->codes, &rgb, &shape);
        for (int i = 0; i < held && status == LIMN_OK; i++)
            status = limn_cells_add_rgb(&columns, rgb + (size_t)i * floats_of(own), size, size);
    }
    for (int at = 0; at < columns.count && status == LIMN_OK; at++) { // row by row
        limn_picture **cell = &columns.items[at % sheet->columns * held + at / sheet->columns];
        status = limn_cells_add(sheet, *cell);
        *cell = NULL;
    }
    limn_cells_free(&columns);
    return status;
}

static limn_status two_step_sheet(limn_trainer *trainer, limn_cells *sheet) {
    two_step *own = trainer->own;
    limn_runner *runner;
    limn_content_values z = {.count = 0};
    LIMN_TRY(limn_trainer_runner(trainer, own->shown * HELD_OUT, &runner));
    limn_status status = fill_sheet(trainer, runner, &z, sheet);
    limn_content_free(&z);
    limn_runner_free(runner);
    return status;
}

static void two_step_saving(limn_trainer *trainer) {
    limn_two_step_shape *shape = trainer->model->shape;
    shape->encoder_steps = trainer->stage ? limn_trainer_done(trainer) : 0;
}

static void two_step_close(limn_trainer *trainer) {
    two_step *own = trainer->own;
    limn_free(own->z);
    limn_free(own->labels);
    limn_free(own->held);
    limn_free(own->codes);
}

const limn_method limn_method_two_step = {
    .name = "two-step",
    .title = "translation between labelled domains in two steps (Dong 2017)",
    .summary = "train a model that translates between labelled domains",
    .description =
        "Learns from folders of pictures, FOLDER/train/DOMAIN/ for each of two domains or more "
        "(or FOLDER/trainA and FOLDER/trainB), one model that turns pictures of any domain into "
        "those of any other. First a generator learns to make pictures of all domains from chance "
        "(--steps), then an encoder learns to read from a picture what it was made of "
        "(--encoder-steps). The second step begins by itself; either is resumed by limn train "
        "--resume.\n"
        "The result is made anew, not edited: what a hundred numbers do not carry, such as who a "
        "face belongs to, is lost.\n",
    .examples = "limn train two-step --data emoji/ -o runs/emoji\n"
                "limn train two-step --data emoji/ -o runs/half --width 64 --steps 3000 "
                "--encoder-steps 10000\n"
                "limn translate face.png -m runs/emoji/model.safetensors --to google -o out.png\n",
    .group = "Domains",
    .options = options,
    .options_size = sizeof(two_step_options),
    .own_size = sizeof(two_step),
    .presets = presets,
    .stages = stages,
    .open = two_step_open,
    .sheet = two_step_sheet,
    .saving = two_step_saving,
    .close = two_step_close,
};
