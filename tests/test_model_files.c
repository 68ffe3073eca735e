// Model files: what other files are told, names and networks, real files.
#include "formats/load.h"
#include "formats/safetensors.h"
#include "kinds/torch_examples.h"
#include "limn/model.h"
#include "model_samples.h"

#include <math.h>

// What other files are --------------------------------------------------------------------------

static void other_files(void **state) {
    (void)state;
    static char tar[512];
    memcpy(tar, "sys_info", 8);
    memcpy(tar + 257, "ustar", 5);
    static const struct {
        const char *bytes;
        size_t size;
        const char *kind, *words;
    } table[] = {
#define F(bytes, kind, words) {bytes, sizeof bytes - 1, kind, words}
        F("", "empty", "the file is empty"),
        F("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
          "a Git LFS pointer, which stands for a file", "git lfs pull"),
        F("\n<!DOCTYPE html><html>", "a web page", "web page"),
        F("<HTML><body>", "a web page", "web page"),
        F("\x80\x02]q\0.", "pickle", "Python pickle"),
        F("\x80\x04\x95", "pickle", "Python pickle"),
        F("\x08\x07\x12\x07pytorch", "ONNX", "ONNX model"),
        F("\x93NUMPY\1\0", "NumPy", "NumPy array"),
        F("\xff\xd8\xff\xe0", "a JPEG picture", "this is a JPEG picture, not a model"),
        F("\x89PNG\r\n\x1a\n", "a PNG picture", "this is a PNG picture, not a model"),
        F("RIFF\0\0\0\0WEBP", "a WebP picture", "this is a WebP picture, not a model"),
        F("II*\0\0", "a TIFF picture", "this is a TIFF picture, not a model"),
        F("\x89HDF\r\n", "HDF5", "HDF5"),
        F("\x1f\x8b\x08", "a gzip archive", "not a model. Unpack it first."),
        F("PYTORCH1\0", "PyTorch preview", "preview"),
        F("PK\5\6", "empty zip", "without members"),
        F("PK\3\4", "PyTorch zip", "too short"),
        F("Hello, world.\n", "text", "this is text, not a model"),
        F("\0\0\0\0\0\0\0\0\0", "nothing but zero bytes", "Copy it again."),
        F("%PDF-1.7\n", "a PDF document", "this is a PDF document, not a model"),
        F("\x01\x02\x03\x04", "unknown", "no kind of model file"),
#undef F
        {tar, sizeof tar, "tar", "tar archive"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const unsigned char *bytes = (const unsigned char *)table[i].bytes;
        assert_string_equal(limn_tensors_kind(bytes, table[i].size), table[i].kind);
        sample_refuse(table[i].bytes, table[i].size, table[i].words);
    }
    limn_tensors set = {0};
    assert_int_equal(limn_tensors_load("/nowhere/at.all", &set), LIMN_MODEL);
    assert_non_null(strstr(limn_message(), "/nowhere/at.all"));
}

// Names and networks ----------------------------------------------------------------------------

static void add(limn_tensors *set, const char *name, int rank, size_t a, size_t b, size_t c) {
    const size_t shape[4] = {a, b, c, c};
    static const float zeros[32 * 128 * 128 * 9];
    assert_int_equal(limn_tensors_add(set, name, LIMN_ELEMENT_F32, rank, shape, zeros), LIMN_OK);
}

// The names and shapes of perceptual.md 2.4 at width c.
static void style(limn_tensors *set, const char *prefix, size_t c, int blocks, const char *scale,
                  const char *shift) {
    const struct {
        const char *name, *norm;
        size_t out, in, kernel;
    } layers[] = {{"conv1", "in1", c, 3, 9},         {"conv2", "in2", 2 * c, c, 3},
                  {"conv3", "in3", 4 * c, 2 * c, 3}, {"deconv1", "in4", 2 * c, 4 * c, 3},
                  {"deconv2", "in5", c, 2 * c, 3},   {"deconv3", NULL, 3, c, 9}};
    char name[96];
    *set = (limn_tensors){0};
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "%s%s.conv2d.weight", prefix, layers[i].name);
        add(set, name, 4, layers[i].out, layers[i].in, layers[i].kernel);
        snprintf(name, sizeof name, "%s%s.conv2d.bias", prefix, layers[i].name);
        add(set, name, 1, layers[i].out, 0, 0);
        if (!layers[i].norm) continue;
        snprintf(name, sizeof name, "%s%s.%s", prefix, layers[i].norm, scale);
        add(set, name, 1, layers[i].out, 0, 0);
        snprintf(name, sizeof name, "%s%s.%s", prefix, layers[i].norm, shift);
        add(set, name, 1, layers[i].out, 0, 0);
    }
    for (int i = 0; i < 2 * blocks; i++) {
        int block = i / 2 + 1, layer = i % 2 + 1;
        snprintf(name, sizeof name, "%sres%d.conv%d.conv2d.weight", prefix, block, layer);
        add(set, name, 4, 4 * c, 4 * c, 3);
        snprintf(name, sizeof name, "%sres%d.conv%d.conv2d.bias", prefix, block, layer);
        add(set, name, 1, 4 * c, 0, 0);
        snprintf(name, sizeof name, "%sres%d.in%d.%s", prefix, block, layer, scale);
        add(set, name, 1, 4 * c, 0, 0);
        snprintf(name, sizeof name, "%sres%d.in%d.%s", prefix, block, layer, shift);
        add(set, name, 1, 4 * c, 0, 0);
    }
}

