// The networks of EGSC-IT and UNIT, and what a model of them makes: the acceptance figures of their
// specification (../shared/spec/exemplar-guided.md, T1 to T5, T10, T15 and T17).
#include "egsc_samples.h"
#include "limn/limn.h"
#include "model/runner.h"
#include "own_folder.h"
#include "sketch_samples.h"
#include "train/run_folder.h"

static const limn_egsc_shape usual = {
    .size = 20, .width = 4, .downsamplings = 2, .mask = true, .sharing = true, .styles = {0, 0}};

static limn_model *model_of(limn_egsc_shape shape) {
    static const char *const names[] = {"A", "B"};
    limn_model *model;
    good(limn_model_new(&limn_kind_egsc_it, &shape, names, 2, &model));
    return model;
}

// ---- T1: numbers of parameters ----

static int64_t count_of(const limn_store *store, const char *prefix) {
    int64_t count = 0;
    for (int i = 0; i < store->size; i++)
        if (!strncmp(store->parameters[i].name, prefix, strlen(prefix)))
            count += (int64_t)store->parameters[i].count;
    return count;
}

static int64_t judge_parameters(int64_t width) {
    sketch it;
    begin(&it);
    limn_egsc_judge(&it.net, width, LIMN_JUDGE_PUBLISHED, limn_egsc_of("D", 0),
                    limn_input(it.net.graph, "x", LIMN_SHAPE(1, 3, 32, 32)));
    good(limn_graph_check(it.net.graph));
    int64_t count = count_of(&it.store, "D.a.");
    assert_int_equal(count, count_of(&it.store, ""));
    end(&it);
    return count;
}

static void parameters(void **state) {
    (void)state;
    static const struct {
        int64_t width, downsamplings, encoder, block, generator, discriminator, drawing, all;
    } wanted[] = {{64, 2, 3918976, 1180160, 3909507, 2758849, 18017286, 25855238},
                  {32, 2, 982592, 295168, 977859, 691297, 4511238, 6476422},
                  {64, 0, 231040, 73856, 221763, 2758849, 1053318, 1515398},
                  {32, 0, 60224, 18496, 55587, 691297, 268614, 389062}};
    for (size_t i = 0; i < ARRAY(wanted); i++) {
        limn_egsc_shape shape = usual;
        shape.width = wanted[i].width;
        shape.downsamplings = wanted[i].downsamplings;
        limn_model *model = model_of(shape);
        const limn_store *store = &model->store;
        int64_t drawing = count_of(store, "E.") + count_of(store, "S.") + count_of(store, "G.");
        assert_int_equal(count_of(store, "E.a."), wanted[i].encoder);
        assert_int_equal(count_of(store, "F.b."), wanted[i].encoder);
        assert_int_equal(count_of(store, "S.latent."), wanted[i].block);
        assert_int_equal(count_of(store, "S.content."), wanted[i].block);
        assert_int_equal(count_of(store, "G.b."), wanted[i].generator);
        assert_int_equal(drawing, wanted[i].drawing);
        assert_int_equal(limn_model_parameters(model), wanted[i].all);
        assert_int_equal(judge_parameters(wanted[i].width), wanted[i].discriminator);
        limn_model_free(model);
    }
}

// What a shape leaves out is not there: UNIT has no F, CycleGAN no latent space.
static void without(void **state) {
    (void)state;
    limn_egsc_shape shape = usual;
    shape.mask = false;
    limn_model *model = model_of(shape);
    assert_true(count_of(&model->store, "F.a.") > 0); // for the styles
    limn_model_free(model);
    shape.adain = LIMN_ADAIN_NONE;
    model = model_of(shape);
    assert_int_equal(count_of(&model->store, "F."), 0);
    assert_int_equal(count_of(&model->store, "styles"), 0);
    limn_model_free(model);
    shape.sharing = false;
    model = model_of(shape);
    assert_int_equal(count_of(&model->store, "S."), 0);
    limn_model_free(model);
}

// ---- T2: shapes ----

