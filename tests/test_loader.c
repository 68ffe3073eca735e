// The pictures that a loader keeps (data/kept.c), and the threads that make its batches.
#include "base/threads.h"
#include "data/loader.h"
#include "set_samples.h"

#include <pthread.h>

enum { SIDE = 8, VALUES = 3 * SIDE * SIDE, BATCH = 2, BATCHES = 9 };

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
                               .spare = keep};
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

// Batches are made ahead, but any may be asked for.
static void in_any_order(void **state) {
    (void)state;
    static float read[BATCHES * BATCH * VALUES];
    static const int64_t order[] = {0, 1, 5, 4, 0, 7, 8, 2, 2, 3, 6, 5, 4, 8};
    read_batches(0, BATCHES, read);
    limn_set set = draw_set((const char *const[]){"deep", "clear", "plain"}, 3);
    limn_loader *loader = open_loader(&set, 1 << 20);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const float *batch;
        double waited;
        good(limn_loader_batch(loader, order[i], &batch, &waited));
        usleep(i % 3 * 1000); // while others are made
        assert_memory_equal(batch, read + order[i] * BATCH * VALUES,
                            BATCH * VALUES * sizeof *batch);
    }
    limn_loader_free(loader);
    limn_set_free(&set);
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

// ---- several threads ----

// Which threads made samples.
typedef struct makers {
    pthread_mutex_t lock;
    pthread_t seen[16];
    int count;
} makers;

static limn_status copy_slowly(const void *context, const limn_picture *const *sides,
                               const limn_random *stream, float *out) {
    makers *it = (makers *)(uintptr_t)context;
    usleep(1000);
    pthread_mutex_lock(&it->lock);
    int i = 0;
    while (i < it->count && !pthread_equal(it->seen[i], pthread_self())) i++;
    if (i == it->count && i < 16) it->seen[it->count++] = pthread_self();
    pthread_mutex_unlock(&it->lock);
    out[VALUES] = (float)limn_random_unit(stream, 0);
    return copy_all(NULL, sides, stream, out);
}

enum { SAMPLE = VALUES + 1, MANY = 6, LONG = 20 };

// Batches that are waited for, two pictures of which are broken. *told: which, in order.
static int read_waiting(size_t spare, float *out, char told[2000]) {
    limn_set set = draw_set((const char *const[]){"a", "b", "c", "d", "e", "f", "g", "h"}, 8);
    assert_int_equal(system("echo x >set/b.png; echo x >set/g.png"), 0);
    makers by = {.lock = PTHREAD_MUTEX_INITIALIZER};
    limn_loader *loader;
    limn_loader_options how = {.set = &set,
                               .batch = MANY,
                               .floats = SAMPLE,
                               .make = copy_slowly,
                               .context = &by,
                               .spare = spare};
    good(limn_loader_new(how, &loader));
    for (int64_t i = 0; i < LONG; i++) {
        const float *batch;
        double waited;
        good(limn_loader_batch(loader, i, &batch, &waited));
        memcpy(out + i * MANY * SAMPLE, batch, MANY * SAMPLE * sizeof *out);
    }
    *told = 0;
    for (int i = 0; limn_loader_broken(loader, i); i++) strcat(told, limn_loader_broken(loader, i));
    limn_loader_free(loader);
    limn_set_free(&set);
    return by.count;
}

// Several threads make what one makes, and tell of it in the same order.
static void helpers_change_nothing(void **state) {
    (void)state;
    static float one[LONG * MANY * SAMPLE], several[LONG * MANY * SAMPLE];
    char told_by_one[2000], told[2000];
    assert_int_equal(read_waiting(0, one, told_by_one), 1);
    int threads = read_waiting(1 << 20, several, told);
    assert_true(threads > 1 || limn_threads_available() == 1);
    assert_memory_equal(one, several, sizeof one);
    assert_string_equal(told, told_by_one);
    assert_non_null(strstr(told, "set/b.png"));
    assert_non_null(strstr(told, "set/g.png"));
    // Pictures that take more than helpers may have, 12 bytes a pixel, are read one after another.
    assert_int_equal(read_waiting(12 * SIDE * SIDE, several, told), 1);
    assert_memory_equal(one, several, sizeof one);
}

// ---- large pictures ----

static limn_status tell_size(const void *context, const limn_picture *const *sides,
                             const limn_random *stream, float *out) {
    (void)context, (void)stream;
    out[0] = (float)sides[0]->width;
    return LIMN_OK;
}

static float width_where(int enough) {
    limn_set set;
    limn_picture *large;
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    good(limn_picture_new(800, 300, LIMN_RGB, &large));
    for (int i = 0; i < 3 * 800 * 300; i++) large->rgb[i] = 128;
    good(limn_picture_write(large, "set/a.jpg", NULL));
    good(limn_picture_write(large, "set/b.jpg", NULL));
    limn_picture_free(large);
    good(limn_set_open(&(limn_set_request){.path = "set"}, &plain, &set));
    limn_loader *loader;
    limn_loader_options how = {
        .set = &set, .batch = 1, .floats = 1, .make = tell_size, .enough = enough};
    good(limn_loader_new(how, &loader));
    const float *batch;
    double waited;
    good(limn_loader_batch(loader, 0, &batch, &waited));
    float width = *batch;
    limn_loader_free(loader);
    limn_set_free(&set);
    return width;
}

static void no_more_is_decoded_than_is_enough(void **state) {
    (void)state;
    assert_true(width_where(0) == 800);
    assert_true(width_where(150) == 400);
    assert_true(width_where(70) == 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(kept_as_they_were),
        IN_FOLDER(in_any_order),
        IN_FOLDER(small_sets_are_read_once),
        IN_FOLDER(helpers_change_nothing),
        IN_FOLDER(no_more_is_decoded_than_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
