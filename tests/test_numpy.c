// NumPy files: headers, types and orders, arrays of arrays of three Pythons, hostile pickles.
#include "formats/load.h"
#include "formats/numpy.h"
#include "formats/pickle.h"
#include "numpy_samples.h"

#include <math.h>

static const float six[6] = {0, -1.5F, 2, 3e-20F, 4e20F, 200.5F};
static const double two[2] = {0.1, -7};
static const sample_array arrays[] = {
    {"f4", 4, 2, {2, 3}, six},
    {"f4", 4, 1, {5}, six},
    {"f4", 4, 4, {1, 2, 1, 3}, six},
    {"f8", 8, 1, {2}, two},
};
enum { ARRAYS = sizeof arrays / sizeof *arrays };

// ---- arrays ----

// The array `a` of an archive, as floats in C order.
static void check_array(const limn_text *npy, bool deflate, int rank, const size_t *shape,
                        const float *expected) {
    limn_text file = {0};
    limn_tensors set;
    char *copy;
    sample_npz(&file, "a.npy", npy, deflate);
    if (sample_parse(file.data, file.size, &set, &copy)) fail_msg("refused: %s", limn_message());
    const limn_stored *a = limn_tensors_find(&set, "a");
    float values[6];
    assert_non_null(a);
    assert_int_equal(a->rank, rank);
    for (int i = 0; i < rank; i++) assert_int_equal(a->shape[i], shape[i]);
    assert_true(a->count <= 6);
    limn_tensor_read(a, values);
    assert_memory_equal(values, expected, a->count * sizeof *values);
    limn_tensors_free(&set);
    free(copy);
    limn_text_free(&file);
}

// The vector of the specification, byte for byte.
static void vector(void **state) {
    (void)state;
    limn_text npy = {0};
    const sample_array a = arrays[0];
    sample_npy(&npy, &a);
    assert_int_equal(npy.size, 152);
    assert_memory_equal(npy.data,
                        "\x93NUMPY\1\0\x76\0{'descr': '<f4', 'fortran_order': False, "
                        "'shape': (2, 3), }   ",
                        72);
    check_array(&npy, false, 2, (size_t[]){2, 3}, six);
    check_array(&npy, true, 2, (size_t[]){2, 3}, six);
    limn_text_free(&npy);
}

static void headers(void **state) {
    (void)state;
    static const struct {
        int version;
        const char *dictionary, *bytes;
        size_t size;
        int rank;
        size_t shape[2];
        float expected[4];
    } table[] = {
#define D(descr, order, shape) "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape
        {1, D("<f4", "False", "(2,), }"), "\0\0\x80?\0\0\0\xc0", 8, 1, {2}, {1, -2}},
        {2, D("<f4", "False", "(2,)}"), "\0\0\x80?\0\0\0\xc0", 8, 1, {2}, {1, -2}},
        {3, D("<f4", "False", "(2L,), }"), "\0\0\x80?\0\0\0\xc0", 8, 1, {2}, {1, -2}},
        {1, D(">f4", "False", "(2,), }"), "?\x80\0\0\xc0\0\0\0", 8, 1, {2}, {1, -2}},
        {1, D(">f8", "False", "(), }"), "\xc0\x1c\0\0\0\0\0\0", 8, 0, {0}, {-7}},
        {1, D("<f2", "False", "(1, 1), }"), "\0\x3c", 2, 2, {1, 1}, {1}},
        {1, D("|u1", "True", "(2, 2), }"), "\1\2\3\4", 4, 2, {2, 2}, {1, 3, 2, 4}},
        {1, D("|i1", "False", "(0, 3), }"), "", 0, 2, {0, 3}, {0}},
        {1, D(">i2", "True", "(2, 1), }"), "\1\0\xff\xff", 4, 2, {2, 1}, {256, -1}},
        {1, D("|b1", "False", "(3,), }"), "\0\1\1", 3, 1, {3}, {0, 1, 1}},
        {1,
         "{\"shape\": (1 , ) , \"descr\":\"<i4\",\n'fortran_order':False}",
         "\5\0\0\0",
         4,
         1,
         {1},
         {5}},
#undef D
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        limn_text npy = {0};
        sample_npy_header(&npy, table[i].version, table[i].dictionary);
        limn_text_add(&npy, table[i].bytes, table[i].size);
        check_array(&npy, false, table[i].rank, table[i].shape, table[i].expected);
        limn_text_free(&npy);
    }
}

