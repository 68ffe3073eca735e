// The acceptance checks of perceptual losses (Johnson, Alahi, Fei-Fei, ECCV 2016): figures that
// follow from the paper and the two code bases everybody compares with. In double, by plain
// kernels: test_ops holds the fast ones against those.
//
//    1  parameter counts             test_johnson; the published files: cli.sh (with ../shared)
//    2  shapes, 3 multiply-adds      test_johnson
//    4  Gram matrix and style loss   gram_and_style_vectors
//    5  total variation              total_variation_vector
//    6  zero where nothing differs   nothing_lost_at_the_target
//    7  order of positions           style_knows_no_place
//    8  the batch                    batches_do_not_count
//    9  instance norm                instance_norm_*; moments and flat maps: test_norm
//   10  transposed convolution       transposed_convolution, checkerboard
//   11  gradients of the objective   gradients_of_the_objective; of each operator: test_ops
//   12  published weights            tests/reference/compare.py, by hand (docs/results.md)
//   13  training sanity              train_hard.sh
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/random.h"
#include "nn/losses.h"
#include "nn/update.h"
#include "nn/vgg.h"

// ---- a graph and the values of its inputs ----

enum { MAX_INPUTS = 4 };

typedef struct problem {
    limn_graph *graph;
    limn_node *input[MAX_INPUTS];
    double *value[MAX_INPUTS];
    int inputs;
} problem;

static size_t count_of(const limn_node *node) {
    return (size_t)limn_shape_count(&node->shape);
}

static void fill(double *to, size_t count, double low, double high, uint32_t number) {
    limn_random stream = {.seed = 11, .purpose = limn_purpose("perceptual"), .sample = number};
    for (size_t i = 0; i < count; i++)
        to[i] = low + (high - low) * limn_random_unit(&stream, (uint32_t)i);
}

// Another input, with values in [-1, 1].
static limn_node *add_input(problem *it, limn_shape shape) {
    if (!it->graph) it->graph = limn_graph_new();
    int i = it->inputs++;
    it->input[i] = limn_input(it->graph, "input", shape);
    it->value[i] = malloc(count_of(it->input[i]) * sizeof(double));
    fill(it->value[i], count_of(it->input[i]), -1, 1, (uint32_t)i);
    return it->input[i];
}

static void set_input(problem *it, int i, const double *values) {
    memcpy(it->value[i], values, count_of(it->input[i]) * sizeof *values);
}

static void close_problem(problem *it) {
    for (int i = 0; i < it->inputs; i++) free(it->value[i]);
    limn_graph_free(it->graph);
}

static void run(limn_plan *plan) {
    if (limn_plan_run(plan) != LIMN_OK) fail_msg("%s", limn_message());
}

static limn_plan *plan_of(limn_node *const *outputs, int count) {
    limn_plan *plan;
    limn_plan_options options = {.precision = LIMN_DOUBLES, .threads = 1};
    if (limn_plan_new(outputs, count, options, &plan) != LIMN_OK) fail_msg("%s", limn_message());
    return plan;
}

// The value of y; the caller frees it.
static double *value_of(const problem *it, limn_node *y) {
    limn_plan *plan = plan_of(&y, 1);
    for (int i = 0; i < it->inputs; i++) limn_plan_bind(plan, it->input[i], it->value[i], false);
    run(plan);
    double *copy = malloc(count_of(y) * sizeof *copy);
    memcpy(copy, limn_plan_output(plan, 0), count_of(y) * sizeof *copy);
    limn_plan_free(plan);
    return copy;
}

static double number_of(const problem *it, limn_node *y) {
    double *values = value_of(it, y), first = values[0];
    free(values);
    return first;
}

static limn_node *gradient_of(limn_node *loss, limn_node *by) {
    limn_node *gradient;
    if (limn_gradients(loss, &by, 1, &gradient) != LIMN_OK) fail_msg("%s", limn_message());
    return gradient;
}

static void assert_near(double found, double wanted, double tolerance, const char *what) {
    if (!(fabs(found - wanted) <= tolerance)) fail_msg("%s: %.12g, not %.12g", what, found, wanted);
}

static void assert_values(const problem *it, limn_node *y, const double *wanted, double tolerance,
                          const char *what) {
    double *found = value_of(it, y);
    for (size_t i = 0; i < count_of(y); i++) assert_near(found[i], wanted[i], tolerance, what);
    free(found);
}

