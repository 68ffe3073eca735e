// PyTorch files: zip and legacy, views and types, hostile pickles and archives.
#define _GNU_SOURCE // memmem
#include "base/clock.h"
#include "formats/load.h"
#include "formats/pickle.h"
#include "formats/safetensors.h"
#include "formats/zip.h"
#include "model_samples.h"

#include <math.h>

// PyTorch files ---------------------------------------------------------------------------------

static const float six[6] = {0, 1, 2, 3, 4, 5};
static const uint16_t halves[3] = {0x3c00, 0xc000, 0x0001}, brains[2] = {0x3f80, 0xc049};
static const double doubles[2] = {0.1, -1e300};
static const int64_t longs[1] = {-7};
static const int32_t ints[2] = {1 << 20, -1};
static const int16_t shorts[2] = {-300, 300};
static const int8_t chars[2] = {-128, 127};
static const uint8_t bytes_[2] = {0, 255}, flags[3] = {1, 0, 1};

static const sample samples[] = {
    {"turned", "0", "Float", 4, 6, six, 2, 0, {3, 2}, {1, 3}, {0, 3, 1, 4, 2, 5}},
    {"shared", "0", "Float", 4, 6, six, 1, 2, {4}, {1}, {2, 3, 4, 5}},
    {"other", "0", "Float", 4, 6, six, 1, 1, {3}, {2}, {1, 3, 5}},
    {"repeated", "0", "Float", 4, 6, six, 2, 5, {2, 2}, {0, 0}, {5, 5, 5, 5}},
    {"block.count", "1", "Long", 8, 1, longs, 0, 0, {0}, {0}, {-7}},
    {"empty", "2", "Float", 4, 0, NULL, 2, 0, {0, 3}, {3, 1}, {0}},
    {"half", "3", "Half", 2, 3, halves, 1, 0, {3}, {1}, {1, -2, 0x1p-24f}},
    {"brain", "4", "BFloat16", 2, 2, brains, 1, 0, {2}, {1}, {1, -3.140625f}},
    {"double", "5", "Double", 8, 2, doubles, 1, 0, {2}, {1}, {0.1f, -INFINITY}},
    {"int", "6", "Int", 4, 2, ints, 1, 0, {2}, {1}, {1 << 20, -1}},
    {"short", "7", "Short", 2, 2, shorts, 1, 0, {2}, {1}, {-300, 300}},
    {"char", "8", "Char", 1, 2, chars, 1, 0, {2}, {1}, {-128, 127}},
    {"byte", "9", "Byte", 1, 2, bytes_, 1, 0, {2}, {1}, {0, 255}},
    {"bool", "10", "Bool", 1, 3, flags, 3, 2, {1, 1, 1}, {9, 8, 7}, {1}},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static void check_samples(const char *bytes, size_t size) {
    limn_tensors set;
    char *copy;
    if (sample_parse(bytes, size, &set, &copy)) fail_msg("refused: %s", limn_message());
    assert_int_equal(set.count, SAMPLES);
    for (int i = 0; i < SAMPLES; i++) {
        const limn_stored *tensor = limn_tensors_find(&set, samples[i].name);
        float values[6];
        assert_non_null(tensor);
        assert_string_equal(set.items[i].name, samples[i].name); // the order of the file
        assert_int_equal(tensor->rank, samples[i].rank);
        for (int d = 0; d < tensor->rank; d++)
            assert_int_equal(tensor->shape[d], samples[i].shape[d]);
        assert_int_equal(limn_element_size(tensor->element), samples[i].element_size);
        limn_tensor_read(tensor, values);
        assert_memory_equal(values, samples[i].expected, tensor->count * sizeof(float));
    }
    assert_true(limn_tensors_find(&set, "bool")->contiguous);
    assert_false(limn_tensors_find(&set, "turned")->contiguous);
    // Views come out of a safetensors file the same, as rows.
    const char *path = sample_temporary("views.safetensors");
    assert_int_equal(limn_safetensors_write(path, &set, LIMN_ELEMENT_F32, true), LIMN_OK);
    limn_tensors again = {0};
    assert_int_equal(limn_tensors_load(path, &again), LIMN_OK);
    for (int i = 0; i < SAMPLES; i++) {
        float values[6];
        const limn_stored *tensor = limn_tensors_find(&again, samples[i].name);
        limn_tensor_read(tensor, values);
        assert_memory_equal(values, samples[i].expected, tensor->count * sizeof(float));
    }
    unlink(path);
    limn_tensors_free(&again);
    limn_tensors_free(&set);
    free(copy);
}

static void torch_legacy(void **state) {
    (void)state;
    limn_text file = {0};
    sample_legacy(&file, samples, SAMPLES);
    check_samples(file.data, file.size);
    sample_number(&file, 0, 1);
    sample_refuse(file.data, file.size, "1 bytes follow the last storage");
    limn_text_free(&file);
}

// torch.save(..., pickle_protocol=3 and up) marks its files in another way.
static void torch_protocols(void **state) {
    (void)state;
    limn_text file = {0};
    sample_legacy(&file, samples, SAMPLES);
    for (int protocol = 3; protocol <= 5; protocol++) {
        limn_text other = {0};
        sample_raw(&other, "\x80");
        sample_number(&other, (uint64_t)protocol, 1);
        if (protocol > 3) sample_raw(&other, "\x95\x0d\0\0\0\0\0\0\0"); // a frame
        limn_text_add(&other, file.data + 2, file.size - 2);
        check_samples(other.data, other.size);
        assert_string_equal(limn_tensors_kind((const unsigned char *)other.data, other.size),
                            "PyTorch legacy");
        limn_text_free(&other);
    }
    limn_text_free(&file);
}

static void torch_zip(void **state) {
    (void)state;
    for (int variant = 0; variant < 16; variant++) {
        sample_zip zip = {.deflate = variant & 1, .wide = variant & 2, .align = variant & 4};
        sample_checkpoint(&zip, samples, SAMPLES, variant & 8);
        check_samples(zip.file.data, zip.file.size);
        limn_text_free(&zip.file);
    }
}

// {"epoch": 3, "lr": 0.5, "note": "x", "state_dict": {...}}
static void torch_nested(void **state) {
    (void)state;
    limn_text pickle = {0};
    sample_raw(&pickle, "\x80\x02}(");
    sample_string(&pickle, "epoch");
    sample_raw(&pickle, "K\3");
    sample_string(&pickle, "lr");
    sample_raw(&pickle, "G\x3f\xe0\0\0\0\0\0\0");
    sample_string(&pickle, "note");
    sample_string(&pickle, "x");
    sample_string(&pickle, "state");
    sample_raw(&pickle, "}K\7\x88s"); // {7: True}
    sample_string(&pickle, "state_dict");
    sample_dictionary(&pickle, samples, 1, false);
    sample_raw(&pickle, "u.");
    sample_zip zip = {0};
    sample_member(&zip, "a/data.pkl", pickle.data, pickle.size);
    sample_member(&zip, "a/data/0", six, sizeof six);
    sample_zip_end(&zip);
    limn_tensors set;
    char *copy;
    assert_int_equal(sample_parse(zip.file.data, zip.file.size, &set, &copy), LIMN_OK);
    assert_string_equal(set.items[0].name, "state_dict.turned");
    assert_string_equal(limn_tensors_metadata(&set, "epoch"), "3");
    assert_string_equal(limn_tensors_metadata(&set, "lr"), "0.5");
    assert_string_equal(limn_tensors_metadata(&set, "note"), "x");
    assert_string_equal(limn_tensors_metadata(&set, "state.7"), "true");
    assert_false(limn_tensors_select(&set, "params."));
    assert_true(limn_tensors_select(&set, "state_dict."));
    assert_non_null(limn_tensors_find(&set, "turned"));
    limn_tensors_free(&set);
    free(copy);
    limn_text_free(&zip.file);
    limn_text_free(&pickle);
}

// Protocol 4, and storages without a type (PyTorch 2): _rebuild_tensor_v3.
static void torch_newer(void **state) {
    (void)state;
    limn_text pickle = {0};
    sample_raw(&pickle, "\x80\x04\x95\0\0\0\0\0\0\0\0}\x8c\1a\x8c\x0ctorch._utils\x94"
                        "\x8c\x12_rebuild_tensor_v3\x93((\x8c\7storage\x8c\x0dtorch.storage"
                        "\x8c\x0eUntypedStorage\x93\x8c\1k\x8c\3cpuK\x08tQK\1K\3\x85K\1\x85\x89N"
                        "ctorch\nuint16\ntRs.");
    static const uint16_t values[4] = {1, 2, 3, 65535};
    sample_zip zip = {0};
    sample_member(&zip, "a/data.pkl", pickle.data, pickle.size);
    sample_member(&zip, "a/data/k", values, sizeof values);
    sample_zip_end(&zip);
    limn_tensors set;
    char *copy;
    float out[3];
    if (sample_parse(zip.file.data, zip.file.size, &set, &copy)) fail_msg("%s", limn_message());
    assert_int_equal(limn_tensors_read_float(&set, "a", out, 3), LIMN_OK);
    assert_true(out[0] == 2 && out[1] == 3 && out[2] == 65535);
    limn_tensors_free(&set);
    free(copy);
    limn_text_free(&zip.file);
    limn_text_free(&pickle);
}

static void every_byte(void **state) {
    (void)state;
    limn_text text = {0};
    sample_legacy(&text, samples, 5);
    sample_sweep(&text);
    limn_text_free(&text);
    for (int variant = 0; variant < 4; variant++) {
        sample_zip zip = {.deflate = variant == 1, .wide = variant == 2, .align = variant == 3};
        sample_checkpoint(&zip, samples, 5, false);
        sample_sweep(&zip.file);
        limn_text_free(&zip.file);
    }
}

// Hostile pickles -------------------------------------------------------------------------------

#define FLOAT_ID "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuK\6tQ"
#define REBUILD "ctorch._utils\n_rebuild_tensor_v2\n("
#define HUGE "\x8a\x08\0\0\0\0\0\0\0\x40" // 2^62
#define TEN_LISTS "]]]]]]]]]]"
#define TEN_APPENDS "aaaaaaaaaa"

static const struct {
    const char *bytes;
    size_t size;
    const char *words;
} pickles[] = {
#define P(bytes, words)                                                                            \
    { "\x80\x02" bytes, sizeof bytes + 1, words }
    P("cos\nsystem\nX\2\0\0\0ls\x85R.", "asks Python for os.system"),
    P("c__main__\nNet\n)\x81.", "Save model.state_dict(), not the model"),
    P("cposix\nsystem\n.", "asks Python for posix.system"),
    P("cnt\nsystem\n.", "asks Python for nt.system"),
    P("cbuiltins\neval\nX\1\0\0\0001\x85R.", "asks Python for builtins.eval"),
    P("c__builtin__\neval\n.", "asks Python for __builtin__.eval"),
    P("ctorch\nload\n.", "asks Python for torch.load"),
    P("c\x1b[2J\nx\n.", "asks Python for ?[2J.x"),
    P("X\2\0\0\0osX\6\0\0\0system\x93.", "asks Python for os.system"),
    P("K\1K\2\x93.", "named by something that is not text"),
    P("cos\nsystem", "a name has no end"),
    P("(ios\nsystem\n.", "opcode INST at byte 3"),
    P("(o.", "no state dict needs (opcode OBJ"),
    P("\x82\1.", "opcode EXT1"),
    P("\x83\1\0.", "opcode EXT2"),
    P("\x84\1\0\0\0.", "opcode EXT4"),
    P("Pabc\n.", "opcode PERSID"),
    P("\x92.", "opcode NEWOBJ_EX"),
    P("\x81.", "opcode NEWOBJ at"),
    P("2.", "opcode DUP"),
    P("\xff.", "opcode ff at byte 2 of"),
    P("r\xff\xff\xff\xffK\1.", "place 4294967295 of the memo"),
    P("K\1r\0\0\x10\0.", "place 1048576 of the memo"),
    P("q\0.", "the stack of the pickle is empty"),
    P("h\0.", "place 0 of the memo is empty"),
    P("j\xff\xff\xff\xff.", "of the memo is empty"),
    P("K\1(q\0.", "the stack of the pickle is empty"),
    P(TEN_LISTS TEN_LISTS TEN_LISTS TEN_LISTS TEN_LISTS TEN_LISTS TEN_LISTS TEN_APPENDS TEN_APPENDS
          TEN_APPENDS TEN_APPENDS TEN_APPENDS TEN_APPENDS TEN_APPENDS ".",
      "nested more than 64 deep"),
    P("((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((", "more than 64 marks"),
    P(")K\1K\2s.", "set in something that is not a dictionary"),
    P("K\1K\2K\3s.", "set in something that is not a dictionary"),
    P("](K\1K\2u.", "set in something that is not a dictionary"),
    P("}(K\1u.", "a key without a value"),
    P(")K\1a.", "appended to something that is not a list"),
    P("}(K\1e.", "appended to something that is not a list"),
    P("K\1a.", "appended to something that is not a list"),
    P("(]a.", "appended to something that is not a list"),
    P("a.", "the stack of the pickle is empty"),
    P("t.", "there is no mark"),
    P("u.", "there is no mark"),
    P("K\1\x86.", "the stack of the pickle is empty"),
    P("R.", "the stack of the pickle is empty"),
    P("Q.", "the stack of the pickle is empty"),
    P("K\1Q.", "not named by a type, a key"),
    P("X\xff\0\0\0ab.", "a text of 255 bytes is longer"),
    P("X\xff\xff\xff\xff"
      "ab.",
      "a text of 4294967295 bytes is longer"),
    P("X\1\0\0\0\xff.", "not UTF-8"),
    P("U\2\xc3.", "not UTF-8"),
    P("\x8a\x09\0\0\0\0\0\0\0\0\0.", "larger than 64 bits"),
    P("\x8a\x08\0\0.", "in the middle of an opcode"),
    P("\x95\xff\0\0\0\0\0\0\0.", "a frame is longer"),
    P("K\1K\2.", "2 values and 0 marks"),
    P("K\1(.", "1 values and 1 marks"),
    P(".", "0 values"),
    P("K\1", "the pickle has no end"),
    P("}}b.", "neither an OrderedDict nor a tensor"),
    P("K\1K\2b.", "neither an OrderedDict nor a tensor"),
    P("K\1)R.", "called that is not a function"),
    P("ctorch\nFloatStorage\n)R.", "called that is not a function"),
    P("ccollections\nOrderedDict\nK\1R.", "that is not a tuple"),
    P("ccollections\nOrderedDict\nK\1\x85R.", "not made of a list"),
    P("ccollections\nOrderedDict\n]K\1a\x85R.", "not made of pairs"),
    P("(X\6\0\0\0modulecos\nsystem\n", "asks Python for os.system"),
    P("(X\6\0\0\0moduleNNNtQ.", "a whole Python module"),
    P("(X\7\0\0\0storagectorch\nfloat32\nX\1\0\0\0000X\3\0\0\0cpuK\6tQ.", "has the type float32"),
    P("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuJ\xff\xff\xff\xfftQ.",
      "not named by a type, a key"),
    P("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpu" HUGE "tQ.",
      "larger than 64 bits can count"),
    P(REBUILD "K\1K\0))\x89NtR.", "not made of a storage"),
    P(REBUILD FLOAT_ID "K\0))tR.", NULL),
    P(REBUILD FLOAT_ID "K\0)tR.", "not made of a storage"),
    P(REBUILD FLOAT_ID "K\6))\x89NtR.", "reaches element 6 of a storage of 6"),
    P(REBUILD FLOAT_ID "J\xff\xff\xff\xff))\x89NtR.", "the offset of a tensor"),
    P(REBUILD FLOAT_ID "K\1K\6\x85K\1\x85\x89NtR.", "reaches element 6 of a storage of 6"),
    P(REBUILD FLOAT_ID "K\0K\3\x85J\xff\xff\xff\xff\x85\x89NtR.",
      "the stride of a tensor has an item"),
    P(REBUILD FLOAT_ID "K\0J\xff\xff\xff\xff\x85K\1\x85\x89NtR.",
      "the size of a tensor has an item"),
    P(REBUILD FLOAT_ID "K\0K\3K\2\x86K\1\x85\x89NtR.", "2 sizes but 1 strides"),
    P(REBUILD FLOAT_ID "K\0(" HUGE "K\4t(K\0K\0t\x89NtR.", "larger than 64 bits can count"),
    P(REBUILD FLOAT_ID "K\0(" HUGE "t(K\10t\x89NtR.", "larger than 64 bits can count"),
    P(REBUILD FLOAT_ID "K\0(J\0\0\0\x10t(K\0t\x89NtR.", "more often than any model"),
    P(REBUILD FLOAT_ID HUGE "(K\2t(" HUGE "t\x89NtR.", "reaches element 9223372036854775808"),
    P(REBUILD FLOAT_ID "K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1t)\x89NtR.", "at most 8 numbers"),
    P(REBUILD FLOAT_ID "K\0K\6K\1\x89NtR.", "not a tuple of at most 8"),
    P("ctorch._utils\n_rebuild_parameter\nK\1\x85R.", "a parameter is not made of a tensor"),
    P("ctorch._utils\n_rebuild_tensor_v3\n(" FLOAT_ID "K\0))\x89Nctorch\nfloat64\ntR.",
      "different types"),
    P("ctorch\nSize\nK\1\x85R.", "a torch.Size is not made of a tuple"),
    P("ctorch\ndevice\n}\x85R.", "made of something else"),
#undef P
    {"\x80\x06.", 3, "protocol 6 are not read"},
    {"\x80\x01.", 3, "protocol 1 are not read"},
    {"", 0, "the pickle has no end"},
};

static void hostile_pickles(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof pickles / sizeof *pickles; i++) {
        limn_pickle pickle = {.where = "data.pkl"};
        limn_pickle_value value;
        size_t at = 0;
        unsigned char *copy = malloc(pickles[i].size ? pickles[i].size : 1);
        memcpy(copy, pickles[i].bytes, pickles[i].size);
        limn_status status = limn_pickle_read(&pickle, copy, pickles[i].size, &at, &value);
        const char *words = pickles[i].words, *message = status ? limn_message() : "accepted";
        bool expected = words ? status == LIMN_MODEL && strstr(message, words) : status == LIMN_OK;
        if (!expected) fail_msg("pickle %zu: %s, expected %s", i, message, words ? words : "no");
        limn_pickle_free(&pickle);
        free(copy);
    }
}

