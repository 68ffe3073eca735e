// Disks and systems that fail: an opening or a reading that goes wrong once is tried again, one
// that goes wrong again ends what was being done with a status of its own, and no file is blamed
// for it.
//
// The linker leads limn's calls of open and read to the functions here (tests/meson.build).
#define _GNU_SOURCE
#include "base/file.h"
#include "base/options.h"
#include "limn/limn.h"
#include "own_folder.h"
#include "train/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>

// ---- faults ----

// Files whose name holds a word cannot be opened or read, so many times, with this errno.
static struct {
    const char *word;
    int spared; // that go well before
    int opens, reads, number;
    int struck;
    int fds[64]; // open files of that name
} fault;

static bool is_meant(const char *path) {
    return fault.word && strstr(path, fault.word);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    bool meant = is_meant(path) && (flags & O_ACCMODE) == O_RDONLY && fault.spared-- <= 0;
    if (meant && fault.opens > 0) {
        fault.opens--;
        fault.struck++;
        errno = fault.number;
        return -1;
    }
    int fd = __real_open64(path, flags, mode);
    if (fd >= 0 && fd < 64) fault.fds[fd] = meant;
    return fd;
}

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size) {
    if (fd >= 0 && fd < 64 && fault.fds[fd] && fault.reads > 0) {
        fault.reads--;
        fault.struck++;
        errno = fault.number;
        return -1;
    }
    return __real_read(fd, bytes, size);
}

enum { ALWAYS = 1 << 20 };

static void opens_fail(const char *word, int times, int number) {
    memset(&fault, 0, sizeof fault);
    fault.word = word, fault.opens = times, fault.number = number;
}

static void reads_fail(const char *word, int times, int number) {
    memset(&fault, 0, sizeof fault);
    fault.word = word, fault.reads = times, fault.number = number;
}

static void all_is_well(void) {
    memset(&fault, 0, sizeof fault);
}

// ---- files ----

static const struct {
    int number;
    limn_status status;
} passing[] = {
    {EIO, LIMN_IO}, {EMFILE, LIMN_IO}, {ENFILE, LIMN_IO}, {ESTALE, LIMN_IO}, {ENOMEM, LIMN_MEMORY},
};

static void files(void **state) {
    (void)state;
    limn_file file;
    assert_int_equal(limn_file_write("a", "one", 3, false), LIMN_OK);
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        for (int reads = 0; reads < 2; reads++) {
            (reads ? reads_fail : opens_fail)("a", 1, passing[i].number);
            assert_int_equal(limn_file_open("a", 9, LIMN_INPUT, &file), LIMN_OK);
            assert_int_equal(fault.struck, 1);
            limn_file_close(&file);
            (reads ? reads_fail : opens_fail)("a", 2, passing[i].number);
            assert_int_equal(limn_file_open("a", 9, LIMN_INPUT, &file), passing[i].status);
            assert_int_equal(fault.struck, 2);
            assert_null(file.bytes);
        }
    opens_fail("a", 1, EACCES); // which is the file's own
    assert_int_equal(limn_file_open("a", 9, LIMN_INPUT, &file), LIMN_INPUT);
    assert_int_equal(limn_file_open("b", 9, LIMN_MODEL, &file), LIMN_MODEL);
    all_is_well();
}

// ---- training ----

// With a limit, so that no pictures are kept and each is read again and again.
static char *words[] = {"--max-memory", "1G",  "--data",       "photos", "--crop-size", "16",
                        "--width",      "2",   "--batch-size", "2",      "--threads",   "1",
                        "--save-every", "100", "--steps",      "6",      "-o",          "run"};
enum { WORDS = sizeof words / sizeof *words };

static char told[4096];

static void say(void *context, const char *line) {
    (void)context;
    strncat(told, line, sizeof told - strlen(told) - 2);
    strcat(told, "\n");
}

static limn_status train(char **list, int count) {
    const limn_method *method = limn_method_find("upscale");
    limn_option_group groups[LIMN_TRAINING_GROUPS];
    limn_training values;
    limn_parsed parsed;
    limn_training_groups(method, 0, groups);
    *told = 0;
    limn_status status = limn_options_parse(groups, count, list, &values, &parsed);
    if (status == LIMN_OK)
        status = limn_training_run(method, &values, &parsed, &(limn_train_hooks){.say = say});
    limn_parsed_free(&parsed);
    return status;
}

