// Published weights of DSMAP and MUNIT: files as PyTorch writes them, against the twin's pictures
// (tests/reference/dsmap.py), and files that are refused.
#include "dsmap_samples.h"
#include "limn/limn.h"
#include "model/model.h"
#include "model_samples.h"
#include "reference/dsmap_expected.h"

enum { WIDTH = 4, BLOCKS = 4, C = 4 * WIDTH, MOST = 400, PIXELS = 3 * SIDE * SIDE };

typedef struct file {
    sample tensors[MOST];
    char names[MOST][96], keys[MOST][8]; // names without "a." or "b."
    int count, second;                   // the first tensor of 'b'
    const char *roots[2];                // "a" and "b"
    limn_model *model;                   // has the values
} file;

static const limn_dsmap_shape shapes[] = {
    {.size = 64, .width = WIDTH, .style = 8, .blocks = BLOCKS, .mapping = true, .skip = true},
    {.size = 64, .width = WIDTH, .style = 8, .blocks = BLOCKS, .encoder = LIMN_ENCODER_MUNIT}};
enum { DSMAP, MUNIT };

// ---- a file ----

// A tensor under the name that follows, with the values of ours; NULL: zeros.
__attribute__((format(printf, 3, 4))) static void put(file *it, const char *ours,
                                                      const char *format, ...) {
    static const float zeros[C];
    sample *s = &it->tensors[it->count];
    va_list words;
    va_start(words, format);
    vsnprintf(it->names[it->count], sizeof *it->names, format, words);
    va_end(words);
    snprintf(it->keys[it->count], sizeof *it->keys, "%d", it->count);
    *s = (sample){.name = it->names[it->count], .key = it->keys[it->count], .type = "Float"};
    it->count++;
    s->element_size = 4;
    s->values = zeros;
    s->count = C;
    s->shape[0] = C;
    s->rank = 1;
    if (ours) {
        int at = limn_store_find(&it->model->store, ours);
        if (at < 0) fail_msg("there is no parameter %s", ours);
        const limn_parameter *p = &it->model->store.parameters[at];
        s->values = it->model->store.values + p->offset;
        s->count = (int)p->count;
        s->rank = p->shape.rank;
        for (int i = 0; i < s->rank; i++) s->shape[i] = p->shape.dim[i];
    }
    for (int i = s->rank - 1, step = 1; i >= 0; step *= (int)s->shape[i--]) s->stride[i] = step;
}

// NAME.weight and NAME.bias.
static void put_layer(file *it, const char *ours, const char *name) {
    char from[96];
    snprintf(from, sizeof from, "%s.weight", ours);
    put(it, from, "%s.weight", name);
    snprintf(from, sizeof from, "%s.bias", ours);
    put(it, from, "%s.bias", name);
}

static void put_norm(file *it, const char *ours, const char *name, int kind) {
    char from[96];
    for (int i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s.norm.%s", ours, i ? "bias" : "weight");
        if (kind == MUNIT) put(it, from, "%s.%s", name, i ? "beta" : "gamma");
        if (kind == MUNIT) continue;
        put(it, from, "%s.%s", name, i ? "bias" : "weight");
        sample *s = &it->tensors[it->count - 1]; // [c,1,1]
        s->rank = 3;
        for (int k = 1; k < 3; k++) s->shape[k] = s->stride[k] = 1;
    }
}

#define OURS(...) (snprintf(ours, sizeof ours, __VA_ARGS__), ours)
#define NAME(...) (snprintf(name, sizeof name, __VA_ARGS__), name)

static void put_blocks(file *it, const char *our_prefix, const char *prefix, int blocks,
                       bool statistics) {
    char ours[96], name[96];
    for (int i = 0; i < blocks; i++)
        for (int k = 0; k < 2; k++) {
            put_layer(it, OURS("%s.block%d.conv%d", our_prefix, i + 1, k + 1),
                      NAME("%s.%d.model.%d.conv", prefix, i, k));
            for (int s = 0; s < 2 && statistics; s++)
                put(it, NULL, "%s.%d.model.%d.norm.running_%s", prefix, i, k, s ? "var" : "mean");
        }
}

static void put_dsmap_content(file *it) {
    char ours[96], name[96];
    for (char d = 'a'; d <= 'b'; d++) {
        static const int at[] = {0, 2, 3};
        for (int i = 0; i < 3; i++)
            put_layer(it, OURS("G.content.%c.conv%d", d, i),
                      NAME("enc_content.prelayer_%c.%d.conv", d, at[i]));
        put_layer(it, OURS("G.content.%c.conv3", d), NAME("enc_content.model_%c.0.conv", d));
        put_blocks(it, OURS("G.content.%c", d), NAME("enc_content.model_%c.1.model", d), BLOCKS,
                   false);
    }
    for (int k = 0; k < 2; k++)
        put_layer(it, OURS("G.content.shared.conv%d", k + 1),
                  NAME("enc_content.share_layer.0.model.%d.conv", k));
}

