// The networks of EGSC-IT and UNIT: the acceptance figures of their specification
// (../shared/spec/exemplar-guided.md, T1 to T6).
#include "egsc_models.h"
#include "sketch_samples.h"

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

// Of mean 0: nothing by the means, the square of its deviation by what noise makes of them.
static void check_latents(double deviation) {
    enum { COUNT = 1 << 16 };
    limn_egsc_shape shape = usual;
    shape.noise_deviation = deviation;
    float *zeros = training_floats(COUNT);
    sketch it;
    begin(&it);
    limn_shape all = LIMN_SHAPE(1, 1, 256, 256);
    limn_node *mu = input(&it, all, zeros);
    limn_node *z = limn_egsc_noisy(&shape, mu, NULL);
    float *mean = compute(&it, limn_latent_cost(mu, z, LIMN_LATENT_MEAN)),
          *noisy = compute(&it, limn_latent_cost(mu, z, LIMN_LATENT_NOISY));
    assert_float_equal(*mean, 0, 0);
    near("noisy", (double)*noisy, deviation * deviation, 0.03 * deviation * deviation);
    free(mean);
    free(noisy);
    free(zeros);
    end(&it);
}

static void latents(void **state) {
    (void)state;
    check_latents(1);
    check_latents(0.05);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