// An archive is not unpacked beyond the memory that may be used, all members together.
static void little_memory(void) {
    sample_zip zip = {.deflate = true};
    char zeros[100] = {0};
    sample_member(&zip, "a", zeros, sizeof zeros);
    sample_member(&zip, "b", zeros, sizeof zeros);
    sample_zip_end(&zip);
    limn_zip archive = {0};
    limn_tensors set = {0};
    const unsigned char *bytes;
    assert_int_equal(limn_zip_open((unsigned char *)zip.file.data, zip.file.size, &archive),
                     LIMN_OK);
    assert_true(archive.memory > 0);
    archive.memory = 150;
    assert_int_equal(limn_zip_read(&archive, &archive.members[0], 100, &set, &bytes), LIMN_OK);
    assert_int_equal(limn_zip_read(&archive, &archive.members[1], 100, &set, &bytes), LIMN_MEMORY);
    assert_non_null(strstr(limn_message(), "more memory than the 150 bytes"));
    limn_zip_close(&archive);
    limn_tensors_free(&set);
    limn_text_free(&zip.file);
}

// Small pickles that would grow large.
static void bombs(void **state) {
    (void)state;
    limn_text pickle = {0};
    // Each dictionary holds the one before twice: 2^60 paths.
    sample_raw(&pickle, "\x80\x02}(K\0}q\0");
    for (int i = 0; i < 60; i++) sample_raw(&pickle, "K\1}(K\1h\0K\2h\0uq\0");
    sample_raw(&pickle, "u.");
    sample_zip zip = {0};
    sample_member(&zip, "a/data.pkl", pickle.data, pickle.size);
    sample_zip_end(&zip);
    sample_refuse(zip.file.data, zip.file.size, "more names than any model");
    limn_text_free(&zip.file);
    // A dictionary inside itself.
    pickle.size = 0;
    sample_raw(&pickle, "\x80\x02}q\0K\1h\0s.");
    zip = (sample_zip){0};
    sample_member(&zip, "a/data.pkl", pickle.data, pickle.size);
    sample_zip_end(&zip);
    sample_refuse(zip.file.data, zip.file.size, "holds itself");
    limn_text_free(&zip.file);
    // More lists than there is memory for.
    pickle.size = 0;
    sample_raw(&pickle, "\x80\x02");
    for (int i = 0; i < 8000000; i++) sample_raw(&pickle, "]");
    limn_pickle reader = {.where = "data.pkl"};
    limn_pickle_value value;
    size_t at = 0;
    assert_int_equal(
        limn_pickle_read(&reader, (unsigned char *)pickle.data, pickle.size, &at, &value),
        LIMN_MODEL);
    assert_non_null(strstr(limn_message(), "more than 268435456 bytes of objects"));
    limn_pickle_free(&reader);
    assert_true(limn_memory_peak() < (size_t)1 << 30);
    // Zeros packed a thousandfold: refused before they are unpacked.
    char *zeros = calloc(1, 1 << 24);
    zip = (sample_zip){.deflate = true};
    sample_member(&zip, "a/data.pkl", zeros, 1 << 24);
    free(zeros);
    sample_zip_end(&zip);
    sample_refuse(zip.file.data, zip.file.size, "too good to be true");
    limn_text_free(&zip.file);
    little_memory();
    limn_text_free(&pickle);
}

