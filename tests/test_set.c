// What folders mean (data/set.c), told by names alone; what is said of their pictures
// (data/survey.c).
#include "base/options.h"
#include "data/survey.h"
#include "image/vips.h"
#include "set_samples.h"

#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST = 16 };

static const limn_samples any = {.layouts = {LIMN_LAYOUT_UNPAIRED, LIMN_LAYOUT_PAIRS,
                                             LIMN_LAYOUT_SCALES, LIMN_LAYOUT_JOINED,
                                             LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_PICTURES},
                                 .files = 2},
                          large = {.layouts = {LIMN_LAYOUT_SCALES, LIMN_LAYOUT_PICTURES},
                                   .files = 1};

static void touch_all(const char *const *files) {
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    for (; *files; files++) touch(*files);
}

// All of a set in a line: its layout, then part by part its domains and their samples.
static const char *print_set(const limn_set *set) {
    static char line[2000];
    size_t used = (size_t)snprintf(line, sizeof line, "%s", limn_layouts[set->layout].name);
    for (int part = 0; part < LIMN_PARTS; part++)
        for (int d = 0; d < set->domain_count; d++) {
            const limn_domain *domain = &set->domains[d];
            const limn_range *range = &domain->part[part];
            if (range->count)
                used += (size_t)snprintf(line + used, sizeof line - used,
                                         "; %s %s:", (const char *[]){"train", "val", "test"}[part],
                                         domain->name ? domain->name : "-");
            for (int i = range->first; i < range->first + range->count; i++)
                for (int k = 0; k < 2; k++) {
                    int file = set->samples[i].file[k];
                    if (file >= 0)
                        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s",
                                                 k ? "+" : " ", limn_set_name(set, file));
                }
        }
    return line;
}

// ---- names ----