static size_t parameters(const limn_tensors *set) {
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) count += set->items[i].count;
    return count;
}

static void recognise(void **state) {
    (void)state;
    limn_tensors set;
    limn_torch_examples network;
    style(&set, "", 32, 5, "weight", "bias");
    assert_int_equal(parameters(&set), 1679235);
    assert_int_equal(limn_recognise_torch_examples(&set, &network), LIMN_OK);
    assert_true(network.width == 32 && network.blocks == 5 && network.epsilon == 1e-5f);
    limn_tensors_free(&set);
    style(&set, "module.", 7, 3, "scale", "shift");
    add(&set, "module.in1.running_mean", 1, 7, 0, 0);
    add(&set, "module.res1.in2.running_var", 1, 28, 0, 0);
    add(&set, "module.in1.num_batches_tracked", 0, 0, 0, 0);
    assert_int_equal(limn_recognise_torch_examples(&set, &network), LIMN_MODEL);
    assert_non_null(strstr(limn_message(), "the model has no tensor conv1.conv2d.weight"));
    assert_int_equal(limn_tensors_tidy(&set), LIMN_OK);
    assert_int_equal(limn_recognise_torch_examples(&set, &network), LIMN_OK);
    assert_true(network.width == 7 && network.blocks == 3 && network.epsilon == 1e-9f);
    add(&set, "main1.running_mean", 1, 7, 0, 0); // a batch norm's: stays
    assert_int_equal(limn_tensors_tidy(&set), LIMN_OK);
    assert_int_equal(limn_recognise_torch_examples(&set, &network), LIMN_MODEL);
    assert_non_null(
        strstr(limn_message(), "46 tensors belong to the network, but the file holds 47"));
    limn_tensors_free(&set);
    style(&set, "state_dict.module.", 8, 1, "weight", "bias");
    add(&set, "optimizer.state", 1, 8, 0, 0);
    add(&set, "netG.weight", 1, 8, 0, 0);
    assert_int_equal(limn_tensors_tidy(&set), LIMN_MODEL);
    assert_non_null(strstr(limn_message(), "two dictionaries of weights, state_dict and netG."));
    set.count--;
    assert_int_equal(limn_tensors_tidy(&set), LIMN_OK);
    assert_int_equal(limn_recognise_torch_examples(&set, &network), LIMN_OK);
    set.items[4].shape[0] = 17; // conv2's weight
    assert_int_equal(limn_recognise_torch_examples(&set, &network), LIMN_MODEL);
    assert_string_equal(limn_message(),
                        "this is not the style network of pytorch/examples: tensor "
                        "conv2.conv2d.weight has the shape [17, 8, 3, 3] where [16, 8, 3, 3] is "
                        "expected");
    limn_tensors_free(&set);
}

// limn's own files --------------------------------------------------------------------------------

// Writes the set to a file, loads that as a model and frees both.
static limn_status load_back(limn_tensors *set, const char *network) {
    const char *path = sample_temporary("own.safetensors");
    limn_model *model;
    assert_int_equal(limn_safetensors_write(path, set, LIMN_ELEMENT_F32, true), LIMN_OK);
    limn_tensors_free(set);
    limn_model_options options = {.size = sizeof options, .network = network};
    limn_status status = limn_model_load(path, &options, &model);
    limn_model_free(model);
    unlink(path);
    return status;
}

