// Two-step translation: the acceptance figures of its specification, ten iterations against PyTorch
// (tests/reference/two_step.py), gradients in double, and what freezes.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "methods/two_step.h"
#include "model/model.h"
#include "nn/losses.h"
#include "nn/optimiser.h"
#include "reference/two_step_expected.h"

#define ARRAY(x) (sizeof(x) / sizeof *(x))

enum { D, G, E, UPDATES };

// The three updates on a store, without the trainer around them.
typedef struct run {
    limn_two_step_shape shape;
    limn_store store;
    limn_update *updates[UPDATES];
    limn_two_step_inputs in[UPDATES];
    limn_net *generator; // as the encoder's update sees it
    int batch;
    float *x, *z, *labels;
    limn_node *made; // by G, in the graph of D
} run;

static void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static void near(const char *what, double found, double wanted, double tolerance) {
    if (!(fabs(found - wanted) <= tolerance)) fail_msg("%s: %.9g, not %.9g", what, found, wanted);
}

static void build_with(run *it, limn_two_step_shape shape, int batch, double class_of_fake) {
    static const char *const names[] = {"D", "G", "E"};
    *it = (run){.shape = shape, .batch = batch};
    for (int i = 0; i < UPDATES; i++) {
        good(limn_update_new(names[i], &it->store, &it->updates[i]));
        it->in[i] = limn_two_step_inputs_of(it->updates[i], &it->shape, batch);
    }
    it->made =
        limn_update_borrow(it->updates[D], it->updates[G],
                           limn_two_step_teach_generator(it->updates[G], &it->shape, it->in[G]));
    limn_two_step_teach_discriminator(it->updates[D], &it->shape, it->in[D], it->made,
                                      class_of_fake);
    it->generator = limn_update_net(it->updates[E], &it->store, LIMN_HELD); // tests change it
    limn_two_step_teach_encoder(it->updates[E], it->generator, &it->shape, it->in[E]);
    good(limn_store_ready(&it->store, 1, true));
    size_t pixels = 3 * (size_t)shape.size * (size_t)shape.size;
    it->x = calloc((size_t)batch * pixels, sizeof(float));
    it->z = calloc((size_t)batch * (size_t)shape.latent, sizeof(float));
    it->labels = calloc((size_t)batch, sizeof(float));
    assert_true(it->x && it->z && it->labels);
}

static void build(run *it, limn_two_step_shape shape, int batch) {
    build_with(it, shape, batch, 0);
}

static void ready(run *it, limn_plan_options options) {
    static const char *const prefixes[] = {"D.", "G.", "E."};
    static const int lenders_first[] = {G, D, E};
    for (int k = 0; k < UPDATES; k++) {
        int i = lenders_first[k];
        good(limn_update_ready(it->updates[i], LIMN_TRAINS(prefixes[i]), options));
        limn_update_bind(it->updates[i], it->in[i].x, it->x);
        limn_update_bind(it->updates[i], it->in[i].z, it->z);
        limn_update_bind(it->updates[i], it->in[i].labels, it->labels);
    }
}

// The node of a parameter in what an update computes, or NULL.
static limn_node *node_of(const run *it, int which, int parameter) {
    const limn_net *nets[] = {&it->updates[which]->net, it->generator};
    for (int i = 0; i < (which == E ? 2 : 1); i++)
        if (parameter < nets[i]->size && nets[i]->node[parameter]) return nets[i]->node[parameter];
    return NULL;
}

static void discard(run *it) {
    for (int i = 0; i < UPDATES; i++) limn_update_free(it->updates[i]);
    limn_store_free(&it->store);
    free(it->x);
    free(it->z);
    free(it->labels);
}

static void step(run *it, int which, double rate) {
    if (which == D) good(limn_update_begin(it->updates[G], 0, 0));
    good(limn_update_run(it->updates[which], 0, 0));
    limn_adam adam = limn_adam_usual(rate);
    adam.beta1 = 0.5;
    limn_adam_step(it->updates[which], adam, 1);
}

