// Enlarging: what the networks are (../shared/spec/enlarging.md), tiles, grey pictures, drawn
// graphics. Training it: train.sh.
#include "runner_samples.h"

#include "kinds/span.h"
#include "methods/graphics.h"
#include "model/parts.h"
#include "reference/span_expected.h"

static limn_model *model_of(int64_t width, int64_t scale, int residual) {
    limn_model *model;
    limn_span_shape shape = {.width = width, .scale = scale, .residual = residual};
    good(limn_model_new(limn_kind_find("span"), &shape, NULL, 0, &model));
    good(limn_store_ready(&model->store, 1, false));
    return model;
}

static int64_t squared(int64_t x) {
    return x * x;
}

static void parameter_counts(void **state) {
    (void)state;
    limn_model *model = model_of(48, 4, LIMN_SPAN_NEAREST);
    assert_int_equal(limn_model_parameters(model), 426288);
    limn_model_free(model);
    for (int64_t scale = 2; scale <= 8; scale++) {
        int64_t w = 52, up = 3 * squared(scale);
        model = model_of(w, scale, LIMN_SPAN_PUBLISHED);
        assert_int_equal(limn_model_parameters(model),
                         28 * w + 19 * (9 * w * w + w) + 4 * w * w + w + (9 * w + 1) * up);
        assert_int_equal(limn_model_scale(model), scale);
        limn_model_free(model);
    }
}

// What a network of one scale has learnt serves one of another, all but its last layer.
static void all_but_the_last_layer_fits_another_scale(void **state) {
    (void)state;
    limn_model *four = model_of(5, 4, LIMN_SPAN_NEAREST), *two = model_of(5, 2, LIMN_SPAN_NEAREST);
    for (size_t i = 0; i < four->store.count; i++) four->store.values[i] = 7;
    assert_int_equal(limn_store_copy_fitting(&two->store, &four->store), 12 * (5 * 9 + 1));
    for (int p = 0; p < two->store.size; p++) {
        const limn_parameter *it = &two->store.parameters[p];
        bool last = !strncmp(it->name, "up.", 3);
        assert_true(two->store.values[it->offset] == (last ? 0 : 7));
        assert_true(two->store.values[it->offset + it->count - 1] == (last ? 0 : 7));
    }
    limn_model_free(four);
    limn_model_free(two);
}

// As tests/reference/span.py has it.
static void formula(double *to, size_t count, double base, double amplitude, int number) {
    for (size_t i = 0; i < count; i++)
        to[i] = base + amplitude * sin(12.9898 * (double)(i + 1) + 78.233 * number);
}

static void fill_by_formula(const limn_store *store, double *values) {
    for (int p = 0; p < store->size; p++) {
        const limn_parameter *it = &store->parameters[p];
        double fan = it->shape.rank == 4 ? (double)it->count / (double)it->shape.dim[0] : 300;
        formula(values + it->offset, it->count, 0, sqrt(3 / fan), p);
    }
}

enum { TWIN = 3 * 23 * 17 };

// In double, by plain kernels, and as it is used. Values go to 31, and rounding adds up in 22
// layers.
static void check_twin(limn_model *model, limn_plan_options how, const void *picture,
                       const void *values, double tolerance) {
    limn_net net = {.graph = limn_graph_new(), .store = &model->store};
    limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(1, 3, 23, 17));
    limn_node *y = limn_kind_apply(model->kind, &net, model->shape, x);
    bool exact = how.precision == LIMN_DOUBLES;
    size_t size = exact ? sizeof(double) : sizeof(float);
    limn_plan *plan;
    good(limn_plan_new(&y, 1, how, &plan));
    limn_plan_bind(plan, x, picture, true);
    for (int p = 0; p < model->store.size; p++)
        limn_plan_bind(plan, net.node[p],
                       (const char *)values + model->store.parameters[p].offset * size, true);
    good(limn_plan_run(plan));
    const void *found = limn_plan_output(plan, 0);
    for (size_t i = 0; i < ARRAY(span_expected); i++) {
        double is =
            exact ? ((const double *)found)[401 * i] : (double)((const float *)found)[401 * i];
        if (fabs(is / 255 - span_expected[i]) > tolerance)
            fail_msg("value %zu: %.9g, not %.9g", 401 * i, is / 255, span_expected[i]);
    }
    limn_plan_free(plan);
    limn_graph_free(net.graph);
    limn_net_free(&net);
}

