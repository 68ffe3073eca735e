// Several threads with one model, a runner for each, and threads of its own for each runner: what
// they make is what one makes alone. The one test that is built and run under ThreadSanitizer.
//
//   test_threads FOLDER
#include "toy_samples.h"

#include <pthread.h>

enum { WORKERS = 3, TURNS = 4, LOOKS = 4 };

// By an exemplar, by chance, between the two, and the picture's own within its domain.
static limn_status look(limn_runner *runner, const limn_picture *picture, int number,
                        limn_style **style) {
    limn_style *ends[2] = {NULL, NULL};
    if (number == 0) return limn_style_read(runner, picture, "B", style);
    if (number == 1) return limn_style_random(runner, "B", 3, 1, style);
    if (number == 2) return limn_style_read(runner, picture, "A", style);
    limn_status status = limn_style_read(runner, picture, "A", &ends[0]);
    if (status == LIMN_OK) status = limn_style_random(runner, "A", 5, 0, &ends[1]);
    if (status == LIMN_OK) status = limn_style_mix(ends[0], ends[1], 0.3, style);
    for (int i = 0; i < 2; i++) limn_style_free(ends[i]);
    return status;
}

static limn_status translate(limn_runner *runner, const limn_picture *picture, int number,
                             limn_picture **result) {
    limn_style *style = NULL;
    limn_status status = look(runner, picture, number, &style);
    if (status == LIMN_OK)
        status = limn_translate(runner, picture, number == 2 ? "A" : NULL, style, result);
    limn_style_free(style);
    return status;
}

typedef struct worker {
    const limn_model *model;
    const limn_picture *const *pictures; // of another size in each turn
    limn_picture *const *wanted;         // [TURNS][LOOKS]
    int threads;
    bool right;
} worker;

static bool is_same(const limn_picture *a, const limn_picture *b) {
    return a->width == b->width && a->height == b->height &&
           !memcmp(a->rgb, b->rgb, 3 * (size_t)a->width * (size_t)a->height * sizeof *a->rgb);
}

static void *work(void *context) {
    worker *it = context;
    limn_run_options options = {
        .size = sizeof options, .threads = it->threads, .result = LIMN_SIZE_NATIVE};
    limn_runner *runner = NULL;
    it->right = !limn_runner_open(it->model, &options, &runner);
    for (int i = 0; i < TURNS * LOOKS && it->right; i++) {
        limn_picture *result = NULL;
        it->right = !translate(runner, it->pictures[i / LOOKS], i % LOOKS, &result) &&
                    is_same(result, it->wanted[i]);
        limn_picture_free(result);
    }
    limn_runner_free(runner);
    return NULL;
}

static void threads_with_one_model(void **state) {
    limn_model *model = load(*state);
    limn_runner *runner = open_with(model, (limn_run_options){.result = LIMN_SIZE_NATIVE});
    limn_picture *pictures[TURNS], *wanted[TURNS * LOOKS];
    for (int t = 0; t < TURNS; t++) pictures[t] = noise(24 + 12 * t, 40 - 4 * t, LIMN_RGB);
    for (int i = 0; i < TURNS * LOOKS; i++)
        good(translate(runner, pictures[i / LOOKS], i % LOOKS, &wanted[i]));
    worker workers[WORKERS];
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.model = model,
                              .pictures = (const limn_picture *const *)pictures,
                              .wanted = wanted,
                              .threads = i ? 1 : 2};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(workers[i].right);
    }
    for (int i = 0; i < TURNS * LOOKS; i++) limn_picture_free(wanted[i]);
    for (int t = 0; t < TURNS; t++) limn_picture_free(pictures[t]);
    limn_runner_free(runner);
    limn_model_free(model);
}

int main(int count, char **words) {
    char path[512];
    if (count != 2 || !program_begin(words[0], words[1], NULL)) return 2;
    snprintf(path, sizeof path, "%s/toy.safetensors", scratch);
    save_toy(path);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(threads_with_one_model, path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