static void is_shape(const limn_node *node, limn_shape wanted) {
    if (!limn_shape_equal(&node->shape, &wanted))
        fail_msg("a shape is %s", limn_shape_text(&node->shape));
}

static void shapes(void **state) {
    (void)state;
    sketch it;
    limn_egsc_shape shape = {.size = 256, .width = 64, .downsamplings = 2};
    begin(&it);
    limn_node *x = limn_input(it.net.graph, "x", LIMN_SHAPE(1, 3, 256, 512));
    limn_node *f = limn_egsc_encode(&it.net, &shape, limn_egsc_of("E", 0), x);
    is_shape(f, LIMN_SHAPE(1, 256, 64, 128));
    is_shape(limn_egsc_generate(&it.net, &shape, limn_egsc_of("G", 0), f),
             LIMN_SHAPE(1, 3, 256, 512));
    is_shape(limn_egsc_judge(&it.net, 64, LIMN_JUDGE_PUBLISHED, limn_egsc_of("D", 0), x),
             LIMN_SHAPE(1, 1, 16, 32));
    limn_node *small = limn_input(it.net.graph, "x", LIMN_SHAPE(1, 3, 28, 28));
    is_shape(limn_egsc_judge(&it.net, 64, LIMN_JUDGE_PLAIN, limn_egsc_of("D", 0), small),
             LIMN_SHAPE(1, 1, 2, 2));
    good(limn_graph_check(it.net.graph));
    end(&it);
}

// Mean square of what an encoder reads of noise of 1.
static double read_by(bool he) {
    enum { SIDE = 16, READ = 64 * (SIDE / 4) * (SIDE / 4) };
    sketch it;
    limn_egsc_shape shape = {.size = SIDE, .width = 16, .downsamplings = 2, .he = he};
    begin(&it);
    float *x = noise(3 * SIDE * SIDE, 1);
    limn_node *f = limn_egsc_encode(&it.net, &shape, limn_egsc_of("E", 0),
                                    input(&it, LIMN_SHAPE(1, 3, SIDE, SIDE), x));
    float *values = compute(&it, f);
    double sum = 0;
    for (int i = 0; i < READ; i++) sum += (double)values[i] * (double)values[i];
    end(&it);
    free(x);
    free(values);
    return sum / READ;
}

// By He's first values what is read is as large as the noise that is added to it; by the published
// ones it would be lost.
static void first_values(void **state) {
    (void)state;
    double kept = read_by(true);
    assert_true(kept > 0.3 && kept < 10);
    assert_true(read_by(false) < 0.001);
}

// Pools that round up: 28, 14, 7, 4, 2.
static void loss_network_sides(void **state) {
    (void)state;
    static const char *const taps[] = {"relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"};
    static const int64_t sides[] = {28, 14, 7, 4, 2};
    sketch it;
    limn_node *found[5];
    begin(&it);
    limn_vgg vgg = {.net = &it.net, .layers = 19, .width = 2, .ceil = true};
    limn_vgg_taps(&vgg, limn_input(it.net.graph, "x", LIMN_SHAPE(1, 3, 28, 28)), taps, 5, found);
    for (int l = 0; l < 5; l++) {
        assert_int_equal(found[l]->shape.dim[2], sides[l]);
        assert_int_equal(found[l]->shape.dim[3], sides[l]);
    }
    end(&it);
}

// Enlarging: one pixel lights rows 2i .. 2i + 2, and nothing is cut off above or left.
static void enlarging(void **state) {
    (void)state;
    enum { H = 3, W = 4 };
    for (int at = 0; at < H * W; at++) {
        float x[H * W] = {0}, ones[9];
        sketch it;
        begin(&it);
        x[at] = 1;
        for (int k = 0; k < 9; k++) ones[k] = (float)(k + 1);
        limn_node *y = limn_conv2d_transpose(
            input(&it, LIMN_SHAPE(1, 1, H, W), x), input(&it, LIMN_SHAPE(1, 1, 3, 3), ones), NULL,
            (limn_conv2d_transpose_options){.stride = 2, .same = true});
        is_shape(y, LIMN_SHAPE(1, 1, 2 * H, 2 * W));
        float *found = compute(&it, y);
        for (int r = 0; r < 2 * H; r++)
            for (int c = 0; c < 2 * W; c++) {
                int a = r - 2 * (at / W), b = c - 2 * (at % W);
                bool lit = a >= 0 && a < 3 && b >= 0 && b < 3;
                assert_float_equal(found[r * 2 * W + c], lit ? 3 * a + b + 1 : 0, 1e-6);
            }
        free(found);
        end(&it);
    }
}

