// What the loader makes of a set: domains by epochs, pairs, what is held out, parts of pictures.
#include "base/options.h"
#include "data/cut.h"
#include "data/loader.h"
#include "set_samples.h"

#include <math.h>
#include <stdbool.h>

// A picture of one colour, whose number is its red.
static void draw(const char *path, int width, int height, int left, int right) {
    limn_picture *picture;
    touch(path);
    good(limn_picture_new(width, height, LIMN_RGB, &picture));
    for (int i = 0; i < 3 * width * height; i++)
        picture->rgb[i] = (float)(i % width < width / 2 ? left : right);
    char whole[300];
    snprintf(whole, sizeof whole, "set/%s", path);
    good(limn_picture_write(picture, whole,
                            LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING)));
    limn_picture_free(picture);
}

// So many in a folder, with the numbers first, first + 1, ...
static void draw_some(const char *folder, int first, int count) {
    char path[100];
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%03d.png", folder, first + i);
        draw(path, 8, 8, first + i, first + i);
    }
}

// The numbers of both sides; of one that is not there -1.
static limn_status make_numbers(const void *context, const limn_picture *const *sides,
                                const limn_random *stream, float *out) {
    (void)context;
    (void)stream;
    for (int i = 0; i < 2; i++) out[i] = sides[i] ? sides[i]->rgb[0] : -1;
    return LIMN_OK;
}

static limn_loader_options numbers(limn_set *set, int batch) {
    return (limn_loader_options){
        .set = set, .batch = batch, .floats = 2, .make = make_numbers, .seed = 7};
}

// Of so many batches the first numbers, one after the other, from those of domain `which`.
static void read_numbers(limn_loader_options how, int which, int batches, int *out) {
    limn_loader *loader;
    const float *batch;
    double waited;
    int each = how.batch / how.set->domain_count;
    good(limn_loader_new(how, &loader));
    for (int64_t i = 0; i < batches; i++) {
        good(limn_loader_batch(loader, i, &batch, &waited));
        for (int k = 0; k < each; k++) *out++ = (int)batch[2 * (which * each + k)];
    }
    assert_null(limn_loader_broken(loader, 0));
    limn_loader_free(loader);
}

// Whether the numbers are some of first .. first + count - 1, none twice.
static void all_different(const int *found, int size, int first, int count) {
    bool seen[256] = {false};
    for (int i = 0; i < size; i++) {
        assert_in_range(found[i], first, first + count - 1);
        assert_false(seen[found[i]]);
        seen[found[i]] = true;
    }
}

// Each domain by permutations of its own, end to end; these differ.
static void epochs(void **state) {
    (void)state;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    draw_some("trainA", 0, 7);
    draw_some("trainB", 100, 4);
    draw_some("testA", 50, 3);
    limn_set set = open_set(&labelled, NULL);
    enum { BATCHES = 14 };
    int a[2 * BATCHES], b[2 * BATCHES];
    read_numbers(numbers(&set, 4), 0, BATCHES, a);
    read_numbers(numbers(&set, 4), 1, BATCHES, b);
    for (int i = 0; i < 4; i++) all_different(a + (ptrdiff_t)7 * i, 7, 0, 7);
    for (int i = 0; i < 7; i++) all_different(b + (ptrdiff_t)4 * i, 4, 100, 4);
    assert_memory_not_equal(a, a + 7, 7 * sizeof *a);
    assert_int_equal(limn_set_epoch(&set, 4), 3);
    limn_set_free(&set);
    rename("set/trainB", "set/gone");
    draw_some("trainB", 0, 7);
    set = open_set(&labelled, NULL);
    read_numbers(numbers(&set, 4), 1, BATCHES, b);
    assert_memory_not_equal(a, b, 7 * sizeof *a);
    limn_set_free(&set);
}

// The shortest domain ends the epoch, and what is left of it is no batch.
static void shortest(void **state) {
    (void)state;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    draw_some("trainA", 0, 7);
    draw_some("trainB", 100, 5);
    limn_samples kind = labelled;
    kind.order = LIMN_BY_SHORTEST;
    limn_set set = open_set(&kind, NULL);
    enum { BATCHES = 12 };
    int a[2 * BATCHES], b[2 * BATCHES], missed = 0;
    assert_int_equal(limn_set_epoch(&set, 4), 2);
    read_numbers(numbers(&set, 4), 0, BATCHES, a);
    read_numbers(numbers(&set, 4), 1, BATCHES, b);
    for (int i = 0; i < BATCHES / 2; i++) {
        all_different(a + (ptrdiff_t)4 * i, 4, 0, 7);
        all_different(b + (ptrdiff_t)4 * i, 4, 100, 5);
    }
    for (int i = 4; i < 2 * BATCHES; i += 4) missed += memcmp(b, b + i, 4 * sizeof *b) != 0;
    assert_true(missed > 3);
    limn_set_free(&set);
}

