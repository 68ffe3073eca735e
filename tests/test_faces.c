// Networks that find faces, boxes and landmarks (../shared/spec/faces.md, F2 to F4).
#include "base/file.h"
#include "face/finder.h"
#include "face/makeup.h"
#include "face/networks.h"
#include "face/weights.h"
#include "metric_samples.h"

#include <vips/vips.h>

#define SHARED "../shared/data/"

// Small networks: a second thread would mostly wait where others compute.
static const limn_plan_options one_thread = {.threads = 1};
static limn_face_finder *finder;

static int open_finder(void **state) {
    (void)state;
    if (limn_face_finder_open("models/faces.safetensors", one_thread, &finder))
        fail_msg("%s", limn_message());
    return 0;
}

static int close_finder(void **state) {
    (void)state;
    limn_face_finder_free(finder);
    return 0;
}

// ---- the networks ----

typedef enum pattern { CONSTANT, RAMP, HASH, PATTERNS } pattern;

static float pattern_at(pattern kind, int n, int y, int x, int c) {
    if (kind == CONSTANT) return 128;
    if (kind == HASH) return (float)hash_at(y, x, c);
    return (float)(c == 0   ? 255 * x / (n - 1)
                   : c == 1 ? 255 * y / (n - 1)
                            : 255 * (x + y) / (2 * (n - 1)));
}

static float *drawn(pattern kind, int n) {
    float *rgb = malloc(3 * (size_t)n * (size_t)n * sizeof *rgb), *to = rgb;
    assert_non_null(rgb);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++) *to++ = pattern_at(kind, n, y, x, c);
    return rgb;
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static void near(const char *what, double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%s: %.6f, not %.6f", what, found, expected);
}

typedef struct tolerances {
    double detector, sum, landmarks, landmark_sum;
} tolerances;
static const tolerances as_halves = {0.05, 15, 2e-3, 0.1}, as_published = {1e-3, 0.5, 1e-3, 0.01};

// The centre cell's anchors 0 and 4, and the sum of all.
static void check_detector(limn_face_finder *it, tolerances within) {
    static const struct {
        double anchor0[5], anchor4[5], sum;
    } expected[PATTERNS] = {
        [CONSTANT] = {{0.05614, -0.82091, 0.02113, -0.22479, -6.98959},
                      {0.68103, -0.37039, 0.05504, -0.18036, -3.45587},
                      -11041.779},
        [RAMP] = {{0.17708, -0.47218, -0.02131, -0.29673, -6.40644},
                  {0.41650, 0.10475, 0.00426, -0.14479, -5.46734},
                  -10546.176},
        [HASH] = {{0.24152, -0.15170, -0.35277, -0.58855, -4.57289},
                  {-0.13760, -0.10717, 0.09512, 0.33055, -24.11216},
                  -11985.166},
    };
    static const double corner[5] = {0.30732, 0.15387, 0.02895, -0.35421, -12.82203};
    enum { N = 416, CELLS = 13 };
    for (pattern kind = 0; kind < PATTERNS; kind++) {
        float *rgb = drawn(kind, N);
        const float *out;
        double sum = 0;
        assert_int_equal(limn_face_detect(it, N, rgb, &out), LIMN_OK);
        for (int k = 0; k < 5; k++) {
            const float *middle = out + 6 * CELLS + 6;
            near("anchor 0", middle[k * CELLS * CELLS], expected[kind].anchor0[k], within.detector);
            near("anchor 4", middle[(20 + k) * CELLS * CELLS], expected[kind].anchor4[k],
                 within.detector);
            if (kind == CONSTANT)
                near("corner", out[k * CELLS * CELLS], corner[k], within.detector);
        }
        near("score", sigmoid(out[24 * CELLS * CELLS + 6 * CELLS + 6]),
             sigmoid(expected[kind].anchor4[4]), 1e-3);
        for (int i = 0; i < 25 * CELLS * CELLS; i++) sum += out[i];
        near("sum", sum, expected[kind].sum, within.sum);
        free(rgb);
    }
}

