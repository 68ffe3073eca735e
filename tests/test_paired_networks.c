// The networks of paired translation (../shared/spec/spatial-profile.md S9 to S13 and
// ../shared/spec/paired-networks.md P1, P2): counts, values by formula, first values, skips.
#include "formula_pictures.h"
#include "paired_shapes.h"

// ---- counts ----

typedef struct counted {
    const char *kind; // NULL: the U-Net
    limn_resnet_shape shape;
    limn_unet_shape unet;
    int64_t parameters;
    int tensors;  // as a file of limn's holds them; make-up has an average face as well
    double gmacs; // at 256x256; 0: not known
} counted;

static void check_count(const counted *it) {
    limn_model *model = it->kind ? blank_of(it->kind, &it->shape) : blank_of("unet", &it->unet);
    assert_int_equal(limn_model_parameters(model), it->parameters);
    if (it->tensors) assert_int_equal(model->store.size, it->tensors);
    if (it->gmacs) assert_true(fabs(1e-9 * limn_model_macs(model, 256, 256) - it->gmacs) < 6e-4);
    limn_model_free(model);
}

static void counts(void **state) {
    enum { SPL = LIMN_RESNET_SPL, CYCLEGAN = LIMN_RESNET_CYCLEGAN };
    enum { INSTANCE = LIMN_PAIRED_INSTANCE, BATCH = LIMN_PAIRED_BATCH, NONE = LIMN_PAIRED_NO_NORM };
    const counted all[] = {
        {"resnet", resnet(SPL, 64, 9, INSTANCE), {0}, 11388675, 94, 49.552},
        {"resnet", resnet(SPL, 64, 9, BATCH), {0}, 11388675, 0, 49.552},
        {"resnet", resnet(SPL, 48, 9, INSTANCE), {0}, 6412611, 94, 28.104},
        {"resnet", resnet(SPL, 32, 9, INSTANCE), {0}, 2855811, 94, 12.696},
        {"resnet", resnet(SPL, 24, 9, INSTANCE), {0}, 1609635, 94, 7.257},
        {"resnet", resnet(SPL, 16, 9, INSTANCE), {0}, 718275, 94, 3.328},
        {"makeup", resnet(SPL, 64, 9, INSTANCE), {0}, 11398083, 94 + 2, 50.168},
        {"makeup", resnet(SPL, 24, 9, INSTANCE), {0}, 1613163, 94 + 2, 7.488},
        {"resnet", resnet(CYCLEGAN, 64, 9, BATCH), {0}, 11383427, 140 - 23, 49.552},
        {"resnet", resnet(CYCLEGAN, 64, 9, INSTANCE), {0}, 11378179, 48, 49.552},
        {"resnet", resnet(CYCLEGAN, 64, 9, NONE), {0}, 11372931, 25, 49.552},
        {"resnet", resnet(CYCLEGAN, 64, 6, BATCH), {0}, 7841411, 104 - 17, 35.056},
        {"resnet", resnet(CYCLEGAN, 64, 6, INSTANCE), {0}, 7837699, 36, 35.056},
        {"resnet", resnet(CYCLEGAN, 64, 6, NONE), {0}, 7833987, 19, 35.056},
        {NULL, {0}, unet(8, 64, BATCH), 54413955, 82 - 13, 6.048},
        {NULL, {0}, unet(8, 64, INSTANCE), 54409603, 32, 6.048},
        {NULL, {0}, unet(8, 64, NONE), 54404099, 17, 6.048},
        {NULL, {0}, unet(7, 64, BATCH), 41828995, 70 - 11, 6.023},
        {NULL, {0}, unet(7, 64, INSTANCE), 41825667, 28, 6.023},
        {NULL, {0}, unet(7, 64, NONE), 41821187, 15, 6.023},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY(all); i++) check_count(&all[i]);
    // One channel in or out, half the width: by what is then not there.
    for (int64_t channels = 1; channels <= 3; channels += 2)
        for (int64_t c = 32; c <= 64; c += 32) {
            counted one = {"resnet", resnet(CYCLEGAN, c, 9, INSTANCE), .tensors = 48};
            one.shape.channels = one.shape.out = channels;
            one.parameters = 2772 * c * c + 82 * c + 49 * c * 2 * channels + channels;
            check_count(&one);
            one = (counted){.unet = unet(8, c, BATCH), .tensors = 82 - 13};
            one.unet.channels = one.unet.out = channels;
            one.parameters = 13280 * c * c + 154 * c + 16 * c * 3 * channels + channels;
            check_count(&one);
        }
}

