// The networks of paired translation at pictures of any size (../shared/spec/paired-networks.md
// P6): squeezed to their own, brought back, continued, in tiles; shapes that there are not.
#include "paired_shapes.h"

static void check_size(limn_runner *runner, int width, int height, int made_width,
                       int made_height) {
    limn_picture *picture = noise(width, height, LIMN_RGB);
    limn_picture *result = translated(runner, picture, NULL);
    if (result->width != made_width || result->height != made_height)
        fail_msg("%d x %d becomes %d x %d", width, height, result->width, result->height);
    limn_picture_free(result);
    limn_picture_free(picture);
}

// Squeezed to its square, brought back, or continued to a multiple and cut.
static void unet_sizes(void **state) {
    static const int sides[][2] = {{1, 1}, {150, 100}, {128, 128}};
    limn_unet_shape shape = unet(7, 1, LIMN_PAIRED_BATCH);
    (void)state;
    limn_model *model = model_of("unet", &shape);
    assert_int_equal(limn_model_side(model), 128);
    limn_runner *usual = open_with(model, (limn_run_options){0}),
                *keep = open_with(model, (limn_run_options){.result = LIMN_SIZE_KEEP}),
                *native = open_with(model, (limn_run_options){.result = LIMN_SIZE_NATIVE});
    for (size_t i = 0; i < ARRAY(sides); i++) {
        int w = sides[i][0], h = sides[i][1];
        check_size(usual, w, h, 128, 128);
        check_size(keep, w, h, w, h);
        check_size(native, w, h, w, h);
    }
    limn_runner_free(usual);
    limn_runner_free(keep);
    limn_runner_free(native);
    limn_model_free(model);
}

// The picture continued to 256 x 128, to the right and below, by reflection.
static limn_picture *continued(const limn_picture *from) {
    enum { WIDTH = 256, HEIGHT = 128 };
    limn_picture *to;
    good(limn_picture_new(WIDTH, HEIGHT, LIMN_RGB, &to));
    float *at = to->rgb;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                int row = y < from->height ? y : 2 * from->height - 2 - y;
                int column = x < from->width ? x : 2 * from->width - 2 - x;
                *at++ = from->rgb[(c * from->height + row) * from->width + column];
            }
    return to;
}

// What is added around is a reflection, so that there is no edge that the network could see.
static void no_seam(void **state) {
    limn_unet_shape shape = unet(7, 1, LIMN_PAIRED_BATCH);
    (void)state;
    limn_model *model = model_of("unet", &shape);
    limn_runner *native = open_with(model, (limn_run_options){.result = LIMN_SIZE_NATIVE});
    limn_picture *picture = noise(150, 100, LIMN_RGB), *whole = continued(picture), *wanted;
    limn_picture *found = translated(native, picture, NULL), *of_whole;
    of_whole = translated(native, whole, NULL);
    good(limn_picture_crop(of_whole, 0, 0, 150, 100, &wanted));
    check_same(found, wanted, 1e-3);
    limn_picture *all[] = {picture, whole, found, of_whole, wanted};
    for (size_t i = 0; i < ARRAY(all); i++) limn_picture_free(all[i]);
    limn_runner_free(native);
    limn_model_free(model);
}

static void resnet_sizes(void **state) {
    static const int sides[][2] = {{1, 1}, {5, 7}, {40, 30}, {257, 255}};
    (void)state;
    for (int form = LIMN_RESNET_SPL; form <= LIMN_RESNET_CYCLEGAN; form++) {
        limn_resnet_shape shape = resnet(form, 2, 1, LIMN_PAIRED_INSTANCE);
        shape.size = 32;
        limn_model *model = model_of("resnet", &shape);
        limn_runner *usual = open_with(model, (limn_run_options){0}),
                    *keep = open_with(model, (limn_run_options){.result = LIMN_SIZE_KEEP}),
                    *native = open_with(model, (limn_run_options){.result = LIMN_SIZE_NATIVE});
        for (size_t i = 0; i < ARRAY(sides); i++) {
            int w = sides[i][0], h = sides[i][1], shorter = w < h ? w : h;
            check_size(usual, w, h, (int)(w * 32.0 / shorter + 0.5),
                       (int)(h * 32.0 / shorter + 0.5));
            check_size(keep, w, h, w, h);
            if (shorter >= 5) check_size(native, w, h, w, h);
        }
        limn_runner_free(usual);
        limn_runner_free(keep);
        limn_runner_free(native);
        limn_model_free(model);
    }
}

static double luma_at(const limn_picture *of, int i) {
    int plane = of->width * of->height;
    return 0.299 * (double)of->rgb[i] + 0.587 * (double)of->rgb[plane + i] +
           0.114 * (double)of->rgb[2 * plane + i];
}

// Neither black nor white, so that no colour has to be cut off.
static limn_picture *dim(int width, int height) {
    limn_picture *it = noise(width, height, LIMN_RGB);
    for (int i = 0; i < 3 * width * height; i++) it->rgb[i] = 100 + it->rgb[i] / 5;
    return it;
}

static limn_picture *without_colours(const limn_picture *of) {
    int plane = of->width * of->height;
    limn_picture *grey;
    good(limn_picture_copy(of, &grey));
    for (int i = 0; i < 3 * plane; i++) grey->rgb[i] = (float)luma_at(of, i % plane);
    return grey;
}