static void draw_z(run *it, uint64_t number) {
    limn_random stream = {.seed = 3, .purpose = limn_purpose("test"), .step = number};
    limn_two_step_latents(&it->shape, &stream, it->batch, it->z);
}

static float *values_of(const run *it, const char *name) {
    int at = limn_store_find(&it->store, name);
    if (at < 0) fail_msg("there is no parameter %s", name);
    return it->store.values + it->store.parameters[at].offset;
}

// ---- figures of the specification ----

static int64_t count_trained(const limn_store *store, const char *prefix) {
    int64_t count = 0;
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        if (!it->buffer && !strncmp(it->name, prefix, strlen(prefix))) count += (int64_t)it->count;
    }
    return count;
}

// A model of these networks and the discriminator, whose parameters have no values yet.
static limn_model *all_of(const limn_two_step_shape *shape) {
    static const char *const names[] = {"dogs", "cats", "third"};
    limn_model *model;
    good(limn_model_new(&limn_kind_two_step, shape, names, shape->domains, &model));
    limn_net net = {.graph = limn_graph_new(), .store = &model->store};
    limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(1, 3, shape->size, shape->size));
    limn_two_step_discriminator(&net, shape, x);
    good(limn_graph_check(net.graph));
    limn_graph_free(net.graph);
    limn_net_free(&net);
    return model;
}

static void parameter_counts(void **state) {
    (void)state;
    limn_two_step_shape shape = {
        .size = 64, .width = 128, .latent = 100, .embedding = 5, .domains = 2};
    limn_model *model = all_of(&shape);
    const limn_store *store = &model->store;
    assert_int_equal(count_trained(store, "G.") - count_trained(store, "G.embedding"), 18936963);
    assert_int_equal(count_trained(store, "G.embedding"), 10);
    assert_int_equal(count_trained(store, "D."), 4332035);
    assert_int_equal(count_trained(store, "E."), 5126756);
    limn_model_free(model);
}

// The shapes of every size by the generic rule, and of 256 as tabled.
static void other_sizes(void **state) {
    (void)state;
    static const struct {
        int size, dense, last_conv;
    } sizes[] = {{8, 16, 16}, {32, 512, 256}, {128, 2048, 1024}, {256, 512, 2048}};
    for (size_t i = 0; i < ARRAY(sizes); i++) {
        limn_two_step_shape shape = {
            .size = sizes[i].size, .width = i ? 128 : 16, .latent = 100, .domains = 3};
        limn_model *model = all_of(&shape);
        const limn_store *store = &model->store;
        char name[32];
        int layers = 0;
        while (4 << layers < shape.size) layers++;
        snprintf(name, sizeof name, "D.conv%d.weight", layers - 1);
        int dense = limn_store_find(store, "G.norm0.weight"), last = limn_store_find(store, name);
        assert_int_equal(store->parameters[dense].shape.dim[0], sizes[i].dense);
        assert_int_equal(store->parameters[last].shape.dim[0], i ? sizes[i].last_conv : 8);
        limn_model_free(model);
    }
    limn_two_step_shape odd = {.size = 48, .width = 8, .latent = 8, .domains = 2};
    assert_int_equal(limn_two_step_check(&odd), LIMN_USAGE);
    assert_non_null(strstr(limn_message(), "pictures of 48 x 48"));
}

static void compute(limn_node *y, limn_node *const *inputs, const float *const *values, int count,
                    float *out, size_t floats) {
    limn_plan *plan;
    good(limn_plan_new(&y, 1, (limn_plan_options){.threads = 1}, &plan));
    for (int i = 0; i < count; i++) limn_plan_bind(plan, inputs[i], values[i], false);
    good(limn_plan_run(plan));
    memcpy(out, limn_plan_output(plan, 0), floats * sizeof *out);
    limn_plan_free(plan);
}

