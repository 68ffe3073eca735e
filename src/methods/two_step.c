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

#include "base/names.h"
#include "model/runner.h"
#include "nn/losses.h"
#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

typedef struct two_step_options {
    int64_t image_size, width, latent_size, embedding_size, encoder_steps;
    int latent;
    bool class_loss_on_fake, legacy_stretch, flip, inpaint;
    double rate, beta1;
} two_step_options;

#define OPTION(member) .offset = offsetof(two_step_options, member)
static const limn_option options[] = {
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
     .fallback = "128",
     .low = 2,
     .high = 512,
     .help = "base width of the generator; that of discriminator and encoder is half of it"},
    {.name = "encoder-steps",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(encoder_steps),
     .fallback = "30000",
     .low = 0,
     .high = 1e9,
     .help = "length of the second step; --steps is that of the first (0: 100 epochs)"},
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

enum { BATCH = 64, EPOCHS = 100, HELD_OUT = 4, MOST_SHOWN = 8 }; // pictures and domains on a sheet

enum { DISCRIMINATOR, GENERATOR, ENCODER, UPDATES };

typedef struct two_step {
    const two_step_options *options;
    limn_two_step_shape shape;
    const char *names[LIMN_MOST_DOMAINS];
    limn_set set;
    limn_model *model; // for its file
    limn_two_step_sampling sampling;
    int batch;
    limn_update *updates[UPDATES];
    limn_two_step_inputs inputs[UPDATES];
    bool generator_stays; // the encoder's update has it as it is now
    float *z, *labels;    // of the batch
    int shown;            // domains on a sheet
    float *held, *codes;  // pictures never trained on, and codes for them
    float *made;          // [1 + shown][pictures]: what is on the sheet, held first
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
                                       limn_two_step_inputs in, double class_of_fake) {
    limn_node *x = limn_affine(in.x, 1 / 127.5, -1), *made = made_of(&update->net, shape, in);
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

void limn_two_step_teach_generator(limn_update *update, const limn_two_step_shape *shape,
                                   limn_two_step_inputs in) {
    limn_node *made = made_of(&update->net, shape, in);
    limn_two_step_verdict on_made = limn_two_step_discriminator(&update->net, shape, made);
    limn_update_term(update, "G fake", limn_bce(on_made.real, LIMN_REAL), 1);
    limn_update_term(update, "G class", limn_cross_entropy(on_made.domain, in.labels), 1);
}

// G as translation will have it, with its running statistics: else E would learn other pictures.
void limn_two_step_teach_encoder(limn_update *update, limn_net *generator,
                                 const limn_two_step_shape *shape, limn_two_step_inputs in) {
    limn_node *made = made_of(generator, shape, in);
    limn_node *read = limn_two_step_encoder(&update->net, shape, made);
    limn_update_term(update, "latent", limn_mse(read, in.z), 1);
}

static const char *const names[] = {"discriminator", "generator", "encoder"};
static const char *const prefixes[] = {"D.", "G.", "E."}; // of what each update trains

static limn_status build_updates(limn_trainer *trainer) {
    two_step *own = trainer->own;
    const limn_two_step_shape *shape = &own->shape;
    for (int i = 0; i < UPDATES; i++) {
        LIMN_TRY(limn_update_new(names[i], &trainer->store, &own->updates[i]));
        LIMN_TRY(limn_trainer_add(trainer, own->updates[i]));
        own->inputs[i] = limn_two_step_inputs_of(own->updates[i], shape, own->batch);
    }
    limn_two_step_teach_discriminator(own->updates[DISCRIMINATOR], shape,
                                      own->inputs[DISCRIMINATOR],
                                      own->options->class_loss_on_fake ? 1 : 0);
    limn_two_step_teach_generator(own->updates[GENERATOR], shape, own->inputs[GENERATOR]);
    limn_update *encoder = own->updates[ENCODER];
    limn_net *generator = limn_update_net(encoder, &trainer->store, LIMN_FROZEN);
    limn_two_step_teach_encoder(encoder, generator, shape, own->inputs[ENCODER]);
    LIMN_TRY(limn_store_ready(&trainer->store, (uint64_t)trainer->common.seed, true));
    for (int i = 0; i < UPDATES; i++)
        LIMN_TRY(limn_update_ready(own->updates[i], LIMN_TRAINS(prefixes[i]), trainer->plan));
    return LIMN_OK;
}

// ---- a step ----

// Runs one of the updates on the batch at hand; x where it looks at real pictures.
static limn_status run(limn_trainer *trainer, int which, const float *x, double rate) {
    two_step *own = trainer->own;
    limn_update *update = own->updates[which];
    const limn_two_step_inputs *in = &own->inputs[which];
    limn_update_bind(update, in->z, own->z);
    limn_update_bind(update, in->labels, own->labels);
    if (x) limn_update_bind(update, in->x, x);
    limn_adam adam = limn_adam_usual(rate);
    adam.beta1 = own->options->beta1;
    return limn_trainer_update(trainer, update, adam);
}

// D once, then G twice on the same z and labels; the labels of the made are those of the real.
static limn_status gan_step(limn_trainer *trainer) {
    two_step *own = trainer->own;
    const float *x;
    own->generator_stays = false; // again, where a broken step has led back to step 1
    LIMN_TRY(limn_trainer_batch(trainer, &x));
    for (int i = 0; i < own->batch; i++)
        own->labels[i] = (float)(i / (own->batch / own->shape.domains));
    LIMN_TRY(run(trainer, DISCRIMINATOR, x, own->options->rate));
    LIMN_TRY(run(trainer, GENERATOR, NULL, own->options->rate));
    return run(trainer, GENERATOR, NULL, own->options->rate);
}

static limn_status encoder_step(limn_trainer *trainer) {
    two_step *own = trainer->own;
    limn_random stream = {.seed = (uint64_t)trainer->common.seed,
                          .purpose = limn_purpose("two-step labels"),
                          .step = (uint64_t)trainer->step};
    uint32_t domains = (uint32_t)own->shape.domains;
    if (!own->generator_stays) limn_update_freeze(own->updates[ENCODER]);
    own->generator_stays = true;
    for (int i = 0; i < own->batch; i++)
        own->labels[i] = (float)limn_random_below(&stream, (uint32_t)i, domains);
    return run(trainer, ENCODER, NULL, 0.5 * own->options->rate);
}

static limn_status two_step_step(limn_trainer *trainer) {
    two_step *own = trainer->own;
    limn_random stream = {.seed = (uint64_t)trainer->common.seed,
                          .purpose = limn_purpose("two-step z"),
                          .step = (uint64_t)trainer->step};
    limn_two_step_latents(&own->shape, &stream, own->batch, own->z);
    if (trainer->step < trainer->stage_end) return gan_step(trainer);
    if (trainer->step == trainer->stage_end)
        limn_trainer_say(trainer, "the generator stays; for %lld steps its encoder learns",
                         (long long)own->options->encoder_steps);
    return encoder_step(trainer);
}

// ---- pictures ----

static limn_status open_set(two_step *own, const char *path) {
    static const limn_samples labelled = {.layouts = {LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_UNPAIRED},
                                          .files = 1,
                                          .order = LIMN_DRAWN,
                                          .least = 2};
    static const limn_samples any = {
        .layouts = {LIMN_LAYOUT_PICTURES}, .files = 1, .order = LIMN_DRAWN};
    bool inpaint = own->options->inpaint;
    LIMN_TRY(
        limn_set_open(&(limn_set_request){.path = path}, inpaint ? &any : &labelled, &own->set));
    if (!inpaint) return LIMN_OK;
    limn_domain *domains = own->set.domains; // one folder is both: with a hole and whole
    domains[1] = domains[0];
    domains[0].name = "hole";
    domains[1].name = "whole";
    own->set.domain_count = 2;
    return LIMN_OK;
}

static limn_status read_domains(limn_trainer *trainer) {
    two_step *own = trainer->own;
    const char *path = trainer->common.data;
    if (!path)
        return limn_fail(LIMN_USAGE, "--data FOLDER is needed: pictures of each domain in "
                                     "FOLDER/train/DOMAIN/");
    LIMN_TRY(open_set(own, path));
    if (own->set.note) limn_trainer_say(trainer, "%s", own->set.note);
    own->shape.domains = own->set.domain_count;
    limn_text labels = {0};
    for (int i = 0; i < own->set.domain_count; i++) {
        own->names[i] = own->set.domains[i].name;
        limn_text_print(&labels, "%s%s", i ? ", " : "", own->names[i]);
    }
    trainer->labels = labels.data; // NULL where there was no memory: then nothing is compared
    return LIMN_OK;
}

static size_t floats_of(const two_step *own) {
    return 3 * (size_t)own->shape.size * (size_t)own->shape.size;
}

// The last pictures of each domain; where there are enough of them they are not trained on.
static limn_status hold_out(two_step *own, const limn_loader_options *how) {
    for (int d = 0; d < own->shown; d++) {
        limn_two_step_sampling sampling = {.shape = &own->shape,
                                           .holes = own->options->inpaint && d == 0};
        limn_loader_options shown = *how;
        shown.context = &sampling;
        limn_held_out held;
        limn_status status = limn_hold_out(&shown, d, HELD_OUT, &held);
        for (int i = 0; i < HELD_OUT && status == LIMN_OK; i++) // again where there are fewer
            memcpy(own->held + (size_t)(d * HELD_OUT + i) * floats_of(own),
                   held.samples + (size_t)(i % held.count) * floats_of(own),
                   floats_of(own) * sizeof *own->held);
        limn_held_out_free(&held);
        if (status != LIMN_OK) return limn_fail_in(status, "domain %s: ", own->set.domains[d].name);
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
    limn_loader_options how = {
        .set = &own->set,
        .batch = own->batch,
        .floats = floats_of(own),
        .make = limn_two_step_sample,
        .context = &own->sampling,
        .seed = (uint64_t)trainer->common.seed,
        .strict = trainer->common.strict,
    };
    LIMN_TRY(hold_out(own, &how));
    return limn_loader_new(how, &trainer->loader);
}

// ---- the method ----

static limn_status shape_from_options(limn_trainer *trainer) {
    two_step *own = trainer->own;
    const two_step_options *chosen = own->options = trainer->options;
    LIMN_TRY(read_domains(trainer));
    own->shape.stretch = chosen->legacy_stretch;
    own->shape.inpaint = chosen->inpaint;
    own->shape.size = chosen->image_size;
    own->shape.width = chosen->width;
    own->shape.latent = chosen->latent_size;
    own->shape.embedding = chosen->embedding_size;
    own->shape.uniform = chosen->latent != 0;
    LIMN_TRY(limn_two_step_check(&own->shape));
    int domains = own->set.domain_count;
    int wanted = trainer->common.batch_size ? (int)trainer->common.batch_size : BATCH;
    if (!trainer->common.batch_size && wanted < domains) wanted = domains;
    own->batch = wanted / domains * domains; // as many of each
    own->shown = domains < MOST_SHOWN ? domains : MOST_SHOWN;
    if (own->batch > 1) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--batch-size %d: at least one picture of each of the %d domains "
                     "is needed",
                     wanted, domains);
}

static void count_steps(limn_trainer *trainer) {
    two_step *own = trainer->own;
    trainer->common.steps = trainer->stage_end + own->options->encoder_steps;
}

// An epoch is as long as the largest domain needs.
static void set_lengths(limn_trainer *trainer) {
    two_step *own = trainer->own;
    trainer->stage_end = trainer->common.steps;
    if (!trainer->stage_end) {
        trainer->stage_end = EPOCHS * limn_set_epoch(&own->set, own->batch);
        limn_trainer_remember(trainer, "steps of step 1", &trainer->stage_end);
    }
    trainer->common.batch_size = own->batch;
    count_steps(trainer);
}

static limn_status take_memory(two_step *own) {
    const limn_two_step_shape *shape = &own->shape;
    size_t batch = (size_t)own->batch, held = (size_t)own->shown * HELD_OUT;
    own->z = limn_alloc(batch * (size_t)shape->latent * sizeof(float));
    own->labels = limn_alloc(batch * sizeof(float));
    own->made = limn_alloc((size_t)(1 + own->shown) * held * floats_of(own) * sizeof(float));
    own->held = own->made; // the first column of the sheet
    own->codes = limn_alloc(held * (size_t)limn_two_step_code_size(shape) * sizeof(float));
    if (own->z && own->labels && own->made && own->codes) return LIMN_OK;
    return limn_fail(LIMN_MEMORY, "there is no memory for a batch of %d pictures", own->batch);
}

static limn_status two_step_open(limn_trainer *trainer) {
    two_step *own = trainer->own;
    LIMN_TRY(shape_from_options(trainer));
    LIMN_TRY(take_memory(own));
    LIMN_TRY(open_pictures(trainer));
    set_lengths(trainer);
    LIMN_TRY(limn_model_new(&limn_kind_two_step, &own->shape, own->names, own->shape.domains,
                            &own->model));
    return build_updates(trainer);
}

// The codes of all held pictures: `turn` domains on from their own.
static void turn_codes(two_step *own, const limn_store *store, int turn) {
    int size = limn_two_step_code_size(&own->shape);
    for (int i = 0; i < own->shown * HELD_OUT; i++)
        limn_two_step_domain(&own->shape, store, (i / HELD_OUT + turn) % own->shown,
                             own->codes + (size_t)i * (size_t)size);
}

// What is made for the held pictures' own domains and for the others in turn: in step 1 of noise,
// in step 2 of what is read from them.
static limn_status draw_columns(limn_trainer *trainer, limn_runner *runner,
                                limn_content_values *z) {
    two_step *own = trainer->own;
    int held = own->shown * HELD_OUT, size = (int)own->shape.size;
    limn_random stream = {.purpose = limn_purpose("two-step sheet")};
    if (trainer->step > trainer->stage_end)
        LIMN_TRY(limn_runner_encode(runner, 0, own->held, size, size, z));
    else
        LIMN_TRY(limn_runner_blank(runner, z));
    if (trainer->step <= trainer->stage_end)
        limn_two_step_latents(&own->shape, &stream, held, z->data[0]);
    for (int column = 1; column <= own->shown; column++) {
        const float *rgb;
        limn_shape shape;
        turn_codes(own, &trainer->store, column - 1);
        LIMN_TRY(limn_runner_decode(runner, 0, z, own->codes, &rgb, &shape));
        memcpy(own->made + (size_t)(column * held) * floats_of(own), rgb,
               (size_t)held * floats_of(own) * sizeof *rgb);
    }
    return LIMN_OK;
}

static limn_status make_columns(limn_trainer *trainer) {
    two_step *own = trainer->own;
    limn_runner *runner;
    limn_content_values z = {.count = 0};
    limn_plan_options seldom = trainer->plan;
    seldom.seldom = true;
    LIMN_TRY(limn_runner_new(&limn_kind_two_step, &own->shape, &trainer->store,
                             own->shown * HELD_OUT, LIMN_TRAINED, seldom, &runner));
    limn_status status = draw_columns(trainer, runner, &z);
    limn_content_free(&z);
    limn_runner_free(runner);
    return status;
}

// Left the pictures held out.
static limn_status two_step_sample(limn_trainer *trainer, limn_picture **sheet) {
    two_step *own = trainer->own;
    enum { MOST = MOST_SHOWN * HELD_OUT };
    int held = own->shown * HELD_OUT, columns = 1 + own->shown, size = (int)own->shape.size;
    limn_picture views[MOST * (1 + MOST_SHOWN)];
    const limn_picture *pictures[MOST * (1 + MOST_SHOWN)];
    LIMN_TRY(make_columns(trainer));
    for (int column = 0; column < columns; column++)
        for (int i = 0; i < held; i++) {
            int at = i * columns + column;
            float *rgb = own->made + (size_t)(column * held + i) * floats_of(own);
            views[at] = (limn_picture){.width = size, .height = size, .depth = 8, .rgb = rgb};
            pictures[at] = &views[at];
        }
    return limn_picture_sheet(pictures, held * columns,
                              (limn_sheet_options){.columns = columns, .gap = 2}, sheet);
}

static limn_status two_step_save(limn_trainer *trainer, const char *path) {
    two_step *own = trainer->own;
    limn_two_step_shape *shape = own->model->shape;
    bool reads = trainer->step > trainer->stage_end;
    shape->encoder_steps = reads ? trainer->step - trainer->stage_end : 0;
    return limn_model_save_trained(own->model, &trainer->store, trainer->source, trainer->step,
                                   path);
}

static void two_step_close(limn_trainer *trainer) {
    two_step *own = trainer->own;
    limn_model_free(own->model);
    limn_set_free(&own->set);
    limn_free(own->z);
    limn_free(own->labels);
    limn_free(own->made);
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
    .steps_are_fixed = true, // the encoder's begin where the generator's end
    .open = two_step_open,
    .resumed = count_steps,
    .step = two_step_step,
    .sample = two_step_sample,
    .save = two_step_save,
    .close = two_step_close,
};
