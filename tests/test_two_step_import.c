// Published weights of two-step translation: files as the published code saves them, against the
// networks computed plainly the way TensorFlow does, [h,w,c] and in double.
#include "kinds/two_step.h"
#include "model/runner.h"
#include "numpy_samples.h"
#include "reference/two_step_npz_expected.h"

#include <math.h>

enum { MOST_ARRAYS = 64, MOST_LAYERS = 3, SIDE = 32 };

// A network of small size with numbers of its own in every place.
typedef struct published {
    int layers, width, latent, embedding, domains;
    sample_array generator[MOST_ARRAYS], table, encoder[MOST_ARRAYS], discriminator[MOST_ARRAYS];
    int generator_count, encoder_count, discriminator_count;
    limn_arena arena;
    uint64_t drawn;
} published;

static void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

// ---- weights in the order of creation ----

static sample_array draw(published *it, float mean, float deviation, int rank, int a, int b, int c,
                         int d) {
    sample_array array = {"f4", 4, rank, {a, b, c, d}, NULL};
    size_t bytes = sample_bytes(&array);
    float *values = limn_arena_get(&it->arena, bytes);
    assert_non_null(values);
    limn_random stream = {.seed = 7, .purpose = limn_purpose("weights"), .step = it->drawn++};
    limn_random_normal(&stream, mean, deviation, values, bytes / sizeof *values);
    array.values = values;
    return array;
}

static void add_norm(published *it, sample_array *list, int *count, int channels) {
    static const float means[] = {0, 1, 0, 1};
    for (int i = 0; i < 4; i++) {
        sample_array *array = &list[(*count)++];
        *array = draw(it, means[i], 0.3F, 1, channels, 0, 0, 0);
        float *values = (float *)array->values;
        for (int k = 0; i == 3 && k < channels; k++) values[k] = 0.2F + fabsf(values[k]);
    }
}

static void add_trunk(published *it, sample_array *list, int *count) {
    int base = it->width / 2;
    list[(*count)++] = draw(it, 0, 0.2F, 4, 5, 5, 3, base);
    list[(*count)++] = draw(it, 0, 0.2F, 1, base, 0, 0, 0);
    for (int i = 1; i < it->layers; i++) {
        list[(*count)++] = draw(it, 0, 0.2F, 4, 5, 5, base << (i - 1), base << i);
        add_norm(it, list, count, base << i);
    }
}

static void add_dense(published *it, sample_array *list, int *count, int out) {
    int in = 16 * (it->width / 2 << (it->layers - 1));
    list[(*count)++] = draw(it, 0, 0.1F, 2, in, out, 0, 0);
    list[(*count)++] = draw(it, 0, 0.1F, 1, out, 0, 0, 0);
}

static void draw_all(published *it) {
    int channels = it->width << (it->layers - 1), *count = &it->generator_count;
    int code = it->latent + it->embedding;
    it->table = draw(it, 0, 0.5F, 2, it->domains, it->embedding, 0, 0);
    it->generator[(*count)++] = draw(it, 0, 0.2F, 2, code, 16 * channels, 0, 0);
    add_norm(it, it->generator, count, channels);
    for (int i = 1; i < it->layers; i++, channels /= 2) {
        it->generator[(*count)++] = draw(it, 0, 0.2F, 4, 5, 5, channels / 2, channels);
        add_norm(it, it->generator, count, channels / 2);
    }
    it->generator[(*count)++] = draw(it, 0, 0.2F, 4, 5, 5, 3, channels);
    it->generator[(*count)++] = draw(it, 0, 0.2F, 1, 3, 0, 0, 0);
    add_trunk(it, it->encoder, &it->encoder_count);
    add_dense(it, it->encoder, &it->encoder_count, it->latent);
    add_trunk(it, it->discriminator, &it->discriminator_count);
    add_dense(it, it->discriminator, &it->discriminator_count, 1);
}

// ---- the networks, as TensorFlow computes them ----

