// Two-step translation between labelled domains: its networks and its pictures, for the kind and
// for the method that trains it.
#ifndef LIMN_KINDS_TWO_STEP_H
#define LIMN_KINDS_TWO_STEP_H

#include "limn/picture.h"
#include "model/kind.h"

typedef struct limn_two_step_shape {
    int64_t size;      // rows and columns of pictures: a power of two
    int64_t width;     // the generator's base width; discriminator's and encoder's is half of it
    int64_t latent;    // numbers in z
    int64_t embedding; // numbers that say a domain; 0: as many as there are domains, one of them 1
    int64_t encoder_steps; // that the encoder was trained for; 0: it cannot read pictures yet
    bool uniform; // z from U(-1, 1) and an encoder that ends in tanh; else N(0, 1) and a linear one
    bool stretch; // each picture's values are first stretched to 0..255 (the published code)
    bool inpaint; // domain 0: pictures with a hole in the middle, domain 1: whole ones
    int domains;
} limn_two_step_shape;

enum { LIMN_TWO_STEP_MOST_LATENT = 1024, LIMN_TWO_STEP_MOST_WIDTH = 512 };
#define LIMN_TWO_STEP_EMBEDDING "G.embedding" // [domains, embedding]

// LIMN_USAGE and a sentence when there are no such networks.
limn_status limn_two_step_check(const limn_two_step_shape *shape);
int limn_two_step_code_size(const limn_two_step_shape *shape);

// ---- networks ----

// What the generator is told of the domain: labels [n] -> code [n, code_size].
limn_node *limn_two_step_code(limn_net *net, const limn_two_step_shape *shape, limn_node *labels);
// z [n,latent], code -> pictures [n,3,size,size] in -1..1. Parameters G.*
limn_node *limn_two_step_generator(limn_net *net, const limn_two_step_shape *shape, limn_node *z,
                                   limn_node *code);
// What encoder and discriminator have in common, each with its own parameters PREFIX.*, and flat at
// the end: pictures [n,3,size,size] -> [n,numbers].
limn_node *limn_two_step_trunk(limn_net *net, const limn_two_step_shape *shape, limn_node *x,
                               const char *prefix);
// A dense layer with this network's first values.
limn_node *limn_two_step_dense(limn_net *net, limn_node *x, int64_t out, const char *name);
// Pictures in -1..1 -> z. Parameters E.*
limn_node *limn_two_step_encoder(limn_net *net, const limn_two_step_shape *shape, limn_node *x);

// z for random pictures: a function of the stream.
void limn_two_step_latents(const limn_two_step_shape *shape, const limn_random *stream, int count,
                           float *z);
// The code of a domain, code_size numbers.
void limn_two_step_domain(const void *shape, const limn_store *store, int domain, float *code);

// ---- pictures ----

// A square of `size` from all of a picture, laid on white: what is clear has no colour to learn.
limn_status limn_two_step_square(const limn_two_step_shape *shape, const limn_picture *picture,
                                 int size, limn_picture **result);
// A part of `size` rows and columns of a picture, with or without a hole in the middle.
typedef enum limn_hole { LIMN_NO_HOLE, LIMN_WITH_HOLE } limn_hole;
void limn_two_step_cut(const limn_picture *from, int top, int left, int size, limn_hole hole,
                       float *out);
// The kind's prepare and finish.
limn_status limn_two_step_prepare(const void *shape, const limn_picture *picture,
                                  limn_picture **result);
limn_status limn_two_step_finish(const void *shape, const limn_picture *was, limn_picture **made);

// A model from the weights of the published code: its three files in any order, or one of them that
// lies beside the others. LIMN_MODEL and a sentence for what is no such file.
limn_status limn_two_step_import(const char *const *paths, int count,
                                 const limn_import_options *options, limn_model **model);

extern const limn_kind limn_kind_two_step;

#endif