// What limn knows and cannot run is told what takes it, whether limn wrote it or not.
static void other_networks(void **state) {
    (void)state;
    static const struct {
        const char *tensor, *key, *words;
    } table[] = {
        {"landmarks.fc.weight", "limn.format", "networks that find faces"},
        {"features.0.weight", "preprocess", "--loss-network of limn train"},
        {"lin0.model.1.weight", "k", "--weights of limn measure lpips"},
        {"Conv2d_1a_3x3.conv.weight", "k", "--network of limn measure fid"},
        {"values.a", "pictures checksum", "--resume RUN"},
        {"E.a.conv0.weight", "limn.stage1", "--stage1 of limn train"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        limn_tensors set = {0};
        add(&set, table[i].tensor, 1, 1, 0, 0);
        limn_tensors_describe(&set, table[i].key, "1");
        assert_int_equal(load_back(&set, NULL), LIMN_MODEL);
        if (!strstr(limn_message(), table[i].words) || !strstr(limn_message(), "It is no model"))
            fail_msg("%s: %s", table[i].tensor, limn_message());
    }
}

// A style network of width 1 in a file that says `options` of `network`.
static limn_status load_as(const char *network, const char *options) {
    limn_tensors set;
    style(&set, "", 1, 5, "weight", "bias");
    limn_tensors_describe(&set, "limn.format", "1");
    limn_tensors_describe(&set, "limn.network", network);
    limn_tensors_describe(&set, "limn.options", options);
    return load_back(&set, NULL);
}

// What a file says of its network is not believed.
static void wrong_options(void **state) {
    (void)state;
    static const struct {
        const char *network, *options, *words; // no words: accepted
    } table[] = {
        {"torch-examples", "{\"width\": 1, \"scale\": 1}", NULL},
        {"torch-examples", "{\"width\": 1}", NULL},
        {"torch-examples", "{\"width\": 1, \"scale\": 8}",
         "limn.options says what cannot be: scale 8: must be 1."},
        {"torch-examples", "{\"width\": 4294967297}",
         "width 4294967297: must be between 1 and 1024"},
        {"torch-examples", "{\"width\": 0}", "width 0: must be between 1 and 1024"},
        {"torch-examples", "{\"width\": 1.5}", "width 1.5: must be a whole number"},
        {"torch-examples", "{\"width\": 1024}", "has the shape [1, 3, 9, 9] where [1024, 3, 9, 9]"},
        {"sr", "{\"width\": 1, \"scale\": 5}", "scale 5: network sr is for 4 and 8"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        limn_status status = load_as(table[i].network, table[i].options);
        const char *words = table[i].words, *said = status ? limn_message() : "accepted";
        bool expected = words ? status == LIMN_MODEL && strstr(said, words) : status == LIMN_OK;
        if (!expected) fail_msg("%s: %s, expected %s", table[i].options, said, words ? words : "");
    }
    assert_true(limn_memory_peak() < (size_t)1 << 30); // no gigabytes for a width of 1024
}

// Every kind of model is filled in one place, which says where a number is none.
static void no_numbers(void **state) {
    (void)state;
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        limn_tensors set;
        style(&set, "", 1, 5, "weight", "bias");
        limn_stored *bias = (limn_stored *)limn_tensors_find(&set, "deconv3.conv2d.bias");
        const float values[] = {1, 2, wrong[i]};
        bias->bytes = (const unsigned char *)values;
        assert_int_equal(load_back(&set, NULL), LIMN_MODEL);
        assert_non_null(strstr(limn_message(), "parameter deconv3.conv2d.bias holds numbers that "
                                               "are none"));
    }
}

// A width of nothing.
static void no_width(void **state) {
    (void)state;
    limn_tensors set = {0};
    add(&set, "conv1.weight", 4, 0, 3, 9);
    assert_int_equal(load_back(&set, "sr"), LIMN_MODEL);
    assert_non_null(strstr(limn_message(), "has the shape [0, 3, 9, 9] where [64, 3, 9, 9]"));
}

// Files beside the project, when they are there --------------------------------------------------

static const char *shared(const char *name) {
    static char path[512];
    const char *given = getenv("LIMN_SHARED");
    const char *const places[] = {given ? given : "../shared", "../shared", "../../shared",
                                  "../../../shared"};
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/weights/%s", places[i], name);
        if (!access(path, R_OK)) return path;
    }
    return NULL;
}

