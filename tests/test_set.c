// What folders mean (data/set.c), told by names alone, and what the loader makes of it: pairs,
// domains by epochs, parts of pictures.
#include "base/file.h"
#include "base/options.h"
#include "data/loader.h"
#include "own_folder.h"

#include <math.h>
#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST = 16 };

static const limn_samples any = {.layouts = {LIMN_LAYOUT_UNPAIRED, LIMN_LAYOUT_PAIRS,
                                             LIMN_LAYOUT_SCALES, LIMN_LAYOUT_JOINED,
                                             LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_PICTURES},
                                 .files = 2},
                          plain = {.layouts = {LIMN_LAYOUT_PICTURES}, .files = 1},
                          large = {.layouts = {LIMN_LAYOUT_SCALES, LIMN_LAYOUT_PICTURES},
                                   .files = 1},
                          paired = {.layouts = {LIMN_LAYOUT_PAIRS, LIMN_LAYOUT_JOINED}, .files = 2},
                          two = {.layouts = {LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_UNPAIRED},
                                 .files = 1,
                                 .least = 2,
                                 .most = 2},
                          labelled = {.layouts = {LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_UNPAIRED},
                                      .files = 1,
                                      .least = 2};

// A file at set/PATH that is no picture: names are all that counts.
static void touch(const char *path) {
    char whole[300];
    snprintf(whole, sizeof whole, "set/%s", path);
    *strrchr(whole, '/') = 0;
    assert_int_equal(limn_folder_make(whole), LIMN_OK);
    snprintf(whole, sizeof whole, "set/%s", path);
    assert_int_equal(limn_file_write(whole, "x", 1, true), LIMN_OK);
}

static void touch_all(const char *const *files) {
    assert_int_equal(system("rm -rf set && mkdir set"), 0);
    for (; *files; files++) touch(*files);
}

static void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static limn_set open_set(const limn_samples *kind, const char *const *domains) {
    limn_set set;
    good(limn_set_open(&(limn_set_request){.path = "set", .domains = domains}, kind, &set));
    return set;
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

// ---- samples ----

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
        IN_FOLDER(layouts),
        IN_FOLDER(refusals),
        IN_FOLDER(too_deep),
        IN_FOLDER(domains),
        IN_FOLDER(notes),
        IN_FOLDER(checksums),
        IN_FOLDER(epochs),
        IN_FOLDER(shortest),
        IN_FOLDER(recorded),
        IN_FOLDER(by_number),
        IN_FOLDER(pairs),
        IN_FOLDER(odd_widths),
        IN_FOLDER(partners),
        IN_FOLDER(held_out),
        IN_FOLDER(tests_are_not_read),
        cmocka_unit_test(low),
        cmocka_unit_test(rectangles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