static void twin(void **state) {
    (void)state;
    limn_model *model = model_of(48, 4, LIMN_SPAN_PUBLISHED);
    size_t count = model->store.count;
    double *values = calloc(count, sizeof *values), picture[TWIN];
    float rounded[TWIN];
    fill_by_formula(&model->store, values);
    formula(picture, TWIN, 127.5, 127.5, 1000);
    for (size_t i = 0; i < TWIN; i++) rounded[i] = (float)picture[i];
    for (size_t i = 0; i < count; i++) model->store.values[i] = (float)values[i];
    limn_plan_options how = {.precision = LIMN_DOUBLES, .threads = 1};
    check_twin(model, how, picture, values, 1e-9);
    how = (limn_plan_options){.isa = LIMN_ISA_BASELINE, .threads = 1, .plain = true};
    check_twin(model, how, rounded, model->store.values, 1e-3);
    how = (limn_plan_options){.threads = 1};
    check_twin(model, how, rounded, model->store.values, 1e-2);
    free(values);
    limn_model_free(model);
}

// Untrained it enlarges by nearest neighbour, bit for bit.
static void residual(void **state) {
    (void)state;
    for (int scale = 2; scale <= 8; scale += 3) {
        limn_model *model = model_of(16, scale, LIMN_SPAN_NEAREST);
        limn_picture *picture = noise(21, 13, LIMN_RGB);
        limn_runner *runner = open_with(model, (limn_run_options){0});
        limn_picture *result = translated(runner, picture, NULL);
        assert_int_equal(result->width, 21 * scale);
        assert_int_equal(result->height, 13 * scale);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < result->height; i++)
                for (int j = 0; j < result->width; j++)
                    assert_true(result->rgb[(c * result->height + i) * result->width + j] ==
                                picture->rgb[(c * 13 + i / scale) * 21 + j / scale]);
        limn_picture_free(result);
        limn_picture_free(picture);
        limn_runner_free(runner);
        limn_model_free(model);
    }
}

// Each channel of a layer is one of the layer before, moved by a pixel, and a little of all others.
static void see_far(const limn_parameter *layer, float *values) {
    const int64_t *dim = layer->shape.dim;
    for (size_t i = 0; i < layer->count; i++) values[i] *= 0.02F;
    for (int64_t k = 0; k < dim[0]; k++)
        values[(k * dim[1] + k % dim[1]) * 9 + (k % 2 ? 0 : 8)] = 1;
}

static void weaken(const limn_store *store, const char *name, float by) {
    const limn_parameter *it = &store->parameters[limn_store_find(store, name)];
    for (size_t i = 0; i < it->count; i++) store->values[it->offset + i] *= by;
}

// Something that colours, and on which the last pixel that it sees tells.
static limn_model *vivid(void) {
    limn_model *model = model_of(12, 3, LIMN_SPAN_NEAREST);
    double *values = calloc(model->store.count, sizeof *values);
    fill_by_formula(&model->store, values);
    for (size_t i = 0; i < model->store.count; i++) model->store.values[i] = (float)values[i];
    free(values);
    for (int p = 0; p < model->store.size; p++) {
        const limn_parameter *it = &model->store.parameters[p];
        if (it->shape.rank == 4 && it->shape.dim[3] == 3)
            see_far(it, model->store.values + it->offset);
    }
    weaken(&model->store, "conv1.weight", 1.0F / 32); // gates make a little much of large values
    weaken(&model->store, "up.weight", 0.1F);
    return model;
}

static void tiles(void **state) {
    (void)state;
    limn_model *model = vivid();
    limn_picture *picture = noise(500, 400, LIMN_RGB);
    limn_runner *runner = open_with(model, (limn_run_options){.max_memory = (size_t)1 << 30});
    limn_picture *whole = translated(runner, picture, NULL);
    size_t plan = limn_runner_bytes(runner), pictures = (size_t)(500 * 400 * 12 * (9 + 1));
    runner->max_memory = pictures + plan / 3;
    limn_picture *tiled = translated(runner, picture, NULL);
    assert_true(limn_runner_bytes(runner) <= plan / 3);
    check_same(tiled, whole, 0.005);
    limn_picture_free(tiled);
    limn_picture_free(whole);
    limn_picture_free(picture);
    limn_runner_free(runner);
    limn_model_free(model);
}

