// Two-step translation between labelled domains: its networks, its model file, and its use.
// methods/two_step.c trains, two_step_import.c reads published weights.
#ifndef LIMN_METHODS_TWO_STEP_H
#define LIMN_METHODS_TWO_STEP_H

#include "data/loader.h"
#include "limn/picture.h"
#include "formats/tensors.h"
#include "nn/update.h"

// ---- networks ----

typedef struct limn_two_step_shape {
    int size;      // rows and columns of pictures: a power of two
    int width;     // the generator's base width; the discriminator's and encoder's is half of it
    int latent;    // numbers in z
    int embedding; // numbers that say a domain; 0: as many as there are domains, one of them 1
    int domains;
    bool uniform; // z from U(-1, 1) and an encoder that ends in tanh; else N(0, 1) and a linear one
} limn_two_step_shape;

enum { LIMN_TWO_STEP_MOST_LATENT = 1024, LIMN_TWO_STEP_MOST_WIDTH = 512 };
#define LIMN_TWO_STEP_EMBEDDING "G.embedding" // [domains, embedding]

// LIMN_USAGE and a sentence when there are no such networks.
limn_status limn_two_step_check(const limn_two_step_shape *shape);
int limn_two_step_code_size(const limn_two_step_shape *shape);

// What the generator is told of the domain: labels [n] -> code [n, code_size].
limn_node *limn_two_step_code(limn_net *net, const limn_two_step_shape *shape, limn_node *labels);
// z [n,latent], code -> pictures [n,3,size,size] in -1..1. Parameters G.*
limn_node *limn_two_step_generator(limn_net *net, const limn_two_step_shape *shape, limn_node *z,
                                   limn_node *code);
// Logits of "this is real", [n,1], and of the domains, [n,domains]. Parameters D.*
typedef struct limn_two_step_verdict {
    limn_node *real, *domain;
} limn_two_step_verdict;
limn_two_step_verdict limn_two_step_discriminator(limn_net *net, const limn_two_step_shape *shape,
                                                  limn_node *x);
// Pictures -> z. Parameters E.*
limn_node *limn_two_step_encoder(limn_net *net, const limn_two_step_shape *shape, limn_node *x);

// ---- objectives (methods/two_step.c) ----

// What each update is given: x in 0..255, where it looks at real pictures.
typedef struct limn_two_step_inputs {
    limn_node *x, *z, *labels;
} limn_two_step_inputs;
limn_two_step_inputs limn_two_step_inputs_of(limn_update *update, const limn_two_step_shape *shape,
                                             int batch);

// The terms of the three updates. `class_of_fake`: the weight of -log p(c | G(z,c)) in what the
// discriminator learns. `generator`: a net of its own on the encoder's graph, so that it can be
// frozen.
void limn_two_step_teach_discriminator(limn_update *update, const limn_two_step_shape *shape,
                                       limn_two_step_inputs in, double class_of_fake);
void limn_two_step_teach_generator(limn_update *update, const limn_two_step_shape *shape,
                                   limn_two_step_inputs in);
void limn_two_step_teach_encoder(limn_update *update, limn_net *generator,
                                 const limn_two_step_shape *shape, limn_two_step_inputs in);

// ---- pictures ----

// What a model says of itself besides its numbers.
typedef struct limn_two_step_about {
    limn_two_step_shape shape;
    bool stretch; // each picture's values are first stretched to 0..255 (the published code)
    bool inpaint; // domain 0: pictures with a hole in the middle, domain 1: whole ones
    int64_t encoder_steps; // that it was trained for; 0: it cannot read pictures yet
    const char *names[LIMN_MOST_DOMAINS];
} limn_two_step_about;

// The hole is so many rows and columns, in the middle.
int limn_two_step_hole(int size);

// A picture for the networks, [3][size][size], 0..255: laid on white and squashed to a square.
limn_status limn_two_step_prepare(const limn_two_step_about *about, const limn_picture *picture,
                                  bool hole, float *out);

// What limn_two_step_sample takes for its context.
typedef struct limn_two_step_sampling {
    const limn_two_step_about *about;
    bool flip;
    int holes; // so many samples of a batch, the first ones, have a hole
} limn_two_step_sampling;

