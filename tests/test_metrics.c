// The metrics against the vectors of independent implementations, on pictures and numbers made by
// formula. Their networks: test_metric_networks.c; how the program says it: cli.sh.
#include "formats/load.h"
#include "metric_samples.h"
#include "metrics/kid.h"
#include "metrics/planes.h"
#include "metrics/statistics.h"

enum { H = 32, W = 48 };

// ---- psnr, ssim ----

// What metrics on pixels take: SSIM has its window behind what all have.
typedef struct pixel_options {
    limn_planes_options planes;
    int window;
} pixel_options;

static void expect_in(int window, const char *name, int smooth, limn_channels channels, int shave,
                      double wanted) {
    pixel_options options = {{.channels = (int)channels, .shave = shave}, window};
    limn_measuring it = {.metric = find(name), .options = &options};
    assert_true(it.metric->options_size <= sizeof options);
    limn_picture *a = make(smooth, 0, W, H), *b = make(smooth, 1, W, H);
    double value;
    assert_int_equal(it.metric->pair(&it, a, b, &value), LIMN_OK);
    expect_near(value, wanted, 1e-9);
    limn_picture_free(a);
    limn_picture_free(b);
}

static void expect(const char *name, int smooth, limn_channels channels, int shave, double wanted) {
    expect_in(0, name, smooth, channels, shave, wanted);
}

static void psnr_vectors(void **state) {
    (void)state;
    expect("psnr", 0, LIMN_CHANNELS_RGB, 0, 26.876308653);
    expect("psnr", 0, LIMN_CHANNELS_RGB, 4, 26.883825888);
    expect("psnr", 0, LIMN_CHANNELS_Y, 0, 34.439302623);
    expect("psnr", 0, LIMN_CHANNELS_Y, 4, 34.465233755);
    expect("psnr", 0, LIMN_CHANNELS_Y_ROUND, 4, 34.408013984);
    expect("psnr", 0, LIMN_CHANNELS_RGB, 10, 26.909652964);
    expect("psnr", 1, LIMN_CHANNELS_RGB, 0, 29.230896751);
    expect("psnr", 1, LIMN_CHANNELS_Y, 4, 33.432732532);
}

static void ssim_vectors(void **state) {
    (void)state;
    expect("ssim", 0, LIMN_CHANNELS_RGB, 0, 0.987501628);
    expect("ssim", 0, LIMN_CHANNELS_Y, 0, 0.988047883);
    expect("ssim", 0, LIMN_CHANNELS_Y, 4, 0.988202966);
    expect("ssim", 0, LIMN_CHANNELS_Y_ROUND, 4, 0.988083220);
    expect("ssim", 1, LIMN_CHANNELS_RGB, 0, 0.721539609);
    expect("ssim", 1, LIMN_CHANNELS_Y, 4, 0.839763882);
}

// As scikit-image measures where nothing is asked for.
static void ssim_in_uniform_windows(void **state) {
    (void)state;
    measured m;
    expect_in(1, "ssim", 0, LIMN_CHANNELS_RGB, 0, 0.987555985);
    expect_in(1, "ssim", 1, LIMN_CHANNELS_RGB, 0, 0.796072139);
    write_picture(0, 0, 9, 7, "a.png");
    write_picture(0, 1, 9, 7, "b.png");
    assert_int_equal(MEASURE(&m, "ssim", "a.png", "b.png", "--window=uniform"), LIMN_OK);
    assert_string_equal(fact(&m, "window")->text, "uniform 7x7");
    assert_int_equal(MEASURE(&m, "ssim", "a.png", "b.png", "--window=gaussian"), LIMN_INPUT);
}