static void same_padding(void **state) {
    (void)state;
    static const float x[] = {1, 2, 3, 4, 5, 6, 7, 8}, w[] = {1, 2, 3, 4, 5};
    static const float down[] = {40, 70, 100, 44}, up[] = {2, 5, 8, 14, 14, 23, 20, 27};
    float found[8];
    limn_graph *graph = limn_graph_new();
    limn_node *in[] = {limn_input(graph, "x", LIMN_SHAPE(1, 1, 1, 8)),
                       limn_input(graph, "w", LIMN_SHAPE(1, 1, 1, 5)),
                       limn_input(graph, "short", LIMN_SHAPE(1, 1, 1, 4))};
    const float *const values[] = {x, w, x};
    // A single row with stride 2: SAME takes it for what it is.
    limn_node *y =
        limn_conv2d(in[0], in[1], NULL, (limn_conv2d_options){.stride = 2, .same = true});
    compute(y, in, values, 3, found, 4);
    for (int i = 0; i < 4; i++) near("down", (double)found[i], (double)down[i], 1e-5);
    y = limn_conv2d_transpose(in[2], in[1], NULL,
                              (limn_conv2d_transpose_options){.stride = 2, .same = true});
    assert_int_equal(y->shape.dim[3], 8);
    compute(limn_slice_axis(y, 2, 0, 1), in, values, 3, found, 8);
    for (int i = 0; i < 8; i++) near("up", (double)found[i], (double)up[i], 1e-5);
    limn_graph_free(graph);
}

static void batch_norm(void **state) {
    (void)state;
    static const float x[] = {1, 2, 4, 9};
    static const double wanted[] = {-0.8706608, -0.5137739, 0.2, 1.9844347};
    limn_store store = {0};
    limn_update *update;
    good(limn_update_new("norm", &store, &update));
    limn_node *in = limn_input(update->net.graph, "x", LIMN_SHAPE(4, 1, 1, 1));
    limn_node *y = limn_batch_layer(
        &update->net, in, (limn_batch_norm_options){.momentum = 0.1F, .biased = true}, "n");
    int number = limn_update_show(update, y);
    good(limn_store_ready(&store, 0, true));
    run it = {.store = store};
    *values_of(&it, "n.weight") = 1.1F;
    *values_of(&it, "n.bias") = 0.2F;
    good(limn_update_ready(update, NULL, (limn_plan_options){.threads = 1}));
    limn_update_bind(update, in, x);
    good(limn_update_run(update, 0, 0));
    limn_update_keep(update);
    for (int i = 0; i < 4; i++)
        near("norm", (double)limn_update_shown(update, number)[i], wanted[i], 1e-5);
    near("running mean", (double)*values_of(&it, "n.running_mean"), 0.4, 1e-6);
    near("running variance", (double)*values_of(&it, "n.running_var"), 1.85, 1e-6);
    limn_update_free(update);
    limn_store_free(&store);
}

static void losses(void **state) {
    (void)state;
    static const float logits[][2] = {{1.5F, -0.5F}, {-1, 0.25F}};
    static const float classes[][4] = {{2, -1, 0.5F, 0}, {0.1F, 0.3F, -0.2F, 1.2F}};
    static const float labels[] = {0, 1};
    limn_graph *graph = limn_graph_new();
    limn_node *in[] = {limn_input(graph, "real", LIMN_SHAPE(2, 1)),
                       limn_input(graph, "fake", LIMN_SHAPE(2, 1)),
                       limn_input(graph, "real class", LIMN_SHAPE(2, 2)),
                       limn_input(graph, "fake class", LIMN_SHAPE(2, 2)),
                       limn_input(graph, "labels", LIMN_SHAPE(2))};
    const float *const values[] = {logits[0], logits[1], classes[0], classes[1], labels};
    const struct {
        limn_node *node;
        double value;
    } wanted[] = {
        {limn_bce(in[0], LIMN_REAL), 0.5877451},
        {limn_bce(in[1], LIMN_FAKE), 0.5696006},
        {limn_cross_entropy(in[2], in[4]), 0.5113322},
        {limn_bce(in[1], LIMN_REAL), 0.9446006},
        {limn_cross_entropy(in[3], in[4]), 0.5092781},
        {limn_accuracy(in[2], in[4]), 0.5},
        {limn_accuracy(in[3], in[4]), 0.5},
    };
    for (size_t i = 0; i < ARRAY(wanted); i++) {
        float found;
        compute(wanted[i].node, in, values, 5, &found, 1);
        near("loss", (double)found, wanted[i].value, 2e-7);
    }
    limn_graph_free(graph);
}