typedef struct map {
    int side, channels;
    double values[SIDE * SIDE * 64]; // [h][w][c]
} map;

static const float *next(const sample_array **at) {
    return (*at)++->values;
}

static void norm(map *x, const sample_array **at) {
    const float *beta = next(at), *gamma = next(at), *mean = next(at), *variance = next(at);
    for (int i = 0; i < x->side * x->side * x->channels; i++) {
        int c = i % x->channels;
        x->values[i] =
            (x->values[i] - (double)mean[c]) / sqrt((double)variance[c] + 1e-5) * (double)gamma[c] +
            (double)beta[c];
    }
}

static void rectify(map *x, double slope) {
    for (int i = 0; i < x->side * x->side * x->channels; i++)
        if (x->values[i] < 0) x->values[i] *= slope;
}

// Kernel [5,5,in,out], stride 2, one row and column of zeros before, two behind.
static void down(map *x, const sample_array **at) {
    int in = x->channels, out = (int)(*at)->shape[3], side = x->side / 2;
    const float *kernel = next(at);
    map *y = calloc(1, sizeof *y);
    assert_non_null(y);
    *y = (map){.side = side, .channels = out};
    for (int i = 0; i < side * side * 25 * in * out; i++) {
        int o = i % out, c = i / out % in, b = i / out / in % 5, a = i / out / in / 5 % 5;
        int column = i / out / in / 25 % side, row = i / out / in / 25 / side;
        int v = 2 * row + a - 1, u = 2 * column + b - 1;
        if (v < 0 || v >= x->side || u < 0 || u >= x->side) continue;
        y->values[(row * side + column) * out + o] +=
            x->values[(v * x->side + u) * in + c] *
            (double)kernel[((a * 5 + b) * in + c) * out + o];
    }
    *x = *y;
    free(y);
}

// Kernel [5,5,out,in]: every pixel is spread over 5 x 5; the first row and column and the last two
// are dropped.
static void up(map *x, const sample_array **at) {
    int in = x->channels, out = (int)(*at)->shape[2], side = 2 * x->side;
    const float *kernel = next(at);
    map *y = calloc(1, sizeof *y);
    assert_non_null(y);
    *y = (map){.side = side, .channels = out};
    for (int i = 0; i < x->side * x->side * 25 * in * out; i++) {
        int c = i % in, o = i / in % out, b = i / in / out % 5, a = i / in / out / 5 % 5;
        int column = i / in / out / 25 % x->side, row = i / in / out / 25 / x->side;
        int v = 2 * row + a - 1, u = 2 * column + b - 1;
        if (v < 0 || v >= side || u < 0 || u >= side) continue;
        y->values[(v * side + u) * out + o] += x->values[(row * x->side + column) * in + c] *
                                               (double)kernel[((a * 5 + b) * out + o) * in + c];
    }
    *x = *y;
    free(y);
}

static void add_bias(map *x, const sample_array **at) {
    const float *bias = next(at);
    for (int i = 0; i < x->side * x->side * x->channels; i++)
        x->values[i] += (double)bias[i % x->channels];
}

// [z, code] -> picture in -1..1
static void generate(const published *it, const float *z, const float *code, map *x) {
    const sample_array *at = it->generator;
    const float *dense = next(&at);
    *x = (map){.side = 4, .channels = it->width << (it->layers - 1)};
    int numbers = 16 * x->channels;
    for (int i = 0; i < it->latent + it->embedding; i++)
        for (int k = 0; k < numbers; k++)
            x->values[k] += (double)(i < it->latent ? z[i] : code[i - it->latent]) *
                            (double)dense[i * numbers + k];
    norm(x, &at);
    rectify(x, 0);
    for (int i = 1; i < it->layers; i++) {
        up(x, &at);
        norm(x, &at);
        rectify(x, 0);
    }
    up(x, &at);
    add_bias(x, &at);
    for (int i = 0; i < x->side * x->side * 3; i++) x->values[i] = tanh(x->values[i]);
}