static void pairs_of_folders(void **state) {
    (void)state;
    measured m;
    mkdir("a", 0777), mkdir("b", 0777), mkdir("b/deep", 0777), mkdir("a/deep", 0777);
    write_picture(0, 0, W, H, "a/1.png");
    write_picture(1, 0, W, H, "a/deep/1.png"); // each has the partner in its own place
    write_picture(0, 1, W, H, "b/1.tif");
    write_picture(1, 1, W, H, "b/deep/1.png");
    assert_int_equal(MEASURE(&m, "psnr", "a", "b", "--shave", "4"), LIMN_OK);
    expect_near(m.it.value, (26.883825888 + 29.225739572) / 2, 1e-9);
    assert_string_equal(m.it.title, "PSNR");
    assert_true(fact(&m, "pairs")->number == 2);
    assert_string_equal(fact(&m, "size")->text, "48x32");
    write_picture(0, 0, W, H, "b/1.tif"); // no difference
    assert_int_equal(MEASURE(&m, "psnr", "a", "b", "--shave=4"), LIMN_OK);
    expect_near(m.it.value, 29.225739572, 1e-9);
    assert_true(fact(&m, "equal-pairs")->number == 1);
    assert_int_equal(MEASURE(&m, "psnr", "a/1.png", "b/1.tif", "--shave=4"), LIMN_OK);
    assert_true(isinf(m.it.value));
    assert_int_equal(MEASURE(&m, "ssim", "a/1.png", "b/1.tif", "--shave=0"), LIMN_OK);
    assert_true(m.it.value == 1);
    assert_true(fact(&m, "equal-pairs")->number == 1);
}

static void keep_message(void *context) {
    limn_text_print(context, "%s\n", limn_message());
}

// What cannot be measured is told of, and the others are measured.
static void pairs_that_fail(void **state) {
    (void)state;
    measured m;
    limn_text told = {0};
    const struct limn_measuring_hooks hooks = {.context = &told, .failed = keep_message};
    mkdir("a", 0777), mkdir("b", 0777);
    write_picture(0, 0, W, H, "a/1.png");
    write_picture(0, 1, W, H, "b/1.png");
    write_picture(0, 0, W, H, "a/2.png");
    write_picture(0, 0, W, H, "a/3.png");
    write_picture(0, 0, W, H + 1, "b/3.png");
    write_picture(0, 0, 9, 9, "a/4.png");
    write_picture(0, 0, 9, 9, "b/4.png");
    assert_int_equal(MEASURE_WITH(&hooks, &m, "ssim", "a", "b", "--shave=0"), LIMN_PARTIAL);
    assert_string_equal(
        limn_message(),
        "3 of 4 pictures could not be measured (named above); the mean is that of the others.");
    expect_near(m.it.value, 0.987501628, 1e-9);
    assert_true(fact(&m, "pairs")->number == 1);
    assert_true(fact(&m, "failed")->number == 3);
    assert_string_equal(fact(&m, "size")->text, "48x32");
    assert_string_equal(
        told.data, "a/2.png has no partner of the same name in the other folder\n"
                   "a/3.png has 48x32 pixels and b/3.png 48x33: only equal sizes can be compared\n"
                   "a/4.png and b/4.png: ssim of 9x9 pixels: at least 11x11 are needed\n");
    limn_text_free(&told);
    remove("a/1.png");
    assert_int_equal(MEASURE(&m, "ssim", "a", "b", "--shave=0"), LIMN_INPUT);
    assert_string_equal(limn_message(), "3 of 3 pictures could not be measured (named above).");
}

static void too_small(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int shave;
        const char *message;
    } cases[] = {
        {"ssim", 11, "ssim of 48x32 pixels without their border: at least 33x33 are needed"},
        {"psnr", 20, "psnr of 48x32 pixels without their border: at least 41x41 are needed"},
        {"ssim", 0, NULL}};
    limn_picture *a = make(0, 0, W, H), *b = make(0, 1, W, H);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pixel_options options = {.planes = {.shave = cases[i].shave}};
        limn_measuring it = {.metric = find(cases[i].name), .options = &options};
        double value;
        limn_status wanted = cases[i].message ? LIMN_INPUT : LIMN_OK;
        assert_int_equal(limn_measure_pictures(&it, a, b, &value), wanted);
        if (cases[i].message) assert_string_equal(limn_message(), cases[i].message);
    }
    limn_picture_free(a);
    limn_picture_free(b);
}

