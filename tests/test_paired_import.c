// Generators of pix2pix and CycleGAN: files that PyTorch wrote, against PyTorch's pictures
// (tests/reference/paired.py), and files that are refused (../shared/spec/paired-networks.md P3 to
// P5).
#include "runner_samples.h"

#include "formula_pictures.h"
#include "formats/load.h"
#include "kinds/resnet.h"
#include "kinds/unet.h"
#include "model_samples.h"
#include "reference/paired_expected.h"

#define PUBLISHED(name) "tests/reference/paired/" name ".pth"

static limn_picture *smooth(int width, int height) {
    limn_picture *picture;
    good(limn_picture_new(width, height, LIMN_RGB, &picture));
    float *to = picture->rgb;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) *to++ = value_at(1, 0, y, x, c);
    return picture;
}

// Mean 0.02 and largest 0.5 of 255 are asked for.
static void check_picture(const limn_model *model, int width, int height, const float *wanted,
                          int count) {
    limn_picture *picture = smooth(width, height);
    limn_runner *runner = open_with(model, (limn_run_options){.result = LIMN_SIZE_NATIVE});
    limn_picture *result = translated(runner, picture, NULL);
    double sum = 0, largest = 0;
    assert_int_equal(count, (3 * width * height + 96) / 97);
    for (int i = 0; i < count; i++) {
        double difference = fabs((double)result->rgb[97 * i] - (double)wanted[i]);
        sum += difference;
        largest = fmax(largest, difference);
    }
    if (!(sum / count <= 0.005 && largest <= 0.1))
        fail_msg("%s: mean difference %g, largest %g", limn_model_network(model), sum / count,
                 largest);
    limn_picture_free(result);
    limn_picture_free(picture);
    limn_runner_free(runner);
}

typedef struct published {
    const char *path, *network, *words; // words: of its shape
    int width, height, count;
    const float *picture, *running; // what it makes by either statistics; NULL: has none
} published;

#define SHOWN(of, w, h)                                                                            \
    .width = w, .height = h, .count = ARRAY(of##_expected), .picture = of##_expected
static const published files[] = {
    {PUBLISHED("resnet_instance"), "resnet", "form cyclegan, width 2, blocks 2, norm instance",
     SHOWN(resnet_instance, 41, 30)},
    {PUBLISHED("resnet_old_dropout"), "resnet", "blocks 3, norm instance",
     SHOWN(resnet_old_dropout, 41, 30)},
    {PUBLISHED("resnet_batch_dropout"), "resnet", "norm batch, statistics picture",
     SHOWN(resnet_batch_dropout, 41, 30), .running = resnet_batch_dropout_running_expected},
    {PUBLISHED("resnet_none_half"), "resnet", "norm none", SHOWN(resnet_none_half, 41, 30)},
    {PUBLISHED("resnet_grey"), "resnet", "channels 1, out 1, size 256", SHOWN(resnet_grey, 41, 30)},
    {PUBLISHED("unet_batch"), "unet", "depth 7, width 1, norm batch, statistics picture",
     SHOWN(unet_batch, 128, 128), .running = unet_batch_running_expected},
    {PUBLISHED("unet_instance"), "unet", "norm instance", SHOWN(unet_instance, 128, 128)},
    {PUBLISHED("unet_none"), "unet", "channels 3, out 3, size 128", SHOWN(unet_none, 128, 128)},
};

static void check_words(const limn_model *model, const char *words) {
    limn_text text = {0};
    limn_kind_shape_words(model->kind, model->shape, &text);
    if (!strstr(text.data, words)) fail_msg("%s, and not: %s", text.data, words);
    limn_text_free(&text);
}

static void check_published(const published *it) {
    limn_model *model = load(it->path);
    assert_string_equal(limn_model_network(model), it->network);
    assert_string_equal(limn_model_method(model), "paired");
    check_words(model, it->words);
    check_picture(model, it->width, it->height, it->picture, it->count);
    if (it->running) {
        good(limn_model_say_statistics(model, "running"));
        check_picture(model, it->width, it->height, it->running, it->count);
    } else {
        refused(limn_model_say_statistics(model, "running"), LIMN_USAGE,
                "--statistics running: the networks of");
    }
    limn_model_free(model);
}

static void pictures(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY(files); i++) check_published(&files[i]);
}