static void check_landmarks(limn_face_finder *it, tolerances within) {
    static const int which[4] = {8, 30, 36, 45};
    static const struct {
        double points[4][2], sum;
    } expected[PATTERNS] = {
        [CONSTANT] =
            {{{0.81060, 0.29962}, {0.45589, 0.54228}, {0.47807, 0.67619}, {0.36866, 0.52188}},
             67.93966},
        [RAMP] = {{{0.78945, 0.47162}, {0.55815, 0.50799}, {0.46649, 0.51327}, {0.53504, 0.40835}},
                  72.46690},
        [HASH] = {{{0.54402, 0.66747}, {0.54009, 0.45893}, {0.43325, 0.38752}, {0.65644, 0.42123}},
                  68.92943},
    };
    for (pattern kind = 0; kind < PATTERNS; kind++) {
        float *rgb = drawn(kind, LIMN_LANDMARK_SIDE);
        const float *out;
        double sum = 0;
        assert_int_equal(limn_face_landmark(it, rgb, &out), LIMN_OK);
        for (int i = 0; i < 4; i++)
            for (int d = 0; d < 2; d++)
                near("landmark", out[2 * which[i] + d], expected[kind].points[i][d],
                     within.landmarks);
        for (int i = 0; i < 136; i++) sum += out[i];
        near("sum", sum, expected[kind].sum, within.landmark_sum);
        free(rgb);
    }
}

static void shipped(void **state) {
    (void)state;
    check_detector(finder, as_halves);
    check_landmarks(finder, as_halves);
}

static char root[PATH_MAX];
static int leave_to_root(void **state) {
    return leave_folder(state) || chdir(root);
}

#define WEIGHTS "../shared/weights/face/"
static char weights[PATH_MAX];

// A finder with the published weights as they are, which no half rounded.
static limn_face_finder *import(const char *landmarks) {
    char paths[2][PATH_MAX + 64];
    const char *const manifests[2] = {paths[0], paths[1]};
    limn_face_import it;
    limn_face_finder *made;
    snprintf(paths[0], sizeof paths[0], "%s/tiny_face_detector_model-weights_manifest.json",
             weights);
    snprintf(paths[1], sizeof paths[1], "%s/%s-weights_manifest.json", weights, landmarks);
    if (limn_face_import_read(manifests, 2, &it) ||
        limn_safetensors_write("faces.safetensors", &it.ours, LIMN_ELEMENT_F32, true) ||
        limn_face_finder_open("faces.safetensors", one_thread, &made))
        fail_msg("%s", limn_message());
    limn_face_import_free(&it);
    return made;
}

static void published(void **state) {
    (void)state;
    static const struct {
        pattern kind;
        double sum, points[4][2];
    } tiny[] = {{CONSTANT,
                 66.82323,
                 {{0.52380, 0.79825}, {0.43362, 0.47092}, {0.37856, 0.37911}, {0.61535, 0.37164}}},
                {RAMP, 77.06691, {{0}}}};
    static const int which[4] = {8, 30, 36, 45};
    if (access(weights, R_OK)) {
        print_message("skipped: " WEIGHTS " is not there\n");
        skip();
    }
    limn_face_finder *it = import("face_landmark_68_model");
    check_detector(it, as_published);
    check_landmarks(it, as_published);
    limn_face_finder_free(it);
    it = import("face_landmark_68_tiny_model");
    for (size_t i = 0; i < 2; i++) {
        float *rgb = drawn(tiny[i].kind, LIMN_LANDMARK_SIDE);
        const float *out;
        double sum = 0;
        assert_int_equal(limn_face_landmark(it, rgb, &out), LIMN_OK);
        for (int k = 0; k < 136; k++) sum += out[k];
        near("tiny sum", sum, tiny[i].sum, 0.01);
        for (int k = 0; k < 8 && tiny[i].points[0][0] > 0; k++)
            near("tiny point", out[2 * which[k / 2] + k % 2], tiny[i].points[k / 2][k % 2], 1e-3);
        free(rgb);
    }
    limn_face_finder_free(it);
}

// ---- pictures ----

static limn_picture *opened(const char *path) {
    limn_picture *picture;
    if (limn_picture_read(path, NULL, &picture)) fail_msg("%s", limn_message());
    limn_picture_on_white(picture);
    return picture;
}

static limn_faces found_in(const char *path) {
    limn_picture *picture = opened(path);
    limn_faces faces;
    if (limn_faces_find(finder, picture, &faces)) fail_msg("%s", limn_message());
    limn_picture_free(picture);
    return faces;
}

static void need_shared(void) {
    if (access(SHARED, R_OK) == 0) return;
    print_message("skipped: " SHARED " is not there\n");
    skip();
}

