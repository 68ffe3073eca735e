// The pictures that a loader keeps (data/kept.c).
#include "data/loader.h"
#include "own_folder.h"

enum { SIDE = 8, VALUES = 3 * SIDE * SIDE, BATCH = 2, BATCHES = 9 };

static void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static limn_status copy_all(const void *context, const limn_picture *const *sides,
                            const limn_random *stream, float *out) {
    (void)context, (void)stream;
    memcpy(out, sides[0]->rgb, VALUES * sizeof *out);
    return LIMN_OK;
}

// A picture of every colour; of 16 bits a channel, or half clear, its colours are no whole numbers.
static void draw(const char *name) {
    bool deep = !strcmp(name, "deep"), clear = !strcmp(name, "clear");
    char path[64];
    limn_picture *picture;
    good(limn_picture_new(SIDE, SIDE, clear ? LIMN_RGB_ALPHA : LIMN_RGB, &picture));
    for (int i = 0; i < VALUES; i++) picture->rgb[i] = (float)(i * 255) / (VALUES - 1);
    for (int i = 0; i < SIDE * SIDE && clear; i++) picture->alpha[i] = 0.5F;
    limn_write_options how = {.size = sizeof how, .depth = deep ? 16 : 8};
    snprintf(path, sizeof path, "set/%s.png", name);
    good(limn_picture_write(picture, path, &how));
    limn_picture_free(picture);
}

static limn_set draw_set(const char *const *names, int count) {
    static const limn_samples plain = {.layouts = {LIMN_LAYOUT_PICTURES}, .files = 1};
    limn_set set;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    for (int i = 0; i < count; i++) draw(names[i]);
    good(limn_set_open(&(limn_set_request){.path = "set"}, &plain, &set));
    return set;
}

static limn_loader *open_loader(limn_set *set, size_t keep) {
    limn_loader *loader;
    limn_loader_options how = {.set = set,
                               .batch = BATCH,
                               .floats = VALUES,
                               .make = copy_all,
                               .strict = true,
                               .keep = keep};
    good(limn_loader_new(how, &loader));
    return loader;
}

static void read_batches(size_t keep, int batches, float *out) {
    limn_set set = draw_set((const char *const[]){"deep", "clear", "plain"}, 3);
    limn_loader *loader = open_loader(&set, keep);
    for (int64_t i = 0; i < batches; i++) {
        const float *batch;
        double waited;
        good(limn_loader_batch(loader, i, &batch, &waited));
        memcpy(out + i * BATCH * VALUES, batch, BATCH * VALUES * sizeof *out);
    }
    limn_loader_free(loader);
    limn_set_free(&set);
}

// What is kept is what was read, and what is no whole numbers is read again.
static void kept_as_they_were(void **state) {
    (void)state;
    static float read[BATCHES * BATCH * VALUES], kept[BATCHES * BATCH * VALUES],
        some[BATCHES * BATCH * VALUES];
    read_batches(0, BATCHES, read);
    read_batches(1 << 20, BATCHES, kept);
    read_batches(VALUES, BATCHES, some);
    assert_memory_equal(read, kept, sizeof read);
    assert_memory_equal(read, some, sizeof read);
}

// Whether a loader goes on when the files of the set are gone.
static limn_status without_files(size_t keep) {
    limn_set set = draw_set((const char *const[]){"a", "b", "c", "d", "e", "f"}, 6);
    limn_loader *loader = open_loader(&set, keep);
    limn_status status = LIMN_OK;
    for (int64_t i = 0; i < 12 && status == LIMN_OK; i++) {
        const float *batch;
        double waited;
        status = limn_loader_batch(loader, i, &batch, &waited);
        if (i == 2) assert_int_equal(system("rm -rf set"), 0);
    }
    limn_loader_free(loader);
    limn_set_free(&set);
    return status;
}

static void small_sets_are_read_once(void **state) {
    (void)state;
    assert_int_equal(without_files(1 << 20), LIMN_OK);
    assert_int_equal(without_files(0), LIMN_INPUT);
    assert_int_equal(without_files(6 * VALUES), LIMN_INPUT); // the last does not fit: not small
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(kept_as_they_were),
        IN_FOLDER(small_sets_are_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
