// Whole training steps against PyTorch: the network, numbers and figures of
// tests/reference/step.py, with every instruction set this processor has.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "nn/losses.h"
#include "nn/optimiser.h"
#include "reference/step_expected.h"

enum { PARAMETERS = sizeof expected_parameters / sizeof *expected_parameters };

static void fill(float *to, size_t count, int number, double base, double amplitude) {
    for (size_t i = 0; i < count; i++)
        to[i] = (float)(base + amplitude * sin(12.9898 * (double)(i + 1) + 78.233 * number));
}

static double checksum(const float *values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)values[i] * sin(i + 1.0);
    return sum;
}

static limn_layer_options reflect(int edge, int stride) {
    return (limn_layer_options){
        .conv = {.pad = edge, .stride = stride, .border = LIMN_BORDER_REFLECT}};
}

static limn_node *network(limn_net *net, limn_node *x) {
    limn_batch_norm_options usual = {.momentum = 0.1};
    limn_up_options twice = {.conv = {.stride = 2, .crop = 1, .adjust = 1}};
    x = limn_conv_layer(net, x, 8, 9, reflect(4, 1), "conv1");
    x = limn_relu(limn_instance_layer(net, x, "in1"));
    x = limn_conv_layer(net, x, 12, 3, reflect(1, 2), "conv2");
    x = limn_relu(limn_batch_layer(net, x, usual, "bn2"));
    x = limn_conv_layer(net, x, 12, 3, reflect(1, 2), "conv3");
    x = limn_relu(limn_instance_layer(net, x, "in3"));
    limn_node *y = limn_conv_layer(net, x, 12, 3, reflect(1, 1), "res.conv1");
    y = limn_relu(limn_instance_layer(net, y, "res.in1"));
    y = limn_conv_layer(net, y, 12, 3, reflect(1, 1), "res.conv2");
    x = limn_add(limn_instance_layer(net, y, "res.in2"), x);
    x = limn_conv_layer(net, limn_upsample_nearest(x, 2), 12, 3, reflect(1, 1), "up4");
    x = limn_relu(limn_instance_layer(net, x, "in4"));
    x = limn_up_layer(net, x, 8, 3, twice, "up5");
    x = limn_relu(limn_batch_layer(net, x, usual, "bn5"));
    return limn_tanh(limn_conv_layer(net, x, 3, 9, reflect(4, 1), "conv6"));
}

static void features(limn_net *net, limn_node *x, limn_node *out[3]) {
    limn_layer_options zero = {.conv = {.pad = 1}};
    out[0] = limn_relu(limn_conv_layer(net, x, 8, 3, zero, "vgg1"));
    x = limn_max_pool(out[0], (limn_pool_options){.kernel = 2});
    out[1] = limn_relu(limn_conv_layer(net, x, 12, 3, zero, "vgg2"));
    x = limn_average_pool(out[1], (limn_pool_options){.kernel = 2});
    out[2] = limn_relu(limn_conv_layer(net, x, 16, 3, zero, "vgg3"));
}

typedef struct run {
    limn_store store, loss_store;
    limn_update *update;
    limn_node *x, *s;
    int output;
    float picture[2 * 3 * 20 * 16], style[3 * 14 * 18];
} run;

static void set_values(limn_store *store) {
    assert_int_equal(limn_store_ready(store, 0, true), LIMN_OK);
    for (int p = 0; p < PARAMETERS; p++) {
        const struct expected_parameter *it = &expected_parameters[p];
        int at = limn_store_find(store, it->name);
        if (at < 0) continue;
        assert_int_equal(store->parameters[at].count, it->count);
        fill(store->values + store->parameters[at].offset, (size_t)it->count, p, it->base,
             it->amplitude);
    }
}

