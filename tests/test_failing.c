// Memory that runs out, one allocation after another: each time a sentence and a status, no crash,
// no leak, and the same call works once there is memory again.
//
// The linker leads limn's calls of malloc and its like to the functions here (tests/meson.build);
// those that other libraries make among themselves stay as they are.
#define _GNU_SOURCE
#include "base/options.h"
#include "limn/limn.h"
#include "numpy_samples.h"
#include "own_folder.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

// ---- allocation ----

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of what follows
static struct {
    bool counts;       // whether a work is being watched
    long count, fails; // allocations of it so far; the one that fails, 0: none
    bool struck;       // it has been reached
    void *stack[16];   // where
    int depth;
} now;

// The blocks that are in use, by address: open addressing, removed ones stay as marks.
enum { SLOTS = 1 << 16 };
static void *blocks[SLOTS];
static char removed; // its address is the mark
static long live;

static void **slot_of(void *block, bool free_too) {
    size_t at = ((uintptr_t)block >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 48;
    for (;; at = (at + 1) % SLOTS)
        if (blocks[at] == block || !blocks[at] || (free_too && blocks[at] == &removed))
            return &blocks[at];
}

// Whether this one is to fail.
static bool strikes(void) {
    pthread_mutex_lock(&lock);
    bool it = now.counts && ++now.count == now.fails;
    if (it) now.struck = true;
    if (it) now.depth = backtrace(now.stack, 16);
    pthread_mutex_unlock(&lock);
    if (it) errno = ENOMEM;
    return it;
}

static void *took(void *block) {
    if (!block || block == MAP_FAILED) return block;
    pthread_mutex_lock(&lock);
    if (now.counts) {
        *slot_of(block, true) = block;
        live++;
    }
    pthread_mutex_unlock(&lock);
    return block;
}

// Before a block is given back. Those of other libraries are not known here.
static void gives(void *block) {
    pthread_mutex_lock(&lock);
    void **slot = block ? slot_of(block, false) : NULL;
    if (slot && *slot) {
        *slot = &removed;
        live--;
    }
    pthread_mutex_unlock(&lock);
}

#define WRAP(type, name, parameters)                                                               \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters
WRAP(void *, malloc, (size_t size)) {
    return strikes() ? NULL : took(__real_malloc(size));
}
WRAP(void *, calloc, (size_t count, size_t size)) {
    return strikes() ? NULL : took(__real_calloc(count, size));
}
WRAP(void *, aligned_alloc, (size_t alignment, size_t size)) {
    return strikes() ? NULL : took(__real_aligned_alloc(alignment, size));
}
WRAP(char *, strdup, (const char *text)) {
    return strikes() ? NULL : took(__real_strdup(text));
}
WRAP(char *, strndup, (const char *text, size_t size)) {
    return strikes() ? NULL : took(__real_strndup(text, size));
}
WRAP(void *, realloc, (void *old, size_t size)) {
    if (strikes()) return NULL;
    gives(old);
    return took(__real_realloc(old, size));
}
WRAP(void, free, (void *block)) {
    gives(block);
    __real_free(block);
}
// Files are read into memory of this kind.
WRAP(void *, mmap64, (void *at, size_t size, int allowed, int flags, int fd, off_t from)) {
    return strikes() ? MAP_FAILED : took(__real_mmap64(at, size, allowed, flags, fd, from));
}
WRAP(int, munmap, (void *block, size_t size)) {
    gives(block);
    return __real_munmap(block, size);
}

// ---- the loop ----

// `prepare` and `finish` have all the memory they want, `run` has not.
typedef struct work {
    const char *name;
    void (*prepare)(void);
    limn_status (*run)(void);
    void (*finish)(void);
    const char *spared[2]; // in sentences about what it does without
} work;

static limn_status watch(const work *it, long fails) {
    now.count = 0;
    now.fails = fails;
    now.struck = false;
    limn_fail(LIMN_ERROR, "nothing");
    limn_status status = it->run();
    now.fails = 0;
    return status;
}

// Some failures need not be missed, such as flushing a folder, but one that was told must not be
// swallowed. Prints what is wrong, and where the allocation was.
static bool is_right(const work *it, long number, limn_status status) {
    bool told = strcmp(limn_message(), "nothing") != 0;
    if (status == (told ? LIMN_MEMORY : LIMN_OK)) return true;
    for (int i = 0; i < 2 && status == LIMN_OK && it->spared[i]; i++)
        if (strstr(limn_message(), it->spared[i])) return true;
    printf("%s: allocation %ld failed: status %d, \"%s\"\n", it->name, number, (int)status,
           limn_message());
    fflush(stdout);
    backtrace_symbols_fd(now.stack, now.depth, 1);
    return false;
}

// Returns how many allocations there were, as far as it came.
static long once(const work *it, long number, int *without, int *wrong) {
    if (it->prepare) it->prepare();
    limn_status status = watch(it, number);
    long count = now.count;
    if (now.struck) *without += status == LIMN_OK;
    if (now.struck) *wrong += !is_right(it, number, status);
    limn_status again = watch(it, 0);
    if (again != LIMN_OK)
        printf("%s: after allocation %ld failed: %s\n", it->name, number, limn_message());
    *wrong += again != LIMN_OK;
    if (it->finish) it->finish();
    return count;
}

// The first ALL allocations fail one by one, and at most PART of those behind them, evenly.
static void fail_each(const work *it) {
    enum { ALL = 150, PART = 100 };
    int without = 0, wrong = 0, runs = 0;
    long before, count = 0;
    for (long number = 0; number <= count;) {
        before = live;
        now.counts = true;
        long seen = once(it, number, &without, &wrong);
        now.counts = false;
        if (number == 0) count = seen;
        if (live != before) {
            printf("%s: after allocation %ld failed, %ld blocks stay\n", it->name, number,
                   live - before);
            fflush(stdout);
            if (number) backtrace_symbols_fd(now.stack, now.depth, 1);
            wrong++;
        }
        runs++;
        number += number < ALL || count < ALL + PART ? 1 : (count - ALL + PART - 1) / PART;
    }
    printf("%s: %ld allocations, %d failed one by one, %d were not missed\n", it->name, count,
           runs - 1, without);
    assert_true(count > 0);
    assert_int_equal(wrong, 0);
}

// ---- what is done ----

static char *root; // of the tree; the tests have a folder of their own
static limn_picture *photo, *expected;
static limn_model *model;

static char *in_tree(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static limn_status load(void) {
    limn_status status =
        limn_model_load(in_tree("tests/kept/torch-examples.safetensors"), NULL, &model);
    limn_model_free(model);
    model = NULL;
    return status;
}

static void loads(void **state) {
    (void)state;
    fail_each(&(work){.name = "loading a model", .run = load});
}

// Files of others, in memory.
static limn_text file;

static limn_status parse(void) {
    limn_tensors set = {0};
    limn_status status = limn_tensors_parse((const unsigned char *)file.data, file.size, &set);
    limn_tensors_free(&set);
    return status;
}

static void parses(const char *name) {
    fail_each(&(work){.name = name, .run = parse});
    limn_text_free(&file);
}

static void reads_other_models(void **state) {
    (void)state;
    static const float six[6] = {0, 1, 2, 3, 4, 5};
    static const sample samples[] = {
        {"turned", "0", "Float", 4, 6, six, 2, 0, {3, 2}, {1, 3}, {0}},
        {"shared", "0", "Float", 4, 6, six, 1, 2, {4}, {1}, {0}},
    };
    static const sample_array arrays[] = {{"f4", 4, 2, {2, 3}, six}, {"f4", 4, 1, {6}, six}};
    sample_legacy(&file, samples, 2);
    parses("a PyTorch legacy file");
    sample_zip zip = {.deflate = true};
    sample_checkpoint(&zip, samples, 2, false);
    file = zip.file;
    parses("a PyTorch zip file");
    limn_text npy = {0};
    sample_object_npy(&npy, arrays, 2, SAMPLE_PYTHON_2, "<");
    sample_npz(&file, "params.npy", &npy, true);
    limn_text_free(&npy);
    parses("a NumPy file of arrays");
}

static void have_model(void) {
    assert_int_equal(
        limn_model_load(in_tree("tests/kept/torch-examples.safetensors"), NULL, &model), LIMN_OK);
}

static void drop_model(void) {
    limn_model_free(model);
    model = NULL;
}

static bool is_expected(const limn_picture *picture) {
    size_t bytes = 3 * sizeof(float) * (size_t)picture->width * (size_t)picture->height;
    return !memcmp(picture->rgb, expected->rgb, bytes);
}

static limn_status run_model(limn_picture **result) {
    limn_runner *runner;
    limn_run_options options = {.size = sizeof options, .threads = 2};
    *result = NULL;
    LIMN_TRY(limn_runner_open(model, &options, &runner));
    limn_status status = limn_translate(runner, photo, NULL, NULL, result);
    limn_runner_free(runner);
    return status;
}

static limn_status translate(void) {
    limn_picture *result;
    LIMN_TRY(run_model(&result));
    bool same = is_expected(result);
    limn_picture_free(result);
    return same ? LIMN_OK : limn_fail(LIMN_ERROR, "the picture is another");
}

static void translates(void **state) {
    (void)state;
    have_model();
    assert_int_equal(run_model(&expected), LIMN_OK);
    drop_model();
    fail_each(&(work){"translating a picture", have_model, translate, drop_model, {NULL}});
    limn_picture_free(expected);
}

// What `limn stylize` does, but for the network.
static limn_status pass_through(void) {
    limn_picture *picture, *sheet = NULL;
    LIMN_TRY(limn_picture_read("photo.png", NULL, &picture));
    limn_status status = limn_picture_fit(picture, 40);
    const limn_picture *both[] = {picture, photo};
    if (status == LIMN_OK)
        status = limn_picture_sheet(both, 2, LIMN_WITH(limn_sheet_options, .gap = 1), &sheet);
    if (status == LIMN_OK)
        status = limn_picture_write(
            sheet, "sheet.png", LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING));
    limn_picture_free(sheet);
    limn_picture_free(picture);
    return status;
}

static void reads_and_writes(void **state) {
    (void)state;
    fail_each(&(work){.name = "reading and writing pictures", .run = pass_through});
}

// Each time into a folder of its own: to remove one took longer than to train.
static limn_status train(void) {
    static int runs;
    char run[32];
    snprintf(run, sizeof run, "run%d", ++runs);
    const limn_setting settings[] = {{"data", "domains"}, {"image-size", "8"},
                                     {"width", "2"},      {"latent-size", "3"},
                                     {"batch-size", "2"}, {"threads", "1"},
                                     {"steps", "1"},      {"encoder-steps", "1"},
                                     {"output", run},     {0}};
    return limn_train("two-step", settings, NULL);
}

static void trains(void **state) {
    (void)state;
    // A sheet in the report; a plan of the sheet's runner, which makes room and tries again.
    fail_each(
        &(work){.name = "training", .run = train, .spared = {"/samples/", "network two-step: "}});
}

static int begin(void **state) {
    root = getcwd(NULL, 0);
    assert_int_equal(enter_folder(state), 0);
    assert_int_equal(limn_picture_new(16, 12, LIMN_RGB, &photo), LIMN_OK);
    for (int i = 0; i < 3 * 16 * 12; i++) photo->rgb[i] = (float)(i % 251);
    assert_int_equal(limn_picture_write(photo, "photo.png", NULL), LIMN_OK);
    return system("for domain in a b; do mkdir -p domains/train/$domain; for i in 1 2 3; do "
                  "cp photo.png domains/train/$domain/$i.png; done; done");
}

static int end(void **state) {
    limn_picture_free(photo);
    free(root);
    return leave_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads),      cmocka_unit_test(reads_other_models),
        cmocka_unit_test(translates), cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(trains),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
