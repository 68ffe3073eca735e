// What results are held against that have a truth: colours and shapes of flat pictures, label maps
// and the maps of their colours.
#include "metric_samples.h"
#include "metrics/colour.h"
#include "metrics/colour_map.h"

#include <stddef.h>

// ---- pictures ----

// One colour a letter: black, white, red, green, blue; from a on greys of 20 and ten more each.
static void colour_of(char letter, float rgb[3]) {
    static const char letters[] = "KWRGB";
    static const float colours[][3] = {
        {0, 0, 0}, {255, 255, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}};
    const char *at = strchr(letters, letter);
    for (int c = 0; c < 3; c++)
        rgb[c] = at ? colours[at - letters][c] : (float)(20 + 10 * (letter - 'a'));
}

// Of 8 x 8, row by row.
static limn_picture *drawn(const char *letters) {
    limn_picture *picture;
    assert_int_equal(strlen(letters), 64);
    assert_int_equal(limn_picture_new(8, 8, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 64; i++) {
        float rgb[3];
        colour_of(letters[i], rgb);
        for (int c = 0; c < 3; c++) picture->rgb[64 * c + i] = rgb[c];
    }
    return picture;
}

static void paint(limn_picture *picture, int at, float r, float g, float b) {
    float rgb[3] = {r, g, b};
    for (int c = 0; c < 3; c++) picture->rgb[64 * c + at] = rgb[c];
}

#define ROW(c) c c c c c c c c
// A green ground with a red block of 2 x 4.
static const char two[] = ROW("G") "GGRRRRGG"
                                   "GGRRRRGG" ROW("G") ROW("G") ROW("G") ROW("G") ROW("G");
// Eleven greys; the first, of 3 pixels, is too small to count.
static const char eleven[] = "aaabbbbc"
                             "cccddddd"
                             "eeeeffff"
                             "gggghhhh"
                             "iiiijjjj" ROW("k") ROW("k") ROW("k");

static limn_palette palette_of(const char *letters) {
    limn_palette palette = {0};
    limn_regions regions;
    limn_picture *picture = drawn(letters);
    assert_int_equal(limn_regions_of(picture, &regions, NULL), LIMN_OK);
    limn_palette_add(&palette, &regions);
    limn_picture_free(picture);
    return palette;
}

// Adds a result, which it frees, and returns its shape.
static double add_result(const limn_palette *palette, limn_picture *result, const char *truth,
                         limn_colour_sums *sums) {
    double shape = NAN;
    limn_picture *wanted = drawn(truth);
    assert_int_equal(limn_colour_add(palette, result, wanted, sums, &shape), LIMN_OK);
    limn_picture_free(wanted);
    limn_picture_free(result);
    return shape;
}

// ---- colour ----

static void colour_of_two(void **state) {
    (void)state;
    limn_palette palette = palette_of(two);
    limn_colour_sums sums = {0};
    assert_int_equal(palette.count, 2);
    assert_true(add_result(&palette, drawn(two), two, &sums) == 1);
    assert_true(sums.pictures == 1 && sums.right == 1 && sums.regions == 1);
    assert_true(sums.regions_right == 1 && sums.distance == 0);
    // the ground alone: the digit is wrong by the distance of red to green
    limn_picture *flat = drawn(two);
    for (int i = 0; i < 64; i++) paint(flat, i, 0, 255, 0);
    assert_true(add_result(&palette, flat, two, &sums) == 0);
    assert_true(sums.pictures == 2 && sums.right == 1 && sums.regions == 2);
    expect_near(sums.distance, 255 * sqrt(2), 1e-9);
    // the block moved by two columns: half of it is met, a third of both together
    sums = (limn_colour_sums){0};
    limn_picture *moved = drawn(two);
    for (int row = 1; row < 3; row++)
        for (int j = 0; j < 8; j++) paint(moved, 8 * row + j, j > 3 ? 255 : 0, j > 3 ? 0 : 255, 0);
    expect_near(add_result(&palette, moved, two, &sums), 1 / 3.0, 1e-12);
    assert_true(sums.regions_right == 0 && sums.right == 0); // half red, half green: a tie
    expect_near(sums.distance, 127.5 * sqrt(2), 1e-9);
}

// Black is as far from red as from green: a tie is wrong, and it is background.
static void ties(void **state) {
    (void)state;
    limn_palette palette = palette_of(two);
    limn_colour_sums sums = {0};
    limn_picture *black = drawn(two);
    for (int i = 0; i < 64; i++) paint(black, i, 0, 0, 0);
    assert_true(add_result(&palette, black, two, &sums) == 0);
    assert_true(sums.right == 0 && sums.regions_right == 0);
    expect_near(sums.distance, 255, 1e-9);
    // the least more red than green and the block is red, and foreground
    limn_picture *nearly = drawn(two);
    for (int i = 0; i < 64; i++)
        if (two[i] == 'R') paint(nearly, i, 1, 0, 0);
    assert_true(add_result(&palette, nearly, two, &sums) == 1);
    assert_true(sums.right == 1 && sums.regions_right == 1);
}

// A colour of another truth may be nearer; the palette is that of all.
static void palette_of_all(void **state) {
    (void)state;
    limn_palette palette = palette_of(two);
    limn_colour_sums sums = {0};
    limn_picture *dark = drawn(two);
    for (int i = 0; i < 64; i++)
        if (two[i] == 'R') paint(dark, i, 60, 20, 0);
    limn_picture *again;
    assert_int_equal(limn_picture_copy(dark, &again), LIMN_OK);
    add_result(&palette, dark, two, &sums);
    assert_true(sums.right == 1 && sums.regions_right == 1);
    limn_regions regions = {.count = 1}; // black
    limn_palette_add(&palette, &regions);
    assert_int_equal(palette.count, 3);
    sums = (limn_colour_sums){0};
    add_result(&palette, again, two, &sums);
    assert_true(sums.right == 0 && sums.regions_right == 0);
}

static void colour_of_eleven(void **state) {
    (void)state;
    limn_palette palette = palette_of(eleven);
    limn_colour_sums sums = {0};
    assert_int_equal(palette.count, 11);
    limn_picture *result = drawn(eleven);
    for (int i = 0; i < 64; i++) {
        if (eleven[i] == 'a') paint(result, i, 255, 0, 255); // too small to count
        if (eleven[i] == 'b') paint(result, i, 34, 34, 34);  // 4 off, nearest to its own, 30
        if (eleven[i] == 'c') paint(result, i, 35, 35, 35);  // a tie of 30 and 40, its own
        if (eleven[i] == 'd') paint(result, i, 56, 56, 56);  // nearer to the next
    }
    paint(result, 24, 119, 119, 119); // one pixel of four of g, 80, takes the mean to 89.75
    double shape = add_result(&palette, result, eleven, &sums);
    assert_true(sums.pictures == 1 && sums.right == 0);
    assert_int_equal(sums.regions, 9); // eleven without the background and the small one
    assert_int_equal(sums.regions_right, 6);
    expect_near(sums.distance, sqrt(3) * (4 + 5 + 6 + 9.75), 1e-9);
    // 119 and the three of 255,0,255 are nearest to the background's 120
    expect_near(shape, 36 / 40.0, 1e-12);
}

// More than 16 colours in all: each truth has its own.
static void too_many_for_a_palette(void **state) {
    (void)state;
    limn_palette palette = palette_of(eleven);
    limn_regions regions = {.count = 6};
    for (int i = 0; i < 6; i++) regions.rgb[i][0] = (unsigned char)(1 + i);
    limn_palette_add(&palette, &regions);
    assert_true(palette.too_many);
    limn_colour_sums sums = {0};
    limn_picture *dark = drawn(two);
    for (int i = 0; i < 64; i++)
        if (two[i] == 'R') paint(dark, i, 21, 20, 20); // nearest to a grey of the palette
    add_result(&palette, dark, two, &sums);
    assert_true(sums.regions_right == 1);
}

static void save(limn_picture *picture, const char *path) {
    if (limn_picture_write(picture, path,
                           LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING)))
        fail_msg("%s", limn_message());
    limn_picture_free(picture);
}

