// TensorFlow.js manifests: values, shards in pieces, refusals; the published weights of faces.
#include "formats/load.h"
#include "formats/tfjs.h"
#include "own_folder.h"

#include <limits.h>

#define SHARED "../shared/weights/face/"

static char shared[PATH_MAX];

static void put(const char *name, const void *bytes, size_t size) {
    if (limn_file_write(name, bytes, size, true)) fail_msg("%s", limn_message());
}

#define WEIGHT(name, shape)                                                                        \
    "{\"name\": \"" name "\", \"shape\": " shape ", \"dtype\": \"float32\", \"quantization\": "    \
    "{\"dtype\": \"uint8\", \"scale\": 0.5, \"min\": -1}}"
#define GROUP(weights, paths) "[{\"weights\": [" weights "], \"paths\": [" paths "]}]"
#define TWO WEIGHT("a/filters", "[2, 3]") ", " WEIGHT("a/bias", "[1]")

static void check_two(const char *manifest) {
    static const float expected[] = {-1, -0.5F, 0, 0.5F, 126.5F, -1};
    float values[6];
    limn_tensors set;
    put("m.json", manifest, strlen(manifest));
    if (limn_tfjs_load("m.json", &set)) fail_msg("%s", limn_message());
    assert_int_equal(set.count, 2);
    const limn_stored *a = limn_tensors_find(&set, "a/filters");
    assert_int_equal(a->rank, 2);
    assert_int_equal(a->shape[1], 3);
    limn_tensor_read(a, values);
    assert_memory_equal(values, expected, sizeof expected);
    limn_tensor_read(limn_tensors_find(&set, "a/bias"), values);
    assert_true(values[0] == 1.5F);
    limn_tensors_free(&set);
}

static void values(void **state) {
    (void)state;
    put("one", "\0\1\2\3\xff\0\5", 7);
    check_two(GROUP(TWO, "\"one\""));
    put("s1", "\0\1", 2);
    put("s2", "", 0);
    put("s3", "\2\3\xff\0\5", 5);
    check_two(" \n" GROUP(TWO, "\"s1\", \"s2\", \"s3\""));
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *manifest, *words;
    } table[] = {
        {GROUP(TWO, "\"short\""), "the weights need 7 bytes of the shard short, which has 6"},
        {GROUP(TWO, "\"long\""), "the weights need 7 bytes of the shard long, which has 8"},
        {GROUP(TWO, "\"long\", \"one\""),
         "the weights need 7 bytes of the shard long, which has 8"},
        {GROUP(TWO, "\"page\""), "which has 22: it looks like a web page"},
        {GROUP(TWO, "\"gone\""), "gone"},
        {GROUP(TWO, "\"../one\""), "the shard ../one is no plain name"},
        {GROUP(TWO, "\"a/one\""), "the shard a/one is no plain name"},
        {GROUP(TWO, "\"..\""), "the shard .. is no plain name"},
        {GROUP(TWO, "\"\""), "is no plain name"},
        {GROUP(TWO, "3"), "is no plain name"},
        {GROUP(TWO, ""), "lacks its list of weights or paths"},
        {"[]", "no list of groups"},
        {"{}", "no list of groups"},
        {"[{\"weights\": 3}]", "lacks its list of weights or paths"},
        {"[{\"weights\": [}]", "the manifest is no JSON: line 1"},
        {"[{\"paths\": [], \"paths\": []}]", "the manifest is no JSON: line 1: duplicate"},
        {GROUP(WEIGHT("", "[7]"), "\"one\""), "a weight has no name"},
        {GROUP(WEIGHT("a", "7"), "\"one\""), "weight a: its shape is no list of at most 8 sizes"},
        {GROUP(WEIGHT("a", "[-7]"), "\"one\""), "weight a: size 1 of its shape cannot be"},
        {GROUP(WEIGHT("a", "[7.5]"), "\"one\""), "weight a: size 1 of its shape cannot be"},
        {GROUP(WEIGHT("a", "[65536, 65536]"), "\"one\""),
         "weight a: a shape of [65536, 65536] has more than 2^31 numbers"},
        {GROUP(WEIGHT("a", "[2147483648, 2147483648, 2147483648]"), "\"one\""),
         "has more than 2^31 numbers"},
        {GROUP(WEIGHT("a", "[2147483648]"), "\"one\""), "the weights need 2147483648 bytes"},
        {GROUP(WEIGHT("a", "[3]") ", " WEIGHT("a", "[4]"), "\"one\""), "tensor a is there twice"},
        {GROUP(WEIGHT("a/b", "[3]") ", " WEIGHT("a", "[4]"), "\"one\""),
         "the weights a and a/b overlap"},
        {"[{\"weights\": [{\"name\": \"a\", \"shape\": [7], \"dtype\": \"float32\"}], \"paths\": "
         "[\"one\"]}]",
         "weight a: it has no quantization"},
        {"[{\"weights\": [{\"name\": \"a\", \"shape\": [7], \"dtype\": \"int32\"}], \"paths\": "
         "[\"one\"]}]",
         "weight a: its dtype is int32, and limn reads float32"},
        {"[{\"weights\": [{\"name\": \"a\", \"shape\": [7], \"dtype\": \"float32\", "
         "\"quantization\": {\"dtype\": \"uint16\", \"scale\": 1, \"min\": 0}}], \"paths\": "
         "[\"one\"]}]",
         "weight a: its quantization is uint16, and limn reads uint8"},
        {"[{\"weights\": [{\"name\": \"a\", \"shape\": [7], \"dtype\": \"float32\", "
         "\"quantization\": {\"dtype\": \"uint8\", \"scale\": \"1\", \"min\": 0}}], \"paths\": "
         "[\"one\"]}]",
         "weight a: scale and min of its quantization are no numbers"},
    };
    put("one", "\0\1\2\3\xff\0\5", 7);
    put("short", "\0\1\2\3\xff\0", 6);
    put("long", "\0\1\2\3\xff\0\5\6", 8);
    put("page", "<!doctype html><html/>", 22);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        limn_tensors set;
        put("m.json", table[i].manifest, strlen(table[i].manifest));
        assert_int_equal(limn_tfjs_load("m.json", &set), LIMN_MODEL);
        if (!strstr(limn_message(), table[i].words) || strncmp(limn_message(), "m.json: ", 8) != 0)
            fail_msg("%s\nwanted: %s", limn_message(), table[i].words);
        assert_int_equal(set.count, 0);
    }
}