static void refuse_pickle(const limn_text *pickle, const char *words) {
    sample_zip zip = {0};
    sample_member(&zip, "a/data.pkl", pickle->data, pickle->size);
    sample_zip_end(&zip);
    sample_refuse(zip.file.data, zip.file.size, words);
    limn_text_free(&zip.file);
}

// Small pickles that would take long: one long text a hundred thousand times, one name as often.
static void long_work(void **state) {
    (void)state;
    enum { TIMES = 100000, LONG = 1 << 20 };
    char *letters = malloc(LONG + 1);
    memset(letters, 'a', LONG);
    letters[LONG] = 0;
    limn_text pickle = {0};
    double start = limn_now();
    // A storage's key.
    sample_raw(&pickle, "\x80\x02}K\1](");
    sample_string(&pickle, letters);
    sample_raw(&pickle, "q\1");
    for (int i = 0; i < 1000; i++) {
        sample_raw(&pickle, "(");
        sample_string(&pickle, "storage");
        sample_global(&pickle, "torch", "FloatStorage");
        sample_raw(&pickle, "h\1");
        sample_string(&pickle, "cpu");
        sample_raw(&pickle, "K\1tQ");
    }
    sample_raw(&pickle, "es.");
    refuse_pickle(&pickle, "the key of a storage is longer than 1024 bytes");
    // A text with a zero at its end.
    pickle.size = 0;
    sample_raw(&pickle, "\x80\x02}(K\0X");
    sample_number(&pickle, LONG + 1, 4);
    limn_text_add(&pickle, letters, LONG + 1);
    sample_raw(&pickle, "q\1");
    for (int i = 0; i < TIMES; i++) sample_raw(&pickle, "K\1h\1");
    sample_raw(&pickle, "u.");
    refuse_pickle(&pickle, "more names than any model");
    // One name behind many.
    pickle.size = 0;
    sample_raw(&pickle, "\x80\x02}(");
    for (int i = 0; i < LIMN_METADATA_MOST - 1; i++) {
        sample_integer(&pickle, i);
        sample_raw(&pickle, "\x88");
    }
    for (int i = 0; i < TIMES; i++) sample_raw(&pickle, "M\x0e\x27\x88"); // 9998: the last of them
    sample_integer(&pickle, LIMN_METADATA_MOST);
    sample_tensor(&pickle, &(sample){.key = "0", .type = "Float", .count = 6}, false);
    sample_raw(&pickle, "u.");
    sample_zip zip = {0};
    sample_member(&zip, "a/data.pkl", pickle.data, pickle.size);
    sample_member(&zip, "a/data/0", six, sizeof six);
    sample_zip_end(&zip);
    sample_refuse(zip.file.data, zip.file.size, "metadata key 9998 is there twice");
    limn_text_free(&zip.file);
    assert_true(limn_now() - start < 1);
    limn_text_free(&pickle);
    free(letters);
}