static void count_of_srresnet(void **state) {
    const limn_srresnet_shape shape = {.width = 64, .blocks = 16, .scale = 4};
    (void)state;
    limn_model *model = blank_of("srresnet", &shape);
    assert_int_equal(limn_model_parameters(model), 1546435);
    assert_true(fabs(1e-9 * limn_model_macs(model, 64, 64) - 9.086) < 6e-4);
    assert_true(fabs(1e-9 * limn_model_macs(model, 48, 48) - 5.111) < 6e-4);
    assert_int_equal(limn_model_scale(model), 4);
    limn_model_free(model);
}

// ---- values by formula, in double and as the network is used ----

static double wave(size_t a, size_t i, size_t b, size_t t, size_t modulus) {
    return (double)((a * i + b * t) % modulus);
}

// The numbers that one value of a layer is made of; a transposed one has them in front.
static double fan_of(const limn_net *net, int parameter) {
    const limn_shape *shape = &net->store->parameters[parameter].shape;
    int64_t in = shape->dim[1];
    for (int i = 0; i < limn_graph_size(net->graph); i++) {
        const limn_node *node = limn_graph_node(net->graph, i);
        bool reads = node->inputs > 1 && node->input[1] == net->node[parameter];
        if (reads && !strcmp(node->op->name, "conv2d_data")) in = shape->dim[0];
    }
    return (double)(in * shape->dim[2] * shape->dim[3]);
}

typedef enum role { WEIGHT, BIAS, SCALE, SHIFT, MEAN, VARIANCE } role;

static role role_of(const limn_store *store, int p) {
    const limn_parameter *it = &store->parameters[p];
    const char *end = strrchr(it->name, '.');
    size_t stem = (size_t)(end - it->name);
    if (it->buffer) return strcmp(end, ".running_var") ? MEAN : VARIANCE;
    if (it->shape.rank == 4) return WEIGHT;
    if (!strcmp(end, ".slope")) return BIAS;
    if (!strcmp(end, ".weight")) return SCALE;
    const limn_parameter *before = &store->parameters[p ? p - 1 : 0];
    bool of_weight = before->shape.rank == 4 && !strncmp(before->name, it->name, stem + 1);
    return of_weight ? BIAS : SHIFT;
}

// S12: number t of the tensors that are no running statistics.
static void by_formula(const limn_net *net, double *values) {
    const limn_store *store = net->store;
    size_t t = 0;
    for (int p = 0; p < store->size; p++) {
        const limn_parameter *it = &store->parameters[p];
        role is = role_of(store, p);
        double factor = is == WEIGHT ? sqrt(3 / fan_of(net, p)) / 30 : 0;
        for (size_t i = 0; i < it->count; i++) {
            const double all[] = {
                [WEIGHT] = factor * (wave(37, i, 101, t, 61) - 30),
                [BIAS] = (wave(17, i, 13, t, 21) - 10) / 100,
                [SCALE] = 1 + (wave(11, i, 7, t, 9) - 4) / 40,
                [SHIFT] = (wave(5, i, 3, t, 11) - 5) / 50,
                [VARIANCE] = 1,
            };
            values[it->offset + i] = all[is];
        }
        t += !it->buffer;
    }
}

// What the specifications say of a result in -1..1: three values, the mean, that of the sizes.
typedef struct twin {
    const char *kind;
    const void *shape;
    int height, width, scale;
    int64_t numbers;
    const double *expected;
} twin;