static void refuse_array(const limn_text *npy, const char *words) {
    limn_text file = {0};
    sample_npz(&file, "a.npy", npy, false);
    sample_refuse(file.data, file.size, words);
    limn_text_free(&file);
}

static void refused_headers(void **state) {
    (void)state;
    static const struct {
        const char *dictionary, *words;
    } table[] = {
#define D(descr, order, shape) "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape
        {"", "not one that NumPy writes"},
        {"{", "not one that NumPy writes"},
        {"{}", "not one that NumPy writes"},
        {"{'descr': '<f4'}", "not one that NumPy writes"},
        {"{'descr': '<f4', 'descr': '<f4'}", "not one that NumPy writes"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': ()}", "not one that NumPy writes"},
        {D("<f4", "False", "(), 'x': 1}"), "not one that NumPy writes"},
        {D("<f4", "False", "()} x"), "not one that NumPy writes"},
        {D("<f4", "0", "()}"), "not one that NumPy writes"},
        {D("<f4", "False", "(1}"), "not one that NumPy writes"},
        {D("<f4", "False", "(-1,)}"), "not one that NumPy writes"},
        {D("<f4", "False", "(1 1)}"), "not one that NumPy writes"},
        {D("<f4", "False", "(,)}"), "not one that NumPy writes"},
        {D("<f4", "False", "[1]}"), "not one that NumPy writes"},
        {D("<f4", "False", "(1,1,1,1,1,1,1,1,1)}"), "not one that NumPy writes"},
        {D("<f4", "False", "(99999999999999999999,)}"), "larger than 64 bits"},
        {D("<f4", "False", "(4611686018427387904, 4)}"), "which do not fit"},
        {D("<f4", "False", "(4611686018427387904,)}"), "which do not fit"},
        {D("<f4", "False", "(2,)}"), "shape [2] has 4 bytes of values"},
        {D("<f4", "False", "()} "), NULL},
        {D("<c8", "False", "()}"), "type <c8 are not read"},
        {D("<U4", "False", "()}"), "type <U4 are not read"},
        {D("<f4x", "False", "()}"), "type <f4x are not read"},
        {D("<M8[s]", "False", "()}"), "are not read"},
        {"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': ()}", "holds records"},
        {D("|O", "False", "()}"), "no end"},
#undef D
    };
    limn_text npy = {0};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        npy.size = 0;
        sample_npy_header(&npy, 1, table[i].dictionary);
        sample_raw(&npy, "\0\0\0\0");
        if (!strncmp(table[i].dictionary, "{'descr': '|O", 13)) npy.size -= 4;
        if (table[i].words)
            refuse_array(&npy, table[i].words);
        else
            check_array(&npy, false, 0, NULL, &(float){0});
    }
    limn_text_free(&npy);
}

static void refused_starts(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } starts[] = {
        {"\x93NUMPY", 6, "a.npy: it does not begin"},
        {"\x93NUMPX\1\0", 8, "it does not begin"},
        {"\x93NUMPY\4\0\0\0", 10, "version 4.0"},
        {"\x93NUMPY\1\1\0\0", 10, "version 1.1"},
        {"\x93NUMPY\1\0\1", 9, "within its header"},
        {"\x93NUMPY\1\0\2\0{", 11, "within its header"},
        {"\x93NUMPY\2\0\1\0\0", 11, "within its header"},
    };
    limn_text npy = {0};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        npy.size = 0;
        limn_text_add(&npy, starts[i].bytes, starts[i].size);
        refuse_array(&npy, starts[i].words);
    }
    npy.size = 0;
    sample_raw(&npy, "\x93NUMPY\2\0\x11\x27\0\0");
    for (int i = 0; i < 10001; i++) sample_raw(&npy, " ");
    refuse_array(&npy, "10000 are the most");
    limn_text_free(&npy);
}