static double as_they_look(const char *name, limn_picture *a, limn_picture *b) {
    pixel_options options = {.planes = {.shave = 0}};
    limn_measuring it = {.metric = find(name), .options = &options};
    double value = NAN;
    assert_int_equal(limn_measure_pictures(&it, a, b, &value), LIMN_OK);
    return value;
}

// Hidden colours do not count, and what is clear differs from what is solid, even where it lies on
// a ground of its own colour.
static void alpha_counts(void **state) {
    (void)state;
    enum { SIDE = 16, PLANE = SIDE * SIDE };
    static const float whites[] = {255, 0, 130};
    for (int k = 0; k < 3; k++) {
        limn_picture *solid, *clear, *other;
        assert_int_equal(limn_picture_new(SIDE, SIDE, LIMN_RGB, &solid), LIMN_OK);
        assert_int_equal(limn_picture_new(SIDE, SIDE, LIMN_RGB_ALPHA, &clear), LIMN_OK);
        assert_int_equal(limn_picture_new(SIDE, SIDE, LIMN_RGB_ALPHA, &other), LIMN_OK);
        for (int i = 0; i < 3 * PLANE; i++) {
            solid->rgb[i] = clear->rgb[i] = whites[k];
            other->rgb[i] = 77;
        }
        for (int i = 0; i < PLANE; i++) clear->alpha[i] = other->alpha[i] = 0;
        assert_true(as_they_look("psnr", solid, clear) < 10);
        assert_true(isinf(as_they_look("psnr", other, clear)));
        assert_true(isinf(as_they_look("psnr", solid, solid)));
        assert_true(as_they_look("ssim", clear, solid) < 0.1);
        limn_picture_free(solid);
        limn_picture_free(clear);
        limn_picture_free(other);
    }
}

// ---- kid ----

static void kid_vector(void **state) {
    (void)state;
    const float x[] = {1, 0, 0, 1, 1, 1}, y[] = {0, 0, 1, 2, 2, 1};
    double value, deviation, back;
    limn_kid_options how = {.subset_size = 3, .subsets = 4, .threads = 2};
    assert_int_equal(limn_kid(&(limn_kid_sets){{3, 3}, 2, {x, y}}, how, &value, &deviation),
                     LIMN_OK);
    expect_near(value, -0.416666667, 1e-9);
    expect_near(deviation, 0, 1e-12);
    assert_int_equal(limn_kid(&(limn_kid_sets){{3, 3}, 2, {y, x}}, how, &back, &deviation),
                     LIMN_OK);
    expect_near(back, value, 1e-12);
}

static double kernel(const float *x, const float *y, int size) {
    double dot = 0;
    for (int i = 0; i < size; i++) dot += (double)x[i] * (double)y[i];
    return pow(dot / size + 1, 3);
}

// Of all pictures of both sets.
static double kid_plain(const float *x, int m, const float *y, int n, int size) {
    double own = 0, other = 0, between = 0;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++) own += i == j ? 0 : kernel(x + i * size, x + j * size, size);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) other += i == j ? 0 : kernel(y + i * size, y + j * size, size);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) between += kernel(x + i * size, y + j * size, size);
    return own / m / (m - 1) + other / n / (n - 1) - 2 * between / m / n;
}

