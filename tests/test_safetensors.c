// safetensors both ways, and the 16-bit floats in them.
#include "base/clock.h"
#include "formats/load.h"
#include "formats/safetensors.h"
#include "model_samples.h"

#include <math.h>

// Elements --------------------------------------------------------------------------------------

static float value_of(limn_element element, uint16_t bits) {
    float value;
    limn_element_to_float(element, &bits, 2, &value, 1);
    return value;
}

static uint16_t nearest(limn_element element, double value) {
    float single = (float)value;
    uint16_t bits;
    limn_element_from_float(element, &single, &bits, 1);
    return bits;
}

// Every 16-bit float comes back from float; halfway between two neighbours the even one is taken.
static void elements(void **state) {
    (void)state;
    for (int element = LIMN_ELEMENT_F16; element <= LIMN_ELEMENT_BF16; element++) {
        limn_element e = (limn_element)element;
        uint32_t infinity = e == LIMN_ELEMENT_F16 ? 0x7c00 : 0x7f80;
        for (uint32_t bits = 0; bits < 0x10000; bits++) {
            float value = value_of(e, (uint16_t)bits);
            bool number = (bits & 0x7fff) <= infinity;
            assert_int_equal(isnan(value), !number);
            assert_true(number ? nearest(e, (double)value) == bits
                               : isnan(value_of(e, nearest(e, (double)value))));
            if ((bits & 0x7fff) + 1 >= infinity) continue;
            double next = (double)value_of(e, (uint16_t)(bits + 1));
            double middle = ((double)value + next) / 2;
            assert_int_equal(nearest(e, middle), bits + (bits & 1));
        }
        // One exponent and fraction by the definition, and the smallest number.
        int fraction = e == LIMN_ELEMENT_F16 ? 10 : 7, bias = e == LIMN_ELEMENT_F16 ? 15 : 127;
        assert_true(value_of(e, (uint16_t)((bias + 3) << fraction | 5)) ==
                    8 + 8 * ldexpf(5, -fraction));
        assert_true(value_of(e, 1) == ldexpf(1, 1 - bias - fraction));
    }
    assert_int_equal(nearest(LIMN_ELEMENT_F16, 65519.99), 0x7bff);
    assert_int_equal(nearest(LIMN_ELEMENT_F16, 65520), 0x7c00);
    assert_int_equal(nearest(LIMN_ELEMENT_F16, -1e30), 0xfc00);
    assert_int_equal(nearest(LIMN_ELEMENT_BF16, 3.4e38), 0x7f80);
}

// safetensors -----------------------------------------------------------------------------------

static const char vector[] = "\x38\0\0\0\0\0\0\0"
                             "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}  "
                             "\0\0\x80\x3f\0\0\0\xc0";

// A header, and `room` bytes of values.
static void make(limn_text *file, const char *header, size_t room) {
    file->size = 0;
    sample_number(file, strlen(header), 8);
    limn_text_add(file, header, strlen(header));
    sample_number(file, 0, (int)room);
}

static void safetensors_vector(void **state) {
    (void)state;
    limn_tensors set;
    char *copy;
    float values[2];
    assert_int_equal(sizeof vector - 1, 72);
    assert_int_equal(sample_parse(vector, 72, &set, &copy), LIMN_OK);
    assert_int_equal(set.count, 1);
    assert_int_equal(limn_tensors_read_float(&set, "a", values, 2), LIMN_OK);
    assert_true(values[0] == 1 && values[1] == -2);
    assert_int_equal(limn_tensors_read_float(&set, "b", values, 2), LIMN_MODEL);
    assert_int_equal(limn_tensors_read_float(&set, "a", values, 3), LIMN_MODEL);
    assert_string_equal(limn_message(), "tensor a has 2 values where 3 are expected");
    limn_tensors_free(&set);
    free(copy);
}

