// The networks of metrics, with weights by formula, against NumPy (tests/reference/metrics.py);
// what is measured with them, over files.
#include "metric_samples.h"
#include "metrics/backbones.h"
#include "metrics/distance.h"
#include "metrics/diversity.h"
#include "metrics/features.h"
#include "metrics/statistics.h"
#include "reference/metrics_expected.h"

// Absolute, since tests change their folder; empty: it is not there.
static char vgg_path[PATH_MAX], shared_path[PATH_MAX];

// ---- the network of FID ----

// Rows of one colour each, made smaller or larger.
static void resize_rows(void **state) {
    (void)state;
    static const float rows[8] = {0, 10, 20, 30, 40, 50, 200, 255};
    static const struct {
        limn_feature_resize resize;
        int size;
        double wanted[12];
    } cases[] = {
        {LIMN_RESIZE_PYTORCH_FID, 4, {5, 25, 45, 227.5}},
        {LIMN_RESIZE_PYTORCH_FID, 3, {8.333334, 35, 209.166672}},
        {LIMN_RESIZE_PYTORCH_FID,
         12,
         {0, 5, 11.666667, 18.333333, 25, 31.666667, 38.333333, 45, 75, 175, 227.5, 255}},
        {LIMN_RESIZE_TENSORFLOW, 3, {0, 26.666667, 100}},
        {LIMN_RESIZE_CLEAN, 4, {5.439330, 22.972969, 54.652512, 215.502106}},
        {LIMN_RESIZE_CLEAN, 3, {8.861120, 31.974880, 176.944977}},
    };
    limn_picture *picture;
    float out[3 * 12 * 12];
    assert_int_equal(limn_picture_new(8, 8, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 3 * 64; i++) picture->rgb[i] = rows[i / 8 % 8];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int size = cases[i].size;
        assert_int_equal(limn_feature_resized(picture, cases[i].resize, size, out), LIMN_OK);
        for (int k = 0; k < 3 * size * size; k++)
            expect_near((double)out[k], cases[i].wanted[k / size % size], 1e-4);
    }
    limn_picture_free(picture);
}

// Values of -1 to 1; what is clear counts as white.
static void prepared_values(void **state) {
    (void)state;
    enum { ALL = 3 * LIMN_INCEPTION_SIZE * LIMN_INCEPTION_SIZE };
    static const float wanted[3][2] = {{-1, 1}, {-1, 127 / 128.f}, {-1, 127 / 128.f}};
    float *out = malloc(ALL * sizeof *out);
    for (int resize = 0; resize < 3; resize++)
        for (int white = 0; white < 2; white++) {
            limn_picture *picture;
            assert_int_equal(limn_picture_new(1, 1, LIMN_RGB_ALPHA, &picture), LIMN_OK);
            picture->rgb[0] = picture->rgb[1] = picture->rgb[2] = 0;
            *picture->alpha = white ? 0 : 1;
            assert_int_equal(limn_feature_prepare(picture, (limn_feature_resize)resize, out),
                             LIMN_OK);
            for (int i = 0; i < ALL; i += 997)
                expect_near((double)out[i], (double)wanted[resize][white], 1e-6);
            limn_picture_free(picture);
        }
    free(out);
}

static void check_inception(limn_inception_names names, int features, const double *wanted) {
    limn_store store = {0};
    limn_graph *graph = limn_graph_new();
    limn_net net = {.graph = graph, .store = &store};
    limn_shape shape = LIMN_SHAPE(1, 3, INCEPTION_SIDE, INCEPTION_SIDE);
    limn_node *input = limn_input(graph, "picture", shape);
    limn_node *out = limn_inception_on(&net, names, input, features);
    limn_picture *picture = make(1, 0, INCEPTION_SIDE, INCEPTION_SIDE);
    limn_plan *plan;
    for (int i = 0; i < 3 * INCEPTION_SIDE * INCEPTION_SIDE; i++)
        picture->rgb[i] = picture->rgb[i] / 127.5f - 1;
    if (limn_plan_new(&out, 1, (limn_plan_options){.threads = 2}, &plan))
        fail_msg("%s", limn_message());
    fill_store(&store);
    limn_net_bind(&net, plan, true);
    limn_plan_bind(plan, input, picture->rgb, false);
    assert_int_equal(limn_plan_run(plan), LIMN_OK);
    const float *values = limn_plan_output(plan, 0);
    double sum = 0;
    for (int i = 0; i < features; i++) sum += (double)values[i];
    for (int i = 0; i < 16; i++) expect_near((double)values[i * (features / 16)], wanted[i], 1e-4);
    expect_near(sum, wanted[16], 1e-4 * wanted[16]);
    limn_plan_free(plan);
    limn_picture_free(picture);
    limn_net_free(&net);
    limn_graph_free(graph);
    limn_store_free(&store);
}

