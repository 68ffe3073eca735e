// The networks of Johnson, Alahi, Fei-Fei (ECCV 2016) and its loss network: parameters, shapes and
// work as the paper and the two code bases everybody compares with have them.
#include "formula_samples.h"
#include "kinds/johnson.h"
#include "model/model.h"
#include "nn/vgg.h"

// Of the first values that a seed gives.
static limn_model *model_of(const char *kind, int width, int scale) {
    limn_model *model;
    limn_johnson_shape shape = {.width = width, .scale = scale};
    assert_int_equal(limn_model_new(limn_kind_find(kind), &shape, NULL, 0, &model), LIMN_OK);
    assert_int_equal(limn_store_ready(&model->store, 1, false), LIMN_OK);
    return model;
}

static limn_picture *translated(const limn_model *model, const limn_picture *picture) {
    limn_runner *runner;
    limn_picture *result;
    assert_int_equal(limn_runner_open(model, NULL, &runner), LIMN_OK);
    assert_int_equal(limn_translate(runner, picture, NULL, NULL, &result), LIMN_OK);
    limn_runner_free(runner);
    return result;
}

static void parameter_counts(void **state) {
    (void)state;
    static const struct {
        const char *kind;
        int width, scale;
        int64_t parameters;
    } known[] = {
        {"johnson-bn", 32, 1, 1679235}, {"torch-examples", 32, 1, 1679235},
        {"johnson-in", 16, 1, 424899},  {"sr", 64, 4, 401859},
        {"sr", 64, 8, 438915},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        limn_model *model = model_of(known[i].kind, known[i].width, known[i].scale);
        assert_int_equal(limn_model_parameters(model), known[i].parameters);
        if (!strcmp(known[i].kind, "torch-examples")) { // a .pth of 6,716,940 bytes
            assert_int_equal(model->store.size, 62);
            assert_int_equal(4 * limn_store_trained(&model->store), 6716940);
        }
        limn_model_free(model);
    }
}

static void multiply_adds(void **state) {
    (void)state;
    static const struct {
        const char *kind;
        int width, scale, columns, rows;
        double billions;
    } known[] = {
        {"johnson-bn", 32, 1, 256, 256, 10.939},
        {"johnson-bn", 32, 1, 512, 512, 38.13},
        {"torch-examples", 32, 1, 256, 256, 10.079},
        {"torch-examples", 32, 1, 1920, 1080, 318.9},
        {"johnson-in", 16, 1, 256, 256, 3.081},
        {"sr", 64, 4, 72, 72, 3.855},
        {"sr", 64, 8, 36, 36, 2.696},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        limn_model *model = model_of(known[i].kind, known[i].width, known[i].scale);
        double found = 1e-9 * limn_model_macs(model, known[i].columns, known[i].rows);
        near(known[i].kind, found, known[i].billions, 2e-4 * known[i].billions);
        limn_model_free(model);
    }
}

static const limn_shape *shape_named(const limn_graph *graph, const char *name) {
    for (int id = 0; id < limn_graph_size(graph); id++) {
        const limn_node *node = limn_graph_node((limn_graph *)(uintptr_t)graph, id);
        if (!strcmp(node->name, name)) return &node->shape;
    }
    fail_msg("there is no %s", name);
    return NULL;
}

typedef struct side { // rows and columns of a layer's result, and its channels
    const char *layer;
    int64_t size, channels;
} side;

static void assert_sides(const char *kind, limn_johnson_shape shape, int size, const side *sides) {
    limn_store store = {0};
    limn_net net = {.graph = limn_graph_new(), .store = &store};
    limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(1, 3, size, size));
    limn_kind_apply(limn_kind_find(kind), &net, &shape, x);
    assert_int_equal(limn_graph_check(net.graph), LIMN_OK);
    for (; sides->layer; sides++) {
        limn_shape wanted = LIMN_SHAPE(1, sides->channels, sides->size, sides->size);
        const limn_shape *found = shape_named(net.graph, sides->layer);
        if (!limn_shape_equal(found, &wanted))
            fail_msg("%s of %s: %s", sides->layer, kind, limn_shape_text(found));
    }
    limn_graph_free(net.graph);
    limn_net_free(&net);
    limn_store_free(&store);
}

