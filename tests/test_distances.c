// Distances of pictures by networks, with weights by formula, against NumPy
// (tests/reference/metrics.py); what is measured with them, over files.
#include "metric_files.h"
#include "metrics/backbones.h"
#include "metrics/distance.h"
#include "metrics/diversity.h"
#include "reference/metrics_expected.h"

static char vgg_path[PATH_MAX]; // absolute, as shared_path is

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
        cmocka_unit_test(one_place),         cmocka_unit_test(lpips_of_alex),
        cmocka_unit_test(lpips_of_vgg),      cmocka_unit_test(lpips_of_squeeze),
        cmocka_unit_test(wrong_weights),     IN_FOLDER(lpips_of_files),
        cmocka_unit_test(published_weights), IN_FOLDER(perceptual_of_files),
        IN_FOLDER(diversity_of_files),       cmocka_unit_test(drawn_pairs),
    };
    if (!realpath("models/vgg19.safetensors", vgg_path)) return 1;
    find_shared();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