static void inception_of_torch(void **state) {
    (void)state;
    check_inception(LIMN_INCEPTION_TORCH, 64, torch_64);
    check_inception(LIMN_INCEPTION_TORCH, 192, torch_192);
    check_inception(LIMN_INCEPTION_TORCH, 2048, torch_2048);
}

static void inception_of_tensorflow(void **state) {
    (void)state;
    check_inception(LIMN_INCEPTION_TENSORFLOW, 64, tensorflow_64);
    check_inception(LIMN_INCEPTION_TENSORFLOW, 192, tensorflow_192);
    check_inception(LIMN_INCEPTION_TENSORFLOW, 768, tensorflow_768);
}

static void skip_without_shared(const char *file) {
    if (*shared_path) return;
    print_message("skipped: %s is not there (set LIMN_SHARED)\n", file);
    skip();
}

static void published_network(void **state) {
    (void)state;
    enum { SIDE = LIMN_INCEPTION_SIZE, FEATURES = 768 };
    static const char file[] = "weights/inception_fid_2015_to_mixed_8.fp16.safetensors";
    char path[PATH_MAX + 64];
    float out[FEATURES];
    double sum = 0;
    limn_inception network;
    skip_without_shared(file);
    snprintf(path, sizeof path, "%s/%s", shared_path, file);
    if (limn_inception_open(path, 0, (limn_plan_options){.threads = 2}, &network))
        fail_msg("%s", limn_message());
    assert_int_equal(network.features, FEATURES);
    limn_picture *picture = make(1, 0, SIDE, SIDE);
    for (int i = 0; i < 3 * SIDE * SIDE; i++) picture->rgb[i] = picture->rgb[i] / 127.5f - 1;
    assert_int_equal(limn_inception_run(&network, picture->rgb, out), LIMN_OK);
    for (int i = 0; i < FEATURES; i++) sum += (double)out[i];
    for (int i = 0; i < 16; i++)
        expect_near((double)out[i * (FEATURES / 16)], published_768[i], 1e-5);
    expect_near(sum, published_768[16], 1e-5 * published_768[16]);
    limn_picture_free(picture);
    limn_inception_close(&network);
    assert_int_equal(limn_inception_open(path, 2048, (limn_plan_options){.threads = 1}, &network),
                     LIMN_USAGE);
    expect_message("--features 2048: it ends where there are 768 of them");
}

static void another_network(void **state) {
    (void)state;
    float values[3000] = {0};
    limn_tensors set = {0};
    limn_inception_names names;
    limn_inception network;
    int most;
    add(&set, "features.0.weight", values, 1, 1, 0);
    assert_int_equal(limn_inception_recognise(&set, &names, &most), LIMN_MODEL);
    expect_message("this is not the Inception network of FID");
    limn_tensors_free(&set);
    add(&set, "Conv2d_1a_3x3.conv.weight", values, 1, 1, 0);
    add(&set, "Mixed_6e.branch_pool.conv.weight", values, 1, 1, 0);
    assert_int_equal(limn_inception_recognise(&set, &names, &most), LIMN_OK);
    assert_int_equal(most, 768);
    assert_int_equal(limn_safetensors_write("short.safetensors", &set, LIMN_ELEMENT_F32, true),
                     LIMN_OK);
    add(&set, "fc.weight", values, 2, 1000, 3);
    assert_int_equal(limn_inception_recognise(&set, &names, &most), LIMN_MODEL);
    expect_message("tells 1000 classes and not 1008");
    limn_tensors_free(&set);
    limn_plan_options how = {.threads = 1};
    assert_int_equal(limn_inception_open(NULL, 0, how, &network), LIMN_USAGE);
    expect_message("--network FILE is needed");
    assert_int_equal(limn_inception_open("short.safetensors", 2048, how, &network), LIMN_USAGE);
    expect_message("--features 2048: it ends where there are 768 of them");
    assert_int_equal(limn_inception_open("short.safetensors", 0, how, &network), LIMN_MODEL);
    expect_message("tensor Conv2d_1a_3x3.conv.weight has the shape");
}