static void same_bytes(const char *a, const char *b) {
    limn_file one, two;
    good(limn_file_open(a, 1 << 20, LIMN_MODEL, &one));
    good(limn_file_open(b, 1 << 20, LIMN_MODEL, &two));
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.bytes, two.bytes, one.size);
    limn_file_close(&one);
    limn_file_close(&two);
}

static void save(const char *from, const char *to) {
    limn_model *model = load(from);
    good(limn_model_save(model, to, LIMN_FLOATS, LIMN_REPLACE_EXISTING));
    limn_model_free(model);
}

// Written twice, and what was written once more: the same bytes.
static void converted(void **state) {
    (void)state;
    char *once = strdup(sample_temporary("once.safetensors")),
         *twice = strdup(sample_temporary("twice.safetensors")),
         *again = strdup(sample_temporary("again.safetensors"));
    for (size_t i = 0; i < ARRAY(files); i++) {
        save(files[i].path, once);
        save(files[i].path, twice);
        save(twice, again);
        same_bytes(once, twice);
        same_bytes(once, again);
        limn_model *model = load(again);
        check_words(model, files[i].words);
        check_picture(model, files[i].width, files[i].height, files[i].picture, files[i].count);
        limn_model_free(model);
    }
    remove(once), remove(twice), remove(again);
    free(once), free(twice), free(again);
}

static void training_size(void **state) {
    (void)state;
    limn_model *model = load(PUBLISHED("resnet_instance"));
    assert_int_equal(limn_model_usual(model), 256);
    good(limn_model_say_size(model, "128"));
    assert_int_equal(limn_model_usual(model), 128);
    refused(limn_model_say_size(model, "130"), LIMN_USAGE,
            "--image-size: size 130: a multiple of 4 is needed");
    limn_model_free(model);
    model = load(PUBLISHED("unet_none"));
    good(limn_model_say_size(model, "256"));
    assert_int_equal(limn_model_side(model), 256);
    refused(limn_model_say_size(model, "200"), LIMN_USAGE, "a multiple of 128 is needed");
    limn_model_free(model);
}

// ---- refusals ----

enum { MOST = 128, NUMBERS = 4096 };

typedef struct made {
    sample tensors[MOST];
    char keys[MOST][8];
    int count;
} made;

static void put(made *it, const char *name, int rank, const int *shape) {
    static const float zeros[NUMBERS];
    sample *s = &it->tensors[it->count];
    snprintf(it->keys[it->count], sizeof *it->keys, "%d", it->count);
    *s = (sample){.name = name, .key = it->keys[it->count++], .type = "Float", .rank = rank};
    s->element_size = 4;
    s->values = zeros;
    s->count = 1;
    for (int i = rank - 1; i >= 0; i--) {
        s->shape[i] = shape[i];
        s->stride[i] = s->count;
        s->count *= shape[i];
    }
    assert_true(s->count <= NUMBERS);
}

static void put4(made *it, const char *name, int a, int b, int c, int d) {
    put(it, name, 4, (const int[]){a, b, c, d});
}

static void refuse(const made *it, const char *words) {
    limn_text bytes = {0};
    limn_model *model;
    sample_legacy(&bytes, it->tensors, it->count);
    refused(limn_model_load_bytes(bytes.data, bytes.size, "a.pth", NULL, &model), LIMN_MODEL,
            words);
    limn_text_free(&bytes);
}

