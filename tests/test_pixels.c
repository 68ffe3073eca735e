// Tests of image/pixels.c: pixels in a program's memory.
#include "picture_samples.h"

static const struct {
    limn_pixels kind;
    int channels, bytes; // a channel
} kinds[] = {
    {LIMN_PIXELS_RGB8, 3, 1},
    {LIMN_PIXELS_RGBA8, 4, 1},
    {LIMN_PIXELS_RGB16, 3, 2},
    {LIMN_PIXELS_RGBA16, 4, 2},
};

enum { KINDS = sizeof kinds / sizeof *kinds, ROOM = 1 << 16, UNTOUCHED = 0xA5 };

// Aligned for 16 bits.
static union {
    unsigned char bytes[ROOM];
    unsigned short words[ROOM / 2];
} from, to;

static limn_picture *taken(int width, int height, size_t stride, limn_pixels kind) {
    limn_picture *picture;
    if (limn_picture_from_pixels(&from, width, height, stride, kind, &picture))
        fail_msg("%s", limn_message());
    return picture;
}

// Every kind, rows side by side and apart, bit for bit; nothing between and behind the rows is
// touched.
static void comes_back(void **state) {
    (void)state;
    const int width = 37, height = 11;
    unsigned number = 1;
    for (size_t i = 0; i < ROOM; i++) from.bytes[i] = (number = number * 1664525u + 1) >> 24;
    for (int k = 0; k < KINDS; k++)
        for (size_t gap = 0; gap <= 64; gap += 32) {
            size_t row = (size_t)(width * kinds[k].channels * kinds[k].bytes), stride = row + gap;
            limn_picture *picture = taken(width, height, stride, kinds[k].kind);
            assert_int_equal(picture->depth, 8 * kinds[k].bytes);
            assert_int_equal(picture->alpha != NULL, kinds[k].channels == 4);
            memset(&to, UNTOUCHED, sizeof to);
            assert_int_equal(limn_picture_to_pixels(picture, &to, stride, kinds[k].kind), LIMN_OK);
            for (size_t i = 0; i < (size_t)height * stride; i++)
                assert_int_equal(to.bytes[i], i % stride < row ? from.bytes[i] : UNTOUCHED);
            assert_int_equal(to.bytes[(size_t)height * stride], UNTOUCHED);
            limn_picture_free(picture);
        }
}

// Every value of 16 bits.
static void keeps_every_value(void **state) {
    (void)state;
    enum { WIDE = 5461 }; // times 3 is a quarter of all
    for (int part = 0; part < 5; part++) {
        for (int i = 0; i < 3 * WIDE; i++) from.words[i] = (unsigned short)(part * 3 * WIDE + i);
        limn_picture *picture = taken(WIDE, 1, 6 * WIDE, LIMN_PIXELS_RGB16);
        assert_int_equal(limn_picture_to_pixels(picture, &to, 6 * WIDE, LIMN_PIXELS_RGB16),
                         LIMN_OK);
        assert_memory_equal(&from, &to, 6 * WIDE);
        limn_picture_free(picture);
    }
}

static void knows_its_places(void **state) {
    (void)state;
    memcpy(&from, (unsigned char[]){10, 20, 30, 0, 40, 50, 60, 255}, 8);
    limn_picture *picture = taken(2, 1, 8, LIMN_PIXELS_RGBA8);
    const float colours[] = {10, 40, 20, 50, 30, 60}, alpha[] = {0, 1};
    assert_memory_equal(picture->rgb, colours, sizeof colours);
    assert_memory_equal(picture->alpha, alpha, sizeof alpha);
    limn_picture_free(picture);
}