// ---- against PyTorch ----

static void fill(float *to, size_t count, int number, double base, double amplitude) {
    for (size_t i = 0; i < count; i++)
        to[i] = (float)(base + amplitude * sin(12.9898 * (double)(i + 1) + 78.233 * number));
}

static const limn_two_step_shape small_shape = {
    .size = 16, .width = 8, .latent = 6, .embedding = 5, .domains = 3};

static void set_small(run *it) {
    for (size_t p = 0; p < ARRAY(expected_parameters); p++) {
        int at = limn_store_find(&it->store, expected_parameters[p].name);
        assert_true(at >= 0);
        fill(it->store.values + it->store.parameters[at].offset, it->store.parameters[at].count,
             (int)p, expected_parameters[p].base, expected_parameters[p].amplitude);
    }
}

static void set_batch(run *it, int iteration) {
    size_t pixels = 3 * (size_t)it->shape.size * (size_t)it->shape.size;
    fill(it->z, (size_t)it->batch * (size_t)it->shape.latent, 2000 + iteration, 0, 1.2);
    fill(it->x, (size_t)it->batch * pixels, 3000 + iteration, 127.5, 127.5);
    for (int i = 0; i < it->batch; i++) it->labels[i] = (float)(i / 2);
}

static void check_terms(const limn_update *update, const double *wanted, int count) {
    for (int i = 0; i < count; i++)
        near(update->terms[i].name, update->terms[i].value, wanted[i], 1e-3 * fabs(wanted[i]));
}

static void check_running(const run *it) {
    for (size_t i = 0; i < ARRAY(expected_running); i++) {
        const double wanted[] = {expected_running[i].mean, expected_running[i].variance};
        for (int k = 0; k < 2; k++) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", expected_running[i].name,
                     k ? "running_var" : "running_mean");
            int at = limn_store_find(&it->store, name);
            const float *values = it->store.values + it->store.parameters[at].offset;
            double sum = 0;
            for (size_t j = 0; j < it->store.parameters[at].count; j++)
                sum += (double)values[j] * sin((double)j + 1);
            near(name, sum, wanted[k], 1e-3 * (1 + fabs(wanted[k])));
        }
    }
}

static void ten_iterations(limn_plan_options options) {
    run it;
    build(&it, small_shape, 6);
    set_small(&it);
    ready(&it, options);
    for (int i = 0; i < 5; i++) {
        set_batch(&it, i);
        step(&it, D, 2e-4);
        check_terms(it.updates[D], expected_gan[i], 3);
        for (int k = 0; k < 2; k++) {
            step(&it, G, 2e-4);
            check_terms(it.updates[G], expected_gan[i] + 3 + 2 * k, 2);
        }
    }
    for (int i = 0; i < 5; i++) {
        set_batch(&it, 5 + i);
        for (int k = 0; k < it.batch; k++) it.labels[k] = (float)((k + 5 + i) % 3);
        step(&it, E, 1e-4);
        check_terms(it.updates[E], &expected_latent[i], 1);
    }
    check_running(&it);
    discard(&it);
}

static void pytorch(void **state) {
    (void)state;
    ten_iterations((limn_plan_options){.plain = true, .threads = 1});
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++)
        ten_iterations((limn_plan_options){.isa = (limn_isa)isa, .threads = 1});
}

// ---- gradients ----

static double *in_double(const float *from, size_t count) {
    double *to = calloc(count, sizeof *to);
    assert_non_null(to);
    for (size_t i = 0; i < count; i++) to[i] = (double)from[i];
    return to;
}