// Zip archives and legacy files that do not agree with themselves --------------------------------

static void zip_of(sample_zip *zip, const char *const *names, int count) {
    *zip = (sample_zip){0};
    for (int i = 0; i < count; i++) sample_member(zip, names[i], "x", 1);
    sample_zip_end(zip);
}

static void hostile_zips(void **state) {
    (void)state;
    static const struct {
        const char *names[3];
        const char *words;
    } table[] = {
        {{"a/data.pkl", "a/data/0", "/a"}, "leads out of it"},
        {{"a/data.pkl", "a/../b", "b"}, "leads out of it"},
        {{"a/data.pkl", "..", "b"}, "leads out of it"},
        {{"a/data.pkl", "c:x", "b"}, "leads out of it"},
        {{"a/data.pkl", "b", "a/data.pkl"}, "two members called a/data.pkl"},
        {{"a/data.pkl", "b/data.pkl", "c"}, "more than one data.pkl"},
        {{"a/data.pkl", "a/constants.pkl", "c"}, "TorchScript"},
        {{"a/data.pkl", "a/code/x.py", "c"}, "TorchScript"},
        {{"x.npy", "y.npy", "c"}, "NumPy arrays and c"},
        {{"word/document.xml", "b", "c"}, "not one of PyTorch"},
        {{"a/data.pkl", "b", "c"}, "opcode 78 at byte 0 of data.pkl"},
    };
    sample_zip zip;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        zip_of(&zip, table[i].names, 3);
        sample_refuse(zip.file.data, zip.file.size, table[i].words);
        limn_text_free(&zip.file);
    }
    // The second entry of the directory points at the first member.
    zip_of(&zip, table[10].names, 3);
    size_t directory = zip.file.size - 22 - 3 * 46 - 10 - 1 - 1;
    memset(zip.file.data + directory + 46 + 10 + 42, 0, 4);
    sample_refuse(zip.file.data, zip.file.size, "share the same bytes");
    limn_text_free(&zip.file);
    // A wrong byte, a wrong size, a missing storage.
    zip = (sample_zip){0};
    sample_checkpoint(&zip, samples, 1, false);
    char *values = memmem(zip.file.data, zip.file.size, six, sizeof six);
    values[4] ^= 1;
    sample_refuse(zip.file.data, zip.file.size, "the checksum of member archive/data/0 is wrong");
    limn_text_free(&zip.file);
    limn_text pickle = {0};
    sample_raw(&pickle, "\x80\x02");
    sample_dictionary(&pickle, samples, 1, false);
    sample_raw(&pickle, ".");
    for (int variant = 0; variant < 4; variant++) {
        static const char *const words[] = {"which the archive does not hold",
                                            "has 20 bytes where 24 are expected", "big-endian",
                                            "1 bytes follow the end"};
        zip = (sample_zip){0};
        if (variant == 3) sample_raw(&pickle, "x");
        sample_member(&zip, "a/data.pkl", pickle.data, pickle.size);
        if (variant) sample_member(&zip, "a/data/0", six, variant == 1 ? 20 : 24);
        if (variant == 2) sample_member(&zip, "a/byteorder", "big", 3);
        sample_zip_end(&zip);
        sample_refuse(zip.file.data, zip.file.size, words[variant]);
        limn_text_free(&zip.file);
    }
    limn_text_free(&pickle);
}