// As usual.
static limn_shape result_of(const limn_kind *kind, int rows, int columns) {
    limn_store store = {0};
    limn_net net = {.graph = limn_graph_new(), .store = &store};
    limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(1, 3, rows, columns));
    void *usual = limn_kind_shape(kind);
    assert_non_null(usual);
    limn_shape shape = limn_kind_apply(kind, &net, usual, x)->shape;
    free(usual);
    limn_graph_free(net.graph);
    limn_net_free(&net);
    limn_store_free(&store);
    return shape;
}

static void shapes_of_networks(void **state) {
    (void)state;
    static const side johnson[] = {
        {"conv1", 336, 32},      {"conv2", 168, 64},      {"conv3", 84, 128},
        {"res1.conv2", 80, 128}, {"res2.conv2", 76, 128}, {"res3.conv2", 72, 128},
        {"res4.conv2", 68, 128}, {"res5.conv2", 64, 128}, {"up1", 128, 64},
        {"up2", 256, 32},        {"conv4", 256, 3},       {0}};
    static const side torch[] = {
        {"conv1.conv2d", 256, 32},      {"conv2.conv2d", 128, 64},      {"conv3.conv2d", 64, 128},
        {"res1.conv1.conv2d", 64, 128}, {"res5.conv2.conv2d", 64, 128}, {"deconv1.conv2d", 128, 64},
        {"deconv2.conv2d", 256, 32},    {"deconv3.conv2d", 256, 3},     {0}};
    static const side four[] = {{"conv1", 72, 64}, {"res4.conv2", 72, 64}, {"up1", 144, 64},
                                {"up2", 288, 64},  {"conv2", 288, 3},      {0}};
    static const side eight[] = {{"conv1", 36, 64},
                                 {"res4.conv2", 36, 64},
                                 {"up1", 72, 64},
                                 {"up2", 144, 64},
                                 {"up3", 288, 64},
                                 {"conv2", 288, 3},
                                 {0}};
    assert_sides("johnson-bn", (limn_johnson_shape){32, 1}, 256, johnson);
    assert_sides("torch-examples", (limn_johnson_shape){32, 1}, 256, torch);
    assert_sides("sr", (limn_johnson_shape){64, 4}, 72, four);
    assert_sides("sr", (limn_johnson_shape){64, 8}, 36, eight);
    static const char *const odd[] = {"johnson-bn", "johnson-in", "torch-examples"};
    for (int i = 0; i < 3; i++) {
        limn_shape found = result_of(limn_kind_find(odd[i]), 253, 250),
                   wanted = LIMN_SHAPE(1, 3, 256, 252);
        assert_true(limn_shape_equal(&found, &wanted));
    }
}

// What a picture of 253 x 250 becomes has that size again.
static void odd_pictures_keep_their_size(void **state) {
    (void)state;
    limn_model *model = model_of("torch-examples", 1, 1);
    limn_picture *picture;
    assert_int_equal(limn_picture_new(25, 22, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 3 * 25 * 22; i++) picture->rgb[i] = (float)(i % 256);
    limn_picture *result = translated(model, picture);
    assert_int_equal(result->width, 25);
    assert_int_equal(result->height, 22);
    limn_picture_free(picture);
    limn_picture_free(result);
    limn_model_free(model);
}

static void shapes_of_the_loss_network(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t channels, size, parameters;
        double billions;
    } taps[] = {
        {"relu1_2", 64, 256, 38720, 2.529},
        {"relu2_2", 128, 128, 260160, 6.153},
        {"relu3_3", 256, 64, 1735488, 12.193},
        {"relu4_3", 512, 32, 7635264, 18.233},
    };
    for (int i = 0; i < 4; i++) {
        limn_store store = {0};
        limn_graph *graph = limn_graph_new();
        limn_net net = {.graph = graph, .store = &store};
        limn_vgg vgg = {.net = &net, .layers = 16};
        limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 3, 256, 256)), *tap;
        limn_vgg_taps(&vgg, x, &taps[i].name, 1, &tap);
        limn_shape wanted = LIMN_SHAPE(1, taps[i].channels, taps[i].size, taps[i].size);
        assert_true(limn_shape_equal(&tap->shape, &wanted));
        assert_int_equal(limn_store_trained(&store), taps[i].parameters);
        double flops = 0;
        for (int id = 0; id < limn_graph_size(graph); id++) {
            const limn_node *node = limn_graph_node(graph, id);
            if (node->op->flops) flops += node->op->flops(node);
        }
        near(taps[i].name, flops / 2e9, taps[i].billions, 1e-3);
        limn_graph_free(graph);
        limn_net_free(&net);
        limn_store_free(&store);
    }
}