static void archives(void **state) {
    (void)state;
    limn_text npy = {0};
    sample_npy(&npy, &arrays[3]);
    sample_zip zip = {.wide = true};
    sample_member(&zip, "mu.npy", npy.data, npy.size);
    sample_member(&zip, "deep/sigma.npy", npy.data, npy.size);
    sample_zip_end(&zip);
    limn_tensors set;
    char *copy;
    assert_string_equal(limn_tensors_kind((unsigned char *)zip.file.data, zip.file.size),
                        "NumPy zip");
    if (sample_parse(zip.file.data, zip.file.size, &set, &copy)) fail_msg("%s", limn_message());
    assert_int_equal(set.count, 2);
    assert_non_null(limn_tensors_find(&set, "mu"));
    assert_int_equal(limn_tensors_find(&set, "deep/sigma")->element, LIMN_ELEMENT_F64);
    limn_tensors_free(&set);
    free(copy);
    limn_text_free(&zip.file);
    zip = (sample_zip){0};
    sample_member(&zip, "mu.npy", npy.data, npy.size);
    sample_member(&zip, "notes.txt", "x", 1);
    sample_zip_end(&zip);
    sample_refuse(zip.file.data, zip.file.size, "NumPy arrays and notes.txt");
    limn_text_free(&zip.file);
    limn_text_free(&npy);
}

// ---- arrays of arrays ----

static void check_objects(const char *npy, size_t size) {
    limn_tensors set = {0};
    char *copy = malloc(size);
    memcpy(copy, npy, size);
    if (limn_numpy_read_array((unsigned char *)copy, size, "params", &set))
        fail_msg("refused: %s", limn_message());
    assert_int_equal(set.count, ARRAYS);
    for (int i = 0; i < ARRAYS; i++) {
        char name[32];
        float values[6];
        snprintf(name, sizeof name, "params.%d", i);
        assert_string_equal(set.items[i].name, name);
        assert_int_equal(set.items[i].rank, arrays[i].rank);
        for (int d = 0; d < arrays[i].rank; d++)
            assert_int_equal(set.items[i].shape[d], arrays[i].shape[d]);
        limn_tensor_read(&set.items[i], values);
        for (size_t k = 0; k < set.items[i].count; k++)
            assert_true(values[k] == (i == 3 ? (float)two[k] : six[k]));
    }
    limn_tensors_free(&set);
    free(copy);
}

static void objects(void **state) {
    (void)state;
    for (int python = SAMPLE_PYTHON_2; python <= SAMPLE_PYTHON_3_PROTOCOL_4; python++) {
        limn_text npy = {0};
        sample_object_npy(&npy, arrays, ARRAYS, (sample_python)python, "<");
        check_objects(npy.data, npy.size);
        sample_raw(&npy, "x");
        refuse_array(&npy, "1 bytes follow the end of its pickle");
        limn_text_free(&npy);
    }
}

static void big_endian(void **state) {
    (void)state;
    const sample_array turned = {"f4", 4, 1, {2}, "?\x80\0\0\xc0\0\0\0"};
    for (int python = SAMPLE_PYTHON_2; python <= SAMPLE_PYTHON_3_PROTOCOL_4; python++) {
        limn_text npy = {0};
        limn_tensors set = {0};
        float values[2];
        sample_object_npy(&npy, &turned, 1, (sample_python)python, ">");
        assert_int_equal(limn_numpy_read_array((unsigned char *)npy.data, npy.size, "a", &set),
                         LIMN_OK);
        assert_int_equal(limn_tensors_read_float(&set, "a.0", values, 1), LIMN_MODEL);
        limn_tensor_read(&set.items[0], values);
        assert_true(values[0] == 1 && values[1] == -2);
        limn_tensors_free(&set);
        limn_text_free(&npy);
    }
}

