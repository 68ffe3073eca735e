// What the tests of EGSC-IT and UNIT share: their updates without the trainer around them, with
// noise that is given.
#ifndef LIMN_TESTS_EGSC_SAMPLES_H
#define LIMN_TESTS_EGSC_SAMPLES_H

#include "formula_samples.h"
#include "methods/egsc_it.h"
#include "methods/unit.h"
#include "nn/losses.h"
#include "nn/optimiser.h"

enum { FIRST, SECOND, STAGES };

typedef struct training {
    limn_egsc_options options;
    limn_egsc it;
    int batch, loss_width;
    limn_store store;
    limn_update *updates[LIMN_TWO_UPDATES];
    limn_egsc_inputs in[LIMN_TWO_UPDATES];
    float *pictures, *noise[LIMN_EGSC_NOISES];
    limn_plan_options how;
    bool compares; // x_ab with x_a, without weight: "x_ab"
} training;

static inline size_t picture_floats(const training *t) {
    return 3 * (size_t)t->it.width * (size_t)t->it.height;
}

static inline limn_shape latent_shape(const training *t) {
    int halvings = (int)t->options.downsamplings;
    return LIMN_SHAPE(t->batch, limn_egsc_channels(&t->it.shape), t->it.height >> halvings,
                      t->it.width >> halvings);
}

// Options as they are usually, for a tiny network of pictures of 20 x 20.
static inline void training_options(training *t, const limn_method *method, int width,
                                    int downsamplings) {
    const limn_option_group groups[] = {{"", method->options, 0}, {0}};
    *t = (training){.batch = 2, .loss_width = 2, .how = {.threads = 1}};
    limn_options_default(groups, &t->options);
    t->options.image_size = "20";
    t->options.width = width;
    t->options.downsamplings = downsamplings;
    t->options.style_weight = 1e3;
    t->options.content_weight = 10;
    t->options.sharing = true;
    if (method == &limn_method_unit) t->options.no_adain = true;
}

// Those whose names begin with the prefix, numbered by their order.
static inline void parameters_by_formula(limn_store *store, const char *prefix, int first) {
    size_t size = strlen(prefix);
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        double amplitude = sqrt(6 * (double)it->shape.dim[0] / (double)it->count), base = 0;
        int number = first;
        if (strncmp(it->name, prefix, size)) continue;
        for (int k = 0; k < store->size; k++)
            number += !strncmp(store->parameters[k].name, prefix, size) &&
                      strcmp(store->parameters[k].name, it->name) < 0;
        if (strstr(it->name, ".bias"))
            amplitude = 0.1;
        else if (strstr(it->name, ".norm"))
            base = 1, amplitude = 0.3;
        by_formula(store->values + it->offset, it->count, number, base, amplitude);
    }
}

// A VGG-19 with so many channels where the published has 64.
static inline void training_loss_network(training *t) {
    limn_loss_network *loss = &t->it.loss;
    *loss = (limn_loss_network){.layers = 19, .width = t->loss_width, .preprocess = LIMN_CAFFE};
    limn_net net = {.graph = limn_graph_new(), .store = &loss->store};
    limn_vgg vgg = limn_loss_network_on(loss, &net);
    const char *const tap = "relu5_1";
    limn_node *out;
    vgg.ceil = true;
    limn_vgg_taps(&vgg, limn_input(net.graph, "x", LIMN_SHAPE(1, 3, 20, 20)), &tap, 1, &out);
    good(limn_graph_check(net.graph));
    good(limn_store_ready(&loss->store, 1, false));
    parameters_by_formula(&loss->store, "", 1000);
    limn_graph_free(net.graph);
    limn_net_free(&net);
}

// Takes the options, and makes memory for a batch.
static inline void training_begin(training *t) {
    good(limn_egsc_take_options(&t->it, &t->options));
    training_loss_network(t);
    limn_shape latent = latent_shape(t);
    t->pictures = training_floats(LIMN_TWO_DOMAINS * (size_t)t->batch * picture_floats(t));
    for (int j = 0; j < LIMN_EGSC_NOISES; j++)
        t->noise[j] = training_floats((size_t)limn_shape_count(&latent));
}

