// Tests of writing pictures: every format, rounding, alpha, metadata, and what is refused.
#define _GNU_SOURCE
#include "picture_samples.h"

#include "base/file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

// ---- a disk that fails once ----

// These stand in the place of the system's, for libvips too. The call of this number on a regular
// file fails, or takes half of what it is given; 0: none does.
static int calls, fail_at;
static bool halves;

static bool fails(int fd) {
    struct stat state;
    if (!fail_at || fstat(fd, &state) || !S_ISREG(state.st_mode)) return false;
    bool hit = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) == fail_at;
    if (hit) errno = EIO;
    return hit;
}

ssize_t write(int fd, const void *bytes, size_t size) {
    bool hit = fails(fd);
    if (hit && !halves) return -1;
    return syscall(SYS_write, fd, bytes, hit && size > 1 ? size / 2 : size);
}

off_t lseek(int fd, off_t offset, int whence) {
    return fails(fd) && !halves ? -1 : syscall(SYS_lseek, fd, offset, whence);
}

int fsync(int fd) {
    return fails(fd) && !halves ? -1 : (int)syscall(SYS_fsync, fd);
}

ssize_t read(int fd, void *bytes, size_t size) {
    bool hit = fails(fd);
    if (hit && !halves) return -1;
    return syscall(SYS_read, fd, bytes, hit && size > 1 ? size / 2 : size);
}

// ---- writing ----

static void writes_every_format(void **state) {
    (void)state;
    const struct {
        const char *name;
        int depth;
        double tolerance;
        limn_format format;
    } files[] = {
        {"a.png", 8, 0, LIMN_FORMAT_PNG},    {"b.PNG", 16, 0, LIMN_FORMAT_PNG},
        {"c.tif", 8, 0, LIMN_FORMAT_TIFF},   {"d.tiff", 16, 0, LIMN_FORMAT_TIFF},
        {"e.jpg", 8, 14, LIMN_FORMAT_JPEG},  {"f.JPEG", 8, 14, LIMN_FORMAT_JPEG},
        {"g.webp", 8, 40, LIMN_FORMAT_WEBP},
    };
    for (int alpha = 0; alpha < 2; alpha++)
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
            limn_picture *picture = painted(alpha ? LIMN_RGB_ALPHA : LIMN_RGB);
            if (alpha && files[i].format == LIMN_FORMAT_JPEG)
                for (int k = 0; k < WIDTH * HEIGHT; k++) picture->alpha[k] = 1;
            must_write(picture, files[i].name,
                       LIMN_WITH(limn_write_options,
                                 .depth = files[i].depth == 8 ? 0 : files[i].depth,
                                 .existing = LIMN_REPLACE_EXISTING));
            limn_picture *back = must_read(files[i].name);
            if (error_of(back, false) > files[i].tolerance)
                fail_msg("%s is off by %g", files[i].name, error_of(back, false));
            assert_int_equal(back->format, files[i].format);
            assert_int_equal(back->depth, files[i].depth);
            bool kept = alpha && files[i].format != LIMN_FORMAT_JPEG;
            assert_int_equal(back->alpha != NULL, kept);
            for (int k = 0; kept && k < WIDTH * HEIGHT; k++)
                assert_float_equal(back->alpha[k], picture->alpha[k], 1e-6);
            limn_picture_free(back);
            limn_picture_free(picture);
        }
}