static void open_run(run *it, limn_plan_options options) {
    *it = (run){.output = 0};
    assert_int_equal(limn_update_new("total", &it->store, &it->update), LIMN_OK);
    limn_graph *graph = it->update->net.graph;
    limn_net *loss = limn_update_net(it->update, &it->loss_store, LIMN_FROZEN);
    it->x = limn_input(graph, "x", LIMN_SHAPE(2, 3, 20, 16));
    it->s = limn_input(graph, "s", LIMN_SHAPE(1, 3, 14, 18));
    limn_node *y = network(&it->update->net, it->x), *of_y[3], *of_x[3], *of_s[3], *style = NULL;
    features(loss, y, of_y);
    features(loss, it->x, of_x);
    features(loss, it->s, of_s);
    for (int i = 0; i < 3; i++) {
        limn_node *part = limn_style_loss(of_y[i], limn_gram(of_s[i]), LIMN_STYLE_CODE);
        style = style ? limn_add(style, part) : part;
    }
    limn_update_term(it->update, "content", limn_mse(of_y[1], of_x[1]), 1);
    limn_update_term(it->update, "style", style, 100);
    limn_update_term(it->update, "tv", limn_total_variation(y), 0.001);
    it->output = limn_update_show(it->update, y);
    set_values(&it->store);
    set_values(&it->loss_store);
    assert_int_equal(limn_update_ready(it->update, LIMN_TRAINS(""), options), LIMN_OK);
    fill(it->picture, sizeof it->picture / sizeof(float), 1295, 0, 1);
    fill(it->style, sizeof it->style / sizeof(float), 1001, 0, 1);
    limn_update_bind(it->update, it->x, it->picture);
    limn_update_bind(it->update, it->s, it->style);
}

static void close_run(run *it) {
    limn_update_free(it->update);
    limn_store_free(&it->store);
    limn_store_free(&it->loss_store);
}

static void near(const char *what, double found, double wanted, double scale, double tolerance) {
    if (!(fabs(found - wanted) <= tolerance * scale))
        fail_msg("%s: %.9g, not %.9g (scale %.3g)", what, found, wanted, scale);
}

static void check_first(run *it) {
    const float *y = limn_update_shown(it->update, it->output);
    near("output", checksum(y, 2 * 3 * 20 * 16), expected_output_sum, 1, 1e-2);
    near("first of output", (double)y[0], expected_output_first, 1, 1e-4);
    near("content", it->update->terms[0].value, expected_content, expected_content, 1e-4);
    near("style", it->update->terms[1].value, expected_style, expected_style, 1e-4);
    near("tv", it->update->terms[2].value, expected_tv, expected_tv, 1e-4);
    for (size_t i = 0; i < sizeof expected_buffers / sizeof *expected_buffers; i++) {
        const limn_parameter *at =
            &it->store.parameters[limn_store_find(&it->store, expected_buffers[i].name)];
        const float *values = it->store.values + at->offset;
        near(at->name, checksum(values, (int)at->count), expected_buffers[i].sum, 1, 1e-4);
        near(at->name, (double)values[0], expected_buffers[i].first, 1, 1e-4);
    }
}

static void check_gradients(const run *it) {
    for (int p = 0; p < PARAMETERS; p++) {
        const struct expected_parameter *wanted = &expected_parameters[p];
        if (!wanted->trained) continue;
        const float *g = limn_update_gradient(it->update, wanted->name);
        double magnitude = 0, mean = wanted->magnitude / wanted->count;
        for (int i = 0; i < wanted->count; i++) magnitude += fabs((double)g[i]);
        if (wanted->idle || wanted->magnitude < 1e-9) {
            near(wanted->name, magnitude, 0, 1, 1e-2);
            continue;
        }
        near(wanted->name, magnitude, wanted->magnitude, wanted->magnitude, 1e-3);
        near(wanted->name, checksum(g, wanted->count), wanted->sum, wanted->magnitude, 1e-3);
        near(wanted->name, (double)g[0], wanted->first, mean, 5e-3);
        near(wanted->name, (double)g[wanted->count - 1], wanted->last, mean, 5e-3);
    }
}

