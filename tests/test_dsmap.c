// The networks of DSMAP and MUNIT and their losses: the acceptance figures of their specification.
#include "dsmap_samples.h"
#include "sketch_samples.h"
#include "limn/limn.h"
#include "model/model.h"

static const limn_dsmap_shape
    dsmap_shape = {.size = 64, .width = 2, .style = 8, .blocks = 4, .mapping = true, .skip = true},
    munit_shape = {.size = 64, .width = 2, .style = 8, .blocks = 4, .encoder = LIMN_ENCODER_MUNIT};

static float *values_of(sketch *it, const char *name) {
    int at = limn_store_find(&it->store, name);
    if (at < 0) fail_msg("there is no parameter %s", name);
    return it->store.values + it->store.parameters[at].offset;
}

static void change(sketch *it, const char *prefix) {
    int found = 0;
    for (int i = 0; i < it->store.size; i++) {
        const limn_parameter *at = &it->store.parameters[i];
        if (strncmp(at->name, prefix, strlen(prefix))) continue;
        for (size_t k = 0; k < at->count; k++) it->store.values[at->offset + k] += 0.3F;
        found++;
    }
    assert_true(found > 0);
}

// ---- T1: sizes ----

static int64_t count_of(const limn_store *store, const char *prefix) {
    int64_t count = 0;
    for (int i = 0; i < store->size; i++)
        if (!strncmp(store->parameters[i].name, prefix, strlen(prefix)))
            count += (int64_t)store->parameters[i].count;
    return count;
}

static limn_model *model_of(limn_dsmap_shape shape) {
    static const char *const names[] = {"cat", "dog"};
    limn_model *model;
    good(limn_model_new(&limn_kind_dsmap, &shape, names, 2, &model));
    return model;
}

static int64_t judge_parameters(int width) {
    sketch it;
    limn_node *out[LIMN_SCALES];
    begin(&it);
    limn_exemplar_judge(&it.net, width, 0.01, 0,
                        limn_input(it.net.graph, "x", LIMN_SHAPE(1, 3, 64, 64)), out);
    good(limn_graph_check(it.net.graph));
    int64_t count = count_of(&it.store, "D.a.");
    assert_int_equal(count, count_of(&it.store, ""));
    end(&it);
    return count;
}

static void check_counts(limn_dsmap_shape shape, int width, const char *const *prefixes,
                         const int64_t *wanted) {
    shape.width = width;
    limn_model *model = model_of(shape);
    for (int i = 0; prefixes[i]; i++)
        if (count_of(&model->store, prefixes[i]) != wanted[i])
            fail_msg("width %d, %s: %lld parameters", width, prefixes[i],
                     (long long)count_of(&model->store, prefixes[i]));
    limn_model_free(model);
}

static void parameter_counts(void **state) {
    (void)state;
    static const char *const dsmap[] = {"G.content.shared", "G.content.", "G.map.a.", "G.style.b.",
                                        "G.mlp.a.",         "G.decoder.", "",         NULL},
                             *const munit[] = {"G.content.a.", "G.decoder.b.", "", NULL},
                             *const all[] = {"", NULL};
    limn_dsmap_shape bare = dsmap_shape;
    bare.mapping = false;
    check_counts(dsmap_shape, 64, dsmap,
                 (int64_t[]){1180160, 14049536, 1181184, 2764936, 1120768, 2 * 7393795, 38970902});
    check_counts(dsmap_shape, 32, dsmap,
                 (int64_t[]){295168, 3518592, 295680, 694344, 594432, 2 * 1851651, 10390806});
    check_counts(bare, 64, all, (int64_t[]){36608534});
    check_counts(bare, 32, all, (int64_t[]){9799446});
    check_counts(munit_shape, 64, munit, (int64_t[]){5385856, 5754627, 30052374});
    check_counts(munit_shape, 32, munit, (int64_t[]){1349440, 1441667, 8159766});
    assert_int_equal(judge_parameters(64), 8271171);
    assert_int_equal(judge_parameters(32), 2071203);
}