// ---- T3, T4: masks and styles ----

static void mask(void **state) {
    (void)state;
    enum { COUNT = 41 };
    float f[COUNT];
    sketch it;
    begin(&it);
    for (int i = 0; i < COUNT; i++) f[i] = 0.5F * (float)(i - COUNT / 2);
    limn_node *x = input(&it, LIMN_SHAPE(1, 1, 1, COUNT), f), *m = limn_egsc_mask(x), *slope;
    good(limn_gradients(limn_reshape(limn_sum(m, LIMN_ALL_AXES, LIMN_DROP), LIMN_SHAPE(1)), &x, 1,
                        &slope));
    float *found = compute(&it, m), *slopes = compute(&it, slope);
    assert_float_equal(found[COUNT / 2], 0.75, 0);
    near("slope", (double)slopes[COUNT / 2], 0.125, 1e-7);
    for (int i = 0; i < COUNT; i++) assert_true(found[i] > 0.5F && found[i] < 1);
    free(found);
    free(slopes);
    end(&it);
}

enum { PIXELS = 30, CHANNELS = 4 };

static void moments_of(const float *plane, double *mean, double *variance) {
    *mean = *variance = 0;
    for (int i = 0; i < PIXELS; i++) *mean += (double)plane[i] / PIXELS;
    for (int i = 0; i < PIXELS; i++) *variance += pow((double)plane[i] - *mean, 2) / PIXELS;
}

static void styles(void **state) {
    (void)state;
    float *f = noise(PIXELS * CHANNELS, 1), *c = noise(PIXELS * CHANNELS, 2);
    for (int form = 0; form < 2; form++) {
        limn_egsc_shape shape = {.width = CHANNELS, .adain = form};
        sketch it;
        begin(&it);
        limn_shape all = LIMN_SHAPE(1, CHANNELS, 5, 6);
        limn_node *style = limn_egsc_style(&shape, input(&it, all, f));
        float *y = compute(&it, limn_egsc_guide(&shape, input(&it, all, c), NULL, style));
        for (int k = 0; k < CHANNELS; k++) {
            double mean, variance, own, of_own, made, of_made;
            moments_of(f + k * PIXELS, &mean, &variance);
            moments_of(c + k * PIXELS, &own, &of_own);
            moments_of(y + k * PIXELS, &made, &of_made);
            bool published = form == LIMN_ADAIN_PUBLISHED;
            near("mean", made, published ? variance : mean, 1e-4);
            near("deviation", sqrt(of_made), published ? fabs(mean) / sqrt(of_own) : sqrt(variance),
                 1e-4);
        }
        free(y);
        end(&it);
    }
    free(f);
    free(c);
}

// Its own statistics leave a content as it is.
static void own_style(void **state) {
    (void)state;
    float *c = noise(PIXELS * CHANNELS, 2);
    limn_egsc_shape shape = {.width = CHANNELS};
    sketch it;
    begin(&it);
    limn_node *x = input(&it, LIMN_SHAPE(1, CHANNELS, 5, 6), c);
    float *y = compute(&it, limn_egsc_guide(&shape, x, NULL, limn_egsc_style(&shape, x)));
    same("a content", y, c, PIXELS * CHANNELS, 1e-5);
    free(y);
    free(c);
    end(&it);
}