static void load_shared(const char *name, limn_tensors *set) {
    const char *path = shared(name);
    *set = (limn_tensors){0};
    if (!path) {
        print_message("skipped: weights/%s is not there (set LIMN_SHARED)\n", name);
        skip();
    }
    if (limn_tensors_load(path, set)) fail_msg("%s", limn_message());
}

static void shared_styles(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int width;
        size_t parameters;
    } table[] = {
        {"styles/candy.fp16.safetensors", 32, 1679235},
        {"styles/mosaic.fp16.safetensors", 32, 1679235},
        {"styles/rain_princess.fp16.safetensors", 32, 1679235},
        {"styles/udnie.fp16.safetensors", 32, 1679235},
        {"styles_narrow/candy_nc16_b1_e2_1e05_1e10.model", 16, 424899},
        {"styles_narrow/udnie_nc16_b1_e2_1e05_1e10.model", 16, 424899},
        {"styles_narrow/mosaic_nc8_b1_e2_1e05_1e10.model", 8, 108771},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        limn_tensors set;
        limn_torch_examples network;
        load_shared(table[i].name, &set);
        assert_int_equal(limn_tensors_tidy(&set), LIMN_OK);
        if (limn_recognise_torch_examples(&set, &network)) fail_msg("%s", limn_message());
        assert_int_equal(network.width, table[i].width);
        assert_int_equal(network.blocks, 5);
        assert_int_equal(parameters(&set), table[i].parameters);
        limn_tensors_free(&set);
    }
}

// Sums of section 4 of metrics.md; alex.pth begins and ends as it says there.
static void shared_lpips(void **state) {
    (void)state;
    static const double sums[5] = {2.34953231, 16.1430275, 39.2684392, 27.1971784, 20.3171771};
    static const size_t counts[5] = {64, 192, 384, 256, 256};
    float values[384];
    limn_tensors set;
    load_shared("lpips_lin_v0.1/alex.pth", &set);
    assert_int_equal(set.count, 5);
    for (int i = 0; i < 5; i++) {
        char name[32];
        double sum = 0;
        snprintf(name, sizeof name, "lin%d.model.1.weight", i);
        assert_int_equal(limn_tensors_read_float(&set, name, values, counts[i]), LIMN_OK);
        for (size_t k = 0; k < counts[i]; k++) sum += (double)values[k];
        assert_true(fabs(sum - sums[i]) < 1e-6 * sums[i]);
        if (i == 0) assert_true(fabsf(values[0] - 3.78799541e-06f) < 1e-14f);
        if (i == 4) assert_true(fabsf(values[255] - 0.0845406353f) < 1e-9f);
    }
    const limn_stored *first = limn_tensors_find(&set, "lin0.model.1.weight");
    assert_int_equal(first->bytes - set.file.bytes, 4721);
    limn_tensors_free(&set);
    load_shared("lpips_lin_v0.1/squeeze.pth", &set);
    assert_int_equal(set.count, 7);
    limn_tensors_free(&set);
    load_shared("lpips_lin_v0.1/vgg.pth", &set);
    assert_int_equal(set.count, 5);
    limn_tensors_free(&set);
}

static void shared_vgg(void **state) {
    (void)state;
    const size_t shape[4] = {512, 256, 3, 3};
    const limn_stored *tensor;
    limn_tensors set;
    load_shared("vgg19.safetensors", &set);
    assert_int_equal(set.count, 32);
    assert_string_equal(limn_tensors_metadata(&set, "preprocess"), "caffe");
    assert_int_equal(limn_tensors_get(&set, "features.19.weight", 4, shape, &tensor), LIMN_OK);
    limn_tensors_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_files),   cmocka_unit_test(other_networks),
        cmocka_unit_test(recognise),     cmocka_unit_test(wrong_options),
        cmocka_unit_test(no_width),      cmocka_unit_test(no_numbers),
        cmocka_unit_test(shared_styles), cmocka_unit_test(shared_lpips),
        cmocka_unit_test(shared_vgg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
