// Looks that exemplars, chance and ways between them give: what the library makes, and what the
// program makes of the same words, alone, in folders and on sheets. Bit for bit.
//
//   test_looks build/tests/toy/limn-toy FOLDER
#include "toy_samples.h"

#include <sys/stat.h>

#define OTHER OTHER_PHOTO
#define THIRD "docs/emoji.jpg"

typedef struct tools {
    limn_model *model;
    limn_runner *runner;
    limn_picture *photo, *other, *third;
} tools;

static tools begin(limn_result_size size) {
    tools it = {.model = load(used_model)};
    it.runner = open_with(it.model, (limn_run_options){.isa = "baseline", .result = size});
    it.photo = read_back(PHOTO);
    it.other = read_back(OTHER);
    it.third = read_back(THIRD);
    return it;
}

static void end(tools *it) {
    limn_picture *pictures[] = {it->photo, it->other, it->third};
    for (size_t i = 0; i < ARRAY(pictures); i++) limn_picture_free(pictures[i]);
    limn_runner_free(it->runner);
    limn_model_free(it->model);
}

// The photograph in a style; frees the style.
static limn_picture *painted(const tools *it, limn_style *style) {
    limn_picture *made = translated(it->runner, it->photo, style);
    limn_style_free(style);
    return made;
}

