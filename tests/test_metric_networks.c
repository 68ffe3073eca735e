// The network of FID and KID, with weights by formula, against NumPy (tests/reference/metrics.py);
// what is measured with it, over files. Networks of distances: test_distances.c.
#include "metric_files.h"
#include "metrics/features.h"
#include "metrics/statistics.h"
#include "reference/metrics_expected.h"

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

static void count_unneeded(void *context, const char *line) {
    if (!strcmp(line, "both are files: --network net.safetensors is not needed")) ++*(int *)context;
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
    int said = 0;
    const struct limn_measuring_hooks hooks = {.context = &said, .say = count_unneeded};
    assert_int_equal(MEASURE_WITH(&hooks, &m, "kid", "a.npz", "b.npz", NETWORK), LIMN_OK);
    assert_int_equal(said, 1);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resize_rows),        cmocka_unit_test(prepared_values),
        cmocka_unit_test(inception_of_torch), cmocka_unit_test(inception_of_tensorflow),
        cmocka_unit_test(published_network),  IN_FOLDER(another_network),
        IN_FOLDER(sets_of_folders),           IN_FOLDER(fid_of_files),
        IN_FOLDER(features_of_files),
    };
    find_shared();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
