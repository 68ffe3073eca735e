// What kind of model file is this? A table of first bytes; what no model has, image/recognise.c
// tells.
#include "formats/load.h"

#include "formats/numpy.h"
#include "formats/safetensors.h"
#include "formats/tfjs.h"
#include "formats/torch.h"
#include "image/recognise.h"

#include <string.h>

#define FILE_MOST ((size_t)1 << 40)

typedef limn_status reader(const unsigned char *bytes, size_t size, limn_tensors *set);
typedef bool tester(const unsigned char *bytes, size_t size);

static bool is_safetensors(const unsigned char *bytes, size_t size) {
    return size > 8 && bytes[8] == '{';
}

static bool is_tar(const unsigned char *bytes, size_t size) {
    return size >= 262 && !memcmp(bytes + 257, "ustar", 5);
}

static bool is_pickle(const unsigned char *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
}

// ModelProto: ir_version (1, a small varint), then producer name, version, domain, number, comment
// or graph (2 to 7).
static bool is_onnx(const unsigned char *bytes, size_t size) {
    static const unsigned char next[] = {0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42};
    return size >= 3 && bytes[0] == 0x08 && bytes[1] >= 1 && bytes[1] <= 32 &&
           memchr(next, bytes[2], sizeof next);
}

// The first row that fits is taken. A row without a reader is a refusal, and `what` its sentence.
static const struct {
    const char *kind;
    const char *start; // the first bytes, or NULL
    size_t length;
    tester *test; // or NULL
    reader *read;
    const char *what;
} kinds[] = {
#define START(bytes) bytes, sizeof bytes - 1, NULL, NULL
#define TEST(test) NULL, 0, test, NULL
    {"NumPy zip", NULL, 0, limn_numpy_is_zip, limn_numpy_read_zip, NULL},
    {"PyTorch zip", "PK\3\4", 4, NULL, limn_torch_read_zip, NULL},
    {"PyTorch legacy", NULL, 0, limn_torch_is_legacy, limn_torch_read_legacy, NULL},
    {"TensorFlow.js manifest", TEST(limn_tfjs_is_manifest),
     "this is a manifest of TensorFlow.js weights; limn convert makes a file of limn's of those "
     "that find faces"},
    {"safetensors", NULL, 0, is_safetensors, limn_safetensors_read, NULL},
    {"NumPy", START("\x93NUMPY"),
     "this is a NumPy array (.npy), which limn does not read as a model; convert it to "
     "safetensors"},
    {"HDF5", START("\x89HDF"),
     "this is an HDF5 file (Keras, MATLAB), which limn does not read; convert it to safetensors"},
    {"PyTorch preview", START("PYTORCH1"),
     "this file was written by a preview of PyTorch 1.0; save it again with a later PyTorch"},
    {"empty zip", START("PK\5\6"), "this is a zip archive without members"},
    {"tar", TEST(is_tar),
     "this is a tar archive. If it is a PyTorch file of early 2017, load it in PyTorch and save it "
     "again; otherwise unpack it first"},
    {"pickle", TEST(is_pickle),
     "this is a Python pickle, not a PyTorch file; limn reads no pickles of other programs, since "
     "they are programs themselves. Save the tensors with torch.save or as safetensors"},
    {"ONNX", TEST(is_onnx),
     "this is an ONNX model, which limn does not read; use the PyTorch or safetensors file it was "
     "made from"},
    {"Torch7", START("\4\0\0\0\1\0\0\0"),
     "this is a Torch7 (Lua) file, which limn does not read; convert it to safetensors"},
};

#define KINDS (sizeof kinds / sizeof *kinds)

static size_t find_kind(const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < KINDS; i++) {
        bool starts = kinds[i].start && size >= kinds[i].length &&
                      !memcmp(bytes, kinds[i].start, kinds[i].length);
        if (starts || (kinds[i].test && kinds[i].test(bytes, size))) return i;
    }
    return KINDS;
}

const char *limn_tensors_kind(const unsigned char *bytes, size_t size) {
    if (!size) return "empty";
    size_t kind = find_kind(bytes, size);
    const char *what = kind < KINDS ? kinds[kind].kind : limn_look(bytes, size).what;
    return what ? what : "unknown";
}

static limn_status read_any(const unsigned char *bytes, size_t size, limn_tensors *set) {
    if (!size) return limn_fail(LIMN_MODEL, "the file is empty");
    size_t kind = find_kind(bytes, size);
    limn_recognised looks = kind == KINDS ? limn_look(bytes, size) : (limn_recognised){0};
    if (looks.what)
        return limn_fail(LIMN_MODEL, "this is %s, not a model%s%s", looks.what,
                         looks.advice ? ". " : "", looks.advice ? looks.advice : "");
    if (kind == KINDS)
        return limn_fail(LIMN_MODEL, "this is no kind of model file that limn knows; it reads "
                                     "safetensors, PyTorch state dicts and NumPy archives");
    if (!kinds[kind].read) return limn_fail(LIMN_MODEL, "%s", kinds[kind].what);
    return kinds[kind].read(bytes, size, set);
}

limn_status limn_tensors_parse(const unsigned char *bytes, size_t size, limn_tensors *set) {
    limn_status status = read_any(bytes, size, set);
    if (status) limn_tensors_free(set);
    return status;
}

// Where a file is safetensors, how far its values lie from its begin; 0: it is no such file.
static limn_status find_values(const char *path, size_t *values) {
    enum { LOOK = 512 }; // what the table above goes by
    limn_file head;
    size_t size;
    LIMN_TRY(limn_file_open_head(path, LOOK, LIMN_MODEL, &head, &size));
    size_t kind = head.size ? find_kind(head.bytes, head.size) : KINDS;
    bool own = kind < KINDS && kinds[kind].read == limn_safetensors_read;
    *values = own ? limn_safetensors_head(head.bytes, size) : 0;
    limn_file_close(&head);
    return LIMN_OK;
}

limn_status limn_tensors_load_names(const char *path, limn_tensors *set) {
    limn_file head;
    size_t values, size;
    LIMN_TRY(find_values(path, &values));
    if (!values) return limn_tensors_load(path, set);
    LIMN_TRY(limn_file_open_head(path, values, LIMN_MODEL, &head, &size));
    // Another file may have taken its place.
    bool same = head.size == values && limn_safetensors_head(head.bytes, size) == values;
    limn_status status = same ? limn_safetensors_read_head(head.bytes, size, set) : LIMN_OK;
    limn_file_close(&head);
    if (!same) return limn_tensors_load(path, set);
    if (!status) return LIMN_OK;
    limn_tensors_free(set);
    return limn_fail_in(status, "%s: ", path);
}

limn_status limn_tensors_load(const char *path, limn_tensors *set) {
    limn_file file;
    LIMN_TRY(limn_file_open(path, FILE_MOST, LIMN_MODEL, &file));
    limn_status status = limn_tensors_parse(file.bytes, file.size, set);
    if (status) {
        limn_file_close(&file);
        return limn_fail_in(status, "%s: ", path);
    }
    set->file = file;
    return LIMN_OK;
}
