// The metrics against the vectors of independent implementations, on pictures and numbers made by
// formula; networks with weights by formula against NumPy (tests/reference/metrics.py). How the
// program says it: cli.sh.
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/random.h"
#include "formats/load.h"
#include "formats/safetensors.h"
#include "metrics/backbones.h"
#include "metrics/distance.h"
#include "metrics/diversity.h"
#include "metrics/features.h"
#include "metrics/kid.h"
#include "metrics/planes.h"
#include "metrics/statistics.h"
#include "own_folder.h"
#include "reference/metrics_expected.h"

enum { H = 32, W = 48 };

// Absolute, since tests change their folder; empty: it is not there.
static char vgg_path[PATH_MAX], shared_path[PATH_MAX];

// ---- pictures and numbers ----

static float clamp(int value) {
    return (float)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static int hash_at(int y, int x, int c) {
    return (37 * y + 59 * x + 101 * c + 7 * x * y) % 256;
}

static int smooth_at(int y, int x, int c) {
    int t = (3 * x + 5 * y + 40 * c) % 510;
    return t < 510 - t ? t : 510 - t;
}

static float value_at(int smooth, int changed, int y, int x, int c) {
    int s = smooth_at(y, x, c), h = hash_at(y, x, c);
    if (smooth) return clamp(changed ? s + (11 * x + 17 * y + 5 * c) % 31 - 15 : s);
    return clamp(changed ? h + (13 * y + 29 * x + 17 * c) % 41 - 20 : h);
}

static limn_picture *make(int smooth, int changed, int width, int height) {
    limn_picture *picture;
    assert_int_equal(limn_picture_new(width, height, LIMN_RGB, &picture), LIMN_OK);
    float *to = picture->rgb;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) *to++ = value_at(smooth, changed, y, x, c);
    return picture;
}

static void write_picture(int smooth, int changed, int width, int height, const char *path) {
    limn_picture *picture = make(smooth, changed, width, height);
    limn_write_options how = {.existing = LIMN_REPLACE_EXISTING};
    if (limn_picture_write(picture, path, how)) fail_msg("%s", limn_message());
    limn_picture_free(picture);
}

// As the script has it.
static double noise(const char *name, uint32_t i) {
    uint32_t h = i * 2654435761u + limn_purpose(name);
    h = (h ^ h >> 15) * 2246822519u;
    h = (h ^ h >> 13) * 3266489917u;
    return (h ^ h >> 16) / 2147483648.0 - 1;
}

static void fill_store(limn_store *store) {
    assert_int_equal(limn_store_ready(store, 0, false), LIMN_OK);
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        double base = 0, amplitude = 0.1;
        if (it->shape.rank == 4)
            amplitude = sqrt(6.0 * (double)it->shape.dim[0] / (double)it->count);
        else if (limn_text_ends(it->name, "bn.weight"))
            base = 1, amplitude = 0.2;
        else if (limn_text_ends(it->name, "bn.running_var"))
            base = 1, amplitude = 0.5;
        for (size_t k = 0; k < it->count; k++)
            store->values[it->offset + k] =
                (float)(base + amplitude * noise(it->name, (uint32_t)k));
    }
}

static void expect_near(double value, double wanted, double within) {
    if (!(fabs(value - wanted) <= within)) fail_msg("%.15g, not %.15g", value, wanted);
}

static void expect_message(const char *part) {
    if (!strstr(limn_message(), part))
        fail_msg("\"%s\" says nothing of \"%s\"", limn_message(), part);
}

// ---- psnr, ssim ----

static const limn_metric *find(const char *name) {
    for (int i = 0; limn_metrics[i]; i++)
        if (!strcmp(limn_metrics[i]->name, name)) return limn_metrics[i];
    fail_msg("no metric is named %s", name);
    return NULL;
}