// Channels of one value, of the content or of the exemplar: numbers, and numbers for gradients.
static void flat(void **state) {
    (void)state;
    float *c = noise(PIXELS * CHANNELS, 2), *f = noise(PIXELS * CHANNELS, 1);
    for (int i = 0; i < PIXELS; i++) c[i] = f[PIXELS + i] = 0.3F, c[2 * PIXELS + i] = 0;
    for (int form = 0; form < 2; form++) {
        limn_egsc_shape shape = {.width = CHANNELS, .adain = form};
        sketch it;
        begin(&it);
        limn_shape all = LIMN_SHAPE(1, CHANNELS, 5, 6);
        limn_node *x = input(&it, all, c), *slope;
        limn_node *style = limn_egsc_style(&shape, input(&it, all, f));
        limn_node *y = limn_egsc_guide(&shape, x, limn_egsc_mask(x), style);
        limn_node *sum = limn_sum(limn_square(y), LIMN_ALL_AXES, LIMN_DROP);
        good(limn_gradients(limn_reshape(sum, LIMN_SHAPE(1)), &x, 1, &slope));
        float *found = compute(&it, y), *slopes = compute(&it, slope);
        for (int i = 0; i < PIXELS * CHANNELS; i++)
            assert_true(isfinite(found[i]) && isfinite(slopes[i]));
        free(found);
        free(slopes);
        end(&it);
    }
    free(c);
    free(f);
}

// ---- T5, T6: distances ----

enum { LAYERS = 5 };

// Of features of five layers, their sides halved; those of `channel` of layer 2 times `factor`.
static void distances(int a, int b, float factor, double found[2]) {
    sketch it;
    limn_node *of[2][LAYERS];
    float *values[2][LAYERS];
    begin(&it);
    it.net.training = false;
    limn_plan *plan;
    for (int s = 0; s < 2; s++)
        for (int l = 0; l < LAYERS; l++) {
            size_t count = 2 * 3 * 16 * 16 >> 2 * l;
            values[s][l] = noise(count, 10 * (s ? b : a) + l);
            if (l == 2 && s == 0)
                for (size_t i = 0; i < count / 6; i++) values[s][l][i] *= factor;
            of[s][l] = limn_input(it.net.graph, "x", LIMN_SHAPE(2, 3, 16 >> l, 16 >> l));
        }
    limn_node *planes[2][LAYERS], *nodes[2];
    for (int s = 0; s < 2; s++)
        for (int l = 0; l < LAYERS; l++) planes[s][l] = limn_unit_features(of[s][l]);
    nodes[0] = limn_mean(limn_content_distances(planes[0], planes[1], LAYERS, 0), 1, LIMN_KEEP);
    nodes[1] = limn_mean(limn_style_distances(planes[0], planes[1], LAYERS), 1, LIMN_KEEP);
    good(limn_plan_new(nodes, 2, (limn_plan_options){.threads = 1}, &plan));
    for (int s = 0; s < 2; s++)
        for (int l = 0; l < LAYERS; l++) limn_plan_bind(plan, of[s][l], values[s][l], false);
    good(limn_plan_run(plan));
    for (int i = 0; i < 2; i++) found[i] = (double)*(const float *)limn_plan_output(plan, i);
    for (int s = 0; s < 2; s++)
        for (int l = 0; l < LAYERS; l++) free(values[s][l]);
    limn_plan_free(plan);
    end(&it);
}

static void consistency(void **state) {
    (void)state;
    double none[2], some[2], louder[2];
    distances(1, 1, 1, none);
    distances(1, 2, 1, some);
    distances(1, 2, 7, louder);
    for (int i = 0; i < 2; i++) {
        near("of the same", none[i], 0, 1e-7);
        assert_true(some[i] > 0.01);
        near("of a louder channel", louder[i], some[i], 1e-5 * some[i]);
    }
}

// A layer counts by its depth: features that differ in one layer alone.
static void depths(void **state) {
    (void)state;
    double each[LAYERS];
    float *x = noise(16, 1), *y = noise(16, 2);
    for (int which = 0; which < LAYERS; which++) {
        sketch it;
        begin(&it);
        limn_node *a = input(&it, LIMN_SHAPE(1, 1, 4, 4), x),
                  *b = input(&it, LIMN_SHAPE(1, 1, 4, 4), y), *first[LAYERS], *second[LAYERS];
        for (int l = 0; l < LAYERS; l++) first[l] = a, second[l] = l == which ? b : a;
        float *found = compute(&it, limn_content_distances(first, second, LAYERS, 0));
        each[which] = (double)*found;
        free(found);
        end(&it);
    }
    for (int l = 0; l < LAYERS; l++) near("a layer", each[l] / each[4], 0.2 * (l + 1), 1e-6);
    free(x);
    free(y);
}