// As writing a file does.
static void holds_and_rounds(void **state) {
    (void)state;
    const float values[] = {-3, 0.4f, 0.6f, 254.6f, 300, NAN};
    const unsigned char narrow[] = {0, 0, 1, 255, 255, 0};
    const unsigned short wide[] = {0, 103, 154, 65432, 65535, 0};
    limn_picture *picture;
    assert_int_equal(limn_picture_new(2, 1, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 6; i++) picture->rgb[i % 3 * 2 + i / 3] = values[i];
    assert_int_equal(limn_picture_to_pixels(picture, &to, 6, LIMN_PIXELS_RGB8), LIMN_OK);
    assert_memory_equal(&to, narrow, sizeof narrow);
    assert_int_equal(limn_picture_to_pixels(picture, &to, 12, LIMN_PIXELS_RGB16), LIMN_OK);
    assert_memory_equal(&to, wide, sizeof wide);
    limn_picture_free(picture);
}

static void alpha_comes_and_goes(void **state) {
    (void)state;
    limn_picture *picture;
    assert_int_equal(limn_picture_new(1, 1, LIMN_RGB_ALPHA, &picture), LIMN_OK);
    memcpy(picture->rgb, (float[]){100, 200, 0}, 12);
    *picture->alpha = 0.5f;
    assert_int_equal(limn_picture_to_pixels(picture, &to, 4, LIMN_PIXELS_RGB8), LIMN_OK);
    assert_memory_equal(&to, ((unsigned char[]){178, 228, 128}), 3);
    limn_picture_on_white(picture);
    assert_int_equal(limn_picture_to_pixels(picture, &to, 4, LIMN_PIXELS_RGBA8), LIMN_OK);
    assert_memory_equal(&to, ((unsigned char[]){178, 228, 128, 255}), 4);
    assert_int_equal(limn_picture_to_pixels(picture, &to, 8, LIMN_PIXELS_RGBA16), LIMN_OK);
    assert_int_equal(to.words[3], 65535);
    limn_picture_free(picture);
}

static void refused(int width, int height, size_t stride, limn_pixels kind, const char *sentence) {
    limn_picture *picture = (limn_picture *)&from;
    assert_int_equal(limn_picture_from_pixels(&from, width, height, stride, kind, &picture),
                     LIMN_USAGE);
    assert_null(picture);
    assert_string_equal(limn_message(), sentence);
}

static void refuses(void **state) {
    (void)state;
    refused(0, 5, 100, LIMN_PIXELS_RGB8, "Pixels of 0 x 5 cannot be: both sides need 1.");
    refused(5, -1, 100, LIMN_PIXELS_RGB8, "Pixels of 5 x -1 cannot be: both sides need 1.");
    refused(10, 5, 79, LIMN_PIXELS_RGBA16,
            "A row of 10 pixels needs 80 bytes, and the stride is 79. Give the bytes from one row "
            "to the next.");
    refused(10, 5, 61, LIMN_PIXELS_RGB16,
            "Pixels of 16 bits with a stride of 61 bytes do not all begin at even addresses. Copy "
            "them to such a place.");
    refused(1, 5, SIZE_MAX / 4, LIMN_PIXELS_RGB8,
            "5 rows with a stride of 4611686018427387903 bytes are more than memory has.");
    refused(1, 1, 10, (limn_pixels)KINDS,
            "4 is no value of limn_pixels: its values go from 0 to 3.");
    limn_picture *picture;
    assert_int_equal(limn_picture_from_pixels(from.bytes + 1, 1, 1, 6, LIMN_PIXELS_RGB16, &picture),
                     LIMN_USAGE);
    picture = painted(LIMN_RGB);
    to.bytes[0] = UNTOUCHED;
    assert_int_equal(limn_picture_to_pixels(picture, &to, 3 * WIDTH - 1, LIMN_PIXELS_RGB8),
                     LIMN_USAGE);
    assert_int_equal(to.bytes[0], UNTOUCHED);
    limn_picture_free(picture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),           cmocka_unit_test(keeps_every_value),
        cmocka_unit_test(knows_its_places),     cmocka_unit_test(holds_and_rounds),
        cmocka_unit_test(alpha_comes_and_goes), cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
