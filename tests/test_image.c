// Tests of pictures in memory: colour, sizes, sheets.
#include "image/hidden.h"
#include "picture_samples.h"

static void preserves_colour(void **state) {
    (void)state;
    limn_picture *input = painted(LIMN_RGB), *result = painted(LIMN_RGB);
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) result->rgb[i] = (float)(i * 7 % 256);
    limn_picture *before;
    assert_int_equal(limn_picture_copy(result, &before), LIMN_OK);
    assert_int_equal(limn_picture_preserve_colour(result, input), LIMN_OK);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        double y[3], cb[3], cr[3];
        const limn_picture *const all[] = {result, before, input};
        for (int k = 0; k < 3; k++) {
            const float *r = all[k]->rgb + i, *g = r + WIDTH * HEIGHT, *b = g + WIDTH * HEIGHT;
            y[k] = 0.299 * (double)*r + 0.587 * (double)*g + 0.114 * (double)*b;
            cb[k] = ((double)*b - y[k]) / 1.772;
            cr[k] = ((double)*r - y[k]) / 1.402;
        }
        assert_float_equal(y[0], y[1], 1e-3);
        assert_float_equal(cb[0], cb[2], 1e-3);
        assert_float_equal(cr[0], cr[2], 1e-3);
    }
    limn_picture_free(before);
    limn_picture_free(result);
    limn_picture_free(input);
}

static void lays_on_white(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB_ALPHA);
    for (int i = 0; i < WIDTH * HEIGHT; i++) picture->alpha[i] = i == 0 ? 0 : i == 1 ? 0.5f : 1;
    float half = picture->rgb[1], solid = picture->rgb[2];
    limn_picture_on_white(picture);
    assert_null(picture->alpha);
    assert_true(picture->rgb[0] == 255 && picture->rgb[2] == solid);
    assert_float_equal(picture->rgb[1], (255 + half) / 2, 1e-4);
    limn_picture_on_white(picture); // solid already
    assert_true(picture->rgb[2] == solid);
    limn_picture_free(picture);
}

static void blends(void **state) {
    (void)state;
    limn_picture *input = painted(LIMN_RGB), *result = painted(LIMN_RGB), *small;
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) result->rgb[i] = 300;
    assert_int_equal(limn_picture_blend(result, input, 0.25), LIMN_OK);
    float expected = input->rgb[5] + 0.25f * (255 - input->rgb[5]);
    assert_float_equal(result->rgb[5], expected, 1e-4);
    assert_int_equal(limn_picture_crop(input, 0, 0, 3, 2, &small), LIMN_OK);
    assert_int_equal(limn_picture_blend(result, small, 0.5), LIMN_USAGE);
    assert_string_equal(limn_message(),
                        "Pictures of 40 x 24 and 3 x 2 pixels cannot be mixed: the sizes differ. "
                        "Resize one of them first.");
    assert_int_equal(limn_picture_preserve_colour(result, small), LIMN_USAGE);
    limn_picture_free(small);
    limn_picture_free(result);
    limn_picture_free(input);
}