// Subsets are unbiased: their mean nears that of the whole; the seed decides. Kernels that are too
// many to be kept are computed again for each subset: `more` rows that nobody draws see to it.
static void kid_of_subsets(void **state) {
    (void)state;
    enum { M = 40, N = 60, SIZE = 12 };
    float x[M * SIZE], y[N * SIZE];
    double value, again, other, deviation;
    for (uint32_t i = 0; i < M * SIZE; i++) x[i] = (float)noise("x", i);
    for (uint32_t i = 0; i < N * SIZE; i++) y[i] = (float)noise("y", i) + 0.3f;
    limn_kid_sets sets = {{M, N}, SIZE, {x, y}};
    limn_kid_options how = {.subset_size = 25, .subsets = 400, .seed = 3, .threads = 2};
    assert_int_equal(limn_kid(&sets, how, &value, &deviation), LIMN_OK);
    expect_near(value, kid_plain(x, M, y, N, SIZE), 4 * deviation / 20);
    assert_true(deviation > 1e-4);
    how.threads = 1;
    assert_int_equal(limn_kid(&sets, how, &again, &deviation), LIMN_OK);
    assert_true(again == value);
    how.seed = 4;
    assert_int_equal(limn_kid(&sets, how, &other, &deviation), LIMN_OK);
    assert_true(other != value);
    how = (limn_kid_options){.subset_size = M, .subsets = 1, .threads = 2, .memory_limit = 1000};
    assert_int_equal(limn_kid(&sets, how, &value, &deviation), LIMN_MEMORY);
}

static void kid_of_many(void **state) {
    (void)state;
    enum { M = 6100, SIZE = 3 };
    float *x = malloc(M * SIZE * sizeof *x);
    double value, deviation;
    for (uint32_t i = 0; i < M * SIZE; i++) x[i] = (float)noise("x", i);
    // 200 of the same numbers in both sets: whatever is drawn, the mean is near 0
    limn_kid_sets sets = {{M, M}, SIZE, {x, x}};
    limn_kid_options how = {.subset_size = 200, .subsets = 20, .threads = 2};
    assert_int_equal(limn_kid(&sets, how, &value, &deviation), LIMN_OK);
    expect_near(value, 0, 4 * deviation / sqrt(20));
    free(x);
}

// ---- fid ----

static double fid_of(const float *x, int m, const float *y, int n, int size) {
    limn_statistics a, b;
    double value;
    assert_int_equal(limn_statistics_of(x, m, size, 2, &a), LIMN_OK);
    assert_int_equal(limn_statistics_of(y, n, size, 1, &b), LIMN_OK);
    assert_int_equal(limn_frechet(&a, &b, 2, &value), LIMN_OK);
    limn_statistics_free(&a);
    limn_statistics_free(&b);
    return value;
}

static void fid_vectors(void **state) {
    (void)state;
    const float x[] = {0, 0, 2, 0, 0, 2, 4, 6}, y[] = {1, 1, 3, 2, 2, 5, 6, 4};
    expect_near(fid_of(x, 4, y, 4, 2), 4.672071699, 1e-8);
    expect_near(fid_of(y, 4, x, 4, 2), 4.672071699, 1e-8);
    limn_statistics a = {2, (double[]){1, 0}, (double[]){4, 0, 0, 1}};
    limn_statistics b = {2, (double[]){2, 0}, (double[]){9, 0, 0, 16}};
    double value;
    assert_int_equal(limn_frechet(&a, &b, 1, &value), LIMN_OK);
    expect_near(value, 11, 1e-12);
}

// Three pictures of one colour each, 0, 127 and 255, with their mean colour for features.
static void statistics_of_colours(void **state) {
    (void)state;
    enum { SIZE = 70 }; // more than are added up at once
    float rows[3 * SIZE];
    limn_statistics it;
    for (int i = 0; i < 3 * SIZE; i++) rows[i] = (float[]){0, 127 / 255.f, 1}[i / SIZE];
    assert_int_equal(limn_statistics_of(rows, 3, SIZE, 2, &it), LIMN_OK);
    for (int i = 0; i < SIZE; i++) expect_near(it.mean[i], (127.0 / 255 + 1) / 3, 1e-7);
    for (int i = 0; i < SIZE * SIZE; i++) expect_near(it.covariance[i], 0.2500, 1e-4);
    limn_statistics_free(&it);
}