static void encode(const published *it, map *x, double *z) {
    const sample_array *at = it->encoder;
    down(x, &at);
    add_bias(x, &at);
    rectify(x, 0.2);
    for (int i = 1; i < it->layers; i++) {
        down(x, &at);
        norm(x, &at);
        rectify(x, 0.2);
    }
    const float *dense = next(&at), *bias = next(&at);
    for (int i = 0; i < it->latent; i++) {
        z[i] = (double)bias[i];
        for (int k = 0; k < 16 * x->channels; k++)
            z[i] += x->values[k] * (double)dense[k * it->latent + i];
    }
}

// ---- files ----

static char *path_of(const char *name) {
    return sample_temporary(name);
}

static void write_npz(const char *name, const limn_text *npy) {
    limn_text file = {0};
    sample_npz(&file, "params.npy", npy, false);
    good(limn_file_write(path_of(name), file.data, file.size, true));
    limn_text_free(&file);
}

static void write_list(const char *name, const sample_array *list, int count,
                       sample_python python) {
    limn_text npy = {0};
    sample_object_npy(&npy, list, count, python, "<");
    write_npz(name, &npy);
    limn_text_free(&npy);
}

// A list of one array is saved as a plain array.
static void write_table(const char *name, const published *it) {
    limn_text npy = {0};
    sample_array list = {"f4", 4, 3, {1, it->domains, it->embedding}, it->table.values};
    sample_npy(&npy, &list);
    write_npz(name, &npy);
    limn_text_free(&npy);
}

static void write_all(const published *it, sample_python python) {
    write_list("net_g.npz", it->generator, it->generator_count, python);
    write_list("net_p.npz", it->encoder, it->encoder_count, python);
    write_list("net_d.npz", it->discriminator, it->discriminator_count, python);
    write_table("net_e.npz", it);
}

static void remove_all(void) {
    static const char *const names[] = {"net_g.npz", "net_e.npz", "net_p.npz", "net_d.npz"};
    for (int i = 0; i < 4; i++) unlink(path_of(names[i]));
}

static limn_status import(const char *const *names, int count, limn_import_options options,
                          limn_model **model) {
    char paths[4][256];
    const char *list[4];
    for (int i = 0; i < count; i++) list[i] = strcpy(paths[i], path_of(names[i]));
    return limn_two_step_import(list, count, &options, model);
}

static void refuse(const char *const *names, int count, limn_import_options options,
                   limn_status expected, const char *words) {
    limn_model *model;
    limn_status status = import(names, count, options, &model);
    if (status != expected || !strstr(limn_message(), words))
        fail_msg("status %d, \"%s\", expected \"%s\"", status, status ? limn_message() : "", words);
    assert_null(model);
}

static const char *const generator_only[] = {"net_g.npz"};

// ---- tests ----

static const limn_two_step_shape *shape_of(const limn_model *model) {
    return model->shape;
}

static limn_runner *runner_of(limn_model *model) {
    limn_run_options options = {.size = sizeof options, .threads = 1};
    limn_runner *runner;
    good(limn_runner_open(model, &options, &runner));
    return runner;
}

// A picture, [3][side][side], which stays the runner's.
static const float *drawn(limn_runner *runner, const limn_model *model, float *z, int domain) {
    const limn_two_step_shape *shape = shape_of(model);
    limn_content_values content = {
        .count = 1, .shape = {LIMN_SHAPE(1, shape->latent)}, .data = {z}};
    limn_shape made, wanted = LIMN_SHAPE(1, 3, shape->size, shape->size);
    float code[16];
    const float *rgb;
    limn_two_step_domain(shape, &model->store, domain, code);
    good(limn_runner_decode(runner, domain, &content, code, &rgb, &made));
    assert_true(limn_shape_equal(&made, &wanted));
    return rgb;
}

static void read_picture(limn_runner *runner, const limn_model *model, const float *rgb, float *z) {
    limn_content_values content;
    int side = (int)shape_of(model)->size, latent = (int)shape_of(model)->latent;
    good(limn_runner_encode(runner, 0, rgb, side, side, &content));
    assert_int_equal(limn_shape_count(&content.shape[0]), latent);
    memcpy(z, content.data[0], (size_t)latent * sizeof *z);
    limn_content_free(&content);
}