// A network that colours sees luma alone, and leaves it, in a picture of any size.
static void colours_alone(limn_runner *runner, int width, int height) {
    limn_picture *picture = dim(width, height), *grey = without_colours(picture);
    limn_picture *a = translated(runner, picture, NULL), *b = translated(runner, grey, NULL);
    int plane = width * height;
    double most = 0;
    check_same(a, b, 1e-2);
    for (int i = 0; i < plane; i++) {
        double off = fabs(luma_at(a, i) - luma_at(picture, i));
        if (off > 1e-2) fail_msg("luma %g is off by %g", luma_at(picture, i), off);
        most = fmax(most, fabs((double)(a->rgb[i] - a->rgb[plane + i])));
    }
    if (most < 1) fail_msg("the result is grey");
    limn_picture *all[] = {picture, grey, a, b};
    for (size_t i = 0; i < ARRAY(all); i++) limn_picture_free(all[i]);
}

static void luma_is_kept(void **state) {
    static const limn_result_size sizes[] = {LIMN_SIZE_KEEP, LIMN_SIZE_NATIVE, LIMN_SIZE_DETAIL};
    limn_resnet_shape small = resnet(LIMN_RESNET_SPL, 4, 1, LIMN_PAIRED_INSTANCE);
    limn_unet_shape deep = unet(7, 2, LIMN_PAIRED_INSTANCE);
    (void)state;
    small.size = 32, small.output_deviation = 0.02;
    small.luma = deep.luma = LIMN_PAIRED_LUMA_KEPT;
    limn_model *models[] = {model_of("resnet", &small), model_of("unet", &deep)};
    for (size_t i = 0; i < ARRAY(models); i++) {
        for (size_t k = 0; k < ARRAY(sizes); k++) {
            limn_runner *runner = open_with(models[i], (limn_run_options){.result = sizes[k]});
            colours_alone(runner, 37, 45);
            limn_runner_free(runner);
        }
        limn_model_free(models[i]);
    }
}

static limn_picture *resized(const limn_picture *of, int width, int height) {
    limn_picture *made;
    good(limn_picture_resize(of, width, height, LIMN_BICUBIC, &made));
    return made;
}

// The picture, and what has become of it at the training size less what it was there, enlarged.
static void detail_stays(void **state) {
    enum { W = 70, H = 64, SIZE = 32, SMALL_W = 35 };
    limn_resnet_shape shape = resnet(LIMN_RESNET_SPL, 4, 1, LIMN_PAIRED_INSTANCE);
    (void)state;
    shape.size = SIZE, shape.output_deviation = 0.02;
    limn_model *model = model_of("resnet", &shape);
    limn_runner *small = open_with(model, (limn_run_options){0}),
                *detail = open_with(model, (limn_run_options){.result = LIMN_SIZE_DETAIL});
    limn_picture *picture = dim(W, H), *shown = resized(picture, SMALL_W, SIZE);
    limn_picture *change = translated(small, picture, NULL);
    assert_int_equal(change->width, SMALL_W);
    for (int i = 0; i < 3 * SMALL_W * SIZE; i++) change->rgb[i] -= shown->rgb[i];
    limn_picture *wanted = resized(change, W, H), *found = translated(detail, picture, NULL);
    for (int i = 0; i < 3 * W * H; i++)
        wanted->rgb[i] = fminf(fmaxf(wanted->rgb[i] + picture->rgb[i], 0), 255);
    check_same(found, wanted, 1e-3);
    limn_picture *all[] = {picture, shown, change, wanted, found};
    for (size_t i = 0; i < ARRAY(all); i++) limn_picture_free(all[i]);
    limn_runner_free(small);
    limn_runner_free(detail);
    limn_model_free(model);
}

static void shapes_refused(void **state) {
    limn_model *model;
    const limn_srresnet_shape eight = {.width = 4, .blocks = 1, .scale = 8};
    refused(limn_model_new(limn_kind_find("srresnet"), &eight, NULL, 0, &model), LIMN_USAGE,
            "scale 8: network srresnet is for 4");
    limn_resnet_shape shape = resnet(LIMN_RESNET_SPL, 4, 2, LIMN_PAIRED_INSTANCE);
    (void)state;
    shape.size = 130;
    refused(limn_model_new(limn_kind_find("resnet"), &shape, NULL, 0, &model), LIMN_USAGE,
            "size 130: a multiple of 4 is needed");
    shape.size = 128;
    shape.channels = 2;
    refused(limn_model_new(limn_kind_find("resnet"), &shape, NULL, 0, &model), LIMN_USAGE,
            "2 channels in and 3 out: 1 or 3 are possible");
}

// In tiles, with what memory there is for them, as in one.
static void srresnet_in_tiles(void **state) {
    const limn_srresnet_shape shape = {.width = 8, .blocks = 2, .scale = 4};
    (void)state;
    limn_model *model = model_of("srresnet", &shape);
    limn_picture *picture = noise(300, 260, LIMN_RGB);
    limn_runner *whole = open_with(model, (limn_run_options){0}),
                *tiles = open_with(model, (limn_run_options){.max_memory = 50000000});
    limn_picture *a = translated(whole, picture, NULL), *b = translated(tiles, picture, NULL);
    assert_int_equal(a->width, 1200);
    assert_true(limn_runner_bytes(tiles) < limn_runner_bytes(whole) / 2);
    check_same(a, b, 2e-3);
    limn_picture_free(a), limn_picture_free(b), limn_picture_free(picture);
    limn_runner_free(whole), limn_runner_free(tiles);
    limn_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unet_sizes),     cmocka_unit_test(no_seam),
        cmocka_unit_test(resnet_sizes),   cmocka_unit_test(srresnet_in_tiles),
        cmocka_unit_test(shapes_refused), cmocka_unit_test(luma_is_kept),
        cmocka_unit_test(detail_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