// ---- sets of files ----

// Small pictures in a folder: `smooth` ones or not.
static void fill_folder(const char *name, int smooth, int count) {
    mkdir(name, 0777);
    for (int i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%d.png", name, i);
        write_picture(smooth, i % 2, 20 + i, 24, path);
    }
}

// With the network of TensorFlow, weights by formula, 64 features.
static void write_network(const char *path) {
    limn_store store = {0};
    limn_graph *graph = limn_graph_new();
    limn_net net = {.graph = graph, .store = &store};
    limn_tensors set = {0};
    limn_node *input = limn_input(graph, "picture", LIMN_SHAPE(1, 3, 139, 139));
    limn_inception_on(&net, LIMN_INCEPTION_TENSORFLOW, input, 64);
    fill_store(&store);
    for (int i = 0; i < store.size; i++) {
        const limn_parameter *it = &store.parameters[i];
        size_t size[4] = {0};
        for (int d = 0; d < it->shape.rank; d++) size[d] = (size_t)it->shape.dim[d];
        assert_int_equal(limn_tensors_add(&set, it->name, LIMN_ELEMENT_F32, it->shape.rank, size,
                                          store.values + it->offset),
                         LIMN_OK);
    }
    float last = 0;
    add(&set, "mixed_7_tower_2_conv.weight", &last, 1, 1, 0); // its end is looked for
    assert_int_equal(limn_safetensors_write(path, &set, LIMN_ELEMENT_F32, true), LIMN_OK);
    limn_tensors_free(&set);
    limn_net_free(&net);
    limn_graph_free(graph);
    limn_store_free(&store);
}

#define NETWORK "--network=net.safetensors", "--features=64"

static void write_words(const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("no picture", file);
    assert_int_equal(fclose(file), 0);
}

static void sets_of_folders(void **state) {
    (void)state;
    measured m;
    fill_folder("a", 0, 5);
    fill_folder("b", 1, 4);
    mkdir("b/deep", 0777);
    write_picture(1, 0, 30, 50, "b/deep/x.png");
    fill_folder("one", 0, 1);
    write_network("net.safetensors");
    if (MEASURE(&m, "kid", "a", "b", NETWORK, "--seed=7", "--subsets=9"))
        fail_msg("%s", limn_message());
    assert_string_equal(m.it.title, "KID-64 x 1000");
    assert_string_equal(fact(&m, "network")->text, "net.safetensors");
    assert_string_equal(fact(&m, "resize")->text, "pytorch-fid");
    assert_true(fact(&m, "pictures-a")->number == 5 && fact(&m, "pictures-b")->number == 5);
    assert_string_equal(fact(&m, "size-a")->text, "20x24 to 24x24");
    assert_string_equal(fact(&m, "size-b")->text, "20x24 to 30x50");
    assert_true(fact(&m, "subsets")->number == 9 && fact(&m, "subset-size")->number == 5);
    assert_true(fact(&m, "seed")->number == 7);
    double kid = m.it.value;
    assert_int_equal(MEASURE(&m, "kid", "b", "a", NETWORK), LIMN_OK);
    expect_near(m.it.value, kid, 1e-9 * kid);
    assert_int_equal(MEASURE(&m, "kid", "a", "one", NETWORK), LIMN_INPUT);
    expect_message(
        "one: there is one picture in this folder, and kid compares sets of two or more");
    assert_int_equal(MEASURE(&m, "kid", "a", "none", NETWORK), LIMN_INPUT);
    assert_int_equal(MEASURE(&m, "kid", "a", "b", "--seed=1"), LIMN_USAGE);
    assert_int_equal(MEASURE(&m, "kid", "a/0.png", "b", NETWORK), LIMN_INPUT);
    expect_message("a folder of pictures or a file of features is needed: a/0.png");
    assert_int_equal(MEASURE(&m, "kid", "a", "b", "--network=a/0.png"), LIMN_MODEL);
    write_words("b/deep/y.png"); // without it, the figure would be that of another set
    assert_int_equal(MEASURE(&m, "kid", "a", "b", NETWORK), LIMN_INPUT);
    expect_message("b/deep/y.png: ");
}