// Of one channel and nothing.
static void products(void **state) {
    (void)state;
    float *x = noise(2 * 20, 1), *found;
    sketch it;
    begin(&it);
    limn_node *a = limn_unit_features(input(&it, LIMN_SHAPE(2, 1, 4, 5), x));
    found = compute(&it, limn_style_distances(&a, (limn_node *[]){limn_scale(a, 0)}, 1));
    for (int n = 0; n < 2; n++) near("a product with itself", (double)found[n], 1.0 / 20, 1e-6);
    free(found);
    free(x);
    end(&it);
}

// Of mean 0: nothing by the means, 1 by what noise makes of them.
static void latents(void **state) {
    (void)state;
    enum { COUNT = 1 << 16 };
    float *zeros = training_floats(COUNT);
    sketch it;
    begin(&it);
    limn_shape all = LIMN_SHAPE(1, 1, 256, 256);
    limn_node *mu = input(&it, all, zeros);
    limn_node *z = limn_add(mu, limn_noise_normal(it.net.graph, all, 0, 1));
    float *mean = compute(&it, limn_latent_cost(mu, z, LIMN_LATENT_MEAN)),
          *noisy = compute(&it, limn_latent_cost(mu, z, LIMN_LATENT_NOISY));
    assert_float_equal(*mean, 0, 0);
    near("noisy", (double)*noisy, 1, 0.03);
    free(mean);
    free(noisy);
    free(zeros);
    end(&it);
}

// ---- T10, T15: what a model makes ----

static limn_model *random_model(limn_egsc_shape shape) {
    limn_model *model = model_of(shape);
    good(limn_store_ready(&model->store, 1, false));
    parameters_by_formula(&model->store, "", 0);
    return model;
}

static limn_picture *noise_picture(int width, int height, int number) {
    limn_picture *picture;
    good(limn_picture_new(width, height, LIMN_RGB, &picture));
    by_formula(picture->rgb, 3 * (size_t)width * (size_t)height, number, 127.5, 127.5);
    return picture;
}

static limn_picture *translated(limn_model *model, const limn_picture *picture, int exemplar,
                                limn_result_size size) {
    limn_runner *runner;
    limn_style *style;
    limn_picture *made, *of = noise_picture(33, 20, exemplar);
    limn_run_options how = {.size = sizeof how, .threads = 1, .result = size};
    good(limn_runner_open(model, &how, &runner));
    good(limn_style_read(runner, of, "B", &style));
    good(limn_translate(runner, picture, "A", style, &made));
    limn_picture_free(of);
    limn_style_free(style);
    limn_runner_free(runner);
    return made;
}

static bool alike(const limn_picture *a, const limn_picture *b) {
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    return equal(a->rgb, b->rgb, 3 * (size_t)a->width * (size_t)a->height);
}

static void exemplars(void **state) {
    (void)state;
    static const struct {
        bool mask, adain, by_exemplar;
    } cases[] = {
        {true, true, true}, {false, true, true}, {true, false, false}, {false, false, false}};
    limn_picture *picture = noise_picture(28, 24, 1);
    for (size_t i = 0; i < ARRAY(cases); i++) {
        limn_egsc_shape shape = usual;
        shape.mask = cases[i].mask;
        shape.adain = cases[i].adain ? LIMN_ADAIN_STANDARD : LIMN_ADAIN_NONE;
        limn_model *model = random_model(shape);
        limn_picture *one = translated(model, picture, 2, LIMN_SIZE_NATIVE),
                     *other = translated(model, picture, 3, LIMN_SIZE_NATIVE),
                     *again = translated(model, picture, 2, LIMN_SIZE_NATIVE);
        assert_true(alike(one, again));
        assert_int_equal(alike(one, other), !cases[i].by_exemplar);
        limn_picture_free(one);
        limn_picture_free(other);
        limn_picture_free(again);
        limn_model_free(model);
    }
    limn_picture_free(picture);
}