static void safetensors_write(void **state) {
    (void)state;
    static const float a[2] = {1, -2},
                       halves[6] = {0.5f, 65504, 6e-8f, -1e-9f, INFINITY, 1.0009765f};
    static const int64_t steps = 1234567890123;
    static const unsigned char flags[3] = {1, 0, 1};
    const size_t two = 2, six[2] = {2, 3}, three = 3, none[2] = {0, 7};
    const char *path = sample_temporary("written.safetensors");
    limn_tensors set = {0}, back = {0};
    limn_tensors_add(&set, "flags", LIMN_ELEMENT_BOOL, 1, &three, flags);
    limn_tensors_add(&set, "b", LIMN_ELEMENT_F32, 2, six, halves);
    limn_tensors_add(&set, "a \"quoted\" \n \xc3\xa9", LIMN_ELEMENT_F32, 1, &two, a);
    limn_tensors_add(&set, "empty", LIMN_ELEMENT_F32, 2, none, NULL);
    limn_tensors_add(&set, "steps", LIMN_ELEMENT_I64, 0, NULL, &steps);
    limn_tensors_describe(&set, "limn.format", "0");
    limn_tensors_describe(&set, "limn.format", "1");
    limn_tensors_describe(&set, "limn.options", "{\"width\": 32}");
    limn_tensors_describe(&set, "limn.source", "\xe9t\xc3\xa9 \xf0\x9f\x8e\xa8 cut: \xe2\x82");
    for (int element = LIMN_ELEMENT_F32; element <= LIMN_ELEMENT_BF16; element++) {
        assert_int_equal(limn_safetensors_write(path, &set, (limn_element)element, true), LIMN_OK);
        assert_int_equal(limn_tensors_load(path, &back), LIMN_OK);
        assert_int_equal(back.count, 5);
        assert_string_equal(back.items[0].name, "steps"); // the largest elements first
        assert_true(((uintptr_t)back.items[0].bytes - (uintptr_t)back.file.bytes) % 64 == 0);
        assert_string_equal(back.items[1].name, "a \"quoted\" \n \xc3\xa9");
        assert_string_equal(back.items[4].name, "flags");
        assert_string_equal(limn_tensors_metadata(&back, "limn.format"), "1");
        assert_string_equal(limn_tensors_metadata(&back, "limn.options"), "{\"width\": 32}");
        assert_string_equal(limn_tensors_metadata(&back, "limn.source"),
                            "?t\xc3\xa9 \xf0\x9f\x8e\xa8 cut: ??");
        float values[6];
        assert_int_equal(limn_tensors_read_float(&back, "b", values, 6), LIMN_OK);
        unsigned char stored[24];
        float expected[6];
        limn_element_from_float((limn_element)element, halves, stored, 6);
        limn_element_to_float((limn_element)element, stored,
                              limn_element_size((limn_element)element), expected, 6);
        assert_memory_equal(values, expected, sizeof values);
        assert_int_equal(limn_tensors_read_float(&back, "flags", values, 3), LIMN_OK);
        assert_true(values[0] == 1 && values[1] == 0 && values[2] == 1);
        assert_int_equal(limn_tensors_find(&back, "empty")->count, 0);
        limn_tensors_free(&back);
    }
    assert_int_equal(limn_safetensors_write(path, &set, LIMN_ELEMENT_F32, false), LIMN_USAGE);
    limn_tensors_add(&set, "b", LIMN_ELEMENT_I64, 0, NULL, &steps);
    assert_int_equal(limn_safetensors_write(path, &set, LIMN_ELEMENT_F32, true), LIMN_MODEL);
    assert_string_equal(limn_message(), "tensor b would be written twice");
    limn_tensors_free(&set);
    static const float large = 65520;
    limn_tensors_add(&set, "large", LIMN_ELEMENT_F32, 0, NULL, &large);
    assert_int_equal(limn_safetensors_write(path, &set, LIMN_ELEMENT_F16, true), LIMN_MODEL);
    assert_non_null(strstr(limn_message(), "written.safetensors: tensor large holds 65520, which "
                                           "is too large for 16-bit floats; leave --half out"));
    limn_tensors_free(&set);
    unlink(path);
}

// Writing the vector's tensor gives the vector's header (ours pads to 64).
static void safetensors_same(void **state) {
    (void)state;
    static const float a[2] = {1, -2};
    const size_t two = 2;
    const char *path = sample_temporary("same.safetensors");
    limn_tensors set = {0};
    limn_file file;
    limn_tensors_add(&set, "a", LIMN_ELEMENT_F32, 1, &two, a);
    assert_int_equal(limn_safetensors_write(path, &set, LIMN_ELEMENT_F32, true), LIMN_OK);
    assert_int_equal(limn_file_open(path, 1000, LIMN_MODEL, &file), LIMN_OK);
    assert_int_equal(file.size, 72);
    assert_memory_equal(file.bytes, vector, 72);
    limn_file_close(&file);
    limn_tensors_free(&set);
    unlink(path);
}