// The sum of singular values by turning pairs of rows until all stand at right angles (Jacobi).
static double singular_plain(double *m, int rows, int columns) {
    for (int sweep = 0; sweep < 60; sweep++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < i; j++) {
                double *p = m + i * columns, *q = m + j * columns, pp = 0, qq = 0, pq = 0;
                for (int k = 0; k < columns; k++)
                    pp += p[k] * p[k], qq += q[k] * q[k], pq += p[k] * q[k];
                if (pq == 0) continue;
                double z = (qq - pp) / (2 * pq), t = copysign(1, z) / (fabs(z) + sqrt(1 + z * z));
                double c = 1 / sqrt(1 + t * t), s = c * t;
                for (int k = 0; k < columns; k++) {
                    double x = p[k], y = q[k];
                    p[k] = c * x - s * y, q[k] = s * x + c * y;
                }
            }
    double sum = 0;
    for (int i = 0; i < rows; i++) {
        double square = 0;
        for (int k = 0; k < columns; k++) square += m[i * columns + k] * m[i * columns + k];
        sum += sqrt(square);
    }
    return sum;
}

static void centre(const float *rows, int count, int size, double *out, double *trace,
                   double *mean) {
    *trace = 0;
    for (int j = 0; j < size; j++) {
        mean[j] = 0;
        for (int i = 0; i < count; i++) mean[j] += (double)rows[i * size + j] / count;
        for (int i = 0; i < count; i++) {
            double value = (double)rows[i * size + j] - mean[j];
            out[i * size + j] = value / sqrt(count - 1);
            *trace += value * value / (count - 1);
        }
    }
}

// |m1 - m2|^2 + tr C1 + tr C2 - 2 (singular values of the centred rows' product).
static double fid_plain(const float *x, int m, const float *y, int n, int size) {
    double *a = calloc((size_t)(m * size), 8), *b = calloc((size_t)(n * size), 8), traces[2];
    double *means = calloc((size_t)(2 * size), 8), *product = calloc((size_t)(m * n), 8);
    centre(x, m, size, a, &traces[0], means);
    centre(y, n, size, b, &traces[1], means + size);
    double value = traces[0] + traces[1];
    for (int j = 0; j < size; j++) value += pow(means[j] - means[size + j], 2);
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++)
            for (int j = 0; j < size; j++) product[i * n + k] += a[i * size + j] * b[k * size + j];
    value -= 2 * singular_plain(product, m, n);
    free(a), free(b), free(means), free(product);
    return value;
}

static void fid_both_ways(void **state) {
    (void)state;
    static const int shapes[][3] = {
        {10, 14, 40}, {60, 50, 20}, {30, 9, 24}, {2, 2, 5}, {50, 50, 37}};
    float x[2000], y[2000];
    for (uint32_t i = 0; i < 2000; i++) {
        // numbers of very different sizes, of which some always go together
        x[i] = (float)(noise("x", i) * pow(10, -(double)(i % 7)) + noise("x", i / 5));
        y[i] = (float)(noise("y", i) * pow(10, -(double)(i % 5)) + 0.2);
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int *s = shapes[i];
        double value = fid_of(x, s[0], y, s[1], s[2]);
        expect_near(value, fid_plain(x, s[0], y, s[1], s[2]), 1e-10 * value);
        expect_near(fid_of(y, s[1], x, s[0], s[2]), value, 1e-10 * value);
        expect_near(fid_of(x, s[0], x, s[0], s[2]), 0, 1e-9);
    }
}

// Features that never change, all of them or some.
static void fid_of_flat_features(void **state) {
    (void)state;
    const float x[] = {1, 5, 1, 7, 1, 9}, y[] = {2, 5, 2, 5, 2, 5};
    expect_near(fid_of(x, 3, y, 3, 2), 1 + 4 + 4, 1e-12);
    expect_near(fid_of(y, 3, y, 3, 2), 0, 1e-12);
}