// What NumPy 2.4 wrote of [arange(3), [[200.5, 2]]], by numpy.savez, and by pickle in protocol 2.
static const char by_savez[] =
    "\x80\x04\x95\x00\x01\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c"
    "_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94"
    "C\x01"
    "b\x94\x87\x94R\x94(K\x01K\x02\x85\x94h\x03\x8c\x05"
    "dtype\x94\x93\x94\x8c\x02O8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xff"
    "J\xff\xff\xff\xffK?t\x94"
    "b\x89]\x94(h\x02h\x05K\x00\x85\x94h\x07\x87\x94R\x94(K\x01K\x03\x85\x94h\x0c\x8c\x02"
    "f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94"
    "b\x89"
    "C\x0c\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x94t\x94"
    "bh\x02h\x05K\x00\x85\x94h\x07\x87\x94R\x94(K\x01K\x01K\x02\x86\x94h\x19\x89"
    "C\x08\x00\x80HC\x00\x00\x00@\x94t\x94"
    "bet\x94"
    "b.";
static const char by_pickle[] =
    "\x80\x02"
    "cnumpy._core.multiarray\n_reconstruct\nq\x00"
    "cnumpy\nndarray\nq\x01K\x00\x85q\x02"
    "c_codecs\nencode\nq\x03X\x01\x00\x00\x00"
    "bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\x02\x85q\x0a"
    "cnumpy\ndtype\nq\x0bX\x02\x00\x00\x00O8q\x0c\x89\x88\x87q\x0dRq\x0e(K\x03X\x01\x00\x00\x00|q"
    "\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tq\x10"
    "b\x89]q\x11(h\x00h\x01K\x00\x85q\x12h\x07\x87q\x13Rq\x14(K\x01K\x03\x85q\x15h\x0bX\x02\x00\x00"
    "\x00"
    "f4q\x16\x89\x88\x87q\x17Rq\x18(K\x03X\x01\x00\x00\x00<q\x19NNNJ\xff\xff\xff\xffJ\xff\xff\xff"
    "\xffK\x00tq\x1a"
    "b\x89h\x03X\x0d\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc2\x80?\x00\x00\x00@q\x1bh\x05\x86q\x1cRq"
    "\x1dtq\x1e"
    "bh\x00h\x01K\x00\x85q\x1fh\x07\x87q Rq!(K\x01K\x01K\x02\x86q\"h\x18\x89h\x03X\x09\x00\x00\x00"
    "\x00\xc2\x80HC\x00\x00\x00@q#h\x05\x86q$Rq%tq&"
    "betq'b.";

static void as_numpy_writes(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } pickles[] = {{by_savez, sizeof by_savez - 1}, {by_pickle, sizeof by_pickle - 1}};
    for (int i = 0; i < 2; i++) {
        limn_text npy = {0};
        limn_tensors set = {0};
        float first[3], second[2];
        sample_npy_header(&npy, 1, "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }");
        limn_text_add(&npy, pickles[i].bytes, pickles[i].size);
        if (limn_numpy_read_array((unsigned char *)npy.data, npy.size, "a", &set))
            fail_msg("refused: %s", limn_message());
        assert_int_equal(limn_tensors_read_float(&set, "a.0", first, 3), LIMN_OK);
        assert_int_equal(limn_tensors_read_float(&set, "a.1", second, 2), LIMN_OK);
        assert_true(first[0] == 0 && first[1] == 1 && first[2] == 2);
        assert_true(second[0] == 200.5F && second[1] == 2);
        assert_int_equal(set.items[1].rank, 2);
        limn_tensors_free(&set);
        limn_text_free(&npy);
    }
}