static const char *in_scratch(const char *name) {
    static char paths[2][512], *path; // in turn
    path = path == paths[0] ? paths[1] : paths[0];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static void differ(const limn_picture *a, const limn_picture *b) {
    double most = 0;
    for (int i = 0; i < 3 * a->width * a->height; i++)
        most = fmax(most, fabs((double)(a->rgb[i] - b->rgb[i])));
    if (!(most > 1)) fail_msg("the two differ by %g at most", most);
}

// ---- one picture in one look ----

static void exemplars(void **state) {
    (void)state;
    tools it = begin(LIMN_SIZE_USUAL);
    assert_int_equal(limn_model_styles(it.model), LIMN_STYLES_CODES);
    assert_string_equal(limn_model_verb(it.model), "translate");
    check_program(painted(&it, style_read(it.runner, it.other, "B")), PHOTO " --exemplar " OTHER);
    check_program(painted(&it, style_read(it.runner, it.other, "B")),
                  PHOTO " --exemplar " OTHER " --from A --to B");
    check_program(painted(&it, style_read(it.runner, it.other, "A")),
                  PHOTO " --exemplar " OTHER " --to A");
    check_program(painted(&it, style_read(it.runner, it.other, "A")),
                  PHOTO " --exemplar " OTHER " --from B");
    check_program(painted(&it, style_read(it.runner, it.other, "A")),
                  PHOTO " --exemplar " OTHER " --direction BtoA");
    limn_style *style = style_read(it.runner, it.other, "A"), *own;
    limn_picture *inside;
    good(limn_translate(it.runner, it.photo, "A", style, &inside));
    check_program(inside, PHOTO " --exemplar " OTHER " --direction AtoA");
    good(limn_style_read(it.runner, it.photo, "B", &own)); // its own look
    good(limn_translate(it.runner, it.photo, "B", own, &inside));
    check_program(inside, PHOTO " --from B --to B");
    limn_style *average, *weak;
    good(limn_style_average(it.runner, "B", &average));
    weak = style_mix(average, own, 0.5);
    good(limn_translate(it.runner, it.photo, "B", weak, &inside));
    check_program(inside, PHOTO " --from B --to B --style-strength 0.5");
    limn_style_free(average);
    limn_style_free(weak);
    limn_style_free(style);
    limn_style_free(own);
    end(&it);
}

static void chance(void **state) {
    (void)state;
    tools it = begin(LIMN_SIZE_USUAL);
    check_program(painted(&it, style_by_chance(it.runner, "B", 0, 0)), PHOTO " --random 1");
    check_program(painted(&it, style_by_chance(it.runner, "B", 5, 0)),
                  PHOTO " --random 1 --seed 5");
    limn_picture *one = painted(&it, style_by_chance(it.runner, "B", 5, 0)),
                 *other = painted(&it, style_by_chance(it.runner, "B", 5, 1)),
                 *third = painted(&it, style_by_chance(it.runner, "B", 6, 0));
    differ(one, other);
    differ(one, third);
    limn_picture_free(one);
    limn_picture_free(other);
    limn_picture_free(third);
    end(&it);
}

// From the average look over the exemplar's, and beyond.
static void strength(void **state) {
    (void)state;
    static const double parts[] = {0, 0.5, 1, 2};
    tools it = begin(LIMN_SIZE_USUAL);
    limn_style *style = style_read(it.runner, it.other, "B"), *average;
    good(limn_style_average(it.runner, "B", &average));
    for (size_t i = 0; i < ARRAY(parts); i++) {
        char words[256];
        snprintf(words, sizeof words, PHOTO " --exemplar " OTHER " --style-strength %g", parts[i]);
        check_program(painted(&it, style_mix(average, style, parts[i])), words);
    }
    limn_picture *none = painted(&it, style_mix(average, style, 0)),
                 *all = painted(&it, style_mix(average, style, 1));
    differ(none, all);
    limn_picture_free(none);
    check_program(all, PHOTO " --exemplar " OTHER);
    limn_style_free(style);
    limn_style_free(average);
    end(&it);
}

// ---- sizes ----

static void check_size(limn_result_size size, const char *word, int width, int height) {
    char words[256];
    tools it = begin(size);
    limn_picture *made = painted(&it, style_read(it.runner, it.other, "B"));
    assert_int_equal(made->width, width);
    assert_int_equal(made->height, height);
    snprintf(words, sizeof words, PHOTO " --exemplar " OTHER " --size %s", word);
    check_program(made, words);
    end(&it);
}

static void sizes(void **state) {
    (void)state;
    check_size(LIMN_SIZE_USUAL, "model", 24, 16);
    check_size(LIMN_SIZE_MODEL, "model", 24, 16);
    check_size(LIMN_SIZE_KEEP, "keep", 451, 300);
    check_size(LIMN_SIZE_NATIVE, "native", 451, 300);
}

// At its own size a picture keeps it, whatever the networks need; and what lies beside it does not
// count: the rest is made by reflection.
static void odd_sizes(void **state) {
    (void)state;
    static const int sides[][2] = {{4, 4}, {5, 4}, {17, 31}, {64, 5}};
    static const int smaller[][2] = {{1, 1}, {1, 9}, {2, 3}, {64, 3}};
    tools it = begin(LIMN_SIZE_NATIVE);
    limn_style *style = style_read(it.runner, it.other, "B");
    for (size_t i = 0; i < ARRAY(sides); i++) {
        limn_picture *small = noise(sides[i][0], sides[i][1], LIMN_RGB);
        limn_picture *made = translated(it.runner, small, style);
        assert_int_equal(made->width, sides[i][0]);
        assert_int_equal(made->height, sides[i][1]);
        limn_style *own = style_read(it.runner, small, "B"); // it is an exemplar as well
        limn_picture_free(made);
        made = painted(&it, own);
        assert_int_equal(made->width, 451);
        limn_picture_free(made);
        limn_picture_free(small);
    }
    for (size_t i = 0; i < ARRAY(smaller); i++) { // than what the networks compute at
        limn_picture *small = noise(smaller[i][0], smaller[i][1], LIMN_RGB), *made;
        assert_int_equal(limn_translate(it.runner, small, NULL, style, &made), LIMN_INPUT);
        assert_non_null(strstr(limn_message(), "takes 4x4 pixels at least"));
        limn_picture_free(small);
    }
    limn_style_free(style);
    end(&it);
}

// Alpha goes past the networks; an exemplar is laid on white.
static void alpha_and_depth(void **state) {
    (void)state;
    tools it = begin(LIMN_SIZE_NATIVE);
    limn_picture *clear = noise(24, 20, LIMN_RGB_ALPHA), *made;
    limn_style *style = style_read(it.runner, it.other, "B");
    char words[1024];
    made = translated(it.runner, clear, style);
    assert_non_null(made->alpha);
    assert_memory_equal(made->alpha, clear->alpha, 24 * 20 * sizeof(float));
    limn_picture_free(made);
    limn_write_options deep = {.size = sizeof deep, .depth = 16, .existing = LIMN_REPLACE_EXISTING};
    good(limn_picture_write(clear, in_scratch("clear.png"), &deep));
    snprintf(words, sizeof words, "%s --exemplar " OTHER " --size native", in_scratch("clear.png"));
    made = by_program(words);
    assert_int_equal(made->depth, 16);
    assert_non_null(made->alpha);
    limn_picture_free(made);
    snprintf(words, sizeof words, PHOTO " --exemplar %s --size native", in_scratch("clear.png"));
    limn_picture *solid = read_back(in_scratch("clear.png"));
    limn_picture_on_white(solid);
    check_program(painted(&it, style_read(it.runner, solid, "B")), words);
    limn_picture_free(solid);
    limn_picture_free(clear);
    limn_style_free(style);
    end(&it);
}

// ---- several at once ----

// Results into the folder of this name.
static void run_into(const char *folder, const char *words) {
    char all[1536];
    snprintf(all, sizeof all, "%s -m %s --isa baseline --threads 1 --format png -o %s", words,
             used_model, in_scratch(folder));
    run_program("translate", all);
}

// Several looks lie in folders of their names, and are what each is alone.
static void folders(void **state) {
    (void)state;
    tools it = begin(LIMN_SIZE_USUAL);
    run_into("several", PHOTO " " THIRD " --exemplar " OTHER " --exemplar " THIRD);
    check_file(painted(&it, style_read(it.runner, it.other, "B")),
               in_scratch("several/before-after/chelsea.png"));
    check_file(painted(&it, style_read(it.runner, it.third, "B")),
               in_scratch("several/emoji/chelsea.png"));
    limn_style *style = style_read(it.runner, it.other, "B");
    check_file(translated(it.runner, it.third, style),
               in_scratch("several/before-after/emoji.png"));
    limn_style_free(style);
    limn_write_options plain = {.size = sizeof plain, .existing = LIMN_REPLACE_EXISTING};
    assert_int_equal(mkdir(in_scratch("gallery"), 0755), 0);
    good(limn_picture_write(it.other, in_scratch("gallery/x.png"), &plain));
    good(limn_picture_write(it.third, in_scratch("gallery/y.tif"), &plain));
    char words[1024];
    snprintf(words, sizeof words, PHOTO " --exemplar %s", in_scratch("gallery"));
    run_into("by-gallery", words);
    check_file(painted(&it, style_read(it.runner, it.other, "B")),
               in_scratch("by-gallery/x/chelsea.png"));
    check_file(painted(&it, style_read(it.runner, it.third, "B")),
               in_scratch("by-gallery/y/chelsea.png"));
    run_into("by-chance", PHOTO " --random 3 --seed 4");
    check_file(painted(&it, style_by_chance(it.runner, "B", 4, 0)),
               in_scratch("by-chance/0001/chelsea.png"));
    check_file(painted(&it, style_by_chance(it.runner, "B", 4, 2)),
               in_scratch("by-chance/0003/chelsea.png"));
    end(&it);
}

// The ends of a way are the two looks themselves.
static void ways(void **state) {
    (void)state;
    tools it = begin(LIMN_SIZE_USUAL);
    run_into("way", PHOTO " --exemplar " OTHER " --exemplar " THIRD " --interpolate 3");
    limn_style *first = style_read(it.runner, it.other, "B"),
               *last = style_read(it.runner, it.third, "B");
    check_file(painted(&it, style_mix(first, last, 0.5)), in_scratch("way/0002/chelsea.png"));
    check_file(painted(&it, first), in_scratch("way/0001/chelsea.png"));
    check_file(painted(&it, last), in_scratch("way/0003/chelsea.png"));
    run_into("chance-way", PHOTO " --random 2 --seed 9 --interpolate 4");
    check_file(painted(&it, style_by_chance(it.runner, "B", 9, 0)),
               in_scratch("chance-way/0001/chelsea.png"));
    check_file(painted(&it, style_by_chance(it.runner, "B", 9, 1)),
               in_scratch("chance-way/0004/chelsea.png"));
    end(&it);
}

// The exemplars as they stand on top of a sheet, or a picture at its left: as large as a result.
static limn_picture *beside(const limn_picture *picture, int longer) {
    limn_picture *copy;
    good(limn_picture_copy(picture, &copy));
    good(limn_picture_fit(copy, longer));
    return copy;
}

// Pictures at the left, looks on top, results where they meet.
static void sheets(void **state) {
    (void)state;
    tools it = begin(LIMN_SIZE_USUAL);
    limn_style *first = style_read(it.runner, it.other, "B"),
               *last = style_read(it.runner, it.third, "B");
    const limn_picture *inputs[] = {it.photo, it.third};
    limn_picture *cells[9] = {NULL};
    for (int i = 0; i < 2; i++) {
        limn_picture **row = &cells[3 * (i + 1)];
        row[1] = translated(it.runner, inputs[i], first);
        row[2] = translated(it.runner, inputs[i], last);
        int longer = row[1]->width > row[1]->height ? row[1]->width : row[1]->height;
        row[0] = beside(inputs[i], longer);
    }
    int longer = cells[8]->width > cells[8]->height ? cells[8]->width : cells[8]->height;
    cells[1] = beside(it.other, longer);
    cells[2] = beside(it.third, longer);
    check_program(sheet_of(cells, 9, 3), PHOTO " " THIRD " --exemplar " OTHER " --exemplar " THIRD);
    limn_picture *way[8] = {[4] = beside(it.photo, 24)}; // no exemplar stands above what is between
    for (int i = 0; i < 3; i++) way[5 + i] = painted(&it, style_mix(first, last, i / 2.0));
    way[1] = beside(it.other, 24);
    way[3] = beside(it.third, 24);
    check_program(sheet_of(way, 8, 4),
                  PHOTO " --exemplar " OTHER " --exemplar " THIRD " --interpolate 3");
    limn_picture *random[4] = {beside(it.photo, 24)};
    for (int k = 0; k < 3; k++) random[1 + k] = painted(&it, style_by_chance(it.runner, "B", 2, k));
    check_program(sheet_of(random, 4, 4), PHOTO " --random 3 --seed 2");
    limn_style_free(first);
    limn_style_free(last);
    end(&it);
}

// ---- refusals ----

static void refuse(const tools *it, const limn_picture *picture, const char *from,
                   const limn_style *style, const char *words) {
    limn_picture *result = it->photo;
    refused(limn_translate(it->runner, picture, from, style, &result), LIMN_USAGE, words);
    assert_null(result);
}

static void refusals(void **state) {
    (void)state;
    tools it = begin(LIMN_SIZE_USUAL);
    limn_style *a = style_read(it.runner, it.other, "A"), *b = style_read(it.runner, it.other, "B"),
               *made = a;
    refuse(&it, it.photo, NULL, NULL, "network toy: a style is needed");
    refuse(&it, NULL, NULL, a, "network toy: a picture is needed");
    refuse(&it, it.photo, "C", a, "C: the model has no such domain.");
    refused(limn_style_domain(it.runner, "A", &made), LIMN_USAGE,
            "models of network toy have many looks in a domain");
    assert_null(made);
    refused(limn_style_read(it.runner, it.other, NULL, &made), LIMN_USAGE,
            "A domain must be named. The model has A, B.");
    refused(limn_style_random(it.runner, "C", 0, 0, &made), LIMN_USAGE, "It has A, B.");
    refused(limn_style_average(it.runner, "C", &made), LIMN_USAGE, "It has A, B.");
    refused(limn_style_mix(a, b, 0.5, &made), LIMN_USAGE,
            "the two styles are of different models or domains");
    assert_null(made);
    limn_style_free(a);
    limn_style_free(b);
    end(&it);
}

int main(int count, char **words) {
    if (count != 3 || !program_begin(words[1], words[2], NULL)) return 2;
    used_model = strdup(in_scratch("toy.safetensors"));
    save_toy(used_model);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exemplars), cmocka_unit_test(chance),    cmocka_unit_test(strength),
        cmocka_unit_test(sizes),     cmocka_unit_test(odd_sizes), cmocka_unit_test(alpha_and_depth),
        cmocka_unit_test(folders),   cmocka_unit_test(ways),      cmocka_unit_test(sheets),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
