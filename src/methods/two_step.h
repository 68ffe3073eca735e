// Training two-step translation, for its files and its tests.
#ifndef LIMN_METHODS_TWO_STEP_H
#define LIMN_METHODS_TWO_STEP_H

#include "data/loader.h"
#include "kinds/two_step.h"
#include "nn/update.h"

// Logits of "this is real", [n,1], and of the domains, [n,domains]. Parameters D.*
typedef struct limn_two_step_verdict {
    limn_node *real, *domain;
} limn_two_step_verdict;
limn_two_step_verdict limn_two_step_discriminator(limn_net *net, const limn_two_step_shape *shape,
                                                  limn_node *x);

// What each update is given: x in 0..255, where it looks at real pictures.
typedef struct limn_two_step_inputs {
    limn_node *x, *z, *labels;
} limn_two_step_inputs;
limn_two_step_inputs limn_two_step_inputs_of(limn_update *update, const limn_two_step_shape *shape,
                                             int batch);

// The terms of the three updates. The generator's gives what it makes, [n,3,h,w] in -1..1; `made`
// is what the discriminator is shown of it. `class_of_fake`: the weight of -log p(c | G(z,c)) in
// what the discriminator learns. `generator`: a net of its own on the encoder's graph, so that it
// can be frozen.
limn_node *limn_two_step_teach_generator(limn_update *update, const limn_two_step_shape *shape,
                                         limn_two_step_inputs in);
void limn_two_step_teach_discriminator(limn_update *update, const limn_two_step_shape *shape,
                                       limn_two_step_inputs in, limn_node *made,
                                       double class_of_fake);
void limn_two_step_teach_encoder(limn_update *update, limn_net *generator,
                                 const limn_two_step_shape *shape, limn_two_step_inputs in);

// What limn_two_step_sample takes for its context.
typedef struct limn_two_step_sampling {
    const limn_two_step_shape *shape;
    bool flip;
    int holes; // so many samples of a batch, the first ones, have a hole
} limn_two_step_sampling;

// The side that pictures are brought to before they are cut: 5/64 more than the model's.
int limn_two_step_larger(const limn_two_step_shape *shape);

// A sample for training: mirrored, zoomed and turned a little, cut. Without a stream: as
// translation prepares it.
limn_status limn_two_step_sample(const void *sampling, const limn_picture *const *sides,
                                 const limn_random *stream, float *out);

#endif