static void ten_steps(limn_plan_options options) {
    static run it;
    open_run(&it, options);
    for (int step = 0; step < 10; step++) {
        assert_int_equal(limn_update_run(it.update, 0, (uint64_t)step), LIMN_OK);
        near("total", it.update->total, expected_totals[step], expected_totals[step], 1e-3);
        limn_adam_step(it.update, limn_adam_usual(1e-3), 1);
        if (step == 0) check_first(&it);
        if (step == 0) check_gradients(&it);
    }
    close_run(&it);
}

static void plain_kernels(void **state) {
    (void)state;
    ten_steps((limn_plan_options){.plain = true});
}

static void every_instruction_set(void **state) {
    (void)state;
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++) {
        print_message("           %s\n", limn_isa_name((limn_isa)isa));
        ten_steps((limn_plan_options){.isa = (limn_isa)isa, .threads = 2});
    }
}

// The gradient of a parameter that nothing depends on is not computed, and the frozen network's
// parameters are not touched.
static void frozen_stays(void **state) {
    (void)state;
    static run it;
    open_run(&it, (limn_plan_options){.threads = 1});
    float before[64];
    memcpy(before, it.loss_store.values, sizeof before);
    assert_int_equal(limn_update_run(it.update, 0, 0), LIMN_OK);
    limn_adam_step(it.update, limn_adam_usual(1e-3), 1);
    assert_memory_equal(before, it.loss_store.values, sizeof before);
    assert_int_equal(it.update->counter, 1);
    close_run(&it);
}

static const limn_parameter *parameter_named(const run *it, const char *name) {
    return &it->store.parameters[limn_store_find(&it->store, name)];
}

// A picture that is not a number leaves running statistics alone, and so does a step that is not
// taken: a run that leaves the batch out keeps its model.
static void broken_step_keeps_statistics(void **state) {
    (void)state;
    static run it;
    open_run(&it, (limn_plan_options){.threads = 1});
    const limn_parameter *mean = parameter_named(&it, "bn2.running_mean");
    float before[12];
    memcpy(before, it.store.values + mean->offset, sizeof before);
    it.picture[7] = NAN;
    assert_int_equal(limn_update_run(it.update, 0, 0), LIMN_OK);
    assert_non_null(limn_update_broken(it.update));
    assert_false(isfinite(limn_adam_step(it.update, limn_adam_usual(1e-3), 1)));
    assert_memory_equal(before, it.store.values + mean->offset, sizeof before);
    it.picture[7] = 0;
    assert_int_equal(limn_update_run(it.update, 0, 1), LIMN_OK);
    assert_null(limn_update_broken(it.update));
    assert_memory_equal(before, it.store.values + mean->offset, sizeof before);
    assert_true(isfinite(limn_adam_step(it.update, limn_adam_usual(1e-3), 1)));
    assert_memory_not_equal(before, it.store.values + mean->offset, sizeof before);
    close_run(&it);
}

// Losses may be numbers where their gradient is not: then Adam changes nothing, running statistics
// included.
static void broken_gradient_changes_nothing(void **state) {
    (void)state;
    static run it;
    open_run(&it, (limn_plan_options){.threads = 1});
    assert_int_equal(limn_update_run(it.update, 0, 0), LIMN_OK);
    assert_null(limn_update_broken(it.update));
    size_t bytes = it.store.count * sizeof(float);
    float *before = malloc(bytes);
    assert_non_null(before);
    memcpy(before, it.store.values, bytes);
    float *gradient = limn_update_gradient(it.update, "conv1.weight"), usual = gradient[3];
    gradient[3] = INFINITY;
    assert_false(isfinite(limn_adam_step(it.update, limn_adam_usual(1e-3), 1)));
    assert_memory_equal(before, it.store.values, bytes);
    assert_int_equal(it.update->counter, 0);
    gradient[3] = usual;
    assert_true(isfinite(limn_adam_step(it.update, limn_adam_usual(1e-3), 1)));
    assert_memory_not_equal(before, it.store.values, bytes);
    free(before);
    close_run(&it);
}