static void other_networks(void **state) {
    static const struct {
        const char *name;
        int shape[4];
        const char *words;
    } all[] = {
        {"model.0.weight", {2, 6, 4, 4}, "it is a discriminator (net_D)"},
        {"model.2.filt", {1, 1, 3, 3}, "anti-aliased generator, as CUT has them"},
        {"down_0.ResnetBlock.weight", {1, 1, 3, 3}, "a generator of pix2pixHD or SPADE"},
        {"head_0.conv_0.weight", {1, 1, 3, 3}, "a generator of pix2pixHD or SPADE"},
        {"state.0.exp_avg", {1, 1, 3, 3}, "it holds the state of an optimiser, no weights"},
        {"model.1.weight", {2, 3, 5, 7}, "Of files that do not say what they hold"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY(all); i++) {
        made it = {.count = 0};
        put(&it, all[i].name, 4, all[i].shape);
        refuse(&it, all[i].words);
    }
}

static void begin_resnet(made *it, int channels) {
    put4(it, "model.1.weight", 1, channels, 7, 7);
    put4(it, "model.10.conv_block.1.weight", 4, 4, 3, 3);
}

static void wrong_channels(void **state) {
    (void)state;
    made it = {.count = 0};
    begin_resnet(&it, 1);
    put4(&it, "model.18.weight", 2, 1, 7, 7);
    refuse(&it, "it makes two channels of one: a generator that colours in Lab");
    it = (made){.count = 0};
    begin_resnet(&it, 4);
    put4(&it, "model.18.weight", 3, 1, 7, 7);
    refuse(&it, "it makes 3 channels of 4: pictures of 1 or 3 are possible");
}

static void wrong_blocks(void **state) {
    (void)state;
    made it = {.count = 0};
    put4(&it, "model.1.weight", 1, 3, 7, 7);
    refuse(&it, "it has no residual blocks where they are expected");
    static char names[70][40];
    for (int i = 0; i < 70; i++) {
        snprintf(names[i], sizeof *names, "model.%d.conv_block.1.weight", 10 + i);
        put4(&it, names[i], 4, 4, 3, 3);
    }
    refuse(&it, "it has more than 64 residual blocks, the most that limn runs");
}

static void wrong_depth(void **state) {
    (void)state;
    made it = {.count = 0};
    put4(&it, "model.model.0.weight", 1, 3, 4, 4);
    put4(&it, "model.model.3.weight", 2, 3, 4, 4);
    put4(&it, "model.model.1.model.1.weight", 2, 1, 4, 4);
    put4(&it, "model.model.1.model.3.model.1.weight", 4, 2, 4, 4);
    refuse(&it, "it is a U-Net of 3 levels: limn runs those of 7 (unet_128) and 8 (unet_256)");
}

// One tensor of a whole file left out, of another shape, or more than there is a place for.
static void spoil(const char *path, const char *name, const char *more, bool keep, bool turned,
                  const char *words) {
    limn_tensors set = {0}, changed = {0};
    limn_model *model;
    good(limn_tensors_load(path, &set));
    for (size_t i = 0; i < set.count; i++) {
        const limn_stored *t = &set.items[i];
        size_t shape[LIMN_TENSOR_RANK] = {0};
        bool is = !strcmp(t->name, name);
        if (is && !keep) continue;
        for (int d = 0; d < t->rank; d++) shape[d] = t->shape[is && turned ? t->rank - 1 - d : d];
        good(limn_tensors_add(&changed, t->name, t->element, t->rank, shape, t->bytes));
    }
    static const float one;
    if (more) good(limn_tensors_add(&changed, more, LIMN_ELEMENT_F32, 0, NULL, &one));
    good(limn_tensors_seal(&changed));
    refused(limn_model_read(&changed, NULL, LIMN_WITH_PARAMETERS, &model), LIMN_MODEL, words);
    limn_tensors_free(&changed);
    limn_tensors_free(&set);
}

static void spoilt(void **state) {
    (void)state;
    spoil(PUBLISHED("resnet_instance"), "model.4.bias", NULL, false, false, "model.4.bias");
    spoil(PUBLISHED("resnet_instance"), "model.7.weight", NULL, true, true,
          "model.7.weight has the shape [3, 3, 4, 8]");
    spoil(PUBLISHED("resnet_instance"), "", "model.99.weight", true, false,
          "there is no place in the network for its tensor model.99.weight");
    spoil(PUBLISHED("resnet_none_half"), "", "model.10.conv_block.2.running_mean", true, false,
          "there is no place in the network for its tensor");
}

// Cut short at many places: always a sentence.
static void truncated(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY(files); i++) {
        limn_file file;
        limn_model *model;
        good(limn_file_open(files[i].path, 1 << 20, LIMN_MODEL, &file));
        for (int part = 0; part < 16; part++)
            assert_int_equal(
                limn_model_load_bytes(file.bytes, file.size * part / 16, "cut.pth", NULL, &model),
                LIMN_MODEL);
        limn_file_close(&file);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures),       cmocka_unit_test(converted),
        cmocka_unit_test(training_size),  cmocka_unit_test(other_networks),
        cmocka_unit_test(wrong_channels), cmocka_unit_test(wrong_blocks),
        cmocka_unit_test(wrong_depth),    cmocka_unit_test(spoilt),
        cmocka_unit_test(truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