static void put_munit_content(file *it, char d, bool old) {
    char ours[96], name[96];
    for (int i = 0; i < 3; i++) {
        put_layer(it, OURS("G.content.%c.conv%d", d, i), NAME("enc_content.model.%d.conv", i));
        for (int s = 0; s < 2 && old; s++)
            put(it, NULL, "enc_content.model.%d.norm.running_%s", i, s ? "var" : "mean");
    }
    put_blocks(it, OURS("G.content.%c", d), "enc_content.model.3.model", BLOCKS, old);
}

// The state dict of one generator, in the order of the specification's table.
static void put_generator(file *it, int kind, char d, bool old) {
    char ours[96], name[96], other = d == 'a' ? 'b' : 'a';
    for (int i = 0; i < 5; i++)
        put_layer(it, OURS("G.style.%c.conv%d", d, i), NAME("enc_style.model.%d.conv", i));
    put_layer(it, OURS("G.style.%c.conv5", d), "enc_style.model.6");
    if (kind == MUNIT) put_munit_content(it, d, old);
    if (kind == DSMAP) {
        put_dsmap_content(it);
        for (int i = 1; i <= 2; i++) {
            OURS("G.map.%c.%s", other, i == 1 ? "up0" : "down0");
            put_layer(it, ours, NAME("domain_mapping.layer%d.0.conv", i));
            put_norm(it, ours, NAME("domain_mapping.layer%d.0.norm", i), kind);
        }
    }
    put_blocks(it, OURS("G.decoder.%c", d), "dec.model.0.model", BLOCKS, true);
    for (int i = 1; i <= (kind == DSMAP ? 3 : 2); i++) {
        OURS("G.decoder.%c.up%d", d, i);
        put_layer(it, ours, NAME("dec.model.%d.conv", 2 * i));
        put_norm(it, ours, NAME("dec.model.%d.norm", 2 * i), kind);
    }
    put_layer(it, OURS("G.decoder.%c.conv0", d), NAME("dec.model.%d.conv", kind == DSMAP ? 7 : 5));
    for (int i = 0; i < 3; i++)
        put_layer(it, OURS("G.mlp.%c.fc%d", d, i), NAME("mlp.model.%d.fc", i));
}

// Both, with weights by the twin's formula.
static file *new_file(int kind, bool old) {
    static const char *const names[] = {"A", "B"};
    file *it = calloc(1, sizeof *it);
    assert_non_null(it);
    it->roots[0] = "a", it->roots[1] = "b";
    good(limn_model_new(&limn_kind_dsmap, &shapes[kind], names, 2, &it->model));
    limn_store *store = &it->model->store;
    good(limn_store_ready(store, 1, false));
    parameters_by_formula(store, 60); // behind the twin's discriminators
    put_generator(it, kind, 'a', old);
    it->second = it->count;
    put_generator(it, kind, 'b', old);
    assert_int_equal(it->second, kind == DSMAP ? 124 : old ? 104 : 82);
    return it;
}

static void free_file(file *it) {
    limn_model_free(it->model);
    free(it);
}

// {'a': ..., 'b': ...}
static void write_root(const file *it, bool legacy, bool only_a, limn_text *out) {
    sample_raw(out, "}(");
    sample_string(out, it->roots[0]);
    sample_dictionary(out, it->tensors, it->second, legacy);
    if (!only_a) {
        sample_string(out, it->roots[1]);
        sample_dictionary(out, it->tensors + it->second, it->count - it->second, legacy);
    }
    sample_raw(out, "u.");
}

static void write_legacy(const file *it, bool only_a, limn_text *out) {
    int count = only_a ? it->second : it->count;
    sample_raw(out, SAMPLE_MAGIC "\x80\x02M\xe9\x03.\x80\x02}(");
    sample_string(out, "protocol_version");
    sample_raw(out, "M\xe9\x03");
    sample_string(out, "little_endian");
    sample_raw(out, "\x88u.\x80\x02");
    write_root(it, true, only_a, out);
    sample_raw(out, "\x80\x02](");
    for (int i = 0; i < count; i++) sample_string(out, it->tensors[i].key);
    sample_raw(out, "e.");
    for (int i = 0; i < count; i++) {
        const sample *s = &it->tensors[i];
        sample_number(out, (uint64_t)s->count, 8);
        limn_text_add(out, s->values, 4 * (size_t)s->count);
    }
}