static void change(limn_model *model, const char *prefix) {
    limn_store *store = &model->store;
    for (int i = 0; i < store->size; i++)
        for (size_t k = 0; k < store->parameters[i].count; k++)
            if (!strncmp(store->parameters[i].name, prefix, strlen(prefix)))
                store->values[store->parameters[i].offset + k] += 0.3F;
}

// The mask is of the picture's domain, the style of the other one.
static void guides(void **state) {
    (void)state;
    limn_picture *picture = noise_picture(28, 24, 1);
    for (int masked = 0; masked < 2; masked++) {
        limn_egsc_shape shape = usual;
        shape.mask = masked;
        limn_model *model = random_model(shape);
        limn_picture *first = translated(model, picture, 2, LIMN_SIZE_NATIVE);
        change(model, "F.a.");
        limn_picture *second = translated(model, picture, 2, LIMN_SIZE_NATIVE);
        change(model, "F.b.");
        limn_picture *third = translated(model, picture, 2, LIMN_SIZE_NATIVE);
        assert_int_equal(alike(first, second), !masked);
        assert_false(alike(second, third));
        limn_picture_free(first);
        limn_picture_free(second);
        limn_picture_free(third);
        limn_model_free(model);
    }
    limn_picture_free(picture);
}

static void any_size(void **state) {
    (void)state;
    static const struct {
        limn_result_size size;
        int width, height;
    } cases[] = {{LIMN_SIZE_NATIVE, 50, 25}, {LIMN_SIZE_KEEP, 50, 25}, {LIMN_SIZE_MODEL, 40, 20}};
    limn_model *model = random_model(usual);
    limn_picture *picture = noise_picture(50, 25, 1);
    for (size_t i = 0; i < ARRAY(cases); i++) {
        limn_picture *made = translated(model, picture, 2, cases[i].size);
        assert_int_equal(made->width, cases[i].width);
        assert_int_equal(made->height, cases[i].height);
        limn_picture_free(made);
    }
    limn_picture_free(picture);
    limn_model_free(model);
}

static limn_picture *drawn(limn_runner *runner, const limn_picture *picture,
                           const limn_style *style) {
    limn_picture *made;
    good(limn_translate(runner, picture, "A", style, &made));
    return made;
}

static void between(void **state) {
    (void)state;
    limn_model *model = random_model(usual);
    limn_runner *runner;
    limn_picture *picture = noise_picture(20, 20, 1), *made[5];
    limn_style *ends[2], *mixed[3];
    good(limn_runner_open(model, NULL, &runner));
    for (int i = 0; i < 2; i++) {
        limn_picture *of = noise_picture(20, 20, 2 + i);
        good(limn_style_read(runner, of, "B", &ends[i]));
        made[i] = drawn(runner, picture, ends[i]);
        limn_picture_free(of);
    }
    for (int i = 0; i < 3; i++) {
        good(limn_style_mix(ends[0], ends[1], 0.5 * i, &mixed[i]));
        made[2 + i] = drawn(runner, picture, mixed[i]);
        limn_style_free(mixed[i]);
    }
    assert_true(alike(made[2], made[0]) && alike(made[4], made[1]));
    assert_false(alike(made[3], made[0]) || alike(made[3], made[1]));
    for (int i = 0; i < 5; i++) limn_picture_free(made[i]);
    for (int i = 0; i < 2; i++) limn_style_free(ends[i]);
    limn_picture_free(picture);
    limn_runner_free(runner);
    limn_model_free(model);
}

// ---- T17: styles that are kept ----

enum { KEPT = 7 };