static void statistics_files(void **state) {
    (void)state;
    enum { SIZE = 5 };
    float rows[8 * SIZE];
    limn_statistics it, back;
    limn_tensors set = {0};
    for (uint32_t i = 0; i < 8 * SIZE; i++) rows[i] = (float)noise("x", i);
    assert_int_equal(limn_statistics_of(rows, 8, SIZE, 1, &it), LIMN_OK);
    assert_int_equal(limn_statistics_write(&it, "s.npz", false), LIMN_OK);
    assert_int_equal(limn_statistics_write(&it, "s.npz", false), LIMN_USAGE);
    assert_int_equal(limn_statistics_write(&it, "s.npz", true), LIMN_OK);
    if (limn_tensors_load("s.npz", &set)) fail_msg("%s", limn_message());
    assert_int_equal(limn_statistics_from(&set, &back), LIMN_OK);
    assert_int_equal(back.size, SIZE);
    assert_memory_equal(back.mean, it.mean, SIZE * sizeof(double));
    assert_memory_equal(back.covariance, it.covariance, SIZE * SIZE * sizeof(double));
    limn_tensors_free(&set);
    limn_statistics_free(&back);
    limn_statistics_free(&it);
}

static void wrong_statistics(void **state) {
    (void)state;
    float values[16] = {0};
    static const struct {
        int rank;
        size_t a, b;
    } sigmas[] = {{1, 4, 0}, {2, 4, 3}, {2, 3, 3}};
    limn_statistics it;
    limn_tensors set = {0};
    add(&set, "mu", values, 1, 4, 0);
    assert_int_equal(limn_statistics_from(&set, &it), LIMN_INPUT);
    expect_message("there are no arrays mu and sigma");
    limn_tensors_free(&set);
    for (size_t i = 0; i < 3; i++) {
        add(&set, "mu", values, 1, 4, 0);
        add(&set, "sigma", values, sigmas[i].rank, sigmas[i].a, sigmas[i].b);
        assert_int_equal(limn_statistics_from(&set, &it), LIMN_INPUT);
        expect_message("where [n] and [n, n] are expected");
        limn_tensors_free(&set);
    }
    add(&set, "mu", values, 1, 4, 0);
    add(&set, "sigma", values, 2, 4, 4);
    assert_int_equal(limn_statistics_from(&set, &it), LIMN_OK); // nothing varies
    limn_statistics_free(&it);
    values[15] = NAN;
    assert_int_equal(limn_statistics_from(&set, &it), LIMN_INPUT);
    expect_message("numbers that are none");
    // A variance below zero; not the same across the diagonal; more together than each alone.
    static const float wrong[][3] = {{-1, 0, 0}, {1, 0.5F, 0.4F}, {1, 2, 2}};
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 16; k++) values[k] = k % 5 == 0;
        values[0] = wrong[i][0], values[1] = wrong[i][1], values[4] = wrong[i][2];
        assert_int_equal(limn_statistics_from(&set, &it), LIMN_INPUT);
        expect_message("sigma is no covariance");
    }
    limn_tensors_free(&set);
}

