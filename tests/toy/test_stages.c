// What the stages of a training change and what they leave: by the models of runs that end in
// either.
//
//   test_stages build/tests/toy/limn-toy FOLDER
#include "toy_samples.h"

#include <sys/stat.h>

enum { SIDE = 16, PAIRS = 3 };

static void draw_pairs(void) {
    char path[512];
    for (int i = 0; i < 2 * PAIRS; i++) {
        snprintf(path, sizeof path, "%s/pairs", scratch);
        mkdir(path, 0755);
        snprintf(path, sizeof path, "%s/pairs/%c", scratch, 'A' + i % 2);
        mkdir(path, 0755);
        snprintf(path, sizeof path, "%s/pairs/%c/%d.png", scratch, 'A' + i % 2, i / 2);
        limn_picture *picture = noise(SIDE + i, SIDE, LIMN_RGB), *part;
        good(limn_picture_crop(picture, 0, 0, SIDE, SIDE, &part));
        good(limn_picture_write(part, path, NULL));
        limn_picture_free(picture);
        limn_picture_free(part);
    }
}

// The model of a run of so many steps in each stage.
static limn_model *trained(int first, int second, const char *words) {
    char all[1024];
    snprintf(all, sizeof all,
             "--data %s/pairs --threads 1 --width 4 --steps %d --translation-steps %d %s -o "
             "%s/%d-%d%.3s",
             scratch, first, second, words, scratch, first, second, words);
    run_program("train toy", all);
    snprintf(all, sizeof all, "%s/%d-%d%.3s", scratch, first, second, words);
    return load(all);
}

// Whether a parameter of this prefix differs.
static bool differs(const limn_model *a, const limn_model *b, const char *prefix) {
    int all = 0, changed = 0;
    assert_int_equal(a->store.size, b->store.size);
    for (int i = 0; i < a->store.size; i++) {
        const limn_parameter *it = &a->store.parameters[i];
        if (strncmp(it->name, prefix, strlen(prefix)) != 0) continue;
        changed += memcmp(a->store.values + it->offset, b->store.values + it->offset,
                          it->count * sizeof(float)) != 0;
        all++;
    }
    assert_true(all > 0);
    return changed > 0;
}

static void what_reads_stays(void **state) {
    static const char *const prefixes[] = {"read.", "style.", "draw."};
    limn_model *one = trained(1, 0, *state), *first = trained(2, 0, *state),
               *second = trained(2, 1, *state);
    for (size_t i = 0; i < ARRAY(prefixes); i++) {
        assert_true(differs(one, first, prefixes[i]));
        assert_int_equal(differs(first, second, prefixes[i]), i > 0);
    }
    assert_int_equal(limn_store_find(&second->store, "D.A.conv1.weight"), -1);
    limn_model_free(one);
    limn_model_free(first);
    limn_model_free(second);
}

// A row for each pair held out, in four columns.
static void sheet(void **state) {
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/2-1/samples/step-000000003.jpg", scratch);
    limn_picture *found = read_back(path);
    assert_int_equal(found->width, 4 * (SIDE + 4) + 4);
    assert_int_equal(found->height, PAIRS * (SIDE + 4) + 4);
    limn_picture_free(found);
}

int main(int count, char **words) {
    if (count != 3 || !program_begin(words[1], words[2], NULL)) return 2;
    draw_pairs();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(what_reads_stays, ""),
        cmocka_unit_test_prestate(what_reads_stays, "--ema 0.9"),
        cmocka_unit_test_prestate(what_reads_stays, "--optimiser sgd"),
        cmocka_unit_test(sheet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