static void draw_folders(void) {
    char path[64];
    good(system("mkdir -p set/trainA set/trainB") ? LIMN_IO : LIMN_OK);
    for (int i = 0; i < 2 * (KEPT + 1); i++) {
        snprintf(path, sizeof path, "set/train%c/%d.png", 'A' + i % 2, i / 2);
        limn_picture *picture = noise_picture(24, 20, 10 + i);
        good(limn_picture_write(picture, path, NULL));
        limn_picture_free(picture);
    }
}

static void train_little(const char *adain) {
    const limn_setting settings[] = {{"data", "set"}, {"output", "run"},    {"image-size", "20"},
                                     {"width", "2"},  {"batch-size", "1"},  {"stage1-steps", "2"},
                                     {"steps", "1"},  {"perceptual", "no"}, {"ema", "0"},
                                     {"lr", "1e-3"},  {"threads", "1"},     {"adain", adain},
                                     {NULL, NULL}};
    draw_folders();
    good(limn_train("egsc-it", settings, NULL));
}

// Which of the pictures of a domain has this style; -1: none.
static int picture_of(limn_runner *runner, int domain, const float *style) {
    int found = -1;
    int64_t numbers = limn_runner_style_count(runner);
    float *own = training_floats((size_t)numbers);
    for (int i = 0; i <= KEPT; i++) {
        char path[64];
        limn_picture *picture;
        snprintf(path, sizeof path, "set/train%c/%d.png", 'A' + domain, i);
        good(limn_picture_read(path, NULL, &picture));
        good(limn_runner_style(runner, domain, picture, LIMN_SIZE_MODEL, own));
        limn_picture_free(picture);
        double far = 0;
        for (int64_t k = 0; k < numbers; k++)
            far = fmax(far, fabs((double)(own[k] - style[k])) / fmax(1, fabs((double)own[k])));
        if (far < 1e-5) found = i;
    }
    free(own);
    return found;
}

// Of the run's state, in which they are not rounded to 16 bits.
static void kept_styles(void **state) {
    (void)state;
    limn_model *model;
    limn_runner *runner;
    train_little("standard");
    good(limn_model_load("run", NULL, &model));
    const limn_egsc_shape *shape = model->shape;
    good(limn_checkpoint_values("run", &model->store));
    good(limn_runner_open(model, NULL, &runner));
    size_t numbers = (size_t)limn_runner_style_count(runner);
    float *style = training_floats(numbers), *again = training_floats(numbers),
          *mean = training_floats(numbers), *sum = training_floats(numbers);
    for (int d = 0; d < 2; d++) {
        int count = (int)shape->styles[d];
        bool taken[KEPT + 1] = {false};
        assert_in_range(count, 4, KEPT + 1); // all, but for what is held out
        memset(sum, 0, numbers * sizeof *sum);
        for (int k = 0; k < count; k++) {
            limn_kind_egsc_it.chance(shape, &model->store, d, 3, k, style);
            limn_kind_egsc_it.chance(shape, &model->store, d, 3, k, again);
            assert_true(equal(style, again, numbers));
            int of = picture_of(runner, d, style);
            assert_in_range(of, 0, KEPT);
            assert_false(taken[of]);
            taken[of] = true;
            for (size_t i = 0; i < numbers; i++) sum[i] += style[i] / (float)count;
        }
        limn_kind_egsc_it.average(shape, &model->store, d, mean);
        same("the average", mean, sum, numbers, 1e-4);
    }
    free(style);
    free(again);
    free(mean);
    free(sum);
    limn_runner_free(runner);
    limn_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters),
        cmocka_unit_test(without),
        cmocka_unit_test(shapes),
        cmocka_unit_test(first_values),
        cmocka_unit_test(loss_network_sides),
        cmocka_unit_test(enlarging),
        cmocka_unit_test(mask),
        cmocka_unit_test(styles),
        cmocka_unit_test(own_style),
        cmocka_unit_test(flat),
        cmocka_unit_test(consistency),
        cmocka_unit_test(depths),
        cmocka_unit_test(products),
        cmocka_unit_test(latents),
        cmocka_unit_test(exemplars),
        cmocka_unit_test(guides),
        cmocka_unit_test(any_size),
        cmocka_unit_test(between),
        IN_FOLDER(kept_styles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