// Where PyTorch begins: uniform in +-1/sqrt(fan in), scale 1, shift 0.
static void first_values(void **state) {
    (void)state;
    limn_model *model = model_of("torch-examples", 32, 1);
    double bound = 0;
    for (int p = 0; p < model->store.size; p++) {
        const limn_parameter *it = &model->store.parameters[p];
        const float *values = model->store.values + it->offset;
        bool norm = strstr(it->name, "in") == it->name || strstr(it->name, ".in");
        bool bias = strstr(it->name, ".bias") != NULL;
        double sum = 0, largest = 0;
        for (size_t i = 0; i < it->count; i++) {
            sum += (double)values[i];
            largest = fmax(largest, fabs((double)values[i]));
            if (norm) assert_true(values[i] == (bias ? 0 : 1));
        }
        if (norm) continue;
        if (!bias) bound = 1 / sqrt((double)it->count / (double)it->shape.dim[0]);
        assert_true(largest <= bound * (1 + 1e-6));
        assert_true(fabs(sum) < 5 * bound * sqrt((double)it->count / 3)); // five deviations
        if (it->count > 1000) assert_true(largest > 0.99 * bound);
    }
    limn_model_free(model);
}

// The paper's networks end in 150 tanh in the classifier's space: the mean, and 150 to both sides.
static void range_of_the_output(void **state) {
    (void)state;
    static const float mean[3] = {123.68f, 116.779f, 103.939f}, bias[4] = {0, 0.5f, -0.5f, 100};
    for (int i = 0; i < 4; i++) {
        limn_model *model = model_of("sr", 1, 4);
        limn_store *store = &model->store;
        memset(store->values, 0, store->count * sizeof *store->values);
        const limn_parameter *last = &store->parameters[limn_store_find(store, "conv2.bias")];
        for (int c = 0; c < 3; c++) store->values[last->offset + (size_t)c] = bias[i];
        limn_picture *picture;
        assert_int_equal(limn_picture_new(3, 2, LIMN_RGB, &picture), LIMN_OK);
        memset(picture->rgb, 0, 18 * sizeof *picture->rgb);
        picture->rgb[0] = 1; // or it is grey, and so is the result
        limn_picture *result = translated(model, picture);
        assert_int_equal(result->width, 12);
        assert_int_equal(result->height, 8);
        float step = 150 * tanhf(bias[i]);
        for (int k = 0; k < 3 * 96; k++)
            assert_float_equal(result->rgb[k], fminf(mean[k / 96] + step, 255), 1e-3f);
        limn_picture_free(picture);
        limn_picture_free(result);
        limn_model_free(model);
    }
}

// A picture smaller than any tile is not said to have been tried in tiles.
static void says_what_does_not_fit(void **state) {
    (void)state;
    limn_model *model = model_of("sr", 8, 4);
    limn_run_options options = {.size = sizeof options, .max_memory = 1000000};
    limn_runner *runner;
    assert_int_equal(limn_runner_open(model, &options, &runner), LIMN_OK);
    static const int sides[] = {40, 400};
    for (int i = 0; i < 2; i++) {
        limn_picture *picture, *result;
        assert_int_equal(limn_picture_new(sides[i], sides[i], LIMN_RGB, &picture), LIMN_OK);
        assert_int_equal(limn_translate(runner, picture, NULL, NULL, &result), LIMN_MEMORY);
        assert_int_equal(strstr(limn_message(), "even in tiles of 96x96 pixels") != NULL, i);
        assert_int_equal(strstr(limn_message(), "even in tiles") != NULL, i);
        limn_picture_free(picture);
    }
    limn_runner_free(runner);
    limn_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameter_counts),
        cmocka_unit_test(multiply_adds),
        cmocka_unit_test(shapes_of_networks),
        cmocka_unit_test(odd_pictures_keep_their_size),
        cmocka_unit_test(shapes_of_the_loss_network),
        cmocka_unit_test(first_values),
        cmocka_unit_test(range_of_the_output),
        cmocka_unit_test(says_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