static void colour_of_folders(void **state) {
    (void)state;
    measured m;
    mkdir("got", 0777), mkdir("truth", 0777);
    save(drawn(two), "got/1.png");
    save(drawn(two), "truth/1.png");
    save(drawn(two), "got/2.png");
    save(drawn(eleven), "truth/2.png");
    assert_int_equal(MEASURE(&m, "colour", "got", "truth"), LIMN_OK);
    expect_near(m.it.value, 0.5, 1e-12);
    assert_string_equal(fact(&m, "palette")->text, "13 colours");
    expect_near(fact(&m, "regions")->number, 0.1, 1e-12);
    assert_true(fact(&m, "pairs")->number == 2);
    assert_string_equal(fact(&m, "size")->text, "8x8");
    write_picture(0, 0, 8, 8, "truth/3.png");
    save(drawn(two), "got/3.png");
    remove("truth/2.png"), remove("got/2.png");
    assert_int_equal(MEASURE(&m, "colour", "got", "truth"), LIMN_OK); // 64 colours are not too many
    assert_string_equal(fact(&m, "palette")->text, "of each truth");
    write_picture(0, 0, 9, 9, "truth/3.png");
    assert_int_equal(MEASURE(&m, "colour", "got", "truth"), LIMN_INPUT);
    assert_string_equal(limn_message(),
                        "truth/3.png: a truth of more than 64 colours: only flat pictures have "
                        "regions to compare (a JPEG is never flat)");
    save(drawn(two), "truth/3.png");
    write_picture(0, 0, 9, 9, "got/3.png");
    assert_int_equal(MEASURE(&m, "colour", "got", "truth"), LIMN_INPUT);
    expect_message("got/3.png has 9x9 pixels and truth/3.png 8x8");
    remove("truth/3.png");
    assert_int_equal(MEASURE(&m, "colour", "got", "truth"), LIMN_INPUT);
    expect_message("got/3.png has no partner of the same name");
}