static void astronaut(void **state) {
    (void)state;
    static const struct {
        int index;
        double x, y;
    } points[] = {{8, 221.2, 176.8},  {30, 222.5, 127.3}, {36, 195.0, 99.1},
                  {45, 253.4, 102.7}, {48, 201.9, 140.3}, {54, 245.1, 141.8}};
    need_shared();
    limn_faces faces = found_in(SHARED "free_photos/astronaut.jpg");
    assert_int_equal(faces.count, 1);
    near("score", faces.items[0].score, 0.971, 0.03);
    near("x", faces.items[0].x, 163.9, 1.1);
    near("y", faces.items[0].y, 75.6, 1.1);
    near("width", faces.items[0].width, 114.3, 1.1);
    near("height", faces.items[0].height, 109.7, 1.1);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        limn_point at = faces.items[0].landmarks.point[points[i].index];
        near("point x", at.x, points[i].x, 1.1);
        near("point y", at.y, points[i].y, 1.1);
    }
    limn_faces_free(&faces);
}

static void counts(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int count;
        double score;
    } table[] = {
        {"free_photos/camera.jpg", 1, 0.696}, {"free_photos/chelsea.jpg", 0, 0},
        {"free_photos/coffee.jpg", 0, 0},     {"free_photos/hubble_deep_field.jpg", 0, 0},
        {"free_photos/rocket.jpg", 0, 0},     {"set5/img_001.png", 1, 0.509},
        {"set5/img_005.png", 1, 0.892},       {"set5/img_004.png", 1, 0},
    };
    need_shared();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char path[256];
        snprintf(path, sizeof path, SHARED "%s", table[i].path);
        if (access(path, R_OK)) {
            print_message("skipped: %s\n", path);
            continue;
        }
        limn_faces faces = found_in(path);
        if (faces.count != table[i].count)
            fail_msg("%s: %d faces, not %d", path, faces.count, table[i].count);
        if (table[i].score > 0) near(path, faces.items[0].score, table[i].score, 0.03);
        limn_faces_free(&faces);
    }
}

// Calls with every picture of a folder, by name, up to `most`; how many there were.
typedef void looked_at(const char *path);
typedef struct walk {
    looked_at *look;
    int done, most;
} walk;

static limn_status visit(void *context, const char *path, const char *relative) {
    walk *it = context;
    if (limn_format_of_name(relative) == LIMN_FORMAT_NONE || it->done == it->most) return LIMN_OK;
    it->done++;
    it->look(path);
    return LIMN_OK;
}

static int look_into(const char *folder, int most, looked_at *look) {
    walk it = {.look = look, .most = most};
    assert_int_equal(limn_folder_walk(folder, true, visit, &it), LIMN_OK);
    return it.done;
}

// The set is aligned, and the first try finds one face in each.
static double lowest_score = 1, highest_score;
static void is_aligned(const char *path) {
    limn_picture *picture = opened(path);
    limn_faces faces;
    assert_int_equal(limn_faces_try(finder, picture, 416, 1, &faces), LIMN_OK);
    if (faces.count != 1) fail_msg("%s: %d faces", path, faces.count);
    const limn_point *at = faces.items[0].landmarks.point;
    near("eye, x", at[36].x, 84, 8);
    near("eye, y", at[36].y, 104, 8);
    near("other eye, x", at[45].x, 235, 8);
    near("other eye, y", at[45].y, 106, 8);
    lowest_score = fmin(lowest_score, faces.items[0].score);
    highest_score = fmax(highest_score, faces.items[0].score);
    assert_null(limn_landmarks_fault(&faces.items[0].landmarks));
    limn_faces_free(&faces);
    limn_picture_free(picture);
}

static void aligned(void **state) {
    (void)state;
    need_shared();
    assert_int_equal(look_into(SHARED "makeup", 100, is_aligned), 14);
    near("lowest score", lowest_score, 0.513, 0.03);
    near("highest score", highest_score, 0.988, 0.03);
}

// ---- files of any sort (F7) ----

static char face_path[PATH_MAX];

static VipsImage *sixteen_bits(VipsImage *face) {
    VipsImage *out;
    assert_int_equal(vips_colourspace(face, &out, VIPS_INTERPRETATION_RGB16, NULL), 0);
    return out;
}

static VipsImage *grey(VipsImage *face) {
    VipsImage *out;
    assert_int_equal(vips_colourspace(face, &out, VIPS_INTERPRETATION_B_W, NULL), 0);
    return out;
}