// A translation by an exemplar, in billions of products.
static void work(void **state) {
    (void)state;
    limn_dsmap_shape wide = dsmap_shape, other = munit_shape;
    wide.width = other.width = 64;
    limn_model *dsmap = model_of(wide), *munit = model_of(other);
    near("192", 1e-9 * limn_model_macs(dsmap, 192, 192), 32.90, 0.01);
    near("216", 1e-9 * limn_model_macs(dsmap, 216, 216), 41.63, 0.01);
    near("256", 1e-9 * limn_model_macs(dsmap, 256, 256), 58.49, 0.01);
    near("MUNIT at 192", 1e-9 * limn_model_macs(munit, 192, 192), 43.47, 0.01);
    limn_model_free(dsmap);
    limn_model_free(munit);
}

// ---- T2: shapes ----

static void has_shape(const char *what, const limn_node *node, limn_shape wanted) {
    limn_shown shown;
    size_t shape[LIMN_MAX_RANK];
    for (int i = 0; i < node->shape.rank; i++) shape[i] = (size_t)node->shape.dim[i];
    if (!limn_shape_equal(&node->shape, &wanted))
        fail_msg("%s has the shape %s", what, limn_show_shape(&shown, node->shape.rank, shape));
}

static void check_shapes(int size) {
    sketch it;
    begin(&it);
    limn_dsmap_shape shape = dsmap_shape;
    shape.width = 64;
    int judged = size / 16;
    limn_node *x = limn_input(it.net.graph, "x", LIMN_SHAPE(1, 3, size, size)), *out[LIMN_SCALES];
    limn_dsmap_content y = limn_dsmap_encode(&it.net, &shape, 0, x);
    limn_node *style = limn_dsmap_style(&it.net, &shape, 1, x);
    limn_node *mapped = limn_dsmap_map(&it.net, &shape, 1, &y);
    has_shape("before", y.before, LIMN_SHAPE(1, 256, size / 4, size / 4));
    has_shape("h", y.own, LIMN_SHAPE(1, 256, size / 8, size / 8));
    has_shape("c", y.shared, LIMN_SHAPE(1, 256, size / 8, size / 8));
    has_shape("the mapped content", mapped, LIMN_SHAPE(1, 256, size / 8, size / 8));
    has_shape("the style", style, LIMN_SHAPE(1, 8));
    has_shape("the picture", limn_dsmap_decode(&it.net, &shape, 1, mapped, style), x->shape);
    limn_exemplar_judge(&it.net, 64, 0.01, 0, x, out);
    for (int i = 0; i < LIMN_SCALES; i++, judged /= 2)
        has_shape("D", out[i], LIMN_SHAPE(1, 1, judged, judged));
    good(limn_graph_check(it.net.graph));
    end(&it);
}

static void shapes(void **state) {
    (void)state;
    const int sizes[] = {192, 216, 64};
    for (size_t i = 0; i < ARRAY(sizes); i++) check_shapes(sizes[i]);
    sketch it;
    begin(&it);
    limn_node *x = limn_input(it.net.graph, "x", LIMN_SHAPE(1, 3, 256, 256));
    limn_dsmap_content y = limn_dsmap_encode(&it.net, &munit_shape, 0, x);
    has_shape("MUNIT's content", y.shared, LIMN_SHAPE(1, 8, 64, 64));
    has_shape("its decoded",
              limn_dsmap_decode(&it.net, &munit_shape, 1, y.shared,
                                limn_dsmap_style(&it.net, &munit_shape, 1, x)),
              x->shape);
    good(limn_graph_check(it.net.graph));
    end(&it);
}

static limn_picture *translated(limn_runner *runner, const limn_picture *picture) {
    limn_style *style;
    limn_picture *result;
    good(limn_style_random(runner, "dog", 3, 0, &style));
    good(limn_translate(runner, picture, NULL, style, &result));
    limn_style_free(style);
    return result;
}

// Sides of 190 and 133 are continued to 192 and 136, and the result is cut: to the left, far from
// what was continued, norms alone see it.
static void any_size(void **state) {
    (void)state;
    limn_model *model = model_of(dsmap_shape);
    good(limn_store_ready(&model->store, 1, false));
    limn_run_options options = {.size = sizeof options, .threads = 1, .result = LIMN_SIZE_NATIVE};
    limn_runner *runner;
    good(limn_runner_open(model, &options, &runner));
    limn_picture *whole, *part, *cut;
    good(limn_picture_new(190, 133, LIMN_RGB, &part));
    good(limn_picture_new(192, 136, LIMN_RGB, &whole));
    by_formula(part->rgb, 3 * 190 * 133, 1, 127.5, 127.5);
    for (int i = 0; i < 3 * 192 * 136; i++) {
        int column = i % 192, row = i / 192 % 136;
        column = column < 190 ? column : 2 * 189 - column;
        row = row < 133 ? row : 2 * 132 - row;
        whole->rgb[i] = part->rgb[(i / (192 * 136) * 133 + row) * 190 + column];
    }
    limn_picture *a = translated(runner, part), *b = translated(runner, whole);
    assert_int_equal(a->width, 190);
    assert_int_equal(a->height, 133);
    good(limn_picture_crop(b, 0, 0, 190, 133, &cut));
    assert_true(equal(a->rgb, cut->rgb, 3 * 190 * 133));
    limn_picture *const all[] = {whole, part, cut, a, b};
    for (size_t i = 0; i < ARRAY(all); i++) limn_picture_free(all[i]);
    limn_runner_free(runner);
    limn_model_free(model);
}