static void fid_of_files(void **state) {
    (void)state;
    measured m;
    fill_folder("a", 0, 5);
    fill_folder("b", 1, 6);
    write_network("net.safetensors");
    assert_int_equal(MEASURE(&m, "fid", "a", "b", NETWORK, "--save=b.npz"), LIMN_OK);
    assert_string_equal(m.it.title, "FID-64");
    assert_true(fact(&m, "pictures-a")->number == 5 && fact(&m, "pictures-b")->number == 6);
    double fid = m.it.value;
    assert_int_equal(MEASURE(&m, "fid", "a", "b.npz", NETWORK), LIMN_OK);
    assert_true(m.it.value == fid);
    assert_string_equal(fact(&m, "statistics-b")->text, "b.npz");
    assert_int_equal(MEASURE(&m, "fid", "a", "a", NETWORK), LIMN_OK);
    expect_near(m.it.value, 0, 1e-9);
    assert_int_equal(MEASURE(&m, "fid", "b.npz", "b.npz", "--features=most"),
                     LIMN_OK); // no network
    expect_near(m.it.value, 0, 1e-9);
    assert_int_equal(MEASURE(&m, "fid", "b", "a", NETWORK, "--save=b.npz"), LIMN_USAGE);
    assert_int_equal(MEASURE(&m, "fid", "b", "a", NETWORK, "--save=b.npz", "--force"), LIMN_OK);
    expect_near(m.it.value, fid, 1e-9 * fid);
    limn_statistics few = {2, (double[2]){0}, (double[4]){0}};
    assert_int_equal(limn_statistics_write(&few, "few.npz", false), LIMN_OK);
    assert_int_equal(MEASURE(&m, "fid", "a", "few.npz", NETWORK), LIMN_INPUT);
    expect_message("few.npz: these are statistics of 2 features, and the network gives 64");
    assert_int_equal(MEASURE(&m, "fid", "few.npz", "b.npz", "--features=most"), LIMN_INPUT);
    expect_message("few.npz holds statistics of 2 features and b.npz of 64");
    assert_int_equal(MEASURE(&m, "fid", "a/0.png", "b.npz", NETWORK), LIMN_INPUT);
    expect_message("a folder of pictures or a file of statistics is needed: a/0.png");
}

// The features of a set, kept, give what its pictures give, to KID and to FID.
static void features_of_files(void **state) {
    (void)state;
    measured m;
    fill_folder("a", 0, 5);
    fill_folder("b", 1, 6);
    write_network("net.safetensors");
    assert_int_equal(MEASURE(&m, "fid", "a", "b", NETWORK), LIMN_OK);
    double fid = m.it.value;
    assert_int_equal(MEASURE(&m, "kid", "a", "b", NETWORK, "--save=b.npz"), LIMN_OK);
    double kid = m.it.value;
    assert_int_equal(MEASURE(&m, "kid", "b", "a", NETWORK, "--save=a.npz"), LIMN_OK);
    assert_int_equal(MEASURE(&m, "kid", "a", "b.npz", NETWORK), LIMN_OK);
    assert_true(m.it.value == kid);
    assert_string_equal(fact(&m, "features-b")->text, "b.npz");
    assert_true(fact(&m, "pictures-b")->number == 6);
    assert_int_equal(MEASURE(&m, "kid", "a.npz", "b.npz", "--features=most"), LIMN_OK);
    assert_true(m.it.value == kid); // without a network
    assert_int_equal(MEASURE(&m, "fid", "a.npz", "b.npz", "--features=most"), LIMN_OK);
    assert_true(m.it.value == fid);
    assert_int_equal(MEASURE(&m, "kid", "a", "b", NETWORK, "--save=b.npz"), LIMN_USAGE);
    assert_int_equal(MEASURE(&m, "kid", "a", "b", NETWORK, "--save=b.npz", "--force"), LIMN_OK);
    limn_features few = {2, 3, (float[6]){0}, {0}};
    assert_int_equal(limn_features_write(&few, "few.npz", false), LIMN_OK);
    assert_int_equal(MEASURE(&m, "kid", "a", "few.npz", NETWORK), LIMN_INPUT);
    expect_message("few.npz: these are rows of 3 features, and the network gives 64");
    assert_int_equal(MEASURE(&m, "kid", "few.npz", "b.npz", "--features=most"), LIMN_INPUT);
    expect_message("few.npz holds rows of 3 features and b.npz of 64");
    few.values[4] = INFINITY;
    assert_int_equal(limn_features_write(&few, "few.npz", true), LIMN_OK);
    assert_int_equal(MEASURE(&m, "kid", "a", "few.npz", NETWORK), LIMN_INPUT);
    expect_message("few.npz: it holds numbers that are none");
    few.count = 1;
    assert_int_equal(limn_features_write(&few, "few.npz", true), LIMN_OK);
    assert_int_equal(MEASURE(&m, "kid", "a", "few.npz", NETWORK), LIMN_INPUT);
    expect_message("few.npz: features has the shape");
    assert_int_equal(MEASURE(&m, "fid", "a", "b", NETWORK, "--save=s.npz"), LIMN_OK);
    assert_int_equal(MEASURE(&m, "kid", "a", "s.npz", NETWORK), LIMN_INPUT);
    expect_message("s.npz: there is no array features in it");
}