static limn_status begin(void) {
    assert_int_equal(system("rm -rf run"), 0);
    return train(words, WORDS);
}

static limn_status resume(void) {
    return train((char *[]){"--resume", "run"}, 2);
}

// The last line of a run that came to its end: its state, without the seconds.
static const char *end_state(void) {
    const char *at = strstr(told, "state ");
    return at ? at : "none";
}

// The pictures are read while the loader makes batches ahead.
static void a_picture(void **state) {
    (void)state;
    char whole[64];
    assert_int_equal(begin(), LIMN_OK);
    snprintf(whole, sizeof whole, "%s", end_state());
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        opens_fail("photos/b", 1, passing[i].number);
        assert_int_equal(begin(), LIMN_OK); // once is no harm
        assert_string_equal(end_state(), whole);
        assert_null(strstr(told, "left out"));
        reads_fail("photos/b", ALWAYS, passing[i].number);
        assert_int_equal(begin(), passing[i].status);
        assert_null(strstr(told, "left out"));
        assert_non_null(strstr(limn_message(), "photos/b.png: cannot be read"));
        all_is_well();
    }
    opens_fail("photos/b", ALWAYS, EACCES); // another may stand in for what is the file's own fault
    assert_int_equal(begin(), LIMN_OK);
    assert_non_null(strstr(told, "left out (1 so far): photos/b.png"));
    all_is_well();
}

// What was computed until then is saved.
static void the_state_is_saved(void **state) {
    (void)state;
    char whole[64];
    assert_int_equal(begin(), LIMN_OK);
    snprintf(whole, sizeof whole, "%s", end_state());
    int saved = 0;
    limn_status status = LIMN_IO;
    for (int good = 3; status != LIMN_OK; good += 2) { // the disk goes after so many pictures
        opens_fail("photos/", ALWAYS, EIO);
        fault.spared = good;
        status = begin();
        all_is_well();
        if (status == LIMN_OK) break;
        assert_int_equal(status, LIMN_IO);
        if (!strstr(limn_message(), "is saved: go on with `limn train --resume run`")) continue;
        saved++;
        assert_int_equal(resume(), LIMN_OK);
        assert_string_equal(end_state(), whole);
        assert_non_null(strstr(told, "going on from step"));
    }
    assert_true(saved > 2);
}

static void a_state(void **state) {
    (void)state;
    char whole[64];
    assert_int_equal(begin(), LIMN_OK);
    snprintf(whole, sizeof whole, "%s", end_state());
    reads_fail("step-000000006", 1, EIO);
    assert_int_equal(resume(), LIMN_OK);
    assert_string_equal(end_state(), whole);
    reads_fail("step-000000006", ALWAYS, EIO);
    assert_int_equal(resume(), LIMN_IO);
    all_is_well();
    assert_int_equal(access("run/checkpoints/step-000000006.safetensors", F_OK), 0);
    assert_int_equal(resume(), LIMN_OK);
    assert_string_equal(end_state(), whole);
}

static int prepare(void **state) {
    limn_picture *photo;
    assert_int_equal(enter_folder(state), 0);
    assert_int_equal(limn_picture_new(24, 20, LIMN_RGB, &photo), LIMN_OK);
    for (int i = 0; i < 3 * 24 * 20; i++) photo->rgb[i] = (float)(i % 251);
    assert_int_equal(limn_folder_make("photos"), LIMN_OK);
    for (const char *name = "abc"; *name; name++) {
        char path[] = "photos/x.png";
        path[7] = *name;
        photo->rgb[0] = (float)*name;
        assert_int_equal(limn_picture_write(photo, path, NULL), LIMN_OK);
    }
    limn_picture_free(photo);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(a_picture),
        cmocka_unit_test(the_state_is_saved),
        cmocka_unit_test(a_state),
    };
    return cmocka_run_group_tests(tests, prepare, leave_folder);
}