static void write_zip(const file *it, limn_text *out) {
    sample_zip zip = {.align = true};
    limn_text pickle = {0};
    sample_raw(&pickle, "\x80\x02");
    write_root(it, false, false, &pickle);
    sample_member(&zip, "gen/data.pkl", pickle.data, pickle.size);
    for (int i = 0; i < it->count; i++) {
        char name[64];
        const sample *s = &it->tensors[i];
        snprintf(name, sizeof name, "gen/data/%s", s->key);
        sample_member(&zip, name, s->values, 4 * (size_t)s->count);
    }
    sample_member(&zip, "gen/version", "3\n", 2);
    sample_zip_end(&zip);
    limn_text_free(&pickle);
    *out = zip.file;
}

// ---- what is made of it ----

static void check_picture(const limn_picture *found, const double *wanted) {
    double sum = 0, count = 0;
    for (int i = 0; i < PIXELS; i += 97, count++)
        sum += fabs((double)found->rgb[i] - wanted[i / 97]);
    near("the mean difference", sum / count, 0, 0.02);
}

static void translate(const limn_model *model, const double *wanted, int to) {
    limn_run_options options = {.size = sizeof options, .threads = 1, .result = LIMN_SIZE_NATIVE};
    limn_runner *runner;
    limn_picture *picture[2], *result;
    limn_style *style;
    good(limn_runner_open(model, &options, &runner));
    for (int i = 0; i < 2; i++) {
        good(limn_picture_new(SIDE, SIDE, LIMN_RGB, &picture[i]));
        by_formula(picture[i]->rgb, PIXELS, 5000 + i, 127.5, 127.5);
    }
    good(limn_style_read(runner, picture[1], to ? "B" : "A", &style));
    good(limn_translate(runner, picture[0], NULL, style, &result));
    check_picture(result, wanted);
    limn_style_free(style);
    limn_picture_free(result);
    for (int i = 0; i < 2; i++) limn_picture_free(picture[i]);
    limn_runner_free(runner);
}

// Of a direction that was left out neither a look nor a picture is made.
static void refuse_lost(const limn_model *model, int lost) {
    limn_runner *runner;
    limn_picture *picture, *result;
    limn_style *style;
    good(limn_runner_open(model, NULL, &runner));
    good(limn_picture_new(SIDE, SIDE, LIMN_RGB, &picture));
    assert_int_equal(limn_style_read(runner, picture, lost ? "B" : "A", &style), LIMN_USAGE);
    assert_non_null(strstr(limn_message(), lost ? "keeps the direction B to A alone"
                                                : "keeps the direction A to B alone"));
    good(limn_style_random(runner, lost ? "B" : "A", 0, 0, &style));
    assert_int_equal(limn_translate(runner, picture, NULL, style, &result), LIMN_USAGE);
    assert_non_null(strstr(limn_message(), lost ? "reads no pictures of A" : "of B"));
    limn_style_free(style);
    limn_picture_free(picture);
    limn_runner_free(runner);
}

static void check_direction(const limn_text *bytes, int to, const double *wanted) {
    limn_model *model;
    good(limn_model_load_bytes(bytes->data, bytes->size, "gen_00200000.pt", NULL, &model));
    double all = (double)limn_model_parameters(model);
    good(limn_model_keep_direction(&model, to ? "AtoB" : "BtoA"));
    near("half of it", (double)limn_model_parameters(model) / all, 0.5, 0.02);
    const char *licence = limn_tensors_metadata(&model->told, "licence");
    assert_non_null(licence);
    translate(model, wanted, to);
    refuse_lost(model, 1 - to);
    assert_int_equal(limn_model_keep_direction(&model, to ? "BtoA" : "AtoB"), LIMN_USAGE);
    translate(model, wanted, to);
    limn_model_free(model);
}

static void check_file(const limn_text *bytes, int kind) {
    limn_model *model;
    good(limn_model_load_bytes(bytes->data, bytes->size, "gen_00200000.pt", NULL, &model));
    const limn_dsmap_shape *shape = model->shape;
    assert_string_equal(limn_model_method(model), kind == DSMAP ? "dsmap" : "munit");
    assert_int_equal(shape->size, kind == DSMAP ? 192 : 256);
    for (int to = 0; to < 2; to++) {
        const double *wanted = kind == DSMAP ? dsmap_translated[to] : munit_translated[to];
        translate(model, wanted, to);
        check_direction(bytes, to, wanted);
    }
    limn_model_free(model);
}

static void pictures(void **state) {
    (void)state;
    for (int kind = 0; kind < 2; kind++)
        for (int old = 0; old < 2; old++) {
            file *it = new_file(kind, old && kind == MUNIT);
            limn_text legacy = {0}, zip = {0};
            write_legacy(it, false, &legacy);
            write_zip(it, &zip);
            check_file(&legacy, kind);
            check_file(&zip, kind);
            limn_text_free(&legacy);
            limn_text_free(&zip);
            free_file(it);
        }
}