static void hostile_legacy(void **state) {
    (void)state;
    // One key with two counts.
    sample two[2] = {samples[1], samples[2]};
    limn_text file = {0};
    two[1].count = 7;
    sample_legacy(&file, two, 2);
    sample_refuse(file.data, file.size, "named twice with different types or counts");
    // The record's count differs.
    file.size = 0;
    sample_legacy(&file, samples, 1);
    file.data[file.size - 32] = 5;
    sample_refuse(file.data, file.size, "has 5 elements where 6 are expected");
    file.data[file.size - 32] = 6;
    char *order = memmem(file.data, file.size, "little_endian", 13);
    order[13] = (char)0x89;
    sample_refuse(file.data, file.size, "big-endian");
    order[13] = (char)0x88;
    char *keys = memmem(file.data, file.size, "](X\1\0\0\0", 7);
    keys[7] = '9';
    sample_refuse(file.data, file.size, "no tensor uses it");
    limn_text_free(&file);
}

// The first files for the fuzzer: test_model_torch --corpus FOLDER.
static int write_corpus(const char *folder) {
    char path[512];
    limn_text text = {0};
    sample_legacy(&text, samples, 6);
    snprintf(path, sizeof path, "%s/legacy", folder);
    if (limn_file_write(path, text.data, text.size, true)) return 1;
    for (int variant = 0; variant < 4; variant++) {
        sample_zip zip = {.deflate = variant == 1, .wide = variant == 2, .align = variant == 3};
        sample_checkpoint(&zip, samples, variant + 1, false);
        snprintf(path, sizeof path, "%s/zip%d", folder, variant);
        if (limn_file_write(path, zip.file.data, zip.file.size, true)) return 1;
        limn_text_free(&zip.file);
    }
    limn_text_free(&text);
    return 0;
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "--corpus")) return write_corpus(words[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torch_legacy),    cmocka_unit_test(torch_protocols),
        cmocka_unit_test(torch_zip),       cmocka_unit_test(torch_nested),
        cmocka_unit_test(torch_newer),     cmocka_unit_test(every_byte),
        cmocka_unit_test(hostile_pickles), cmocka_unit_test(bombs),
        cmocka_unit_test(hostile_zips),    cmocka_unit_test(hostile_legacy),
        cmocka_unit_test(long_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