static void every_byte(void **state) {
    (void)state;
    for (int python = SAMPLE_PYTHON_2; python <= SAMPLE_PYTHON_3_PROTOCOL_4; python++) {
        limn_text npy = {0}, file = {0};
        sample_object_npy(&npy, arrays, 2, (sample_python)python, "<");
        sample_npz(&file, "params.npy", &npy, python == SAMPLE_PYTHON_2);
        sample_sweep(&file);
        // The checksum keeps wrong bytes from the reader of the array.
        for (size_t i = 0; i < npy.size; i++)
            for (int bit = 0; bit < 8; bit++) {
                limn_tensors set = {0};
                float values[64];
                npy.data[i] ^= (char)(1 << bit);
                (void)limn_numpy_read_array((unsigned char *)npy.data, npy.size, "a", &set);
                for (size_t t = 0; t < set.count; t++)
                    if (set.items[t].count <= 64) limn_tensor_read(&set.items[t], values);
                limn_tensors_free(&set);
                npy.data[i] ^= (char)(1 << bit);
            }
        for (size_t size = 0; size < npy.size; size++) {
            limn_tensors set = {0};
            char *cut = malloc(size + 1);
            memcpy(cut, npy.data, size);
            if (limn_numpy_read_array((unsigned char *)cut, size, "a", &set) != LIMN_MODEL)
                fail_msg("cut at %zu of %zu is taken", size, npy.size);
            limn_tensors_free(&set);
            free(cut);
        }
        limn_text_free(&npy);
        limn_text_free(&file);
    }
}

// ---- hostile pickles ----

#define RECONSTRUCT "cnumpy.core.multiarray\n_reconstruct\n"
#define EMPTY RECONSTRUCT "cnumpy\nndarray\nK\0\x85U\1b\x87R"
#define TYPE(name, order) "cnumpy\ndtype\nU\2" name "K\0K\1\x87R(K\3U\1" order "NNNK\0K\0K\0tb"
#define HUGE "\x8a\x08\0\0\0\0\0\0\0\x40" // 2^62