static void check_generator(const published *it, limn_runner *runner, const limn_model *model) {
    int size = 4 << it->layers, pixels = size * size;
    float z[16];
    map *x = malloc(sizeof *x);
    assert_non_null(x);
    for (int domain = 0; domain < it->domains; domain++) {
        limn_random stream = {.purpose = limn_purpose("z"), .step = (uint64_t)domain};
        limn_random_normal(&stream, 0, 1, z, (size_t)it->latent);
        const float *rgb = drawn(runner, model, z, domain);
        generate(it, z, (const float *)it->table.values + domain * it->embedding, x);
        double spread = 0;
        for (int i = 0; i < 3 * pixels; i++) {
            double wanted = 127.5 * x->values[i % pixels * 3 + i / pixels] + 127.5;
            if (!(fabs((double)rgb[i] - wanted) < 2e-3))
                fail_msg("domain %d, value %d: %g, not %g", domain, i, (double)rgb[i], wanted);
            spread = fmax(spread, fabs(wanted - 127.5));
        }
        assert_true(spread > 30); // or it would compare grey with grey
    }
    free(x);
}

static void check_encoder(const published *it, limn_runner *runner, const limn_model *model) {
    int size = 4 << it->layers, pixels = size * size;
    float rgb[3 * SIDE * SIDE], z[16];
    double wanted[16];
    map *x = malloc(sizeof *x);
    assert_non_null(x);
    *x = (map){.side = size, .channels = 3};
    limn_random stream = {.purpose = limn_purpose("picture")};
    limn_random_uniform(&stream, 0, 255, rgb, 3 * (size_t)pixels);
    for (int i = 0; i < 3 * pixels; i++)
        x->values[i % pixels * 3 + i / pixels] = (double)rgb[i] / 127.5 - 1;
    read_picture(runner, model, rgb, z);
    encode(it, x, wanted);
    for (int i = 0; i < it->latent; i++)
        if (!(fabs((double)z[i] - wanted[i]) < 1e-4 * (1 + fabs(wanted[i]))))
            fail_msg("z %d: %g, not %g", i, (double)z[i], wanted[i]);
    free(x);
}

static void as_tensorflow(published network, sample_python python) {
    published *it = &network;
    limn_model *model;
    draw_all(it);
    write_all(it, python);
    good(import(generator_only, 1, (limn_import_options){.count = 0}, &model));
    remove_all();
    limn_two_step_shape wanted = {.size = 4 << it->layers,
                                  .width = it->width,
                                  .latent = it->latent,
                                  .embedding = it->embedding,
                                  .encoder_steps = 1,
                                  .stretch = true};
    assert_true(limn_kind_alike(&limn_kind_two_step, model->shape, &wanted));
    assert_int_equal(shape_of(model)->domains, it->domains);
    assert_int_equal(model->domain_count, it->domains);
    limn_runner *runner = runner_of(model);
    check_generator(it, runner, model);
    check_encoder(it, runner, model);
    limn_runner_free(runner);
    limn_model_free(model);
    limn_arena_release(&it->arena);
}

static void networks(void **state) {
    (void)state;
    as_tensorflow((published){.layers = 1, .width = 4, .latent = 2, .embedding = 3, .domains = 2},
                  SAMPLE_PYTHON_2);
    as_tensorflow((published){.layers = 2, .width = 6, .latent = 7, .embedding = 5, .domains = 3},
                  SAMPLE_PYTHON_3);
    as_tensorflow((published){.layers = 3, .width = 8, .latent = 6, .embedding = 5, .domains = 2},
                  SAMPLE_PYTHON_3_PROTOCOL_4);
}