static void check_values(const twin *it, const void *found, bool exact, double tolerance) {
    size_t h = (size_t)(it->height * it->scale), w = (size_t)(it->width * it->scale), plane = h * w;
    const size_t at[] = {0, plane + 5 * w + 7, 3 * plane - 1};
    double is[5] = {0};
    for (size_t i = 0; i < 3 * plane; i++) {
        double y = exact ? ((const double *)found)[i] : (double)((const float *)found)[i];
        y = y / 127.5 - 1;
        for (int k = 0; k < 3; k++)
            if (at[k] == i) is[k] = y;
        is[3] += y / (double)(3 * plane);
        is[4] += fabs(y) / (double)(3 * plane);
    }
    for (int k = 0; k < 5; k++)
        if (!(fabs(is[k] - it->expected[k]) <= tolerance))
            fail_msg("%s, value %d: %.9f, not %.9f", it->kind, k, is[k], it->expected[k]);
}

static void fill_pictures(double *to, int pictures, int height, int width) {
    for (int p = 0; p < pictures; p++)
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) *to++ = value_at(p, 0, y, x, c);
}

// In floats `values` and `pictures` are such.
static void run_twin(const twin *it, limn_net *net, const limn_content *content, limn_node *y,
                     limn_plan_options how, const void *values, const void *pictures,
                     double tolerance) {
    bool exact = how.precision == LIMN_DOUBLES;
    size_t size = exact ? sizeof(double) : sizeof(float);
    size_t picture = 3 * (size_t)it->height * (size_t)it->width;
    limn_plan *plan;
    good(limn_plan_new(&y, 1, how, &plan));
    for (int i = 0; i < content->count; i++)
        limn_plan_bind(plan, content->node[i], (const char *)pictures + i * picture * size, true);
    for (int p = 0; p < net->store->size; p++)
        limn_plan_bind(plan, net->node[p],
                       (const char *)values + net->store->parameters[p].offset * size, true);
    good(limn_plan_run(plan));
    check_values(it, limn_plan_output(plan, 0), exact, tolerance);
    limn_plan_free(plan);
}

static float *rounded(const double *from, size_t count) {
    float *to = calloc(count, sizeof *to);
    for (size_t i = 0; i < count; i++) to[i] = (float)from[i];
    return to;
}

static void check_twin(const twin *it) {
    limn_model *model = model_of(it->kind, it->shape);
    limn_net net = {.graph = limn_graph_new(), .store = &model->store};
    limn_content content;
    size_t picture = 3 * (size_t)it->height * (size_t)it->width, count = model->store.count;
    assert_int_equal(limn_model_parameters(model), it->numbers);
    limn_kind_pictures(model->kind, net.graph, LIMN_SHAPE(1, 3, it->height, it->width), &content);
    limn_node *y = model->kind->draw(&net, model->shape, 0, &content, NULL);
    size_t all = picture * (size_t)content.count;
    double *values = calloc(count, sizeof *values), *pictures = calloc(all, sizeof *pictures);
    by_formula(&net, values);
    fill_pictures(pictures, content.count, it->height, it->width);
    float *values32 = rounded(values, count), *pictures32 = rounded(pictures, all);
    const limn_plan_options doubles = {.precision = LIMN_DOUBLES, .threads = 1},
                            plain = {.isa = LIMN_ISA_BASELINE, .threads = 1, .plain = true};
    run_twin(it, &net, &content, y, doubles, values, pictures, 2e-9);
    run_twin(it, &net, &content, y, plain, values32, pictures32, 1e-4);
    for (limn_isa isa = LIMN_ISA_BASELINE; isa <= limn_isa_best(); isa++)
        run_twin(it, &net, &content, y, (limn_plan_options){.isa = isa, .threads = 2}, values32,
                 pictures32, 2e-4);
    free(values), free(pictures), free(values32), free(pictures32);
    limn_graph_free(net.graph);
    limn_net_free(&net);
    limn_model_free(model);
}