// A sample for training: mirrored, zoomed and turned a little, cut. Without a stream: prepared.
limn_status limn_two_step_sample(const void *sampling, const limn_picture *picture,
                                 const limn_random *stream, float *out);

// ---- use ----

typedef struct limn_two_step_part {
    limn_net net;
    limn_plan *plan;
    limn_node *input[2];
} limn_two_step_part;

// Encoder and generator with their running statistics, for `count` pictures at a time.
typedef struct limn_two_step_player {
    limn_two_step_shape shape;
    limn_store *store; // borrowed
    int count;
    limn_two_step_part parts[2]; // the encoder, the generator
} limn_two_step_player;

// Adds the parameters of both to a store, for values from a file.
limn_status limn_two_step_register(const limn_two_step_shape *shape, limn_store *store);
// Multiply-accumulates for one picture, through both.
double limn_two_step_macs(const limn_two_step_shape *shape);

// `frozen`: the parameters will not change. The memory limit is that of both plans together. Close
// it whatever the result.
limn_status limn_two_step_open(limn_two_step_player *player, limn_store *store,
                               const limn_two_step_shape *shape, int count,
                               limn_plan_options options, bool frozen);
void limn_two_step_close(limn_two_step_player *player);

limn_status limn_two_step_encode(limn_two_step_player *player, const float *rgb, float *z);
// Pictures in 0..255.
limn_status limn_two_step_generate(limn_two_step_player *player, const float *z, const float *code,
                                   float *rgb);
// The code of a domain, code_size numbers.
void limn_two_step_domain_code(const limn_two_step_player *player, int domain, float *code);
// z for random pictures: a function of the seed, the purpose and the step.
void limn_two_step_latents(const limn_two_step_shape *shape, const limn_random *stream, int count,
                           float *z);

// For a player of one picture: z of it; and a picture of the model's size from z and code.
limn_status limn_two_step_read(limn_two_step_player *player, const limn_two_step_about *about,
                               const limn_picture *picture, float *z);
limn_status limn_two_step_show(limn_two_step_player *player, const float *z, const float *code,
                               limn_picture **result);
// A picture in a domain, of the model's size or, with `keep_size`, its own; of a model that
// inpaints, the picture with its middle made anew.
limn_status limn_two_step_translate(limn_two_step_player *player, const limn_two_step_about *about,
                                    const limn_picture *picture, int domain, bool keep_size,
                                    limn_picture **result);

// ---- model files ----

typedef struct limn_two_step {
    limn_two_step_about about;
    limn_store store;  // G.* and E.*
    limn_tensors told; // metadata for its file, besides what every such file says
    limn_arena arena;
} limn_two_step;

// LIMN_MODEL and a sentence for what is no two-step model.
limn_status limn_two_step_load(const char *path, limn_two_step **model);
void limn_two_step_free(limn_two_step *model);
limn_status limn_two_step_save(const limn_two_step_about *about, const limn_store *store,
                               const char *source, int64_t step, const char *path);

// Adds to, or replaces in, what the model's file will say.
limn_status limn_two_step_describe(limn_two_step *model, const char *key, const char *value);
// `half`: in 16-bit floats; an existing file stays unless `replace`.
limn_status limn_two_step_write(const limn_two_step *model, const char *path, bool half,
                                bool replace);

// How the domains of an imported model are to be called, in the order of their numbers; none: 0, 1,
// ... With `inpaint` its first domain has a hole in the middle.
typedef struct limn_two_step_naming {
    const char *const *names;
    int count;
    bool inpaint;
} limn_two_step_naming;

// A model from the weights of the published code: its three files in any order, or one of them that
// lies beside the others. LIMN_MODEL and a sentence for what is no such file.
limn_status limn_two_step_import(const char *const *paths, int count, limn_two_step_naming naming,
                                 limn_two_step **model);

// The domain of this name. LIMN_USAGE and a sentence with those there are.
limn_status limn_two_step_find(const limn_two_step_about *about, const char *name, int *domain);

#endif