static VipsImage *cmyk(VipsImage *face) {
    VipsImage *out;
    assert_int_equal(vips_icc_transform(face, &out, "cmyk", "input_profile", "srgb", NULL), 0);
    return out;
}

static VipsImage *transparent(VipsImage *face) {
    VipsImage *out;
    assert_int_equal(vips_bandjoin_const1(face, &out, 200, NULL), 0);
    return out;
}

// On its side, and said to be.
static VipsImage *turned(VipsImage *face) {
    VipsImage *lying, *out;
    assert_int_equal(vips_rot(face, &lying, VIPS_ANGLE_D270, NULL), 0);
    assert_int_equal(vips_copy(lying, &out, NULL), 0);
    vips_image_set_int(out, VIPS_META_ORIENTATION, 6);
    g_object_unref(lying);
    return out;
}

static void any_file(void **state) {
    (void)state;
    static const struct {
        VipsImage *(*of)(VipsImage *face);
        const char *name;
    } all[] = {{sixteen_bits, "face.png"},
               {grey, "face.png"},
               {cmyk, "face.jpg"},
               {transparent, "face.png"},
               {turned, "face.jpg"}};
    if (access(face_path, R_OK)) {
        print_message("skipped: " SHARED " is not there\n");
        skip();
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        VipsImage *face = vips_image_new_from_file(face_path, NULL);
        assert_non_null(face);
        VipsImage *other = all[i].of(face);
        if (vips_image_write_to_file(other, all[i].name, NULL)) fail_msg("%s", vips_error_buffer());
        g_object_unref(other);
        g_object_unref(face);
        is_aligned(all[i].name);
    }
}

// F4: of pictures that a face fills nearly all are found.
static int crops;
static void count_crop(const char *path) {
    limn_faces faces = found_in(path);
    crops += faces.count > 0;
    limn_faces_free(&faces);
}

static void tight_crops(void **state) {
    (void)state;
    need_shared();
    assert_int_equal(look_into(SHARED "faces/test/female", 100, count_crop), 100);
    print_message("%d of 100 tight crops\n", crops);
    assert_true(crops >= 95);
}

// Two faces are counted by their size, and a third is not there.
static void several(void **state) {
    (void)state;
    need_shared();
    limn_picture *one = opened(SHARED "makeup/no_makeup/xfsy_0226.png"), *two, *sheet;
    assert_int_equal(limn_picture_copy(one, &two), LIMN_OK);
    assert_int_equal(limn_picture_fit(two, 250), LIMN_OK);
    const limn_picture *both[] = {two, one};
    limn_faces faces;
    limn_landmarks landmarks;
    if (limn_picture_sheet(both, 2, LIMN_WITH(limn_sheet_options, .columns = 2), &sheet) ||
        limn_faces_find(finder, sheet, &faces))
        fail_msg("%s", limn_message());
    assert_int_equal(faces.count, 2);
    assert_true(faces.items[0].x > 250 && faces.items[1].x < 250);
    assert_int_equal(limn_faces_choose(&faces, 0, &landmarks), LIMN_OK);
    assert_true(landmarks.point[30].x > 250);
    assert_int_equal(limn_faces_choose(&faces, 2, &landmarks), LIMN_OK);
    assert_true(landmarks.point[30].x < 250);
    assert_int_equal(limn_faces_choose(&faces, 3, &landmarks), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "face 3 was asked for, and it has 2"));
    limn_faces_free(&faces);
    limn_picture_free(one), limn_picture_free(two), limn_picture_free(sheet);
}

int main(void) {
    if (!getcwd(root, sizeof root)) return 1;
    if (!realpath(WEIGHTS, weights)) strcpy(weights, "/nowhere");
    if (!realpath(SHARED "makeup/no_makeup/xfsy_0226.png", face_path))
        strcpy(face_path, "/nowhere");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped),
        cmocka_unit_test_setup_teardown(published, enter_folder, leave_to_root),
        cmocka_unit_test(astronaut),
        cmocka_unit_test(counts),
        cmocka_unit_test(aligned),
        cmocka_unit_test(tight_crops),
        cmocka_unit_test(several),
        cmocka_unit_test_setup_teardown(any_file, enter_folder, leave_to_root),
    };
    return cmocka_run_group_tests(tests, open_finder, close_finder);
}