static void rounds_and_holds(void **state) {
    (void)state;
    limn_picture *picture;
    const float values[] = {-3, 300, 0.49f, 0.51f, NAN, INFINITY, 254.6f, 127.3f};
    const float at_8[] = {0, 255, 0, 1, 0, 255, 255, 127};
    assert_int_equal(limn_picture_new(8, 1, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 24; i++) picture->rgb[i] = values[i % 8];
    must_write(picture, "a.png", NULL);
    must_write(picture, "b.png", LIMN_WITH(limn_write_options, .depth = 16));
    limn_picture *low = must_read("a.png"), *high = must_read("b.png");
    for (int i = 0; i < 24; i++) {
        assert_true(low->rgb[i] == at_8[i % 8]);
        double value = isnan(values[i % 8]) ? 0 : fmin(fmax((double)values[i % 8], 0), 255);
        long steps = lround((double)high->rgb[i] * 257);
        assert_int_equal(steps, lround(value / 255 * 65535));
    }
    limn_picture_free(picture);
    limn_picture_free(low);
    limn_picture_free(high);
}

static void lays_alpha_on_white(void **state) {
    (void)state;
    limn_picture *picture;
    assert_int_equal(limn_picture_new(16, 16, LIMN_RGB_ALPHA, &picture), LIMN_OK);
    for (int i = 0; i < 3 * 256; i++) picture->rgb[i] = 55;
    for (int i = 0; i < 256; i++) picture->alpha[i] = 0.25f;
    must_write(picture, "a.jpg", NULL);
    limn_picture *back = must_read("a.jpg");
    assert_float_equal(back->rgb[100], 205, 2);
    limn_picture_free(picture);
    limn_picture_free(back);
}

static void refuses_to_write(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB), *wide;
    assert_int_equal(limn_picture_new(17000, 1, LIMN_RGB, &wide), LIMN_OK);
    const struct {
        const char *name;
        limn_write_options options;
        limn_status status;
        const char *sentence;
    } cases[] = {
        {"a.gif",
         {0},
         LIMN_USAGE,
         "a.gif: the ending of the name does not say which format to write. Use .jpg, .jpeg, .png, "
         ".webp, .tif or .tiff."},
        {".png",
         {0},
         LIMN_USAGE,
         ".png: the ending of the name does not say which format to write. Use .jpg, .jpeg, .png, "
         ".webp, .tif or .tiff."},
        {"a.jpg",
         {.depth = 16},
         LIMN_USAGE,
         "a.jpg: JPEG has no 16 bits a channel. Write a PNG or TIFF file, or use depth 8."},
        {"a.webp",
         {.depth = 16},
         LIMN_USAGE,
         "a.webp: WebP has no 16 bits a channel. Write a PNG or TIFF file, or use depth 8."},
        {"a.png",
         {.depth = 12},
         LIMN_USAGE,
         "a.png: a depth of 12 bits cannot be written. Use 8 or 16."},
        {"a.jpg", {.quality = 101}, LIMN_USAGE, "a.jpg: a quality of 101 is outside 1 to 100."},
        {"none/a.jpg",
         {0},
         LIMN_IO,
         "none/a.jpg: cannot be written: its folder is not there. Make the folder first."},
        {"there.png", {0}, LIMN_USAGE, "there.png: is there already. Pass --force to replace it."},
    };
    must_write(picture, "there.png", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        limn_write_options options = cases[i].options;
        options.size = sizeof options;
        assert_int_equal(limn_picture_write(picture, cases[i].name, &options), cases[i].status);
        assert_string_equal(limn_message(), cases[i].sentence);
    }
    assert_int_equal(limn_picture_write(wide, "wide.webp", NULL), LIMN_USAGE);
    assert_string_equal(limn_message(),
                        "wide.webp: a picture of 17000 x 1 pixels does not fit into a WebP file, "
                        "whose sides hold 16383 at most. Write another format, or a smaller "
                        "picture.");
    assert_int_equal(limn_picture_check_write("a.jpg", LIMN_WITH(limn_write_options, .depth = 16)),
                     LIMN_USAGE);
    assert_int_equal(limn_picture_check_write("a.png", LIMN_WITH(limn_write_options, .depth = 16)),
                     LIMN_OK);
    assert_int_not_equal(access("wide.webp", F_OK), 0);
    limn_picture_free(wide);
    limn_picture_free(picture);
}