// Three values, mean, mean of sizes.
static const double
    of_spl[] = {-0.064546218, -0.415458978, -0.257217819, -0.015907262, 0.355695365},
    of_tanh[] = {-0.727854552, -0.026743111, 0.721051013, -0.109987229, 0.440872955},
    of_atanh[] = {-0.988371404, -0.035383915, 0.809063415, -0.122322095, 0.454946253},
    of_six[] = {0.521412499, -0.455722390, 0.183998073, -0.007219253, 0.376357275},
    of_nine[] = {-0.119673634, -0.651664704, -0.128645833, 0.010084434, 0.363888146},
    of_batch7[] = {-0.030794085, 0.049126975, 0.097970215, 0.000591030, 0.279836782},
    of_instance7[] = {-0.088751310, 0.055527695, 0.006422930, 0.008662356, 0.265254956},
    of_batch8[] = {-0.125111765, 0.236173864, -0.001155609, 0.003024956, 0.252850186};

static const double of_srresnet[] = {0.074403465, -0.150242400, -0.115057144, -0.010667522,
                                     0.092623902};

static void twins(void **state) {
    const limn_srresnet_shape sr = {.width = 4, .blocks = 2, .scale = 4};
    enum { SPL = LIMN_RESNET_SPL, CYCLEGAN = LIMN_RESNET_CYCLEGAN };
    const limn_resnet_shape spl = resnet(SPL, 4, 9, LIMN_PAIRED_INSTANCE),
                            six = resnet(CYCLEGAN, 4, 6, LIMN_PAIRED_INSTANCE),
                            nine = resnet(CYCLEGAN, 4, 9, LIMN_PAIRED_INSTANCE);
    const limn_unet_shape batch7 = unet(7, 2, LIMN_PAIRED_BATCH),
                          instance7 = unet(7, 2, LIMN_PAIRED_INSTANCE),
                          batch8 = unet(8, 1, LIMN_PAIRED_BATCH);
    limn_resnet_shape by_tanh = spl, by_atanh = spl;
    by_tanh.skip = LIMN_RESNET_TANH;
    by_atanh.skip = LIMN_RESNET_ATANH;
    const twin all[] = {
        {"resnet", &spl, 16, 24, 1, 46515, of_spl},
        {"makeup", &by_tanh, 16, 24, 1, 47103, of_tanh},
        {"makeup", &by_atanh, 16, 24, 1, 47103, of_atanh},
        {"resnet", &six, 16, 24, 1, 31939, of_six},
        {"resnet", &nine, 16, 24, 1, 45859, of_nine},
        {"unet", &batch7, 128, 128, 1, 41367, of_batch7},
        {"unet", &instance7, 128, 128, 1, 41263, of_instance7},
        {"unet", &batch8, 256, 256, 1, 13581, of_batch8},
        {"srresnet", &sr, 8, 10, 4, 3895, of_srresnet},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY(all); i++) check_twin(&all[i]);
}

// ---- TensorFlow's SAME ----

