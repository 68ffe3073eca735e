// What the tests of DSMAP and MUNIT share: a training of one of them without the trainer around it.
#ifndef LIMN_TESTS_DSMAP_SAMPLES_H
#define LIMN_TESTS_DSMAP_SAMPLES_H

#include "formula_samples.h"
#include "methods/dsmap.h"
#include "methods/munit.h"
#include "train/schedule.h"
#include "train/stages.h"

typedef struct training {
    limn_trainer trainer;
    limn_dsmap_options dsmap_options;
    limn_munit_options munit_options;
    limn_dsmap dsmap;
    limn_munit munit;
    limn_exemplar *shared; // of one of the two
    limn_loss_network *loss;
    int loss_width;
    double rate;
    float *pictures, *chance[LIMN_TWO_UPDATES][LIMN_TWO_DOMAINS];
} training;

enum { SIDE = 64 };
static const char *const relu4_1 = "relu4_1";

// Options as they are usually, for pictures of SIDE x SIDE.
static inline void training_options(training *it, const limn_method *method, int width, int batch) {
    bool munit = method == &limn_method_munit;
    void *options = munit ? (void *)&it->munit_options : &it->dsmap_options;
    const limn_option_group groups[] = {{"", method->options, 0}, {0}};
    *it = (training){.trainer = {.method = method, .options = options}};
    limn_options_default(groups, options);
    it->trainer.own = munit ? (void *)&it->munit : &it->dsmap;
    it->trainer.common = (limn_common){.batch_size = batch, .seed = 1};
    it->trainer.lengths[0] = 100;
    it->trainer.plan.threads = 1;
    it->shared = munit ? &it->munit.shared : &it->dsmap.shared;
    it->loss = munit ? &it->munit.loss : &it->dsmap.loss;
    it->munit_options.layer = it->dsmap.layer = relu4_1;
    it->loss_width = 1;
    it->rate = 2e-4;
    it->shared->shape = (limn_dsmap_shape){.size = SIDE,
                                           .width = width,
                                           .style = 8,
                                           .blocks = 2,
                                           .encoder = munit ? LIMN_ENCODER_MUNIT : 0,
                                           .mapping = !munit,
                                           .skip = true};
}

// A VGG-19 with so many channels where the published has 64; up to relu4_1 it has three pools.
static inline void training_loss_network(training *it) {
    *it->loss =
        (limn_loss_network){.layers = 19, .width = it->loss_width, .preprocess = LIMN_CAFFE};
    limn_net net = {.graph = limn_graph_new(), .store = &it->loss->store};
    limn_vgg vgg = limn_loss_network_on(it->loss, &net);
    limn_node *out;
    limn_vgg_taps(&vgg, limn_input(net.graph, "x", LIMN_SHAPE(1, 3, SIDE, SIDE)), &relu4_1, 1,
                  &out);
    good(limn_graph_check(net.graph));
    good(limn_store_ready(&it->loss->store, 1, false));
    limn_graph_free(net.graph);
    limn_net_free(&net);
}

static inline void parameters_by_formula(limn_store *store, int first) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        const char *dot = strrchr(it->name, '.');
        double amplitude = sqrt(6 * (double)it->shape.dim[0] / (double)it->count), base = 0;
        int number = first;
        for (int k = 0; k < store->size; k++)
            number += strcmp(store->parameters[k].name, it->name) < 0;
        if (!strcmp(dot, ".bias"))
            amplitude = 0.1;
        else if (strstr(it->name, ".norm."))
            base = 1, amplitude = 0.3;
        by_formula(store->values + it->offset, it->count, number, base, amplitude);
    }
}

static inline void training_batch(training *it, int iteration) {
    size_t batch = (size_t)it->trainer.common.batch_size;
    by_formula(it->pictures, LIMN_TWO_DOMAINS * batch * 3 * SIDE * SIDE, 3000 + iteration, 127.5,
               127.5);
    for (int u = 0; u < LIMN_TWO_UPDATES; u++)
        for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
            by_formula(it->chance[u][d], 8 * batch, 2000 + 4 * iteration + 2 * u + d, 0, 2);
}

// What `open` of a method does but for pictures, then its stage; weights and batch by formula.
static inline void training_begin(training *it) {
    size_t batch = (size_t)it->trainer.common.batch_size;
    if (it->trainer.method == &limn_method_munit) {
        it->munit.options = &it->munit_options;
        it->shared->options = &it->munit_options.shared;
    } else {
        it->dsmap.options = &it->dsmap_options;
        it->shared->options = &it->dsmap_options.shared;
        it->shared->shape.mapping = it->dsmap_options.mapping;
        it->shared->shape.skip = it->dsmap_options.skip;
    }
    training_loss_network(it);
    parameters_by_formula(&it->loss->store, 1000);
    good(limn_stage_begin(&it->trainer, 0));
    parameters_by_formula(&it->trainer.store, 0);
    it->pictures = training_floats(LIMN_TWO_DOMAINS * batch * 3 * SIDE * SIDE);
    for (int u = 0; u < LIMN_TWO_UPDATES; u++) {
        limn_update_bind(it->shared->updates[u], it->shared->in[u].pictures, it->pictures);
        for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
            it->chance[u][d] = training_floats(8 * batch);
            limn_update_bind(it->shared->updates[u], it->shared->in[u].chance[d], it->chance[u][d]);
        }
    }
    training_batch(it, 0);
}

static inline void training_end(training *it) {
    limn_stage_end(&it->trainer);
    limn_store_free(&it->trainer.store);
    limn_loss_network_free(it->loss);
    free(it->pictures);
    for (int u = 0; u < LIMN_TWO_UPDATES; u++)
        for (int d = 0; d < LIMN_TWO_DOMAINS; d++) free(it->chance[u][d]);
}

// What the discriminators are shown is computed by the other.
static inline void training_lend(training *it, int which) {
    limn_update *lender = it->shared->updates[LIMN_DRAWS];
    if (which == LIMN_JUDGES) good(limn_trainer_begin_update(&it->trainer, lender));
}

static inline void training_update(training *it, int which) {
    training_lend(it, which);
    limn_adam adam = limn_adam_usual(it->rate);
    adam.beta1 = 0.5;
    adam.decay = 1e-4;
    good(limn_trainer_update(&it->trainer, it->shared->updates[which], adam));
}

// The terms of an update as it is, without a step.
static inline void training_look(training *it, int which) {
    training_lend(it, which);
    good(limn_update_run(it->shared->updates[which], 0, 0));
}

static inline double training_term(const training *it, int which, const char *name) {
    const limn_update *update = it->shared->updates[which];
    for (int i = 0; i < update->term_count; i++)
        if (!strcmp(update->terms[i].name, name)) return update->terms[i].value;
    fail_msg("there is no term %s", name);
    return 0;
}

#endif