// A file that is cut once it is loaded takes nothing away.
static void outlives_its_file(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    const size_t count = COUNT;
    const char *path = sample_temporary("cut.safetensors");
    float *values = calloc(COUNT, sizeof *values), *read = malloc(COUNT * sizeof *read);
    values[COUNT - 1] = 7;
    limn_tensors set = {0};
    limn_tensors_add(&set, "a", LIMN_ELEMENT_F32, 1, &count, values);
    assert_int_equal(limn_safetensors_write(path, &set, LIMN_ELEMENT_F32, true), LIMN_OK);
    limn_tensors_free(&set);
    assert_int_equal(limn_tensors_load(path, &set), LIMN_OK);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(limn_tensors_read_float(&set, "a", read, COUNT), LIMN_OK);
    assert_memory_equal(read, values, COUNT * sizeof *read);
    limn_tensors_free(&set);
    free(values);
    free(read);
    unlink(path);
}

#define F32_OF(offsets) "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" offsets "}"

static const struct {
    const char *header;
    size_t room;
    const char *words; // NULL: accepted
} headers[] = {
    {"{}", 0, NULL},
    {"{}", 4, "belongs to no tensor"},
    {"{\"a\":" F32_OF("[0,8]") "}", 8, NULL},
    {" {\"a\":" F32_OF("[0,8]") "}", 8, "no kind of model file"},
    {"{\"a\":" F32_OF("[0,8]") "}", 7, "it may be cut short"},
    {"{\"a\":" F32_OF("[0,8]") "}", 9, "belongs to no tensor"},
    {"{\"a\":" F32_OF("[4,12]") "}", 12, "leave a hole"},
    {"{\"a\":" F32_OF("[0,8]") ",\"b\":" F32_OF("[0,8]") "}", 8, "overlap"},
    {"{\"a\":" F32_OF("[0,8]") ",\"b\":" F32_OF("[4,12]") "}", 12, "overlap"},
    {"{\"a\":" F32_OF("[0,8]") ",\"b\":" F32_OF("[12,20]") "}", 20, "leave a hole"},
    {"{\"b\":" F32_OF("[8,16]") ",\"a\":" F32_OF("[0,8]") "}", 16, NULL},
    {"{\"a\":" F32_OF("[0,8]") ",\"a\":" F32_OF("[8,16]") "}", 16, "tensor a is there twice"},
    {"{\"a\":" F32_OF("[8,0]") "}", 8, "claims the bytes 8 to 0"},
    {"{\"a\":" F32_OF("[-8,0]") "}", 8, "a whole number, zero or larger"},
    {"{\"a\":" F32_OF("[0,8e0]") "}", 8, "not written as a whole number"},
    {"{\"a\":" F32_OF("[0,8.0]") "}", 8, "not written as a whole number"},
    {"{\"a\":" F32_OF("[0,08]") "}", 8, "begins with a zero"},
    {"{\"a\":" F32_OF("[0,18446744073709551616]") "}", 8, "larger than 64 bits"},
    {"{\"a\":" F32_OF("[0,18446744073709551615]") "}", 8, "it may be cut short"},
    {"{\"a\":" F32_OF("[0]") "}", 8, "needs dtype, shape and two"},
    {"{\"a\":" F32_OF("[0,8,8]") "}", 8, "too long"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8,
     "needs 12 bytes, but has 8"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[0,2]}}", 2, NULL},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[0,3],\"data_offsets\":[0,0]}}", 0, NULL},
    {"{\"a\":{\"shape\":[0,3],\"data_offsets\":[0,0],\"dtype\":\"U8\"}}", 0, NULL},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0,
     "too large for any memory"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
     "too large for any memory"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1,
     "too long"},
    {"{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "type F8_E4M3"},
    {"{\"a\":{\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "type f32"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "needs dtype, shape"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1]}}", 4, "each once"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"extra\":1}}", 4, "and no more"},
    {"{\"a\":{}}", 4, "a text in quotes is expected"},
    {"{\"a\":1}", 4, "a tensor is not an object"},
    {"{\"__metadata__\":{\"k\":\"v\",\"l\":\"\\u00e9\\ud83d\\ude00\\n\"}}", 0, NULL},
    {"{\"__metadata__\":{}}", 0, NULL},
    {"{\"__metadata__\":{\"k\":1}}", 0, "a text in quotes"},
    {"{\"__metadata__\":{\"k\":\"v\",\"k\":\"w\"}}", 0, "metadata key k is there twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ is there twice"},
    {"{\"__metadata__\":{\"k\":\"\\u0000\"}}", 0, "the character zero"},
    {"{\"__metadata__\":{\"k\":\"\\ud800\"}}", 0, "surrogate"},
    {"{\"__metadata__\":{\"k\":\"\\ude00\"}}", 0, "surrogate"},
    {"{\"__metadata__\":{\"k\":\"\\x\"}}", 0, "no such escape"},
    {"{\"__metadata__\":{\"k\":\"\\u12g4\"}}", 0, "four hexadecimal digits"},
    {"{\"__metadata__\":{\"k\":\"\n\"}}", 0, "control character"},
    {"{\"__metadata__\":{\"k\":\"\xff\"}}", 0, "not UTF-8"},
    {"{\"__metadata__\":{\"k\":\"\xc0\xaf\"}}", 0, "not UTF-8"},
    {"{\"__metadata__\":{\"k\":\"\xed\xa0\x80\"}}", 0, "not UTF-8"},
    {"{\"a", 0, "no closing quote"},
    {"{\"a\\\"", 0, "no closing quote"},
    {"{\"a\"}", 0, "a colon is expected"},
    {"{} x", 0, "something follows"},
    {"{}    ", 0, NULL},
    {"{,}", 0, "a text in quotes"},
    {"{\"a\":" F32_OF("[0,8]") ",}", 8, "a text in quotes"},
    {"{\"a\":[[[[[[[[[[", 8, "a tensor is not an object"},
};