static void layouts(void **state) {
    (void)state;
    static const struct {
        const limn_samples *kind;
        const char *files[MOST], *set;
    } table[] = {
        {&plain,
         {"b.jpg", "a.png", "c/d.jpg", "notes.txt"},
         "pictures; train -: a.png b.jpg c/d.jpg"},
        {&plain,
         {"train/1.png", "train/x/2.png", "val/3.png", "test/4.png", "5.png"},
         "pictures; train -: 5.png train/1.png train/x/2.png; val -: val/3.png; test -: "
         "test/4.png"},
        {&plain, {"test/1.png", "val/2.png"}, "pictures; train -: test/1.png val/2.png"},
        {&plain,
         {"A/train/1.png", "A/test/2.png", "B/train/1.png"},
         "pictures; train -: A/train/1.png B/train/1.png; test -: A/test/2.png"},
        {&any,
         {"trainA/1.png", "trainB/1.png", "testB/2.png", "val/3.png"},
         "unpaired; train -: trainA/1.png trainB/1.png; test -: testB/2.png"},
        {&labelled,
         {"trainA/1.png", "trainA/x/2.png", "trainB/1.png", "testB/2.png", "valA/7.png"},
         "unpaired; train A: trainA/1.png trainA/x/2.png; train B: trainB/1.png; val A: "
         "valA/7.png; test B: testB/2.png"},
        {&labelled,
         {"train/cat/1.png", "train/cat-paintings/1.png", "test/cat/2.png", "test/dog/3.png",
          "train/4.png"},
         "domains; train cat: train/cat/1.png; train cat-paintings: train/cat-paintings/1.png; "
         "test cat: test/cat/2.png"},
        {&labelled,
         {"train/a/1.png", "train/test/2.png", "trainA/3.png"},
         "domains; train a: train/a/1.png; train test: train/test/2.png"},
        {&any, {"train/a/1.png", "train/b/2.png"}, "domains; train -: train/a/1.png train/b/2.png"},
        {&any,
         {"train/a/1.png", "train/b/2.png", "train/3.png"},
         "pictures; train -: train/3.png train/a/1.png train/b/2.png"},
        {&paired,
         {"A/train/2.png", "B/train/2.jpg", "A/train/1.png", "B/train/1.png", "A/val/2.png",
          "B/val/2.png", "B/val/9.png"},
         "pairs; train -: A/train/1.png+B/train/1.png A/train/2.png+B/train/2.jpg; val -: "
         "A/val/2.png+B/val/2.png"},
        {&paired, {"A/1.png", "B/1.png"}, "pairs; train -: A/1.png+B/1.png"},
        {&any,
         {"X_train_HR/1.png", "X_train_LR/X4/1x4.png", "X_train_LR/X2/1x2.png", "X_valid_HR/2.png",
          "X_valid_LR/X4/2x4.png"},
         "scales; train -: X_train_HR/1.png+X_train_LR/X2/1x2.png "
         "X_train_HR/1.png+X_train_LR/X4/1x4.png; val -: X_valid_HR/2.png+X_valid_LR/X4/2x4.png"},
        {&any,
         {"HR/1.png", "LR/1.png", "LR_mild/1x4.png", "HR/2.png", "LRx/2.png"},
         "scales; train -: HR/1.png+LR/1.png HR/1.png+LR_mild/1x4.png"},
        {&large,
         {"DIV_HR/1.png", "DIV_HR/2.png", "DIV_LR/1.png"},
         "scales; train -: DIV_HR/1.png DIV_HR/2.png"},
        {&large, {"DIV_HR/1.png", "2.png"}, "pictures; train -: 2.png DIV_HR/1.png"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        touch_all(table[i].files);
        limn_set set = open_set(table[i].kind, NULL);
        assert_string_equal(print_set(&set), table[i].set);
        limn_set_free(&set);
    }
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const limn_samples *kind;
        const char *files[MOST], *domains[4], *words;
    } table[] = {
        {&plain, {NULL}, {NULL}, "set: there is no picture in this folder"},
        {&plain, {"1.heic", "2.NEF", "3.nef"}, {NULL}, "left alone: 1 .heic, 2 .nef"},
        {&paired, {"A/1.png"}, {NULL}, "set: there are no pictures in B, nor in train that are"},
        {&paired,
         {"A/1.png", "B/2.png"},
         {NULL},
         "nothing to train on: pairs: to train on 0, without a place 2 (A/1.png: has no partner in "
         "B)"},
        {&labelled,
         {"trainA/1.png"},
         {NULL},
         "two domains or more, nor in trainB. Put them there."},
        {&labelled,
         {"train/cat/1.png"},
         {NULL},
         "set: at least 2 domains are needed, each a folder "
         "in train. There is cat."},
        {&labelled, {"train/a/1.png", "train/b/1.txt"}, {NULL}, "set/train/b: there is no picture"},
        {&labelled,
         {"train/a/1.png", "train/all/1.png"},
         {NULL},
         "set/train/all: as the name of a "
         "domain: the name is taken"},
        {&two,
         {"train/a/1.png", "train/b/1.png", "train/c/1.png"},
         {NULL},
         "at most 2 domains are needed: choose them with --domain. There are a, b, c."},
        {&two,
         {"train/cat/1.png", "train/dog/1.png"},
         {"cat", "dgo"},
         "--domain dgo: there is no such domain. Did you mean dog? There are cat, dog."},
        {&two,
         {"train/cat/1.png", "train/dog/1.png"},
         {"cat", "cat"},
         "--domain cat: two domains cannot have one name."},
        {&labelled,
         {"train/cat/1.png", "train/dog/1.png"},
         {"cat"},
         "--domain names 1, and at least 2 are needed. There are cat, dog."},
        {&labelled,
         {"cat/1.png", "cat/2.png", "dog/1.png", "emu/1.png"},
         {NULL},
         ". Make set/train, and move cat and dog into it."},
        {&labelled, {"cat/1.png", "2.png"}, {NULL}, ". Put them there."},
        {&plain, {"cat/1.heic"}, {NULL}, "left alone"},
        {&two,
         {"trainA/1.png", "trainB/1.png"},
         {"cat", "cat"},
         "two domains cannot have one name"},
        {&two, {"trainA/1.png", "trainB/1.png"}, {"a/b", "cat"}, "--domain a/b: the name is to"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        touch_all(table[i].files);
        limn_set_request request = {.path = "set"};
        if (*table[i].domains) request.domains = table[i].domains;
        limn_set set;
        assert_int_not_equal(limn_set_open(&request, table[i].kind, &set), LIMN_OK);
        if (!strstr(limn_message(), table[i].words))
            fail_msg("%s\nis not: %s", limn_message(), table[i].words);
        limn_set_free(&set);
    }
}

// The folder train itself is not what is asked for.
static void too_deep(void **state) {
    (void)state;
    touch_all((const char *[]){"train/cat/1.png", "train/dog/1.png", NULL});
    for (int slash = 0; slash < 2; slash++) {
        limn_set_request request = {.path = slash ? "set/train/" : "set/train"};
        limn_set set;
        assert_int_equal(limn_set_open(&request, &labelled, &set), LIMN_INPUT);
        const char *words =
            slash ? "set/train/ lies in." : "Name the folder that set/train lies in.";
        assert_non_null(strstr(limn_message(), words));
    }
}

static void domains(void **state) {
    (void)state;
    static const struct {
        const char *files[MOST], *domains[4], *set;
    } table[] = {
        {{"train/a/1.png", "train/b/2.png", "train/c/3.png", "test/c/4.png", "train/all/5.png"},
         {"c", "a"},
         "domains; train c: train/c/3.png; train a: train/a/1.png; test c: test/c/4.png"},
        {{"trainA/1.png", "trainB/2.png"},
         {"cats", "dogs"},
         "unpaired; train cats: trainA/1.png; train dogs: trainB/2.png"},
        {{"trainA/1.png", "trainB/2.png"},
         {"B", "A"},
         "unpaired; train B: trainB/2.png; train A: trainA/1.png"},
        {{"train/a/1.png", "train/b/2.png", "train/__MACOSX/._a"},
         {NULL},
         "domains; train a: train/a/1.png; train b: train/b/2.png"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        touch_all(table[i].files);
        limn_set set = open_set(&labelled, *table[i].domains ? table[i].domains : NULL);
        assert_string_equal(print_set(&set), table[i].set);
        limn_set_free(&set);
    }
    touch_all((const char *[]){"x/b/1.png", "x/2.png", "y/train/3.png", "y/test/4.png", NULL});
    limn_set_request request = {.path_a = "set/x/", .path_b = "set/y"};
    limn_set set;
    good(limn_set_open(&request, &two, &set));
    assert_string_equal(print_set(&set), "pictures; train A: 2.png b/1.png; train B: train/3.png; "
                                         "test B: test/4.png");
    limn_set_free(&set);
    request.domains = (const char *[]){"cats", "dogs", NULL};
    good(limn_set_open(&request, &two, &set));
    assert_string_equal(set.domains[1].name, "dogs");
    limn_set_free(&set);
    request.path_b = NULL;
    assert_int_equal(limn_set_open(&request, &two, &set), LIMN_USAGE);
    assert_non_null(strstr(limn_message(), "in its place --data-a FOLDER and --data-b FOLDER"));
}

// Small partners in a folder of their own.
static void low(void **state) {
    (void)state;
    touch_all((const char *[]){"high/train/1.png", "high/train/2.png", "high/val/3.jpg",
                               "low/train/1x4.png", "low/val/3.png", "low/4.png", NULL});
    limn_set_request request = {.path = "set/high", .path_low = "set/low/"};
    limn_set set;
    good(limn_set_open(&request, &any, &set));
    assert_string_equal(print_set(&set),
                        "scales; train -: train/1.png+train/1x4.png; val -: val/3.jpg+val/3.png");
    assert_string_equal(set.note, "scales: to train on 1, held out 1, without a place 2 "
                                  "(train/2.png: has no small partner)");
    limn_set_free(&set);
}

// A dot of a folder ends no name: pictures whose names have no ending are known by their bytes.
static void dots_of_folders(void **state) {
    (void)state;
    static const char *const names[] = {"set/A/v1.5/1", "set/A/v1.5/2", "set/B/v1.5/1",
                                        "set/B/v1.5/2"};
    touch_all((const char *[]){"A/v1.5/notes.txt", "B/v1.5/notes.txt", NULL});
    for (size_t i = 0; i < COUNT(names); i++)
        good(limn_file_write(names[i], "\xFF\xD8\xFF\xE0", 4, true));
    limn_set set = open_set(&paired, NULL);
    assert_string_equal(print_set(&set), "pairs; train -: A/v1.5/1+B/v1.5/1 A/v1.5/2+B/v1.5/2");
    limn_set_free(&set);
}

// What is not trained on is told.
static void notes(void **state) {
    (void)state;
    touch_all((const char *[]){"train/1.png", "train/2.png", "val/1.png", "test/1.png", NULL});
    limn_set set = open_set(&plain, NULL);
    assert_string_equal(set.note, "pictures: to train on 2, held out 1, for the test 1");
    limn_set_free(&set);
    touch_all((const char *[]){"DIV_HR/1.png", "DIV_LR/1.png", "DIV_LR/2.png", NULL});
    set = open_set(&large, NULL);
    assert_string_equal(set.note, "scales: to train on 1, not used 2");
    limn_set_free(&set);
    touch_all((const char *[]){"1.png", NULL});
    set = open_set(&plain, NULL);
    assert_null(set.note);
    limn_set_free(&set);
}

static uint64_t checksum(const limn_samples *kind, const char *const *names) {
    limn_set set = open_set(kind, names);
    uint64_t sum = limn_set_checksum(&set);
    limn_set_free(&set);
    return sum;
}

static void checksums(void **state) {
    (void)state;
    touch_all((const char *[]){"train/a/1.png", "train/b/2.png", NULL});
    uint64_t sum = checksum(&labelled, NULL);
    touch("test/a/3.png");
    touch("notes.txt");
    assert_true(checksum(&labelled, NULL) == sum);
    assert_true(checksum(&labelled, (const char *[]){"b", "a", NULL}) != sum);
    touch("train/a/0.png");
    assert_true(checksum(&labelled, NULL) != sum);
    assert_int_equal(rename("set/train/a/0.png", "set/0.png"), 0);
    assert_true(checksum(&labelled, NULL) == sum);
    assert_int_equal(rename("set/train/a/1.png", "set/train/a/2.png"), 0);
    assert_true(checksum(&labelled, NULL) != sum);
}

// ---- reasons ----

// A picture whose code tables are wrong, so that only libvips can say what it lacks.
static void write_broken(const char *name) {
    static const char jpeg[] = "\xFF\xD8\xFF\xC4\0\x13\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                               "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xD9";
    good(limn_file_write(name, jpeg, sizeof jpeg - 1, true));
}

// The first time, libvips has something to say of the picture that another thread reads.
static limn_status speak_of_another(void *times, int number, int count, const char *path) {
    (void)number, (void)count, (void)path;
    if ((*(int *)times)++ < 2) vips_error("another", "%s", "is no concern of this picture's");
    return LIMN_OK;
}

static void reasons_are_of_the_picture(void **state) {
    (void)state;
    int times = 0;
    limn_survey survey;
    good(limn_vips_start());
    touch_all((const char *[]){"a.jpg", "b.jpg", NULL});
    write_broken("set/a.jpg");
    write_broken("set/b.jpg");
    limn_set set = open_set(&plain, NULL);
    good(limn_survey_read(&set, 2, speak_of_another, &times, &survey));
    for (int i = 0; i < 2; i++) {
        assert_true(survey.files[i].unreadable);
        assert_null(strstr(survey.files[i].reason, "no concern"));
        assert_non_null(strstr(survey.files[i].reason, "Huffman")); // as libjpeg says
    }
    limn_survey_free(&survey);
    limn_set_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(layouts),         IN_FOLDER(refusals),  IN_FOLDER(too_deep),
        IN_FOLDER(domains),         IN_FOLDER(low),       IN_FOLDER(notes),
        IN_FOLDER(dots_of_folders), IN_FOLDER(checksums), IN_FOLDER(reasons_are_of_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
