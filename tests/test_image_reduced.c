// Reading JPEGs at a part of their size (limn_read_options.enough).
#include "picture_samples.h"

enum { WIDE = 520, HIGH = 360 };

static float slope(int c, double x, double y) {
    return (float)(c == 0 ? 40 + 0.3 * x : c == 1 ? 30 + 0.5 * y : 200 - 0.3 * x);
}

static void save_slope(const char *name) {
    limn_picture *picture;
    assert_int_equal(limn_picture_new(WIDE, HIGH, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 3 * WIDE * HIGH; i++)
        picture->rgb[i] = slope(i / (WIDE * HIGH), i % WIDE, i / WIDE % HIGH);
    must_write(picture, name, LIMN_WITH(limn_write_options, .quality = 100));
    limn_picture_free(picture);
}

static limn_picture *read_enough(const char *name, int enough) {
    limn_picture *picture;
    limn_read_options how = {.size = sizeof how, .enough = enough};
    if (limn_picture_read(name, &how, &picture)) fail_msg("%s", limn_message());
    return picture;
}

// Within what a JPEG rounds, and on the mean in its place.
static void check_reduced(const char *name, int enough, int reduction) {
    limn_picture *picture = read_enough(name, enough);
    int plane = picture->width * picture->height;
    assert_int_equal(picture->width, WIDE / reduction);
    assert_int_equal(picture->height, HIGH / reduction);
    for (int c = 0; c < 3; c++) {
        double sum = 0;
        for (int i = 0; i < plane; i++) {
            double x = (i % picture->width + 0.5) * reduction - 0.5,
                   y = (i / picture->width + 0.5) * reduction - 0.5,
                   off = picture->rgb[c * plane + i] - slope(c, x, y);
            if (fabs(off) > 5) fail_msg("%s, 1/%d: %g off at %g, %g", name, reduction, off, x, y);
            sum += off;
        }
        assert_true(fabs(sum / plane) < 0.3);
    }
    limn_picture_free(picture);
}

// A JPEG, while what is asked for is there; any other picture at its own size.
static void reads_as_much_as_is_enough(void **state) {
    (void)state;
    static const struct {
        int enough, reduction;
    } cases[] = {{0, 1}, {361, 1}, {360, 1}, {181, 1}, {180, 2}, {91, 2}, {90, 4}, {45, 8}, {1, 8}};
    save_slope("s.jpg");
    save_slope("s.png");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_reduced("s.jpg", cases[i].enough, cases[i].reduction);
        check_reduced("s.png", cases[i].enough, 1);
    }
    limn_picture *picture;
    limn_read_options how = {.size = sizeof how, .enough = 45, .max_memory = 100000};
    assert_int_equal(limn_picture_read("s.jpg", &how, &picture), LIMN_OK); // 12 bytes a pixel
    limn_picture_free(picture);
    limn_picture_header header = {.size = sizeof header};
    assert_int_equal(limn_picture_read_header("s.jpg", &how, &header), LIMN_MEMORY);
    how.max_memory = 0;
    assert_int_equal(limn_picture_read_header("s.jpg", &how, &header), LIMN_OK);
    assert_int_equal(header.width, WIDE);
    how.enough = -1;
    assert_int_equal(limn_picture_read("s.jpg", &how, &picture), LIMN_USAGE);
    assert_string_equal(limn_message(), "s.jpg: -1 pixels cannot be enough.");
}

// Turned as the whole is, of odd sides; damage is told where it is in the file.
static void reduced_pictures_are_like_whole_ones(void **state) {
    (void)state;
    for (int o = 1; o <= 8; o++) {
        VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB), *large;
        assert_int_equal(vips_resize(image, &large, 3.3, NULL), 0); // 132 x 79
        g_object_unref(image);
        vips_image_set_int(large, VIPS_META_ORIENTATION, o);
        save(large, "t.jpg[Q=100,subsample-mode=off]");
        limn_picture *whole = must_read("t.jpg"), *half = read_enough("t.jpg", 39), *shrunk;
        assert_true(half->width < whole->width && half->height < whole->height);
        assert_int_equal(
            limn_picture_resize(whole, half->width, half->height, LIMN_BILINEAR, &shrunk), 0);
        double sum = 0;
        size_t count = 3 * (size_t)half->width * (size_t)half->height;
        for (size_t i = 0; i < count; i++)
            sum += fabs((double)half->rgb[i] - (double)shrunk->rgb[i]);
        assert_true(sum / (double)count < 4);
        limn_picture_free(whole);
        limn_picture_free(half);
        limn_picture_free(shrunk);
    }
    save_slope("whole.jpg");
    cut("whole.jpg", "short.jpg", 0.6);
    limn_picture *picture;
    limn_read_options how = {.size = sizeof how, .enough = 90};
    assert_int_equal(limn_picture_read("short.jpg", &how, &picture), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "of 360"));
}

int main(void) {
    if (vips_init("test_image_reduced")) return 1;
    const struct CMUnitTest tests[] = {
        IN_FOLDER(reads_as_much_as_is_enough),
        IN_FOLDER(reduced_pictures_are_like_whole_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