// ---- preprocessing ----

// The classifier's input, seen through a first convolution that copies it.
static void preprocessing(void **state) {
    (void)state;
    const double rgb[3] = {10, 100, 200};
    const double wanted[2][3] = {
        [LIMN_TORCHVISION] = {(10 / 255.0 - 0.485) / 0.229, (100 / 255.0 - 0.456) / 0.224,
                              (200 / 255.0 - 0.406) / 0.225},
        [LIMN_CAFFE] = {200 - 103.939, 100 - 116.779, 10 - 123.68},
    };
    for (int kind = 0; kind < 2; kind++) {
        problem it = {0};
        limn_store store = {0};
        limn_node *x = add_input(&it, LIMN_SHAPE(1, 3, 1, 1)), *tap;
        set_input(&it, 0, rgb);
        limn_net net = {.graph = it.graph, .store = &store};
        limn_vgg vgg = {.net = &net, .layers = 16, .preprocess = (limn_preprocess)kind};
        limn_vgg_taps(&vgg, x, (const char *const[]){"conv1_1"}, 1, &tap);
        double weight[64 * 3 * 9] = {0}, bias[64] = {0}, copied[64] = {0};
        for (int c = 0; c < 3; c++) weight[(c * 3 + c) * 9 + 4] = 1, copied[c] = wanted[kind][c];
        limn_plan *plan = plan_of(&tap, 1);
        limn_plan_bind(plan, x, it.value[0], false);
        limn_plan_bind(plan, net.node[0], weight, false);
        limn_plan_bind(plan, net.node[1], bias, false);
        run(plan);
        const double *found = limn_plan_output(plan, 0);
        for (int k = 0; k < 64; k++) assert_near(found[k], copied[k], 1e-9, "channel");
        limn_plan_free(plan);
        limn_net_free(&net);
        limn_store_free(&store);
        close_problem(&it);
    }
}

// ---- 4 to 8: losses ----

static void gram_and_style_vectors(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(1, 2, 1, 2));
    limn_node *target = add_input(&it, LIMN_SHAPE(1, 2, 2));
    set_input(&it, 0, (double[]){1, 2, 3, 4});
    set_input(&it, 1, (double[]){0, 0, 0, 0});
    limn_node *code = limn_style_loss(x, target, LIMN_STYLE_CODE);
    assert_values(&it, limn_gram(x), (double[]){1.25, 2.75, 2.75, 6.25}, 1e-12, "gram");
    assert_values(&it, limn_style_loss(x, target, LIMN_STYLE_PAPER), (double[]){55.75}, 1e-12,
                  "the paper's style loss");
    assert_values(&it, code, (double[]){13.9375}, 1e-12, "the code's style loss");
    assert_values(&it, gradient_of(code, x), (double[]){2.375, 3.375, 5.375, 7.625}, 1e-12,
                  "the gradient of the code's style loss");
    close_problem(&it);
}

static void total_variation_vector(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(1, 1, 2, 2));
    set_input(&it, 0, (double[]){1, 2, 4, 8});
    limn_node *loss = limn_total_variation(x);
    assert_values(&it, loss, (double[]){5}, 1e-12, "total variation"); // (1^2 + 3^2) / 2
    assert_values(&it, gradient_of(loss, x), (double[]){-4, 1, 3, 0}, 1e-12, "its gradient");
    close_problem(&it);
}

// Of equal shapes in one pass, of a repeated one by parts; least squares against a number.
static void distance_vectors(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(2, 1, 1, 2));
    limn_node *y = add_input(&it, LIMN_SHAPE(2, 1, 1, 2)), *z = add_input(&it, LIMN_SHAPE(1));
    set_input(&it, 0, (double[]){1, -2, 0, 5});
    set_input(&it, 1, (double[]){0, 1, 1, 1});
    set_input(&it, 2, (double[]){1});
    const struct {
        limn_node *loss;
        double value, gradient[4];
    } trials[] = {
        {limn_mse(x, y), 6.75, {0.5, -1.5, -0.5, 2}}, // (1 + 9 + 1 + 16) / 4
        {limn_mse(x, z), 6.5, {0, -1.5, -0.5, 2}},
        {limn_l1(x, y), 2.25, {0.25, -0.25, -0.25, 0.25}},
        {limn_l1(x, z), 2, {0, -0.25, -0.25, 0.25}},
        {limn_lsgan(x, LIMN_REAL), 6.5, {0, -1.5, -0.5, 2}},
        {limn_lsgan(x, LIMN_FAKE), 7.5, {0.5, -1, 0, 2.5}},
    };
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        assert_values(&it, trials[i].loss, &trials[i].value, 1e-12, "the loss");
        assert_values(&it, gradient_of(trials[i].loss, x), trials[i].gradient, 1e-12,
                      "its gradient");
    }
    assert_values(&it, gradient_of(trials[0].loss, y), (double[]){-0.5, 1.5, 0.5, -2}, 1e-12,
                  "the gradient by the second");
    close_problem(&it);
}