// Large pictures are done in tiles without being asked to: a part from the middle, done alone, is
// the same as there, whatever borders cross it.
static void usual_tiles(void **state) {
    (void)state;
    enum { WIDTH = 900, HEIGHT = 700, LEFT = 300, TOP = 200, PART = 300, HALO = 21, SCALE = 3 };
    limn_model *model = vivid();
    limn_picture *picture = noise(WIDTH, HEIGHT, LIMN_RGB), *part, *inner, *same;
    limn_runner *runner = open_with(model, (limn_run_options){0});
    limn_picture *large = translated(runner, picture, NULL);
    size_t plan = limn_runner_bytes(runner);
    assert_true(plan <= 220000000);
    assert_true(limn_ready_bytes(runner, LIMN_DRAW, 0, WIDTH, HEIGHT) > plan);
    good(limn_picture_crop(picture, LEFT, TOP, PART, PART, &part));
    limn_picture *small = translated(runner, part, NULL);
    int margin = HALO * SCALE, side = (PART - 2 * HALO) * SCALE;
    good(limn_picture_crop(small, margin, margin, side, side, &inner));
    good(limn_picture_crop(large, LEFT * SCALE + margin, TOP * SCALE + margin, side, side, &same));
    check_same(inner, same, 0.005);
    limn_picture *all[] = {picture, part, inner, same, large, small};
    for (size_t i = 0; i < ARRAY(all); i++) limn_picture_free(all[i]);
    limn_runner_free(runner);
    limn_model_free(model);
}

// All channels are equal, and the Y of what the network says.
static void grey(void **state) {
    (void)state;
    limn_model *model = vivid();
    limn_runner *runner = open_with(model, (limn_run_options){0});
    limn_picture *picture = noise(30, 20, LIMN_RGB);
    memcpy(picture->rgb + 600, picture->rgb, 600 * sizeof(float));
    limn_picture *coloured = translated(runner, picture, NULL);
    memcpy(picture->rgb + 1200, picture->rgb, 600 * sizeof(float));
    limn_picture *result = translated(runner, picture, NULL);
    const float *r = result->rgb, *g = r + 5400, *b = g + 5400;
    assert_memory_equal(r, g, 5400 * sizeof *r);
    assert_memory_equal(r, b, 5400 * sizeof *r);
    assert_true(memcmp(coloured->rgb, coloured->rgb + 5400, 5400 * sizeof *r) != 0);
    limn_picture_free(result);
    limn_picture_free(coloured);
    limn_picture_free(picture);
    limn_runner_free(runner);
    limn_model_free(model);
}

// Whatever the network says, flat areas keep their values to the last bit, up to the frame and to
// two pixels from what is not flat.
static void flat(void **state) {
    (void)state;
    limn_model *model = vivid();
    limn_runner *runner = open_with(model, (limn_run_options){0});
    limn_picture *picture = noise(40, 30, LIMN_RGB);
    for (int i = 0; i < 3 * 40 * 30; i++)
        if (i % 40 < 20) picture->rgb[i] = (float)(i / 1200 * 127.5);
    limn_picture *result = translated(runner, picture, NULL);
    int changed = 0;
    for (int i = 0; i < 3 * 120 * 90; i++) {
        float wanted = (float)(i / 10800 * 127.5);
        if (i % 120 < 3 * 18) assert_true(result->rgb[i] == wanted);
        changed += i % 120 >= 3 * 18 && result->rgb[i] != wanted;
    }
    assert_true(changed > 5000);
    limn_picture_free(result);
    limn_picture_free(picture);
    limn_runner_free(runner);
    limn_model_free(model);
}

// ---- drawn graphics ----

enum { SIDE = 96, COUNT = 3 * SIDE * SIDE };

static void draw(float *rgb, uint32_t sample) {
    limn_random stream = {.seed = 3, .purpose = 5, .sample = sample, .step = 9};
    for (int i = 0; i < COUNT; i++) rgb[i] = 77;
    limn_graphics_draw(rgb, SIDE, &stream);
}

// Whole numbers in 0..255, the same again for the same stream, and of all sorts.
static void graphics(void **state) {
    (void)state;
    static float one[COUNT], two[COUNT];
    int flat = 0, greys = 0, whites = 0, enough = 400;
    for (int s = 0; s < enough; s++) {
        draw(one, (uint32_t)s);
        draw(two, (uint32_t)s);
        assert_memory_equal(one, two, sizeof one);
        float low = 255, high = 0;
        for (int i = 0; i < COUNT; i++) {
            assert_true(one[i] >= 0 && one[i] <= 255 && one[i] == floorf(one[i]));
            low = fminf(low, one[i]);
            high = fmaxf(high, one[i]);
        }
        bool is_grey = !memcmp(one, one + COUNT / 3, 2 * sizeof one / 3);
        greys += is_grey;
        flat += is_grey && low == high;
        whites += one[0] == 255 && one[COUNT - 1] == 255;
    }
    assert_true(flat > 10 && flat < enough / 4);
    assert_true(greys > enough / 5 && greys < enough / 2);
    assert_true(whites > enough / 5);
}