// ---- distances ----

static void one_place(void **state) {
    (void)state;
    const float a[] = {3, 4}, b[] = {4, 3}, none[] = {0, 0}, weight[] = {1, 0.5};
    double room[2];
    expect_near(limn_distance_of_maps(a, b, weight, 2, 1, room), 0.06, 1e-9);
    expect_near(limn_distance_of_maps(b, a, weight, 2, 1, room), 0.06, 1e-9);
    expect_near(limn_distance_of_maps(a, none, NULL, 2, 1, room), 1, 1e-9);
    assert_true(limn_distance_of_maps(none, none, NULL, 2, 1, room) == 0);
    assert_true(limn_distance_of_maps(a, a, weight, 2, 1, room) == 0);
}

static const limn_backbone *backbone(const char *title) {
    for (int i = 0; limn_lpips_backbones[i]; i++)
        if (!strcmp(limn_lpips_backbones[i]->title, title)) return limn_lpips_backbones[i];
    fail_msg("no backbone is named %s", title);
    return NULL;
}

// Parameters by formula, those that a small picture asks for.
static void fill_backbone(const limn_backbone *of, limn_store *store) {
    limn_graph *graph = limn_graph_new();
    limn_net net = {.graph = graph, .store = store};
    limn_node *out[7], *input = limn_input(graph, "picture", LIMN_SHAPE(1, 3, 64, 64));
    limn_vgg vgg = {.net = &net, .layers = of->layers};
    if (of->build)
        of->build(&net, input, out);
    else
        limn_vgg_taps(&vgg, input, of->tap, of->taps, out);
    fill_store(store);
    limn_net_free(&net);
    limn_graph_free(graph);
}

static void add_weights(const limn_backbone *of, limn_tensors *set, float *values) {
    for (int i = 0; i < of->taps; i++) {
        char name[64];
        size_t shape[4] = {1, (size_t)of->channels[i], 1, 1};
        snprintf(name, sizeof name, "lin%d.model.1.weight", i);
        for (int c = 0; c < of->channels[i]; c++)
            values[c] = (float)(0.5 + 0.5 * noise(name, (uint32_t)c));
        assert_int_equal(limn_tensors_add(set, name, LIMN_ELEMENT_F32, 4, shape, values), LIMN_OK);
        values += of->channels[i];
    }
}

static void check_lpips(const char *title, double wanted) {
    float values[4096];
    limn_distance_meter distance = {.backbone = backbone(title), .how = {.threads = 2}};
    limn_measuring it = {.state = &distance};
    limn_tensors set = {0};
    limn_picture *a = make(1, 0, LPIPS_WIDTH, LPIPS_HEIGHT);
    limn_picture *b = make(1, 1, LPIPS_WIDTH, LPIPS_HEIGHT);
    double value;
    distance.network.layers = distance.backbone->layers;
    fill_backbone(distance.backbone, &distance.network.store);
    add_weights(distance.backbone, &set, values);
    assert_int_equal(limn_lpips_weights_from(&set, &distance.weights), LIMN_OK);
    limn_tensors_free(&set);
    assert_int_equal(limn_distance_pair(&it, a, b, &value), LIMN_OK);
    expect_near(value, wanted, 1e-4 * wanted);
    assert_int_equal(limn_distance_pair(&it, b, b, &value), LIMN_OK);
    assert_true(value == 0);
    limn_picture_free(a);
    int small = distance.backbone->smallest;
    for (int less = 1; less >= 0; less--) { // too small by one, then just large enough
        a = make(0, 0, small + 3, small - less);
        assert_int_equal(limn_distance_pair(&it, a, a, &value), less ? LIMN_INPUT : LIMN_OK);
        limn_picture_free(a);
    }
    limn_distance_close(&distance);
    limn_picture_free(b);
}