static const struct {
    const char *bytes;
    size_t size;
    const char *words;
} pickles[] = {
#define P(bytes, words)                                                                            \
    { "\x80\x02" bytes, sizeof bytes + 1, words }
    P("cos\nsystem\nX\2\0\0\0ls\x85R.", "asks Python for os.system, which no array needs"),
    P("cbuiltins\neval\n.", "asks Python for builtins.eval"),
    P("cnumpy\nload\n.", "asks Python for numpy.load"),
    P("cnumpy.core.multiarray\nscalar\n.", "asks Python for numpy.core.multiarray.scalar"),
    P("cnumpy._core.numeric\n_frombuffer\n.", "asks Python for numpy._core.numeric._frombuffer"),
    P("ctorch\nFloatStorage\n.", "asks Python for torch.FloatStorage"),
    P("ccollections\nOrderedDict\n.", "asks Python for collections.OrderedDict"),
    P("X\2\0\0\0osX\6\0\0\0system\x93.", "asks Python for os.system"),
    P("K\1Q.", "no array needs (opcode BINPERSID"),
    P("\x81.", "no array needs (opcode NEWOBJ"),
    P("(ios\nsystem\n.", "no array needs (opcode INST"),
    P("T\xff\xff\xff\xff.", "a text of 4294967295 bytes"),
    P("B\5\0\0\0abc.", "a text of 5 bytes is longer"),
    P("C\1x.", NULL),
    P(RECONSTRUCT "K\0\x85R.", "not made from (ndarray"),
    P(RECONSTRUCT RECONSTRUCT "K\0\x85U\1b\x87R.", "not made from (ndarray"),
    P(RECONSTRUCT "cnumpy\nndarray\nK\1\x85U\1b\x87R.", "not made from (ndarray"),
    P(RECONSTRUCT "cnumpy\nndarray\n)U\1b\x87R.", "not made from (ndarray"),
    P(RECONSTRUCT "cnumpy\nndarray\nK\0\x85U\1c\x87R.", "not made from (ndarray"),
    P("cnumpy\nndarray\n)R.", "called that is not a function"),
    P("cnumpy\ndtype\nU\2f4\x85R.", "a type is not made from"),
    P("cnumpy\ndtype\nK\4K\0K\1\x87R.", "a type is not made from"),
    P("cnumpy\ndtype\nU\2c8K\0K\1\x87R.", "arrays of type c8"),
    P("cnumpy\ndtype\nU\3V12K\0K\1\x87R.", "arrays of type V12"),
    P("cnumpy\ndtype\nU\2f4K\0K\1\x87R)b.", "more than that of plain numbers"),
    P("cnumpy\ndtype\nU\2f4K\0K\1\x87R(K\4U\1<NNNK\0K\0K\0tb.", "more than that of plain numbers"),
    P("cnumpy\ndtype\nU\2f4K\0K\1\x87R(K\3U\1<)NNK\0K\0K\0tb.", "more than that of plain numbers"),
    P("cnumpy\ndtype\nU\2f4K\0K\1\x87R(K\3U\1!NNNK\0K\0K\0tb.", "the byte order"),
    P("cnumpy\ndtype\nU\2f4K\0K\1\x87RNb.", "neither an array nor a type"),
    P("K\1)b.", "neither an array nor a type"),
    P("]K\1b.", "neither an array nor a type"),
    P("K\1b.", "the stack of the pickle is empty"),
    P("c_codecs\nencode\nX\1\0\0\0aX\5\0\0\0utf-8\x86R.", "not made from a text and 'latin1'"),
    P("c_codecs\nencode\nU\1aX\6\0\0\0latin1\x86R.", "not made from a text and 'latin1'"),
    P("c_codecs\nencode\nX\2\0\0\0\xc4\x80X\6\0\0\0latin1\x86R.", "with other characters"),
    P(EMPTY ")b.", "not given version 1"),
    P(EMPTY "(K\2)" TYPE("f4", "<") "\x89U\0tb.", "not given version 1"),
    P(EMPTY "(K\1)U\2f4\x89U\0tb.", "not given version 1"),
    P(EMPTY "(K\1)" TYPE("f4", "<") "NU\0tb.", "not given version 1"),
    P(EMPTY "(K\1K\1" TYPE("f4", "<") "\x89U\0tb.", "the shape of a tensor"),
    P(EMPTY "(K\1J\xff\xff\xff\xff\x85" TYPE("f4", "<") "\x89U\0tb.", "the shape of a tensor"),
    P(EMPTY "(K\1(K\1K\1K\1K\1K\1K\1K\1K\1K\1t" TYPE("f4", "<") "\x89U\0tb.", "at most 8"),
    P(EMPTY "(K\1" HUGE "K\4\x86" TYPE("f4", "<") "\x89U\0tb.", "64 bits can count"),
    P(EMPTY "(K\1" HUGE "\x85" TYPE("f4", "<") "\x89U\0tb.", "64 bits can count"),
    P(EMPTY "(K\1K\2\x85" TYPE("f4", "<") "\x89U\4abcdtb.", "has 4 bytes where 8 are needed"),
    P(EMPTY "(K\1K\1\x85" TYPE("f4", "<") "\x89U\5abcdetb.", "has 5 bytes where 4 are needed"),
    P(EMPTY "(K\1K\1\x85" TYPE("f4", "<") "\x89X\4\0\0\0abcdtb.", "are not bytes"),
    P(EMPTY "(K\1K\1\x85" TYPE("f4", "<") "\x89]tb.", "are not bytes"),
    P(EMPTY "(K\1K\1\x85" TYPE("O8", "|") "\x89U\4abcdtb.", "not in a list"),
    P(EMPTY "(K\1K\2\x85" TYPE("O8", "|") "\x89]tb.", "has 0 objects where 2 are needed"),
    P(EMPTY "q\1(K\1)" TYPE("f4", "<") "\x89U\4abcdtbh\1(K\1)" TYPE("f4", "<") "\x89U\4abcdtb.",
      "given its values twice"),
#undef P
    {"\x80\x06.", 3, "protocol 6 are not read"},
};

static void hostile_pickles(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof pickles / sizeof *pickles; i++) {
        limn_pickle pickle = {.where = "the pickle", .dialect = LIMN_PICKLE_NUMPY};
        limn_pickle_value value;
        size_t at = 0;
        unsigned char *copy = malloc(pickles[i].size);
        memcpy(copy, pickles[i].bytes, pickles[i].size);
        limn_status status = limn_pickle_read(&pickle, copy, pickles[i].size, &at, &value);
        const char *words = pickles[i].words, *message = status ? limn_message() : "accepted";
        bool expected = words ? status == LIMN_MODEL && strstr(message, words) : status == LIMN_OK;
        if (!expected) fail_msg("pickle %zu: %s, expected %s", i, message, words ? words : "no");
        limn_pickle_free(&pickle);
        free(copy);
    }
}