// Files of NumPy itself, and what its arithmetic makes of them.
static void as_numpy(void **state) {
    (void)state;
    enum { FLOATS = 3 * 16 * 16, STEP = 37 };
    static const char *const path[] = {"tests/reference/published_net_g.npz"};
    float z[] = {0.5F, -1.25F, 2}, picture[FLOATS], latent[3];
    limn_model *model;
    good(limn_two_step_import(path, 1, &(limn_import_options){.count = 0}, &model));
    assert_int_equal(shape_of(model)->size, 16);
    assert_int_equal(shape_of(model)->width, 2);
    limn_runner *runner = runner_of(model);
    const float *rgb = drawn(runner, model, z, 1);
    for (int i = 0; i * STEP < FLOATS; i++)
        if (!(fabs((double)rgb[i * STEP] - published_pixels[i]) < 1e-3))
            fail_msg("pixel %d: %g, not %g", i, (double)rgb[i * STEP], published_pixels[i]);
    for (int i = 0; i < FLOATS; i++) picture[i] = (float)(7 * i % 256);
    read_picture(runner, model, picture, latent);
    for (int i = 0; i < 3; i++)
        if (!(fabs((double)latent[i] - published_latent[i]) < 1e-5))
            fail_msg("z %d: %g, not %g", i, (double)latent[i], published_latent[i]);
    limn_runner_free(runner);
    limn_model_free(model);
}

static published small = {.layers = 2, .width = 4, .latent = 3, .embedding = 2, .domains = 2};

static int prepare(void **state) {
    (void)state;
    draw_all(&small);
    write_all(&small, SAMPLE_PYTHON_2);
    return 0;
}

static int clear_away(void **state) {
    (void)state;
    remove_all();
    limn_arena_release(&small.arena);
    return 0;
}

// The model's own file holds the same, and says where it comes from.
static void own_file(void **state) {
    (void)state;
    static const char *const order[] = {"net_d.npz", "net_p.npz", "net_e.npz", "net_g.npz"};
    static const char *const names[] = {"male", "female"};
    limn_model *model, *again;
    limn_tensors set = {0};
    good(import(order, 4, (limn_import_options){names, 2, false}, &model));
    good(limn_model_describe(model, "limn.licence", "unknown"));
    const char *path = path_of("own.safetensors");
    good(limn_model_save(model, path, LIMN_FLOATS, LIMN_KEEP_EXISTING));
    assert_int_equal(limn_model_save(model, path, LIMN_FLOATS, LIMN_KEEP_EXISTING), LIMN_USAGE);
    good(limn_model_open(path, NULL, LIMN_WITH_PARAMETERS, &again));
    assert_string_equal(limn_model_domain(again, 0), "male");
    assert_string_equal(limn_model_domain(again, 1), "female");
    assert_true(shape_of(again)->stretch);
    assert_false(shape_of(again)->inpaint);
    assert_int_equal(again->store.count, model->store.count);
    for (int i = 0; i < again->store.size; i++) {
        const limn_parameter *to = &again->store.parameters[i];
        int from = limn_store_find(&model->store, to->name);
        assert_true(from >= 0);
        assert_memory_equal(again->store.values + to->offset,
                            model->store.values + model->store.parameters[from].offset,
                            to->count * sizeof(float));
    }
    good(limn_tensors_load(path, &set));
    assert_string_equal(limn_tensors_metadata(&set, "limn.licence"), "unknown");
    assert_non_null(strstr(limn_tensors_metadata(&set, "limn.source"), "net_p.npz"));
    assert_null(limn_tensors_find(&set, "D.conv0.weight"));
    unlink(path);
    limn_tensors_free(&set);
    limn_model_free(model);
    limn_model_free(again);
}