static void lpips_of_alex(void **state) {
    (void)state;
    check_lpips("Alex", *lpips_alex);
}
static void lpips_of_vgg(void **state) {
    (void)state;
    check_lpips("VGG", *lpips_vgg);
}
static void lpips_of_squeeze(void **state) {
    (void)state;
    check_lpips("Squeeze", *lpips_squeeze);
}

static void wrong_weights(void **state) {
    (void)state;
    float values[4096] = {0};
    limn_tensors set = {0};
    limn_lpips_weights it;
    add(&set, "lin0.weight", values, 1, 1, 0);
    assert_int_equal(limn_lpips_weights_from(&set, &it), LIMN_MODEL);
    expect_message("there is no lin0.model.1.weight in it");
    add(&set, "lin0.model.1.weight", values, 4, 2, 3);
    assert_int_equal(limn_lpips_weights_from(&set, &it), LIMN_MODEL);
    expect_message("has the shape [2, 3, 1, 1], where [1, c, 1, 1] is expected");
    limn_tensors_free(&set);
    add_weights(backbone("Alex"), &set, values);
    values[100] = INFINITY;
    assert_int_equal(limn_lpips_weights_from(&set, &it), LIMN_MODEL);
    expect_message("numbers that are none");
    limn_tensors_free(&set);
}

// Files that do not belong together. The names of StarGAN v2's weights are known too.
static void lpips_of_files(void **state) {
    (void)state;
    float values[4096], one = 1;
    limn_tensors set = {0};
    measured m;
    write_picture(0, 0, 40, 40, "a.png");
    assert_int_equal(MEASURE(&m, "lpips", "a.png", "a.png", "--backbone=b"), LIMN_USAGE);
    expect_message("--weights FILE is needed");
    add_weights(backbone("Alex"), &set, values);
    assert_int_equal(limn_safetensors_write("w.safetensors", &set, LIMN_ELEMENT_F32, true),
                     LIMN_OK);
    assert_int_equal(MEASURE(&m, "lpips", "a.png", "a.png", "--weights=w.safetensors"), LIMN_USAGE);
    expect_message("--backbone FILE is needed: AlexNet");
    assert_int_equal(MEASURE(&m, "lpips", "a.png", "a.png", "--weights=w.safetensors",
                             "--backbone=w.safetensors"),
                     LIMN_MODEL);
    expect_message(
        "--backbone w.safetensors: AlexNet is needed: the model has no tensor features.0.w");
    limn_tensors_free(&set);
    size_t shape[4] = {1, 1, 1, 1};
    assert_int_equal(
        limn_tensors_add(&set, "lpips_weights.0.main.1.weight", LIMN_ELEMENT_F32, 4, shape, &one),
        LIMN_OK);
    assert_int_equal(limn_safetensors_write("w.safetensors", &set, LIMN_ELEMENT_F32, true),
                     LIMN_OK);
    assert_int_equal(MEASURE(&m, "lpips", "a.png", "a.png", "--weights=w.safetensors"), LIMN_MODEL);
    expect_message("--weights w.safetensors: its numbers of channels are those of no network");
    limn_tensors_free(&set);
}