// The norm of the gradient and the average of weights are the same by any number of threads.
static void threads_change_nothing(void **state) {
    (void)state;
    static run it;
    open_run(&it, (limn_plan_options){.threads = 1});
    assert_int_equal(limn_update_run(it.update, 0, 0), LIMN_OK);
    double squares = 0;
    for (int i = 0; i < it.update->trained_count; i++) {
        const limn_parameter *one = &it.store.parameters[it.update->trained[i].parameter];
        for (size_t j = 0; j < one->count; j++) {
            double g = (double)limn_update_gradient(it.update, one->name)[j];
            squares += g * g;
        }
    }
    double norm = limn_adam_step(it.update, limn_adam_usual(0), 1);
    assert_float_equal(norm, sqrt(squares), 1e-5 * norm);
    for (int threads = 2; threads <= 5; threads++)
        assert_float_equal(limn_adam_step(it.update, limn_adam_usual(0), threads), norm, 0);
    float *average[2];
    for (int k = 0; k < 2; k++) {
        average[k] = calloc(it.store.count, sizeof(float));
        assert_non_null(average[k]);
        for (int step = 0; step < 2; step++)
            limn_average_step(it.store.values, average[k], it.store.count, 0.75, 1 + 2 * k);
    }
    assert_memory_equal(average[0], average[1], it.store.count * sizeof(float));
    const limn_parameter *weight = parameter_named(&it, "conv1.weight");
    double part = 1 - 0.75 * 0.75;
    assert_float_equal(average[0][weight->offset + 5],
                       part * (double)it.store.values[weight->offset + 5], 1e-6);
    free(average[0]), free(average[1]);
    close_run(&it);
}

// y = a + b - x: a and b have one gradient, which is that of y, an input; c's is a constant.
static void equal_gradients(void **state) {
    (void)state;
    limn_store store = {0};
    limn_update *update;
    assert_int_equal(limn_update_new("sum", &store, &update), LIMN_OK);
    limn_net *net = &update->net;
    limn_init zero = {LIMN_INIT_ZERO};
    limn_node *a = limn_weight(net, LIMN_SHAPE(3), zero, "a");
    limn_node *b = limn_weight(net, LIMN_SHAPE(3), zero, "b");
    limn_node *c = limn_weight(net, LIMN_SHAPE(1), zero, "c");
    limn_node *x = limn_input(net->graph, "x", LIMN_SHAPE(3));
    limn_node *y = limn_sub(limn_add(a, b), x);
    limn_update_term(update, "y x", limn_sum(limn_mul(y, x), LIMN_ALL_AXES, LIMN_DROP), 1);
    limn_update_term(update, "c", c, 1);
    assert_int_equal(limn_store_ready(&store, 0, true), LIMN_OK);
    assert_int_equal(limn_update_ready(update, LIMN_TRAINS(""), (limn_plan_options){.threads = 1}),
                     LIMN_OK);
    float value[3] = {1, 2, 3};
    limn_update_bind(update, x, value);
    assert_int_equal(limn_update_run(update, 0, 0), LIMN_OK);
    static const char *const names[] = {"a", "b"};
    for (int i = 0; i < 2; i++)
        assert_memory_equal(limn_update_gradient(update, names[i]), value, sizeof value);
    assert_memory_equal(value, ((float[]){1, 2, 3}), sizeof value);
    assert_float_equal(*limn_update_gradient(update, store.parameters[2].name), 1, 0);
    limn_update_free(update);
    limn_store_free(&store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_kernels),
        cmocka_unit_test(every_instruction_set),
        cmocka_unit_test(frozen_stays),
        cmocka_unit_test(broken_step_keeps_statistics),
        cmocka_unit_test(broken_gradient_changes_nothing),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(equal_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