static double total_of(const limn_plan *plan) {
    return *(const double *)limn_plan_output(plan, 0);
}

static void check_parameter(limn_plan *plan, const char *name, double *value, size_t count,
                            const double *gradient) {
    double largest = 0;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(gradient[i]));
    for (size_t i = 0; i < count; i += count / 4 + 1) {
        const double h = 1e-5, before = value[i];
        value[i] = before + h;
        good(limn_plan_run(plan));
        double above = total_of(plan);
        value[i] = before - h;
        good(limn_plan_run(plan));
        near(name, (above - total_of(plan)) / (2 * h), gradient[i], 1e-5 * fmax(largest, 1e-3));
        value[i] = before;
    }
}

static void check_gradients(run *it, int which, const char *prefix) {
    limn_update *update = it->updates[which];
    limn_net *net = &update->net;
    limn_node *outputs[64], *wrt[64];
    int trained[64], count = 0;
    for (int i = 0; i < update->term_count; i++)
        if (update->terms[i].weight > 0)
            outputs[0] = i ? limn_add(outputs[0], update->terms[i].node) : update->terms[i].node;
    for (int i = 0; i < net->size; i++) {
        const limn_parameter *at = net->node[i] ? &it->store.parameters[i] : NULL;
        if (!at || at->buffer || strncmp(at->name, prefix, 2)) continue;
        trained[count] = i;
        wrt[count++] = net->node[i];
    }
    assert_true(count > 0 && count < 63);
    good(limn_gradients(outputs[0], wrt, count, outputs + 1));
    limn_plan *plan;
    good(limn_plan_new(outputs, count + 1,
                       (limn_plan_options){.precision = LIMN_DOUBLES, .threads = 1}, &plan));
    double *values[64] = {NULL}, *gradients[64];
    for (int i = 0; i < it->store.size; i++) {
        limn_node *node = node_of(it, which, i);
        if (!node) continue;
        values[i] = in_double(it->store.values + it->store.parameters[i].offset,
                              it->store.parameters[i].count);
        limn_plan_bind(plan, node, values[i], false);
    }
    size_t pixels = 3 * (size_t)it->shape.size * (size_t)it->shape.size;
    double *x = in_double(it->x, (size_t)it->batch * pixels);
    double *z = in_double(it->z, (size_t)it->batch * (size_t)it->shape.latent);
    double *labels = in_double(it->labels, (size_t)it->batch);
    double *made = in_double(it->x, (size_t)it->batch * pixels); // stands for what G makes
    for (size_t i = 0; i < (size_t)it->batch * pixels; i++) made[i] = cos(made[i]);
    limn_plan_bind(plan, it->in[which].x, x, false);
    limn_plan_bind(plan, it->in[which].z, z, false);
    limn_plan_bind(plan, it->in[which].labels, labels, false);
    limn_plan_bind(plan, it->made, made, false);
    good(limn_plan_run(plan));
    for (int i = 0; i < count; i++) {
        size_t bytes = it->store.parameters[trained[i]].count * sizeof(double);
        gradients[i] = malloc(bytes);
        assert_non_null(gradients[i]);
        memcpy(gradients[i], limn_plan_output(plan, 1 + i), bytes);
    }
    for (int i = 0; i < count; i++) {
        const limn_parameter *at = &it->store.parameters[trained[i]];
        check_parameter(plan, at->name, values[trained[i]], at->count, gradients[i]);
    }
    for (int i = 0; i < 64; i++) free(values[i]);
    for (int i = 0; i < count; i++) free(gradients[i]);
    free(x);
    free(z);
    free(labels);
    free(made);
    limn_plan_free(plan);
}

// Both steps whole: dense, norms, SAME convolutions of both kinds, tanh, both heads, embedding.
static void gradients(void **state) {
    (void)state;
    static const char *const prefixes[] = {"D.", "G.", "E."};
    for (int which = 0; which < UPDATES; which++) {
        run it;
        build(&it, small_shape, 6);
        set_small(&it);
        set_batch(&it, 0);
        check_gradients(&it, which, prefixes[which]);
        discard(&it);
    }
}