// Numbers of Pillow 12: a 7x5 picture in mode F; of the enlarged one the first six of row 3.
static void resizes_as_pillow(void **state) {
    (void)state;
    static const struct {
        limn_filter filter;
        int width, height, first;
        float expected[6];
    } cases[] = {
        {LIMN_BICUBIC, 3, 2, 0, {107.709f, 139.325f, 144.409f, 124.514f, 143.898f, 136.749f}},
        {LIMN_BICUBIC, 9, 8, 27, {169.679f, 222.911f, 169.207f, 85.569f, 144.062f, 140.872f}},
        {LIMN_BILINEAR, 3, 2, 0, {109.753f, 140.380f, 141.182f, 122.039f, 144.380f, 136.896f}},
        {LIMN_BILINEAR, 9, 8, 27, {153.562f, 192.854f, 160.472f, 108.535f, 154.375f, 137.993f}},
        {LIMN_LANCZOS3, 3, 2, 0, {107.432f, 140.459f, 145.490f, 127.434f, 145.256f, 135.083f}},
        {LIMN_LANCZOS3, 9, 8, 27, {180.122f, 245.064f, 176.141f, 75.221f, 141.597f, 140.597f}},
    };
    limn_picture *picture, *resized;
    assert_int_equal(limn_picture_new(7, 5, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 105; i++) {
        int x = i % 7, y = i / 7 % 5;
        picture->rgb[i] = (float)((x * 37 + y * 91 + x * y * 13) % 256);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int width = cases[i].width, height = cases[i].height;
        assert_int_equal(limn_picture_resize(picture, width, height, cases[i].filter, &resized),
                         LIMN_OK);
        for (int c = 0; c < 3; c++)
            for (int k = 0; k < 6; k++)
                assert_float_equal(resized->rgb[c * width * height + cases[i].first + k],
                                   cases[i].expected[k], 2e-3);
        limn_picture_free(resized);
    }
    assert_int_equal(limn_picture_resize(picture, 0, 3, LIMN_BICUBIC, &resized), LIMN_USAGE);
    limn_picture_free(picture);
}

// Hidden colours stay hidden: a red disc on clear green has no green rim.
static void resizes_with_alpha(void **state) {
    (void)state;
    limn_picture *picture, *resized;
    assert_int_equal(limn_picture_new(64, 64, LIMN_RGB_ALPHA, &picture), LIMN_OK);
    for (int i = 0; i < 64 * 64; i++) {
        bool inside = hypot(i % 64 - 32, (double)i / 64 - 32) < 20;
        picture->rgb[i] = inside ? 255 : 0;
        picture->rgb[4096 + i] = inside ? 0 : 255;
        picture->rgb[8192 + i] = 0;
        picture->alpha[i] = inside;
    }
    const int sizes[] = {20, 150};
    for (int s = 0; s < 2; s++) {
        int n = sizes[s] * sizes[s];
        assert_int_equal(limn_picture_resize(picture, sizes[s], sizes[s], LIMN_BICUBIC, &resized),
                         LIMN_OK);
        for (int i = 0; i < n; i++) {
            assert_true(resized->alpha[i] >= 0 && resized->alpha[i] <= 1);
            if (resized->alpha[i] > 0.01f) assert_float_equal(resized->rgb[n + i], 0, 0.01);
            if (resized->alpha[i] > 0.01f) assert_float_equal(resized->rgb[i], 255, 0.01);
        }
        limn_picture_free(resized);
    }
    limn_picture_free(picture);
}

// What is clear takes the colours at its rim and nothing else; what can be seen stays as it is.
static void fills_hidden(void **state) {
    (void)state;
    const int widths[] = {1, 2, 37, 64}, heights[] = {9, 1, 20, 64};
    for (int s = 0; s < 4; s++) {
        int width = widths[s], height = heights[s], plane = width * height;
        limn_picture *picture;
        assert_int_equal(limn_picture_new(width, height, LIMN_RGB_ALPHA, &picture), LIMN_OK);
        for (int i = 0; i < plane; i++) { // a stripe that turns from blue to red on its way down
            int x = i % width, y = i / width;
            bool seen = abs(x - width / 2) <= width / 8;
            picture->alpha[i] = seen ? 0.25F : 0;
            picture->rgb[i] = seen ? (float)y : x % 2 ? NAN : 250;
            picture->rgb[plane + i] = seen ? 7 : INFINITY;
            picture->rgb[2 * plane + i] = seen ? (float)(height - y) : 99;
        }
        assert_int_equal(limn_picture_hides(picture), width > 1);
        assert_int_equal(limn_picture_fill_hidden(picture), LIMN_OK);
        for (int i = 0; i < plane; i++) {
            int x = i % width, y = i / width, away = abs(x - width / 2) - width / 8;
            assert_float_equal(picture->rgb[plane + i], 7, 1e-4);
            assert_float_equal(picture->rgb[i] + picture->rgb[2 * plane + i], height, 1e-3);
            if (away <= 0) assert_true(picture->rgb[i] == (float)y);
            if (away > 0) assert_float_equal(picture->rgb[i], y, 4 + 4 * away);
        }
        limn_picture_free(picture);
    }
}

// Where nothing can be seen there is white; what can hardly be seen hardly counts.
static void fills_all(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB_ALPHA);
    memset(picture->alpha, 0, WIDTH * HEIGHT * sizeof(float));
    assert_int_equal(limn_picture_fill_hidden(picture), LIMN_OK);
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) assert_true(picture->rgb[i] == 255);
    for (int i = 0; i < WIDTH * HEIGHT; i++) picture->alpha[i] = i % 2 ? 1 : 1e-4F;
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) picture->rgb[i] = i % 2 ? 100 : 0;
    assert_int_equal(limn_picture_fill_hidden(picture), LIMN_OK);
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) assert_float_equal(picture->rgb[i], 100, 2);
    limn_picture_free(picture);
    picture = painted(LIMN_RGB); // solid: there is nothing to do
    assert_false(limn_picture_hides(picture));
    assert_int_equal(limn_picture_fill_hidden(picture), LIMN_OK);
    assert_true(at(picture, 1, 3, 4) == shade(1, 3, 4));
    limn_picture_free(picture);
}