static void nothing_lost_at_the_target(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(2, 5, 6, 7));
    limn_node *same = add_input(&it, LIMN_SHAPE(2, 5, 6, 7));
    set_input(&it, 1, it.value[0]);
    limn_node *losses[] = {limn_mse(x, same), limn_style_loss(x, limn_gram(same), LIMN_STYLE_CODE),
                           limn_style_loss(x, limn_gram(same), LIMN_STYLE_PAPER)};
    static const double zeros[2 * 5 * 6 * 7];
    for (int i = 0; i < 3; i++) {
        assert_values(&it, losses[i], zeros, 0, "the loss");
        assert_values(&it, gradient_of(losses[i], x), zeros, 0, "its gradient");
    }
    it.value[0][3] += 0.5;
    for (int i = 0; i < 3; i++) assert_true(number_of(&it, losses[i]) > 0);
    close_problem(&it);
}

static void style_knows_no_place(void **state) {
    (void)state;
    enum { CHANNELS = 4, PIXELS = 5 * 6 };
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(1, CHANNELS, 5, 6));
    limn_node *moved = add_input(&it, LIMN_SHAPE(1, CHANNELS, 5, 6));
    limn_node *target = add_input(&it, LIMN_SHAPE(1, CHANNELS, CHANNELS));
    limn_node *wanted = add_input(&it, LIMN_SHAPE(1, CHANNELS, 5, 6));
    for (int c = 0; c < CHANNELS; c++)
        for (int p = 0; p < PIXELS; p++)
            it.value[1][c * PIXELS + p] = it.value[0][c * PIXELS + (7 * p + 3) % PIXELS];
    double style = number_of(&it, limn_style_loss(x, target, LIMN_STYLE_CODE));
    double content = number_of(&it, limn_mse(x, wanted));
    assert_near(number_of(&it, limn_style_loss(moved, target, LIMN_STYLE_CODE)), style,
                1e-12 * style, "style of other places");
    assert_true(fabs(number_of(&it, limn_mse(moved, wanted)) - content) > 1e-3 * content);
    close_problem(&it);
}

// Content and style are means over the batch, total variation is a sum.
static void batches_do_not_count(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(1, 3, 4, 5));
    limn_node *wanted = add_input(&it, LIMN_SHAPE(1, 3, 4, 5));
    limn_node *target = add_input(&it, LIMN_SHAPE(1, 3, 3));
    limn_node *twice = add_input(&it, LIMN_SHAPE(2, 3, 4, 5));
    for (int i = 0; i < 2; i++) memcpy(it.value[3] + i * 60, it.value[0], 60 * sizeof(double));
    limn_node *both = limn_concat((limn_node *const[]){wanted, wanted}, 2, 0);
    double content = number_of(&it, limn_mse(x, wanted));
    double style = number_of(&it, limn_style_loss(x, target, LIMN_STYLE_CODE));
    assert_near(number_of(&it, limn_mse(twice, both)), content, 1e-12, "content");
    assert_near(number_of(&it, limn_style_loss(twice, target, LIMN_STYLE_CODE)), style, 1e-12,
                "style");
    double *one = value_of(&it, gradient_of(limn_total_variation(x), x));
    double *two = value_of(&it, gradient_of(limn_total_variation(twice), twice));
    for (int i = 0; i < 120; i++) assert_near(two[i], one[i % 60], 1e-12, "total variation");
    free(one);
    free(two);
    close_problem(&it);
}

// ---- 9: instance norm ----