// With --class-loss-on-fake the discriminator learns domains from made pictures as well: one more
// term in the sum, and in what the class head learns.
static void class_of_fake(void **state) {
    (void)state;
    double total[2], others = 0, head[2];
    for (int on = 0; on < 2; on++) {
        run it;
        build_with(&it, small_shape, 6, on);
        ready(&it, (limn_plan_options){.threads = 1});
        set_small(&it);
        set_batch(&it, 0);
        good(limn_update_begin(it.updates[G], 0, 0));
        good(limn_update_run(it.updates[D], 0, 0));
        assert_string_equal(it.updates[D]->terms[3].name, "D class of fake");
        total[on] = it.updates[D]->total;
        others = it.updates[D]->terms[3].value;
        head[on] = (double)*limn_update_gradient(it.updates[D], "D.domain.bias");
        discard(&it);
    }
    assert_true(others > 0.1);
    near("the sum with it", total[1], total[0] + others, 1e-5);
    assert_true(fabs(head[1] - head[0]) > 1e-3);
}

// ---- the second step ----

static const limn_two_step_shape toy = {
    .size = 8, .width = 16, .latent = 8, .embedding = 5, .domains = 2};

// A generator of chance whose running statistics belong to it.
static void warm_generator(run *it) {
    for (uint64_t i = 0; i < 40; i++) {
        draw_z(it, i);
        good(limn_update_run(it->updates[G], 0, 0));
        limn_update_keep(it->updates[G]);
    }
}

static void frozen_generator(void **state) {
    (void)state;
    run it;
    build(&it, toy, 64);
    ready(&it, (limn_plan_options){.threads = 1});
    for (int i = 0; i < it.batch; i++) it.labels[i] = (float)(i % 2);
    warm_generator(&it);
    size_t bytes = it.store.count * sizeof(float);
    float *before = malloc(bytes);
    assert_non_null(before);
    memcpy(before, it.store.values, bytes);
    for (uint64_t i = 0; i < 10; i++) {
        draw_z(&it, 100 + i);
        step(&it, E, 1e-4);
    }
    int changed = 0;
    for (int p = 0; p < it.store.size; p++) {
        const limn_parameter *at = &it.store.parameters[p];
        bool same =
            !memcmp(before + at->offset, it.store.values + at->offset, at->count * sizeof(float));
        if (strncmp(at->name, "E.", 2) && !same) fail_msg("%s has changed", at->name);
        changed += !same;
    }
    assert_int_equal(changed, 4); // E's convolution and dense layer, of 8 x 8 pixels
    free(before);
    discard(&it);
}

static void encoder_learns(void **state) {
    (void)state;
    run it;
    build(&it, toy, 256); // enough for the mean of z z to be near 1
    ready(&it, (limn_plan_options){.threads = 1});
    for (int i = 0; i < it.batch; i++) it.labels[i] = (float)(i % 2);
    warm_generator(&it);
    for (int i = 0; i < 8 * 8 * 16; i++) values_of(&it, "E.latent.weight")[i] = 0;
    draw_z(&it, 100);
    step(&it, E, 1e-3);
    near("the first latent loss", it.updates[E]->total, 1, 0.1);
    double loss = 1;
    for (uint64_t i = 1; i < 1000 && loss >= 0.5; i++) {
        draw_z(&it, 100 + i);
        step(&it, E, 1e-3);
        loss = it.updates[E]->total;
    }
    if (loss >= 0.5) fail_msg("the latent loss stays at %.3f", loss);
    discard(&it);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameter_counts), cmocka_unit_test(other_sizes),
        cmocka_unit_test(same_padding),     cmocka_unit_test(batch_norm),
        cmocka_unit_test(losses),           cmocka_unit_test(pytorch),
        cmocka_unit_test(gradients),        cmocka_unit_test(class_of_fake),
        cmocka_unit_test(frozen_generator), cmocka_unit_test(encoder_learns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