// ---- T3, T4: the style's way into the decoder ----

enum { CHANNELS = 8, CELLS = 64, CONTENT = CHANNELS * CELLS };

// A decoder of 8 x 8 contents and a style, both inputs.
static limn_node *decoder(sketch *it, const float *content, const float *style) {
    begin(it);
    limn_node *x = input(it, LIMN_SHAPE(1, CHANNELS, 8, 8), content);
    limn_node *s = input(it, LIMN_SHAPE(1, 8), style);
    limn_node *y = limn_dsmap_decode(&it->net, &dsmap_shape, 0, x, s);
    good(limn_store_ready(&it->store, 1, false));
    return y;
}

// x + IN(conv2(relu(IN(conv1(x)) + v in channel 0))) + u in channel 1
static float *first_block(const float *content, float v, float u) {
    sketch it;
    limn_node *y = decoder(&it, content, (const float[8]){0});
    static const limn_conv2d_options same3 = {.pad = 1, .border = LIMN_BORDER_REFLECT};
    limn_node *part[4], *x = (limn_node *)it.input[0], *z;
    const char *const names[] = {"conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"};
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "G.decoder.a.block1.%s", names[i]);
        part[i] = it.net.node[limn_store_find(&it.store, name)];
    }
    float at_v[CHANNELS] = {v}, at_u[CHANNELS] = {0, u};
    limn_node *add_v = input(&it, LIMN_SHAPE(1, CHANNELS, 1, 1), at_v);
    limn_node *add_u = input(&it, LIMN_SHAPE(1, CHANNELS, 1, 1), at_u);
    z = limn_instance_norm(limn_conv2d(x, part[0], part[1], same3), NULL, NULL, 1e-5);
    z = limn_conv2d(limn_relu(limn_add(z, add_v)), part[2], part[3], same3);
    z = limn_add(limn_add(x, limn_instance_norm(z, NULL, NULL, 1e-5)), add_u);
    (void)y;
    float *out = compute(&it, z);
    end(&it);
    return out;
}

// The last layer of the MLP gives first the shifts, then the scales of the first norm, then those
// of the second; what all others get here is 0, and their blocks do nothing.
static void order_of_modulation(void **state) {
    (void)state;
    static const float none[8] = {0};
    float *content = noise(CONTENT, 1), *block = first_block(content, 0.7F, -0.4F);
    sketch it, plain;
    limn_node *y = decoder(&it, content, none), *wanted = decoder(&plain, block, none);
    float *bias = values_of(&it, "G.mlp.a.fc2.bias");
    for (int i = 0; i < CHANNELS; i++) bias[CHANNELS + i] = bias[3 * CHANNELS + i] = 1;
    bias[0] = 0.7F;
    bias[2 * CHANNELS + 1] = -0.4F;
    float *a = compute(&it, y), *b = compute(&plain, wanted);
    same("the picture", a, b, 3 * SIDE * SIDE, 1e-4);
    assert_int_equal(it.store.parameters[limn_store_find(&it.store, "G.mlp.a.fc2.bias")].count,
                     16 * CHANNELS);
    free(content), free(block), free(a), free(b);
    end(&it);
    end(&plain);
}

// Biases are 0 at first, so a style of zeros makes all norms of the blocks 0.
static void style_of_zeros(void **state) {
    (void)state;
    static const float none[8] = {0}, some[8] = {1};
    float *content = noise(CONTENT, 1);
    for (int i = 0; i < 2; i++) {
        sketch it;
        limn_node *y = decoder(&it, content, i ? some : none);
        float *before = compute(&it, y);
        change(&it, "G.decoder.a.block");
        float *after = compute(&it, y);
        assert_int_equal(equal(before, after, 3 * SIDE * SIDE), !i);
        change(&it, "G.decoder.a.up1");
        float *other = compute(&it, y);
        assert_false(equal(other, after, 3 * SIDE * SIDE));
        free(before), free(after), free(other);
        end(&it);
    }
    free(content);
}