// A truth of one colour has no regions but its background.
static void nothing_but_ground(void **state) {
    (void)state;
    measured m;
    save(drawn(ROW("G") ROW("G") ROW("G") ROW("G") ROW("G") ROW("G") ROW("G") ROW("G")), "a.png");
    assert_int_equal(MEASURE(&m, "colour", "a.png", "a.png"), LIMN_OK);
    assert_true(m.it.value == 1);
    assert_string_equal(fact(&m, "regions")->text, "none");
    assert_true(fact(&m, "shape")->number == 1);
}

// ---- mIoU ----

// The 100 pixels of the confusion 50 3 2, 4 30 6, 0 5 0 (rows: truths), rows `from` to `end` of 10.
static void save_classes(const char *path, int side, int from, int end, int add) {
    static const int counts[3][3] = {{50, 3, 2}, {4, 30, 6}, {0, 5, 0}};
    unsigned char classes[2][100];
    unsigned char pixels[300];
    int count = 0;
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++)
            for (int i = 0; i < counts[t][p]; i++, count++)
                classes[0][count] = (unsigned char)(p + add),
                classes[1][count] = (unsigned char)(t + add);
    assert_int_equal(count, 100);
    for (int i = 0; i < 300; i++) pixels[i] = classes[side][i / 3];
    limn_picture *picture;
    assert_int_equal(limn_picture_from_pixels(pixels + 30 * from, 10, end - from, 30,
                                              LIMN_PIXELS_RGB8, &picture),
                     LIMN_OK);
    save(picture, path);
}

static void expect_series(const measured *m, const char *name, const double *wanted, int count) {
    const limn_fact *it = fact(m, name);
    assert_int_equal(it->count, count);
    for (int i = 0; i < count; i++) {
        double got = m->it.series[it->first + i];
        if (isnan(wanted[i]))
            assert_true(isnan(got));
        else
            expect_near(got, wanted[i], 1e-9);
    }
}