// ---- what ships ----

static limn_picture *shipped(const limn_picture *picture) {
    limn_model *model = load("models/upscale-x4.safetensors");
    limn_runner *runner = open_with(model, (limn_run_options){0});
    limn_picture *result = translated(runner, picture, NULL);
    limn_runner_free(runner);
    limn_model_free(model);
    return result;
}

// FT-02: flat colours come out as they are, corners included: no shift, grid or frame.
static void shipped_flat(void **state) {
    (void)state;
    static const float colours[][3] = {{0, 0, 255},     {0, 128, 255}, {10, 200, 30},  {255, 0, 0},
                                       {255, 255, 255}, {0, 0, 0},     {127, 127, 127}};
    for (size_t k = 0; k < ARRAY(colours); k++) {
        limn_picture *picture;
        good(limn_picture_new(48, 40, LIMN_RGB, &picture));
        for (int i = 0; i < 3 * 1920; i++) picture->rgb[i] = colours[k][i / 1920];
        limn_picture *result = shipped(picture);
        for (int i = 0; i < 3 * 30720; i++)
            assert_true(fabsf(result->rgb[i] - colours[k][i / 30720]) <= 0.5F);
        limn_picture_free(result);
        limn_picture_free(picture);
    }
}

// FT-03: a drawing in black and white stays without colours.
static void shipped_grey(void **state) {
    (void)state;
    limn_picture *picture;
    good(limn_picture_new(96, 96, LIMN_RGB, &picture));
    for (int i = 0; i < 3 * 9216; i++) {
        int x = i % 96, y = i / 96 % 96;
        picture->rgb[i] = y % 8 == 0 || (x >= 40 && x < 44) ? 0 : 255;
    }
    limn_picture *result = shipped(picture);
    size_t plane = 384 * 384 * sizeof(float);
    assert_memory_equal(result->rgb, result->rgb + 384 * 384, plane);
    assert_memory_equal(result->rgb, result->rgb + 2 * 384 * 384, plane);
    limn_picture_free(result);
    limn_picture_free(picture);
}

static double squares(const limn_picture *a, const limn_picture *b) {
    double sum = 0;
    for (int i = 0; i < 3 * a->width * a->height; i++)
        sum += pow((double)a->rgb[i] - (double)b->rgb[i], 2);
    return sum;
}

// Drawings that it was not trained on (of another seed) come nearer to the truth than by bicubic
// interpolation.
static void shipped_graphics(void **state) {
    (void)state;
    double ours = 0, bicubic = 0;
    for (uint32_t sample = 0; sample < 24; sample++) {
        limn_random stream = {.seed = 4711, .sample = sample};
        limn_picture *truth, *small, *other;
        good(limn_picture_new(192, 192, LIMN_RGB, &truth));
        for (int i = 0; i < 3 * 36864; i++) truth->rgb[i] = 255;
        limn_graphics_draw(truth->rgb, 192, &stream);
        good(limn_picture_resize(truth, 48, 48, LIMN_BICUBIC, &small));
        good(limn_picture_resize(small, 192, 192, LIMN_BICUBIC, &other));
        limn_picture *result = shipped(small);
        ours += squares(result, truth);
        bicubic += squares(other, truth);
        limn_picture *all[] = {truth, small, other, result};
        for (size_t i = 0; i < ARRAY(all); i++) limn_picture_free(all[i]);
    }
    print_message("drawings: %.2f dB better than bicubic\n", 10 * log10(bicubic / ours));
    assert_true(ours < 0.75 * bicubic);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameter_counts),
        cmocka_unit_test(all_but_the_last_layer_fits_another_scale),
        cmocka_unit_test(twin),
        cmocka_unit_test(residual),
        cmocka_unit_test(tiles),
        cmocka_unit_test(usual_tiles),
        cmocka_unit_test(grey),
        cmocka_unit_test(flat),
        cmocka_unit_test(graphics),
        cmocka_unit_test(shipped_flat),
        cmocka_unit_test(shipped_grey),
        cmocka_unit_test(shipped_graphics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