// The terms of both updates of a stage, over a store whose parameters are then there.
static inline void training_build(training *t, int stage) {
    for (int u = 0; u < LIMN_TWO_UPDATES; u++) {
        good(limn_update_new(u ? "generators" : "discriminators", &t->store, &t->updates[u]));
        limn_egsc_inputs *in = &t->in[u];
        *in = limn_egsc_inputs_of(t->updates[u], &t->it, t->batch);
        for (int j = 0; j < LIMN_EGSC_NOISES; j++)
            in->noise[j] = limn_input(t->updates[u]->net.graph, "noise", latent_shape(t));
    }
    for (int u = 0; u < LIMN_TWO_UPDATES; u++) {
        limn_node *made[LIMN_TWO_DOMAINS];
        if (stage == FIRST) {
            limn_egsc_teach_first(&t->it, t->updates[u], u, t->in[u]);
            continue;
        }
        limn_net *guide = limn_update_net(t->updates[u], &t->store, LIMN_FROZEN);
        if (u == LIMN_JUDGES) {
            limn_egsc_teach_discriminators(&t->it, t->updates[u], guide, t->in[u]);
        } else {
            limn_egsc_teach_generators(&t->it, t->updates[u], guide, t->in[u], made);
            limn_egsc_teach_consistency(&t->it, t->updates[u], t->in[u], made);
            if (t->compares)
                limn_update_term(t->updates[u], "x_ab", limn_l1(made[1], t->in[u].x[0]), 0);
        }
    }
    good(limn_store_ready(&t->store, 1, true));
}

// Their plans, once the parameters have the values that they begin with.
static inline void training_ready(training *t, int stage) {
    static const limn_group judging[STAGES][2] = {{{"auto.D.", 1, 1}}, {{"D.", 1, 1}}};
    static const limn_group drawing[STAGES][4] = {
        {{"F.", 1, 1}, {"auto.a.", 1, 1}, {"auto.b.", 1, 1}},
        {{"E.", 1, 1}, {"S.", 1, 1}, {"G.", 1, 1}}};
    good(limn_update_ready(t->updates[LIMN_JUDGES], judging[stage], t->how));
    good(limn_update_ready(t->updates[LIMN_DRAWS], drawing[stage], t->how));
    for (int u = 0; u < LIMN_TWO_UPDATES; u++) {
        limn_update_bind(t->updates[u], t->in[u].pictures, t->pictures);
        for (int j = 0; j < LIMN_EGSC_NOISES; j++)
            limn_update_bind(t->updates[u], t->in[u].noise[j], t->noise[j]);
    }
}

// The batch and the noise of the k-th update.
static inline void training_batch(training *t, int k) {
    limn_shape latent = latent_shape(t);
    by_formula(t->pictures, LIMN_TWO_DOMAINS * (size_t)t->batch * picture_floats(t), 3000 + k,
               127.5, 127.5);
    for (int j = 0; j < LIMN_EGSC_NOISES; j++)
        by_formula(t->noise[j], (size_t)limn_shape_count(&latent), 2000 + 8 * k + j, 0, 1.5);
}

static inline void training_look(training *t, int which) {
    good(limn_update_run(t->updates[which], 0, 0));
}

static inline void training_update(training *t, int which, double rate) {
    limn_adam adam = limn_adam_usual(rate);
    adam.beta1 = 0.5;
    training_look(t, which);
    limn_adam_step(t->updates[which], adam, 1);
}

static inline void training_leave(training *t) {
    for (int u = 0; u < LIMN_TWO_UPDATES; u++) limn_update_free(t->updates[u]);
}

static inline void training_end(training *t) {
    training_leave(t);
    limn_store_free(&t->store);
    limn_loss_network_free(&t->it.loss);
    free(t->pictures);
    for (int j = 0; j < LIMN_EGSC_NOISES; j++) free(t->noise[j]);
}

// Stage 2 behind stage 1, as the trainer goes on: what has a name in both stays.
static inline void training_cross(training *t) {
    limn_store before = t->store;
    bool from_first = !strcmp(t->options.init, LIMN_EGSC_FROM_FIRST);
    training_leave(t);
    t->store = (limn_store){0};
    training_build(t, SECOND);
    parameters_by_formula(&t->store, "D.", 500);
    parameters_by_formula(&t->store, "E.", 600);
    parameters_by_formula(&t->store, "S.", 700);
    parameters_by_formula(&t->store, "G.", 800);
    limn_store_copy(&t->store, &before);
    limn_store_move_moments(&t->store, &before);
    if (from_first) limn_egsc_start_from(&t->store, &before);
    limn_store_free(&before);
    training_ready(t, SECOND);
}

static inline double training_term(const training *t, int which, const char *name) {
    const limn_update *update = t->updates[which];
    for (int i = 0; i < update->term_count; i++)
        if (!strcmp(update->terms[i].name, name)) return update->terms[i].value;
    fail_msg("there is no term %s", name);
    return 0;
}

static inline float *training_values(const training *t, const char *name) {
    int at = limn_store_find(&t->store, name);
    if (at < 0) fail_msg("there is no parameter %s", name);
    return t->store.values + t->store.parameters[at].offset;
}

#endif