static void expect(const char *name, int smooth, limn_channels channels, int shave, double wanted) {
    limn_planes_options options = {.channels = (int)channels, .shave = shave};
    limn_measuring it = {.metric = find(name), .options = &options};
    limn_picture *a = make(smooth, 0, W, H), *b = make(smooth, 1, W, H);
    double value;
    assert_int_equal(it.metric->pair(&it, a, b, &value), LIMN_OK);
    expect_near(value, wanted, 1e-9);
    limn_picture_free(a);
    limn_picture_free(b);
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

// A measurement over files, with the metric's default options changed by words.
typedef struct measured {
    limn_measuring it;
    limn_parsed parsed;
    max_align_t options[64];
} measured;

static limn_status measure(measured *m, const char *name, const char *a, const char *b, int count,
                           char *const *words) {
    *m = (measured){.it = {.metric = find(name), .options = m->options, .paths = {a, b}}};
    m->it.plan.threads = 2;
    assert_true(m->it.metric->options_size <= sizeof m->options);
    limn_status status =
        limn_options_parse(m->it.metric->groups, count, words, m->options, &m->parsed);
    if (status == LIMN_OK) status = limn_measure(&m->it);
    limn_parsed_free(&m->parsed);
    return status;
}
#define MEASURE(m, name, a, b, ...)                                                                \
    measure(m, name, a, b, (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)),                \
            (char *[]){__VA_ARGS__})

static const limn_fact *fact(const measured *m, const char *name) {
    for (int i = 0; i < m->it.fact_count; i++)
        if (!strcmp(m->it.facts[i].name, name)) return &m->it.facts[i];
    fail_msg("nothing is said of %s", name);
    return NULL;
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
    write_picture(0, 0, W, H, "a/2.png");
    assert_int_equal(MEASURE(&m, "ssim", "a", "b", "--shave=4"), LIMN_INPUT);
    expect_message("a/2.png has no partner of the same name");
    write_picture(0, 0, W, H + 1, "b/2.png");
    assert_int_equal(MEASURE(&m, "ssim", "a", "b", "--shave=4"), LIMN_INPUT);
    expect_message("a/2.png has 48x32 pixels and b/2.png 48x33: only equal sizes");
    assert_int_equal(MEASURE(&m, "ssim", "a/1.png", "b/1.tif", "--shave=11"), LIMN_INPUT);
    assert_string_equal(limn_message(), "ssim of 26x10 pixels: at least 11x11 are needed");
    assert_int_equal(MEASURE(&m, "ssim", "a/1.png", "b/1.tif", "--shave=0"), LIMN_OK);
    assert_true(m.it.value == 1);
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

static void add(limn_tensors *set, const char *name, const float *values, int rank, size_t a,
                size_t b) {
    size_t shape[4] = {a, b, 1, 1};
    assert_int_equal(limn_tensors_add(set, name, LIMN_ELEMENT_F32, rank, shape, values), LIMN_OK);
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
    values[15] = NAN;
    assert_int_equal(limn_statistics_from(&set, &it), LIMN_INPUT);
    expect_message("numbers that are none");
    limn_tensors_free(&set);
}

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
    assert_int_equal(MEASURE(&m, "kid", "a", "b", "--network=a/0.png"), LIMN_MODEL);
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
    limn_distance distance = {.backbone = backbone(title), .how = {.threads = 2}};
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
        if (!*shared_path) {
            print_message("skipped: weights/lpips_lin_v0.1 is not there (set LIMN_SHARED)\n");
            skip();
        }
        snprintf(path, sizeof path, "%s/weights/lpips_lin_v0.1/%s.pth", shared_path, files[i][0]);
        limn_distance distance;
        limn_distance_options options = {.weights = path};
        limn_plan_options how = {.threads = 1};
        assert_int_equal(limn_distance_open(LIMN_DISTANCE_LPIPS, &options, how, &distance),
                         LIMN_USAGE);
        expect_message(files[i][2]);
        assert_string_equal(distance.title, files[i][1]);
    }
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
        cmocka_unit_test(psnr_vectors),
        cmocka_unit_test(ssim_vectors),
        IN_FOLDER(pairs_of_folders),
        cmocka_unit_test(kid_vector),
        cmocka_unit_test(kid_of_subsets),
        cmocka_unit_test(kid_of_many),
        cmocka_unit_test(fid_vectors),
        cmocka_unit_test(statistics_of_colours),
        cmocka_unit_test(fid_both_ways),
        cmocka_unit_test(fid_of_flat_features),
        IN_FOLDER(statistics_files),
        cmocka_unit_test(wrong_statistics),
        cmocka_unit_test(resize_rows),
        cmocka_unit_test(prepared_values),
        cmocka_unit_test(inception_of_torch),
        cmocka_unit_test(inception_of_tensorflow),
        IN_FOLDER(another_network),
        IN_FOLDER(sets_of_folders),
        IN_FOLDER(fid_of_files),
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