static void published_weights(void **state) {
    (void)state;
    static const char *const files[][3] = {{"alex", "LPIPS-Alex v0.1", "AlexNet"},
                                           {"vgg", "LPIPS-VGG v0.1", "VGG-16"},
                                           {"squeeze", "LPIPS-Squeeze v0.1", "SqueezeNet 1.1"}};
    for (int i = 0; i < 3; i++) {
        char path[PATH_MAX + 64];
        skip_without_shared("weights/lpips_lin_v0.1");
        snprintf(path, sizeof path, "%s/weights/lpips_lin_v0.1/%s.pth", shared_path, files[i][0]);
        limn_distance_meter distance;
        limn_distance_options options = {.weights = path};
        limn_plan_options how = {.threads = 1};
        assert_int_equal(limn_distance_open(LIMN_DISTANCE_LPIPS, &options, how, &distance),
                         LIMN_USAGE);
        expect_message(files[i][2]);
        assert_string_equal(distance.title, files[i][1]);
    }
}

static void write_white(limn_planes planes, const char *path) {
    enum { SIDE = 20, PLANE = SIDE * SIDE };
    limn_picture *picture;
    assert_int_equal(limn_picture_new(SIDE, SIDE, planes, &picture), LIMN_OK);
    for (int i = 0; i < 3 * PLANE; i++) picture->rgb[i] = 255;
    for (int i = 0; i < PLANE && picture->alpha; i++) picture->alpha[i] = 0;
    if (limn_picture_write(picture, path, NULL)) fail_msg("%s", limn_message());
    limn_picture_free(picture);
}

static void perceptual_of_files(void **state) {
    (void)state;
    measured m;
    char word[PATH_MAX + 32];
    snprintf(word, sizeof word, "--loss-network=%s", vgg_path);
    write_picture(1, 0, LPIPS_WIDTH, LPIPS_HEIGHT, "a.png");
    write_picture(1, 1, LPIPS_WIDTH, LPIPS_HEIGHT, "b.png");
    write_picture(1, 1, 15, 16, "small.png");
    if (MEASURE(&m, "perceptual", "a.png", "b.png", word)) fail_msg("%s", limn_message());
    expect_near(m.it.value, *perceptual_smooth, 1e-4 * *perceptual_smooth);
    assert_string_equal(m.it.title, "perceptual distance (VGG-19, unweighted)");
    assert_int_equal(MEASURE(&m, "perceptual", "a.png", "a.png", word), LIMN_OK);
    assert_true(m.it.value == 0);
    assert_true(fact(&m, "equal-pairs")->number == 1);
    write_white(LIMN_RGB, "white.png"); // on white, what is clear would look like it
    write_white(LIMN_RGB_ALPHA, "clear.png");
    assert_int_equal(MEASURE(&m, "perceptual", "white.png", "clear.png", word), LIMN_OK);
    assert_true(m.it.value > 0.1);
    assert_int_equal(MEASURE(&m, "perceptual", "small.png", "small.png", word), LIMN_INPUT);
    expect_message("a picture of 15x16 pixels: VGG-19 needs at least 16x16");
}

// Of two fixed results: pairs of one and the same count as well. Contents never meet.
static void diversity_of_files(void **state) {
    (void)state;
    measured m;
    char word[PATH_MAX + 32];
    snprintf(word, sizeof word, "--loss-network=%s", vgg_path);
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "out/%d", i);
        mkdir("out", 0777), mkdir(path, 0777);
        for (int k = 0; k < 2; k++) {
            snprintf(path, sizeof path, "out/%d/%d.%s", i, k, i ? "png" : "tif");
            write_picture(1, i % 2, LPIPS_WIDTH, LPIPS_HEIGHT, path);
        }
    }
    write_picture(0, 1, LPIPS_WIDTH, LPIPS_HEIGHT, "out/2/alone.png");
    assert_int_equal(MEASURE(&m, "diversity", "out", NULL, word), LIMN_OK);
    expect_near(m.it.value, *perceptual_smooth * 4 / 6, 1e-4); // of 6 pairs 4 differ
    assert_string_equal(m.it.title, "diversity: perceptual distance (VGG-19, unweighted)");
    assert_true(fact(&m, "contents")->number == 2 && fact(&m, "styles")->number == 4);
    assert_true(fact(&m, "pairs")->number == 12);
    expect_near(fact(&m, "standard-error")->number, *perceptual_smooth * sqrt(2) / 3 / sqrt(12),
                1e-4);
    assert_int_equal(MEASURE(&m, "diversity", "out", NULL, word, "--pairs=2", "--seed=5"), LIMN_OK);
    assert_true(fact(&m, "pairs")->number == 4 && fact(&m, "seed")->number == 5);
    assert_int_equal(MEASURE(&m, "diversity", "out/2", NULL, word), LIMN_OK); // without styles
    assert_true(fact(&m, "pairs")->number == 3 && fact(&m, "pictures")->number == 3);
    mkdir("single", 0777), mkdir("single/style", 0777);
    assert_int_equal(rename("out/1", "single/style/deep"), 0);
    assert_int_equal(MEASURE(&m, "diversity", "single", NULL, word), LIMN_INPUT);
    expect_message("single: there is one style in it, the folder of style/deep/0.png");
    write_picture(1, 1, 16, 16, "single/x.png");
    assert_int_equal(MEASURE(&m, "diversity", "single", NULL, word), LIMN_INPUT);
    expect_message("single: there are pictures beside folders of pictures");
    mkdir("lonely", 0777);
    write_picture(1, 1, 16, 16, "lonely/x.png");
    assert_int_equal(MEASURE(&m, "diversity", "lonely", NULL, word), LIMN_INPUT);
    expect_message("lonely: there are no two results of one picture in it");
    write_picture(1, 1, 16, 17, "lonely/y.png");
    assert_int_equal(MEASURE(&m, "diversity", "lonely", NULL, word), LIMN_INPUT);
    expect_message("only equal sizes can be compared");
}