static void names(void **state) {
    (void)state;
    limn_model *model;
    good(import(generator_only, 1, (limn_import_options){.count = 0}, &model));
    assert_string_equal(limn_model_domain(model, 0), "0");
    assert_string_equal(limn_model_domain(model, 1), "1");
    limn_model_free(model);
    good(import(generator_only, 1, (limn_import_options){.inpaint = true}, &model));
    assert_string_equal(limn_model_domain(model, 1), "whole");
    assert_true(shape_of(model)->inpaint);
    limn_model_free(model);
    static const struct {
        const char *names[3];
        int count;
        const char *words;
    } table[] = {
        {{"a"}, 1, "1 names, and the model has 2 domains"},
        {{"a", "b", "c"}, 3, "3 names"},
        {{"a", "a"}, 2, "two domains cannot have one name"},
        {{"a/b", "c"}, 2, "--domain a/b: the name is to serve for a folder"},
        {{"a", ""}, 2, "the name is to serve for a folder"},
        {{"a", ".."}, 2, "the name is to serve for a folder"},
        {{"all", "b"}, 2, "for every domain"},
        {{"a", "\xff"}, 2, "--domain ?: the name is not UTF-8."},
        {{"a\\b", "c"}, 2, "the name is to serve for a folder"},
        {{"a", "b\033[2J"}, 2, "--domain b?[2J: the name has a control character."},
        {{"a", "\302\205"}, 2, "control character"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        refuse(generator_only, 1, (limn_import_options){table[i].names, table[i].count, false},
               LIMN_USAGE, table[i].words);
}

static void wrong_files(void **state) {
    (void)state;
    const limn_import_options none = {.count = 0};
    static const char *const twice[] = {"net_g.npz", "net_p.npz", "net_g.npz"};
    static const char *const two[] = {"net_g.npz", "net_p.npz"};
    static const char *const other[] = {"other.npz"};
    refuse(twice, 3, none, LIMN_USAGE, "each of them is the generator");
    refuse(two, 2, none, LIMN_USAGE, "the embedding (NAME_net_e.npz) is not among the files");
    refuse(other, 1, none, LIMN_USAGE, "Name all three");
    unlink(path_of("net_p.npz"));
    refuse(generator_only, 1, none, LIMN_MODEL, "the encoder that belongs to ");
    write_list("net_p.npz", small.discriminator, small.discriminator_count, SAMPLE_PYTHON_2);
    refuse(generator_only, 1, none, LIMN_USAGE, "the encoder (NAME_net_p.npz) is not among");
    good(limn_file_write(path_of("net_p.npz"), "no zip", 6, true));
    refuse(generator_only, 1, none, LIMN_MODEL, "this is text, not a model");
    limn_text npy = {0};
    sample_npy(&npy, &small.table);
    write_npz("net_p.npz", &npy); // two lists of one array of rank 1
    refuse(generator_only, 1, none, LIMN_MODEL, "not the weights of a network of two-step");
    limn_text file = {0};
    sample_npz(&file, "mu.npy", &npy, false);
    good(limn_file_write(path_of("net_p.npz"), file.data, file.size, true));
    refuse(generator_only, 1, none, LIMN_MODEL, "not the weights of a network of two-step");
    limn_text_free(&file);
    limn_text_free(&npy);
    write_all(&small, SAMPLE_PYTHON_2);
}

// The list with one array changed, put in, dropped or exchanged, in place of the right one.
static void refuse_list(const char *name, const sample_array *list, int count, const char *words) {
    write_list(name, list, count, SAMPLE_PYTHON_3_PROTOCOL_4);
    refuse(generator_only, 1, (limn_import_options){.count = 0}, LIMN_MODEL, words);
    write_all(&small, SAMPLE_PYTHON_2);
}

static void wrong_arrays(void **state) {
    (void)state;
    static const double doubles[64];
    static const double none[3] = {0, NAN, 0};
    static const int64_t whole[3];
    sample_array list[MOST_ARRAYS];
    int count = small.generator_count;
    memcpy(list, small.generator, sizeof list);
    refuse_list("net_g.npz", list, 4, "not the weights of a network");
    memmove(list + 2, list + 3, (size_t)(count - 3) * sizeof *list);
    refuse_list("net_g.npz", list, count - 1, "11 arrays, and a generator has 5 for each layer");
    memcpy(list, small.generator, sizeof list);
    list[1] = small.generator[10];
    refuse_list("net_g.npz", list, count, "array 1 has the shape [5, 5, 3, 4] where [8] is");
    list[1] = (sample_array){"f8", 8, 1, {8}, doubles};
    list[5] = draw(&small, 0, 1, 4, 5, 5, 8, 4);
    refuse_list("net_g.npz", list, count, "[5, 5, 8, 4] where [5, 5, 4, 8] is expected (G.up1.");
    memcpy(list, small.generator, sizeof list);
    list[count - 1] = (sample_array){"i8", 8, 1, {3}, whole};
    refuse_list("net_g.npz", list, count, "array 11 holds I64, no weights");
    list[count - 1] = (sample_array){"f8", 8, 1, {3}, none};
    refuse_list("net_g.npz", list, count, "net_g.npz: parameter G.up2.bias holds numbers that are");
    list[count - 2] = draw(&small, 0, 1, 4, 1, 1, 1, 2000);
    refuse_list("net_g.npz", list, count, "width 2000");
    list[count - 2].shape[3] = 1 << 21;
    list[count - 2].shape[0] = 0;
    refuse_list("net_g.npz", list, count, "width 1048576");
    memcpy(list, small.encoder, sizeof list);
    count = small.encoder_count;
    list[count] = list[count - 1];
    list[count - 1] = list[count - 2];
    refuse_list("net_p.npz", list, count + 1, "array 8 has the shape [64, 3] where [3] is");
    list[count + 1] = list[count];
    memmove(list + 1, list, (size_t)count * sizeof *list);
    refuse_list("net_p.npz", list, count + 1, "array 1 has the shape");
    memcpy(list, small.encoder, sizeof list);
    list[2] = list[count - 2];
    list[3] = list[count - 1];
    refuse_list("net_p.npz", list, 4, "array 2 has the shape");
    memcpy(list, small.encoder, sizeof list);
    memcpy(list + count, list + count - 2, 2 * sizeof *list);
    refuse_list("net_p.npz", list, count + 2, "11 arrays, and 9 are those of the encoder");
    // Another model's embedding: more domains are fine, longer codes are not.
    published other = small;
    other.embedding = 1;
    write_table("net_e.npz", &other);
    refuse(generator_only, 1, (limn_import_options){.count = 0}, LIMN_MODEL,
           "array 0 has the shape [5, 128] where [4, 128] is expected");
    write_all(&small, SAMPLE_PYTHON_2);
}

// What limn says where such a file is taken for a model.
static void as_a_model(void **state) {
    (void)state;
    static const char *const names[] = {"net_g.npz", "net_e.npz"};
    limn_model_options said = {.size = sizeof said, .network = "two-step"};
    limn_model *model;
    for (int i = 0; i < 4; i++) {
        const limn_model_options *options = i / 2 ? &said : NULL;
        assert_int_equal(limn_model_load(path_of(names[i % 2]), options, &model), LIMN_MODEL);
        assert_non_null(strstr(limn_message(), "weights of TensorLayer"));
        assert_null(model);
    }
}

// Files that end too early, at any byte, and files with a wrong byte.
static void every_byte(void **state) {
    (void)state;
    published tiny = {.layers = 1, .width = 2, .latent = 1, .embedding = 1, .domains = 2};
    limn_text npy = {0}, file = {0};
    draw_all(&tiny);
    sample_object_npy(&npy, tiny.generator, tiny.generator_count, SAMPLE_PYTHON_2, "<");
    sample_npz(&file, "params.npy", &npy, false);
    sample_sweep(&file);
    limn_text_free(&npy);
    limn_text_free(&file);
    limn_arena_release(&tiny.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_file),     cmocka_unit_test(names),      cmocka_unit_test(wrong_files),
        cmocka_unit_test(wrong_arrays), cmocka_unit_test(as_a_model), cmocka_unit_test(every_byte),
        cmocka_unit_test(as_numpy),     cmocka_unit_test(networks),
    };
    return cmocka_run_group_tests(tests, prepare, clear_away);
}