// As runs of old did, bit for bit.
static void recorded(void **state) {
    (void)state;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    draw_some("trainA", 0, 7);
    draw_some("trainB", 100, 5);
    static const int by_epoch[12] = {6, 104, 0, 2, 103, 101, 5, 100, 4, 3, 1, 102},
                     drawn[12] = {102, 102, 101, 104, 104, 100, 103, 102, 101, 103, 101, 100};
    limn_samples kind = labelled;
    kind.order = LIMN_DRAWN;
    int found[12];
    limn_set set = open_set(&kind, NULL);
    read_numbers(numbers(&set, 4), 1, 6, found);
    assert_memory_equal(found, drawn, sizeof found);
    limn_set_free(&set);
    set = open_set(&plain, NULL);
    read_numbers(numbers(&set, 3), 0, 4, found);
    assert_memory_equal(found, by_epoch, sizeof found);
    limn_set_free(&set);
}

// A batch is a function of its number; several may be taken in a step.
static void by_number(void **state) {
    (void)state;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    draw_some("x", 0, 20);
    limn_set set = open_set(&plain, NULL);
    int all[8];
    read_numbers(numbers(&set, 1), 0, 8, all);
    limn_loader *loader;
    const float *batch;
    double waited;
    good(limn_loader_new(numbers(&set, 1), &loader));
    for (int64_t i = 7; i >= 0; i -= 3) {
        good(limn_loader_batch(loader, i, &batch, &waited));
        assert_int_equal((int)batch[0], all[i]);
    }
    limn_loader_free(loader);
    limn_set_free(&set);
}

// ---- two files ----

static void read_pairs(const limn_samples *kind, int both[8][2]) {
    limn_set set = open_set(kind, NULL);
    limn_loader *loader;
    const float *batch;
    double waited;
    good(limn_loader_new(numbers(&set, 4), &loader));
    for (int64_t i = 0; i < 2; i++) {
        good(limn_loader_batch(loader, i, &batch, &waited));
        for (int k = 0; k < 8; k++) both[4 * i + k / 2][k % 2] = (int)batch[k];
    }
    limn_loader_free(loader);
    limn_set_free(&set);
}

// Joined pictures and those of A and B make the same batches.
static void pairs(void **state) {
    (void)state;
    static const char *const names[] = {"1", "1-a", "2", "30"};
    int apart[8][2], joined[8][2];
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "A/train/%s.png", names[i]);
        draw(path, 8, 8, i, i);
        snprintf(path, sizeof path, "B/train/%s.png", names[i]);
        draw(path, 8, 8, 100 + i, 100 + i);
    }
    read_pairs(&paired, apart);
    for (int i = 0; i < 8; i++) assert_int_equal(apart[i][1], 100 + apart[i][0]);
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "train/%s.png", names[i]);
        draw(path, 16, 8, i, 100 + i);
    }
    read_pairs(&paired, joined);
    assert_memory_equal(apart, joined, sizeof apart);
    draw("train/3.png", 18, 8, 0, 0); // no longer twice as wide: what it is, it must be told
    limn_set set;
    limn_set_request request = {.path = "set"};
    assert_int_equal(limn_set_open(&request, &paired, &set), LIMN_INPUT);
    request.layout = LIMN_LAYOUT_JOINED;
    good(limn_set_open(&request, &paired, &set));
    assert_int_equal(set.count, 5);
    limn_set_free(&set);
}

static void odd_widths(void **state) {
    (void)state;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    draw("1.png", 8, 4, 1, 2);
    draw("2.png", 9, 4, 3, 4);
    limn_set set;
    limn_loader *loader;
    const float *batch;
    double waited;
    limn_set_request request = {.path = "set", .layout = LIMN_LAYOUT_JOINED};
    good(limn_set_open(&request, &paired, &set));
    good(limn_loader_new(numbers(&set, 2), &loader));
    good(limn_loader_batch(loader, 0, &batch, &waited));
    for (int i = 0; i < 4; i++) assert_int_equal((int)batch[i], 1 + i % 2);
    assert_string_equal(limn_loader_broken(loader, 0),
                        "set/2.png: has an odd width, 9, so that it has no two halves");
    limn_loader_free(loader);
    limn_set_free(&set);
}

static const char *next_one(const void *context, int sample, const limn_random *stream) {
    const limn_set *set = context;
    (void)stream;
    return set->folder.paths[(sample + 1) % set->folder.count];
}

static void partners(void **state) {
    (void)state;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    draw_some("x", 0, 5);
    limn_samples kind = plain;
    kind.files = 2;
    limn_set set = open_set(&kind, NULL);
    limn_loader_options how = numbers(&set, 5);
    how.partner = next_one;
    how.context = &set;
    limn_loader *loader;
    const float *batch;
    double waited;
    good(limn_loader_new(how, &loader));
    good(limn_loader_batch(loader, 0, &batch, &waited));
    for (int i = 0; i < 5; i++)
        assert_int_equal((int)batch[2 * i + 1], ((int)batch[2 * i] + 1) % 5);
    limn_loader_free(loader);
    limn_set_free(&set);
}