static void instance_norm_forgets_shift_and_scale(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(2, 3, 6, 7));
    double *before = value_of(&it, limn_instance_norm(x, NULL, NULL, 1e-5));
    for (int i = 0; i < 252; i++) it.value[0][i] += 7 * (i / 42);
    assert_values(&it, limn_instance_norm(x, NULL, NULL, 1e-5), before, 1e-9, "shifted");
    for (int i = 0; i < 252; i++) it.value[0][i] *= 1 + i / 42;
    assert_values(&it, limn_instance_norm(x, NULL, NULL, 1e-5), before, 1e-4, "scaled");
    free(before);
    close_problem(&it);
}

static void instance_norm_hides_a_bias(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(2, 3, 6, 7)),
              *w = add_input(&it, LIMN_SHAPE(4, 3, 3, 3));
    limn_node *b = add_input(&it, LIMN_SHAPE(4)), *wanted = add_input(&it, LIMN_SHAPE(2, 4, 6, 7));
    limn_node *y = limn_conv2d(x, w, b, (limn_conv2d_options){.pad = 1});
    limn_node *loss = limn_mse(limn_instance_norm(y, NULL, NULL, 1e-5), wanted);
    double *by_weight = value_of(&it, gradient_of(loss, w)), largest = 0;
    double *by_bias = value_of(&it, gradient_of(loss, b));
    for (int i = 0; i < 4 * 27; i++) largest = fmax(largest, fabs(by_weight[i]));
    assert_true(largest > 1e-3);
    for (int i = 0; i < 4; i++) assert_near(by_bias[i], 0, 1e-6 * largest, "bias");
    free(by_weight);
    free(by_bias);
    close_problem(&it);
}

static void instance_norm_is_batch_norm_of_one(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(3, 4, 5, 6));
    limn_node *one = limn_reshape(x, LIMN_SHAPE(1, 12, 5, 6));
    double *wanted = value_of(&it, limn_batch_norm(one, NULL, NULL, 1e-5, NULL));
    assert_values(&it, limn_instance_norm(x, NULL, NULL, 1e-5), wanted, 1e-12, "instance norm");
    free(wanted);
    close_problem(&it);
}

// ---- 10: the transposed convolution ----

static const limn_conv2d_transpose_options twice = {.stride = 2, .crop = 1, .adjust = 1};

// Equal to zeros between the pixels and a correlation with the turned kernel.
static void transposed_convolution(void **state) {
    (void)state;
    enum { IN = 2, OUT = 3, H = 4, W = 5 };
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(1, IN, H, W));
    limn_node *w = add_input(&it, LIMN_SHAPE(IN, OUT, 3, 3));
    limn_node *turned = add_input(&it, LIMN_SHAPE(OUT, IN, 3, 3));
    for (int i = 0; i < IN; i++)
        for (int o = 0; o < OUT; o++)
            for (int k = 0; k < 9; k++)
                it.value[2][(o * IN + i) * 9 + 8 - k] = it.value[1][(i * OUT + o) * 9 + k];
    limn_node *y = limn_conv2d_transpose(x, w, NULL, twice);
    limn_shape enlarged = LIMN_SHAPE(1, OUT, 2 * H, 2 * W);
    assert_true(limn_shape_equal(&y->shape, &enlarged));
    limn_node *apart = limn_place(limn_reshape(x, LIMN_SHAPE(1, IN, H, 1, W, 1)),
                                  (const int64_t[6]){0}, LIMN_SHAPE(1, IN, H, 2, W, 2));
    apart = limn_reshape(apart, LIMN_SHAPE(1, IN, 2 * H, 2 * W));
    double *wanted =
        value_of(&it, limn_conv2d(apart, turned, NULL, (limn_conv2d_options){.pad = 1}));
    assert_values(&it, y, wanted, 1e-12, "transposed convolution");
    free(wanted);
    close_problem(&it);
}

// Ones on ones give 1, 2, 2, 4; enlarging first gives 9 everywhere.
static void checkerboard(void **state) {
    (void)state;
    problem it = {0};
    limn_node *x = add_input(&it, LIMN_SHAPE(1, 1, 4, 4)),
              *w = add_input(&it, LIMN_SHAPE(1, 1, 3, 3));
    for (int i = 0; i < 16; i++) it.value[0][i] = 1;
    for (int i = 0; i < 9; i++) it.value[1][i] = 1;
    double *board = value_of(&it, limn_conv2d_transpose(x, w, NULL, twice));
    limn_node *nearest = limn_upsample_nearest(x, 2);
    double *plain = value_of(&it, limn_conv2d(nearest, w, NULL, (limn_conv2d_options){.pad = 1}));
    for (int i = 1; i < 7; i++)
        for (int j = 1; j < 7; j++) {
            assert_near(board[8 * i + j], (1 + i % 2) * (1 + j % 2), 0, "checkerboard");
            assert_near(plain[8 * i + j], 9, 0, "nearest and a convolution");
        }
    free(board);
    free(plain);
    close_problem(&it);
}