static void miou_vector(void **state) {
    (void)state;
    measured m;
    mkdir("p", 0777), mkdir("t", 0777);
    save_classes("p.png", 0, 0, 10, 0), save_classes("t.png", 1, 0, 10, 0);
    for (int half = 0; half < 2; half++) {
        const char *names[][2] = {{"p/1.png", "t/1.png"}, {"p/2.png", "t/2.png"}};
        for (int side = 0; side < 2; side++)
            save_classes(names[half][side], side, 5 * half, 5 * half + 5, 0);
    }
    for (int folders = 0; folders < 2; folders++) {
        const char *a = folders ? "p" : "p.png", *b = folders ? "t" : "t.png";
        assert_int_equal(MEASURE(&m, "miou", a, b, "--classes=3"), LIMN_OK);
        expect_near(m.it.value, 0.490819209, 1e-9);
        expect_near(fact(&m, "accuracy")->number, 0.8, 1e-12);
        expect_near(fact(&m, "class-accuracy")->number, 0.553030303, 1e-9);
        assert_string_equal(fact(&m, "absent")->text, "zero");
        expect_series(&m, "iou", (double[]){0.847457627, 0.625, 0}, 3);
        assert_true(fact(&m, "pairs")->number == 1 + folders);
        assert_int_equal(MEASURE(&m, "miou", a, b, "--classes=3", "--ignore", "2"), LIMN_OK);
        expect_series(&m, "iou", (double[]){0.847457627, 0.697674419, NAN}, 3);
        expect_near(m.it.value, (0.847457627 + 0.697674419) / 2, 1e-9);
        expect_near(fact(&m, "accuracy")->number, 80 / 95.0, 1e-12);
    }
}

static void miou_of_absent(void **state) {
    (void)state;
    measured m;
    save_classes("p.png", 0, 0, 10, 0), save_classes("t.png", 1, 0, 10, 0);
    assert_int_equal(MEASURE(&m, "miou", "p.png", "t.png", "--classes=4"), LIMN_OK);
    expect_near(m.it.value, 0.490819209 * 3 / 4, 1e-9);
    expect_series(&m, "iou", (double[]){0.847457627, 0.625, 0, 0}, 4);
    assert_int_equal(MEASURE(&m, "miou", "p.png", "t.png", "--classes=4", "--absent", "skip"),
                     LIMN_OK);
    expect_near(m.it.value, 0.490819209, 1e-9);
    expect_series(&m, "iou", (double[]){0.847457627, 0.625, 0, NAN}, 4);
}

static void miou_refused(void **state) {
    (void)state;
    measured m;
    save_classes("p.png", 0, 0, 10, 0), save_classes("t.png", 1, 0, 10, 0);
    save_classes("high.png", 1, 0, 10, 253);
    assert_int_equal(MEASURE(&m, "miou", "p.png", "t.png", "--absent=zero"), LIMN_USAGE);
    assert_string_equal(limn_message(), "measure miou: --classes is missing: how many there are");
    assert_int_equal(MEASURE(&m, "miou", "p.png", "t.png", "--classes=2"), LIMN_INPUT);
    assert_string_equal(
        limn_message(),
        "p.png and t.png: the prediction has class 2 at 3,5, and there are 2, from 0 "
        "on: --classes says how many");
    assert_int_equal(MEASURE(&m, "miou", "p.png", "high.png", "--classes=3"), LIMN_INPUT);
    assert_string_equal(
        limn_message(),
        "p.png and high.png: the truth has class 253 at 0,0, and there are 3, from 0 "
        "on: --classes says how many, or --ignore 253 leaves it out");
    save(drawn(two), "colours.png");
    assert_int_equal(MEASURE(&m, "miou", "colours.png", "colours.png", "--classes=3"), LIMN_INPUT);
    assert_string_equal(
        limn_message(),
        "colours.png and colours.png: the truth has the colour 0,255,0 at 0,0, which "
        "is no grey value: --map says what colours mean");
    save_classes("half.png", 0, 0, 5, 0);
    assert_int_equal(MEASURE(&m, "miou", "half.png", "t.png", "--classes=3"), LIMN_INPUT);
    expect_message("half.png has 10x5 pixels and t.png 10x10");
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_true(file && fputs(text, file) >= 0);
    fclose(file);
}

static void miou_by_colours(void **state) {
    (void)state;
    measured m;
    limn_picture *half = drawn(two);
    for (int i = 8; i < 16; i++) paint(half, i, 0, 255, 0); // of the block one row of two
    save(half, "p.png");
    save(drawn(two), "t.png");
    write_text("map.csv", "255,0,0,1\n*,0\n");
    assert_int_equal(MEASURE(&m, "miou", "p.png", "t.png", "--classes=2", "--map", "map.csv"),
                     LIMN_OK);
    expect_series(&m, "iou", (double[]){56 / 60.0, 0.5}, 2);
    write_text("map.csv", "255,0,0,1\n");
    assert_int_equal(MEASURE(&m, "miou", "p.png", "t.png", "--classes=2", "--map", "map.csv"),
                     LIMN_INPUT);
    assert_string_equal(limn_message(),
                        "p.png and t.png: the truth has the colour 0,255,0 at 0,0, which is not in "
                        "the map; add it there, or a last line *,class");
    assert_int_equal(MEASURE(&m, "miou", "p.png", "t.png", "--classes=2", "--map", "none.csv"),
                     LIMN_INPUT);
}