static void drawn_pairs(void **state) {
    (void)state;
    limn_pair pairs[15], again[15];
    for (int pictures = 2; pictures < 1000; pictures += pictures < 9 ? 1 : 97) {
        int all = pictures * (pictures - 1) / 2, wanted = all < 15 ? all : 15;
        assert_int_equal(limn_diversity_draw(pictures, 15, 1, 0, pairs), wanted);
        for (int i = 0; i < wanted; i++) {
            assert_in_range(pairs[i].a, 1, pictures - 1);
            assert_in_range(pairs[i].b, 0, pairs[i].a - 1); // never with itself
            if (i)
                assert_true(pairs[i].a > pairs[i - 1].a ||
                            (pairs[i].a == pairs[i - 1].a && pairs[i].b > pairs[i - 1].b));
        }
    }
    limn_diversity_draw(100, 15, 1, 0, pairs);
    limn_diversity_draw(100, 15, 1, 0, again);
    assert_memory_equal(pairs, again, sizeof pairs);
    limn_diversity_draw(100, 15, 1, 1, again); // another content
    assert_memory_not_equal(pairs, again, sizeof pairs);
    limn_diversity_draw(100, 15, 2, 0, again); // another seed
    assert_memory_not_equal(pairs, again, sizeof pairs);
    assert_int_equal(limn_diversity_draw(1, 15, 0, 0, pairs), 0);
    // Each pair of six pictures is drawn as often as any other.
    int counts[6][6] = {{0}};
    for (int content = 0; content < 3000; content++) {
        limn_diversity_draw(6, 5, 0, content, pairs);
        for (int i = 0; i < 5; i++) counts[pairs[i].a][pairs[i].b]++;
    }
    for (int a = 1; a < 6; a++)
        for (int b = 0; b < a; b++)
            assert_in_range(counts[a][b], 880, 1120); // 1000, 4.6 deviations
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resize_rows),
        cmocka_unit_test(prepared_values),
        cmocka_unit_test(inception_of_torch),
        cmocka_unit_test(inception_of_tensorflow),
        cmocka_unit_test(published_network),
        IN_FOLDER(another_network),
        IN_FOLDER(sets_of_folders),
        IN_FOLDER(fid_of_files),
        IN_FOLDER(features_of_files),
        cmocka_unit_test(one_place),
        cmocka_unit_test(lpips_of_alex),
        cmocka_unit_test(lpips_of_vgg),
        cmocka_unit_test(lpips_of_squeeze),
        cmocka_unit_test(wrong_weights),
        IN_FOLDER(lpips_of_files),
        cmocka_unit_test(published_weights),
        IN_FOLDER(perceptual_of_files),
        IN_FOLDER(diversity_of_files),
        cmocka_unit_test(drawn_pairs),
    };
    const char *given = getenv("LIMN_SHARED");
    if (!realpath("models/vgg19.safetensors", vgg_path)) return 1;
    if (!realpath(given ? given : "../shared", shared_path)) *shared_path = 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