// ---- what the file does not say ----

static void names_and_size(void **state) {
    (void)state;
    static const char *const names[] = {"cat", "dog"}, *const twins[] = {"cat", "cat"};
    file *it = new_file(DSMAP, false);
    const limn_dsmap_shape *shape = it->model->shape;
    good(limn_model_name_domains(it->model, names, 2));
    good(limn_model_say_size(it->model, "216"));
    assert_string_equal(limn_model_domain(it->model, 1), "dog");
    assert_int_equal(shape->size, 216);
    assert_int_equal(limn_model_name_domains(it->model, names, 1), LIMN_USAGE);
    assert_string_equal(limn_message(), "--domain: 1 names, and the model has 2 domains.");
    assert_int_equal(limn_model_name_domains(it->model, twins, 2), LIMN_USAGE);
    assert_int_equal(limn_model_say_size(it->model, "60"), LIMN_USAGE);
    assert_int_equal(limn_model_say_size(it->model, "100"), LIMN_USAGE);
    assert_non_null(strstr(limn_message(), "a multiple of 8 is needed"));
    free_file(it);
}

// ---- refusals ----

static void refuse(const file *it, bool only_a, const char *words) {
    limn_text bytes = {0};
    limn_model *model;
    write_legacy(it, only_a, &bytes);
    limn_status status = limn_model_load_bytes(bytes.data, bytes.size, "gen.pt", NULL, &model);
    if (status != LIMN_MODEL || !strstr(limn_message(), words))
        fail_msg("status %d, %s", status, status ? limn_message() : "taken");
    assert_null(model);
    limn_text_free(&bytes);
}

static int named(const file *it, int from, const char *name) {
    while (strcmp(it->names[from], name)) assert_true(++from < it->count);
    return from;
}

static void rename_tensor(file *it, int which, const char *name) {
    snprintf(it->names[which], sizeof *it->names, "%s", name);
}

static void generators(void **state) {
    (void)state;
    file *it = new_file(DSMAP, false);
    refuse(it, true, "there is no generator 'b' in it");
    sample *shared =
        &it->tensors[named(it, it->second, "enc_content.share_layer.0.model.0.conv.bias")];
    float other[C] = {1};
    const void *before = shared->values;
    shared->values = other;
    refuse(it, false, "a.enc_content.share_layer.0.model.0.conv.bias is not the same in 'b'");
    shared->values = before;
    sample *map = &it->tensors[named(it, 0, "domain_mapping.layer2.0.conv.weight")];
    map->shape[0] = C / 2;
    refuse(it, false, "G.map.b.down0.weight");
    map->shape[0] = C;
    int at = named(it, 0, "dec.model.7.conv.bias");
    rename_tensor(it, at, "dec.model.8.conv.bias");
    refuse(it, false, "a.dec.model.7.conv.bias");
    rename_tensor(it, at, "dec.model.7.conv.bias");
    rename_tensor(it, named(it, 0, "dec.model.0.model.0.model.0.norm.running_mean"), "what.bias");
    refuse(it, false, "tensors belong to the two generators, and it holds");
    free_file(it);
}

static void other_files(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"state.140.exp_avg", "it holds the state of optimisers (optimizer.pt)"},
        {"cnns.0.0.conv.weight", "it holds discriminators (dis_*.pt)"},
        {"enc.model.0.conv.weight", "it is a UNIT"},
        {"enc_style.mean.weight", "variational (kl_mode)"},
    };
    for (size_t i = 0; i < ARRAY(cases); i++) {
        file *it = new_file(MUNIT, false);
        rename_tensor(it, 0, cases[i][0]);
        if (!i) it->roots[0] = "gen", it->roots[1] = "dis";
        refuse(it, false, cases[i][1]);
        free_file(it);
    }
}

// Wherever it ends.
static void truncated(void **state) {
    (void)state;
    file *it = new_file(MUNIT, false);
    limn_text bytes[2] = {{0}};
    write_legacy(it, false, &bytes[0]);
    write_zip(it, &bytes[1]);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < 40; i++) {
            limn_model *model;
            size_t size = bytes[k].size * i / 40;
            assert_int_equal(limn_model_load_bytes(bytes[k].data, size, "gen.pt", NULL, &model),
                             LIMN_MODEL);
            assert_null(model);
        }
    for (int k = 0; k < 2; k++) limn_text_free(&bytes[k]);
    free_file(it);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures),   cmocka_unit_test(names_and_size),
        cmocka_unit_test(generators), cmocka_unit_test(other_files),
        cmocka_unit_test(truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