// ---- T5: norms ----

static void moments(const float *x, size_t count, double *mean, double *variance) {
    *mean = *variance = 0;
    for (size_t i = 0; i < count; i++) *mean += (double)x[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        *variance += ((double)x[i] - *mean) * ((double)x[i] - *mean) / (double)count;
}

static void norms(void **state) {
    (void)state;
    enum { WIDE = 256, AREA = 48 * 48 };
    sketch it;
    begin(&it);
    float *x = noise(WIDE * AREA, 1), *out[3];
    for (size_t i = 0; i < AREA; i++) x[i] *= 1e-3F; // so that eps tells in the first channel
    limn_node *in = input(&it, LIMN_SHAPE(1, WIDE, 48, 48), x);
    limn_node *const nodes[] = {limn_instance_norm(in, NULL, NULL, 1e-5),
                                limn_layer_norm(in, NULL, NULL, LIMN_NORM_ROOT, 1e-5),
                                limn_layer_norm(in, NULL, NULL, LIMN_NORM_STD, 1e-5)};
    for (int i = 0; i < 3; i++) out[i] = training_floats(WIDE * AREA);
    compute_as(&it, (limn_plan_options){.threads = 1}, nodes, 3, out);
    for (size_t c = 0; c < WIDE; c++) {
        double mean, variance, v;
        moments(x + c * AREA, AREA, &mean, &v);
        moments(out[0] + c * AREA, AREA, &mean, &variance);
        near("the mean of a channel", mean, 0, 1e-5);
        near("its variance", variance, v / (v + 1e-5), 1e-5);
    }
    for (int i = 1; i < 3; i++) {
        double mean, variance;
        moments(out[i], WIDE * AREA, &mean, &variance);
        near("the mean of a picture", mean, 0, 1e-5);
        near("its variance", variance, 1, 1e-4);
    }
    same("both layer norms", out[1], out[2], WIDE * AREA, 1e-4);
    for (int i = 0; i < 3; i++) free(out[i]);
    free(x);
    end(&it);
}

// ---- T6: transposed convolution, pool, x2 with 5x5 ----

static void transposed(void **state) {
    (void)state;
    sketch it;
    begin(&it);
    float x[6 * 6] = {0}, ones[9];
    x[2 * 6 + 3] = 1;
    for (int i = 0; i < 9; i++) ones[i] = 1;
    limn_node *in = input(&it, LIMN_SHAPE(1, 1, 6, 6), x);
    limn_node *w = input(&it, LIMN_SHAPE(1, 1, 3, 3), ones);
    limn_node *y = limn_conv2d_transpose(
        in, w, NULL, (limn_conv2d_transpose_options){.stride = 2, .crop = 1, .adjust = 1});
    has_shape("twice the size", y, LIMN_SHAPE(1, 1, 12, 12));
    float *out = compute(&it, y);
    for (int i = 0; i < 144; i++) {
        bool lit = abs(i / 12 - 2 * 2) <= 1 && abs(i % 12 - 2 * 3) <= 1;
        near("a pixel", (double)out[i], lit, 0);
    }
    free(out);
    end(&it);
}

// A picture of one colour is of that colour at every scale: D without biases then answers alike.
static void pool_at_the_border(void **state) {
    (void)state;
    sketch it;
    begin(&it);
    float *x = training_floats(64 * 64);
    for (int i = 0; i < 64 * 64; i++) x[i] = 0.25F;
    limn_node *in = input(&it, LIMN_SHAPE(1, 1, 64, 64), x);
    limn_node *y = limn_average_pool(in, (limn_pool_options){.kernel = 3, .stride = 2, .pad = 1});
    float *out = compute(&it, y);
    for (int i = 0; i < 32 * 32; i++) near("a pixel", (double)out[i], 0.25, 1e-7);
    free(out), free(x);
    end(&it);
}

static void twice_and_five(void **state) {
    (void)state;
    enum { IN = 16, OUT = 8, SMALL = 12, LARGE = 2 * SMALL };
    sketch it;
    begin(&it);
    const size_t counts[] = {OUT * LARGE * LARGE, IN * SMALL * SMALL, OUT * IN * 25};
    float *x = noise(counts[1], 1), *kernel = noise(counts[2], 2), *dy = noise(counts[0], 3);
    float *fast[3], *slow[3];
    limn_node *in = input(&it, LIMN_SHAPE(1, IN, SMALL, SMALL), x);
    limn_node *w = input(&it, LIMN_SHAPE(OUT, IN, 5, 5), kernel);
    limn_node *d = input(&it, LIMN_SHAPE(1, OUT, LARGE, LARGE), dy);
    limn_node *nodes[3], *wrt[] = {in, w};
    nodes[0] = limn_conv2d(limn_upsample_nearest(in, 2), w, NULL,
                           (limn_conv2d_options){.pad = 2, .border = LIMN_BORDER_REFLECT});
    good(limn_gradients_from(nodes[0], d, wrt, 2, nodes + 1));
    for (int i = 0; i < 3; i++) {
        fast[i] = training_floats(counts[i]);
        slow[i] = training_floats(counts[i]);
    }
    compute_as(&it, (limn_plan_options){.threads = 1, .plain = true, .no_rewrite = true}, nodes, 3,
               slow);
    compute_as(&it, (limn_plan_options){.threads = 1}, nodes, 3, fast);
    for (int i = 0; i < 3; i++) {
        same("x2 and 5x5", fast[i], slow[i], counts[i], 1e-3);
        free(fast[i]), free(slow[i]);
    }
    free(x), free(kernel), free(dy);
    end(&it);
}

// ---- T8: the contextual loss ----

enum { FEATURES = 6, PLACES = 12, ALL = 2 * FEATURES * PLACES }; // of two pictures

// Value, and its gradient by x where asked for.
static double contextual_of(const float *x, const float *y, float *gradient) {
    sketch it;
    float value, some[ALL], *out[] = {&value, gradient ? gradient : some};
    begin(&it);
    limn_node *a = input(&it, LIMN_SHAPE(2, FEATURES, 3, 4), x);
    limn_node *b = input(&it, LIMN_SHAPE(2, FEATURES, 3, 4), y);
    limn_node *nodes[2] = {limn_contextual(a, b)}, *wrt[] = {a, b}, *found[2];
    good(limn_gradients(nodes[0], wrt, 2, found));
    assert_null(found[1]); // y is what is asked for
    nodes[1] = found[0];
    compute_as(&it, (limn_plan_options){.threads = 1}, nodes, 2, out);
    end(&it);
    return (double)value;
}

static double feature(const float *x, int picture, int channel, int place) {
    return (double)x[(picture * FEATURES + channel) * PLACES + place];
}

static double cosine(const float *x, const float *y, const double *mean, int n, int i, int j) {
    double xy = 0, xx = 0, yy = 0;
    for (int c = 0; c < FEATURES; c++) {
        double a = feature(x, n, c, i) - mean[c], b = feature(y, n, c, j) - mean[c];
        xy += a * b, xx += a * a, yy += b * b;
    }
    return xy / (sqrt(xx) * sqrt(yy));
}

// The formula as it is written.
static double naive(const float *x, const float *y) {
    double mean[FEATURES] = {0}, loss = 0;
    for (int c = 0; c < FEATURES; c++)
        for (int k = 0; k < 2 * PLACES; k++)
            mean[c] += feature(y, k / PLACES, c, k % PLACES) / (2 * PLACES);
    for (int n = 0; n < 2; n++) {
        double cx[PLACES][PLACES], sum = 0;
        for (int i = 0; i < PLACES; i++) {
            double nearest = INFINITY, total = 0;
            for (int j = 0; j < PLACES; j++)
                nearest = fmin(nearest, 1 - cosine(x, y, mean, n, i, j));
            for (int j = 0; j < PLACES; j++)
                total += cx[i][j] =
                    exp((1 - (1 - cosine(x, y, mean, n, i, j)) / (nearest + 1e-5)) / 0.5);
            for (int j = 0; j < PLACES; j++) cx[i][j] /= total;
        }
        for (int j = 0; j < PLACES; j++) {
            double most = 0;
            for (int i = 0; i < PLACES; i++) most = fmax(most, cx[i][j]);
            sum += most / PLACES;
        }
        loss -= log(sum + 1e-5) / 2;
    }
    return loss;
}

static void contextual(void **state) {
    (void)state;
    float *x = noise(ALL, 1), *y = noise(ALL, 2), mixed[2][ALL], far[ALL], gradient[ALL];
    near("of itself", contextual_of(x, x, NULL), -log(1 + 1e-5), 1e-6);
    near("as written", contextual_of(x, y, gradient), naive(x, y), 1e-5);
    double slope = 0; // along x - y, by differences
    for (int i = 0; i < ALL; i++) {
        slope += (double)(gradient[i] * (x[i] - y[i]));
        far[i] = x[i] + 1e-3F * (x[i] - y[i]);
        for (int k = 0; k < 2; k++)
            mixed[k][i] = (k ? y : x)[i / PLACES * PLACES + (i * 5) % PLACES];
    }
    near("its slope", slope, 1e3 * (naive(far, y) - naive(x, y)), 0.02 * fabs(slope) + 1e-3);
    near("places in another order", contextual_of(mixed[0], mixed[1], NULL), naive(x, y), 1e-5);
    double mean = 0;
    for (int c = 0; c < FEATURES; c++) { // x around y's mean, three times as far
        mean = 0;
        for (int k = 0; k < 2 * PLACES; k++)
            mean += feature(y, k / PLACES, c, k % PLACES) / (2 * PLACES);
        for (int k = 0; k < 2 * PLACES; k++) {
            int at = ((k / PLACES) * FEATURES + c) * PLACES + k % PLACES;
            far[at] = (float)(mean + 3 * ((double)x[at] - mean));
        }
    }
    near("of another length", contextual_of(far, y, NULL), naive(x, y), 1e-5);
    for (int i = 0; i < ALL; i++) far[i] = 0.5F;
    near("of one colour", contextual_of(far, far, gradient), -log(1.0 / PLACES + 1e-5), 1e-5);
    for (int i = 0; i < ALL; i++) assert_true(isfinite(gradient[i]));
    free(x), free(y);
}

// ---- T12: without the skip, without the mapping ----

static float *mapped(const limn_dsmap_shape *shape, const float *before, const float *shared,
                     const float *own) {
    sketch it;
    begin(&it);
    limn_dsmap_content content = {
        .before = input(&it, LIMN_SHAPE(1, CHANNELS, 16, 16), before),
        .shared = input(&it, LIMN_SHAPE(1, CHANNELS, 8, 8), shared),
        .own = input(&it, LIMN_SHAPE(1, CHANNELS, 8, 8), own),
    };
    float *out = compute(&it, limn_dsmap_map(&it.net, shape, 1, &content));
    end(&it);
    return out;
}

static void without_parts(void **state) {
    (void)state;
    limn_dsmap_shape bare = dsmap_shape, sparse = dsmap_shape;
    bare.mapping = false;
    sparse.skip = false;
    float *before[] = {noise(4 * CONTENT, 1), noise(4 * CONTENT, 2)};
    float *content[] = {noise(CONTENT, 3), noise(CONTENT, 4)};
    const struct {
        const limn_dsmap_shape *shape;
        bool sees_before;
    } cases[] = {{&dsmap_shape, true}, {&sparse, false}, {&bare, false}};
    for (size_t i = 0; i < ARRAY(cases); i++) {
        float *a = mapped(cases[i].shape, before[0], content[0], content[0]);
        float *b = mapped(cases[i].shape, before[1], content[0], content[0]);
        float *c = mapped(cases[i].shape, before[0], content[1], content[0]);
        float *h = mapped(cases[i].shape, before[0], content[0], content[1]);
        assert_int_equal(!equal(a, b, CONTENT), cases[i].sees_before);
        assert_false(equal(a, c, CONTENT));
        assert_true(equal(a, h, CONTENT));
        if (cases[i].shape == &bare) assert_true(equal(a, content[0], CONTENT));
        free(a), free(b), free(c), free(h);
    }
    for (int i = 0; i < 2; i++) free(before[i]), free(content[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameter_counts),
        cmocka_unit_test(work),
        cmocka_unit_test(shapes),
        cmocka_unit_test(any_size),
        cmocka_unit_test(order_of_modulation),
        cmocka_unit_test(style_of_zeros),
        cmocka_unit_test(norms),
        cmocka_unit_test(transposed),
        cmocka_unit_test(pool_at_the_border),
        cmocka_unit_test(twice_and_five),
        cmocka_unit_test(contextual),
        cmocka_unit_test(without_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