static void fits(void **state) {
    (void)state;
    int width, height;
    limn_fit_size(4000, 3000, 512, &width, &height);
    assert_int_equal(width, 512);
    assert_int_equal(height, 384);
    limn_fit_size(3, 1000, 100, &width, &height);
    assert_int_equal(width, 1);
    assert_int_equal(height, 100);
    limn_picture *picture = painted(LIMN_RGB);
    assert_int_equal(limn_picture_fit(picture, 80), LIMN_OK);
    assert_int_equal(picture->width, 80);
    assert_int_equal(picture->height, 48);
    assert_int_equal(limn_picture_fit(picture, 20), LIMN_OK);
    assert_int_equal(picture->width, 20);
    assert_int_equal(picture->height, 12);
    assert_int_equal(limn_picture_fit(picture, 0), LIMN_USAGE);
    limn_picture_free(picture);
}

static void crops_and_flips(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB_ALPHA), *part;
    assert_int_equal(limn_picture_crop(picture, 5, 3, 7, 2, &part), LIMN_OK);
    assert_int_equal(part->width, 7);
    assert_true(at(part, 1, 6, 1) == shade(1, 11, 4));
    assert_true(part->alpha[8] == picture->alpha[6]);
    limn_picture_flip(part);
    assert_true(at(part, 0, 0, 1) == shade(0, 11, 4));
    assert_true(part->alpha[0] == picture->alpha[11]);
    limn_picture_free(part);
    assert_int_equal(limn_picture_crop(picture, 30, 3, 11, 2, &part), LIMN_USAGE);
    assert_string_equal(limn_message(),
                        "The part of 11 x 2 pixels at 30, 3 does not lie inside the "
                        "picture of 40 x 24 pixels.");
    assert_int_equal(limn_picture_crop(picture, INT32_MAX, 0, INT32_MAX, 1, &part), LIMN_USAGE);
    limn_picture_free(picture);
}

static void sheets(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB), *small, *sheet;
    assert_int_equal(limn_picture_crop(picture, 0, 0, 10, 4, &small), LIMN_OK);
    const limn_picture *const all[] = {picture, small, small, NULL, picture};
    limn_sheet_options options = {
        .size = sizeof options, .columns = 2, .gap = 3, .background = {9, 8, 7}};
    assert_int_equal(limn_picture_sheet(all, 5, &options, &sheet), LIMN_OK);
    assert_int_equal(sheet->width, 3 + 40 + 3 + 10 + 3);
    assert_int_equal(sheet->height, 3 + 24 + 3 + 4 + 3 + 24 + 3);
    assert_true(at(sheet, 0, 0, 0) == 9 && at(sheet, 2, 50, 33) == 7);
    assert_true(at(sheet, 0, 3, 3) == shade(0, 0, 0));
    assert_true(at(sheet, 1, 46, 13) == shade(1, 0, 0));
    assert_true(at(sheet, 1, 18 + 2, 31) == shade(1, 2, 1));
    assert_true(at(sheet, 2, 42, 60) == shade(2, 39, 23));
    limn_picture_free(sheet);
    assert_int_equal(limn_picture_sheet(all, 5, NULL, &sheet), LIMN_OK);
    assert_int_equal(sheet->width, 40 + 40 + 10);
    limn_picture_free(sheet);
    assert_int_equal(limn_picture_sheet(all, 0, &options, &sheet), LIMN_USAGE);
    limn_picture_free(small);
    limn_picture_free(picture);
}

static void impossible_sizes(void **state) {
    (void)state;
    limn_picture *picture;
    assert_int_equal(limn_picture_new(0, 5, LIMN_RGB, &picture), LIMN_USAGE);
    assert_string_equal(limn_message(), "A picture of 0 x 5 pixels cannot be: both sides need 1.");
    assert_null(picture);
    limn_picture_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preserves_colour),
        cmocka_unit_test(lays_on_white),
        cmocka_unit_test(blends),
        cmocka_unit_test(resizes_as_pillow),
        cmocka_unit_test(resizes_with_alpha),
        cmocka_unit_test(fills_hidden),
        cmocka_unit_test(fills_all),
        cmocka_unit_test(fits),
        cmocka_unit_test(crops_and_flips),
        cmocka_unit_test(sheets),
        cmocka_unit_test(impossible_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