// Each two of three features fit each other, all three do not.
static void indefinite_covariance(void **state) {
    (void)state;
    double apart[9] = {1, -0.9, -0.9, -0.9, 1, -0.9, -0.9, -0.9, 1}, mean[3] = {0}, value;
    double alike[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const limn_statistics a = {3, mean, apart}, b = {3, mean, alike};
    assert_int_equal(limn_frechet(&b, &b, 1, &value), LIMN_OK);
    expect_near(value, 0, 1e-12);
    assert_int_equal(limn_frechet(&a, &a, 1, &value), LIMN_INPUT);
    expect_message("below zero");
}

// ../shared/spec/spatial-profile.md, S3; the facts are means over pairs, of equal ones the reach.
static void profile_vectors(void **state) {
    (void)state;
    measured m;
    assert_int_equal(mkdir("a", 0755) | mkdir("b", 0755), 0);
    write_picture(0, 1, 48, 32, "a/1.png");
    write_picture(0, 0, 48, 32, "b/1.png");
    assert_int_equal(MEASURE(&m, "profile", "a/1.png", "b/1.png"), LIMN_OK);
    expect_near(fact(&m, "gp")->number, -11.664509730, 2e-9);
    expect_near(fact(&m, "cp-rgb")->number, -5.981538966, 2e-9);
    expect_near(fact(&m, "cp-yuv")->number, -5.951625708, 2e-9);
    expect_near(fact(&m, "cp-grad")->number, -11.736053749, 2e-9);
    expect_near(fact(&m, "sum")->number, -35.333728153, 8e-9);
    expect_near(fact(&m, "reach")->number, 36, 1e-9);
    expect_near(m.it.value, 36 - 35.333728153, 8e-9);
    write_picture(1, 0, 48, 32, "a/2.png");
    write_picture(1, 0, 48, 32, "b/2.png");
    assert_int_equal(MEASURE(&m, "profile", "a", "b", "--form", "formula"), LIMN_OK);
    expect_near(fact(&m, "cp-grad")->number, (-11.736053749 - 10.628417410) / 2, 2e-9);
    expect_near(fact(&m, "equal-pairs")->number, 1, 0);
    assert_int_equal(MEASURE(&m, "profile", "a/1.png", "b/1.png", "--form", "tensorflow"), LIMN_OK);
    expect_near(fact(&m, "gp")->number, -14.397203244, 2e-9);
}

static void write_grey(float value, const char *path) {
    limn_picture *picture;
    assert_int_equal(limn_picture_new(8, 8, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 3 * 64; i++) picture->rgb[i] = value;
    assert_int_equal(limn_picture_write(picture, path, NULL), LIMN_OK);
    limn_picture_free(picture);
}

// Cosines do not see how bright a picture is, and a black one has none.
static void profiles_without_brightness(void **state) {
    (void)state;
    measured m;
    write_grey(0, "black.png");
    write_grey(50, "grey.png");
    write_grey(100, "light.png");
    assert_int_equal(MEASURE(&m, "profile", "grey.png", "light.png"), LIMN_OK);
    expect_near(m.it.value, 0, 1e-9);
    expect_near(fact(&m, "equal-pairs")->number, 0, 0);
    assert_int_equal(MEASURE(&m, "profile", "grey.png", "grey.png"), LIMN_OK);
    expect_near(fact(&m, "equal-pairs")->number, 1, 0);
    assert_int_equal(MEASURE(&m, "profile", "black.png", "black.png"), LIMN_OK);
    assert_int_equal(MEASURE(&m, "profile", "grey.png", "black.png"), LIMN_INPUT);
    expect_message("a black picture has no profile");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psnr_vectors),
        cmocka_unit_test(ssim_vectors),
        IN_FOLDER(ssim_in_uniform_windows),
        IN_FOLDER(pairs_of_folders),
        IN_FOLDER(profile_vectors),
        IN_FOLDER(profiles_without_brightness),
        IN_FOLDER(pairs_that_fail),
        cmocka_unit_test(too_small),
        cmocka_unit_test(alpha_counts),
        cmocka_unit_test(kid_vector),
        cmocka_unit_test(kid_of_subsets),
        cmocka_unit_test(kid_of_many),
        cmocka_unit_test(fid_vectors),
        cmocka_unit_test(statistics_of_colours),
        cmocka_unit_test(fid_both_ways),
        cmocka_unit_test(fid_of_flat_features),
        IN_FOLDER(statistics_files),
        cmocka_unit_test(wrong_statistics),
        cmocka_unit_test(indefinite_covariance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