// Pickles that are in order, but hold something else than a list of arrays.
static void other_objects(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } table[] = {
#define P(bytes, words) {"\x80\x02" bytes, sizeof bytes + 1, words}
        P("K\1.", "holds something that is no array"),
        P(EMPTY ".", "and limn reads lists of arrays"),
        P(EMPTY "(K\1)" TYPE("O8", "|") "\x89]K\1atb.", "and limn reads lists of arrays"),
        P(EMPTY "(K\1)" TYPE("f4", "<") "\x89U\4abcdtb.", "and limn reads lists of arrays"),
        P(EMPTY "(K\1K\1\x85" TYPE("O8", "|") "\x89]}atb.", "object 0 of the array is no array"),
        P(EMPTY "(K\1K\1\x85" TYPE("O8", "|") "\x89]" EMPTY "atb.", "object 0 of the array is no"),
        P(EMPTY "q\1(K\1K\1\x85" TYPE("O8", "|") "\x89]h\1atb.", "object 0 of the array is no"),
#undef P
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        limn_text npy = {0};
        sample_npy_header(&npy, 1, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }");
        limn_text_add(&npy, table[i].bytes, table[i].size);
        refuse_array(&npy, table[i].words);
        limn_text_free(&npy);
    }
}

// A few bytes that stand for many, by naming one long text in array after array.
static void repeated(bool latin) {
    enum { LONG = 4000, TIMES = 64 };
    limn_text npy = {0}, text = {0};
    for (int i = 0; i < LONG; i++) sample_raw(&text, "a");
    sample_npy_header(&npy, 1, "{'descr': '|O', 'fortran_order': False, 'shape': (64,), }");
    sample_raw(&npy, "\x80\x02" EMPTY "(K\1K\x40\x85" TYPE("O8", "|") "\x89](");
    for (int i = 0; i < TIMES; i++) {
        sample_raw(&npy, EMPTY "(K\1M\xe8\3\x85" TYPE("f4", ">") "\x89");
        if (latin) sample_raw(&npy, "c_codecs\nencode\n");
        if (i) {
            sample_raw(&npy, "h\1");
        } else {
            limn_text_add(&npy, latin ? "X" : "T", 1);
            sample_number(&npy, LONG, 4);
            limn_text_add(&npy, text.data, text.size);
            sample_raw(&npy, "q\1");
        }
        if (latin) sample_raw(&npy, "X\6\0\0\0latin1\x86R");
        sample_raw(&npy, "tb");
    }
    sample_raw(&npy, "etb.");
    refuse_array(&npy, "use the same bytes again and again");
    limn_text_free(&npy);
    limn_text_free(&text);
}

static void bombs(void **state) {
    (void)state;
    repeated(false);
    repeated(true);
}

// The first files for the fuzzer: test_numpy --corpus FOLDER.
static int write_corpus(const char *folder) {
    char path[512];
    for (int i = 0; i < 4; i++) {
        limn_text npy = {0};
        if (i < 3)
            sample_object_npy(&npy, arrays, ARRAYS, (sample_python)i, "<");
        else
            sample_npy(&npy, &arrays[0]);
        snprintf(path, sizeof path, "%s/array%d", folder, i);
        if (limn_file_write(path, npy.data, npy.size, true)) return 1;
        limn_text_free(&npy);
    }
    return 0;
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "--corpus")) return write_corpus(words[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector),          cmocka_unit_test(headers),
        cmocka_unit_test(refused_headers), cmocka_unit_test(refused_starts),
        cmocka_unit_test(archives),        cmocka_unit_test(objects),
        cmocka_unit_test(big_endian),      cmocka_unit_test(as_numpy_writes),
        cmocka_unit_test(every_byte),      cmocka_unit_test(hostile_pickles),
        cmocka_unit_test(other_objects),   cmocka_unit_test(bombs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