static void too_large(void **state) {
    (void)state;
    limn_tensors set;
    char *blanks = malloc((1 << 20) + 1);
    assert_non_null(blanks);
    memset(blanks, ' ', (1 << 20) + 1);
    put("m.json", blanks, (1 << 20) + 1);
    assert_int_equal(limn_tfjs_load("m.json", &set), LIMN_MODEL);
    free(blanks);
}

// A manifest is told from other files, and refused by name where a model is wanted.
static void recognised(void **state) {
    (void)state;
    limn_tensors set = {0};
    static const char *const others[] = {"", "[", "[{", "{\"a\": 1}", "[1]"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(limn_tfjs_is_manifest((const unsigned char *)others[i], strlen(others[i])));
    put("m.json", "[\n {\n  \"weights\": []}]", 22);
    assert_int_equal(limn_tensors_load("m.json", &set), LIMN_MODEL);
    assert_non_null(strstr(limn_message(), "a manifest of TensorFlow.js weights"));
}

static void check_value(const limn_stored *tensor, size_t index, float wanted) {
    float *values = malloc(tensor->count * sizeof *values);
    assert_non_null(values);
    limn_tensor_read(tensor, values);
    if (!(values[index] > wanted - 1e-6F && values[index] < wanted + 1e-6F))
        fail_msg("%s: %.9g, not %.9g", tensor->name, (double)values[index], (double)wanted);
    free(values);
}

// F1 of ../shared/spec/faces.md: counts, and the first and last values by hand. The shards' sums
// are in making_up.sh.
static void published(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t tensors, numbers;
        const char *first_name;
        float first, last;
    } table[] = {
        {"tiny_face_detector_model", 19, 193321, "conv0/filters", 0.28822542F, 0.009072536F},
        {"face_landmark_68_model", 49, 356840, "dense0/conv0/filters", 0, 0.56096427F},
        {"face_landmark_68_tiny_model", 28, 77224, "dense0/conv0/filters", 0.36873972F,
         0.63460541F}};
    if (access(shared, R_OK)) {
        print_message("skipped: " SHARED " is not there\n");
        skip();
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char path[PATH_MAX + 64];
        limn_tensors set;
        size_t numbers = 0;
        snprintf(path, sizeof path, "%s/%s-weights_manifest.json", shared, table[i].name);
        if (limn_tfjs_load(path, &set)) fail_msg("%s", limn_message());
        assert_int_equal(set.count, table[i].tensors);
        for (size_t k = 0; k < set.count; k++) numbers += set.items[k].count;
        assert_int_equal(numbers, table[i].numbers);
        const limn_stored *first = &set.items[0], *last = &set.items[set.count - 1];
        assert_string_equal(first->name, table[i].first_name);
        check_value(first, 0, table[i].first);
        check_value(last, last->count - 1, table[i].last);
        limn_tensors_free(&set);
    }
}

int main(void) {
    if (!realpath(SHARED, shared)) strcpy(shared, "/nowhere");
    const struct CMUnitTest tests[] = {
        IN_FOLDER(values),     IN_FOLDER(refusals),         IN_FOLDER(too_large),
        IN_FOLDER(recognised), cmocka_unit_test(published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