static void safetensors_headers(void **state) {
    (void)state;
    limn_text file = {0};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        make(&file, headers[i].header, headers[i].room);
        if (headers[i].words)
            sample_refuse(file.data, file.size, headers[i].words);
        else
            sample_accept(file.data, file.size);
    }
    make(&file, "{}", 0);
    file.data[3] = 1; // 16 MiB more than there is
    sample_refuse(file.data, file.size, "the file ends after 2");
    file.data[3] = 3;
    sample_refuse(file.data, file.size, "33554432 is the most");
    file.data[7] = (char)0x80;
    sample_refuse(file.data, file.size, "33554432 is the most");
    // Metadata keys that begin alike: not each compared with each.
    limn_text keys = {0};
    limn_text_print(&keys, "{\"__metadata__\":{");
    for (int i = 0; i < LIMN_METADATA_MOST; i++)
        limn_text_print(&keys, "%s\"%01000d\":\"\"", i ? "," : "", i);
    limn_text_print(&keys, "}}");
    make(&file, keys.data, 0);
    double start = limn_now();
    sample_accept(file.data, file.size);
    assert_true(limn_now() - start < 1);
    keys.size = 0;
    limn_text_print(&keys, "{\"__metadata__\":{\"%01025d\":\"\"}}", 1);
    make(&file, keys.data, 0);
    sample_refuse(file.data, file.size, "longer than 1024 bytes");
    limn_text_free(&keys);
    // 100,001 tensors without values, and as many on the same bytes.
    for (int values = 0; values < 2; values++) {
        limn_text header = {0};
        limn_text_print(&header, "{");
        for (int i = 0; i <= LIMN_TENSORS_MOST; i++)
            limn_text_print(&header,
                            "%s\"%d\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]}",
                            i ? "," : "", i, values, values);
        limn_text_print(&header, "}");
        make(&file, header.data, (size_t)values);
        sample_refuse(file.data, file.size, "more than 100000 tensors");
        limn_text_free(&header);
    }
    limn_text_free(&file);
}

static void safetensors_every_byte(void **state) {
    (void)state;
    limn_text text = {0};
    limn_text_add(&text, vector, 72);
    sample_sweep(&text);
    limn_text_free(&text);
}

// The first files for the fuzzer: test_safetensors --corpus FOLDER.
static int write_corpus(const char *folder) {
    char path[512];
    limn_text text = {0};
    snprintf(path, sizeof path, "%s/vector", folder);
    if (limn_file_write(path, vector, 72, true)) return 1;
    make(&text,
         "{\"__metadata__\":{\"k\":\"\\u00e9\\n\"},\"a\":" F32_OF(
             "[0,8]") ",\"b\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]}}",
         16);
    snprintf(path, sizeof path, "%s/two", folder);
    if (limn_file_write(path, text.data, text.size, true)) return 1;
    limn_text_free(&text);
    return 0;
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "--corpus")) return write_corpus(words[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements),
        cmocka_unit_test(safetensors_vector),
        cmocka_unit_test(safetensors_write),
        cmocka_unit_test(safetensors_same),
        cmocka_unit_test(outlives_its_file),
        cmocka_unit_test(safetensors_headers),
        cmocka_unit_test(safetensors_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