// ---- 11: the objective's gradient ----

enum { LOSSES = 4, MAX_PARAMETERS = 16, SIDE = 8 }; // content, style, tv, their sum

typedef struct objective {
    problem data; // the photograph, the painting
    limn_store store, loss_store;
    limn_net net, loss_net;
    limn_vgg vgg;
    limn_node *loss[LOSSES];
    double *values, *loss_values; // of the two stores
} objective;

static limn_node *toy(limn_net *net, limn_node *x) {
    limn_layer_options reflect = {.conv = {.pad = 1, .border = LIMN_BORDER_REFLECT}};
    limn_node *y = limn_conv_layer(net, limn_scale(x, 1 / 255.0), 4, 3, reflect, "first");
    y = limn_relu(limn_instance_layer(net, y, "in"));
    y = limn_conv_layer(net, y, 4, 3, reflect, "second");
    y = limn_relu(limn_batch_layer(net, y, (limn_batch_norm_options){.momentum = 0.1}, "bn"));
    y = limn_conv_layer(net, y, 3, 3, reflect, "third");
    return limn_affine(limn_tanh(y), 127.5, 127.5);
}

// The first values; those of the classifier, which has none, as He et al. would.
static double *doubles_of(limn_store *store, uint32_t number) {
    assert_int_equal(limn_store_ready(store, 5, false), LIMN_OK);
    double *values = calloc(store->count, sizeof *values);
    for (int p = 0; p < store->size; p++) {
        const limn_parameter *it = &store->parameters[p];
        double *to = values + it->offset, fan_in = (double)it->count / (double)it->shape.dim[0];
        for (size_t i = 0; i < it->count; i++) to[i] = (double)store->values[it->offset + i];
        if (it->init.kind == LIMN_INIT_ZERO && it->shape.rank == 4)
            fill(to, it->count, -sqrt(6 / fan_in), sqrt(6 / fan_in), number + (uint32_t)p);
    }
    return values;
}

static void open_objective(objective *it) {
    static const char *const taps[] = {"relu1_2", "relu2_1"};
    *it = (objective){0};
    limn_node *x = add_input(&it->data, LIMN_SHAPE(2, 3, SIDE, SIDE));
    limn_node *s = add_input(&it->data, LIMN_SHAPE(1, 3, SIDE, SIDE));
    for (int i = 0; i < 2; i++) fill(it->data.value[i], count_of(it->data.input[i]), 0, 255, 7);
    it->net = (limn_net){.graph = x->graph, .store = &it->store, .training = true};
    it->loss_net = (limn_net){.graph = x->graph, .store = &it->loss_store};
    it->vgg = (limn_vgg){.net = &it->loss_net, .layers = 16};
    limn_node *y = toy(&it->net, x), *of_y[2], *of_x[2], *of_s[2];
    limn_vgg_taps(&it->vgg, y, taps, 2, of_y);
    limn_vgg_taps(&it->vgg, x, taps, 2, of_x);
    limn_vgg_taps(&it->vgg, s, taps, 2, of_s);
    it->loss[0] = limn_mse(of_y[1], of_x[1]);
    it->loss[1] = limn_add(limn_style_loss(of_y[0], limn_gram(of_s[0]), LIMN_STYLE_CODE),
                           limn_style_loss(of_y[1], limn_gram(of_s[1]), LIMN_STYLE_CODE));
    it->loss[2] = limn_total_variation(y);
    it->loss[3] = limn_add(limn_add(it->loss[0], limn_scale(it->loss[1], 100)),
                           limn_scale(it->loss[2], 1e-6));
    it->values = doubles_of(&it->store, 100);
    it->loss_values = doubles_of(&it->loss_store, 200);
}

static void close_objective(objective *it) {
    free(it->values);
    free(it->loss_values);
    limn_net_free(&it->net);
    limn_net_free(&it->loss_net);
    limn_store_free(&it->store);
    limn_store_free(&it->loss_store);
    close_problem(&it->data);
}