// A limit on file sizes stands for a full disk.
static void full_disk(void **state) {
    (void)state;
    const char *const names[] = {"a.png", "a.jpg", "a.webp", "a.tif"};
    limn_picture *picture;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(limn_picture_new(300, 300, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 270000; i++) picture->rgb[i] = (float)(i * 2654435761u >> 24);
    for (int i = 0; i < 4; i++) {
        struct rlimit limit;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        struct rlimit low = {9000, limit.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        limn_status status = limn_picture_write(picture, names[i], NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        if (status != LIMN_IO ||
            !strstr(limn_message(), ": cannot be written: the file grew larger"))
            fail_msg("%s: status %d, %s", names[i], status, limn_message());
        assert_int_not_equal(access(names[i], F_OK), 0);
    }
    FILE *list = popen("ls -A | wc -l", "r");
    int left = -1;
    assert_int_equal(fscanf(list, "%d", &left), 1);
    pclose(list);
    assert_int_equal(left, 0);
    limn_picture_free(picture);
    signal(SIGXFSZ, old);
}

static void same_bytes(const char *name, const void *bytes, size_t size) {
    limn_file file;
    assert_int_equal(limn_file_open(name, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    if (file.size != size || memcmp(file.bytes, bytes, size)) fail_msg("%s differs", name);
    limn_file_close(&file);
}

// Any one call that fails ends in a failure with the old file as it was, or in the whole new one.
static int fail_once(const limn_picture *picture, const char *name, int number) {
    limn_write_options options = {.size = sizeof options, .format = limn_format_of_name(name)};
    void *bytes;
    size_t size;
    assert_int_equal(limn_picture_write_bytes(picture, &options, &bytes, &size), LIMN_OK);
    assert_int_equal(limn_file_write(name, "old", 3, true), LIMN_OK);
    options.existing = LIMN_REPLACE_EXISTING;
    calls = 0;
    fail_at = number;
    limn_status status = limn_picture_write(picture, name, &options);
    fail_at = 0;
    if (status != LIMN_OK && status != LIMN_IO) fail_msg("%s: %d", name, status);
    if (status == LIMN_OK && !halves && calls >= number)
        fail_msg("%s: call %d of %d failed, and all was well", name, number, calls);
    if (status == LIMN_OK)
        same_bytes(name, bytes, size);
    else
        same_bytes(name, "old", 3);
    free(bytes);
    assert_int_equal(remove(name), 0);
    return calls;
}

static void failing_once(void **state) {
    (void)state;
    const char *const names[] = {"a.png", "a.jpg", "a.webp", "a.tif"};
    limn_picture *picture;
    assert_int_equal(limn_picture_new(150, 150, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 3 * 150 * 150; i++) picture->rgb[i] = (float)(i * 2654435761u >> 24);
    for (int i = 0; i < 8; i++) {
        halves = i % 2;
        int number = 1;
        while (fail_once(picture, names[i / 2], number) >= number) number++;
        assert_true(number > 2); // at least a write and a sync
    }
    limn_picture_free(picture);
}

static void keeps_exif(void **state) {
    (void)state;
    VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB);
    vips_image_set_int(image, VIPS_META_ORIENTATION, 6);
    vips_image_set_string(image, "exif-ifd0-Model",
                          "Limner 3 (Limner 3, ASCII, 9 components, 9 bytes)");
    vips_image_set_string(image, "exif-ifd2-ColorSpace", "65535");
    vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, "<x/>", 4);
    save(image, "a.jpg");
    limn_picture *picture = must_read("a.jpg");
    const char *const names[] = {"b.jpg", "b.webp", "b.png"};
    for (int i = 0; i < 3; i++) {
        must_write(picture, names[i], NULL);
        VipsImage *back = vips_image_new_from_file(names[i], NULL);
        assert_non_null(back);
        const char *text;
        assert_int_equal(vips_image_get_string(back, "exif-ifd0-Model", &text), 0);
        assert_non_null(strstr(text, "Limner 3"));
        assert_int_equal(vips_image_get_string(back, "exif-ifd0-Orientation", &text), 0);
        if (text[0] != '1') fail_msg("%s: orientation %s", names[i], text);
        assert_int_equal(vips_image_get_string(back, "exif-ifd2-PixelXDimension", &text), 0);
        assert_int_equal(atoi(text), HEIGHT);
        assert_int_equal(vips_image_get_string(back, "exif-ifd2-ColorSpace", &text), 0);
        if (text[0] != '1') fail_msg("%s: colour space %s", names[i], text);
        assert_int_not_equal(vips_image_get_typeof(back, VIPS_META_XMP_NAME), 0);
        assert_int_not_equal(vips_image_get_typeof(back, VIPS_META_ICC_NAME), 0);
        g_object_unref(back);
    }
    limn_picture_free(picture);
}

static void to_memory_and_back(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB_ALPHA), *back;
    const limn_format formats[] = {LIMN_FORMAT_PNG, LIMN_FORMAT_TIFF, LIMN_FORMAT_WEBP};
    for (int i = 0; i < 3; i++) {
        void *bytes;
        size_t size;
        limn_write_options options = {.size = sizeof options, .format = formats[i]};
        assert_int_equal(limn_picture_write_bytes(picture, &options, &bytes, &size), LIMN_OK);
        assert_int_equal(limn_picture_read_bytes(bytes, size, "upload", NULL, &back), LIMN_OK);
        assert_true(error_of(back, false) <= (i == 2 ? 40 : 0));
        limn_picture_free(back);
        assert_int_equal(limn_picture_read_bytes(bytes, size / 2, "upload", NULL, &back),
                         LIMN_INPUT);
        free(bytes);
    }
    limn_picture_free(picture);
}

int main(void) {
    if (vips_init("test_image_write")) return 1;
    const struct CMUnitTest tests[] = {
        IN_FOLDER(writes_every_format), IN_FOLDER(rounds_and_holds),
        IN_FOLDER(lays_alpha_on_white), IN_FOLDER(refuses_to_write),
        IN_FOLDER(full_disk),           IN_FOLDER(failing_once),
        IN_FOLDER(keeps_exif),          IN_FOLDER(to_memory_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