// What one 1 at (row, column) of a size x size map becomes; w counts 1 .. 9.
static void impulse(int size, int row, int column, bool transposed, float *to) {
    static const float w[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    float x[16] = {0};
    x[row * size + column] = 1;
    limn_graph *graph = limn_graph_new();
    limn_node *in = limn_input(graph, "x", LIMN_SHAPE(1, 1, size, size));
    limn_node *kernel = limn_input(graph, "w", LIMN_SHAPE(1, 1, 3, 3));
    limn_conv2d_options half = {.stride = 2, .same = true};
    limn_conv2d_transpose_options twice = {.stride = 2, .same = true};
    limn_node *y = transposed ? limn_conv2d_transpose(in, kernel, NULL, twice)
                              : limn_conv2d(in, kernel, NULL, half);
    limn_plan *plan;
    good(limn_plan_new(&y, 1, (limn_plan_options){.threads = 1}, &plan));
    limn_plan_bind(plan, in, x, false);
    limn_plan_bind(plan, kernel, w, false);
    good(limn_plan_run(plan));
    memcpy(to, limn_plan_output(plan, 0), (transposed ? 16 : 4) * sizeof *to);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

static void same_padding(void **state) {
    float y[16];
    (void)state;
    impulse(4, 0, 0, false, y);
    assert_true(y[0] == 1 && y[1] == 0 && y[2] == 0 && y[3] == 0);
    impulse(4, 1, 1, false, y);
    assert_true(y[0] == 5 && y[1] == 0 && y[2] == 0 && y[3] == 0);
    impulse(2, 0, 0, true, y);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            assert_true(y[4 * i + j] == (i < 3 && j < 3 ? (float)(3 * i + j + 1) : 0));
}

// S11: channel 4c + 2 dy + dx is what stands at (2y + dy, 2x + dx) of channel c.
static void shuffle(void **state) {
    enum { C = 3, H = 2, W = 5 };
    float x[4 * C * H * W];
    (void)state;
    for (int i = 0; i < 4 * C * H * W; i++) x[i] = (float)i;
    limn_graph *graph = limn_graph_new();
    limn_node *in = limn_input(graph, "x", LIMN_SHAPE(1, 4 * C, H, W));
    limn_node *y = limn_pixel_shuffle(in, 2);
    limn_plan *plan;
    good(limn_plan_new(&y, 1, (limn_plan_options){.threads = 1}, &plan));
    limn_plan_bind(plan, in, x, false);
    good(limn_plan_run(plan));
    const float *found = limn_plan_output(plan, 0);
    for (int k = 0; k < 4 * C; k++)
        for (int i = 0; i < H; i++)
            for (int j = 0; j < W; j++) {
                int row = 2 * i + (k % 4 >> 1), column = 2 * j + (k & 1);
                assert_true(found[(k / 4 * 2 * H + row) * 2 * W + column] ==
                            x[(k * H + i) * W + j]);
            }
    limn_plan_free(plan);
    limn_graph_free(graph);
}

// ---- first values ----

static double deviation_of(const limn_store *store, const char *name, double *largest) {
    const limn_parameter *it = &store->parameters[limn_store_find(store, name)];
    double sum = 0;
    *largest = 0;
    for (size_t i = 0; i < it->count; i++) {
        double value = store->values[it->offset + i];
        sum += value * value;
        *largest = fmax(*largest, fabs(value));
    }
    return sqrt(sum / (double)it->count);
}

// Cut off at two deviations a normal distribution has 0.88 of its deviation.
static void first_values(void **state) {
    static const double asked[] = {0, 0.02};
    (void)state;
    for (int i = 0; i < 2; i++) {
        limn_resnet_shape shape = resnet(LIMN_RESNET_SPL, 16, 9, LIMN_PAIRED_INSTANCE);
        shape.output_deviation = asked[i];
        limn_model *model = model_of("resnet", &shape);
        double largest, last = asked[i] ? asked[i] : 1e-4;
        assert_true(fabs(deviation_of(&model->store, "c6.weight", &largest) / last - 0.88) < 0.03);
        assert_true(largest <= 2.0001 * last);
        assert_true(fabs(deviation_of(&model->store, "r5.conv2.weight", &largest) - 0.0176) < 3e-4);
        assert_true(largest <= 0.040001);
        deviation_of(&model->store, "r5.conv2.bias", &largest);
        assert_true(largest == 0);
        deviation_of(&model->store, "c5.norm.weight", &largest);
        assert_true(largest > 1 && largest < 1.041);
        deviation_of(&model->store, "c3.norm.weight", &largest);
        assert_true(largest == 1);
        limn_model_free(model);
    }
}

// ---- skips and batches (S13) ----

static void silence(limn_store *store, const char *name) {
    const limn_parameter *it = &store->parameters[limn_store_find(store, name)];
    memset(store->values + it->offset, 0, it->count * sizeof(float));
}

// A runner draws of two pictures as of contents.
static void check_silent(int skip, limn_picture *face, limn_picture *reference) {
    limn_resnet_shape shape = resnet(LIMN_RESNET_SPL, 4, 2, LIMN_PAIRED_INSTANCE);
    shape.skip = skip;
    limn_model *model = model_of("makeup", &shape);
    silence(&model->store, "c6.weight");
    silence(&model->store, "c6.bias");
    limn_runner *runner = open_with(model, (limn_run_options){0});
    limn_shape each = LIMN_SHAPE(1, 3, face->height, face->width), shown;
    limn_content_values both = {
        .count = 2, .shape = {each, each}, .data = {face->rgb, reference->rgb}};
    const float *y;
    good(limn_runner_decode(runner, 0, &both, NULL, &y, &shown));
    assert_true(limn_shape_equal(&shown, &each));
    for (int64_t i = 0; i < limn_shape_count(&each); i++) {
        double r = reference->rgb[i] / 127.5 - 1,
               wanted = skip == LIMN_RESNET_TANH ? tanh(r) : 0.99 * r;
        if (skip == LIMN_RESNET_NO_SKIP) wanted = 0;
        assert_true(fabs(y[i] / 127.5 - 1 - wanted) < 2e-6);
    }
    limn_picture *made;
    refused(limn_translate(runner, face, NULL, NULL, &made), LIMN_USAGE,
            "network makeup draws of 2 pictures together, and here is one");
    limn_runner_free(runner);
    limn_model_free(model);
}

static void skips(void **state) {
    (void)state;
    limn_picture *face = noise(24, 16, LIMN_RGB), *reference = noise(24, 16, LIMN_RGB);
    for (int i = 0; i < 24 * 16; i++) reference->rgb[i] = (float)(i % 256);
    for (int skip = LIMN_RESNET_ATANH; skip <= LIMN_RESNET_NO_SKIP; skip++)
        check_silent(skip, face, reference);
    limn_picture_free(face);
    limn_picture_free(reference);
}

// The first of `count` pictures, drawn with the others beside it.
static void draw_batch(limn_model *model, int count, bool training, const float *pictures,
                       float *to) {
    enum { SIDE = 20 };
    limn_net net = {.graph = limn_graph_new(), .store = &model->store, .training = training};
    limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(count, 3, SIDE, SIDE)), *y;
    y = limn_kind_apply(model->kind, &net, model->shape, x);
    limn_plan *plan;
    good(limn_plan_new(&y, 1, (limn_plan_options){.threads = 2}, &plan));
    limn_plan_bind(plan, x, pictures, false);
    limn_net_bind(&net, plan, false);
    good(limn_plan_run(plan));
    memcpy(to, limn_plan_output(plan, 0), 3 * SIDE * SIDE * sizeof *to);
    limn_plan_free(plan);
    limn_graph_free(net.graph);
    limn_net_free(&net);
}

static void batches(void **state) {
    enum { INSTANCE = LIMN_PAIRED_INSTANCE, BATCH = LIMN_PAIRED_BATCH, COUNT = 3 * 20 * 20 };
    static const struct {
        int form, norm, statistics;
        bool training;
    } all[] = {
        {LIMN_RESNET_SPL, INSTANCE, 0, true},
        {LIMN_RESNET_SPL, INSTANCE, 0, false},
        {LIMN_RESNET_SPL, BATCH, LIMN_PAIRED_RUNNING, false},
        {LIMN_RESNET_CYCLEGAN, BATCH, LIMN_PAIRED_RUNNING, false},
        {LIMN_RESNET_CYCLEGAN, BATCH, LIMN_PAIRED_PICTURE, false},
    };
    (void)state;
    limn_picture *three = noise(20, 60, LIMN_RGB);
    for (size_t i = 0; i < ARRAY(all); i++) {
        float alone[COUNT], among[COUNT];
        limn_resnet_shape shape = resnet(all[i].form, 8, 2, all[i].norm);
        shape.statistics = all[i].statistics;
        shape.output_deviation = 0.1;
        limn_model *model = model_of("resnet", &shape);
        draw_batch(model, 1, all[i].training, three->rgb, alone);
        draw_batch(model, 3, all[i].training, three->rgb, among);
        for (int k = 0; k < COUNT; k++) assert_true(alone[k] == among[k]);
        limn_model_free(model);
    }
    limn_picture_free(three);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(twins),
        cmocka_unit_test(count_of_srresnet),
        cmocka_unit_test(same_padding),
        cmocka_unit_test(shuffle),
        cmocka_unit_test(first_values),
        cmocka_unit_test(skips),
        cmocka_unit_test(batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