// ---- held out ----

static void held_out(void **state) {
    (void)state;
    limn_held_out held;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    draw_some("train", 0, 10);
    limn_set set = open_set(&plain, NULL);
    limn_loader_options how = numbers(&set, 1);
    good(limn_hold_out(&how, 0, 2, &held)); // the last of those trained on
    assert_int_equal(held.count, 2);
    assert_int_equal((int)held.samples[0], 9);
    assert_int_equal(limn_set_count(&set, LIMN_TRAIN), 8);
    limn_held_out_free(&held);
    good(limn_hold_out(&how, 0, 2, &held)); // not where there are few
    assert_int_equal(limn_set_count(&set, LIMN_TRAIN), 8);
    limn_held_out_free(&held);
    limn_set_free(&set);
    draw_some("val", 100, 2);
    touch("val/102.png"); // which cannot be read
    set = open_set(&plain, NULL);
    how.set = &set;
    good(limn_hold_out(&how, 0, 2, &held));
    assert_int_equal((int)held.samples[0], 101);
    assert_int_equal((int)held.samples[2], 100);
    assert_int_equal(limn_set_count(&set, LIMN_TRAIN), 10);
    limn_held_out_free(&held);
    limn_set_free(&set);
}

// What lies in a test folder is not even opened.
static void tests_are_not_read(void **state) {
    (void)state;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    draw_some("train", 0, 3);
    for (int i = 0; i < 9; i++) {
        char path[32];
        snprintf(path, sizeof path, "test/%d.png", i);
        touch(path);
    }
    limn_set set = open_set(&plain, NULL);
    limn_loader_options how = numbers(&set, 1);
    how.strict = true;
    int found[30];
    read_numbers(how, 0, 30, found);
    all_different(found, 3, 0, 3);
    limn_set_free(&set);
}

// ---- parts of pictures ----

// Red is the column, green the row.
static limn_picture *ramps(int width, int height) {
    limn_picture *picture;
    good(limn_picture_new(width, height, LIMN_RGB, &picture));
    size_t plane = (size_t)width * (size_t)height;
    for (size_t i = 0; i < plane; i++) {
        picture->rgb[i] = (float)(i % (size_t)width);
        picture->rgb[plane + i] = (float)(i / (size_t)width);
        picture->rgb[2 * plane + i] = 0;
    }
    return picture;
}

static void rectangles(void **state) {
    (void)state;
    enum { W = 6, H = 4, PLANE = W * H };
    limn_picture *picture = ramps(20, 10), *same = ramps(20, 10);
    float out[3 * PLANE], other[3 * PLANE];
    good(limn_cut_native(picture, W, H, NULL, out));
    for (int i = 0; i < PLANE; i++) { // the middle
        assert_true(out[i] == (float)(7 + i % W));
        assert_true(out[PLANE + i] == (float)(3 + i / W));
    }
    int mirrored = 0;
    for (uint32_t n = 0; n < 40; n++) {
        limn_random stream = {.seed = 3, .purpose = limn_purpose("test"), .sample = n};
        good(limn_cut_native(picture, W, H, &stream, out));
        good(limn_cut_native(same, W, H, &stream, other));
        assert_memory_equal(out, other, sizeof out);
        assert_true(out[PLANE + W] == out[PLANE] + 1);
        assert_true(out[1] - out[0] == (out[0] < out[W - 1] ? 1 : -1));
        mirrored += out[0] > out[1];
    }
    assert_in_range(mirrored, 10, 30);
    good(limn_cut_shrunk(picture, W, H, NULL, out)); // all rows, 15 of 20 columns
    assert_true(fabs((double)(out[PLANE + PLANE - 1] - out[PLANE]) - 7.5) < 0.3);
    assert_true(fabs((double)(out[W - 1] - out[0]) - 12.5) < 0.3);
    good(limn_cut_shrunk(picture, 3, 3, NULL, out));
    limn_picture *line = ramps(1, 3);
    good(limn_cut_native(line, W, H, NULL, out)); // enlarged six times
    assert_true(out[0] == 0 && out[W - 1] == 0);
    limn_picture_free(line);
    line = ramps(1, 500);
    assert_int_equal(limn_cut_native(line, W, H, NULL, out), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "1 x 500 pixels are too narrow for 6 x 4"));
    limn_picture_free(line);
    limn_picture_free(picture);
    limn_picture_free(same);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(epochs),
        IN_FOLDER(shortest),
        IN_FOLDER(recorded),
        IN_FOLDER(by_number),
        IN_FOLDER(pairs),
        IN_FOLDER(odd_widths),
        IN_FOLDER(partners),
        IN_FOLDER(held_out),
        IN_FOLDER(tests_are_not_read),
        cmocka_unit_test(rectangles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