static limn_plan *plan_of_objective(const objective *it, limn_node *const *outputs, int count,
                                    const double *values) {
    limn_plan *plan = plan_of(outputs, count);
    for (int i = 0; i < 2; i++) limn_plan_bind(plan, it->data.input[i], it->data.value[i], false);
    for (int p = 0; p < it->store.size; p++)
        limn_plan_bind(plan, it->net.node[p], values + it->store.parameters[p].offset, false);
    for (int p = 0; p < it->loss_store.size; p++)
        limn_plan_bind(plan, it->loss_net.node[p],
                       it->loss_values + it->loss_store.parameters[p].offset, false);
    return plan;
}

// The gradient by all parameters, laid out like the store.
static double *gradient_by_all(const objective *it, limn_node *loss) {
    limn_node *wrt[MAX_PARAMETERS] = {NULL}, *gradient[MAX_PARAMETERS] = {NULL};
    int which[MAX_PARAMETERS], count = 0;
    for (int p = 0; p < it->store.size; p++)
        if (!it->store.parameters[p].buffer) which[count] = p, wrt[count++] = it->net.node[p];
    if (limn_gradients(loss, wrt, count, gradient) != LIMN_OK) fail_msg("%s", limn_message());
    limn_plan *plan = plan_of_objective(it, gradient, count, it->values);
    run(plan);
    double *all = calloc(it->store.count, sizeof *all);
    for (int i = 0; i < count; i++)
        memcpy(all + it->store.parameters[which[i]].offset, limn_plan_output(plan, i),
               count_of(gradient[i]) * sizeof *all);
    limn_plan_free(plan);
    return all;
}

// The derivative along a direction by four points.
static double slope_along(const objective *it, limn_node *loss, const double *direction) {
    static const double at[] = {-2, -1, 1, 2}, factor[] = {1, -8, 8, -1}, step = 1e-6;
    double *moved = malloc(it->store.count * sizeof *moved), slope = 0;
    limn_plan *plan = plan_of_objective(it, &loss, 1, moved);
    for (int p = 0; p < 4; p++) {
        for (size_t i = 0; i < it->store.count; i++)
            moved[i] = it->values[i] + at[p] * step * direction[i];
        run(plan);
        slope += factor[p] * *(const double *)limn_plan_output(plan, 0);
    }
    limn_plan_free(plan);
    free(moved);
    return slope / (12 * step);
}

static double length_of(const double *vector, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += vector[i] * vector[i];
    return sqrt(sum);
}

// Along the gradient, so that the derivative is large, plus as much by chance, so that nothing that
// is wrong can hide.
static void check_loss(const objective *it, limn_node *loss, const char *name) {
    size_t count = it->store.count;
    double *gradient = gradient_by_all(it, loss), *direction = malloc(count * sizeof *direction);
    double length = length_of(gradient, count);
    assert_true(length > 0);
    fill(direction, count, -1, 1, 300);
    for (int p = 0; p < it->store.size; p++) {
        const limn_parameter *here = &it->store.parameters[p];
        if (here->buffer) memset(direction + here->offset, 0, here->count * sizeof *direction);
    }
    double chance = length_of(direction, count), expected = 0;
    for (size_t i = 0; i < count; i++) {
        direction[i] = direction[i] / chance + gradient[i] / length;
        expected += direction[i] * gradient[i];
    }
    assert_near(slope_along(it, loss, direction) / expected, 1, 1e-6, name);
    free(gradient);
    free(direction);
}

static void gradients_of_the_objective(void **state) {
    (void)state;
    static const char *const names[LOSSES] = {"content", "style", "tv", "all of them"};
    static objective it;
    open_objective(&it);
    for (int i = 0; i < LOSSES; i++) check_loss(&it, it.loss[i], names[i]);
    close_objective(&it);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preprocessing),
        cmocka_unit_test(gram_and_style_vectors),
        cmocka_unit_test(total_variation_vector),
        cmocka_unit_test(distance_vectors),
        cmocka_unit_test(nothing_lost_at_the_target),
        cmocka_unit_test(style_knows_no_place),
        cmocka_unit_test(batches_do_not_count),
        cmocka_unit_test(instance_norm_forgets_shift_and_scale),
        cmocka_unit_test(instance_norm_hides_a_bias),
        cmocka_unit_test(instance_norm_is_batch_norm_of_one),
        cmocka_unit_test(transposed_convolution),
        cmocka_unit_test(checkerboard),
        cmocka_unit_test(gradients_of_the_objective),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