// Label maps may have alpha, as those of BDD, where all of it is solid.
static void clear_pixels(void **state) {
    (void)state;
    measured m;
    for (int clear = 0; clear < 2; clear++) {
        limn_picture *picture;
        assert_int_equal(limn_picture_new(4, 4, LIMN_RGB_ALPHA, &picture), LIMN_OK);
        for (int i = 0; i < 48; i++) picture->rgb[i] = 1;
        for (int i = 0; i < 16; i++) picture->alpha[i] = i == 15 && clear ? 0.5f : 1;
        save(picture, "a.png");
        limn_status wanted = clear ? LIMN_INPUT : LIMN_OK;
        assert_int_equal(MEASURE(&m, "miou", "a.png", "a.png", "--classes=2"), wanted);
    }
    expect_message("a.png has clear pixels: lay it on a ground first");
}

// ---- maps of colours ----

static void expect_map(const char *text, const char *message) {
    limn_colour_map map;
    assert_int_equal(limn_colour_map_parse(text, strlen(text), &map), LIMN_INPUT);
    assert_string_equal(limn_message(), message);
}

static void colour_maps(void **state) {
    (void)state;
    limn_colour_map map;
    const char *text = "# two\r\n\n 9 , 8,7 ,6\r\n1,2,3,255";
    assert_int_equal(limn_colour_map_parse(text, strlen(text), &map), LIMN_OK);
    assert_int_equal(map.count, 2);
    assert_int_equal(limn_colour_map_find(&map, 0x090807), 6);
    assert_int_equal(limn_colour_map_find(&map, 0x010203), 255);
    assert_int_equal(limn_colour_map_find(&map, 0x010204), -1);
    limn_colour_map_free(&map);
    expect_map("", "there is no colour in it");
    expect_map("*,3\n", "there is no colour in it");
    expect_map("1,2,3,4\n1,2,3\n",
               "line 2, \"1,2,3\", is neither red,green,blue,class nor *,class, "
               "all of 0 to 255");
    expect_map("1,2,3,256",
               "line 1, \"1,2,3,256\", is neither red,green,blue,class nor *,class, all "
               "of 0 to 255");
    expect_map("1,2,3,4,5",
               "line 1, \"1,2,3,4,5\", is neither red,green,blue,class nor *,class, all "
               "of 0 to 255");
    expect_map("1,2,3,4\n*,1\n*,2", "line 3 is a second star");
    expect_map("1,2,3,4\n5,6,7,8\n1,2,3,4", "the colour 1,2,3 is there twice");
}

// The map that ships: eight classes, any other colour is void.
static void street_map(void **state) {
    (void)state;
    limn_colour_map map;
    int seen[8] = {0};
    assert_int_equal(limn_colour_map_open("examples/street-8.csv", &map), LIMN_OK);
    assert_int_equal(map.other, 0);
    for (int i = 0; i < map.count; i++) seen[map.colours[i].class]++;
    static const int wanted[8] = {3, 4, 7, 10, 2, 1, 2, 8};
    assert_memory_equal(seen, wanted, sizeof wanted);
    assert_int_equal(limn_colour_map_find(&map, 0x804080), 1); // road
    assert_int_equal(limn_colour_map_find(&map, 0x123456), 0);
    limn_colour_map_free(&map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colour_of_two),
        cmocka_unit_test(ties),
        cmocka_unit_test(palette_of_all),
        cmocka_unit_test(colour_of_eleven),
        cmocka_unit_test(too_many_for_a_palette),
        IN_FOLDER(colour_of_folders),
        IN_FOLDER(nothing_but_ground),
        IN_FOLDER(miou_vector),
        IN_FOLDER(miou_of_absent),
        IN_FOLDER(miou_refused),
        IN_FOLDER(miou_by_colours),
        IN_FOLDER(clear_pixels),
        cmocka_unit_test(colour_maps),
    };
    const struct CMUnitTest here[] = {cmocka_unit_test(street_map)};
    int failed = cmocka_run_group_tests(here, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
